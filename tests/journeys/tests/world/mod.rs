//! A province in process, as many phones as are wanted, and a network between them that does what it is told.
#![allow(dead_code)]

#[path = "../../../soak.rs"]
mod soak;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use credential::{ProvinceConfig, RootKind, RootSet, Shape, StatusManifest, Timestamp, TrustList, Vct};
use http_body_util::BodyExt as _;
use province_api::nadra::VerifyRequest;
use province_api::paths;
use province_api::person::Cnic;
use province_server::admin::{Desks, Office};
use province_server::nadra::{Answer, NadraDesk};
use province_server::randomness::Randomness;
use province_server::rules::document::Form;
use province_server::store::person;
use sandbox::TestCitizen;
use sandbox::citizens::numbered;
use sandbox::proxy::{Dice, Fate, turn_a_bit};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;
use wallet::key_store::FileKeyStore;
use wallet::screen::{Draft, EnrolmentState, PastAsk, SyncReport};
use wallet::{Failure, HttpRequest, HttpResponse, UiCode, UiError, Wallet};

pub(crate) use soak::soak;

const START: u64 = 1_795_327_200;
const PIN: &str = "739105";
/// The document that is granted here.
pub const DOCUMENT: &str = "domicile";
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
    enrolled: BTreeSet<u32>,
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
            enrolled: BTreeSet::new(),
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

    pub fn grant(&mut self, phone: &Phone) {
        let fields = serde_json::json!({
            "certificate_number": "BJR-26-104711", "issued_on": "2026-11-02", "domicile_district": "bajaur",
        });
        let serde_json::Value::Object(fields) = fields else {
            panic!()
        };
        let form = Form {
            cnic: Cnic::parse(&phone.citizen.cnic).unwrap(),
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
                self.office.suspend(&cnic, now).await.unwrap();
            } else {
                self.office.resume(&cnic, now).await.unwrap();
            }
        });
    }

    /// Whether the province has this phone's citizen.
    pub fn is_enrolled(&mut self, phone: &Phone) -> bool {
        let key = self.office.keys().data().unwrap();
        let index = key.blind_index(
            province_server::sealed::Subject::Cnic,
            phone.citizen.cnic.as_bytes(),
        );
        let found = self.runtime.block_on(async {
            let mut database = self.office.store().read().await.unwrap();
            person::with_cnic(&mut database, &index).await.unwrap()
        });
        if found.is_some() {
            self.enrolled.insert(phone.number);
        }
        found.is_some()
    }

    pub fn people(&self) -> u64 {
        self.runtime.block_on(async {
            let mut database = self.office.store().read().await.unwrap();
            person::count(&mut database).await.unwrap()
        })
    }

    /// Phones that were enrolled in the end.
    pub fn phones(&self) -> u64 {
        u64::from(self.made)
    }

    /// Batches that the province has for this phone's citizen, from its own table.
    pub fn batches_of(&self, phone: &Phone) -> usize {
        let database = rusqlite::Connection::open(self.office.folder().join("province.sqlite")).unwrap();
        let key = self.office.keys().data().unwrap();
        let index = key.blind_index(
            province_server::sealed::Subject::Cnic,
            phone.citizen.cnic.as_bytes(),
        );
        let sql =
            "SELECT count(*) FROM answer JOIN person ON person.id = answer.person WHERE cnic_index = ?1";
        let count: i64 = database
            .query_row(sql, [index.as_bytes().as_slice()], |row| row.get(0))
            .unwrap();
        usize::try_from(count).unwrap()
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

/// A phone, its citizen and what the network does to it.
pub struct Phone {
    folder: PathBuf,
    number: u32,
    pub citizen: TestCitizen,
    wallet: Option<Wallet>,
    numbers: Numbers,
    fates: VecDeque<Fate>,
    dice: Dice,
    /// A request that arrives after the next one was answered.
    late: Option<HttpRequest>,
    /// The last true answer to another request.
    other: Option<HttpResponse>,
    /// Everything with an idempotency key that left this phone, and whether the province answered it with passes.
    sent: BTreeMap<String, (BTreeSet<Vec<u8>>, bool)>,
}

impl Phone {
    /// A phone with everything typed in.
    pub fn new(world: &mut World) -> Self {
        let number = world.made;
        world.made += 1;
        assert!(number < PHONES_MAX);
        let mut phone = Self {
            folder: world.folder.path().join(format!("phone-{number}")),
            number,
            citizen: numbered(number),
            wallet: None,
            numbers: Numbers(u64::from(number) << 32),
            fates: VecDeque::new(),
            dice: Dice::new(u64::from(number)),
            late: None,
            other: None,
            sent: BTreeMap::new(),
        };
        let mut wallet = phone.open(world);
        let mut numbers = Numbers(u64::from(number) << 32 | 1 << 31);
        wallet.create_vault(PIN, world.now(), &mut numbers).unwrap();
        let given = phone.citizen.enrolment();
        let draft = Draft {
            cnic: given.cnic,
            cnic_issued_on: given.cnic_issued_on,
            name_en: given.name_en,
            name_ur: given.name_ur,
            guardian_name_en: given.guardian_name_en,
            guardian_name_ur: given.guardian_name_ur,
            guardian_relation: given.guardian_relation,
            date_of_birth: given.date_of_birth,
            gender: given.gender,
            address: given.address,
            district: given.district,
            mobile: given.mobile,
            has_photo: false,
        };
        wallet.save_draft(draft, world.now()).unwrap();
        wallet.set_photo(portrait(), world.now()).unwrap();
        phone.wallet = Some(wallet);
        phone
    }

    fn open(&self, world: &World) -> Wallet {
        let key = FileKeyStore::new(self.folder.with_extension("keys"));
        Wallet::open(
            &self.folder,
            world.roots.clone(),
            Some(world.config.clone()),
            Box::new(key),
        )
        .unwrap()
    }

    pub fn wallet(&mut self) -> &mut Wallet {
        self.wallet.as_mut().unwrap()
    }

    /// The power goes, and comes back.
    pub fn restart(&mut self, world: &World) {
        self.wallet = None;
        let mut wallet = self.open(world);
        wallet.unlock(PIN, world.now()).unwrap();
        self.wallet = Some(wallet);
    }

    /// What the network does to the next requests.
    pub fn network(&mut self, fates: &[Fate]) {
        self.fates = fates.iter().copied().collect();
    }

    pub fn state(&mut self, world: &World) -> EnrolmentState {
        self.wallet().app_state(world.now()).unwrap().enrolment
    }

    pub fn enrol(&mut self, world: &World) -> Result<SyncReport, UiCode> {
        let mut numbers = std::mem::replace(&mut self.numbers, Numbers(0));
        let begun = self.wallet().start_enrolment(world.now(), &mut numbers);
        self.numbers = numbers;
        self.drive(world, begun)
    }

    pub fn sync(&mut self, world: &World) -> Result<SyncReport, UiCode> {
        let begun = self.wallet().start_sync(world.now());
        self.drive(world, begun)
    }

    fn drive(&mut self, world: &World, begun: Result<(), UiError>) -> Result<SyncReport, UiCode> {
        begun.map_err(|error| error.code)?;
        loop {
            let mut numbers = std::mem::replace(&mut self.numbers, Numbers(0));
            let request = self.wallet().next_request(world.now(), &mut numbers).unwrap();
            self.numbers = numbers;
            let Some(request) = request else { break };
            match self.exchange(world, &request) {
                Ok(answer) => self.wallet().on_response(&answer, world.now()).unwrap(),
                Err(failure) => self.wallet().on_failure(failure, world.now()).unwrap(),
            }
        }
        let ended = self.wallet().finish_run(world.now());
        ended.map_err(|error| error.code)
    }

    /// One request through the network. What [`sandbox::proxy`] does with sockets is done here with values.
    fn exchange(&mut self, world: &World, request: &HttpRequest) -> Result<HttpResponse, Failure> {
        let fate = self.fates.pop_front().unwrap_or(Fate::Pass);
        let held_back = self.late.take();
        let result = self.under(world, fate, request);
        if let Some(late) = held_back {
            self.ask(world, &late);
        }
        result
    }

    fn under(&mut self, world: &World, fate: Fate, request: &HttpRequest) -> Result<HttpResponse, Failure> {
        if let Some(page) = fate.interloper() {
            let header = page.header.into_iter();
            return Ok(HttpResponse {
                status: page.status,
                headers: header
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect(),
                body: page.body.as_bytes().to_vec(),
            });
        }
        match fate {
            // Half a request is none: the province waits for the rest and gives up.
            Fate::Cut | Fate::CutRequest => Err(Failure::Unreachable),
            Fate::Late => {
                self.late = Some(request.clone());
                Err(Failure::TimedOut)
            }
            Fate::CutAnswer | Fate::Truncate => {
                self.ask(world, request);
                Err(Failure::Unreachable)
            }
            Fate::CorruptRequest => {
                let mut request = request.clone();
                if request.body.is_empty() {
                    request.path.push('x');
                } else {
                    turn_a_bit(&mut request.body, &mut self.dice);
                }
                Ok(self.ask(world, &request))
            }
            Fate::CorruptAnswer => {
                let mut answer = self.ask(world, request);
                turn_a_bit(&mut answer.body, &mut self.dice);
                Ok(answer)
            }
            Fate::Repeat => {
                self.ask(world, request);
                Ok(self.ask(world, request))
            }
            Fate::Swap => {
                let answer = self.ask(world, request);
                Ok(self.other.replace(answer.clone()).unwrap_or(answer))
            }
            _ => {
                let answer = self.ask(world, request);
                self.other = Some(answer.clone());
                Ok(answer)
            }
        }
    }

    fn ask(&mut self, world: &World, request: &HttpRequest) -> HttpResponse {
        let mut call = axum::http::Request::builder()
            .method(request.method)
            .uri(&request.path);
        for (name, value) in &request.headers {
            call = call.header(name, value);
        }
        let answer = world.call(call.body(Body::from(request.body.clone())).unwrap());
        let key = request
            .headers
            .iter()
            .find(|(name, _)| name == province_api::IDEMPOTENCY_KEY);
        if let Some((_, key)) = key
            && answer.status == 200
        {
            let (bodies, passes) = self.sent.entry(key.clone()).or_default();
            bodies.insert(request.body.clone());
            *passes |= request.path == paths::PASSES;
        }
        answer
    }

    /// Rows of the past in which something was shown.
    pub fn showings(&mut self) -> usize {
        let (mut shown, mut ask) = (0, PastAsk::default());
        loop {
            let page = self.wallet().past(ask.clone()).unwrap();
            shown += page
                .entries
                .iter()
                .filter(|entry| entry.showing.is_some())
                .count();
            ask.before = page.next;
            if ask.before.is_none() {
                return shown;
            }
        }
    }

    /// An idempotency key belongs to one request, for ever.
    pub fn every_key_carried_one_body(&self) {
        assert!(self.sent.values().all(|(bodies, _)| bodies.len() == 1));
    }

    /// How many requests for passes the province answered, each key once.
    pub fn batches_answered(&self) -> usize {
        self.sent.values().filter(|(_, passes)| *passes).count()
    }
}

/// The picture as the app hands it to the wallet: made once.
fn portrait() -> &'static [u8] {
    static JPEG: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    JPEG.get_or_init(|| {
        let picture = image::load_from_memory(numbered(0).portrait_png())
            .unwrap()
            .into_rgb8();
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
        bytes.into_inner()
    })
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
