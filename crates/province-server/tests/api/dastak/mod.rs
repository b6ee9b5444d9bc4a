//! Platforms that carry applications, played by the sandbox's Dastak: states both ways, and what each side must not do.

mod agree;
mod catalogue;
mod rough;
mod states;

use axum::body::Body;
use axum::http::{Method, Request};
use ed25519_dalek::SigningKey;
use province_api::application::{ApplicationState, ApplicationsReply};
use province_api::audit::AuditReply;
use province_api::caller::Scope;
use province_api::dispatch::catalogue::{DispatchCatalogue, DispatchEntry};
use province_api::dispatch::{DispatchReportReply, DispatchState, Origin};
use province_api::person::Cnic;
use province_api::problem::ProblemCode;
use province_api::sync::{Event, SyncReply, SyncRequest};
use province_api::{Bytes, paths};
use province_server::dispatch_admin::Offer;
use sandbox::dastak::{Answer, Call, Dastak, Line};
use serde_json::{Value, json};

use crate::applications::{applied, pulled, system_of};
use crate::bench::{Bench, Phone, Reply, citizen_number, send};
use crate::callers::SystemCaller;

/// The platform's key, by the number of its seed.
const KEY: u8 = 70;
/// What the platform calls two services of the home department, and one of the revenue department.
pub const CODES: [(&str, &str); 3] = [
    ("HOME.DOMICILE", "domicile-certificate"),
    ("HOME.ARMS-NEW", "arms-licence-new"),
    ("REV_FARD", "fard"),
];

/// The province as it is reached without a network.
pub struct Inside(axum::Router);

impl Inside {
    pub fn of(bench: &Bench) -> Self {
        Self(bench.app.clone())
    }
}

impl Line for Inside {
    async fn carry(&mut self, call: Call) -> Option<Answer> {
        let reply = send(&self.0, request(call)).await;
        Some(Answer {
            status: reply.status.as_u16(),
            body: reply.body,
        })
    }
}

fn request(call: Call) -> Request<Body> {
    let mut request = Request::builder().method(call.method).uri(call.path);
    for (name, value) in call.headers {
        request = request.header(name, value);
    }
    request.body(Body::from(call.body)).unwrap()
}

/// What the platform offers: these services as the province published them.
pub fn offered() -> DispatchCatalogue {
    let packaged = province_api::catalogue::packaged::packaged().unwrap();
    let services = CODES.iter().map(|(code, id)| {
        let own = packaged.services.iter().find(|one| one.id == *id).unwrap();
        DispatchEntry {
            code: (*code).to_owned(),
            service: Some((*id).to_owned()),
            office: own.office.clone(),
            name: own.name.clone(),
            fee_rupees: own.fee_rupees,
            limit: own.limit,
        }
    });
    DispatchCatalogue {
        services: services.collect(),
    }
}

/// Lets the platform in, and carry what it offers.
pub async fn let_in(bench: &Bench, seed: u64) -> Dastak {
    caller(bench).await;
    let file = serde_json::to_string(&offered()).unwrap();
    let offer = Offer {
        system: "dastak",
        file: Some(&file),
    };
    let settled = bench.office.settle_dispatch(offer, bench.now()).await.unwrap();
    assert_eq!((settled.clean.len(), settled.findings.len()), (3, 0));
    Dastak::new(SigningKey::from_bytes(&[KEY; 32]), seed)
}

async fn caller(bench: &Bench) -> SystemCaller {
    let of = ("dastak", None);
    SystemCaller::new(KEY)
        .of(bench, of, &[Scope::Dispatch], 300)
        .await
}

pub fn cnic_of(citizen: usize) -> Cnic {
    Cnic::parse(&citizen_number(citizen).cnic).unwrap()
}

pub async fn round(dastak: &mut Dastak, bench: &Bench) {
    let (mut line, now) = (Inside::of(bench), bench.now().unix());
    dastak.push(&mut line, now).await;
    assert!(dastak.pull(&mut line, now).await);
    dastak.push(&mut line, now).await;
}

/// What a phone was ever told of applications: id, state and reference, oldest first.
pub async fn heard(bench: &Bench, phone: &Phone) -> Vec<(Bytes, ApplicationState, Option<String>)> {
    let (mut feed, mut heard) = (0, Vec::new());
    loop {
        let asked = SyncRequest {
            feed,
            held: Vec::new(),
            offers: Bytes::default(),
        };
        let reply: SyncReply = bench.ask(phone, &asked).await.json();
        heard.extend(reply.feed.into_iter().filter_map(|event| match event.what {
            Event::ApplicationChanged {
                application,
                state,
                reference,
                ..
            } => Some((application, ApplicationState::parse(&state).unwrap(), reference)),
            _ => None,
        }));
        feed = reply.cursor;
        if !reply.more {
            return heard;
        }
    }
}

fn states(heard: &[(Bytes, ApplicationState, Option<String>)]) -> Vec<&'static str> {
    heard.iter().map(|(_, state, _)| state.as_str()).collect()
}

pub async fn says(bench: &Bench, path: &str, body: &Value) -> Reply {
    let body = body.to_string();
    let at = bench.now().unix();
    let request = SystemCaller::new(KEY).signed(&Method::POST, path, body.as_bytes(), at);
    bench.send(request).await
}

/// What a report is answered with: state and revision, or a refusal.
type Wanted = Result<(&'static str, u64), ProblemCode>;

pub fn report(cnic: &Cnic, reference: &str, revision: u64, state: &str) -> Value {
    json!({ "reference": reference, "cnic": cnic, "service": CODES[0].0, "revision": revision, "state": state })
}

#[tokio::test]
async fn an_application_from_a_wallet_goes_to_dastak_and_its_states_come_back() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let home = system_of(&bench, 60, "home").await;
    let mut dastak = let_in(&bench, 1).await;
    let sent = applied(&bench, &phone, "domicile-certificate").await;
    // What it does not carry, it is not told.
    applied(&bench, &phone, "police-character-certificate").await;

    let page: ApplicationsReply = SystemCaller::new(KEY)
        .asks(&bench, paths::DISPATCH_APPLICATIONS)
        .await
        .json();
    let [change] = &page.changes[..] else { panic!() };
    assert_eq!(change.application, sent.application);
    assert_eq!(change.applicant.as_ref().unwrap().cnic, cnic_of(0).as_str());
    assert!(change.form.is_some());
    let carried = change.dispatched.as_ref().unwrap();
    assert_eq!((&*carried.by, carried.origin), ("dastak", Origin::Wallet));
    assert_eq!(carried.reference, None);

    round(&mut dastak, &bench).await;
    let number = dastak.cases().keys().next().unwrap().clone();
    for word in [
        DispatchState::Assigned,
        DispatchState::UnderProcess,
        DispatchState::Approved,
        DispatchState::ReadyForDelivery,
        DispatchState::Delivered,
        DispatchState::Rejected,
    ] {
        dastak.work(&number, word);
        round(&mut dastak, &bench).await;
    }
    let told = heard(&bench, &phone).await;
    let own: Vec<_> = told
        .iter()
        .filter(|one| one.0 == sent.application)
        .cloned()
        .collect();
    // The second is the number alone.
    assert_eq!(
        states(&own),
        ["submitted", "submitted", "in_review", "approved", "closed"]
    );
    assert!(own[0].2.is_none());
    assert!(own[1..].iter().all(|(_, _, said)| said.as_ref() == Some(&number)));
    assert_eq!(dastak.cases()[&number].stands(), Some(ApplicationState::Closed));

    // The office hears of the same states, and under which number the platform has it.
    let to_home = pulled(&bench, &home, 0).await.changes;
    let to_home: Vec<_> = to_home
        .iter()
        .filter(|one| one.application == sent.application)
        .collect();
    assert_eq!(to_home.len(), 4);
    let carried = to_home[3].dispatched.as_ref().unwrap();
    assert_eq!(carried.reference.as_ref(), Some(&number));

    // The citizen sees who read it and who moved it; the number lies nowhere open.
    bench.province.chain_audit().await.unwrap();
    let log: AuditReply = bench.post(&phone, paths::AUDIT, b"{}").await.json();
    let by_dastak = log.entries.iter().filter(|entry| &*entry.actor == "dastak");
    let mut actions: Vec<_> = by_dastak.map(|entry| &*entry.action).collect();
    actions.sort_unstable();
    actions.dedup();
    assert_eq!(actions, ["application_changed", "application_read"]);
    let bytes = bench.database_bytes();
    assert!(!bytes.windows(number.len()).any(|part| part == number.as_bytes()));
}

#[tokio::test]
async fn what_was_filed_with_dastak_comes_into_the_wallet_and_the_answer_tells_nobody_who_has_one() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let home = system_of(&bench, 60, "home").await;
    let_in(&bench, 1).await;
    let (holder, other) = (cnic_of(0), cnic_of(1));
    let filed = paths::DISPATCH_REPORT;
    let said = |revision: u64, state: &str| report(&holder, "A-1", revision, state);
    let with = |body: Value, name: &str, value: Value| {
        let mut body = body;
        body[name] = value;
        body
    };
    let text = json!("Bring the tenancy agreement.");
    let steps: [(Value, Wanted); 12] = [
        (said(2, "received"), Ok(("submitted", 2))),
        (said(4, "under_process"), Ok(("in_review", 4))),
        // Late, and twice.
        (said(3, "assigned"), Ok(("in_review", 4))),
        (said(4, "under_process"), Ok(("in_review", 4))),
        (
            with(said(5, "objection"), "text", text),
            Ok(("information_wanted", 5)),
        ),
        (said(6, "received"), Err(ProblemCode::ApplicationMove)),
        (said(6, "mislaid"), Err(ProblemCode::DispatchStateUnknown)),
        (said(6, "rejected"), Ok(("rejected", 6))),
        // What is finished stays so.
        (said(7, "approved"), Err(ProblemCode::ApplicationMove)),
        (
            with(said(1, "received"), "service", json!("NOT.CARRIED")),
            Err(ProblemCode::ServiceUnknown),
        ),
        (
            with(said(1, "received"), "reference", json!("A 1")),
            Err(ProblemCode::RequestMalformed),
        ),
        (said(0, "received"), Err(ProblemCode::RequestMalformed)),
    ];
    for (body, wanted) in steps {
        let (first, second) = (
            says(&bench, filed, &body).await,
            says(&bench, filed, &with(body.clone(), "cnic", json!(other))).await,
        );
        assert_eq!(first.status, second.status);
        assert_eq!(first.body, second.body);
        match wanted {
            Ok((state, revision)) => {
                let reply: DispatchReportReply = first.json();
                assert_eq!((reply.state.as_str(), reply.revision), (state, revision));
            }
            Err(code) => assert_eq!(first.code(), code),
        }
    }
    let told = heard(&bench, &phone).await;
    assert_eq!(
        states(&told),
        ["submitted", "in_review", "information_wanted", "rejected"]
    );
    assert!(told.iter().all(|(_, _, said)| said.as_deref() == Some("A-1")));
    // Neither the office, which has it from the platform, nor the platform itself is told.
    assert!(pulled(&bench, &home, 0).await.changes.is_empty());
    let echo = SystemCaller::new(KEY)
        .asks(&bench, paths::DISPATCH_APPLICATIONS)
        .await;
    assert!(echo.json::<ApplicationsReply>().changes.is_empty());

    // Who enrols later hears with the next change.
    let later = bench.enrolled(1, 2).await;
    assert!(heard(&bench, &later).await.is_empty());
    says(&bench, filed, &report(&other, "B-1", 1, "assigned")).await;
    assert_eq!(states(&heard(&bench, &later).await), ["in_review"]);
    // Of whom nobody knows, nothing but a mark is kept.
    let bytes = bench.database_bytes();
    for text in ["A-1\"", holder.as_str(), other.as_str()] {
        assert!(!bytes.windows(text.len()).any(|part| part == text.as_bytes()));
    }
}
