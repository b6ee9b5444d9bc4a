//! A backup that is made while the province works: everything that was confirmed before is in it, and what is restored from it
//! answers as before.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use province_api::paths;
use province_api::sync::SyncReply;
use province_server::store::DATABASE_FILE;
use sandbox::postgres::{Cluster, Durability};
use tokio::sync::{Mutex, Notify};

use crate::bench::Phone;
use crate::engine::is_sqlite;
use crate::same::open_folder;
use crate::served::Served;
use crate::sync::Known;

/// How many citizens are confirmed before the backup begins; the others come while it is made and afterwards.
const BEFORE: usize = 5;
const ALL: u8 = 18;
/// Files that say the same wherever the province lies.
const FILES: [&str; 5] = [
    paths::TRUST_LIST,
    paths::TYPES,
    paths::RISK_RULES,
    paths::CATALOGUE,
    paths::STATUS_MANIFEST,
];

/// Citizens who enrol one after the other, and phones that were told that they are.
struct Crowd {
    served: Arc<Served>,
    next: AtomicU8,
    confirmed: Mutex<Vec<Phone>>,
    came: Notify,
    ends: AtomicBool,
}

impl Crowd {
    fn new(served: &Arc<Served>) -> Arc<Self> {
        Arc::new(Self {
            served: Arc::clone(served),
            next: AtomicU8::new(0),
            confirmed: Mutex::default(),
            came: Notify::new(),
            ends: AtomicBool::new(false),
        })
    }

    async fn come(self: Arc<Self>) {
        while !self.ends.load(Ordering::SeqCst) {
            let number = self.next.fetch_add(1, Ordering::SeqCst);
            if number >= ALL {
                return;
            }
            let phone = self.served.enrolled(number).await;
            self.confirmed.lock().await.push(phone);
            self.came.notify_one();
        }
    }

    async fn until(&self, number: usize) -> usize {
        loop {
            let confirmed = self.confirmed.lock().await.len();
            if confirmed >= number {
                return confirmed;
            }
            self.came.notified().await;
        }
    }
}

/// Enrols citizens at a province, makes a backup of it meanwhile, and gives those who were confirmed before it began.
async fn backed_up_among_others(served: &Arc<Served>, back_up: impl FnOnce() + Send + 'static) -> Vec<Phone> {
    let crowd = Crowd::new(served);
    let coming: Vec<_> = (0..2).map(|_| tokio::spawn(Arc::clone(&crowd).come())).collect();
    let before = crowd.until(BEFORE).await;
    tokio::task::spawn_blocking(back_up).await.unwrap();
    crowd.ends.store(true, Ordering::SeqCst);
    for one in coming {
        one.await.unwrap();
    }
    let mut confirmed = std::mem::take(&mut *crowd.confirmed.lock().await);
    confirmed.truncate(before);
    confirmed
}

async fn files(served: &Served) -> BTreeMap<&'static str, Vec<u8>> {
    let mut files = BTreeMap::new();
    for path in FILES {
        files.insert(path, served.get(path).await);
    }
    files
}

/// Keys and public roots, as they are backed up apart from the database.
fn bring_keys(from: &Path, to: &Path) {
    fs::create_dir_all(to.join("keys")).unwrap();
    for name in ["roots.json", "identity.txt"] {
        if from.join(name).exists() {
            fs::copy(from.join(name), to.join(name)).unwrap();
        }
    }
    for key in fs::read_dir(from.join("keys")).unwrap() {
        let key = key.unwrap();
        fs::copy(key.path(), to.join("keys").join(key.file_name())).unwrap();
    }
}

/// Each of these phones is known there, and may draw passes.
async fn must_be_known(restored: &Served, phones: &[Phone]) {
    for phone in phones {
        let question = serde_json::to_vec(&Known::default().request()).unwrap();
        let told: SyncReply = restored.post(phone, paths::SYNC, &question).await.unwrap();
        assert_eq!(told.feed.len(), 1);
        let drawn = restored.drawn(phone, 0, &["age"]).await.unwrap();
        assert_eq!(drawn.credentials.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_confirmed_before_a_backup_is_in_the_province_that_is_restored_from_it() {
    if !is_sqlite() {
        return;
    }
    let served = Arc::new(Served::new(&[], Vec::new()).await);
    let out = served.beside("backup.sqlite");
    let making = {
        let (served, out) = (Arc::clone(&served), out.clone());
        move || {
            let made = served.done(&["backup", "--out", out.to_str().unwrap()]);
            assert_eq!((&made["done"], &made["epoch"]), (&true.into(), &1.into()));
            assert!(made["audit"]["last"].as_u64().unwrap() > 0);
        }
    };
    let phones = backed_up_among_others(&served, making).await;
    assert!(phones.len() >= BEFORE);
    let before = files(&served).await;
    // A name that is taken, and nothing half-made beside it.
    let again = served.command(&["backup", "--out", out.to_str().unwrap()], "");
    let said: serde_json::Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(said["code"], "backup_exists");
    assert!(!served.beside("backup.sqlite.unfinished").exists());

    let restored = served.restored(|from, to| {
        bring_keys(from, to);
        fs::copy(&out, to.join(DATABASE_FILE)).unwrap();
        Vec::new()
    });
    assert_eq!(files(&restored).await, before);
    must_be_known(&restored, &phones).await;
    let verified = restored.done(&["audit", "verify"]);
    assert_eq!(verified["whole"], true);
}

#[tokio::test]
async fn a_backup_of_a_damaged_log_is_none() {
    use sqlx::Executor as _;

    if !is_sqlite() {
        return;
    }
    let bench = crate::bench::Bench::new().await;
    bench.enrolled(0, 1).await;
    bench.province.chain_audit().await.unwrap();
    let mut write = bench.office.store().write().await.unwrap();
    for sql in [
        "DROP TRIGGER audit_stays",
        "UPDATE audit SET at = at + 1 WHERE seq = 2",
    ] {
        write.execute(sql).await.unwrap();
    }
    write.commit().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("backup");
    let error = bench.office.back_up(&out, bench.now()).await.unwrap_err();
    assert_eq!(error.code(), "backup_unsound");
    assert!(error.to_string().contains("audit_broken"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_base_backup_of_postgresql_holds_what_was_confirmed_before_it() {
    if !is_sqlite() {
        return;
    }
    let (here, there) = (open_folder(), open_folder());
    let cluster = Arc::new(Cluster::start(here.path(), Durability::None).unwrap());
    cluster.host().create("province", None).unwrap();
    let at = |cluster: &Cluster| vec![("DATABASE_URL", cluster.host().url("province").into())];
    let served = Arc::new(Served::new(&[], at(&cluster)).await);
    let refused = served.command(&["backup", "--out", "nowhere"], "");
    let said: serde_json::Value = serde_json::from_slice(&refused.stdout).unwrap();
    assert_eq!(said["code"], "backup_elsewhere");

    let (send, made) = std::sync::mpsc::channel();
    let making = {
        let (cluster, there) = (Arc::clone(&cluster), there.path().to_owned());
        move || send.send(cluster.backed_up(&there).unwrap()).unwrap()
    };
    let phones = backed_up_among_others(&served, making).await;
    let before = files(&served).await;
    let mut copy = made.recv().unwrap();
    copy.go_on().unwrap();
    let environment = at(&copy);
    let restored = served.restored(|from, to| {
        bring_keys(from, to);
        environment
    });
    assert_eq!(files(&restored).await, before);
    must_be_known(&restored, &phones).await;
    assert_eq!(restored.done(&["audit", "verify"])["whole"], true);
}
