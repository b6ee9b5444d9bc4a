//! What the province writes: batches of passes, entries that the audit log chains, and the end of ten thousand citizens'
//! passes, on SQLite and on PostgreSQL with everything forced to the disk. As one line of JSON.
//!
//! All of it runs in this process, as the rules are called by a handler; what PostgreSQL works is counted beside. What is
//! worked is processor time, so a busy machine changes rates and not costs.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods
)]

#[allow(dead_code)] // nobody is looked up by id here
#[path = "../serve/people.rs"]
mod people;
#[allow(dead_code)] // nothing is started here
#[path = "../serve/process.rs"]
mod process;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use credential::derive_holder_key;
use ed25519_dalek::SigningKey;
use province_api::passes::{PassesRequest, WantedPass, proof_message};
use province_api::person::Cnic;
use province_api::reason::Reason;
use province_api::signature::DeviceKey;
use province_api::{Bytes, paths};
use province_server::Province;
use province_server::admin::Office;
use province_server::audit::Actor;
use province_server::bulk_admin::operator;
use province_server::proofing::Way;
use province_server::rules::answered::Asked;
use province_server::rules::bulk::{Act, BulkId, PEOPLE_MAX};
use province_server::sealed::{PersonId, Subject};
use province_server::store::person::{self, Person};
use sandbox::postgres::{Cluster, Durability};
use serde_json::{Map, Value, json};

use process::{postgres_worked, worked};

/// Batches that each phone draws, and the passes in each.
const BATCHES: u64 = 4;
const PASSES: u64 = 30;
/// Phones that draw at once.
const AT_ONCE: usize = 16;
/// Within how long a list of people is ended and published, in seconds: docs/revocation.md.
const ENDED_WITHIN: f64 = 60.0;

fn main() {
    let mut figures = Map::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    runtime.block_on(on(folder.path(), "sqlite", None, &mut figures));
    let room = open_folder();
    let cluster = Cluster::start(room.path(), Durability::Full).unwrap();
    cluster.host().create("bench", None).unwrap();
    let (folder, url) = (tempfile::tempdir().unwrap(), cluster.host().url("bench"));
    runtime.block_on(on(folder.path(), "postgres", Some(&url), &mut figures));
    println!("{}", Value::Object(figures));
}

/// A folder through which the cluster's own user may pass.
fn open_folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt as _;

    let everybody = std::fs::Permissions::from_mode(0o755);
    tempfile::Builder::new().permissions(everybody).tempdir().unwrap()
}

fn told(value: f64, unit: &str, limit: Option<f64>, floor: &str) -> Value {
    let better = if unit.ends_with("a second") {
        "higher"
    } else {
        "lower"
    };
    json!({ "value": value, "unit": unit, "limit": limit, "better": better, "floor": floor })
}

/// All figures of one database.
async fn on(folder: &Path, engine: &str, url: Option<&str>, figures: &mut Map<String, Value>) {
    let data = folder.join("province");
    let (place, url) = (data.clone(), url.map(str::to_owned));
    let made = {
        let url = url.clone();
        std::thread::spawn(move || people::make(&place, url.as_deref()))
    };
    let people = made.join().unwrap();
    let office = Office::open(people::place(&data, url.as_deref())).await.unwrap();
    let province = people::province(&office);
    province.chain_audit().await.unwrap();

    let own = std::process::id();
    let (before, database, began) = (worked(own), postgres_worked(), Instant::now());
    let at_once = Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
    let drawing = people.phones.iter().map(|(key, _)| {
        let (province, key, at_once) = (Arc::clone(&province), key.clone(), Arc::clone(&at_once));
        tokio::spawn(async move {
            for batch in 0..BATCHES {
                let _turn = at_once.acquire().await.unwrap();
                draw(&province, &key, batch).await;
            }
        })
    });
    for phone in drawing.collect::<Vec<_>>() {
        phone.await.unwrap();
    }
    let batches =
        f64::from(u32::try_from(people.phones.len()).unwrap()) * f64::from(u32::try_from(BATCHES).unwrap());
    let rate = batches / began.elapsed().as_secs_f64();
    let each = |seconds: f64| format!("{:.1} ms of one core", seconds * 1e3 / batches);
    let costs = format!(
        "{} in the province, {} in the database's own processes",
        each(worked(own) - before),
        each(postgres_worked() - database)
    );
    figures.insert(
        format!("batches-{engine}"),
        told(rate, "of 30 passes a second", None, &costs),
    );

    let began = Instant::now();
    let mut chained = 0;
    loop {
        let waiting = waiting(&office).await;
        province.chain_audit().await.unwrap();
        if waiting == 0 {
            break;
        }
        chained += waiting;
    }
    let rate = f64::from(chained) / began.elapsed().as_secs_f64();
    figures.insert(
        format!("audit-chained-{engine}"),
        told(rate, "entries a second", None, &format!("{chained} entries")),
    );

    let (took, epochs) = end_many(&office, &province).await;
    figures.insert(
        format!("ended-and-published-{engine}"),
        told(
            took,
            "s",
            Some(ENDED_WITHIN),
            &format!("{PEOPLE_MAX} people, {epochs} epochs"),
        ),
    );
}

/// Entries of the audit log that have no place yet.
async fn waiting(office: &Office) -> u32 {
    let mut db = office.store().read().await.unwrap();
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM audit_waiting")
        .fetch_one(&mut *db)
        .await
        .unwrap();
    u32::try_from(count).unwrap()
}

/// Draws a batch, as a phone asks for it: a challenge, then the passes.
async fn draw(province: &Province, key: &SigningKey, batch: u64) {
    let device = DeviceKey::of(key);
    let now = people::now().unix();
    let asked = |path, number: u8, body: &[u8]| {
        let mut idempotency_key = [number; 16];
        idempotency_key[0] = u8::try_from(batch).unwrap();
        Asked::new(device, now + batch, path, idempotency_key, body)
    };
    let challenge = province
        .challenge(&asked(paths::CHALLENGES, 1, b""))
        .await
        .unwrap();
    let request = PassesRequest {
        passes: (0..PASSES)
            .map(|number| wanted(key, &challenge.challenge, batch * PASSES + number))
            .collect(),
        challenge: challenge.challenge,
    };
    let body = serde_json::to_vec(&request).unwrap();
    let reply = province
        .issue_passes(&asked(paths::PASSES, 2, &body), &body)
        .await
        .unwrap();
    assert_eq!(reply.credentials.len() as u64, PASSES);
}

fn wanted(key: &SigningKey, challenge: &Bytes, number: u64) -> WantedPass {
    let vct = ["age", "residence", "identity"][usize::try_from(number % 3).unwrap()];
    let holder = derive_holder_key(&key.to_bytes(), number);
    let public = holder.public();
    let message = proof_message(&challenge.0, (vct, 0), public.as_bytes());
    WantedPass {
        vct: vct.to_owned(),
        no: 0,
        holder_key: Bytes::from(&public.as_bytes()[..]),
        proof: Bytes::from(&holder.sign(&message)[..]),
    }
}

/// Ends as many as one proposal may hold; seconds from the approval until all of it is published, and the epochs of it.
async fn end_many(office: &Office, province: &Province) -> (f64, u64) {
    let cnics = crowd(office).await;
    let (one, other) = (operator("one"), operator("other"));
    let id = proposed(office, &one, &cnics).await;
    let (bulks, _) = office
        .bulks(province_server::rules::page::Behind::START)
        .await
        .unwrap();
    let seen = bulks[0].people_sha256.unwrap();
    office.approve(&other, (&id, &seen), people::now()).await.unwrap();
    let (began, before) = (Instant::now(), epoch(office).await);
    while province.end_many().await.unwrap() > 0 {}
    (began.elapsed().as_secs_f64(), epoch(office).await - before)
}

async fn proposed(office: &Office, by: &Actor, cnics: &[Cnic]) -> BulkId {
    let what = (Act::Revoke(Reason::Fraud), cnics);
    let proposed = office
        .propose(by, what, &people::randomness(), people::now())
        .await;
    proposed.unwrap().bulk.id
}

async fn epoch(office: &Office) -> u64 {
    let mut db = office.store().read().await.unwrap();
    let epoch: i64 = sqlx::query_scalar("SELECT MAX(epoch) FROM status_epoch")
        .fetch_one(&mut *db)
        .await
        .unwrap();
    u64::try_from(epoch).unwrap()
}

/// Citizens without phones: what is about many needs nothing of them.
async fn crowd(office: &Office) -> Vec<Cnic> {
    let data = office.keys().data().unwrap();
    let most = u32::try_from(PEOPLE_MAX).unwrap();
    let numbers = (0..most).map(|number| Cnic::parse(&format!("99999-{:07}-1", 2_000_000 + number)).unwrap());
    let cnics: Vec<Cnic> = numbers.collect();
    let mut write = office.store().write().await.unwrap();
    for (number, cnic) in (0..).zip(&cnics) {
        let mut device_key = [255; 32];
        device_key[..4].copy_from_slice(&u32::to_be_bytes(number));
        let added = Person {
            id: PersonId::make(&people::randomness()),
            cnic_index: data.blind_index(Subject::Cnic, cnic.as_str().as_bytes()),
            device_key,
            sealed: vec![1],
            // All over the list, as citizens' are.
            status_index: 100_000 + number * 190,
            nadra_at: people::now().unix(),
            assurance: 2,
            way: Way::Remote,
            events: 0,
            revoked_at: None,
            disabled_at: None,
        };
        person::add(&mut write, &added).await.unwrap();
    }
    write.commit().await.unwrap();
    cnics
}
