//! What an operator does about trust: lists signed elsewhere, other roots, keys that come and go, rules.

use credential::{
    DAY, KeyId, PublicKey, RiskRules, RootKind, RootSet, SecretKey, Shape, Timestamp, TrustError, TrustList,
    Vct, sign_trust_list,
};
use province_api::paths;
use province_api::problem::ProblemCode;
use province_api::rules::RulesFile;
use province_server::admin::{AdminError, Desks, Office, PublishedTrust};
use province_server::key_admin::{ALONE, KEY_DAYS_MAX, KEY_KINDS_MAX, Standing};
use province_server::keys::KeyPlace;
use province_server::randomness::Randomness;
use province_server::rules::Fault;
use province_server::{NewProvince, NewRoots};

use crate::bench::{Bench, Counting, NOW, Phone, kept, test_roots};
use crate::engine;

/// A root: 1 to 3 are those of the tests, others come after them.
fn root(number: u8) -> SecretKey {
    match usize::from(number) {
        n @ 1..=3 => SecretKey::from_seed(sandbox::roots::ROOT_SEEDS[n - 1]),
        _ => SecretKey::from_seed([number; 32]),
    }
}

fn keys(numbers: [u8; 3]) -> [PublicKey; 3] {
    numbers.map(|n| root(n).public())
}

/// Has these roots sign the draft, as a ceremony does.
async fn signed(office: &Office, next: Option<[u8; 3]>, signers: &[u8], now: Timestamp) -> Vec<u8> {
    let content = office.draft_trust(next.map(keys), now).await.unwrap();
    let secrets: Vec<SecretKey> = signers.iter().map(|n| root(*n)).collect();
    let numbered: Vec<_> = secrets.iter().enumerate().collect();
    sign_trust_list(&content, &numbered)
}

fn why(published: Result<PublishedTrust, AdminError>) -> Option<TrustError> {
    match published {
        Ok(_) => None,
        Err(AdminError::Fault(Fault::Trust(why))) => Some(why),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_list_that_was_signed_elsewhere_is_published_if_it_holds() {
    let bench = Bench::new().await;
    let (office, now) = (&bench.office, bench.now());
    let good = signed(office, None, &[1, 3], now).await;
    let one = signed(office, None, &[1], now).await;
    assert_eq!(
        why(office.publish_signed(&one, Desks::MustDecide, now).await),
        Some(TrustError::TooFewSignatures)
    );
    let mut changed = good.clone();
    changed[60] ^= 1;
    assert!(
        office
            .publish_signed(&changed, Desks::MustDecide, now)
            .await
            .is_err()
    );
    assert_eq!(
        office
            .publish_signed(&good, Desks::MustDecide, now)
            .await
            .unwrap()
            .sequence,
        2
    );
    // Once only, and nothing in between is left out.
    assert_eq!(
        why(office.publish_signed(&good, Desks::MustDecide, now).await),
        Some(TrustError::Older)
    );
    let mut ahead = office.draft_trust(None, now).await.unwrap();
    ahead.sequence += 1;
    let ahead = sign_trust_list(&ahead, &[(0, &root(1)), (1, &root(2))]);
    assert_eq!(
        why(office.publish_signed(&ahead, Desks::MustDecide, now).await),
        Some(TrustError::BrokenChain)
    );
    assert_eq!(bench.trust().await.sequence(), 2);
}

#[tokio::test]
async fn roots_change_and_every_step_is_published_under_those_that_it_replaced() {
    let bench = Bench::new().await;
    let (office, now) = (&bench.office, bench.now());
    let at = |roots: &RootSet| format!("{}{}", paths::TRUST_NEXT, roots.fingerprint());
    assert_eq!(bench.get(&at(&test_roots())).await.code(), ProblemCode::NotFound);

    let too_few = signed(office, Some([4, 5, 6]), &[1, 2], now).await;
    assert_eq!(
        why(office.publish_signed(&too_few, Desks::MustDecide, now).await),
        Some(TrustError::TooFewSignatures)
    );
    let change = signed(office, Some([1, 2, 4]), &[1, 2], now).await;
    assert_eq!(
        office
            .publish_signed(&change, Desks::MustDecide, now)
            .await
            .unwrap()
            .sequence,
        2
    );
    // The roots of before are heard no more, those in the data folder among them where one is gone.
    let by_old = signed(office, None, &[2, 3], now).await;
    assert_eq!(
        why(office.publish_signed(&by_old, Desks::MustDecide, now).await),
        Some(TrustError::TooFewSignatures)
    );
    let second = signed(office, Some([5, 6, 7]), &[2, 4, 5, 7], now).await;
    assert_eq!(
        office
            .publish_signed(&second, Desks::MustDecide, now)
            .await
            .unwrap()
            .sequence,
        3
    );
    assert!(office.publish_trust(Desks::MustDecide, now).await.is_err());
    // Roots that were replaced do not come back.
    for back in [[1, 2, 3], [1, 2, 4]] {
        let signers = [5, 6, 1, 2];
        let back = signed(office, Some(back), &signers, now).await;
        assert_eq!(
            why(office.publish_signed(&back, Desks::MustDecide, now).await),
            Some(TrustError::BadRoots)
        );
    }
    let newest = signed(office, None, &[6, 7], now).await;
    assert_eq!(
        office
            .publish_signed(&newest, Desks::MustDecide, now)
            .await
            .unwrap()
            .sequence,
        4
    );

    // A reader with the pinned roots walks from one to the next by what the API serves.
    let bytes = bench.get(paths::TRUST_LIST).await.body;
    let mut held: Option<TrustList> = None;
    let mut steps = 0;
    while TrustList::verify(&bytes, &test_roots(), held.as_ref()).is_err() {
        let known = held
            .as_ref()
            .map_or_else(test_roots, |list| list.successors().clone());
        let step = bench.get(&at(&known)).await.body;
        held = Some(TrustList::verify(&step, &test_roots(), held.as_ref()).unwrap());
        steps += 1;
    }
    assert_eq!(steps, 2);
    let last = held.unwrap();
    assert_eq!(
        bench.get(&at(last.successors())).await.code(),
        ProblemCode::NotFound
    );
    // The same office opened anew takes up where it was.
    let again = Office::open(bench.place.clone()).await.unwrap();
    assert_eq!(again.draft_trust(None, now).await.unwrap().sequence, 5);
}

#[tokio::test]
async fn a_province_whose_roots_are_elsewhere_begins_with_their_first_list() {
    let folder = tempfile::tempdir().unwrap();
    let (data, now) = (folder.path().join("province"), Timestamp::from_unix(NOW));
    let roots = RootSet::new(RootKind::Real, keys([4, 5, 6])).unwrap();
    let randomness = Randomness::new(Counting(1));
    let made = Office::found(
        engine::place(&data),
        NewProvince {
            roots: NewRoots::Elsewhere(&roots),
            shape: Shape::PROVINCE,
            keys: KeyPlace::Files,
        },
        &randomness,
        now,
    )
    .await;
    let (office, published) = made.unwrap();
    assert_eq!(published.sequence, None);
    assert!(!data.join("keys/root-1.age").exists());
    assert!(matches!(
        Office::open(engine::place(&data)).await,
        Err(AdminError::NotWhole(_))
    ));
    assert!(office.publish_trust(Desks::MustDecide, now).await.is_err());
    let foreign = signed(&office, None, &[1, 2], now).await;
    assert_eq!(
        why(office.publish_signed(&foreign, Desks::MustDecide, now).await),
        Some(TrustError::TooFewSignatures)
    );
    let first = signed(&office, None, &[4, 6], now).await;
    assert_eq!(
        office
            .publish_signed(&first, Desks::MustDecide, now)
            .await
            .unwrap()
            .sequence,
        1
    );
    Office::open(engine::place(&data)).await.unwrap();
    let list = TrustList::verify(&first, &roots, None).unwrap();
    assert_eq!(list.root_kind(), RootKind::Real);
}

/// The key that issued the passes of a fresh batch, and whether they hold under the published list.
async fn issued(bench: &Bench, phone: &Phone) -> (KeyId, bool) {
    let credential = bench
        .issued(phone, 0, &["age"])
        .await
        .credentials
        .swap_remove(0)
        .0;
    let trust = bench.trust().await;
    let read = credential::Credential::parse(&credential).unwrap();
    let signed_by = trust
        .content()
        .keys
        .iter()
        .map(|key| key.key)
        .find(|key| credential.windows(8).any(|w| w == key.key_id().as_bytes()));
    (signed_by.unwrap().key_id(), read.verify_issuer(&trust).is_ok())
}

#[tokio::test]
async fn a_new_key_signs_from_the_list_that_names_it_on() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let (first, holds) = issued(&bench, &phone).await;
    assert!(holds);
    bench.set_time(NOW + 60);
    let randomness = Randomness::new(Counting(5));
    let new = bench
        .office
        .add_key(&[Vct::AGE], 30, &randomness, bench.now())
        .await
        .unwrap();
    // Readers do not know it yet.
    assert_eq!(issued(&bench, &phone).await, (first, true));
    bench
        .office
        .publish_trust(Desks::MustDecide, bench.now())
        .await
        .unwrap();
    assert_eq!(issued(&bench, &phone).await, (new.key_id(), true));
    // It is limited to what it was made for.
    let listed = bench.trust().await;
    let named = listed.content().keys.iter().find(|key| key.key == new).unwrap();
    assert_eq!(
        (named.allowed.as_slice(), named.exp.unix()),
        (&[Vct::AGE][..], NOW - NOW % DAY + 30 * DAY)
    );

    // Retired: the older key signs again, at once and with no new list, and what the new one signed stays good.
    let tomorrow = Timestamp::from_unix(NOW - NOW % DAY + DAY);
    bench
        .office
        .retire_key(new.key_id(), tomorrow, bench.now())
        .await
        .unwrap();
    assert_eq!(issued(&bench, &phone).await, (new.key_id(), true));
    bench.set_time(tomorrow.unix());
    assert_eq!(issued(&bench, &phone).await, (first, true));
    bench
        .office
        .publish_trust(Desks::MustDecide, bench.now())
        .await
        .unwrap();
    let retired = bench.trust().await;
    let named = retired.content().keys.iter().find(|key| key.key == new).unwrap();
    assert_eq!((named.retired_at, named.revoked_at), (Some(tomorrow), None));
    let unknown = SecretKey::from_seed([9; 32]).public().key_id();
    assert!(matches!(
        bench.office.retire_key(unknown, tomorrow, bench.now()).await,
        Err(AdminError::NoSuchKey)
    ));
}

#[tokio::test]
async fn what_needs_a_key_of_its_own_gets_one() {
    let bench = Bench::new().await;
    let randomness = Randomness::new(Counting(7));
    let before = bench.office.list_keys().await.unwrap();
    for alone in ALONE {
        for mixed in [vec![alone, Vct::AGE], vec![Vct::AGE, Vct::IDENTITY, alone]] {
            let refused = bench.office.add_key(&mixed, 30, &randomness, bench.now()).await;
            assert_eq!(refused.unwrap_err().code(), "key_kinds_mixed", "{mixed:?}");
        }
    }
    let two = [Vct::STATUS_MANIFEST, Vct::RISK_RULES];
    assert!(
        bench
            .office
            .add_key(&two, 30, &randomness, bench.now())
            .await
            .is_err()
    );
    assert_eq!(bench.office.list_keys().await.unwrap(), before);
    // Passes and documents share one, and one thing may be named alone.
    let several = [Vct::AGE, Vct::IDENTITY, Vct::parse("domicile").unwrap()];
    for allowed in [&several[..], &[Vct::PAPER_CARD]] {
        bench
            .office
            .add_key(allowed, 30, &randomness, bench.now())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_key_that_no_list_could_name_is_not_made() {
    let bench = Bench::new().await;
    let randomness = Randomness::new(Counting(8));
    let (office, now) = (&bench.office, bench.now());
    let files = || std::fs::read_dir(office.folder().join("keys")).unwrap().count();
    let kinds = |count: usize| -> Vec<Vct> {
        let name = |n| Vct::parse(&format!("kind-with-a-very-long-name-{n:03}")).unwrap();
        (0..count).map(name).collect()
    };
    let before = (office.list_keys().await.unwrap(), files());
    for (allowed, days, code) in [
        (vec![Vct::RISK_RULES], 0, "key_days"),
        (vec![Vct::RISK_RULES], KEY_DAYS_MAX + 1, "key_days"),
        (vec![Vct::RISK_RULES], 105_000_000_000, "key_days"),
        (kinds(KEY_KINDS_MAX + 1), 30, "key_kinds_too_many"),
        (kinds(3000), 30, "key_kinds_too_many"),
    ] {
        let refused = office.add_key(&allowed, days, &randomness, now).await;
        assert_eq!(refused.unwrap_err().code(), code, "{} {days}", allowed.len());
    }
    assert_eq!((office.list_keys().await.unwrap(), files()), before);

    // The largest keys, until the list is full: that one is not kept, and the list still goes out, all keys ended.
    let most = kinds(KEY_KINDS_MAX);
    let why = loop {
        let before = (office.list_keys().await.unwrap(), files());
        if let Err(why) = office.add_key(&most, KEY_DAYS_MAX, &randomness, now).await {
            assert_eq!((office.list_keys().await.unwrap(), files()), before);
            break why;
        }
    };
    assert_eq!(why.code(), "trust_too_large");
    let full = office.list_keys().await.unwrap();
    assert!(full.len() > before.0.len());
    for row in full.iter().filter(|row| row.allowed == most) {
        let id = PublicKey::parse(&row.key).unwrap().key_id();
        office.retire_key(id, now, now).await.unwrap();
        office
            .withdraw_key(id, now, Standing::DatedBefore, now)
            .await
            .unwrap();
    }
    let list = signed(office, Some([4, 5, 6]), &[1, 2, 4, 5], now).await;
    office
        .publish_signed(&list, Desks::MustDecide, now)
        .await
        .unwrap();
}

#[tokio::test]
async fn what_ended_does_not_live_longer_by_ending_again() {
    let bench = Bench::new().await;
    let id = |key: &[u8; 32]| PublicKey::parse(key).unwrap().key_id();
    let keys = bench.office.list_keys().await.unwrap();
    let (stolen, old) = (id(&keys[0].key), id(&keys[1].key));
    let day = |number: u64| Timestamp::from_unix(NOW).start_of_day().plus(number * DAY);
    for (standing, from) in [(Standing::Nothing, 0), (Standing::DatedBefore, 900)] {
        bench
            .office
            .withdraw_key(stolen, day(from), standing, bench.now())
            .await
            .unwrap();
    }
    for from in [2, 9] {
        bench
            .office
            .retire_key(old, day(from), bench.now())
            .await
            .unwrap();
    }
    let keys = bench.office.list_keys().await.unwrap();
    let ends = |wanted: KeyId| {
        let row = keys.iter().find(|row| id(&row.key) == wanted).unwrap();
        (row.revoked_at, row.retired_at)
    };
    assert_eq!(ends(stolen), (Some(0), None));
    assert_eq!(ends(old), (None, Some(day(2).unix())));
}

#[tokio::test]
async fn a_stolen_key_signs_nothing_more_and_what_it_signed_falls() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let pass = bench
        .issued(&phone, 0, &["age"])
        .await
        .credentials
        .swap_remove(0)
        .0;
    let pass = credential::Credential::parse(&pass).unwrap();
    let (stolen, _) = issued(&bench, &phone).await;
    let today = Timestamp::from_unix(NOW).start_of_day();
    let tomorrow = today.plus(DAY);
    // What is dated before tomorrow stays; then it was worse than thought, and everything falls.
    for (standing, holds) in [(Standing::DatedBefore, true), (Standing::Nothing, false)] {
        bench
            .office
            .withdraw_key(stolen, tomorrow, standing, bench.now())
            .await
            .unwrap();
        bench
            .office
            .publish_trust(Desks::MustDecide, bench.now())
            .await
            .unwrap();
        assert_eq!(
            pass.verify_issuer(&bench.trust().await).is_ok(),
            holds,
            "{standing:?}"
        );
    }
    // Nobody signs in its place until a key is added.
    let challenge = bench.challenge(&phone).await;
    let refused = bench.passes(&phone, &phone.wanted(&challenge, 0, &["age"])).await;
    assert_eq!(refused.code(), ProblemCode::ServerFault);
    let randomness = Randomness::new(Counting(6));
    let new = bench
        .office
        .add_key(&[Vct::AGE], 30, &randomness, bench.now())
        .await
        .unwrap();
    bench
        .office
        .publish_trust(Desks::MustDecide, bench.now())
        .await
        .unwrap();
    assert_eq!(issued(&bench, &phone).await, (new.key_id(), true));
}

#[tokio::test]
async fn risk_rules_are_signed_published_and_signed_anew() {
    let bench = Bench::new().await;
    let trust = bench.trust().await;
    let bytes = bench.get(paths::RISK_RULES).await.body;
    let first = RiskRules::verify(&bytes, &trust, None).unwrap();
    assert!(first.rule("driving-licence").is_some());
    let mut file = RulesFile::of(&first.content().rules);
    file.rules.truncate(1);
    assert_eq!(bench.office.publish_rules(&file, bench.now()).await.unwrap(), 2);
    let bytes = bench.get(paths::RISK_RULES).await.body;
    let second = RiskRules::verify(&bytes, &trust, Some(&first)).unwrap();
    assert_eq!(second.content().rules.len(), 1);
    // No reader would take these.
    file.rules[0].trust_age.amber = 0;
    assert!(bench.office.publish_rules(&file, bench.now()).await.is_err());
    file.rules[0].takes = vec!["Not a kind".to_owned()];
    assert!(bench.office.publish_rules(&file, bench.now()).await.is_err());
    // After a month the same rules are signed anew.
    bench.set_time(NOW + 30 * DAY);
    kept(&bench.province).await;
    assert_eq!(bench.get(paths::RISK_RULES).await.body, bytes);
    bench.set_time(NOW + 30 * DAY + 1);
    kept(&bench.province).await;
    let third = bench.get(paths::RISK_RULES).await.body;
    let third = RiskRules::verify(&third, &trust, Some(&second)).unwrap();
    assert_eq!(
        (third.content().sequence, &third.content().rules),
        (3, &second.content().rules)
    );
}
