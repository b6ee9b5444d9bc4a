//! `POST /v1/rebind`, `POST /v1/lost`, and disabling a wallet at a counter.

use std::sync::atomic::Ordering;

use axum::http::StatusCode;
use credential::{Credential, Standing, StatusRef};
use province_api::audit::{AuditEntry, AuditReply};
use province_api::enrolment::{EnrolmentReply, EnrolmentRequest};
use province_api::nadra::NadraOutcome;
use province_api::passes::PassesReply;
use province_api::problem::ProblemCode;
use province_api::reason::Reason;
use province_api::sync::{self, Event, LostReply, LostRequest, SyncReply};
use province_api::{Bytes, paths};
use province_server::rules::end::Ended;
use province_server::rules::rebind::BINDINGS_MAX;
use province_server::rules::tries::ATTEMPTS_MAX;

use crate::bench::{Bench, Held, NOW, Phone, Reply, citizen_number};
use crate::documents::{cnic, domicile};
use crate::sync::{Known, whats};

/// What needs an enrolment's proof.
const PROVEN: [&str; 2] = [paths::REBIND, paths::LOST];

impl Bench {
    pub async fn prove(&self, phone: &Phone, path: &str, form: &EnrolmentRequest) -> Reply {
        self.post(phone, path, &self.proof(path, form)).await
    }

    /// What this path takes: a report of a lost phone says when it was made.
    fn proof(&self, path: &str, form: &EnrolmentRequest) -> Vec<u8> {
        if path == paths::LOST {
            lost(self.now().unix(), form)
        } else {
            serde_json::to_vec(form).unwrap()
        }
    }

    pub async fn rebind(&self, phone: &Phone, citizen: usize) -> Reply {
        self.prove(phone, paths::REBIND, &citizen_number(citizen).enrolment())
            .await
    }

    pub async fn lose(&self, phone: &Phone, citizen: usize) -> Reply {
        self.prove(phone, paths::LOST, &citizen_number(citizen).enrolment())
            .await
    }

    /// What a device is told, whatever it asks.
    async fn refused(&self, phone: &Phone) -> ProblemCode {
        let form = |path| self.proof(path, &citizen_number(0).enrolment());
        let sync = serde_json::to_vec(&Known::default().request()).unwrap();
        let mobile = br#"{"mobile":"03001234567"}"#.to_vec();
        let mut codes = Vec::new();
        for (path, body) in [
            (paths::SYNC, sync),
            (paths::CHALLENGES, Vec::new()),
            (paths::PASSES, b"{}".to_vec()),
            (paths::MOBILE, mobile),
            (paths::ENROLMENTS, form(paths::ENROLMENTS)),
            (paths::REBIND, form(paths::REBIND)),
            (paths::LOST, form(paths::LOST)),
        ] {
            codes.push(self.post(phone, path, &body).await.code());
        }
        assert!(codes.iter().all(|code| *code == codes[0]), "{codes:?}");
        codes[0]
    }

    pub async fn is_revoked(&self, at: &StatusRef) -> bool {
        self.status().await.standing(at).unwrap() == Standing::Revoked
    }
}

fn lost(lost_at: u64, person: &EnrolmentRequest) -> Vec<u8> {
    let person = person.clone();
    serde_json::to_vec(&LostRequest { lost_at, person }).unwrap()
}

fn places(reply: &PassesReply) -> Vec<StatusRef> {
    let place = |bytes: &Bytes| {
        Credential::parse(&bytes.0)
            .unwrap()
            .unverified_claims()
            .status
            .clone()
    };
    reply.credentials.iter().filter_map(place).collect()
}

const SHOWN: [&str; 3] = ["identity", "domicile", "age"];

#[tokio::test]
async fn a_new_phone_takes_over_and_the_old_one_learns_it() {
    let bench = Bench::new().await;
    let old = bench.enrolled(0, 1).await;
    bench.grant(&domicile(0, "PSH-26-1")).await.unwrap();
    let before = bench.issued(&old, 0, &SHOWN).await;
    bench.set_time(NOW + 60);
    let new = Phone::new(2);
    let bound: EnrolmentReply = bench.rebind(&new, 0).await.json();
    assert_eq!(bound.confirmed_at, NOW + 60);
    assert_eq!(bench.people().await, 1);
    assert_eq!(bench.refused(&old).await, ProblemCode::DeviceReplaced);

    let mut known = Known::default();
    let told = bench.sync(&new, &mut known).await;
    assert_eq!(told.standing, sync::Standing::Good);
    assert_eq!(whats(&told).last(), Some(&Event::DeviceReplaced));
    assert_eq!(whats(&told)[0], Event::Enrolled, "the history comes along");
    let after = bench.issued(&new, 100, &SHOWN).await;
    let (before, after) = (places(&before), places(&after));
    assert_eq!((before.len(), after.len()), (2, 2));
    for place in &before {
        assert!(bench.is_revoked(place).await, "{place:?}");
    }
    for place in &after {
        assert!(
            !before.contains(place) && !bench.is_revoked(place).await,
            "{place:?}"
        );
    }
}

#[tokio::test]
async fn a_lost_wallet_is_disabled_and_a_re_bind_brings_the_person_back() {
    let bench = Bench::new().await;
    let lost = bench.enrolled(0, 1).await;
    bench.grant(&domicile(0, "PSH-26-1")).await.unwrap();
    let before = places(&bench.issued(&lost, 0, &SHOWN).await);
    bench.set_time(NOW + 60);
    let other = Phone::new(2);
    let said: LostReply = bench.lose(&other, 0).await.json();
    assert_eq!(said.disabled_at, NOW + 60);
    assert_eq!(bench.refused(&lost).await, ProblemCode::WalletDisabled);
    for place in &before {
        assert!(bench.is_revoked(place).await);
    }
    assert_eq!(bench.people().await, 1);
    // Said again, also from elsewhere, it is as it was.
    bench.set_time(NOW + 120);
    for phone in [&other, &Phone::new(3)] {
        assert_eq!(bench.lose(phone, 0).await.json::<LostReply>(), said);
    }
    // Nothing is handed to a wallet that is disabled, but what is withdrawn is.
    let refused = bench.grant(&domicile(0, "PSH-26-2")).await.unwrap_err();
    assert_eq!(refused.code(), "wallet_disabled");

    let new = Phone::new(4);
    let _: EnrolmentReply = bench.rebind(&new, 0).await.json();
    assert_eq!(bench.refused(&lost).await, ProblemCode::DeviceReplaced);
    let mut known = Known::default();
    let told = bench.sync(&new, &mut known).await;
    let kinds: Vec<_> = told.feed.iter().map(|event| event.what.kind()).collect();
    assert_eq!(kinds[kinds.len() - 2..], ["wallet_disabled", "device_replaced"]);
    let after = places(&bench.issued(&new, 0, &SHOWN).await);
    for place in &after {
        assert!(!before.contains(place) && !bench.is_revoked(place).await);
    }
    // It can be lost again.
    bench.lose(&other, 0).await.json::<LostReply>();
    assert_eq!(bench.refused(&new).await, ProblemCode::WalletDisabled);
}

#[tokio::test]
async fn a_report_that_arrives_late_spares_the_phone_that_was_bound_after_it() {
    let bench = Bench::new().await;
    bench.enrolled(0, 1).await;
    let (reporter, new) = (Phone::new(2), Phone::new(3));
    let form = citizen_number(0).enrolment();
    bench.set_time(NOW + 3600);
    let _: EnrolmentReply = bench.rebind(&new, 0).await.json();
    let drawn = places(&bench.issued(&new, 0, &["identity"]).await);
    // Made before the re-bind, three days under way.
    bench.set_time(NOW + 3 * credential::DAY);
    let late = lost(NOW + 60, &form);
    let told: LostReply = bench.post(&reporter, paths::LOST, &late).await.json();
    assert!(told.newer, "nothing was disabled, and its person is told so");
    let after = bench.sync(&new, &mut Known::default()).await;
    assert_eq!(after.standing, sync::Standing::Good);
    assert!(!whats(&after).contains(&Event::WalletDisabled));
    assert!(!bench.is_revoked(&drawn[0]).await);
    // The same again, long after its answer was forgotten.
    bench.set_time(NOW + 200 * credential::DAY);
    let _: LostReply = bench.post(&reporter, paths::LOST, &late).await.json();
    let _: SyncReply = bench.ask(&new, &Known::default().request()).await.json();
    // Made after the re-bind, it is about this phone; by a clock that is ahead, too.
    let next = Phone::new(4);
    let about_now = lost(NOW + 3601, &form);
    let told: LostReply = bench.post(&reporter, paths::LOST, &about_now).await.json();
    assert!(!told.newer);
    assert_eq!(bench.refused(&new).await, ProblemCode::WalletDisabled);
    let _: EnrolmentReply = bench.rebind(&next, 0).await.json();
    let ahead = lost(u64::MAX, &form);
    let _: LostReply = bench.post(&reporter, paths::LOST, &ahead).await.json();
    assert_eq!(bench.refused(&next).await, ProblemCode::WalletDisabled);
}

#[tokio::test]
async fn a_document_that_is_withdrawn_while_the_phone_is_lost_does_not_come_back() {
    let bench = Bench::new().await;
    bench.enrolled(0, 1).await;
    bench.grant(&domicile(0, "PSH-26-1")).await.unwrap();
    assert!(matches!(
        bench.office.disable(&cnic(0), bench.now()).await.unwrap(),
        Ended::Now { .. }
    ));
    bench
        .withdraw(&credential::Vct::parse("domicile").unwrap())
        .await
        .unwrap();
    let new = Phone::new(2);
    let _: EnrolmentReply = bench.rebind(&new, 0).await.json();
    let told = bench.sync(&new, &mut Known::default()).await;
    assert!(told.offers.unwrap().iter().all(|offer| offer.vct != "domicile"));
}

#[tokio::test]
async fn an_operator_disables_a_wallet_once() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let now = bench.now();
    assert_eq!(
        bench.office.disable(&cnic(1), now).await.unwrap(),
        Ended::NotEnrolled
    );
    assert!(matches!(
        bench.office.disable(&cnic(0), now).await.unwrap(),
        Ended::Now { .. }
    ));
    assert_eq!(bench.office.disable(&cnic(0), now).await.unwrap(), Ended::Before);
    assert_eq!(bench.refused(&phone).await, ProblemCode::WalletDisabled);
    // That the province ended it too is another thing, and stays whatever phone comes.
    assert!(matches!(
        bench.office.revoke(&cnic(0), Reason::Fraud, now).await.unwrap(),
        Ended::Now { .. }
    ));
    assert_eq!(
        bench.office.revoke(&cnic(0), Reason::Fraud, now).await.unwrap(),
        Ended::Before
    );
    assert_eq!(
        bench.rebind(&Phone::new(2), 0).await.code(),
        ProblemCode::PersonRevoked
    );
}

#[tokio::test]
async fn whom_the_province_ended_or_suspended_no_phone_brings_back() {
    for (path, disabled) in [(paths::REBIND, false), (paths::REBIND, true)] {
        let bench = Bench::new().await;
        bench.enrolled(0, 1).await;
        let (now, new) = (bench.now(), Phone::new(2));
        if disabled {
            bench.lose(&Phone::new(3), 0).await.json::<LostReply>();
        }
        let form = citizen_number(0).enrolment();
        bench.office.suspend(&cnic(0), Reason::Lost, now).await.unwrap();
        assert_eq!(
            bench.prove(&new, path, &form).await.code(),
            ProblemCode::PersonSuspended
        );
        bench.office.resume(&cnic(0), now).await.unwrap();
        bench.office.revoke(&cnic(0), Reason::Fraud, now).await.unwrap();
        assert_eq!(
            bench.prove(&new, path, &form).await.code(),
            ProblemCode::PersonRevoked
        );
    }
}

#[tokio::test]
async fn both_take_the_proof_of_an_enrolment() {
    for path in PROVEN {
        let bench = Bench::new().await;
        let old = bench.enrolled(0, 1).await;
        let form = citizen_number(0).enrolment();
        let new = Phone::new(2);
        for (outcome, code) in [
            (Some(NadraOutcome::NotMatched), ProblemCode::NadraNotMatched),
            (Some(NadraOutcome::Deceased), ProblemCode::NadraDeceased),
            (None, ProblemCode::NadraUnavailable),
        ] {
            bench.nadra.say(outcome);
            assert_eq!(bench.prove(&new, path, &form).await.code(), code, "{path}");
        }
        bench.nadra.say(Some(NadraOutcome::Matched));
        let wrong = EnrolmentRequest {
            photo: Bytes(b"GIF89a".to_vec()),
            ..form.clone()
        };
        assert_eq!(
            bench.prove(&new, path, &wrong).await.code(),
            ProblemCode::PhotoUnreadable
        );
        let fields = EnrolmentRequest {
            cnic: "1".into(),
            ..form.clone()
        };
        assert_eq!(
            bench.prove(&new, path, &fields).await.code(),
            ProblemCode::FieldsInvalid
        );
        // Nobody is enrolled with another CNIC; that is said only to whom NADRA confirms.
        let other = citizen_number(1).enrolment();
        assert_eq!(
            bench.prove(&new, path, &other).await.code(),
            ProblemCode::NotEnrolled
        );
        bench.nadra.say(Some(NadraOutcome::NotFound));
        assert_eq!(
            bench.prove(&new, path, &other).await.code(),
            ProblemCode::NadraNotFound
        );
        let told: SyncReply = bench.ask(&old, &Known::default().request()).await.json();
        assert_eq!(whats(&told), [Event::Enrolled], "{path}: nothing happened");
    }
}

#[tokio::test]
async fn guesses_end_for_the_day_and_those_at_a_takeover_count_with_those_at_enrolments() {
    for path in PROVEN {
        let bench = Bench::new().await;
        let owner = bench.enrolled(0, 1).await;
        bench.nadra.say(Some(NadraOutcome::NotMatched));
        let form = citizen_number(0).enrolment();
        for number in 0..ATTEMPTS_MAX {
            let phone = Phone::new(u8::try_from(number + 10).unwrap());
            let is_takeover = path == paths::REBIND && number % 2 == 1;
            let at = if is_takeover { paths::ENROLMENTS } else { path };
            assert_eq!(
                bench.prove(&phone, at, &form).await.code(),
                ProblemCode::NadraNotMatched
            );
        }
        let asked = bench.nadra.asked.load(Ordering::SeqCst);
        let over = bench.prove(&Phone::new(200), path, &form).await;
        assert_eq!(over.code(), ProblemCode::TooManyAttempts);
        assert!(over.headers.contains_key("retry-after"));
        assert_eq!(bench.nadra.asked.load(Ordering::SeqCst), asked);
        // Whose number it was sees that somebody tried, and is not taken for them.
        bench.province.chain_audit().await.unwrap();
        let log: AuditReply = bench.post(&owner, paths::AUDIT, b"{}").await.json();
        let tried = |line: &&AuditEntry| line.action == "proofed" && line.role == "nobody";
        assert_eq!(
            log.entries.iter().filter(tried).count() as u64,
            u64::from(ATTEMPTS_MAX)
        );
    }
}

#[tokio::test]
async fn a_cnic_is_bound_a_few_times_in_a_day() {
    let bench = Bench::new().await;
    bench.enrolled(0, 1).await;
    for number in 0..BINDINGS_MAX {
        let phone = Phone::new(u8::try_from(number + 2).unwrap());
        let _: EnrolmentReply = bench.rebind(&phone, 0).await.json();
    }
    let over = bench.rebind(&Phone::new(100), 0).await;
    assert_eq!(over.code(), ProblemCode::TooManyAttempts);
    bench.set_time(NOW + u64::from(over.problem().retry_after.unwrap()));
    let _: EnrolmentReply = bench.rebind(&Phone::new(100), 0).await.json();
}

#[tokio::test]
async fn a_device_that_is_bound_already_is_answered_without_nadra() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let other = bench.enrolled(1, 2).await;
    let asked = bench.nadra.asked.load(Ordering::SeqCst);
    assert_eq!(bench.rebind(&phone, 0).await.status, StatusCode::OK);
    assert_eq!(bench.rebind(&other, 0).await.code(), ProblemCode::DeviceTaken);
    assert_eq!(bench.nadra.asked.load(Ordering::SeqCst), asked);
}

#[tokio::test]
async fn the_same_re_bind_at_once_is_one_re_bind() {
    let bench = Bench::new().await;
    bench.enrolled(0, 1).await;
    let (new, key) = (Phone::new(2), "4".repeat(32));
    let body = serde_json::to_vec(&citizen_number(0).enrolment()).unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let request = new.signed(paths::REBIND, &body, &key, NOW);
        let app = bench.app.clone();
        tasks.spawn(async move { crate::bench::send(&app, request).await });
    }
    let replies = tasks.join_all().await;
    assert!(replies.iter().all(|reply| reply.body == replies[0].body));
    let told = bench.sync(&new, &mut Known::default()).await;
    assert_eq!(whats(&told), [Event::Enrolled, Event::DeviceReplaced]);
}

#[tokio::test]
async fn a_re_bind_whose_caller_goes_away_is_done_or_not_and_never_half() {
    let bench = Bench::new().await;
    let old = bench.enrolled(0, 1).await;
    let held = Held::default();
    *bench.nadra.holds.lock().unwrap() = Some(held.clone());
    let (new, key) = (Phone::new(2), "4".repeat(32));
    let body = serde_json::to_vec(&citizen_number(0).enrolment()).unwrap();
    let request = new.signed(paths::REBIND, &body, &key, NOW);
    let app = bench.app.clone();
    let asking = tokio::spawn(async move { crate::bench::send(&app, request).await });
    held.asked.notified().await;
    asking.abort();
    assert!(asking.await.is_err());
    held.may_answer.notify_one();
    bench.province.settled().await;
    *bench.nadra.holds.lock().unwrap() = None;
    // It was done; asked again under the same key, the answer is the one that nobody took.
    assert_eq!(bench.refused(&old).await, ProblemCode::DeviceReplaced);
    let asked = bench.nadra.asked.load(Ordering::SeqCst);
    let again = bench.send(new.signed(paths::REBIND, &body, &key, NOW)).await;
    assert_eq!(again.status, StatusCode::OK);
    assert_eq!(bench.nadra.asked.load(Ordering::SeqCst), asked);
}

#[tokio::test]
async fn a_fault_between_nadra_and_the_database_leaves_the_old_phone_in_place() {
    for path in PROVEN {
        let bench = Bench::new().await;
        let old = bench.enrolled(0, 1).await;
        *bench.nadra.breaks.lock().unwrap() = Some(bench.office.store().clone());
        let form = citizen_number(0).enrolment();
        let broken = bench.prove(&Phone::new(2), path, &form).await;
        assert_eq!(broken.code(), ProblemCode::ServerFault);
        let bench = bench.opened_anew().await;
        let told = bench.sync(&old, &mut Known::default()).await;
        assert_eq!(
            (told.standing, whats(&told)),
            (sync::Standing::Good, vec![Event::Enrolled])
        );
    }
}

#[tokio::test]
async fn the_feed_says_nothing_in_clear() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    bench.grant(&domicile(0, "PSH-26-1")).await.unwrap();
    bench.issued(&phone, 0, &SHOWN).await;
    let holds = |needle: &[u8]| {
        bench
            .database_bytes()
            .windows(needle.len())
            .any(|at| at == needle)
    };
    assert!(holds(b"passes_issued"), "the search finds what is in clear");
    assert!(!holds(br#""passes""#) && !holds(br#""vct""#) && !holds(br#""grant""#));
}
