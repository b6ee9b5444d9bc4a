//! `POST /v1/sync`, `POST /v1/mobile`, and deltas of public files.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use credential::{DAY, Vct};
use province_api::delta::{self, ZSTD};
use province_api::passes::Offer;
use province_api::person::FieldError;
use province_api::problem::ProblemCode;
use province_api::reason::Reason;
use province_api::sync::{
    Event, FEED_PAGE_MAX, FileNow, HELD_MAX, HeldFile, MobileReply, MobileRequest, Standing, SyncReply,
    SyncRequest, delta_path, files, offers_tag,
};
use province_api::{Bytes, IDEMPOTENCY_KEY, paths};
use province_server::{Door, Limits, serve};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::bench::{Bench, NOW, Phone, Reply, citizen_number, kept};

/// What a phone knows of a province between two syncs.
#[derive(Clone, Default)]
pub struct Known {
    pub feed: u64,
    pub files: BTreeMap<String, Vec<u8>>,
    pub offers: Option<Vec<Offer>>,
}

impl Known {
    pub fn request(&self) -> SyncRequest {
        let held = |(name, bytes): (&String, &Vec<u8>)| HeldFile::new(name, &sha256(bytes));
        SyncRequest {
            feed: self.feed,
            held: self.files.iter().map(held).collect(),
            offers: self.offers.as_deref().map(offers_tag).unwrap_or_default(),
        }
    }
}

pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

pub fn whats(reply: &SyncReply) -> Vec<Event> {
    reply.feed.iter().map(|event| event.what.clone()).collect()
}

impl Bench {
    pub async fn ask(&self, phone: &Phone, request: &SyncRequest) -> Reply {
        let body = serde_json::to_vec(request).unwrap();
        self.post(phone, paths::SYNC, &body).await
    }

    /// One sync of a phone, which then knows what it was told.
    pub async fn sync(&self, phone: &Phone, known: &mut Known) -> SyncReply {
        let reply: SyncReply = self.ask(phone, &known.request()).await.json();
        for file in &reply.files {
            let held = known.files.get(&file.name).cloned();
            known
                .files
                .insert(file.name.clone(), self.fetched(file, held).await);
        }
        if let Some(offers) = &reply.offers {
            known.offers = Some(offers.clone());
        }
        known.feed = reply.cursor;
        reply
    }

    /// A file as a phone fetches it: by its delta where there is one, else whole.
    async fn fetched(&self, file: &FileNow, held: Option<Vec<u8>>) -> Vec<u8> {
        let wanted: [u8; 32] = file.sha256.0.clone().try_into().unwrap();
        if let Some(held) = held.filter(|_| file.delta) {
            let reply = self.get(&delta_path(&file.name, &sha256(&held), &wanted)).await;
            if reply.status == StatusCode::OK {
                assert_eq!(reply.headers["content-type"], ZSTD);
                assert!(
                    reply.headers["cache-control"]
                        .to_str()
                        .unwrap()
                        .contains("immutable")
                );
                assert!((reply.body.len() as u64) < file.bytes);
                return delta::apply(&held, &reply.body, &wanted, usize::try_from(file.bytes).unwrap())
                    .unwrap();
            }
            assert_eq!(reply.code(), ProblemCode::NotFound);
        }
        let whole = self.get(files::path(&file.name).unwrap()).await;
        assert_eq!(sha256(&whole.body), wanted);
        whole.body
    }
}

#[tokio::test]
async fn the_first_sync_tells_everything_and_the_next_one_nothing() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let mut known = Known::default();
    let first = bench.sync(&phone, &mut known).await;
    assert_eq!(first.server_time, NOW);
    assert_eq!(first.standing, Standing::Good);
    assert_eq!(whats(&first), [Event::Enrolled]);
    assert_eq!((first.feed[0].seq, first.feed[0].at, first.cursor), (1, NOW, 1));
    let names: Vec<_> = first.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(
        names,
        [files::TRUST, files::TYPES, files::STATUS, files::CATALOGUE]
    );
    for file in &first.files {
        assert_eq!(known.files[&file.name].len() as u64, file.bytes);
        assert!(!file.delta, "there is none from nothing");
    }
    let offered: Vec<_> = first.offers.unwrap().into_iter().map(|offer| offer.vct).collect();
    assert!(offered.contains(&"age".to_owned()) && !offered.contains(&"domicile".to_owned()));

    bench.set_time(NOW + 60);
    let again = bench.sync(&phone, &mut known).await;
    let nothing = SyncReply {
        server_time: NOW + 60,
        standing: Standing::Good,
        feed: Vec::new(),
        cursor: 1,
        more: false,
        files: Vec::new(),
        offers: None,
    };
    assert_eq!(again, nothing);
}

#[tokio::test]
async fn what_an_operator_does_is_told_at_the_next_sync_in_order() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let mut known = Known::default();
    bench.sync(&phone, &mut known).await;

    bench
        .grant(&crate::documents::domicile(0, "PSH-26-1"))
        .await
        .unwrap();
    bench.issued(&phone, 0, &["age", "age", "domicile"]).await;
    let told = bench.sync(&phone, &mut known).await;
    let domicile = "domicile".to_owned();
    let [
        Event::DocumentGranted { vct, no: 0, grant },
        Event::PassesIssued { passes },
    ] = &whats(&told)[..]
    else {
        panic!("{told:?}")
    };
    assert_eq!(vct, &domicile);
    assert_eq!(
        passes,
        &BTreeMap::from([("age".to_owned(), 2), (domicile.clone(), 1)])
    );
    let offers = told.offers.unwrap();
    assert!(
        offers
            .iter()
            .any(|one| one.vct == domicile && one.grant == *grant)
    );

    let cnic = crate::documents::cnic(0);
    bench
        .office
        .suspend(&cnic, Reason::Lost, bench.now())
        .await
        .unwrap();
    let told = bench.sync(&phone, &mut known).await;
    assert_eq!(
        (told.standing, told.offers.is_none()),
        (Standing::Suspended, true)
    );
    assert_eq!(
        whats(&told),
        [Event::Suspended {
            reason: Some(Reason::Lost),
        }]
    );
    assert_eq!(told.files.len(), 1, "a manifest with the bit: {told:?}");

    bench.office.resume(&cnic, bench.now()).await.unwrap();
    bench.withdraw(&Vct::parse("domicile").unwrap()).await.unwrap();
    let told = bench.sync(&phone, &mut known).await;
    assert_eq!(told.standing, Standing::Good);
    assert_eq!(
        whats(&told),
        [
            Event::Resumed,
            Event::DocumentWithdrawn {
                vct: domicile.clone(),
                no: 0,
                reason: Some(Reason::DepartmentWithdrawal),
            }
        ]
    );
    assert!(told.offers.unwrap().iter().all(|one| one.vct != domicile));

    bench
        .office
        .revoke(&cnic, Reason::Fraud, bench.now())
        .await
        .unwrap();
    let told = bench.sync(&phone, &mut known).await;
    assert_eq!(told.standing, Standing::Revoked);
    assert_eq!(
        whats(&told),
        [Event::Revoked {
            reason: Some(Reason::Fraud),
        }]
    );
    // A phone that lost its place hears it all again, in the same order.
    let mut anew = Known::default();
    let all = bench.sync(&phone, &mut anew).await;
    assert_eq!(
        all.feed.iter().map(|one| one.seq).collect::<Vec<_>>(),
        [1, 2, 3, 4, 5, 6, 7]
    );
}

#[tokio::test]
async fn a_long_feed_comes_in_pages_and_a_number_of_another_feed_begins_it_anew() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let cnic = crate::documents::cnic(0);
    for _ in 0..FEED_PAGE_MAX {
        bench
            .office
            .suspend(&cnic, Reason::Lost, bench.now())
            .await
            .unwrap();
        bench.office.resume(&cnic, bench.now()).await.unwrap();
    }
    let mut known = Known::default();
    let mut heard = Vec::new();
    for more in [true, true, false] {
        let page = bench.sync(&phone, &mut known).await;
        assert!(page.feed.len() <= FEED_PAGE_MAX);
        assert_eq!(page.more, more);
        heard.extend(page.feed.into_iter().map(|one| one.seq));
    }
    let all: Vec<u64> = (1..=2 * FEED_PAGE_MAX as u64 + 1).collect();
    assert_eq!(heard, all);

    bench.office.release(&cnic, bench.now()).await.unwrap();
    let body = serde_json::to_vec(&known.request()).unwrap();
    let gone = bench.post(&phone, paths::SYNC, &body).await;
    assert_eq!(gone.code(), ProblemCode::DeviceUnknown);
    bench.set_time(NOW + 60);
    assert_eq!(
        bench.enrol(&phone, &citizen_number(0).enrolment()).await.status,
        StatusCode::OK
    );
    let told = bench.sync(&phone, &mut known).await;
    assert_eq!((whats(&told), told.cursor), (vec![Event::Enrolled], 1));
    assert_eq!(
        told.feed[0].at,
        NOW + 60,
        "the feed before went with the enrolment"
    );
}

#[tokio::test]
async fn what_is_no_sync_is_refused() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let good = Known::default().request();
    let unknown = bench.ask(&Phone::new(9), &good).await;
    assert_eq!(unknown.code(), ProblemCode::DeviceUnknown);
    let held = vec![HeldFile::new(files::TRUST, &[0; 32]); HELD_MAX + 1];
    let many = bench.ask(&phone, &SyncRequest { held, ..good.clone() }).await;
    assert_eq!(many.code(), ProblemCode::RequestMalformed);
    for body in [
        &b""[..],
        b"{}",
        br#"{"feed":-1,"held":[]}"#,
        br#"{"feed":0,"held":[],"more":1}"#,
    ] {
        let reply = bench.post(&phone, paths::SYNC, body).await;
        assert_eq!(reply.code(), ProblemCode::RequestMalformed);
    }
    // A file that this province does not know, a tag that is none and a feed far ahead are no reason to refuse.
    let newer = SyncRequest {
        feed: u64::MAX,
        held: vec![
            HeldFile::new("weather", &[0; 32]),
            HeldFile {
                name: files::TRUST.to_owned(),
                tag: Bytes::default(),
            },
        ],
        offers: Bytes(vec![1; 90]),
    };
    let reply: SyncReply = bench.ask(&phone, &newer).await.json();
    assert_eq!((reply.files.len(), reply.cursor), (4, 1));
    assert!(reply.offers.is_some());
}

#[tokio::test]
async fn a_mobile_number_is_changed_and_told_by_its_last_digits() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    bench.set_time(NOW + 60);
    let change = |mobile: &str| {
        serde_json::to_vec(&MobileRequest {
            mobile: mobile.to_owned(),
        })
        .unwrap()
    };
    let done: MobileReply = bench
        .post(&phone, paths::MOBILE, &change("0311 765 4399"))
        .await
        .json();
    assert_eq!(done.changed_at, NOW + 60);
    let mut known = Known::default();
    let told = bench.sync(&phone, &mut known).await;
    assert_eq!(
        whats(&told)[1],
        Event::MobileChanged {
            ends: "99".to_owned()
        }
    );
    let digits = b"3117654399";
    assert!(
        !bench
            .database_bytes()
            .windows(digits.len())
            .any(|at| at == digits)
    );

    for (mobile, code) in [
        ("", FieldError::FieldMissing),
        ("12", FieldError::MobileMalformed),
    ] {
        let problem = bench.post(&phone, paths::MOBILE, &change(mobile)).await.problem();
        assert_eq!(problem.code, ProblemCode::FieldsInvalid);
        assert_eq!(
            (problem.fields[0].field.as_str(), problem.fields[0].code),
            ("mobile", code)
        );
    }
    let stranger = bench
        .post(&Phone::new(9), paths::MOBILE, &change("03117654399"))
        .await;
    assert_eq!(stranger.code(), ProblemCode::DeviceUnknown);
    bench
        .office
        .suspend(&crate::documents::cnic(0), Reason::Lost, bench.now())
        .await
        .unwrap();
    let suspended = bench.post(&phone, paths::MOBILE, &change("03117654398")).await;
    assert_eq!(suspended.code(), ProblemCode::PersonSuspended);
}

#[tokio::test]
async fn deltas_lead_from_every_version_that_is_kept_and_from_no_other() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let mut known = Known::default();
    bench.sync(&phone, &mut known).await;
    let before = known.files[files::STATUS].clone();
    bench.set_time(NOW + 2 * DAY);
    kept(&bench.province).await.unwrap();
    let told = bench.sync(&phone, &mut known).await;
    assert_eq!(told.files.len(), 1);
    assert!(told.files[0].delta, "{told:?}");
    let now = known.files[files::STATUS].clone();
    assert_ne!(now, before);

    let (from, to) = (sha256(&before), sha256(&now));
    let path = delta_path(files::STATUS, &from, &to);
    assert_eq!(bench.get(&path).await.status, StatusCode::OK);
    for wrong in [
        delta_path(files::TRUST, &from, &to),
        delta_path("weather", &from, &to),
        delta_path(files::STATUS, &[7; 32], &to),
        delta_path(files::STATUS, &from, &[7; 32]),
        path.to_ascii_uppercase()
            .replace("/V1/DELTAS/STATUS", "/v1/deltas/status"),
        path[..path.len() - 1].to_owned(),
        format!("{path}/x"),
    ] {
        assert_eq!(bench.get(&wrong).await.code(), ProblemCode::NotFound, "{wrong}");
    }
}

#[tokio::test]
async fn answers_are_packed_where_it_pays_and_the_caller_takes_it() {
    let bench = Bench::new().await;
    let packed = async |path: &str, how: &str| {
        let request = Request::get(path).header("accept-encoding", how);
        bench.send(request.body(Body::empty()).unwrap()).await
    };
    let whole = bench.get(paths::TYPES).await;
    assert!(whole.headers.get("content-encoding").is_none());
    for how in ["gzip", "zstd"] {
        let reply = packed(paths::TYPES, how).await;
        assert_eq!(reply.headers["content-encoding"], how);
        assert!(
            reply.body.len() * 2 < whole.body.len(),
            "{how}: {}",
            reply.body.len()
        );
        assert_eq!(reply.headers["etag"], whole.headers["etag"]);
    }
    let small = packed(paths::HEALTH, "gzip").await;
    assert!(small.headers.get("content-encoding").is_none());
    let piece = bench.status().await.manifest().lists()["id"]
        .bitmaps
        .values()
        .next()
        .copied();
    let table = format!("{}{}", paths::STATUS_PIECES, hex::encode(piece.unwrap()));
    assert!(
        packed(&table, "gzip, zstd")
            .await
            .headers
            .get("content-encoding")
            .is_none()
    );
}

/// Everything that goes over the wire of one exchange, as a phone sends it: an HTTP client's own headers too.
#[tokio::test]
async fn an_idle_sync_takes_less_than_two_kibibytes_on_the_wire() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let mut known = Known::default();
    bench.sync(&phone, &mut known).await;
    let body = serde_json::to_vec(&known.request()).unwrap();
    let signed = phone.signed(paths::SYNC, &body, &phone.idempotency_key(), NOW);
    let mut lines = vec![
        format!("POST {} HTTP/1.1", paths::SYNC),
        "host: wallet.kp.gov.pk".to_owned(),
    ];
    for (name, value) in signed.headers() {
        lines.push(format!("{name}: {}", value.to_str().unwrap()));
    }
    lines.extend([
        "content-type: application/json".to_owned(),
        "accept: */*".to_owned(),
        "accept-encoding: gzip, zstd".to_owned(),
        "user-agent: khyber-pass/0.1.0".to_owned(),
        format!("content-length: {}", body.len()),
        "connection: close\r\n\r\n".to_owned(),
    ]);
    let sent = lines.join("\r\n");
    assert!(sent.contains(IDEMPOTENCY_KEY));

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = bench.app.clone();
    let service = tokio::spawn(serve(
        Door::plain(listener, Limits::default()),
        app,
        std::future::pending(),
    ));
    let mut stream = TcpStream::connect(address).await.unwrap();
    let question = [sent.as_bytes(), &body].concat();
    stream.write_all(&question).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    service.abort();

    let text = String::from_utf8(answer.clone()).unwrap();
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
    let (_, json) = text.split_once("\r\n\r\n").unwrap();
    let reply: SyncReply = serde_json::from_str(json).unwrap();
    assert!(reply.feed.is_empty() && reply.files.is_empty() && reply.offers.is_none());
    let bytes = question.len() + answer.len();
    println!(
        "idle sync: {} bytes sent, {} received, {bytes} in all",
        question.len(),
        answer.len()
    );
    assert!(bytes <= 1_400, "{bytes} bytes\n{sent}\n{text}");
}
