//! The people of the bench: enrolled test citizens, each with a phone that holds everything that is published.

use std::path::Path;
use std::sync::Arc;

use credential::Timestamp;
use ed25519_dalek::SigningKey;
use province_api::nadra::{NadraOutcome, VerifyRequest};
use province_api::signature::{DeviceKey, Proven, Verified};
use province_api::sync::{HeldFile, SyncReply, SyncRequest, TAG_BYTES, offers_tag};
use province_api::{Bytes, paths};
use province_server::admin::Office;
use province_server::nadra::{Answer, NadraDesk};
use province_server::randomness::Randomness;
use province_server::rules::answered::Asked;
use province_server::rules::rates::Budgets;
use province_server::store::{Database, DatabaseUrl, Place};
use province_server::{AppParts, Province};

/// How many.
const COUNT: u32 = 64;

/// A NADRA that knows everybody.
struct Knows;

impl NadraDesk for Knows {
    fn verify(&self, _: VerifyRequest) -> Answer<'_> {
        Box::pin(async { Ok(NadraOutcome::Matched) })
    }
}

/// Phones of enrolled citizens, and what each asks in an idle sync.
pub struct People {
    pub phones: Vec<(SigningKey, Vec<u8>)>,
    ids: Vec<String>,
}

impl People {
    /// Their random ids, in hex, in the order of the phones.
    pub fn ids(&self) -> &[String] {
        &self.ids
    }
}

pub fn place(data: &Path, url: Option<&str>) -> Place {
    let database = url.map_or(Database::InFolder, |url| {
        Database::At(DatabaseUrl::parse(url).unwrap())
    });
    Place::new(data, database)
}

pub fn randomness() -> Randomness {
    Randomness::new(rand_core::UnwrapErr(getrandom::SysRng))
}

pub fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Timestamp::from_unix(since.unwrap().as_secs())
}

/// The province of an office, as `serve` puts it together.
pub fn province(office: &Office) -> Arc<Province> {
    let parts = AppParts {
        store: office.store().clone(),
        keys: office.keys().serving().unwrap(),
        nadra: Arc::new(Knows),
        clock: Arc::new(now),
        randomness: randomness(),
    };
    let province = Province::new(parts).leasing(province_server::rules::published::LEASE);
    // Counted as ever, with limits that the load of one address does not reach.
    let roomy = u32::MAX;
    Arc::new(province.limiting(Budgets {
        network: roomy,
        device: roomy,
        ..Budgets::default()
    }))
}

/// Makes a province and enrols everybody.
pub fn make(data: &Path, url: Option<&str>) -> People {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let roots = &sandbox::roots::ROOT_SEEDS;
        let (office, _) = Office::make(place(data, url), roots, &randomness(), now())
            .await
            .unwrap();
        let province = province(&office);
        let mut people = People {
            phones: Vec::new(),
            ids: Vec::new(),
        };
        for number in 0..COUNT {
            let key = SigningKey::from_bytes(&[u8::try_from(number + 1).unwrap(); 32]);
            let mut form = sandbox::citizens().swap_remove(0).enrolment();
            form.cnic = format!("99999-{:07}-1", 5_000_000 + number);
            let device = DeviceKey::of(&key);
            let by = verified(device);
            let asked = Asked::new(
                by.device,
                by.proven.created,
                paths::ENROLMENTS,
                [0; 16],
                b"enrolment",
            );
            let reply = province.enrol(asked, form).await.unwrap();
            people.ids.push(hex::encode(&reply.enrolment.0));
            let asks = idle(&province, &key).await;
            people.phones.push((key, asks));
        }
        office.close().await;
        people
    })
}

/// As if this device had signed.
fn verified(device: DeviceKey) -> Verified {
    let proven = Proven {
        key: *device.as_bytes(),
        nonce: [1; 16],
        created: now().unix(),
        expires: now().unix() + 60,
    };
    Verified { device, proven }
}

/// What a phone asks that holds all that there is.
async fn idle(province: &Arc<Province>, key: &SigningKey) -> Vec<u8> {
    let mut request = SyncRequest {
        feed: 0,
        held: Vec::new(),
        offers: Bytes(Vec::new()),
    };
    let first: SyncReply = {
        let verified = verified(DeviceKey::of(key));
        let asked = Asked::new(
            verified.device,
            verified.proven.created,
            paths::SYNC,
            [1; 16],
            b"",
        );
        let arrived = province.look_at(&verified.proven).await.unwrap();
        let device = province.admit(&asked, arrived).unwrap();
        province.sync(DeviceKey::of(key), device, &request).await.unwrap()
    };
    request.feed = first.cursor;
    request.held = first
        .files
        .iter()
        .map(|file| HeldFile {
            name: file.name.clone(),
            tag: Bytes(file.sha256.0[..TAG_BYTES].to_vec()),
        })
        .collect();
    assert_eq!(request.held.len(), 4);
    request.offers = offers_tag(&first.offers.unwrap());
    serde_json::to_vec(&request).unwrap()
}
