//! A lost phone, told at the desk: for an officer, over a real socket, proven like an enrolment, and kept nowhere.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod desk;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Json, Response};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use counter::province::Province;
use credential::Timestamp;
use desk::{Desk, Land, NOW, file_of};
use province_api::problem::{Problem, ProblemCode};
use province_api::signature;
use province_api::sync::{LostReply, LostRequest};
use serde_json::{Value, json};

/// What the province says to whom: the next answers, and every key that signed.
#[derive(Default)]
struct Heard {
    problems: Vec<Problem>,
    keys: Vec<[u8; 32]>,
    reports: Vec<LostRequest>,
    /// The province's clock.
    clock: u64,
}

type Board = Arc<Mutex<Heard>>;

async fn lost(State(board): State<Board>, headers: HeaderMap, body: Bytes) -> Response {
    let mut heard = board.lock().unwrap();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let signed = match signature::verify(header, "POST", "/v1/lost", &body, heard.clock) {
        Ok(signed) => signed,
        Err(signature::SignatureError::Clock) => {
            let problem = Problem {
                server_time: Some(heard.clock),
                ..Problem::new(ProblemCode::DeviceClock)
            };
            return (StatusCode::UNAUTHORIZED, Json(problem)).into_response();
        }
        Err(_) => return StatusCode::UNAUTHORIZED.into_response(),
    };
    heard.keys.push(*signed.device.as_bytes());
    heard.reports.push(serde_json::from_slice(&body).unwrap());
    if let Some(problem) = heard.problems.pop() {
        let status = StatusCode::from_u16(problem.status).unwrap();
        return (status, Json(problem)).into_response();
    }
    let disabled_at = heard.clock;
    Json(LostReply {
        disabled_at,
        newer: false,
    })
    .into_response()
}

async fn province() -> (Board, Province) {
    let board = Board::default();
    board.lock().unwrap().clock = NOW;
    let router = Router::new()
        .route("/v1/lost", post(lost))
        .with_state(board.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (board, Province::new(&url, &[]).unwrap())
}

fn person() -> Value {
    json!({
        "cnic": "99999-1234567-1", "cnic_issued_on": "2020-01-01", "name_en": "Gul Zaman", "name_ur": "گل زمان",
        "guardian_name_en": "Sher Zaman", "guardian_name_ur": "شیر زمان", "guardian_relation": "father",
        "date_of_birth": "1990-05-04", "gender": "male", "address": "Khar", "district": "bajaur",
        "mobile": "03000000011", "has_photo": true
    })
}

fn report() -> Value {
    json!({ "person": person(), "photo": STANDARD.encode([0xff, 0xd8, 0xff, 7]) })
}

/// The log's entries about lost phones, and the whole log as text.
fn logged(desk: &Desk) -> (Vec<String>, String) {
    let out = desk.app.station().export_log(Timestamp::from_unix(NOW)).unwrap();
    let text = String::from_utf8(file_of(&out)).unwrap();
    let codes = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["event"] == "lost")
        .map(|line| line["code"].as_str().unwrap_or_default().to_owned());
    (codes.collect(), text)
}

#[tokio::test]
async fn an_officer_tells_a_lost_phone_and_nothing_of_its_owner_stays() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let (board, api) = province().await;
    let desk = Desk::with_province(&land, folder.path(), Some(api));
    for _ in 0..2 {
        let (status, reply) = desk.json("/api/lost", report()).await;
        assert_eq!((status, &reply["disabled_at"]), (StatusCode::OK, &json!(NOW)));
    }
    {
        let heard = board.lock().unwrap();
        assert_eq!(heard.reports[0].person.cnic, "99999-1234567-1");
        assert_ne!(heard.keys[0], heard.keys[1], "a key of its own for each report");
    }
    let (codes, log) = logged(&desk);
    assert_eq!(codes, ["disabled", "disabled"]);
    drop(desk);
    let mut kept = log.into_bytes();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        kept.extend(std::fs::read(entry.unwrap().path()).unwrap());
    }
    for personal in ["Gul", "1234567", "Khar", "03000000011"] {
        assert!(
            !kept
                .windows(personal.len())
                .any(|part| part == personal.as_bytes()),
            "{personal}"
        );
    }
}

#[tokio::test]
async fn what_the_province_says_is_said_on_the_page_and_logged() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let (board, api) = province().await;
    let desk = Desk::with_province(&land, folder.path(), Some(api));
    let cases = [
        (ProblemCode::NadraNotMatched, "nadra_not_matched"),
        (ProblemCode::NotEnrolled, "lost_not_enrolled"),
        (ProblemCode::IdempotencyConflict, "station_bad_answer"),
    ];
    for (problem, code) in cases {
        board.lock().unwrap().problems.push(Problem {
            retry_after: Some(9),
            ..Problem::new(problem)
        });
        let (status, reply) = desk.json("/api/lost", report()).await;
        assert_eq!((status, &reply["code"]), (StatusCode::OK, &json!(code)));
        assert_eq!(
            (&reply["disabled_at"], &reply["wait_seconds"]),
            (&Value::Null, &json!(9))
        );
    }
    assert_eq!(logged(&desk).0, cases.map(|(_, code)| code));
}

#[tokio::test]
async fn a_desk_with_a_wrong_clock_signs_once_more_by_the_provinces() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let (board, api) = province().await;
    let desk = Desk::with_province(&land, folder.path(), Some(api));
    board.lock().unwrap().clock = NOW + 86_400;
    let (_, reply) = desk.json("/api/lost", report()).await;
    assert_eq!(reply["disabled_at"], NOW + 86_400);
    let heard = board.lock().unwrap();
    let times: Vec<_> = heard.reports.iter().map(|one| one.lost_at).collect();
    assert_eq!(times, [NOW + 86_400]);
}

#[tokio::test]
async fn what_is_typed_is_checked_before_anything_is_sent() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let (board, api) = province().await;
    let desk = Desk::with_province(&land, folder.path(), Some(api));
    let (_, fine) = desk.json("/api/lost/check", person()).await;
    assert_eq!(fine["errors"], json!([]));
    let mut wrong = person();
    wrong["cnic"] = json!("12");
    wrong["has_photo"] = json!(false);
    let (_, checked) = desk.json("/api/lost/check", wrong.clone()).await;
    let errors =
        json!([{ "field": "cnic", "code": "cnic_malformed" }, { "field": "photo", "code": "photo_missing" }]);
    assert_eq!(checked["errors"], errors);
    let (_, reply) = desk
        .json("/api/lost", json!({ "person": wrong, "photo": "" }))
        .await;
    assert_eq!(
        (&reply["code"], &reply["fields"]),
        (&json!("fields_invalid"), &errors)
    );
    let (status, _) = desk
        .json("/api/lost", json!({ "person": person(), "photo": "*" }))
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(board.lock().unwrap().reports.is_empty());
}

#[tokio::test]
async fn nobody_but_an_officer_tells_anything_and_a_desk_without_a_network_says_so() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let (board, api) = province().await;
    let desk = Desk::closed(&land, folder.path(), Some(api));
    for (path, body) in [("/api/lost", report()), ("/api/lost/check", person())] {
        let (status, reply) = desk.json(path, body).await;
        assert_eq!(
            (status, &reply["code"]),
            (StatusCode::UNAUTHORIZED, &json!("station_nobody_signed_in"))
        );
    }
    assert!(board.lock().unwrap().keys.is_empty());
    drop(desk);

    let other = tempfile::tempdir().unwrap();
    let desk = Desk::ready(&land, other.path());
    let (status, reply) = desk.json("/api/lost", report()).await;
    assert_eq!(
        (status, &reply["code"]),
        (StatusCode::CONFLICT, &json!("station_offline"))
    );
    drop(desk);

    let gone = tempfile::tempdir().unwrap();
    let nobody = Province::new("http://127.0.0.1:1", &[]).unwrap();
    let desk = Desk::with_province(&land, gone.path(), Some(nobody));
    let (status, reply) = desk.json("/api/lost", report()).await;
    assert_eq!(
        (status, &reply["code"]),
        (StatusCode::OK, &json!("station_unreachable"))
    );
    assert_eq!(logged(&desk).0, ["station_unreachable"]);
}
