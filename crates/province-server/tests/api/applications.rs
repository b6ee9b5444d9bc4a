//! Applications: sent and taken back by citizens, read and answered by the systems of the offices that they are addressed to.

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use credential::DAY;
use province_api::application::{
    AnswerReply, ApplicationReply, ApplicationState, ApplicationsReply, CHANGES_PAGE_MAX,
};
use province_api::audit::AuditReply;
use province_api::caller::Scope;
use province_api::problem::ProblemCode;
use province_api::reason::Reason;
use province_api::sync::{Event, SyncReply};
use province_api::{Bytes, paths};
use province_server::rules::applications::{DAY_MAX, ENDED_DAYS, OPEN_MAX};
use serde_json::{Value, json};

use crate::bench::{Bench, NOW, Phone, Reply, citizen_number, kept};
use crate::callers::{SystemCaller, nonce};
use crate::forms::{form_of, form_that_says, says};
use crate::sync::{Known, whats};

/// What a citizen writes that nobody else is to find in the database.
const SECRET: &str = "میرا گاؤں خار ہے";

const BOTH: &[Scope] = &[Scope::ApplicationsRead, Scope::ApplicationsAnswer];

/// A system of an office that reads and answers.
pub async fn system_of(bench: &Bench, number: u8, office: &str) -> SystemCaller {
    let of = (office, Some(office));
    SystemCaller::new(number).of(bench, of, BOTH, 300).await
}

/// The citizen's own wish, as a phone sends it.
pub async fn applied(bench: &Bench, phone: &Phone, service: &str) -> ApplicationReply {
    apply(bench, phone, service, &form_that_says(service, SECRET))
        .await
        .json()
}

pub async fn apply(bench: &Bench, phone: &Phone, service: &str, form: &Value) -> Reply {
    let body = json!({ "service": service, "form": form }).to_string();
    bench.post(phone, paths::APPLICATIONS, body.as_bytes()).await
}

pub async fn withdraw(bench: &Bench, phone: &Phone, application: &Bytes) -> Reply {
    let body = json!({ "application": application }).to_string();
    bench.post(phone, paths::WITHDRAW, body.as_bytes()).await
}

pub async fn pulled(bench: &Bench, system: &SystemCaller, after: u64) -> ApplicationsReply {
    let path = format!("{}?after={after}", paths::DEPARTMENT_APPLICATIONS);
    system.asks(bench, &path).await.json()
}

/// An answer: from a state to another, and what it holds besides.
pub async fn answer(
    bench: &Bench,
    system: &SystemCaller,
    application: &Bytes,
    (seen, state): (&str, &str),
    more: Value,
) -> Reply {
    let body = answer_body(application, (seen, state), more);
    let at = bench.now().unix();
    let request = system.signed(&Method::POST, paths::DEPARTMENT_ANSWER, &body, at);
    bench.send(request).await
}

fn answer_body(application: &Bytes, (seen, state): (&str, &str), more: Value) -> Vec<u8> {
    let mut body = json!({ "application": application, "seen": seen, "state": state });
    let Value::Object(more) = more else { panic!() };
    body.as_object_mut().unwrap().extend(more);
    body.to_string().into_bytes()
}

fn domicile() -> Value {
    json!({ "document": { "vct": "domicile", "fields": {
        "certificate_number": "D-1", "issued_on": "2026-11-02", "domicile_district": "peshawar",
    } } })
}

async fn log_of(bench: &Bench, phone: &Phone) -> AuditReply {
    bench.province.chain_audit().await.unwrap();
    bench.post(phone, paths::AUDIT, b"{}").await.json()
}

#[tokio::test]
async fn an_application_goes_to_the_office_of_its_service_and_comes_back_as_a_document() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let home = system_of(&bench, 60, "home").await;
    let sent = applied(&bench, &phone, "domicile-certificate").await;
    assert_eq!((&*sent.office, sent.state), ("home", ApplicationState::Submitted));

    let page = pulled(&bench, &home, 0).await;
    let [change] = &page.changes[..] else { panic!() };
    assert_eq!((change.number, page.cursor, page.more), (1, 1, false));
    assert_eq!(change.application, sent.application);
    assert!(says(change.form.as_ref().unwrap(), SECRET));
    let citizen = citizen_number(0);
    let applicant = change.applicant.as_ref().unwrap();
    assert_eq!(applicant.name_en, citizen.enrolment().name_en);
    assert_eq!(applicant.cnic.len(), 13);
    assert_eq!(applicant.assurance, 2);

    let text = json!({ "text": "Please bring the tenancy agreement." });
    for (step, more) in [
        (("submitted", "in_review"), json!({})),
        (("in_review", "information_wanted"), text),
        (("information_wanted", "document_issued"), domicile()),
    ] {
        let done: AnswerReply = answer(&bench, &home, &sent.application, step, more).await.json();
        assert_eq!(done.state.as_str(), step.1);
    }
    let told = bench.sync(&phone, &mut Known::default()).await;
    let steps: Vec<_> = whats(&told)
        .into_iter()
        .filter_map(|what| match what {
            Event::ApplicationChanged { state, text, .. } => Some((state, text)),
            Event::DocumentGranted { vct, .. } => Some((vct, None)),
            _ => None,
        })
        .collect();
    let wanted = [
        ("submitted", None),
        ("in_review", None),
        ("information_wanted", Some("Please bring the tenancy agreement.")),
        ("domicile", None),
        ("document_issued", None),
    ]
    .map(|(state, text)| (state.to_owned(), text.map(str::to_owned)));
    assert_eq!(steps, wanted);
    // The document is there to be drawn.
    bench.issued(&phone, 0, &["domicile"]).await;

    // Who looked, and who did what, stands in the citizen's own log, under the system's name.
    let log = log_of(&bench, &phone).await;
    let by_home: Vec<_> = log
        .entries
        .iter()
        .filter(|entry| (&*entry.role, &*entry.actor) == ("system", "home"))
        .map(|entry| &*entry.action)
        .rev()
        .collect();
    let changed = "application_changed";
    assert_eq!(
        by_home,
        ["application_read", changed, changed, "document_granted", changed]
    );

    // Nothing of what was given lies open in the database.
    let bytes = bench.database_bytes();
    for text in [SECRET, "tenancy agreement"] {
        assert!(!bytes.windows(text.len()).any(|part| part == text.as_bytes()));
    }
}

#[tokio::test]
async fn a_repeated_application_or_answer_is_one_and_a_copy_is_refused() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let home = system_of(&bench, 60, "home").await;
    let body = json!({ "service": "arms-licence-new", "form": form_of("arms-licence-new") }).to_string();
    let key = phone.idempotency_key();
    let mut replies = Vec::new();
    for _ in 0..2 {
        let request = phone.signed(paths::APPLICATIONS, body.as_bytes(), &key, bench.now().unix());
        replies.push(bench.send(request).await.json::<ApplicationReply>());
    }
    assert_eq!(replies[0], replies[1]);
    assert_eq!(pulled(&bench, &home, 0).await.changes.len(), 1);

    let application = &replies[0].application;
    let (key, at) = (nonce(), bench.now().unix());
    let body = answer_body(application, ("submitted", "in_review"), json!({}));
    let request = || home.writes(paths::DEPARTMENT_ANSWER, &body, &key, at);
    let first: AnswerReply = bench.send(request()).await.json();
    bench.set_time(at + 5);
    let again: AnswerReply = bench.send(request()).await.json();
    assert_eq!(first, again);
    let other = answer_body(application, ("submitted", "approved"), json!({}));
    let other = home.writes(paths::DEPARTMENT_ANSWER, &other, &key, at);
    assert_eq!(bench.send(other).await.code(), ProblemCode::IdempotencyConflict);
    // The very same bytes are a copy, also of what was done.
    let once = request();
    let (parts, _) = once.into_parts();
    let copy = || axum::http::Request::from_parts(parts.clone(), axum::body::Body::from(body.clone()));
    assert_eq!(bench.send(copy()).await.status, StatusCode::OK);
    assert_eq!(bench.send(copy()).await.code(), ProblemCode::RequestReplayed);
    // A system does many things at once: what it signed a moment earlier is done all the same.
    let approve = answer_body(application, ("in_review", "approved"), json!({}));
    let approve = home.writes(paths::DEPARTMENT_ANSWER, &approve, &nonce(), at - 5);
    assert_eq!(bench.send(approve).await.status, StatusCode::OK);
    // Sent, in review, approved: each told once.
    assert_eq!(pulled(&bench, &home, 0).await.changes.len(), 3);
}

#[tokio::test]
async fn two_offices_see_and_answer_only_their_own() {
    let bench = Bench::new().await;
    let (first, second) = (bench.enrolled(0, 1).await, bench.enrolled(1, 2).await);
    let home = system_of(&bench, 60, "home").await;
    let revenue = system_of(&bench, 61, "revenue").await;
    let to_home = applied(&bench, &first, "domicile-certificate").await;
    let to_revenue = applied(&bench, &second, "fard").await;
    for (system, own, other) in [(&home, &to_home, &to_revenue), (&revenue, &to_revenue, &to_home)] {
        let page = pulled(&bench, system, 0).await;
        let seen: Vec<_> = page.changes.iter().map(|one| &one.application).collect();
        assert_eq!(seen, [&own.application]);
        let step = ("submitted", "in_review");
        let refused = answer(&bench, system, &other.application, step, json!({})).await;
        assert_eq!(refused.code(), ProblemCode::ApplicationUnknown);
    }
    // One citizen's application is none of another citizen's.
    let refused = withdraw(&bench, &second, &to_home.application).await;
    assert_eq!(refused.code(), ProblemCode::ApplicationUnknown);

    let of_none = SystemCaller::new(62).of(&bench, ("nobody", None), BOTH, 30).await;
    let refused = of_none.asks(&bench, paths::DEPARTMENT_APPLICATIONS).await;
    assert_eq!(refused.code(), ProblemCode::SystemOffice);
    let step = ("submitted", "in_review");
    let refused = answer(&bench, &of_none, &to_home.application, step, json!({})).await;
    assert_eq!(refused.code(), ProblemCode::SystemOffice);
}

#[tokio::test]
async fn an_answer_to_a_state_that_is_over_or_leads_elsewhere_changes_nothing() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let home = system_of(&bench, 60, "home").await;
    let sent = applied(&bench, &phone, "domicile-certificate").await;
    let mut not_allowed = domicile();
    not_allowed["document"]["vct"] = json!("e-stamp");
    let mut without = domicile();
    without["document"]["fields"]
        .as_object_mut()
        .unwrap()
        .remove("certificate_number");
    for (step, more, code) in [
        (
            ("in_review", "approved"),
            json!({}),
            ProblemCode::ApplicationChanged,
        ),
        (
            ("submitted", "withdrawn"),
            json!({}),
            ProblemCode::ApplicationMove,
        ),
        (
            ("submitted", "submitted"),
            json!({}),
            ProblemCode::ApplicationMove,
        ),
        (("submitted", "rejected"), json!({}), ProblemCode::AnswerParts),
        (
            ("submitted", "document_issued"),
            json!({}),
            ProblemCode::AnswerParts,
        ),
        (
            ("submitted", "document_issued"),
            not_allowed,
            ProblemCode::DocumentNotAllowed,
        ),
        (
            ("submitted", "document_issued"),
            without,
            ProblemCode::DocumentRefused,
        ),
        (
            ("submitted", "no_such_state"),
            json!({}),
            ProblemCode::RequestMalformed,
        ),
    ] {
        let refused = answer(&bench, &home, &sent.application, step, more).await;
        assert_eq!(refused.code(), code, "{step:?}");
        if code == ProblemCode::DocumentRefused {
            let detail = refused.problem().detail.unwrap();
            assert_eq!(detail, "the field certificate_number is missing");
        }
    }
    assert_eq!(pulled(&bench, &home, 0).await.changes.len(), 1);

    // The citizen takes it back; the office is told that, and what they gave is read no more.
    let back: ApplicationReply = withdraw(&bench, &phone, &sent.application).await.json();
    assert_eq!(back.state, ApplicationState::Withdrawn);
    let again = withdraw(&bench, &phone, &sent.application).await;
    assert_eq!(again.code(), ProblemCode::ApplicationChanged);
    let late = answer(
        &bench,
        &home,
        &sent.application,
        ("submitted", "in_review"),
        json!({}),
    );
    assert_eq!(late.await.code(), ProblemCode::ApplicationChanged);
    let page = pulled(&bench, &home, 0).await;
    let [first, second] = &page.changes[..] else {
        panic!()
    };
    assert_eq!(second.state, ApplicationState::Withdrawn);
    assert!(first.applicant.is_none() && first.form.is_none());

    // Whom nothing is handed to is handed nothing, and the application stays as it was.
    let sent = applied(&bench, &phone, "domicile-certificate").await;
    let cnic = province_api::person::Cnic::parse(&citizen_number(0).cnic).unwrap();
    bench
        .office
        .suspend(&cnic, Reason::Lost, bench.now())
        .await
        .unwrap();
    let step = ("submitted", "document_issued");
    let refused = answer(&bench, &home, &sent.application, step, domicile()).await;
    assert_eq!(refused.code(), ProblemCode::DocumentRefused);
    let refused = apply(
        &bench,
        &phone,
        "domicile-certificate",
        &form_of("domicile-certificate"),
    )
    .await;
    assert_eq!(refused.code(), ProblemCode::PersonSuspended);
    assert_eq!(
        pulled(&bench, &home, page.cursor).await.changes[0].state,
        ApplicationState::Submitted
    );
}

#[tokio::test]
async fn what_is_no_application_is_refused_and_nobody_has_more_open_than_all_may() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let refused = apply(&bench, &phone, "no-such-service", &json!({})).await;
    assert_eq!(refused.code(), ProblemCode::ServiceUnknown);
    let long = json!({ "text": "a".repeat(2_001) });
    let refused = apply(&bench, &phone, "fard", &long).await;
    assert_eq!(refused.code(), ProblemCode::FormInvalid);
    let refused = apply(&bench, &phone, "fard", &json!([])).await;
    assert_eq!(refused.code(), ProblemCode::RequestMalformed);
    let refused = apply(&bench, &Phone::new(9), "fard", &form_of("fard")).await;
    assert_eq!(refused.code(), ProblemCode::DeviceUnknown);
    for number in 0..OPEN_MAX {
        bench.set_time(NOW + number * 2_000);
        applied(&bench, &phone, "fard").await;
    }
    let refused = apply(&bench, &phone, "fard", &form_of("fard")).await;
    assert_eq!(refused.code(), ProblemCode::ApplicationsTooMany);
    let one = pulled(&bench, &system_of(&bench, 60, "revenue").await, 0).await;
    withdraw(&bench, &phone, &one.changes[0].application)
        .await
        .json::<Value>();
    applied(&bench, &phone, "fard").await;
}

#[tokio::test]
async fn who_sends_and_takes_back_without_end_waits_until_a_day_after_the_first() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let other = bench.enrolled(1, 2).await;
    for number in 0..DAY_MAX {
        bench.set_time(NOW + number * 60);
        let sent = applied(&bench, &phone, "fard").await;
        withdraw(&bench, &phone, &sent.application).await.json::<Value>();
    }
    let over = apply(&bench, &phone, "fard", &form_of("fard")).await;
    let problem = over.problem();
    assert_eq!(problem.code, ProblemCode::TooManyAttempts);
    let seconds = problem.retry_after.unwrap();
    assert_eq!(over.headers["retry-after"], seconds.to_string());
    let back = bench.now().unix() + u64::from(seconds);
    assert_eq!(back, NOW + DAY);
    applied(&bench, &other, "fard").await;
    bench.set_time(back - 1);
    let early = apply(&bench, &phone, "fard", &form_of("fard")).await;
    assert_eq!(early.code(), ProblemCode::TooManyAttempts);
    bench.set_time(back);
    applied(&bench, &phone, "fard").await;
    let over = apply(&bench, &phone, "fard", &form_of("fard")).await.problem();
    assert_eq!(over.retry_after, Some(60), "then the second of them is past");
}

#[tokio::test]
async fn pages_lose_none_and_double_none_while_citizens_send() {
    let bench = Bench::new().await;
    let revenue = system_of(&bench, 60, "revenue").await;
    let mut phones = Vec::new();
    for (citizen, number) in [(0, 1), (1, 2), (2, 3)] {
        phones.push(bench.enrolled(citizen, number).await);
    }
    let each = 45;
    let sending = phones.iter().map(|phone| {
        let bench = &bench;
        async move {
            let mut sent = Vec::new();
            for _ in 0..each {
                sent.push(applied(bench, phone, "fard").await.application);
            }
            sent
        }
    });
    let reading = async {
        let (mut cursor, mut read) = (0, Vec::new());
        while read.len() < phones.len() * each {
            let page = pulled(&bench, &revenue, cursor).await;
            assert!(page.changes.len() <= CHANGES_PAGE_MAX);
            read.extend(page.changes.into_iter().map(|one| (one.number, one.application)));
            assert!(page.cursor >= cursor);
            cursor = page.cursor;
            tokio::task::yield_now().await;
        }
        read
    };
    let mut sending = sending.collect::<Vec<_>>().into_iter();
    let (a, b, c) = (
        sending.next().unwrap(),
        sending.next().unwrap(),
        sending.next().unwrap(),
    );
    let (read, a, b, c) = tokio::join!(reading, a, b, c);
    let numbers: Vec<u64> = read.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    let mut sent: Vec<Vec<u8>> = [a, b, c].concat().into_iter().map(|id| id.0).collect();
    let mut got: Vec<Vec<u8>> = read.into_iter().map(|(_, id)| id.0).collect();
    sent.sort();
    got.sort();
    assert_eq!(sent, got);

    // From the beginning it comes in pages of a hundred at most.
    let page = pulled(&bench, &revenue, 0).await;
    assert_eq!((page.changes.len(), page.more), (CHANGES_PAGE_MAX, true));
    let rest = pulled(&bench, &revenue, page.cursor).await;
    assert_eq!((rest.changes.len(), rest.more), (35, false));
    let end = pulled(&bench, &revenue, rest.cursor).await;
    assert!(end.changes.is_empty() && end.cursor == rest.cursor);
    let malformed = revenue
        .asks(&bench, &format!("{}?after=-1", paths::DEPARTMENT_APPLICATIONS))
        .await;
    assert_eq!(malformed.code(), ProblemCode::RequestMalformed);
}

#[tokio::test]
async fn what_ended_is_forgotten_in_time_and_with_its_person() {
    let bench = Bench::new().await;
    let (phone, other) = (bench.enrolled(0, 1).await, bench.enrolled(1, 2).await);
    let home = SystemCaller::new(60)
        .of(&bench, ("home", Some("home")), BOTH, 400)
        .await;
    let ended = applied(&bench, &phone, "domicile-certificate").await;
    withdraw(&bench, &phone, &ended.application).await.json::<Value>();
    let open = applied(&bench, &phone, "domicile-certificate").await;
    applied(&bench, &other, "domicile-certificate").await;
    let released = bench
        .office
        .release(
            &province_api::person::Cnic::parse(&citizen_number(1).cnic).unwrap(),
            bench.now(),
        )
        .await;
    released.unwrap();
    let left: BTreeMap<u64, Bytes> = pulled(&bench, &home, 0)
        .await
        .changes
        .into_iter()
        .map(|one| (one.number, one.application))
        .collect();
    assert_eq!(left.keys().copied().collect::<Vec<_>>(), [1, 2, 3]);
    bench.set_time(bench.now().plus(ENDED_DAYS * DAY - 1).unix());
    kept(&bench.province).await;
    assert_eq!(pulled(&bench, &home, 0).await.changes.len(), 3);
    bench.set_time(bench.now().plus(2).unix());
    kept(&bench.province).await;
    let renewed = system_of(&bench, 61, "home").await;
    let page = pulled(&bench, &renewed, 0).await;
    assert_eq!(page.changes.len(), 1);
    assert_eq!(page.changes[0].application, open.application);
    // The citizen's own feed keeps what was said.
    let told: SyncReply = bench.sync(&phone, &mut Known::default()).await;
    assert!(told.feed.len() >= 4);
}
