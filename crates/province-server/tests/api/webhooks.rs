//! Webhooks: what departments' systems say about theirs, and that each change is told once at least, in order, to whom it is
//! for, and to nobody else; over real sockets.

mod reach;
mod servers;
mod unsigned;
mod untaken;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::http::Method;
use credential::Vct;
use province_api::caller::Scope;
use province_api::paths;
use province_api::problem::ProblemCode;
use province_api::signature::SignatureError;
use province_api::webhook::{
    DeadLettersReply, Notice, WebhookEnded, WebhookKeysReply, WebhookReply, WebhookStanding,
};
use province_server::Province;
use province_server::admin::Desks;
use province_server::courier::{Courier, Reach, SystemNames};
use province_server::nadra::NadraDesk;
use province_server::rules::telling::WAIT_SECONDS_MAX;
use sandbox::department::{Disbelief, PATH, Receiver};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::applications::{answer, applied};
use crate::bench::{Bench, Reply, citizen_number, randomness};
use crate::callers::SystemCaller;

const ALL: &[Scope] = &[
    Scope::ApplicationsRead,
    Scope::ApplicationsAnswer,
    Scope::Webhooks,
];

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_mins(10);
/// No longer than a test may wait for nobody, and longer than a message takes to come to a busy machine.
const IMPATIENCE: Duration = Duration::from_secs(5);

fn courier(reach: Reach, limit: Duration) -> Courier {
    Courier::new(reach, limit, Vec::new(), Arc::new(SystemNames)).unwrap()
}

fn here() -> Reach {
    Reach::new(Vec::new()).with_plain_loopback(true)
}

/// A province that tells departments on this machine.
async fn telling() -> Bench {
    let bench = Bench::new().await;
    let nadra: Arc<dyn NadraDesk> = bench.nadra.clone();
    bench.with(nadra, |province| province.telling(courier(here(), PATIENCE)))
}

/// Another server of it.
fn another(bench: &Bench, courier: Courier) -> Arc<Province> {
    bench.province_with(bench.nadra.clone(), |province| province.telling(courier))
}

/// A department's system, and its receiver.
struct Department {
    system: SystemCaller,
    receiver: Arc<Receiver>,
    url: String,
}

impl Department {
    /// One of this office, as this system. The province is not told where it is yet.
    async fn new(bench: &Bench, number: u8, (name, office): (&str, &str)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}{PATH}", listener.local_addr().unwrap());
        let clock = Arc::clone(&bench.clock);
        let receiver = Arc::new(Receiver::new(&url, move || clock.load(Ordering::SeqCst)));
        let router = receiver.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let system = SystemCaller::new(number)
            .of(bench, (name, Some(office)), ALL, 400)
            .await;
        let department = Self {
            system,
            receiver,
            url,
        };
        department.learn(bench).await;
        department
    }

    /// The same, which said where it is.
    async fn told(bench: &Bench, number: u8, of: (&str, &str)) -> Self {
        let department = Self::new(bench, number, of).await;
        department
            .set(bench, &department.url)
            .await
            .json::<WebhookReply>();
        department
    }

    /// Learns the province's keys.
    async fn learn(&self, bench: &Bench) {
        let keys: WebhookKeysReply = bench.get(paths::WEBHOOK_KEY).await.json();
        self.receiver.believe(&keys);
    }

    async fn set(&self, bench: &Bench, url: &str) -> Reply {
        self.writes(bench, paths::WEBHOOK, &json!({ "url": url })).await
    }

    async fn writes(&self, bench: &Bench, path: &str, body: &Value) -> Reply {
        let body = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        let request = self.system.signed(&Method::POST, path, &body, bench.now().unix());
        bench.send(request).await
    }

    async fn standing(&self, bench: &Bench) -> WebhookReply {
        self.system.asks(bench, paths::WEBHOOK).await.json()
    }

    async fn dead_letters(&self, bench: &Bench) -> DeadLettersReply {
        self.system.asks(bench, paths::DEAD_LETTERS).await.json()
    }

    fn taken(&self) -> Vec<u64> {
        numbers(&self.receiver.taken())
    }
}

fn numbers(notices: &[Notice]) -> Vec<u64> {
    notices.iter().map(|notice| notice.number).collect()
}

/// Tells everybody who is due, and waits until they were told.
async fn tell(province: &Arc<Province>) {
    for told in province.tell_departments().await.unwrap() {
        told.await.unwrap();
    }
}

fn forward(bench: &Bench, seconds: u64) {
    bench.set_time(bench.now().plus(seconds).unix());
}

#[tokio::test]
async fn each_change_is_told_in_order_to_the_systems_of_its_office_and_says_nothing_of_anybody() {
    let bench = telling().await;
    let phone = bench.enrolled(0, 1).await;
    let home = Department::told(&bench, 60, ("home", "home")).await;
    let second = Department::told(&bench, 61, ("home-archive", "home")).await;
    let revenue = Department::told(&bench, 62, ("revenue", "revenue")).await;
    let sent = applied(&bench, &phone, "domicile-certificate").await;
    answer(
        &bench,
        &home.system,
        &sent.application,
        ("submitted", "in_review"),
        json!({}),
    )
    .await
    .json::<Value>();
    tell(&bench.province).await;
    for department in [&home, &second] {
        let taken = department.receiver.taken();
        assert_eq!(numbers(&taken), [1, 2]);
        assert_eq!(taken[0].application, sent.application);
        let states: Vec<_> = taken.iter().map(|notice| notice.state.as_str()).collect();
        assert_eq!(states, ["submitted", "in_review"]);
        let text = serde_json::to_string(&taken).unwrap();
        let citizen = citizen_number(0);
        for secret in [
            &citizen.cnic,
            &citizen.name_en,
            &citizen.name_ur,
            &citizen.address,
        ] {
            assert!(!text.contains(secret.as_str()));
        }
        assert_eq!(department.receiver.disbelieved(), []);
        let standing = department.standing(&bench).await;
        assert_eq!((standing.standing, standing.told), (WebhookStanding::Working, 2));
    }
    assert_eq!(second.receiver.taken()[0].system, "home-archive");
    assert_eq!(revenue.taken(), [0; 0]);
    // Two systems are told of one change in two messages.
    let ids = |department: &Department| department.receiver.came()[0].id.clone();
    assert_ne!(ids(&home), ids(&second));
    tell(&bench.province).await;
    assert_eq!(home.receiver.came().len(), 2);
    // What comes before the first word of a system is not told it; what comes between two words is.
    home.set(&bench, &format!("{}?again", home.url))
        .await
        .json::<WebhookReply>();
    let late = Department::told(&bench, 63, ("late", "home")).await;
    applied(&bench, &phone, "domicile-certificate").await;
    tell(&bench.province).await;
    assert_eq!(late.taken(), [3]);
    // It is at its own URL that a message is good: here the receiver was not told of its new one.
    assert_eq!(
        home.receiver.disbelieved(),
        [Disbelief::Signature(SignatureError::Invalid)]
    );
}

#[tokio::test]
async fn a_system_sets_reads_and_ends_its_webhook_and_each_is_in_the_log() {
    let bench = telling().await;
    let home = Department::new(&bench, 60, ("home", "home")).await;
    let read = home.system.asks(&bench, paths::WEBHOOK).await;
    assert_eq!(read.code(), ProblemCode::WebhookUnknown);
    for path in [paths::WEBHOOK_END, paths::REDELIVER] {
        let body = if path == paths::REDELIVER {
            json!({})
        } else {
            Value::Null
        };
        assert_eq!(
            home.writes(&bench, path, &body).await.code(),
            ProblemCode::WebhookUnknown
        );
    }
    for url in [
        "http://crms.example/",
        "https://u@crms.example/",
        "https://10.0.0.1/",
        "nowhere",
    ] {
        assert_eq!(
            home.set(&bench, url).await.code(),
            ProblemCode::WebhookUrl,
            "{url}"
        );
    }
    let body = json!({ "url": "https://CRMS.example:443/secret-path" }).to_string();
    let at = bench.now().unix();
    let same = || home.system.writes(paths::WEBHOOK, body.as_bytes(), &[7; 16], at);
    let set: WebhookReply = bench.send(same()).await.json();
    assert_eq!(
        (&*set.url, &*set.office, set.told),
        ("https://crms.example/secret-path", "home", 0)
    );
    assert_eq!(home.standing(&bench).await, set);
    forward(&bench, 1);
    let again: WebhookReply = bench.send(same()).await.json();
    assert_eq!(again, set);
    let ended: WebhookEnded = home.writes(&bench, paths::WEBHOOK_END, &Value::Null).await.json();
    assert_eq!(ended.told, 0);
    let read = home.system.asks(&bench, paths::WEBHOOK).await;
    assert_eq!(read.code(), ProblemCode::WebhookUnknown);
    let of_none = SystemCaller::new(64).of(&bench, ("nobody", None), ALL, 30).await;
    for path in [paths::WEBHOOK, paths::DEAD_LETTERS] {
        let refused = of_none.asks(&bench, path).await;
        assert_eq!(refused.code(), ProblemCode::SystemOffice);
    }
    let body = json!({ "url": "https://crms.example/" }).to_string();
    let refused = of_none.signed(&Method::POST, paths::WEBHOOK, body.as_bytes(), bench.now().unix());
    assert_eq!(bench.send(refused).await.code(), ProblemCode::SystemOffice);

    bench.province.chain_audit().await.unwrap();
    let mut log = Vec::new();
    let sealed = province_server::audit_admin::Sealed::Closed;
    bench
        .office
        .export_audit(&mut log, sealed, bench.now())
        .await
        .unwrap();
    let log = String::from_utf8(log).unwrap();
    let count = |word: &str| log.lines().filter(|line| line.contains(word)).count();
    assert_eq!((count("webhook_set"), count("webhook_ended")), (1, 1));
    assert!(log.contains("crms.example") && !log.contains("secret-path"));
    // Without a courier nobody says where to.
    let quiet = Bench::new().await;
    let home = Department::new(&quiet, 60, ("home", "home")).await;
    assert_eq!(home.set(&quiet, &home.url).await.code(), ProblemCode::WebhookUrl);
    assert!(quiet.province.tell_departments().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_system_without_a_key_that_serves_is_told_nothing_and_everything_once_it_has_one() {
    let bench = telling().await;
    let phone = bench.enrolled(0, 1).await;
    let home = Department::told(&bench, 60, ("home", "home")).await;
    bench
        .office
        .end_system_key(&home.system.public(), bench.now())
        .await
        .unwrap();
    applied(&bench, &phone, "domicile-certificate").await;
    tell(&bench.province).await;
    assert_eq!(home.receiver.came().len(), 0);
    // Neither a key of another office nor one without the scope is enough.
    SystemCaller::new(70)
        .of(&bench, ("home", Some("revenue")), ALL, 30)
        .await;
    SystemCaller::new(71)
        .of(&bench, ("home", Some("home")), &[Scope::ApplicationsRead], 30)
        .await;
    forward(&bench, 60);
    tell(&bench.province).await;
    assert_eq!(home.receiver.came().len(), 0);
    SystemCaller::new(72)
        .of(&bench, ("home", Some("home")), ALL, 30)
        .await;
    forward(&bench, 60);
    tell(&bench.province).await;
    assert_eq!(home.taken(), [1]);
}

#[tokio::test]
async fn the_provinces_key_changes_while_it_tells_and_a_stolen_one_signs_nothing() {
    let bench = telling().await;
    let phone = bench.enrolled(0, 1).await;
    let home = Department::told(&bench, 60, ("home", "home")).await;
    let keys = async || -> Vec<Vec<u8>> {
        let keys: WebhookKeysReply = bench.get(paths::WEBHOOK_KEY).await.json();
        keys.keys.into_iter().map(|key| key.key.0).collect()
    };
    let first = keys().await;
    assert_eq!(first.len(), 1);
    forward(&bench, 1);
    let added = bench
        .office
        .add_key(&[Vct::WEBHOOK], 365, &randomness(), bench.now())
        .await
        .unwrap();
    // Receivers are shown it when it signs: with the list that names it.
    assert_eq!(keys().await, first);
    bench.next_list(Desks::MustDecide).await.unwrap();
    assert_eq!(keys().await, [added.as_bytes().to_vec(), first[0].clone()]);
    applied(&bench, &phone, "domicile-certificate").await;
    tell(&bench.province).await;
    assert_eq!(home.receiver.disbelieved(), [Disbelief::Key], "it looks again");
    home.learn(&bench).await;
    forward(&bench, WAIT_SECONDS_MAX);
    tell(&bench.province).await;
    assert_eq!(home.taken(), [1]);

    // Both are withdrawn: nothing is sent, and nothing is held against the department.
    for key in keys().await {
        let key = credential::PublicKey::parse(&key).unwrap().key_id();
        let standing = province_server::key_admin::Standing::Nothing;
        bench
            .office
            .withdraw_key(key, bench.now(), standing, bench.now())
            .await
            .unwrap();
    }
    assert!(keys().await.is_empty());
    applied(&bench, &phone, "domicile-certificate").await;
    tell(&bench.province).await;
    assert_eq!(home.receiver.came().len(), 1);
    assert_eq!(home.standing(&bench).await.standing, WebhookStanding::Working);
    bench
        .office
        .add_key(&[Vct::WEBHOOK], 365, &randomness(), bench.now())
        .await
        .unwrap();
    bench.next_list(Desks::MustDecide).await.unwrap();
    home.learn(&bench).await;
    forward(&bench, 60);
    tell(&bench.province).await;
    assert_eq!(home.taken(), [1, 2]);
}

#[tokio::test]
async fn what_was_forgotten_is_passed_over() {
    let bench = telling().await;
    let (phone, other) = (bench.enrolled(0, 1).await, bench.enrolled(1, 2).await);
    let home = Department::told(&bench, 60, ("home", "home")).await;
    applied(&bench, &other, "domicile-certificate").await;
    applied(&bench, &phone, "domicile-certificate").await;
    applied(&bench, &other, "domicile-certificate").await;
    let cnic = province_api::person::Cnic::parse(&citizen_number(1).cnic).unwrap();
    bench.office.release(&cnic, bench.now()).await.unwrap();
    tell(&bench.province).await;
    assert_eq!(home.taken(), [2]);
    assert_eq!(home.standing(&bench).await.told, 3);
    assert!(bench.province.tell_departments().await.unwrap().is_empty());
}
