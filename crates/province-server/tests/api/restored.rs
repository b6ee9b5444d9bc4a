//! A province that goes on from an older copy of its database: nobody who knows more than it does misses what is new.

use credential::{StatusManifest, TrustList};
use province_api::paths;
use province_api::problem::ProblemCode;

use crate::applications::{applied, pulled, system_of};
use crate::bench::{Bench, test_roots};
use crate::sync::{Known, whats};

async fn epoch(bench: &Bench) -> u64 {
    let list = bench.get(paths::TRUST_LIST).await.body;
    let list = TrustList::verify(&list, &test_roots(), None).unwrap();
    let manifest = bench.get(paths::STATUS_MANIFEST).await.body;
    StatusManifest::verify(&manifest, &list, None).unwrap().epoch()
}

#[tokio::test]
async fn who_read_further_than_the_copy_reaches_is_told_so_and_misses_nothing_that_comes_after() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let home = system_of(&bench, 60, "home").await;
    let revenue = system_of(&bench, 61, "revenue").await;
    applied(&bench, &phone, "domicile-certificate").await;
    assert_eq!(pulled(&bench, &home, 0).await.cursor, 1);
    // The office had read to 3, and the phone to 7, of what is not in the copy.
    let lost = format!("{}?after=3", paths::DEPARTMENT_APPLICATIONS);
    assert_eq!(home.asks(&bench, &lost).await.code(), ProblemCode::NotFound);
    let most = format!("{}?after={}", paths::DEPARTMENT_APPLICATIONS, u64::MAX);
    assert_eq!(home.asks(&bench, &most).await.code(), ProblemCode::NotFound);

    let before = epoch(&bench).await;
    let raised = bench.office.restored(bench.now()).await.unwrap();
    bench.province.upkeep().await;
    assert_eq!(epoch(&bench).await, raised);
    assert!(raised > before + 100_000);
    assert!(pulled(&bench, &home, 3).await.changes.is_empty());
    let new = applied(&bench, &phone, "domicile-certificate").await;
    let told = pulled(&bench, &home, 3).await;
    assert_eq!(told.changes.len(), 1);
    assert_eq!(told.changes[0].application, new.application);
    // Also for an office that was told of nothing before the copy was made.
    let first = applied(&bench, &phone, "fard").await;
    let told = pulled(&bench, &revenue, 40).await;
    assert_eq!(told.changes[0].application, first.application);
    // All of it is still there for whoever begins anew.
    assert_eq!(pulled(&bench, &home, 0).await.changes.len(), 2);
    let mut known = Known {
        feed: 7,
        ..Known::default()
    };
    assert_eq!(whats(&bench.sync(&phone, &mut known).await).len(), 2);
    let status = bench.office.restored(bench.now()).await.unwrap();
    assert!(status > raised, "and again");
}
