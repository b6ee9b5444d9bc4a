//! The status lists as anybody fetches them: pieces by hash, changes between epochs, tokens; and bundles for desks
//! without a network.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use credential::{
    DAY, Piece, RiskRules, Shape, Standing, StatusBundle, StatusDelta, StatusRef, StatusSet, StatusToken,
    Timestamp,
};
use province_api::artefacts::{ESTAMP_LIST, IDENTITY_LIST};
use province_api::paths;
use province_api::person::Cnic;
use province_api::problem::ProblemCode;
use province_api::reason::Reason;
use province_api::rules::RulesFile;
use province_server::admin::{Desks, Office};
use province_server::randomness::Randomness;
use province_server::rules::bundle::Reach;
use province_server::rules::end::Ended;

use crate::bench::{Bench, Counting, NOW, Phone, citizen_number, kept};
use crate::engine;

fn cnic(number: usize) -> Cnic {
    Cnic::parse(&citizen_number(number).cnic).unwrap()
}

fn path_of(piece: &Piece) -> String {
    format!("{}{}", paths::STATUS_PIECES, piece.name())
}

async fn place(bench: &Bench, phone: &Phone) -> StatusRef {
    let pass = bench.issued(phone, 0, &["identity"]).await.credentials.remove(0);
    let pass = credential::Credential::parse(&pass.0).unwrap();
    pass.unverified_claims().status.clone().unwrap()
}

async fn now(ended: impl Future<Output = Result<Ended, province_server::admin::AdminError>>) -> u64 {
    match ended.await.unwrap() {
        Ended::Now { epoch } => epoch,
        other => panic!("{other:?}"),
    }
}

/// The update that is carried to desks.
async fn update(office: &Office, reach: Reach, at: Timestamp) -> Option<StatusBundle> {
    let carried = office.bundle(reach, Desks::MustDecide, at).await.unwrap();
    carried.map(|carried| carried.bundle)
}

#[tokio::test]
async fn a_suspension_is_published_and_lifted_again() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let at = place(&bench, &phone).await;
    assert_eq!(at.uri, IDENTITY_LIST);
    assert!(u64::from(at.index) < Shape::PROVINCE.length());
    let office = &bench.office;
    let challenge = bench.challenge(&phone).await;
    assert_eq!(now(office.suspend(&cnic(0), Reason::Lost, bench.now())).await, 2);
    assert_eq!(
        office.suspend(&cnic(0), Reason::Lost, bench.now()).await.unwrap(),
        Ended::Before
    );
    assert_eq!(bench.status().await.standing(&at), Some(Standing::Suspended));
    // A stolen phone draws no more passes, not even those that have no status.
    let wanted = phone.wanted(&challenge, 10, &["age"]);
    assert_eq!(
        bench.passes(&phone, &wanted).await.code(),
        ProblemCode::PersonSuspended
    );
    let asked = bench.post(&phone, paths::CHALLENGES, b"").await;
    assert_eq!(asked.code(), ProblemCode::PersonSuspended);
    assert_eq!(now(office.resume(&cnic(0), bench.now())).await, 3);
    assert_eq!(office.resume(&cnic(0), bench.now()).await.unwrap(), Ended::Before);
    assert_eq!(bench.status().await.standing(&at), Some(Standing::Valid));
    bench.issued(&phone, 20, &["age"]).await;
    assert_eq!(now(office.suspend(&cnic(0), Reason::Lost, bench.now())).await, 4);
    assert_eq!(now(office.revoke(&cnic(0), Reason::Fraud, bench.now())).await, 5);
    assert_eq!(bench.status().await.standing(&at), Some(Standing::Revoked));
    assert_eq!(
        office.suspend(&cnic(2), Reason::Lost, bench.now()).await.unwrap(),
        Ended::NotEnrolled
    );
}

#[tokio::test]
async fn a_document_is_used_up_once_and_only_in_a_list_of_such_documents() {
    let bench = Bench::new().await;
    let at = |list: &str, index| StatusRef {
        index,
        uri: list.to_owned(),
    };
    let stamp = at(ESTAMP_LIST, 77);
    assert_eq!(now(bench.office.consume(&stamp, bench.now())).await, 2);
    assert_eq!(
        bench.office.consume(&stamp, bench.now()).await.unwrap(),
        Ended::Before
    );
    let status = bench.status().await;
    assert_eq!(status.standing(&stamp), Some(Standing::Consumed));
    assert_eq!(status.standing(&at(ESTAMP_LIST, 78)), Some(Standing::Valid));
    let outside = u32::try_from(Shape::PROVINCE.length()).unwrap();
    for wrong in [at(IDENTITY_LIST, 77), at("other", 0), at(ESTAMP_LIST, outside)] {
        assert_eq!(
            bench.office.consume(&wrong, bench.now()).await.unwrap(),
            Ended::NoSuchPlace
        );
    }
}

#[tokio::test]
async fn a_piece_never_changes_and_stays_for_those_who_are_fetching() {
    let bench = Bench::new().await;
    bench.enrolled(0, 1).await;
    now(bench.office.revoke(&cnic(0), Reason::Fraud, bench.now())).await;
    let before = bench.status().await;
    let pieces: Vec<Piece> = before.held().collect();
    // The table of each bitmap of each list, and the one shard that has a bit set.
    let lists = before.manifest().lists().values();
    let tables: usize = lists.map(|list| list.bitmaps.len()).sum();
    assert_eq!(pieces.len(), tables + 1);
    bench.enrolled(1, 2).await;
    now(bench.office.revoke(&cnic(1), Reason::Fraud, bench.now())).await;
    for piece in &pieces {
        let reply = bench.get(&path_of(piece)).await;
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(
            reply.headers["cache-control"],
            "public, max-age=31536000, immutable"
        );
        assert_eq!(reply.headers["content-type"], "application/octet-stream");
        assert!(reply.body.len() <= piece.bytes_max);
        let mut again = StatusSet::new(before.manifest().clone());
        again
            .fill(None, |sha256| {
                Ok::<_, ()>((*sha256 == piece.sha256).then(|| reply.body.clone()))
            })
            .unwrap();
        let tag = reply.headers["etag"].to_str().unwrap().to_owned();
        let request = Request::get(path_of(piece)).header("if-none-match", tag);
        let held = bench.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(held.status, StatusCode::NOT_MODIFIED);
    }
    // The first bitmap's table is another one by now, and is forgotten two days after that.
    bench.set_time(NOW + 3 * DAY);
    now(bench.office.release(&cnic(0), bench.now())).await;
    // What was asked for lately may still be given from memory, so this is another process.
    let bench = bench.opened_anew().await;
    let held: Vec<[u8; 32]> = bench.status().await.held().map(|piece| piece.sha256).collect();
    for piece in &pieces {
        let reply = bench.get(&path_of(piece)).await;
        if held.contains(&piece.sha256) {
            assert_eq!(reply.status, StatusCode::OK);
        } else {
            assert_eq!(reply.code(), ProblemCode::NotFound);
        }
    }
    assert!(pieces.iter().any(|piece| !held.contains(&piece.sha256)));
    for wrong in ["00", &"0".repeat(64), &"A".repeat(64), "../health"] {
        let path = format!("{}{wrong}", paths::STATUS_PIECES);
        assert_eq!(bench.get(&path).await.code(), ProblemCode::NotFound);
    }
}

#[tokio::test]
async fn changes_lead_from_every_kept_epoch_to_the_newest() {
    let bench = Bench::new().await;
    let mut sets = vec![bench.status().await];
    for (number, seed) in [(0, 1), (1, 2), (2, 3)] {
        bench.enrolled(number, seed).await;
    }
    let office = &bench.office;
    now(office.revoke(&cnic(0), Reason::Fraud, bench.now())).await;
    sets.push(bench.status().await);
    now(office.suspend(&cnic(1), Reason::Lost, bench.now())).await;
    sets.push(bench.status().await);
    now(office.resume(&cnic(1), bench.now())).await;
    now(office.revoke(&cnic(2), Reason::Fraud, bench.now())).await;
    let newest = bench.status().await;
    for set in &sets {
        let (from, to) = (set.manifest().epoch(), newest.manifest().epoch());
        let reply = bench.get(&format!("{}{from}/{to}", paths::STATUS_DELTAS)).await;
        assert_eq!(
            reply.headers["cache-control"],
            "public, max-age=31536000, immutable"
        );
        let delta = StatusDelta::decode(&reply.body).unwrap();
        let there = set.advance(newest.manifest(), &delta).unwrap();
        assert_eq!(
            there.held().collect::<Vec<_>>(),
            newest.held().collect::<Vec<_>>(),
            "from {from}"
        );
    }
    // A suspension that was lifted in between is no change at all.
    let delta = bench.get(&format!("{}2/4", paths::STATUS_DELTAS)).await.body;
    assert_eq!(StatusDelta::decode(&delta).unwrap().count(), 0);
    for wrong in ["5/1", "1/1", "1/6", "0/5", "1/99999999999999999999", "a/b"] {
        let reply = bench.get(&format!("{}{wrong}", paths::STATUS_DELTAS)).await;
        assert!(reply.status.is_client_error(), "{wrong}");
    }
    // After 31 days the old epochs are forgotten.
    bench.set_time(NOW + 31 * DAY);
    assert_eq!(kept(&bench.province).await, Some(6));
    let reply = bench.get(&format!("{}1/6", paths::STATUS_DELTAS)).await;
    assert_eq!(reply.code(), ProblemCode::NotFound);
}

#[tokio::test]
async fn a_bundle_brings_a_desk_of_any_day_to_the_newest_epoch() {
    let bench = Bench::new().await;
    let office = &bench.office;
    let mut sets = vec![bench.status().await];
    let stamp = |index| StatusRef {
        index,
        uri: ESTAMP_LIST.to_owned(),
    };
    for day in 0..4 {
        bench.set_time(NOW + u64::from(day + 1) * DAY);
        now(office.consume(&stamp(day << 20), bench.now())).await;
        sets.push(bench.status().await);
    }
    let newest = sets.pop().unwrap();
    let trust = bench.trust().await;
    let carried = |bundle: StatusBundle| StatusBundle::decode(&bundle.encode()).unwrap();
    let days = carried(update(office, Reach::Days(30), bench.now()).await.unwrap());
    assert_eq!(days.deltas.len(), 4);
    assert_eq!(days.trust, [trust.bytes()]);
    let whole = carried(update(office, Reach::Whole, bench.now()).await.unwrap());
    for set in &sets {
        for bundle in [&days, &whole] {
            let there = bundle.open(&trust, Some(set)).unwrap();
            assert_eq!(there.manifest().epoch(), 5);
            assert!(there.held().eq(newest.held()));
        }
    }
    assert!(whole.open(&trust, None).is_ok());
    let one = carried(
        update(
            office,
            Reach::Epoch {
                from: 4,
                types: false,
                rules: false,
            },
            bench.now(),
        )
        .await
        .unwrap(),
    );
    assert_eq!(one.deltas.len(), 1);
    assert!(one.open(&trust, Some(&sets[3])).is_ok());
    assert!(
        update(
            office,
            Reach::Epoch {
                from: 9,
                types: false,
                rules: false
            },
            bench.now()
        )
        .await
        .is_none()
    );
    // Register and rules travel where they are asked for, and by themselves once newer ones are there than that epoch.
    let since = async |from, asked| {
        let reach = Reach::Epoch {
            from,
            types: asked,
            rules: asked,
        };
        let bundle = update(office, reach, bench.now()).await.unwrap();
        let codes = bundle.to_codes(0);
        (
            bundle.types.is_some(),
            bundle.rules.is_some(),
            codes.unwrap().len(),
        )
    };
    let (types, rules, lean) = since(4, false).await;
    assert!(!types && !rules && lean <= 8, "{lean} codes");
    let (types, rules, full) = since(4, true).await;
    assert!(types && rules && full <= 50, "{full} codes");
    let set = RiskRules::read_unverified(&bench.get(paths::RISK_RULES).await.body).unwrap();
    bench.set_time(NOW + 4 * DAY + 30);
    let file = RulesFile::of(&set.rules);
    office.publish_rules(&file, bench.now()).await.unwrap();
    let (types, rules, _) = since(4, false).await;
    assert!(!types && rules, "newer rules than epoch 4");
    let (_, rules, _) = since(5, false).await;
    assert!(rules, "and than epoch 5, whatever else changed");
    // A desk that was brought an epoch in the middle of a day goes on from it.
    bench.set_time(NOW + 4 * DAY + 60);
    now(office.consume(&stamp(9), bench.now())).await;
    let next = carried(update(office, Reach::Days(1), bench.now()).await.unwrap());
    assert!(next.open(&trust, Some(&newest)).is_ok());
}

#[tokio::test]
async fn others_get_a_token_for_each_shard() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let at = place(&bench, &phone).await;
    now(bench.office.suspend(&cnic(0), Reason::Lost, bench.now())).await;
    let (shard, place) = Shape::PROVINCE.split(at.index);
    let path = format!("{}{}/{shard}", paths::STATUS_TOKENS, at.uri);
    let reply = bench.get(&path).await;
    assert_eq!(reply.headers["content-type"], "application/statuslist+cwt");
    let token = StatusToken::read(&reply.body).unwrap();
    assert_eq!(token.content.sub, format!("{}/{shard}", at.uri));
    assert_eq!(token.content.iat, bench.now());
    assert_eq!(token.content.exp, Some(bench.now().plus(7 * DAY)));
    assert_eq!((token.bits, token.entries.len()), (2, 1 << 18));
    assert_eq!(token.standing(place), Some(Standing::Suspended));
    assert_eq!(token.standing(place ^ 1), Some(Standing::Valid));
    // Signed by the key that the trust list names for status manifests.
    let trust = bench.trust().await;
    assert!(trust.content().keys.iter().any(|key| token.verifies(&key.key)));
    assert_eq!(
        bench.get(&path).await.body,
        reply.body,
        "the same until the next manifest"
    );
    // Asked for by many at once it is signed once.
    bench.province.chain_audit().await.unwrap();
    let signed = bench.rows("audit").await;
    let path = format!("{}{}/{}", paths::STATUS_TOKENS, at.uri, shard ^ 1);
    let (a, b, c) = tokio::join!(bench.get(&path), bench.get(&path), bench.get(&path));
    assert!(a.body == b.body && b.body == c.body);
    bench.province.chain_audit().await.unwrap();
    assert_eq!(bench.rows("audit").await, signed + 1);
    for wrong in ["id/44", "other/0", "id/x"] {
        let reply = bench.get(&format!("{}{wrong}", paths::STATUS_TOKENS)).await;
        assert!(reply.status.is_client_error(), "{wrong}");
    }
}

#[tokio::test]
async fn a_province_may_have_small_lists() {
    let folder = tempfile::tempdir().unwrap();
    let shape = Shape::new(1, 8).unwrap();
    let randomness = Randomness::new(Counting(3));
    let at = Timestamp::from_unix(NOW);
    let seeds = &sandbox::roots::ROOT_SEEDS;
    let made = Office::make_with(engine::place(folder.path()), seeds, shape, &randomness, at).await;
    let (office, published) = made.unwrap();
    assert_eq!(published.epoch, 1);
    let bundle = update(&office, Reach::Whole, at).await.unwrap();
    assert_eq!(bundle.lists[IDENTITY_LIST].len(), 2);
    assert!(
        bundle
            .lists
            .values()
            .flat_map(|maps| maps.values())
            .all(|shards| shards.len() == 1)
    );
}
