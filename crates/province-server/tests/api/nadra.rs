//! The adapter over HTTP against the simulated NADRA, on real sockets.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use axum::routing::any;
use axum::{Json, Router};
use province_api::enrolment::{EnrolmentReply, EnrolmentRequest};
use province_api::nadra::{Reply, VerifyRequest};
use province_api::paths;
use province_api::problem::ProblemCode;
use province_server::nadra::HttpNadra;
use sandbox::nadra::{Fault, Nadra, router};

use crate::bench::{Bench, NOW, Phone, citizen_number, send};

/// A server on a free port; it ends with the test's runtime.
pub async fn serve(app: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

/// What an enrolment over HTTP comes to: the code of its problem, or `None` if it went well.
async fn enrol(bench: &Bench, url: &str, limit: Duration) -> Option<ProblemCode> {
    enrol_with(bench, url, limit, &citizen_number(0).enrolment()).await
}

async fn enrol_with(
    bench: &Bench,
    url: &str,
    limit: Duration,
    form: &EnrolmentRequest,
) -> Option<ProblemCode> {
    let app = bench.app_with(Arc::new(HttpNadra::new(url, None, limit).unwrap()));
    let phone = Phone::new(1);
    let body = serde_json::to_vec(form).unwrap();
    let request = phone.signed(paths::ENROLMENTS, &body, &phone.idempotency_key(), NOW);
    let reply = send(&app, request).await;
    if reply.status == StatusCode::OK {
        let _: EnrolmentReply = reply.json();
        return None;
    }
    Some(reply.code())
}

const LONG: Duration = Duration::from_secs(5);

#[tokio::test]
async fn every_fault_has_its_code_and_after_it_the_citizen_enrols() {
    let bench = Bench::new().await;
    let nadra = Arc::new(Nadra::new());
    let url = serve(router(Arc::clone(&nadra))).await;
    for (fault, code) in [
        (Fault::Down, ProblemCode::NadraUnavailable),
        (Fault::Expired, ProblemCode::NadraExpired),
        (Fault::Blocked, ProblemCode::NadraBlocked),
        (Fault::Deceased, ProblemCode::NadraDeceased),
        // Four kinds of nonsense, in turn.
        (Fault::Nonsense, ProblemCode::NadraUnavailable),
        (Fault::Nonsense, ProblemCode::NadraUnavailable),
        (Fault::Nonsense, ProblemCode::NadraUnavailable),
        (Fault::Nonsense, ProblemCode::NadraUnavailable),
    ] {
        nadra.set_fault(fault);
        assert_eq!(enrol(&bench, &url, LONG).await, Some(code), "{fault:?}");
        assert_eq!(bench.people().await, 0);
    }
    nadra.set_fault(Fault::None);
    assert_eq!(enrol(&bench, &url, LONG).await, None);
}

#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "a real time limit on a real socket is what is tested"
)]
async fn a_slow_nadra_is_given_up_in_time() {
    let bench = Bench::new().await;
    let nadra = Arc::new(Nadra::new().with_delay(Duration::from_mins(1)));
    nadra.set_fault(Fault::Slow);
    let url = serve(router(nadra)).await;
    let started = Instant::now();
    let code = enrol(&bench, &url, Duration::from_millis(150)).await;
    assert_eq!(code, Some(ProblemCode::NadraUnavailable));
    assert!(started.elapsed() < Duration::from_secs(30));
    assert_eq!(bench.people().await, 0);
}

#[tokio::test]
async fn nobody_at_the_address_is_unavailable() {
    let bench = Bench::new().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert_eq!(
        enrol(&bench, &url, LONG).await,
        Some(ProblemCode::NadraUnavailable)
    );
}

#[tokio::test]
async fn nobody_is_enrolled_in_a_district_that_is_not_on_record() {
    let bench = Bench::new().await;
    let url = serve(router(Arc::new(Nadra::new()))).await;
    let elsewhere = EnrolmentRequest {
        district: "peshawar".into(),
        ..citizen_number(0).enrolment()
    };
    let code = enrol_with(&bench, &url, LONG, &elsewhere).await;
    assert_eq!(code, Some(ProblemCode::NadraNotMatched));
    // Where somebody lives now is not NADRA's to know.
    let moved = EnrolmentRequest {
        address: "House 1, Lahore".into(),
        mobile: "03111111111".into(),
        ..citizen_number(0).enrolment()
    };
    assert_eq!(enrol_with(&bench, &url, LONG, &moved).await, None);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let bench = Bench::new().await;
    let good = serve(router(Arc::new(Nadra::new()))).await;
    let moved = format!("{good}/nadra/v1/verify");
    let app = Router::new().fallback(any(move || async move {
        (StatusCode::TEMPORARY_REDIRECT, [("location", moved)])
    }));
    let url = serve(app).await;
    assert_eq!(
        enrol(&bench, &url, LONG).await,
        Some(ProblemCode::NadraUnavailable)
    );
}

#[tokio::test]
async fn a_question_whose_line_broke_is_put_once_more_under_its_reference() {
    let bench = Bench::new().await;
    let references = Arc::new(Mutex::new(Vec::new()));
    let nadra = Arc::new(Nadra::new());
    let app = Router::new().fallback(any({
        let references = Arc::clone(&references);
        move |Json(question): Json<VerifyRequest>| async move {
            let mut references = references.lock().unwrap();
            references.push(question.reference.clone());
            if references.len() % 2 == 1 {
                return StatusCode::BAD_GATEWAY.into_response();
            }
            let outcome = nadra.outcome(&question);
            let reference = question.reference.clone();
            Json(Reply { reference, outcome }).into_response()
        }
    }));
    let url = serve(app).await;
    assert_eq!(enrol(&bench, &url, LONG).await, None);
    let references = references.lock().unwrap();
    assert_eq!(references.len(), 2);
    assert_eq!(references[0], references[1]);
}
