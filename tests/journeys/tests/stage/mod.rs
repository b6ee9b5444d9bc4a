//! One province, one phone and as many desks as a journey needs, in process, on a clock that the journey sets.
#![allow(dead_code)]

use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, Result, bail};
use axum::Router;
use axum::body::Body;
use counter::profile::Profile;
use counter::station::{Settings, Source, Station};
use counter::types::ScanReply;
use credential::{Names, ProvinceConfig, PublicKey, RootKind, RootSet, SecretKey, Timestamp, Vct};
use http_body_util::BodyExt as _;
use province_api::enrolment::EnrolmentRequest;
use province_api::nadra::{FingerRequest, NadraOutcome, VerifyRequest};
use province_api::paths;
use province_api::signature::{self, DeviceKey};
use province_server::admin::{Desk, Office};
use province_server::nadra::{Answer, NadraDesk};
use province_server::randomness::Randomness;
use province_server::rules::document::Form;
use rand_core::{TryCryptoRng, TryRng};
use tempfile::TempDir;
use tower::ServiceExt as _;
use wallet::key_store::FileKeyStore;
use wallet::screen::{Draft, Qr};
use wallet::{HttpRequest, HttpResponse, Wallet};

/// 22 November 2026, 06:00 UTC.
pub const START: u64 = 1_795_327_200;
/// The PIN of the test citizen.
pub const PIN: &str = "246810";
/// The service class of every desk here.
pub const AUDIENCE: &str = wallet::DEFAULT_AUDIENCE;

/// Random bytes that follow from a number.
pub struct Numbered(pub u64);

impl TryRng for Numbered {
    type Error = Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|n| (n >> 32) as u32)
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        // SplitMix64: enough for tests, each value once.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Ok(z ^ (z >> 31))
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            let word = self.try_next_u64()?.to_be_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Numbered {}

/// NADRA, played by the sandbox.
struct PlayedNadra(Arc<sandbox::nadra::Nadra>);

impl NadraDesk for PlayedNadra {
    fn verify(&self, question: VerifyRequest) -> Answer<'_> {
        let outcome: NadraOutcome = self.0.outcome(&question);
        Box::pin(async move { Ok(outcome) })
    }

    fn verify_finger(&self, question: FingerRequest) -> Answer<'_> {
        let outcome = self.0.outcome_with_finger(&question);
        Box::pin(async move { Ok(outcome) })
    }
}

/// A NADRA that confirms whoever asks: people whom the sandbox does not know.
struct WillingNadra;

impl NadraDesk for WillingNadra {
    fn verify(&self, _question: VerifyRequest) -> Answer<'_> {
        Box::pin(async { Ok(NadraOutcome::Matched) })
    }
}

/// Everything, on one clock.
pub struct Stage {
    folder: TempDir,
    clock: Arc<AtomicU64>,
    /// The province's administration.
    pub office: Office,
    router: Option<Router>,
    /// The province, for what comes to it otherwise than from this phone.
    pub province: Option<Arc<province_server::Province>>,
    nadra: Arc<dyn NadraDesk>,
    /// The phone.
    pub wallet: Wallet,
    numbers: Numbered,
    desks: u8,
    phones: u8,
    /// The key that signed the last request of a phone.
    device: Mutex<Option<DeviceKey>>,
}

/// The pinned roots.
pub fn roots() -> RootSet {
    let keys = sandbox::roots::root_keys().map(|key| key.public());
    RootSet::new(RootKind::Test, keys).expect("three keys")
}

impl Stage {
    /// A province with its first trust list, and a phone whose vault is open and empty.
    pub async fn set() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let clock = Arc::new(AtomicU64::new(START));
        let now = Timestamp::from_unix(START);
        let randomness = Randomness::new(Numbered(1));
        let province = folder.path().join("province");
        let (office, _) = Office::make(&province, &sandbox::roots::ROOT_SEEDS, &randomness, now).await?;
        let config = office.config("https://province.example", now)?;
        let config = ProvinceConfig::verify(&config, &roots(), now)?;
        let key = FileKeyStore::new(folder.path().join("keys"));
        let mut numbers = Numbered(2);
        let mut wallet = Wallet::open(&folder.path().join("phone"), roots(), Some(config), Box::new(key))?;
        wallet.create_vault(PIN, now, &mut numbers)?;
        let mut stage = Self {
            folder,
            clock,
            office,
            router: None,
            province: None,
            nadra: Arc::new(PlayedNadra(Arc::new(sandbox::nadra::Nadra::new()))),
            wallet,
            numbers,
            desks: 0,
            phones: 0,
            device: Mutex::default(),
        };
        stage.province_up().await?;
        Ok(stage)
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.clock.load(Ordering::SeqCst))
    }

    /// The key that the phone signs with, once it has.
    pub fn device(&self) -> Option<DeviceKey> {
        *self.device.lock().expect("one thread")
    }

    /// Lets time pass.
    pub fn pass(&self, seconds: u64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    /// The province answers.
    pub async fn province_up(&mut self) -> Result<()> {
        let clock = Arc::clone(&self.clock);
        let parts = province_server::AppParts {
            store: province_server::store::Store::open(&self.office.folder().into()).await?,
            keys: self.office.keys().serving()?,
            nadra: Arc::clone(&self.nadra),
            clock: Arc::new(move || Timestamp::from_unix(clock.load(Ordering::SeqCst))),
            randomness: Randomness::new(Numbered(self.now().unix())),
        };
        let province = Arc::new(province_server::Province::new(parts));
        self.router = Some(province_server::router(Arc::clone(&province)));
        self.province = Some(province);
        Ok(())
    }

    /// From now on NADRA confirms whoever asks.
    pub async fn nadra_is_willing(&mut self) -> Result<()> {
        self.nadra = Arc::new(WillingNadra);
        self.province_up().await
    }

    /// Takes another phone into the hand, whose vault is open and empty; gives the one from before.
    pub fn take_another_phone(&mut self) -> Result<Wallet> {
        let config = self.office.config("https://province.example", self.now())?;
        let config = ProvinceConfig::verify(&config, &roots(), self.now())?;
        self.phones += 1;
        let folder = self.folder.path().join(format!("phone-{}", self.phones));
        let key = FileKeyStore::new(folder.join("keys"));
        let mut wallet = Wallet::open(&folder.join("phone"), roots(), Some(config), Box::new(key))?;
        wallet.create_vault(PIN, self.now(), &mut self.numbers)?;
        Ok(std::mem::replace(&mut self.wallet, wallet))
    }

    /// The network goes away: nothing answers any more.
    pub fn network_gone(&mut self) {
        self.router = None;
    }

    async fn answer(&self, request: &HttpRequest) -> Result<HttpResponse> {
        let router = self.router.clone().context("there is no network")?;
        let header = |name: &str| {
            let mut headers = request.headers.iter();
            let found = headers.find(|(of, _)| of.eq_ignore_ascii_case(name))?;
            Some(found.1.as_str())
        };
        let (path, now) = (&request.path, self.now().unix());
        if let Ok(signed) = signature::verify(header, request.method, path, &request.body, now) {
            *self.device.lock().expect("one thread") = Some(signed.device);
        }
        let mut call = axum::http::Request::builder()
            .method(request.method)
            .uri(&request.path);
        for (name, value) in &request.headers {
            call = call.header(name, value);
        }
        let answer = router
            .oneshot(call.body(Body::from(request.body.clone()))?)
            .await?;
        let status = answer.status().as_u16();
        let headers = answer
            .headers()
            .iter()
            .map(|(n, v)| Ok((n.to_string(), v.to_str()?.to_owned())))
            .collect::<Result<_>>()?;
        let body = answer.into_body().collect().await?.to_bytes().to_vec();
        Ok(HttpResponse {
            status,
            headers,
            body,
        })
    }

    async fn drive(&mut self) -> Result<()> {
        while let Some(request) = self.wallet.next_request(self.now(), &mut self.numbers)? {
            match self.answer(&request).await {
                Ok(answer) => self.wallet.on_response(&answer, self.now())?,
                Err(_) => self.wallet.on_failure(wallet::Failure::Unreachable, self.now())?,
            }
        }
        Ok(())
    }

    /// The first test citizen enrols.
    pub async fn enrol(&mut self) -> Result<()> {
        let citizen = sandbox::citizens().into_iter().next().context("a test citizen")?;
        self.enrol_as(citizen.enrolment()).await
    }

    /// Somebody enrols with this phone.
    pub async fn enrol_as(&mut self, given: EnrolmentRequest) -> Result<()> {
        let draft = Draft {
            has_photo: false,
            ..given.clone().into()
        };
        let now = self.now();
        self.wallet.save_draft(draft, now)?;
        self.wallet.set_photo(&jpeg(&given.photo.0)?, now)?;
        self.wallet.start_enrolment(now, &mut self.numbers)?;
        self.drive().await?;
        self.wallet.finish_run(now)?;
        Ok(())
    }

    /// The phone fetches what is new, and draws passes.
    pub async fn refresh(&mut self) -> Result<()> {
        self.wallet.start_sync(self.now())?;
        self.drive().await?;
        self.wallet.finish_run(self.now())?;
        Ok(())
    }

    /// The citizen queues a whole application.
    pub fn submit(&mut self, id: u32) -> Result<wallet::screen::ApplicationView> {
        let now = self.now();
        Ok(self.wallet.submit_application(id, now, &mut self.numbers)?)
    }

    /// What the province answers to somebody else than this phone: status and body.
    pub async fn call(&self, request: axum::http::Request<Body>) -> Result<(u16, Vec<u8>)> {
        let router = self.router.clone().context("there is no network")?;
        let answer = router.oneshot(request).await?;
        let status = answer.status().as_u16();
        Ok((status, answer.into_body().collect().await?.to_bytes().to_vec()))
    }

    /// The province grants a document.
    pub async fn grant(&self, form: &Form) -> Result<()> {
        let randomness = Randomness::new(Numbered(3));
        Ok(self.office.grant(form, &randomness, self.now()).await?)
    }

    /// A desk that the province certified for everything, with no signed data yet.
    pub async fn desk(&mut self) -> Result<Station> {
        self.desk_for(vec![Vct::AGE, Vct::RESIDENCE, Vct::IDENTITY]).await
    }

    /// The same with a profile that takes timed codes unasked: a desk without one takes answers to its requests only.
    pub async fn timed_desk(&mut self) -> Result<Station> {
        let mut desk = self.desk().await?;
        let profile = serde_json::json!({
            "version": 1, "id": "timed", "service": "general", "ask": ["age", "residence", "identity"], "mode": "timed",
            "name": { "en": "Test desk", "ur": "آزمائشی کاؤنٹر", "ps": "ازمایښتي کاونټر" },
        });
        desk.use_profile(Profile::parse(profile.to_string().as_bytes())?)?;
        Ok(desk)
    }

    /// A desk that the province certified for these.
    pub async fn desk_for(&mut self, allowed: Vec<Vct>) -> Result<Station> {
        self.desks += 1;
        let data = self.folder.path().join(format!("desk-{}", self.desks));
        std::fs::create_dir_all(&data)?;
        let key = SecretKey::from_seed([self.desks; 32]);
        let settings = Settings {
            roots: roots(),
            certificate: Some(self.certificate(key.public(), allowed).await?),
            key,
            audience: None,
            asks: true,
            offline: false,
            configured: true,
        };
        Ok(Station::open(&data, settings)?)
    }

    async fn certificate(&self, key: PublicKey, allowed: Vec<Vct>) -> Result<Vec<u8>> {
        let desk = Desk {
            key,
            name: Names::new("Test desk", "آزمائشی کاؤنٹر", "ازمایښتي کاونټر"),
            purpose: Names::new("A test", "آزمائش", "ازمایښت"),
            audience: AUDIENCE.to_owned(),
            allowed,
            days: 30,
        };
        Ok(self.office.counter_certificate(&desk, self.now()).await?)
    }

    /// What the province publishes at this path.
    pub async fn file(&self, path: &str) -> Result<Vec<u8>> {
        let request = HttpRequest {
            method: "GET",
            url: String::new(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            response_bytes_max: usize::MAX,
            time_limit_seconds: 5,
        };
        let answer = self.answer(&request).await?;
        if answer.status != 200 {
            bail!("{path}: {}", answer.status);
        }
        Ok(answer.body)
    }

    /// A desk fetches what the province publishes.
    pub async fn sync(&self, desk: &mut Station) -> Result<()> {
        desk.take_trust_list(&self.file(paths::TRUST_LIST).await?)?;
        desk.take_type_register(&self.file(paths::TYPES).await?)?;
        let manifest = self.file(paths::STATUS_MANIFEST).await?;
        if let Some(mut staged) = desk.stage_status(&manifest)? {
            while let Some(piece) = staged.missing() {
                let path = format!("{}{}", paths::STATUS_PIECES, piece.name());
                let bytes = self.file(&path).await?;
                staged.add(&piece, &bytes)?;
            }
            desk.take_status(staged)?;
        }
        desk.note_sync(self.now())?;
        Ok(())
    }

    /// A desk's camera looks at a code on the phone.
    pub fn look(&self, desk: &mut Station, code: &Qr) -> Result<ScanReply> {
        Ok(desk.see(&read(code.size, &code.path)?, Source::Camera, self.now())?)
    }

    /// The phone answers a desk's certified request for an identity, photo and all, and the desk looks at it.
    pub fn identity_shown(&mut self, desk: &mut Station, nonce: u8) -> Result<ScanReply> {
        self.shown_to_request(desk, "identity", nonce)
    }

    /// The same for any kind.
    pub fn shown_to_request(&mut self, desk: &mut Station, ask: &str, nonce: u8) -> Result<ScanReply> {
        self.shown_of((desk, ask, nonce), None)
    }

    /// The same of the person with this number, where the phone holds documents of several.
    pub fn shown_of(
        &mut self,
        (desk, ask, nonce): (&mut Station, &str, u8),
        no: Option<u32>,
    ) -> Result<ScanReply> {
        let now = self.now();
        let request = desk.open_request(ask, [nonce; 16], now)?;
        let seen = read(request.size, &request.path)?;
        let view = self
            .wallet
            .read_request_text(seen.first().context("the desk's code")?, now)?;
        assert!(view.certified && view.answerable, "{view:?}");
        assert_eq!(view.check_code, request.check_code);
        let showing = self.wallet.answer_request(view.id, no, now)?;
        let mut reply = desk.next_visit(self.now())?;
        for frame in &showing.frames {
            reply = self.look(desk, frame)?;
        }
        Ok(reply)
    }
}

/// The picture as the app hands it to the wallet.
fn jpeg(picture: &[u8]) -> Result<Vec<u8>> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = image::load_from_memory(picture)?.into_rgb8();
    picture.write_to(&mut bytes, image::ImageFormat::Jpeg)?;
    Ok(bytes.into_inner())
}

/// What a camera reads of a code that a screen drew from this path.
pub fn read(modules: u32, path: &str) -> Result<Vec<String>> {
    let (side, luma) = sandbox::screen::luma(modules, path).context("a path of runs")?;
    Ok(qr::decode_luma(side, side, &luma)?)
}
