//! A province in miniature and desks that know it, for the tests of the whole program without its sockets.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod land;
mod paper;
pub mod published;
mod signed;

pub use land::Land;
pub use signed::{piece, take_status};

use loopback::Guard;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use counter::log::HandOut;
use counter::officers::{Caller, NewOfficer};
use counter::profile::Profile;
use counter::province::Province;
use counter::station::{Settings, Station};
use counter::types::{Role, ScanReply};
use counter::{App, key, roots};
use credential::paper::{CardClaims, issue_card};
use credential::{
    AgeLimits, Bitmap, Claims, CounterCertificateClaims, DAY, Facts, Field, Gender, GuardianRelation, ISSUER,
    Identity, ListEntry, Mode, Names, PassType, RegisterContent, RiskRule, RiskRules, RulesContent,
    SecretKey, Shape, StatusContent, StatusManifest, StatusPurpose, StatusRef, StatusRule, Timestamp,
    TrustContent, TrustList, TrustedKey, TypeRegister, Vct, issue,
};
use http_body_util::BodyExt as _;
use province_api::proofing::{ALLOWED_AS, FingerReader};
use sandbox::roots::ROOT_SEEDS;
use tower::ServiceExt as _;
use zeroize::Zeroizing;

pub const AUDIENCE: &str = "kp:test-desk";
pub const HOST: &str = "127.0.0.1:4000";
pub const TOKEN: &str = "5ec2e7";
/// The officer who sits at each desk here.
pub const NUMBER: &str = "7";
pub const PIN: &str = "730942";
pub const CNIC: &str = "9999912345671";
pub const LIST: &str = "id";
const PAPER_SEED: [u8; 32] = [3; 32];
/// Half past nine on a day in 2026.
pub const NOW: u64 = 20_779 * DAY + 34_200;

/// No nonce comes twice, not even after a restart.
static NONCES: AtomicU64 = AtomicU64::new(1);

fn domicile() -> Vct {
    Vct::parse("domicile").unwrap()
}

/// A log that is handed out, as a file.
pub fn file_of(handed_out: &HandOut) -> Vec<u8> {
    let mut file = Vec::new();
    handed_out.write(None, &mut file).unwrap();
    file
}

pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).into()
}

/// A desk behind its router, with a clock that stands still.
pub struct Desk {
    pub app: Arc<App>,
    /// The secret of the officer's session; empty while nobody is signed in.
    pub session: Mutex<String>,
    clock: Arc<AtomicU64>,
}

impl Desk {
    /// A desk that has the trust list and the status data.
    pub fn ready(land: &Land, data: &Path) -> Self {
        let desk = Self::empty(land, data);
        {
            let mut station = desk.app.station();
            station.take_trust_list(&land.trust).unwrap();
            station.take_type_register(&land.types(1, &[])).unwrap();
            let (manifest, list) = land.status(5, &[]);
            take_status(&mut station, &manifest, &list);
        }
        desk
    }

    /// A desk with a certificate and whatever its data file holds.
    pub fn empty(land: &Land, data: &Path) -> Self {
        Self::with_province(land, data, None)
    }

    pub fn with_province(land: &Land, data: &Path, province: Option<Province>) -> Self {
        let desk = Self::closed(land, data, province);
        if desk.app.station().officers().unwrap().is_empty() {
            desk.app
                .station()
                .add_officer(&officer(NUMBER, Role::Supervisor, PIN), Timestamp::from_unix(NOW))
                .unwrap();
        }
        desk.sign_in_unseen();
        desk
    }

    /// A desk that may enrol citizens, with an officer at it.
    pub fn enrolling(
        land: &Land,
        data: &Path,
        province: Province,
        reader: Option<Arc<dyn FingerReader>>,
    ) -> Self {
        let key = key::load_or_make(data, &Zeroizing::new([7; 32])).unwrap();
        let certificate = land.certificate_for(
            &key,
            &[
                Vct::IDENTITY,
                Vct::AGE,
                Vct::parse("boat-permit").unwrap(),
                Vct::NAME_PHOTO,
                Vct::parse(ALLOWED_AS).unwrap(),
            ],
        );
        let desk = Self::opened(data, (key, certificate), Some(province), reader);
        let officer = officer(NUMBER, Role::Supervisor, PIN);
        let now = Timestamp::from_unix(NOW);
        desk.app.station().add_officer(&officer, now).unwrap();
        desk.sign_in_unseen();
        desk
    }

    /// A desk at which nobody signed in.
    pub fn closed(land: &Land, data: &Path, province: Option<Province>) -> Self {
        let key = key::load_or_make(data, &Zeroizing::new([7; 32])).unwrap();
        let certificate = land.certificate(&key);
        Self::opened(data, (key, certificate), province, None)
    }

    fn opened(
        data: &Path,
        (key, certificate): (SecretKey, Vec<u8>),
        province: Option<Province>,
        reader: Option<Arc<dyn FingerReader>>,
    ) -> Self {
        let settings = Settings {
            roots: roots::pinned().unwrap(),
            certificate: Some(certificate),
            key,
            audience: None,
            asks: true,
            offline: province.is_none(),
            configured: true,
        };
        let mut station = Station::open(data, settings).unwrap();
        let has_none = station
            .state_for(Caller::Nobody, Timestamp::from_unix(NOW))
            .desk
            .profile
            .id
            == "certificate";
        if has_none {
            station.use_profile(walk_in()).unwrap();
        }
        let clock = Arc::new(AtomicU64::new(NOW));
        let app = App {
            station: Mutex::new(station),
            guard: Guard::new(HOST, TOKEN.into()),
            clock: {
                let clock = clock.clone();
                Box::new(move || Timestamp::from_unix(clock.load(Ordering::SeqCst)))
            },
            nonce: Box::new(|| Some(u128::from(NONCES.fetch_add(1, Ordering::SeqCst)).to_be_bytes())),
            province,
            reader,
        };
        Self {
            app: Arc::new(app),
            session: Mutex::default(),
            clock,
        }
    }

    /// Signs the officer in without a call.
    pub fn sign_in_unseen(&self) {
        let session = "5e55".to_owned();
        let now = self.app.now();
        self.app
            .station()
            .sign_in(NUMBER, PIN, session.clone(), now)
            .unwrap();
        *self.session.lock().unwrap() = session;
    }

    /// Another time; the officer stays at the desk.
    pub fn set_clock(&self, at: u64) {
        self.clock.store(at, Ordering::SeqCst);
        self.app.station().note_activity(Timestamp::from_unix(at));
    }

    /// Time passes and nobody does anything.
    pub fn wait_until(&self, at: u64) {
        self.clock.store(at, Ordering::SeqCst);
    }

    pub async fn send(&self, request: Request<Body>) -> Response<Body> {
        counter::router(self.app.clone()).oneshot(request).await.unwrap()
    }

    /// A call from the page.
    pub async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> (StatusCode, serde_json::Value) {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in [("host", HOST), ("x-khyber-token", TOKEN)].iter().chain(headers) {
            request = request.header(*name, *value);
        }
        let session = self.session.lock().unwrap().clone();
        if !session.is_empty() {
            request = request.header(counter::OFFICER_HEADER, session);
        }
        let response = self.send(request.body(body.into()).unwrap()).await;
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    pub async fn json(&self, path: &str, body: serde_json::Value) -> (StatusCode, serde_json::Value) {
        self.call(
            "POST",
            path,
            &[("content-type", "application/json")],
            body.to_string(),
        )
        .await
    }

    async fn scan(&self, path: &str, body: serde_json::Value) -> ScanReply {
        let (status, reply) = self.json(path, body).await;
        assert_eq!(status, StatusCode::OK, "{reply}");
        serde_json::from_value(reply).unwrap()
    }

    /// A USB scanner types.
    pub async fn text(&self, text: &str) -> ScanReply {
        self.scan("/api/text", serde_json::json!({ "text": text })).await
    }

    /// The camera sees a code.
    pub async fn frame(&self, text: &str) -> ScanReply {
        let (side, luma) = luma(text);
        let side = side.to_string();
        let dimensions = [("x-width", side.as_str()), ("x-height", side.as_str())];
        let (status, reply) = self.call("POST", "/api/frame", &dimensions, luma).await;
        assert_eq!(status, StatusCode::OK, "{reply}");
        serde_json::from_value(reply).unwrap()
    }

    /// The officer drops a picture.
    pub async fn picture(&self, text: &str) -> ScanReply {
        let png = qr::Qr::encode(text, qr::Ecc::Low).unwrap().png(4).unwrap();
        let (status, reply) = self.call("POST", "/api/picture", &[], png).await;
        assert_eq!(status, StatusCode::OK, "{reply}");
        serde_json::from_value(reply).unwrap()
    }

    pub async fn next(&self) -> ScanReply {
        self.scan("/api/next", serde_json::Value::Null).await
    }

    pub async fn face(&self, same: bool) -> ScanReply {
        let visit = self.state().await["visit"]["visit"].clone();
        self.scan("/api/face", serde_json::json!({ "visit": visit, "same": same }))
            .await
    }

    /// Asks for a pass; the text of the request's code.
    pub async fn ask(&self, ask: &str) -> String {
        let (status, reply) = self.json("/api/request", serde_json::json!({ "ask": ask })).await;
        assert_eq!(status, StatusCode::OK, "{reply}");
        reply["text"].as_str().unwrap().to_owned()
    }

    pub async fn state(&self) -> serde_json::Value {
        self.call("GET", "/api/state", &[], Body::empty()).await.1
    }
}

/// What desks here are for unless a test keeps another profile: all that their certificate allows, and whatever visitors show
/// unasked.
pub fn walk_in() -> Profile {
    Profile::parse(&profile_file(
        "tests",
        "general",
        "timed",
        &["identity", "age", "boat-permit", "name-photo"],
    ))
    .unwrap()
}

/// A profile as an office writes it.
pub fn profile_file(id: &str, service: &str, mode: &str, ask: &[&str]) -> Vec<u8> {
    serde_json::json!({
        "version": 1, "id": id, "service": service, "ask": ask, "mode": mode,
        "name": { "en": "Domicile", "ur": "ڈومیسائل", "ps": "ډومیسایل" },
    })
    .to_string()
    .into_bytes()
}

/// An officer who is to be added.
pub fn officer(number: &str, role: Role, pin: &str) -> NewOfficer {
    NewOfficer::check(number, "Officer in a test", role, pin, false, [3; 16]).unwrap()
}

/// A code as a camera sees it at its best, four pixels a module.
fn luma(text: &str) -> (usize, Vec<u8>) {
    let code = qr::Qr::encode(text, qr::Ecc::Low).unwrap();
    let side = (code.size() + 8) * 4;
    let mut luma = Vec::with_capacity(side * side);
    for y in 0..side {
        for x in 0..side {
            let dark = match ((x / 4).checked_sub(4), (y / 4).checked_sub(4)) {
                (Some(x), Some(y)) => code.is_dark(x, y),
                _ => false,
            };
            luma.push(if dark { 20 } else { 235 });
        }
    }
    (side, luma)
}

/// Verdict and code in short.
pub fn verdict(reply: &ScanReply) -> (String, String) {
    let verdict = serde_json::to_value(reply.verdict).unwrap();
    (
        verdict.as_str().unwrap_or_default().to_owned(),
        reply.code.clone().unwrap_or_default(),
    )
}

/// The same, to compare with.
pub fn is(verdict: &str, code: &str) -> (String, String) {
    (verdict.to_owned(), code.to_owned())
}
