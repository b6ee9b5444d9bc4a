//! Limits, and that the page of another site gets nowhere.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use province_api::enrolment::EnrolmentRequest;
use province_api::problem::ProblemCode;
use province_api::{Bytes, paths};

use proptest::prelude::*;

use crate::bench::{Bench, NOW, Phone, citizen_number};
use crate::openapi::{document, operations};
use crate::soak::soak;

#[tokio::test]
async fn a_body_over_its_limit_is_refused() {
    let bench = Bench::new().await;
    let phone = Phone::new(1);
    let large = [
        paths::ENROLMENTS,
        paths::REBIND,
        paths::LOST,
        paths::ASSISTED,
        paths::BULK_PROPOSE,
        paths::DISPATCH_CATALOGUE,
    ];
    let document = document();
    let writes = operations(&document)
        .into_iter()
        .filter(|(method, ..)| method == Method::POST);
    let mut seen = 0;
    for (_, path, operation) in writes {
        let limit = if large.contains(&&*path) {
            1 << 20
        } else {
            64 * 1024
        };
        let over = bench.post(&phone, &path, &vec![b' '; limit + 1]).await;
        assert_eq!(over.code(), ProblemCode::BodyTooLarge, "{path}");
        assert!(operation["responses"]["413"].is_object(), "{path}");
        let at = bench.post(&phone, &path, &vec![b' '; limit]).await;
        assert_ne!(at.code(), ProblemCode::BodyTooLarge, "{path}");
        seen += usize::from(large.contains(&&*path));
    }
    assert_eq!(seen, large.len());
}

#[tokio::test]
async fn a_picture_over_its_limit_is_named_as_a_field() {
    let bench = Bench::new().await;
    let form = EnrolmentRequest {
        photo: Bytes(vec![0; province_api::enrolment::PHOTO_BYTES_MAX + 1]),
        ..citizen_number(0).enrolment()
    };
    let problem = bench.enrol(&Phone::new(1), &form).await.problem();
    assert_eq!(problem.code, ProblemCode::FieldsInvalid);
    assert_eq!(problem.fields[0].field, "photo");
}

#[tokio::test]
async fn headers_over_their_limit_are_refused() {
    let bench = Bench::new().await;
    let long = Request::get(paths::HEALTH).header("x-long", "a".repeat(17 * 1024));
    let reply = bench.send(long.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.code(), ProblemCode::RequestMalformed);
    let mut many = Request::get(paths::HEALTH);
    for number in 0..65 {
        many = many.header(format!("x-{number}"), "a");
    }
    let reply = bench.send(many.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.code(), ProblemCode::RequestMalformed);
}

#[tokio::test]
async fn no_page_of_another_site_is_let_in() {
    let bench = Bench::new().await;
    let preflight = Request::builder()
        .method(Method::OPTIONS)
        .uri(paths::ENROLMENTS)
        .header("origin", "https://evil.example")
        .header("access-control-request-method", "POST");
    let reply = bench.send(preflight.body(Body::empty()).unwrap()).await;
    assert_ne!(reply.status, StatusCode::OK);
    let get = Request::get(paths::TRUST_LIST).header("origin", "https://evil.example");
    let other = bench.send(get.body(Body::empty()).unwrap()).await;
    for headers in [reply.headers, other.headers] {
        assert!(
            headers
                .keys()
                .all(|name| !name.as_str().starts_with("access-control-"))
        );
    }
}

#[tokio::test]
async fn a_signature_for_one_path_does_not_serve_another() {
    let bench = Bench::new().await;
    let phone = Phone::new(1);
    let mut request = phone.signed(paths::CHALLENGES, b"", &phone.idempotency_key(), NOW);
    *request.uri_mut() = paths::PASSES.parse().unwrap();
    assert_eq!(bench.send(request).await.code(), ProblemCode::DeviceSignature);
}

#[test]
fn any_signed_body_is_answered_by_a_problem() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let bench = runtime.block_on(Bench::new());
    let phone = runtime.block_on(bench.enrolled(0, 1));
    let form = serde_json::to_vec(&citizen_number(1).enrolment()).unwrap();
    let path = prop::sample::select(vec![
        paths::ENROLMENTS,
        paths::CHALLENGES,
        paths::PASSES,
        paths::SYNC,
        paths::MOBILE,
        paths::REBIND,
        paths::LOST,
    ]);
    let body = prop_oneof![
        prop::collection::vec(any::<u8>(), 1..300),
        // A good enrolment with one byte changed and its end cut off.
        (0..form.len(), any::<u8>()).prop_map(move |(at, byte)| {
            let mut body = form.clone();
            body[at / 2] = byte;
            body.truncate(at);
            body.push(b'}');
            body
        }),
    ];
    soak(|| {
        proptest!(ProptestConfig::with_cases(128), |(path in &path, body in &body)| {
            let reply = runtime.block_on(bench.post(&phone, path, &body));
            prop_assert!(reply.status.is_client_error());
            prop_assert_ne!(reply.code(), ProblemCode::ServerFault);
        });
    });
}

#[tokio::test]
async fn a_path_with_a_character_that_no_database_takes_is_none() {
    let bench = Bench::new().await;
    for path in ["/v1/trust-next/%00", "/v1/status/tokens/%00/0", "/v1/files/%00"] {
        let reply = bench.get(path).await;
        assert_eq!(reply.code(), ProblemCode::NotFound, "{path}");
    }
}
