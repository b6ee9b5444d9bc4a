//! A citizen enrolled at the desk: for an officer of a desk that may, with a reader, over real sockets, and kept nowhere.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod desk;

use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Json, Response};
use axum::routing::post;
use axum::{Router, serve};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use counter::province::Province;
use counter::reader::LocalReader;
use credential::Timestamp;
use desk::{Desk, Land, NOW, file_of};
use ed25519_dalek::SigningKey;
use province_api::enrolment::EnrolmentReply;
use province_api::person::Cnic;
use province_api::phone_code::{phone_code, phone_letters};
use province_api::problem::{Problem, ProblemCode};
use province_api::proofing::{AssistedRequest, Finger, FingerReader, ReaderError};
use province_api::signature::{self, DeviceKey, Signer, Target};
use sandbox::fingers::{PlayedReader, template};
use serde_json::{Value, json};

/// What the province was sent, and what it says next.
#[derive(Default)]
struct Heard {
    problems: Vec<Problem>,
    sent: Vec<AssistedRequest>,
    /// The province's clock.
    clock: u64,
}

type Board = Arc<Mutex<Heard>>;

async fn assisted(State(board): State<Board>, headers: HeaderMap, body: Bytes) -> Response {
    let mut heard = board.lock().unwrap();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let target = Target::new("POST", "/v1/assisted-enrolments");
    match signature::verify_as(Signer::Counter, header, &target, &body, heard.clock) {
        Ok(_) => {}
        Err(signature::SignatureError::Clock) => {
            let problem = Problem {
                server_time: Some(heard.clock),
                ..Problem::new(ProblemCode::CallerClock)
            };
            return (StatusCode::UNAUTHORIZED, Json(problem)).into_response();
        }
        Err(_) => return StatusCode::UNAUTHORIZED.into_response(),
    }
    heard.sent.push(serde_json::from_slice(&body).unwrap());
    if let Some(problem) = heard.problems.pop() {
        let status = StatusCode::from_u16(problem.status).unwrap();
        return (status, Json(problem)).into_response();
    }
    let confirmed_at = heard.clock;
    let enrolment = province_api::Bytes(vec![1; 16]);
    Json(EnrolmentReply {
        enrolment,
        confirmed_at,
    })
    .into_response()
}

async fn listening(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { serve(listener, router).await.unwrap() });
    url
}

async fn province() -> (Board, Province) {
    let board = Board::default();
    board.lock().unwrap().clock = NOW;
    let router = Router::new()
        .route("/v1/assisted-enrolments", post(assisted))
        .with_state(board.clone());
    (board, Province::new(&listening(router).await, &[]).unwrap())
}

const CNIC: &str = "9999912345671";

fn device() -> DeviceKey {
    DeviceKey::of(&SigningKey::from_bytes(&[5; 32]))
}

fn person() -> Value {
    json!({
        "cnic": CNIC, "cnic_issued_on": "2020-01-01", "name_en": "Gul Zaman", "name_ur": "گل زمان",
        "guardian_name_en": "Sher Zaman", "guardian_name_ur": "شیر زمان", "guardian_relation": "father",
        "date_of_birth": "1990-05-04", "gender": "male", "address": "Khar", "district": "bajaur",
        "mobile": "03000000011", "has_photo": true
    })
}

fn call() -> Value {
    json!({
        "phone": phone_code(&device()), "person": person(), "photo": STANDARD.encode([0xff, 0xd8, 0xff, 7]),
        "finger": "right_index"
    })
}

fn cnic() -> Cnic {
    Cnic::parse(CNIC).unwrap()
}

/// A desk that may enrol, with this reader.
fn enrolling(
    land: &Land,
    data: &std::path::Path,
    api: Province,
    reader: Option<Arc<dyn FingerReader>>,
) -> Desk {
    Desk::enrolling(land, data, api, reader)
}

fn played(reader: PlayedReader) -> Arc<dyn FingerReader> {
    Arc::new(reader)
}

/// The log's entries about enrolments, and the whole log as text.
fn logged(desk: &Desk) -> (Vec<String>, String) {
    let out = desk.app.station().export_log(Timestamp::from_unix(NOW)).unwrap();
    let text = String::from_utf8(file_of(&out)).unwrap();
    let codes = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["event"] == "enrol")
        .map(|line| line["code"].as_str().unwrap_or_default().to_owned());
    (codes.collect(), text)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_enrols_a_citizen_and_nothing_of_them_stays() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let (board, api) = province().await;
    let desk = enrolling(
        &land,
        folder.path(),
        api,
        Some(played(PlayedReader::with(cnic()))),
    );
    let text = json!({ "text": phone_code(&device()) });
    let (status, phone) = desk.json("/api/enrol/text", text).await;
    assert_eq!(
        (status, &phone["letters"]),
        (StatusCode::OK, &json!(phone_letters(&device())))
    );
    let (status, reply) = desk.json("/api/enrol", call()).await;
    assert_eq!(
        (status, &reply["enrolled_at"]),
        (StatusCode::OK, &json!(NOW)),
        "{reply}"
    );
    {
        let heard = board.lock().unwrap();
        let sent = &heard.sent[0];
        assert_eq!(sent.device.0, device().as_bytes());
        assert_eq!(sent.person.photo.0, [0xff, 0xd8, 0xff, 7]);
        assert_eq!(sent.finger, Finger::RightIndex);
        assert!(sent.template == template(&cnic(), Finger::RightIndex));
    }
    let (codes, log) = logged(&desk);
    assert_eq!(codes, ["enrolled"]);
    drop(desk);
    let mut kept = log.into_bytes();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        kept.extend(std::fs::read(entry.unwrap().path()).unwrap());
    }
    let template = template(&cnic(), Finger::RightIndex);
    let personal = [
        &b"Gul"[..],
        b"1234567",
        b"Khar",
        b"03000000011",
        &template.as_ref()[20..44],
    ];
    for personal in personal {
        assert!(!kept.windows(personal.len()).any(|part| part == personal));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_reader_and_the_province_say_is_said_on_the_page_and_logged() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let (board, api) = province().await;
    let desk = enrolling(
        &land,
        folder.path(),
        api,
        Some(played(PlayedReader::with(cnic()))),
    );
    let cases = [
        (ProblemCode::NadraNotMatched, "enrol_not_matched"),
        (ProblemCode::NadraUnavailable, "nadra_unavailable"),
        (ProblemCode::AlreadyEnrolled, "enrol_phone_other"),
        (ProblemCode::DeviceTaken, "enrol_phone_taken"),
        (ProblemCode::ScopeMissing, "station_may_not_enrol"),
        (ProblemCode::IdempotencyConflict, "station_bad_answer"),
    ];
    for (problem, code) in cases {
        board.lock().unwrap().problems.push(Problem {
            retry_after: Some(9),
            ..Problem::new(problem)
        });
        let (status, reply) = desk.json("/api/enrol", call()).await;
        assert_eq!((status, &reply["code"]), (StatusCode::OK, &json!(code)));
        assert_eq!(
            (&reply["enrolled_at"], &reply["wait_seconds"]),
            (&Value::Null, &json!(9))
        );
    }
    assert_eq!(logged(&desk).0, cases.map(|(_, code)| code));
    drop(desk);

    for (reader, code) in [
        (None, "reader_missing"),
        (
            Some(played(PlayedReader::failing(ReaderError::NoFinger))),
            "reader_no_finger",
        ),
        (
            Some(played(PlayedReader::failing(ReaderError::Poor))),
            "reader_poor",
        ),
    ] {
        let other = tempfile::tempdir().unwrap();
        let (board, api) = province().await;
        let desk = enrolling(&land, other.path(), api, reader);
        let (_, reply) = desk.json("/api/enrol", call()).await;
        assert_eq!(reply["code"], code);
        assert_eq!(logged(&desk).0, [code]);
        assert!(board.lock().unwrap().sent.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_for_a_finger_before_everything_else_is_in_order() {
    /// A reader that nobody may ask.
    struct Never;
    impl FingerReader for Never {
        fn read(&self, _: Finger) -> Result<province_api::Biometric, ReaderError> {
            panic!("somebody was asked for a finger")
        }
    }
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let (board, api) = province().await;
    let desk = enrolling(&land, folder.path(), api.clone(), Some(Arc::new(Never)));
    let mut wrong = call();
    wrong["person"]["cnic"] = json!("12");
    let (_, reply) = desk.json("/api/enrol", wrong).await;
    assert_eq!(reply["code"], "fields_invalid");
    assert_eq!(
        reply["fields"],
        json!([{ "field": "cnic", "code": "cnic_malformed" }])
    );
    for (field, value, code) in [
        ("phone", "KPE:00", "station_phone_code"),
        ("photo", "*", "station_bad_call"),
        ("finger", "nose", "station_bad_call"),
    ] {
        let mut wrong = call();
        wrong[field] = json!(value);
        assert_eq!(desk.json("/api/enrol", wrong).await.1["code"], code);
    }
    drop(desk);

    // A desk that may not, and nobody at the desk.
    let other = tempfile::tempdir().unwrap();
    let desk = Desk::with_province(&land, other.path(), Some(api.clone()));
    let (status, reply) = desk.json("/api/enrol", call()).await;
    assert_eq!(
        (status, &reply["code"]),
        (StatusCode::FORBIDDEN, &json!("station_may_not_enrol"))
    );
    drop(desk);
    let closed = tempfile::tempdir().unwrap();
    let desk = Desk::closed(&land, closed.path(), Some(api));
    for (path, body) in [("/api/enrol", call()), ("/api/enrol/text", json!({ "text": "" }))] {
        let (status, reply) = desk.json(path, body).await;
        assert_eq!(
            (status, &reply["code"]),
            (StatusCode::UNAUTHORIZED, &json!("station_nobody_signed_in"))
        );
    }
    assert!(board.lock().unwrap().sent.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_with_a_wrong_clock_signs_once_more_by_the_provinces_and_reads_one_finger() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let (board, api) = province().await;
    let desk = enrolling(
        &land,
        folder.path(),
        api,
        Some(played(PlayedReader::with(cnic()))),
    );
    board.lock().unwrap().clock = NOW + 3_600;
    let (_, reply) = desk.json("/api/enrol", call()).await;
    assert_eq!(reply["enrolled_at"], NOW + 3_600);
    assert_eq!(board.lock().unwrap().sent.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_is_asked_on_this_machine_with_its_token_and_whatever_else_it_says_is_none() {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&asked);
    let answers = |bytes: Vec<u8>, status: StatusCode| {
        let seen = Arc::clone(&seen);
        post(move |headers: HeaderMap, body: String| async move {
            let bearer = headers["authorization"].to_str().unwrap().to_owned();
            seen.lock().unwrap().push(format!("{bearer} {body}"));
            (status, bytes).into_response()
        })
    };
    let unwell = StatusCode::SERVICE_UNAVAILABLE;
    for (bytes, status, read) in [
        (vec![7; 512], StatusCode::OK, Ok(512)),
        (
            br#"{"code":"reader_no_finger"}"#.to_vec(),
            unwell,
            Err(ReaderError::NoFinger),
        ),
        (
            br#"{"code":"reader_poor"}"#.to_vec(),
            unwell,
            Err(ReaderError::Poor),
        ),
        (b"<html>".to_vec(), unwell, Err(ReaderError::NoReader)),
        (vec![], StatusCode::OK, Err(ReaderError::NoReader)),
        (vec![7; 8 * 1024 + 1], StatusCode::OK, Err(ReaderError::NoReader)),
    ] {
        let url = listening(Router::new().route("/reader/v1/finger", answers(bytes, status))).await;
        let token = "7e57".to_owned().into();
        let reader = LocalReader::new(&url, token, tokio::runtime::Handle::current()).unwrap();
        let got = tokio::task::spawn_blocking(move || reader.read(Finger::LeftThumb))
            .await
            .unwrap();
        assert_eq!(got.map(|template| template.as_ref().len()), read);
    }
    assert!(
        asked
            .lock()
            .unwrap()
            .iter()
            .all(|one| one == r#"Bearer 7e57 {"finger":"left_thumb"}"#)
    );
    for url in [
        "http://192.0.2.1:80",
        "https://127.0.0.1",
        "ftp://127.0.0.1",
        "here",
    ] {
        let runtime = tokio::runtime::Handle::current();
        assert!(
            LocalReader::new(url, String::new().into(), runtime).is_err(),
            "{url}"
        );
    }
}
