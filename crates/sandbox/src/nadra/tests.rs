//! What the simulated NADRA answers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use axum::http::Request;
use http_body_util::BodyExt as _;
use province_api::Bytes;
use province_api::person::{Cnic, DistrictId, LatinName, LocalName};
use province_api::proofing::{Finger, SimCode};
use tower::ServiceExt as _;

use super::*;

const HOST: &str = "127.0.0.1:4000";
const TOKEN_HEADER: &str = "x-khyber-token";

fn question() -> VerifyRequest {
    let citizen = &crate::citizens()[0];
    let p = citizen
        .enrolment()
        .parse(Day::parse("2026-11-22").unwrap())
        .unwrap();
    VerifyRequest {
        reference: Bytes(vec![9; 16]),
        cnic: p.cnic,
        cnic_issued_on: p.cnic_issued_on,
        name_en: p.name_en,
        name_ur: p.name_ur,
        guardian_name_en: p.guardian_name_en,
        guardian_name_ur: p.guardian_name_ur,
        guardian_relation: p.guardian_relation,
        date_of_birth: p.date_of_birth,
        gender: p.gender,
        district: p.district,
        photo: vec![1, 2, 3].into(),
    }
}

fn call(path: &str, body: &impl Serialize, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::post(path).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request
        .body(Body::from(serde_json::to_vec(body).unwrap()))
        .unwrap()
}

async fn ask(nadra: &Arc<Nadra>, question: &VerifyRequest) -> (StatusCode, Vec<u8>) {
    let response = router(Arc::clone(nadra))
        .oneshot(call(VERIFY_PATH, question, &[]))
        .await
        .unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, body.to_vec())
}

async fn word(nadra: &Arc<Nadra>, question: &VerifyRequest) -> NadraOutcome {
    let (status, body) = ask(nadra, question).await;
    assert_eq!(status, StatusCode::OK);
    let reply: Reply<NadraOutcome> = serde_json::from_slice(&body).unwrap();
    assert_eq!(reply.reference, question.reference);
    reply.outcome
}

#[tokio::test]
async fn a_citizen_as_recorded_is_matched() {
    let nadra = Arc::new(Nadra::new());
    assert_eq!(word(&nadra, &question()).await, NadraOutcome::Matched);
}

#[tokio::test]
async fn letter_case_and_arabic_letter_forms_do_not_matter() {
    let nadra = Arc::new(Nadra::new());
    let shouted = VerifyRequest {
        name_en: LatinName::parse("GUL  ZAMAN").unwrap(),
        ..question()
    };
    assert_eq!(word(&nadra, &shouted).await, NadraOutcome::Matched);
    assert!(same("علي کاکا", "علی كاكا"));
}

#[tokio::test]
async fn any_field_that_differs_is_not_matched() {
    let nadra = Arc::new(Nadra::new());
    let base = question();
    let other_day = Day::parse("2000-02-03").unwrap();
    let changed = [
        VerifyRequest {
            cnic_issued_on: other_day,
            ..base.clone()
        },
        VerifyRequest {
            name_en: LatinName::parse("Somebody Else").unwrap(),
            ..base.clone()
        },
        VerifyRequest {
            name_ur: LocalName::parse("کوئی اور").unwrap(),
            ..base.clone()
        },
        VerifyRequest {
            guardian_name_en: LatinName::parse("Somebody Else").unwrap(),
            ..base.clone()
        },
        VerifyRequest {
            guardian_name_ur: LocalName::parse("کوئی اور").unwrap(),
            ..base.clone()
        },
        VerifyRequest {
            district: DistrictId::parse("peshawar").unwrap(),
            ..base.clone()
        },
        VerifyRequest {
            guardian_relation: province_api::person::GuardianRelation::Husband,
            ..base.clone()
        },
        VerifyRequest {
            date_of_birth: other_day,
            ..base.clone()
        },
        VerifyRequest {
            gender: province_api::person::Gender::X,
            ..base
        },
    ];
    for question in &changed {
        assert_eq!(word(&nadra, question).await, NadraOutcome::NotMatched);
    }
}

#[tokio::test]
async fn an_unknown_number_is_not_found() {
    let nadra = Arc::new(Nadra::new());
    let question = VerifyRequest {
        cnic: Cnic::parse("9999912345671").unwrap(),
        ..question()
    };
    assert_eq!(word(&nadra, &question).await, NadraOutcome::NotFound);
}

#[tokio::test]
async fn faults_give_their_outcome_and_go_away_again() {
    let nadra = Arc::new(Nadra::new());
    for (fault, outcome) in [
        (Fault::Expired, NadraOutcome::Expired),
        (Fault::Blocked, NadraOutcome::Blocked),
        (Fault::Deceased, NadraOutcome::Deceased),
        (Fault::None, NadraOutcome::Matched),
    ] {
        nadra.set_fault(fault);
        assert_eq!(nadra.fault(), fault);
        assert_eq!(word(&nadra, &question()).await, outcome);
    }
}

#[tokio::test]
async fn down_is_503() {
    let nadra = Arc::new(Nadra::new());
    nadra.set_fault(Fault::Down);
    assert_eq!(ask(&nadra, &question()).await.0, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn nonsense_is_never_a_reply_to_this_question() {
    let nadra = Arc::new(Nadra::new());
    nadra.set_fault(Fault::Nonsense);
    let mut largest = 0;
    for _ in 0..4 {
        let (status, body) = ask(&nadra, &question()).await;
        assert_eq!(status, StatusCode::OK);
        largest = largest.max(body.len());
        let reply = serde_json::from_slice::<Reply<NadraOutcome>>(&body).ok();
        assert!(reply.is_none_or(|r| r.reference != question().reference));
    }
    assert_eq!(largest, NONSENSE_BYTES);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a real delay is what is tested")]
async fn slow_answers_rightly_and_late() {
    let delay = Duration::from_millis(40);
    let nadra = Arc::new(Nadra::new().with_delay(delay));
    nadra.set_fault(Fault::Slow);
    let before = std::time::Instant::now();
    assert_eq!(word(&nadra, &question()).await, NadraOutcome::Matched);
    assert!(before.elapsed() >= delay);
}

#[tokio::test]
async fn only_who_knows_the_token_switches_faults() {
    let nadra = Arc::new(Nadra::new());
    let fault = FaultRequest { fault: Fault::Down };
    let app = || guarded_router(Arc::clone(&nadra), Guard::new(HOST, "secret".into()));
    let own_page = format!("http://{HOST}");
    for headers in [
        vec![("host", HOST)],
        vec![("host", HOST), (TOKEN_HEADER, "secreu")],
        vec![("host", HOST), (TOKEN_HEADER, "secre")],
        vec![("host", "evil.example"), (TOKEN_HEADER, "secret")],
        vec![
            ("host", HOST),
            ("origin", "http://evil.example"),
            (TOKEN_HEADER, "secret"),
        ],
        vec![(TOKEN_HEADER, "secret")],
    ] {
        let response = app().oneshot(call(FAULT_PATH, &fault, &headers)).await.unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{headers:?}");
    }
    assert_eq!(nadra.fault(), Fault::None);
    let headers = [
        ("host", HOST),
        ("origin", own_page.as_str()),
        (TOKEN_HEADER, "secret"),
    ];
    let response = app().oneshot(call(FAULT_PATH, &fault, &headers)).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(nadra.fault(), Fault::Down);
}

#[tokio::test]
async fn only_who_knows_the_token_may_ask() {
    let nadra = Arc::new(Nadra::new());
    let app = guarded_router(nadra, Guard::new(HOST, "secret".into()));
    let known = ("authorization", "Bearer secret");
    for (headers, status) in [
        (vec![("host", HOST)], StatusCode::FORBIDDEN),
        (
            vec![("host", HOST), ("origin", "https://evil.example"), known],
            StatusCode::FORBIDDEN,
        ),
        (vec![("host", HOST), known], StatusCode::OK),
    ] {
        let response = app
            .clone()
            .oneshot(call(VERIFY_PATH, &question(), &headers))
            .await
            .unwrap();
        assert_eq!(response.status(), status, "{headers:?}");
    }
}

#[tokio::test]
async fn another_face_is_not_matched_and_with_a_finger_only_the_own_one_is() {
    let nadra = Nadra::new();
    let all = crate::citizens();
    let with = |photo: &[u8]| VerifyRequest {
        photo: photo.to_vec().into(),
        ..question()
    };
    let finger = |photo: &[u8], whose: &str| FingerRequest {
        person: with(photo),
        finger: Finger::LeftThumb,
        template: crate::fingers::template(&Cnic::parse(whose).unwrap(), Finger::LeftThumb),
    };
    let (own, other) = (all[0].portrait_png(), all[1].portrait_png());
    let (is, is_not) = (NadraOutcome::Matched, NadraOutcome::NotMatched);
    assert_eq!(nadra.outcome(&with(own)), is);
    assert_eq!(nadra.outcome(&with(other)), is_not);
    assert_eq!(nadra.outcome_with_finger(&finger(own, &all[0].cnic)), is);
    assert_eq!(nadra.outcome_with_finger(&finger(own, &all[1].cnic)), is_not);
    assert_eq!(nadra.outcome_with_finger(&finger(other, &all[0].cnic)), is_not);
    assert_eq!(
        nadra.outcome_with_finger(&finger(b"no face", &all[0].cnic)),
        is_not
    );
}

#[tokio::test]
async fn a_code_is_sent_once_for_a_reference_and_read_only_with_the_token() {
    let nadra = Arc::new(Nadra::new());
    let app = || guarded_router(Arc::clone(&nadra), Guard::new(HOST, "secret".into()));
    let cnic = question().cnic;
    let wanted = MessageRequest { cnic: cnic.clone() };
    let known = [("host", HOST), (TOKEN_HEADER, "secret")];
    let ask = |headers: &[(&str, &str)]| app().oneshot(call(MESSAGE_PATH, &wanted, headers));
    assert_eq!(ask(&known).await.unwrap().status(), StatusCode::NOT_FOUND);
    let send = SendCodeRequest {
        reference: Bytes(vec![7; 16]),
        cnic: cnic.clone(),
    };
    assert_eq!(nadra.send_code(&send), SendOutcome::Sent);
    let code = nadra.code_sent_to(&cnic).unwrap();
    nadra.send_code(&send);
    assert_eq!(nadra.code_sent_to(&cnic).unwrap(), code);
    assert_eq!(ask(&known[..1]).await.unwrap().status(), StatusCode::FORBIDDEN);
    let reply = ask(&known).await.unwrap();
    let body = reply.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(
        serde_json::from_slice::<serde_json::Value>(&body).unwrap()["code"],
        code
    );
    let check = CheckCodeRequest {
        reference: send.reference,
        code: SimCode::parse(&code).unwrap(),
    };
    assert_eq!(nadra.check_code(&check), CodeOutcome::Right);
    assert_eq!(nadra.check_code(&check), CodeOutcome::Expired, "once");
}

#[test]
fn every_citizen_of_trouble_has_a_trouble_of_their_own() {
    let all = crate::citizens::troubled();
    let faults: Vec<_> = all.iter().map(|(_, fault)| *fault).collect();
    let wanted = Fault::ALL.iter().filter(|fault| **fault != Fault::None);
    assert!(wanted.clone().all(|fault| faults.contains(fault)));
    assert_eq!(faults.len(), wanted.count());
}
