//! A moment without room on the disk, or without the write lock, on SQLite: what is asked then fails, and what is asked
//! afterwards does not.

use axum::http::StatusCode;
use credential::{DAY, StatusRef};
use province_api::artefacts::ESTAMP_LIST;
use province_api::paths;
use province_api::problem::ProblemCode;
use province_server::rules::end::Ended;
use province_server::store::Store;
use sqlx::{Executor as _, Row as _};

use crate::bench::{Bench, NOW};
use crate::engine::is_sqlite;

/// How many connections the store holds at most, and more.
const CONNECTIONS: usize = 8;

/// Lets every connection of the store make its file no larger than so many pages. 1 is "no larger than it is".
async fn limit(store: &Store, pages: u32) {
    let mut held = Vec::new();
    for _ in 0..CONNECTIONS {
        held.push(store.read().await.unwrap());
    }
    for connection in &mut held {
        let pragma = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
        let row = connection.fetch_one(pragma).await.unwrap();
        assert!(row.get::<i64, _>(0) >= i64::from(pages));
    }
}

#[tokio::test]
async fn a_province_that_had_no_room_for_a_moment_goes_on_afterwards() {
    if !is_sqlite() {
        return;
    }
    let bench = Bench::new().await;
    let store = bench.office.store();
    limit(store, 1).await;
    bench.set_time(NOW + 2 * DAY);
    // Each of these publishes a table and a shard, until the pages that are there are full.
    let stamp = |index: u32| StatusRef {
        index,
        uri: ESTAMP_LIST.to_owned(),
    };
    let mut used = 0;
    while bench
        .office
        .consume(&stamp(used << 20), bench.now())
        .await
        .is_ok()
    {
        used += 1;
        assert!(used < 44, "there is no end to the pages");
    }
    let epoch = u64::from(used) + 1;
    assert_eq!(bench.status().await.manifest().epoch(), epoch);
    limit(store, 100_000).await;
    for _ in 0..2 * CONNECTIONS {
        assert_eq!(bench.get(paths::HEALTH).await.status, StatusCode::OK);
    }
    let done = bench
        .office
        .consume(&stamp(used << 20), bench.now())
        .await
        .unwrap();
    assert_eq!(done, Ended::Now { epoch: epoch + 1 });
    let phone = bench.enrolled(0, 1).await;
    bench.issued(&phone, 0, &["age"]).await;
}

#[tokio::test]
async fn every_connection_begins_again_after_a_full_disk() {
    if !is_sqlite() {
        return;
    }
    let bench = Bench::new().await;
    let store = bench.office.store();
    limit(store, 1).await;
    // Each in turn is the only one that is free.
    let mut held = Vec::new();
    for _ in 0..CONNECTIONS {
        held.push(store.read().await.unwrap());
    }
    let mut again = Vec::new();
    while let Some(one) = held.pop() {
        drop(one);
        let mut write = store.write().await.unwrap();
        let full = write
            .execute("INSERT INTO status_piece (sha256, bytes) VALUES (zeroblob(32), zeroblob(100000))")
            .await
            .unwrap_err();
        assert_eq!(full.as_database_error().unwrap().code().as_deref(), Some("13"));
        drop(write);
        again.push(store.read().await.unwrap());
    }
    drop(again);
    limit(store, 100_000).await;
    for _ in 0..2 * CONNECTIONS {
        store.write().await.unwrap().commit().await.unwrap();
    }
}

#[tokio::test]
async fn health_fails_while_nobody_can_write() {
    if !is_sqlite() {
        return;
    }
    let bench = Bench::new().await;
    let mut held = Vec::new();
    for _ in 0..CONNECTIONS {
        held.push(bench.office.store().read().await.unwrap());
    }
    for connection in &mut held {
        // No waiting for a lock that nobody gives back.
        connection.execute("PRAGMA busy_timeout = 0").await.unwrap();
    }
    let mut other = held.pop().unwrap();
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    drop(held);
    assert_eq!(bench.get(paths::HEALTH).await.code(), ProblemCode::ServerBusy);
    other.execute("ROLLBACK").await.unwrap();
    assert_eq!(bench.get(paths::HEALTH).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_the_database_refused_is_told_by_its_code_and_by_nothing_else() {
    if !is_sqlite() {
        return;
    }
    let bench = Bench::new().await;
    let mut write = bench.office.store().write().await.unwrap();
    let error = write
        .execute("INSERT INTO artefact VALUES ('trust-list', 1, 'a citizen', zeroblob(32), 1)")
        .await
        .unwrap_err();
    let said = province_server::store::StoreError::from(error).to_string();
    assert!(said.starts_with("the database refused (code "), "{said}");
    assert!(!said.contains("citizen") && !said.contains("artefact"), "{said}");
}
