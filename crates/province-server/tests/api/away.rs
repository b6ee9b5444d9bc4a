//! A phone that was away for 90 days: keys were rotated, roots replaced, and what it held is long past.

use credential::{Credential, DAY, PassType, StatusManifest, StatusRule, TrustList, TypeRegister};
use province_api::paths;
use province_api::problem::ProblemCode;
use province_api::sync::{Standing, files};

use crate::bench::{Bench, NOW, test_roots};
use crate::sync::Known;

#[tokio::test]
async fn a_phone_that_was_away_for_ninety_days_comes_back_whole() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let mut known = Known::default();
    bench.sync(&phone, &mut known).await;
    bench.issued(&phone, 0, &["age", "identity"]).await;
    let held = TrustList::verify(&known.files[files::TRUST], &test_roots(), None).unwrap();
    let manifest = known.files[files::STATUS].clone();
    let epoch = StatusManifest::verify(&manifest, &held, None).unwrap().epoch();

    for day in 1..=90 {
        bench.set_time(NOW + day * DAY);
        assert!(bench.province.upkeep().await.faults.is_empty());
        if day % 30 == 0 {
            bench.rotate_keys(day * 10).await;
        }
    }
    let told = bench.sync(&phone, &mut known).await;
    assert_eq!(
        (told.standing, told.server_time),
        (Standing::Good, NOW + 90 * DAY)
    );
    let file = |name: &str| told.files.iter().find(|file| file.name == name).unwrap();
    assert!(file(files::TRUST).delta, "every trust list is kept");
    assert!(
        !file(files::STATUS).delta,
        "its manifest is not: it is fetched whole"
    );
    let trust = TrustList::verify(&known.files[files::TRUST], &test_roots(), Some(&held)).unwrap();
    assert_eq!(trust.sequence(), held.sequence() + 3);
    let types = TypeRegister::verify(&known.files[files::TYPES], &trust, None).unwrap();
    let status = StatusManifest::verify(&known.files[files::STATUS], &trust, None).unwrap();
    let delta = format!("{}{epoch}/{}", paths::STATUS_DELTAS, status.epoch());
    assert_eq!(bench.get(&delta).await.code(), ProblemCode::NotFound);
    assert!(bench.status().await.missing().is_empty(), "whole pieces serve");

    let drawn = bench.issued(&phone, 100, &["age", "identity"]).await;
    for pass in &drawn.credentials {
        let pass = Credential::parse(&pass.0).unwrap();
        assert!(pass.verify_issuer(&trust).is_ok());
        assert!(pass.verify_issuer(&held).is_err(), "its key came later");
        assert!(types.find(&pass.unverified_claims().vct).is_some());
    }
    assert!(bench.sync(&phone, &mut known).await.files.is_empty());
}

/// What no status list ends, ends by itself: on a lost phone too.
#[tokio::test]
async fn what_names_nobody_and_has_no_status_ends_within_thirty_days() {
    let bench = Bench::new().await;
    let trust = bench.trust().await;
    let types = TypeRegister::verify(&bench.get(paths::TYPES).await.body, &trust, None).unwrap();
    let lives_on = |kind: &&PassType| {
        kind.stock > 0 && matches!(kind.status, StatusRule::None) && kind.lifetime_days > 30
    };
    let kinds: Vec<_> = types
        .types()
        .iter()
        .filter(lives_on)
        .map(|kind| kind.vct.as_str())
        .collect();
    // A receipt says that something was paid, whoever shows it.
    assert_eq!(kinds, ["payment-receipt"]);
}
