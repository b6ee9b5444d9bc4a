//! Callers besides wallets: counters by their certificates, systems by keys with scopes; and how often anybody may ask.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use credential::{
    CounterCertificateClaims, DAY, ISSUER, Names, PublicKey, SecretKey, Timestamp, Vct,
    issue_counter_certificate,
};
use ed25519_dalek::SigningKey;
use province_api::caller::{CounterReply, Scope, SystemReply};
use province_api::paths;
use province_api::problem::ProblemCode;
use province_api::signature::{self, Target};
use province_server::admin::AdminError;
use province_server::caller_admin::NewSystemKey;
use province_server::rules::rates::{Budgets, Who};
use province_server::{Door, Limits};
use tokio::net::TcpListener;

use crate::bench::{Bench, NOW, Phone, Reply};
use crate::passes::desk;

static NONCES: AtomicU64 = AtomicU64::new(1 << 40);

/// Another one at each call.
pub fn nonce() -> [u8; 16] {
    u128::from(NONCES.fetch_add(1, Ordering::SeqCst)).to_be_bytes()
}

/// A request to a path, with what follows its question mark.
fn to(method: &Method, path: &str, headers: Vec<(&'static str, String)>, body: &[u8]) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request.body(Body::from(body.to_vec())).unwrap()
}

fn target<'a>(method: &'a Method, path: &'a str) -> Target<'a> {
    let (path, query) = path
        .split_once('?')
        .map_or((path, None), |(path, query)| (path, Some(query)));
    Target {
        method: method.as_str(),
        path,
        query,
    }
}

/// A department's system with its key.
pub struct SystemCaller(pub SigningKey);

impl SystemCaller {
    pub fn new(number: u8) -> Self {
        Self(SigningKey::from_bytes(&[number; 32]))
    }

    pub fn public(&self) -> PublicKey {
        PublicKey::parse(self.0.verifying_key().as_bytes()).unwrap()
    }

    /// The same, let in by the province.
    pub async fn registered(self, bench: &Bench, scopes: &[Scope], days: u64) -> Self {
        let of = ("excise", Some("excise-taxation"));
        self.of(bench, of, scopes, days).await
    }

    /// The same, as this system of this office. It may grant domiciles.
    pub async fn of(
        self,
        bench: &Bench,
        (name, office): (&str, Option<&str>),
        scopes: &[Scope],
        days: u64,
    ) -> Self {
        let new = NewSystemKey {
            key: self.public(),
            name: name.to_owned(),
            office: office.map(str::to_owned),
            scopes: scopes.to_vec(),
            grants: vec![Vct::parse("domicile").unwrap()],
            days,
        };
        bench.office.add_system_key(&new, bench.now()).await.unwrap();
        self
    }

    pub fn signed(&self, method: &Method, path: &str, body: &[u8], at: u64) -> Request<Body> {
        let key = hex::encode(nonce());
        let target = target(method, path);
        let headers = signature::sign_as_system(&self.0, &target, body, &key, at, &nonce());
        to(method, path, headers, body)
    }

    /// A write under this idempotency key.
    pub fn writes(&self, path: &str, body: &[u8], key: &[u8; 16], at: u64) -> Request<Body> {
        let (method, key) = (Method::POST, hex::encode(key));
        let target = target(&method, path);
        let headers = signature::sign_as_system(&self.0, &target, body, &key, at, &nonce());
        to(&method, path, headers, body)
    }

    pub async fn asks(&self, bench: &Bench, path: &str) -> Reply {
        bench
            .send(self.signed(&Method::GET, path, b"", bench.now().unix()))
            .await
    }
}

/// A counter with its key and certificate.
pub struct CounterCaller {
    pub key: SigningKey,
    pub certificate: Vec<u8>,
}

impl CounterCaller {
    pub async fn certified(bench: &Bench, number: u8) -> Self {
        let assists = Vct::parse(province_api::proofing::ALLOWED_AS).unwrap();
        Self::allowed(bench, number, &[Vct::IDENTITY, assists]).await
    }

    /// One that is certified for these alone.
    pub async fn allowed(bench: &Bench, number: u8, kinds: &[Vct]) -> Self {
        let key = SecretKey::from_seed([number; 32]);
        let desk = desk(&key, kinds);
        let certificate = bench.office.counter_certificate(&desk, bench.now()).await;
        Self {
            key: SigningKey::from_bytes(&[number; 32]),
            certificate: certificate.unwrap(),
        }
    }

    pub fn public(&self) -> PublicKey {
        PublicKey::parse(self.key.verifying_key().as_bytes()).unwrap()
    }

    pub fn signed(&self, method: &Method, path: &str, body: &[u8], at: u64) -> Request<Body> {
        self.keyed((method, path), body, &hex::encode(nonce()), at)
    }

    /// The same under this idempotency key.
    pub fn keyed(&self, (method, path): (&Method, &str), body: &[u8], key: &str, at: u64) -> Request<Body> {
        let target = target(method, path);
        let with = (&self.key, &*self.certificate);
        let headers = signature::sign_as_counter(with, &target, body, key, at, &nonce());
        to(method, path, headers, body)
    }

    pub async fn asks(&self, bench: &Bench) -> Reply {
        bench
            .send(self.signed(&Method::GET, paths::COUNTER, b"", bench.now().unix()))
            .await
    }
}

/// A certificate for this key that a key of somebody else signed.
pub fn forged(number: u8) -> Vec<u8> {
    let names = || Names::new("Test desk", "", "");
    let claims = CounterCertificateClaims {
        iss: ISSUER.to_owned(),
        name: names(),
        purpose: names(),
        audience: "kp:test-desk".to_owned(),
        allowed: vec![Vct::IDENTITY],
        holder: SecretKey::from_seed([number; 32]).public(),
        iat: Timestamp::from_unix(NOW).start_of_day(),
        exp: Timestamp::from_unix(NOW + DAY),
    };
    issue_counter_certificate(&claims, &SecretKey::from_seed([201; 32])).unwrap()
}

#[tokio::test]
async fn a_system_is_let_in_by_its_key_for_the_keys_time() {
    let bench = Bench::new().await;
    let system = SystemCaller::new(90)
        .registered(&bench, &[Scope::ApplicationsRead, Scope::Webhooks], 30)
        .await;
    let said: SystemReply = system.asks(&bench, paths::SYSTEM).await.json();
    assert_eq!(
        (&*said.system, said.office.as_deref()),
        ("excise", Some("excise-taxation"))
    );
    assert_eq!(said.scopes, [Scope::ApplicationsRead, Scope::Webhooks]);
    assert_eq!((said.valid_until, said.now), (NOW + 30 * DAY, NOW));
    // The query is signed, and may be any.
    assert_eq!(system.asks(&bench, "/v1/system?x=1").await.status, StatusCode::OK);

    let stranger = SystemCaller::new(91);
    assert_eq!(
        stranger.asks(&bench, paths::SYSTEM).await.code(),
        ProblemCode::SystemUnknown
    );
    bench.set_time(NOW + 30 * DAY);
    assert_eq!(
        system.asks(&bench, paths::SYSTEM).await.code(),
        ProblemCode::SystemUnknown
    );
    bench.set_time(NOW);
    assert!(
        bench
            .office
            .end_system_key(&system.public(), bench.now())
            .await
            .unwrap()
    );
    assert!(
        !bench
            .office
            .end_system_key(&system.public(), bench.now())
            .await
            .unwrap()
    );
    assert_eq!(
        system.asks(&bench, paths::SYSTEM).await.code(),
        ProblemCode::SystemUnknown
    );
    // It comes back under no other name.
    let again = NewSystemKey {
        key: system.public(),
        name: "another".to_owned(),
        office: None,
        scopes: vec![Scope::Bills],
        grants: Vec::new(),
        days: 1,
    };
    let refused = bench.office.add_system_key(&again, bench.now()).await;
    assert!(matches!(refused, Err(AdminError::SystemKeyTaken)), "{refused:?}");
    for (name, days, code) in [
        ("", 1, "system_name"),
        ("Excise", 1, "system_name"),
        ("excise", 0, "system_key_days"),
        ("excise", 401, "system_key_days"),
    ] {
        let wrong = NewSystemKey {
            key: stranger.public(),
            name: name.to_owned(),
            days,
            ..again.clone()
        };
        let refused = bench
            .office
            .add_system_key(&wrong, bench.now())
            .await
            .unwrap_err();
        assert_eq!(refused.code(), code);
    }
}

#[tokio::test]
async fn a_counter_is_let_in_by_a_certificate_that_holds_here() {
    let bench = Bench::new().await;
    let counter = CounterCaller::certified(&bench, 80).await;
    let said: CounterReply = counter.asks(&bench).await.json();
    assert_eq!((&*said.audience, said.now), ("kp:test-desk", NOW));
    assert_eq!(
        said.certified_until,
        bench.now().start_of_day().plus(365 * DAY).unix()
    );
    let other = CounterCaller::certified(&bench, 81).await;
    for certificate in [
        other.certificate.clone(),
        forged(80),
        Vec::new(),
        counter.certificate[1..].to_vec(),
    ] {
        let wrong = CounterCaller {
            key: counter.key.clone(),
            certificate,
        };
        assert_eq!(wrong.asks(&bench).await.code(), ProblemCode::CounterCertificate);
    }
    assert!(
        bench
            .office
            .end_counter(&other.public(), bench.now())
            .await
            .unwrap()
    );
    assert!(
        !bench
            .office
            .end_counter(&other.public(), bench.now())
            .await
            .unwrap()
    );
    assert_eq!(other.asks(&bench).await.code(), ProblemCode::CounterCertificate);
    assert_eq!(counter.asks(&bench).await.status, StatusCode::OK);
    bench.set_time(said.certified_until);
    assert_eq!(counter.asks(&bench).await.code(), ProblemCode::CounterCertificate);
}

#[tokio::test]
async fn a_copied_a_late_and_a_redirected_request_is_refused() {
    let bench = Bench::new().await;
    let system = SystemCaller::new(90)
        .registered(&bench, &[Scope::Dispatch], 30)
        .await;
    let counter = CounterCaller::certified(&bench, 80).await;
    let by_system = |path: &str| {
        let target = target(&Method::GET, path);
        signature::sign_as_system(&system.0, &target, b"", &"1".repeat(32), NOW, &[7; 16])
    };
    let by_counter = |path: &str| {
        let with = (&counter.key, &*counter.certificate);
        let target = target(&Method::GET, path);
        signature::sign_as_counter(with, &target, b"", &"1".repeat(32), NOW, &[7; 16])
    };
    for (path, headers) in [
        (paths::SYSTEM, by_system(paths::SYSTEM)),
        (paths::COUNTER, by_counter(paths::COUNTER)),
    ] {
        let same = || to(&Method::GET, path, headers.clone(), b"");
        assert_eq!(bench.send(same()).await.status, StatusCode::OK);
        assert_eq!(bench.send(same()).await.code(), ProblemCode::RequestReplayed);
        let with_query = to(&Method::GET, &format!("{path}?after=1"), headers.clone(), b"");
        assert_eq!(bench.send(with_query).await.code(), ProblemCode::CallerSignature);
        let with_body = to(&Method::GET, path, headers.clone(), b"{}");
        assert_eq!(bench.send(with_body).await.code(), ProblemCode::CallerSignature);
    }
    // What was signed for one path is nothing on another, for whatever caller that is.
    for (path, headers) in [
        (paths::COUNTER, by_system(paths::SYSTEM)),
        (paths::SYSTEM, by_counter(paths::COUNTER)),
        (paths::COUNTER, by_counter(paths::SYSTEM)),
        (paths::SYSTEM, by_system(paths::COUNTER)),
    ] {
        let reply = bench.send(to(&Method::GET, path, headers, b"")).await;
        assert_eq!(reply.code(), ProblemCode::CallerSignature, "{path}");
    }
    let late = system.signed(&Method::GET, paths::SYSTEM, b"", NOW - 301);
    let problem = bench.send(late).await.problem();
    assert_eq!(
        (problem.code, problem.server_time),
        (ProblemCode::CallerClock, Some(NOW))
    );
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_ask_again_on_every_server() {
    let bench = Bench::new().await;
    let system = SystemCaller::new(90)
        .registered(&bench, &[Scope::Dispatch], 30)
        .await;
    let budgets = Budgets {
        system: 6,
        ..Budgets::NONE
    };
    let servers = [bench.server(budgets), bench.server(budgets)];
    let asks = async |server: usize| {
        let request = system.signed(&Method::GET, paths::SYSTEM, b"", bench.now().unix());
        crate::bench::send(&servers[server].1, request).await
    };
    let share = async || {
        for (province, _) in &servers {
            province.share_rates().await.unwrap();
        }
    };
    for _ in 0..3 {
        assert_eq!(asks(0).await.status, StatusCode::OK);
        assert_eq!(asks(1).await.status, StatusCode::OK);
    }
    // Each has counted three. The second hears of the first's at once, the first of the second's when it tells more.
    share().await;
    assert_eq!(asks(0).await.status, StatusCode::OK);
    share().await;
    for server in [0, 1] {
        let problem = asks(server).await.problem();
        assert_eq!(problem.code, ProblemCode::RateLimited);
        assert_eq!(problem.retry_after, Some(u32::try_from(60 - NOW % 60).unwrap()));
    }
    // Somebody else is not held up.
    let counter = CounterCaller::certified(&bench, 80).await;
    assert_eq!(counter.asks(&bench).await.status, StatusCode::OK);
    bench.set_time(NOW + 120);
    assert_eq!(asks(0).await.status, StatusCode::OK);
    // What is over is forgotten.
    servers[0].0.upkeep().await;
    let mut db = bench.office.store().read().await.unwrap();
    let left: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM rate")
        .fetch_one(&mut *db)
        .await
        .unwrap();
    assert_eq!(left, 0);
}

/// Serves on a free port of this machine, to its end.
pub async fn open_door(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let door = Door::plain(listener, Limits::default());
    tokio::spawn(province_server::serve(door, router, std::future::pending()));
    url
}

#[tokio::test]
async fn a_network_that_guesses_is_slowed_down_sooner_than_one_that_reads() {
    let bench = Bench::new().await;
    let known = bench.enrolled(0, 1).await;
    let budgets = Budgets {
        network: 30,
        ..Budgets::NONE
    };
    let get = async |url: &str, path: &str| {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let reply = client.get(format!("{url}{path}")).send().await.unwrap();
        reply.status().as_u16()
    };
    let reading = open_door(bench.server(budgets).1).await;
    for _ in 0..30 {
        assert_eq!(get(&reading, paths::TYPES).await, 200);
    }
    assert_eq!(get(&reading, paths::TYPES).await, 429);
    let guessing = open_door(bench.server(budgets).1).await;
    for _ in 0..3 {
        assert_eq!(get(&guessing, paths::SYSTEM).await, 401);
    }
    // Nobody new comes in from there now. What is public is read, and who is known goes on: they may be anybody's neighbours.
    let sync = async |phone: &Phone| {
        let body = br#"{"feed":0,"held":[]}"#;
        let signed = phone.signed(paths::SYNC, body, &phone.idempotency_key(), bench.now().unix());
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut request = client.post(format!("{guessing}{}", paths::SYNC)).body(&body[..]);
        for (name, value) in signed.headers() {
            request = request.header(name.as_str(), value.as_bytes());
        }
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(sync(&Phone::new(9)).await, 429);
    assert_eq!(get(&guessing, paths::TYPES).await, 200);
    assert_eq!(sync(&known).await, 200);
    // Nobody has spent anything of another network's.
    assert!(bench.province.spend(Who::Network(1), 1).is_ok());
}
