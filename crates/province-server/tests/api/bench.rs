//! A province in a temporary folder with a clock that a test turns and a NADRA that says what a test wants.

use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use credential::{
    PublicKey, RootKind, RootSet, SecretKey, StatusManifest, StatusSet, Timestamp, TrustList,
    derive_holder_key,
};
use ed25519_dalek::SigningKey;
use http_body_util::BodyExt as _;
use province_api::enrolment::EnrolmentRequest;
use province_api::nadra::{NadraOutcome, VerifyRequest};
use province_api::passes::{Challenge, PassesReply, PassesRequest, WantedPass, proof_message};
use province_api::problem::{PROBLEM_JSON, Problem, ProblemCode};
use province_api::{Bytes, paths, signature};
use province_server::admin::Office;
use province_server::nadra::{Answer, NadraDesk, NadraError};
use province_server::randomness::Randomness;
use province_server::rules::officers::PasskeyDesk;
use province_server::rules::rates::Budgets;
use province_server::store::{Place, Store};
use province_server::{AppParts, Province, app, router};
use rand_core::{TryCryptoRng, TryRng};
use sandbox::TestCitizen;
use tempfile::TempDir;
use tokio::sync::Notify;
use tower::ServiceExt as _;

use crate::engine;
use crate::passkeys::{ORIGIN, RP_ID};

/// 22 November 2026, 10:00 in Peshawar.
pub const NOW: u64 = 1_795_323_600;

/// Bytes that follow from a number.
pub struct Counting(pub u64);

impl TryRng for Counting {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|n| (n >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Ok(z ^ (z >> 31))
    }

    fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), Infallible> {
        for chunk in target.chunks_mut(8) {
            let bytes = self.try_next_u64()?.to_le_bytes();
            chunk.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        }
        Ok(())
    }
}

impl TryCryptoRng for Counting {}

/// A NADRA that says what it is told to say.
#[derive(Default)]
pub struct SaidNadra {
    pub says: Mutex<Option<NadraOutcome>>,
    pub asked: AtomicUsize,
    /// A database that goes away while NADRA is being asked.
    pub breaks: Mutex<Option<Store>>,
    /// The last question.
    pub question: Mutex<Option<VerifyRequest>>,
    /// Told when a question is there; its answer comes when `may_answer` was told.
    pub holds: Mutex<Option<Held>>,
}

/// A question that is kept waiting.
#[derive(Clone, Default)]
pub struct Held {
    pub asked: Arc<Notify>,
    pub may_answer: Arc<Notify>,
}

impl SaidNadra {
    pub fn say(&self, outcome: Option<NadraOutcome>) {
        *self.says.lock().unwrap() = outcome;
    }
}

impl NadraDesk for SaidNadra {
    fn verify(&self, question: VerifyRequest) -> Answer<'_> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        *self.question.lock().unwrap() = Some(question);
        let held = self.holds.lock().unwrap().clone();
        let broken = self.breaks.lock().unwrap().take();
        let says = *self.says.lock().unwrap();
        Box::pin(async move {
            if let Some(held) = held {
                held.asked.notify_one();
                held.may_answer.notified().await;
            }
            if let Some(store) = broken {
                store.close().await;
            }
            says.ok_or(NadraError::TooSlow)
        })
    }
}

pub struct Bench {
    pub folder: TempDir,
    pub place: Place,
    pub office: Office,
    pub province: Arc<Province>,
    pub app: Router,
    pub nadra: Arc<SaidNadra>,
    pub clock: Arc<AtomicU64>,
}

impl Drop for Bench {
    fn drop(&mut self) {
        engine::forget(self.folder.path());
    }
}

/// An answer read to its end.
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> T {
        assert_eq!(
            self.status,
            StatusCode::OK,
            "{}",
            String::from_utf8_lossy(&self.body)
        );
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The problem, after checking that its form is the one that all problems have.
    pub fn problem(&self) -> Problem {
        assert_eq!(self.headers["content-type"], PROBLEM_JSON);
        let problem: Problem = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(self.status.as_u16(), problem.status);
        assert_eq!(problem.status, problem.code.status());
        problem
    }

    pub fn code(&self) -> ProblemCode {
        self.problem().code
    }
}

/// Of all requests of all phones, also of one that a test makes twice.
static NONCES: AtomicU64 = AtomicU64::new(0);

/// A phone: a device key, a holder seed, and a count of its requests.
pub struct Phone {
    pub key: SigningKey,
    pub seed: [u8; 32],
    count: AtomicU64,
}

impl Phone {
    pub fn new(number: u8) -> Self {
        Self {
            key: SigningKey::from_bytes(&[number; 32]),
            seed: [number; 32],
            count: AtomicU64::new(0),
        }
    }

    pub fn idempotency_key(&self) -> String {
        format!("{:032x}", self.count.fetch_add(1, Ordering::SeqCst))
    }

    pub fn signed(&self, path: &str, body: &[u8], idempotency_key: &str, at: u64) -> Request<Body> {
        let mut request = Request::post(path);
        let nonce = u128::from(NONCES.fetch_add(1, Ordering::SeqCst)).to_be_bytes();
        for (name, value) in signature::sign(&self.key, "POST", path, body, idempotency_key, at, &nonce) {
            request = request.header(name, value);
        }
        request.body(Body::from(body.to_vec())).unwrap()
    }

    pub fn holder(&self, index: u64) -> SecretKey {
        derive_holder_key(&self.seed, index)
    }

    /// Wanted passes of these types (`b-form#2`: the second child's), with the holder keys from `first` on, proven over `challenge`.
    pub fn wanted(&self, challenge: &Bytes, first: u64, types: &[&str]) -> PassesRequest {
        let passes = (first..)
            .zip(types)
            .map(|(index, vct)| {
                let holder = self.holder(index);
                let key = holder.public();
                let (vct, no) = vct.split_once('#').unwrap_or((vct, "0"));
                let no = no.parse().unwrap();
                let message = proof_message(&challenge.0, (vct, no), key.as_bytes());
                WantedPass {
                    vct: vct.to_owned(),
                    no,
                    holder_key: Bytes::from(&key.as_bytes()[..]),
                    proof: Bytes::from(&holder.sign(&message)[..]),
                }
            })
            .collect();
        PassesRequest {
            challenge: challenge.clone(),
            passes,
        }
    }
}

impl Bench {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = engine::place(folder.path());
        let randomness = Randomness::new(Counting(1));
        let (office, published) = Office::make(
            place.clone(),
            &sandbox::roots::ROOT_SEEDS,
            &randomness,
            Timestamp::from_unix(NOW),
        )
        .await
        .unwrap();
        assert_eq!((published.sequence, published.epoch), (Some(1), 1));
        let nadra = Arc::new(SaidNadra {
            says: Mutex::new(Some(NadraOutcome::Matched)),
            ..SaidNadra::default()
        });
        let clock = Arc::new(AtomicU64::new(NOW));
        let desk: Arc<dyn NadraDesk> = nadra.clone();
        let province =
            Arc::new(Province::new(parts(&office, desk, Arc::clone(&clock))).with_passkeys(passkeys()));
        Self {
            folder,
            place,
            office,
            app: router(Arc::clone(&province)),
            province,
            nadra,
            clock,
        }
    }

    /// The same folder, opened anew.
    pub async fn opened_anew(mut self) -> Self {
        let office = Office::open(self.place.clone()).await.unwrap();
        let desk: Arc<dyn NadraDesk> = self.nadra.clone();
        // No program draws the same numbers as the one before.
        let parts = AppParts {
            randomness: unlike(),
            ..parts(&office, desk, Arc::clone(&self.clock))
        };
        self.province = Arc::new(Province::new(parts).with_passkeys(passkeys()));
        self.app = router(Arc::clone(&self.province));
        self.office = office;
        self
    }

    /// The same, served with one connection to the database.
    pub async fn by_one_connection(mut self) -> Self {
        self.place = self.place.clone().with_connections(1);
        self.opened_anew().await
    }

    /// Another server of the same province, which asks another NADRA and is set up further.
    pub fn province_with(
        &self,
        nadra: Arc<dyn NadraDesk>,
        set_up: impl FnOnce(Province) -> Province,
    ) -> Arc<Province> {
        self.province_of(&self.office, nadra, set_up)
    }

    /// The same on connections of its own.
    pub fn province_of(
        &self,
        office: &Office,
        nadra: Arc<dyn NadraDesk>,
        set_up: impl FnOnce(Province) -> Province,
    ) -> Arc<Province> {
        let parts = AppParts {
            randomness: unlike(),
            ..parts(office, nadra, Arc::clone(&self.clock))
        };
        Arc::new(set_up(Province::new(parts)))
    }

    /// That server instead of this one.
    pub fn with(mut self, nadra: Arc<dyn NadraDesk>, set_up: impl FnOnce(Province) -> Province) -> Self {
        self.province = self.province_with(nadra, set_up);
        self.app = router(Arc::clone(&self.province));
        self
    }

    /// The same province asking another NADRA.
    pub fn app_with(&self, nadra: Arc<dyn NadraDesk>) -> Router {
        app(parts(&self.office, nadra, Arc::clone(&self.clock)))
    }

    /// Another server of the same province, with these limits.
    pub fn server(&self, budgets: Budgets) -> (Arc<Province>, Router) {
        let desk: Arc<dyn NadraDesk> = self.nadra.clone();
        let province = Province::new(parts(&self.office, desk, Arc::clone(&self.clock)));
        let province = Arc::new(province.limiting(budgets));
        (Arc::clone(&province), router(province))
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.clock.load(Ordering::SeqCst))
    }

    pub fn set_time(&self, seconds: u64) {
        self.clock.store(seconds, Ordering::SeqCst);
    }

    pub async fn send(&self, request: Request<Body>) -> Reply {
        send(&self.app, request).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, phone: &Phone, path: &str, body: &[u8]) -> Reply {
        let request = phone.signed(path, body, &phone.idempotency_key(), self.now().unix());
        self.send(request).await
    }

    pub async fn enrol(&self, phone: &Phone, form: &EnrolmentRequest) -> Reply {
        let body = serde_json::to_vec(form).unwrap();
        self.post(phone, paths::ENROLMENTS, &body).await
    }

    /// An enrolled phone of the test citizen with this number.
    pub async fn enrolled(&self, citizen: usize, number: u8) -> Phone {
        let phone = Phone::new(number);
        let reply = self.enrol(&phone, &citizen_number(citizen).enrolment()).await;
        assert_eq!(
            reply.status,
            StatusCode::OK,
            "{}",
            String::from_utf8_lossy(&reply.body)
        );
        phone
    }

    pub async fn challenge(&self, phone: &Phone) -> Bytes {
        let reply: Challenge = self.post(phone, paths::CHALLENGES, b"").await.json();
        reply.challenge
    }

    pub async fn passes(&self, phone: &Phone, request: &PassesRequest) -> Reply {
        let body = serde_json::to_vec(request).unwrap();
        self.post(phone, paths::PASSES, &body).await
    }

    pub async fn issued(&self, phone: &Phone, first: u64, types: &[&str]) -> PassesReply {
        let challenge = self.challenge(phone).await;
        self.passes(phone, &phone.wanted(&challenge, first, types))
            .await
            .json()
    }

    /// The published trust list, verified as an app does.
    pub async fn trust(&self) -> TrustList {
        let bytes = self.get(paths::TRUST_LIST).await.body;
        TrustList::verify(&bytes, &test_roots(), None).unwrap()
    }

    /// The published status, verified as a counter does.
    pub async fn status(&self) -> StatusSet {
        let trust = self.trust().await;
        let manifest = self.get(paths::STATUS_MANIFEST).await.body;
        let manifest = StatusManifest::verify(&manifest, &trust, None).unwrap();
        let mut set = StatusSet::new(manifest);
        while let Some(piece) = set.missing().first() {
            let path = format!("{}{}", paths::STATUS_PIECES, piece.name());
            let bytes = self.get(&path).await.body;
            set.add(piece, &bytes).unwrap();
        }
        set
    }

    /// Every byte that lies in the database's files.
    pub fn database_bytes(&self) -> Vec<u8> {
        engine::bytes(self.folder.path())
    }

    pub async fn people(&self) -> u64 {
        let mut db = self.office.store().read().await.unwrap();
        province_server::store::person::count(&mut db).await.unwrap()
    }
}

/// Numbers that no other server of these tests draws.
fn unlike() -> Randomness {
    Randomness::new(Counting((1 << 40) + NONCES.fetch_add(1, Ordering::SeqCst)))
}

/// A turn of the upkeep in which nothing fails; gives the new manifest's epoch.
pub async fn kept(province: &Province) -> Option<u64> {
    let done = province.upkeep().await;
    assert!(done.faults.is_empty(), "{:?}", done.faults);
    done.epoch
}

/// Where officers sign in.
fn passkeys() -> Option<PasskeyDesk> {
    PasskeyDesk::new(RP_ID, ORIGIN)
}

fn parts(office: &Office, nadra: Arc<dyn NadraDesk>, clock: Arc<AtomicU64>) -> AppParts {
    AppParts {
        store: office.store().clone(),
        keys: office.keys().serving().unwrap(),
        nadra,
        clock: Arc::new(move || Timestamp::from_unix(clock.load(Ordering::SeqCst))),
        randomness: Randomness::new(Counting(2)),
    }
}

pub async fn send(app: &Router, request: Request<Body>) -> Reply {
    let response = app.clone().oneshot(request).await.unwrap();
    Reply {
        status: response.status(),
        headers: response.headers().clone(),
        body: response.into_body().collect().await.unwrap().to_bytes().to_vec(),
    }
}

/// Another source at each call.
pub fn randomness() -> Randomness {
    Randomness::new(Counting(NONCES.fetch_add(1, Ordering::SeqCst)))
}

pub fn citizen_number(number: usize) -> TestCitizen {
    sandbox::citizens().swap_remove(number)
}

pub fn test_roots() -> RootSet {
    let keys: [PublicKey; 3] = sandbox::roots::root_keys().map(|key| key.public());
    RootSet::new(RootKind::Test, keys).unwrap()
}
