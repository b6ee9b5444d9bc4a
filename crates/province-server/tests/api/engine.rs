//! Which database the tests run on: SQLite, or a PostgreSQL that the environment names ([`CLUSTER`]).

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use province_server::store::lock::Lock;
use province_server::store::{DATABASE_FILE, Database, DatabaseUrl, Place};
use sandbox::postgres::Host;
use sha2::{Digest as _, Sha256};
use sqlx::Row as _;

use crate::bench::Bench;

/// The folder of the cluster's socket.
pub const CLUSTER: &str = "KHYBER_TEST_POSTGRES";
/// A database with every table and no row, from which the others are copied.
pub const TEMPLATE: &str = "tables";

/// The databases that were made and not removed.
static MADE: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// The cluster that the tests run on, if it is not SQLite.
pub fn cluster() -> Option<Host> {
    std::env::var_os(CLUSTER).map(|folder| Host::at(Path::new(&folder)))
}

pub fn is_sqlite() -> bool {
    cluster().is_none()
}

/// The address of this data folder's database, made when it is asked for first; none on SQLite.
pub fn url(folder: &Path) -> Option<String> {
    let cluster = cluster()?;
    let name = name(folder);
    if MADE.lock().unwrap().insert(name.clone()) {
        cluster.create(&name, Some(TEMPLATE)).unwrap();
    }
    Some(cluster.url(&name))
}

/// A data folder with its database.
pub fn place(folder: &Path) -> Place {
    let database = url(folder).map_or(Database::InFolder, |url| {
        Database::At(DatabaseUrl::parse(&url).unwrap())
    });
    Place::new(folder, database)
}

/// Removes the database of a folder that goes.
pub fn forget(folder: &Path) {
    if let Some(cluster) = cluster()
        && MADE.lock().unwrap().remove(&name(folder))
    {
        cluster.remove(&name(folder)).unwrap();
    }
}

/// Every byte that lies in the files of this folder's database.
pub fn bytes(folder: &Path) -> Vec<u8> {
    let files: Vec<PathBuf> = if let Some(cluster) = cluster() {
        cluster.ask(&name(folder), "CHECKPOINT").unwrap();
        let sql = "SELECT oid FROM pg_database WHERE datname = current_database()";
        let number = cluster.ask(&name(folder), sql).unwrap();
        let files = cluster.folder().join("data/base").join(number.trim());
        fs::read_dir(files)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect()
    } else {
        let file = |suffix: &str| folder.join(format!("{DATABASE_FILE}{suffix}"));
        ["", "-wal", "-shm"].map(file).into()
    };
    files
        .into_iter()
        .flat_map(|file| fs::read(file).unwrap_or_default())
        .collect()
}

fn name(folder: &Path) -> String {
    let hash = Sha256::digest(folder.as_os_str().as_encoded_bytes());
    format!("t{}", hex::encode(&hash[..8]))
}

#[tokio::test]
async fn a_server_that_stops_within_a_transaction_gives_its_locks_back() {
    if is_sqlite() {
        return;
    }
    let bench = Bench::new().await;
    let mut write = bench.office.store().write_with(Lock::Published).await.unwrap();
    let limit = sqlx::query("SHOW idle_in_transaction_session_timeout");
    let limit = limit.fetch_one(&mut *write).await.unwrap();
    assert_eq!(limit.get::<String, _>(0), "1min");
}
