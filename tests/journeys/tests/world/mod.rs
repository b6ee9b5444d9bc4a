//! A province in process, as many phones as are wanted, and a network between them that does what it is told.

#[path = "../../../soak.rs"]
mod soak;

mod phone;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use credential::{ProvinceConfig, RootKind, RootSet, Shape, StatusManifest, Timestamp, TrustList, Vct};
use http_body_util::BodyExt as _;
use province_api::catalogue::packaged::packaged;
use province_api::nadra::VerifyRequest;
use province_api::paths;
use province_api::person::Cnic;
use province_api::reason::Reason;
use province_server::admin::{Desks, Office};
use province_server::nadra::{Answer, NadraDesk};
use province_server::randomness::Randomness;
use province_server::rules::document::Form;
use province_server::sealed::{BlindIndex, Subject};
use province_server::store::person;
use sandbox::proxy::Dice;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;
use wallet::HttpResponse;

pub(crate) use phone::Phone;
pub(crate) use soak::soak;

const START: u64 = 1_795_327_200;
/// The document that is granted here.
pub const DOCUMENT: &str = "domicile";
/// The service that gives it.
pub const SERVICE: &str = "domicile-certificate";
/// Most phones of one world.
const PHONES_MAX: u32 = 5000;

struct PlayedNadra(sandbox::nadra::Nadra);

impl NadraDesk for PlayedNadra {
    fn verify(&self, question: VerifyRequest) -> Answer<'_> {
        let outcome = self.0.outcome(&question);
        Box::pin(async move { Ok(outcome) })
    }
}

/// The province and its clock, which is everybody's.
pub struct World {
    runtime: Runtime,
    folder: TempDir,
    clock: Arc<AtomicU64>,
    office: Office,
    router: Router,
    roots: RootSet,
    config: ProvinceConfig,
    numbers: u64,
    made: u32,
}

impl World {
    pub fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(AtomicU64::new(START));
        let now = Timestamp::from_unix(START);
        let keys = sandbox::roots::root_keys().map(|key| key.public());
        let roots = RootSet::new(RootKind::Test, keys).unwrap();
        let (office, router, config) = runtime.block_on(async {
            let data = folder.path().join("province");
            let randomness = || Randomness::new(Numbers(1));
            // Room enough for these phones: a list for the whole province only takes longer to make.
            let shape = Shape::new(4, 4096).unwrap();
            let made = Office::make_with(&data, &sandbox::roots::ROOT_SEEDS, shape, &randomness(), now).await;
            let office = made.unwrap().0;
            let config = office.config("https://province.example", now).unwrap();
            let reading = Arc::clone(&clock);
            let router = province_server::app(province_server::AppParts {
                store: office.store().clone(),
                keys: office.keys().serving().unwrap(),
                nadra: Arc::new(PlayedNadra(
                    sandbox::nadra::Nadra::new().with_numbered(PHONES_MAX),
                )),
                clock: Arc::new(move || Timestamp::from_unix(reading.load(Ordering::SeqCst))),
                randomness: Randomness::new(Numbers(2)),
            });
            (office, router, config)
        });
        Self {
            config: ProvinceConfig::verify(&config, &roots, now).unwrap(),
            runtime,
            folder,
            clock,
            office,
            router,
            roots,
            numbers: 10,
            made: 0,
        }
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.clock.load(Ordering::SeqCst))
    }

    /// Lets time pass. The province keeps its lists fresh meanwhile, as its operator does.
    pub fn pass(&mut self, seconds: u64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
        if seconds > 86_400 {
            self.next_trust_list();
        }
    }

    pub fn next_trust_list(&mut self) {
        let done = self.office.publish_trust(Desks::MustDecide, self.now());
        self.runtime.block_on(done).unwrap();
    }

    /// Publishes the next catalogue: the packaged one with this fee of the document that is granted here.
    pub fn next_catalogue(&mut self, fee_rupees: u32) {
        let mut file = packaged().unwrap();
        let one = file.services.iter_mut().find(|one| one.id == SERVICE);
        one.unwrap().fee_rupees = Some(fee_rupees);
        let done = self.office.publish_catalogue(&file, self.now());
        self.runtime.block_on(done).unwrap();
    }

    pub fn grant(&mut self, phone: &Phone) {
        let fields = serde_json::json!({
            "certificate_number": "BJR-26-104711", "issued_on": "2026-11-02", "domicile_district": "bajaur",
        });
        let serde_json::Value::Object(fields) = fields else {
            panic!()
        };
        let form = Form {
            cnic: Cnic::parse(&phone.citizen.cnic).unwrap(),
            child: None,
            vct: Vct::parse(DOCUMENT).unwrap(),
            fields,
        };
        self.numbers += 1;
        let randomness = Randomness::new(Numbers(self.numbers));
        let done = self.office.grant(&form, &randomness, self.now());
        self.runtime.block_on(done).unwrap();
    }

    pub fn suspend(&mut self, phone: &Phone, suspended: bool) {
        let cnic = Cnic::parse(&phone.citizen.cnic).unwrap();
        let now = self.now();
        self.runtime.block_on(async {
            if suspended {
                self.office.suspend(&cnic, Reason::Lost, now).await.unwrap();
            } else {
                self.office.resume(&cnic, now).await.unwrap();
            }
        });
    }

    /// Whether the province has this phone's citizen.
    pub fn is_enrolled(&self, phone: &Phone) -> bool {
        let index = self.cnic_index(phone);
        let found = self.runtime.block_on(async {
            let mut database = self.office.store().read().await.unwrap();
            person::with_cnic(&mut database, &index).await.unwrap()
        });
        found.is_some()
    }

    fn cnic_index(&self, phone: &Phone) -> BlindIndex {
        let key = self.office.keys().data().unwrap();
        key.blind_index(Subject::Cnic, phone.citizen.cnic.as_bytes())
    }

    pub fn people(&self) -> u64 {
        self.runtime.block_on(async {
            let mut database = self.office.store().read().await.unwrap();
            person::count(&mut database).await.unwrap()
        })
    }

    /// Whether NADRA knows as many more citizens.
    pub fn has_room_for(&self, phones: u32) -> bool {
        self.made + phones <= PHONES_MAX
    }

    /// What the province noted about this phone's citizen, from its own feed.
    pub fn noted(&self, phone: &Phone) -> Vec<String> {
        let file = self.office.folder().join(province_server::store::DATABASE_FILE);
        let database = rusqlite::Connection::open(file).unwrap();
        let sql = "SELECT kind FROM event JOIN person ON person.id = event.person \
                   WHERE cnic_index = ?1 ORDER BY seq";
        let mut statement = database.prepare(sql).unwrap();
        let index = self.cnic_index(phone);
        let kinds = statement.query_map([index.as_bytes().as_slice()], |row| row.get(0));
        kinds.unwrap().map(Result::unwrap).collect()
    }

    fn file(&self, path: &str) -> Vec<u8> {
        let request = axum::http::Request::get(path).body(Body::empty()).unwrap();
        self.call(request).body
    }

    pub fn trust_issued_at(&self) -> u32 {
        let list = self.trust();
        u32::try_from(list.issued_at().unix()).unwrap()
    }

    fn trust(&self) -> TrustList {
        TrustList::verify(&self.file(paths::TRUST_LIST), &self.roots, None).unwrap()
    }

    pub fn status_issued_at(&self) -> u32 {
        let manifest = self.file(paths::STATUS_MANIFEST);
        let manifest = StatusManifest::verify(&manifest, &self.trust(), None).unwrap();
        u32::try_from(manifest.issued_at().unix()).unwrap()
    }

    fn call(&self, request: axum::http::Request<Body>) -> HttpResponse {
        self.runtime.block_on(async {
            let answer = self.router.clone().oneshot(request).await.unwrap();
            let status = answer.status().as_u16();
            let text = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
                (name.to_string(), value.to_str().unwrap().to_owned())
            };
            let headers = answer.headers().iter().map(text).collect();
            let body = answer.into_body().collect().await.unwrap().to_bytes().to_vec();
            HttpResponse {
                status,
                headers,
                body,
            }
        })
    }
}

/// Random bytes that follow from a number.
struct Numbers(u64);

impl rand_core::TryRng for Numbers {
    type Error = std::convert::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.try_next_u64().map(|number| (number >> 32) as u32)
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut dice = Dice::new(self.0);
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        Ok(dice.next())
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        for chunk in bytes.chunks_mut(8) {
            let word = self.try_next_u64()?.to_be_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Numbers {}
