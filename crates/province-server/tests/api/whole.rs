//! A data folder that is not whole: nothing is served from it and no command works on it.

use std::fs;
use std::path::Path;

use province_server::admin::{AdminError, Office};
use province_server::keys::{KeyFileError, KeyName};
use province_server::randomness::Randomness;
use province_server::store::{DATABASE_FILE, Store, StoreError};
use sqlx::Executor as _;

use crate::bench::{Bench, Counting, NOW};
use crate::engine::{self, is_sqlite};

/// Why the folder does not open.
async fn refused(folder: &Path) -> AdminError {
    Office::open(engine::place(folder)).await.unwrap_err()
}

#[tokio::test]
async fn without_its_database_no_new_one_is_begun() {
    if !is_sqlite() {
        return;
    }
    let bench = Bench::new().await;
    bench.office.store().close().await;
    for suffix in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(bench.folder.path().join(format!("{DATABASE_FILE}{suffix}")));
    }
    let missing = refused(bench.folder.path()).await;
    assert!(matches!(missing, AdminError::Store(StoreError::Missing)));
    assert!(!bench.folder.path().join(DATABASE_FILE).exists());
}

#[tokio::test]
async fn a_command_on_a_folder_that_is_no_province_leaves_nothing_there() {
    if !is_sqlite() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_owned(), folder.path().join("nowhere")] {
        assert!(matches!(
            refused(&path).await,
            AdminError::Store(StoreError::Missing)
        ));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_key_that_is_not_this_provinces_is_named() {
    let bench = Bench::new().await;
    let keys = bench.folder.path().join("keys");
    for name in [
        KeyName::Issuer,
        KeyName::Status,
        KeyName::CounterCa,
        KeyName::Cards,
        KeyName::Data,
    ] {
        let file = keys.join(format!("{name}.age"));
        let own = fs::read(&file).unwrap();
        fs::copy(keys.join("root-1.age"), &file).unwrap();
        match refused(bench.folder.path()).await {
            AdminError::Keys(KeyFileError::Other(other)) => assert_eq!(other, name),
            error => panic!("{name}: {error}"),
        }
        fs::write(&file, own).unwrap();
        Office::open(bench.place.clone()).await.unwrap();
    }
}

#[tokio::test]
async fn a_machine_that_only_serves_needs_no_roots_and_no_counter_key() {
    let bench = Bench::new().await;
    for name in ["root-1", "root-2", "root-3", "counter-ca", "cards"] {
        fs::remove_file(bench.folder.path().join("keys").join(format!("{name}.age"))).unwrap();
    }
    let office = Office::open(bench.place.clone()).await.unwrap();
    office.keys().serving().unwrap();
}

#[tokio::test]
async fn a_database_without_trust_list_or_check_value_is_not_whole() {
    for table in ["artefact", "seal_check"] {
        let bench = Bench::new().await;
        let mut write = bench.office.store().write().await.unwrap();
        let delete = sqlx::AssertSqlSafe(format!("DELETE FROM {table}"));
        write.execute(delete).await.unwrap();
        write.commit().await.unwrap();
        assert!(matches!(
            refused(bench.folder.path()).await,
            AdminError::NotWhole(_)
        ));
    }
}

#[tokio::test]
async fn what_an_ended_init_left_is_made_anew() {
    if !is_sqlite() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("province");
    // As far as `init` can have come: keys and an empty database, beside.
    let beside = folder.path().join(".province.unfinished");
    let randomness = Randomness::new(Counting(5));
    province_server::keys::KeyFolder::new(&beside)
        .make(&sandbox::roots::ROOT_SEEDS, &randomness)
        .unwrap();
    Store::create(&beside.as_path().into())
        .await
        .unwrap()
        .close()
        .await;
    assert!(matches!(refused(&beside).await, AdminError::NotWhole(_)));
    assert!(matches!(
        refused(&data).await,
        AdminError::Store(StoreError::Missing)
    ));

    let now = credential::Timestamp::from_unix(NOW);
    Office::make(&data, &sandbox::roots::ROOT_SEEDS, &randomness, now)
        .await
        .unwrap();
    Office::open(&data).await.unwrap();
    assert!(!beside.exists());
}

#[tokio::test]
async fn a_province_is_made_in_an_empty_folder_only() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("letter"), "dear").unwrap();
    let now = credential::Timestamp::from_unix(NOW);
    let randomness = Randomness::new(Counting(5));
    let made = Office::make(
        engine::place(folder.path()),
        &sandbox::roots::ROOT_SEEDS,
        &randomness,
        now,
    )
    .await;
    assert!(matches!(made, Err(AdminError::NotEmpty)));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
