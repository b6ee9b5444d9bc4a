//! One-time codes to the SIM that is registered to a CNIC: when one is needed, how long it serves, and what nobody is told.

use std::sync::Arc;

use axum::http::StatusCode;
use province_api::enrolment::{EnrolmentReply, EnrolmentRequest};
use province_api::paths;
use province_api::problem::{Problem, ProblemCode};
use province_server::rules::rates::Budgets;
use province_server::rules::sim_code::{AGAIN_AFTER_SECONDS, CODE_SECONDS, WRONG_MAX};
use province_server::rules::tries::CODES_MAX;
use sandbox::citizens::numbered;
use sandbox::nadra::{Fault, Nadra};

use crate::bench::{NOW, Phone, citizen_number};
use crate::ways::{Played, asking, cnic, troubled, with_code, wrong};

#[tokio::test]
async fn who_has_the_code_of_their_sim_is_enrolled_and_it_is_kept_nowhere() {
    let (bench, nadra) = asking().await;
    let phone = Phone::new(1);
    let form = citizen_number(0).enrolment();
    assert_eq!(
        bench.enrol(&phone, &form).await.code(),
        ProblemCode::SimCodeNeeded
    );
    let code = nadra.code_sent_to(&cnic(&form)).unwrap();
    // Asked for again at once, no other is sent.
    assert_eq!(
        bench.enrol(&phone, &form).await.code(),
        ProblemCode::SimCodeNeeded
    );
    assert_eq!(nadra.code_sent_to(&cnic(&form)).unwrap(), code);
    for other in [wrong(&code), "12345".into(), "rubbish".into()] {
        let refused = bench.enrol(&phone, &with_code(&form, &other)).await;
        assert_eq!(refused.code(), ProblemCode::SimCodeWrong);
    }
    // With another phone it is worth nothing.
    let elsewhere = bench.enrol(&Phone::new(2), &with_code(&form, &code)).await;
    assert_eq!(elsewhere.code(), ProblemCode::SimCodeExpired);
    let urdu: String = code
        .chars()
        .map(|d| char::from_u32(0x06F0 + d.to_digit(10).unwrap()).unwrap())
        .collect();
    let _: EnrolmentReply = bench.enrol(&phone, &with_code(&form, &urdu)).await.json();
    let bytes = bench.database_bytes();
    assert!(!bytes.windows(6).any(|window| window == code.as_bytes()));
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("\"code\":\"right\"") && text.contains("\"code\":\"wrong\""));
}

#[tokio::test]
async fn a_code_that_was_proven_is_not_asked_for_again_while_nadra_is_away_or_a_field_is_mended() {
    let (bench, nadra) = asking().await;
    let phone = Phone::new(1);
    let form = citizen_number(0).enrolment();
    bench.enrol(&phone, &form).await;
    let code = nadra.code_sent_to(&cnic(&form)).unwrap();
    let misspelt = EnrolmentRequest {
        name_en: "Gul Zamaan".into(),
        ..with_code(&form, &code)
    };
    assert_eq!(
        bench.enrol(&phone, &misspelt).await.code(),
        ProblemCode::NadraNotMatched
    );
    nadra.set_fault(Fault::Unavailable);
    let given = with_code(&form, &code);
    assert_eq!(
        bench.enrol(&phone, &given).await.code(),
        ProblemCode::NadraUnavailable
    );
    nadra.set_fault(Fault::None);
    bench.set_time(NOW + CODE_SECONDS + 1);
    let _: EnrolmentReply = bench.enrol(&phone, &given).await.json();
}

#[tokio::test]
async fn a_code_ends_and_few_are_sent_in_a_day() {
    let (bench, nadra) = asking().await;
    let phone = Phone::new(1);
    let form = citizen_number(0).enrolment();
    for sent in 0..u64::from(CODES_MAX) {
        bench.set_time(NOW + sent * (CODE_SECONDS + 1));
        assert_eq!(
            bench.enrol(&phone, &form).await.code(),
            ProblemCode::SimCodeNeeded
        );
        let code = nadra.code_sent_to(&cnic(&form)).unwrap();
        bench.set_time(bench.now().unix() + CODE_SECONDS);
        let late = bench.enrol(&phone, &with_code(&form, &code)).await;
        assert_eq!(late.code(), ProblemCode::SimCodeExpired);
    }
    bench.set_time(bench.now().unix() + AGAIN_AFTER_SECONDS);
    let over = bench.enrol(&phone, &form).await;
    assert_eq!(over.code(), ProblemCode::TooManyAttempts);
    // Nor to the same SIM from another phone.
    let other = bench.enrol(&Phone::new(2), &form).await;
    assert_eq!(other.code(), ProblemCode::TooManyAttempts);
}

#[tokio::test]
async fn after_wrong_codes_the_right_one_holds_no_more() {
    let (bench, nadra) = asking().await;
    let phone = Phone::new(1);
    let form = citizen_number(0).enrolment();
    bench.enrol(&phone, &form).await;
    let code = nadra.code_sent_to(&cnic(&form)).unwrap();
    for _ in 0..3 {
        let refused = bench.enrol(&phone, &with_code(&form, &wrong(&code))).await;
        assert_eq!(refused.code(), ProblemCode::SimCodeWrong);
    }
    let ended = bench.enrol(&phone, &with_code(&form, &code)).await;
    assert_eq!(ended.code(), ProblemCode::SimCodeExpired);
    bench.set_time(NOW + AGAIN_AFTER_SECONDS);
    assert_eq!(
        bench.enrol(&phone, &form).await.code(),
        ProblemCode::SimCodeNeeded
    );
}

#[tokio::test]
async fn whoever_has_proven_nothing_is_not_told_whether_there_is_such_a_cnic_or_a_sim() {
    use ProblemCode::{SimCodeExpired, SimCodeNeeded, SimCodeWrong, TooManyAttempts};

    let (bench, nadra) = asking().await;
    let nobody = EnrolmentRequest {
        cnic: "9999912345671".into(),
        ..citizen_number(0).enrolment()
    };
    let mut heard = Vec::new();
    for (number, form) in [
        citizen_number(0).enrolment(),
        troubled(Fault::NoSim).enrolment(),
        troubled(Fault::CodesTooMany).enrolment(),
        nobody,
    ]
    .iter()
    .enumerate()
    {
        bench.set_time(NOW);
        let phone = Phone::new(u8::try_from(number).unwrap() + 1);
        let mut codes = vec![bench.enrol(&phone, form).await.code()];
        let guess = nadra
            .code_sent_to(&cnic(form))
            .map_or("123456".into(), |code| wrong(&code));
        for _ in 0..=WRONG_MAX {
            codes.push(bench.enrol(&phone, &with_code(form, &guess)).await.code());
        }
        for sent in 1..=CODES_MAX {
            bench.set_time(NOW + u64::from(sent) * CODE_SECONDS);
            codes.push(bench.enrol(&phone, form).await.code());
        }
        heard.push(codes);
    }
    let [first, others @ ..] = &heard[..] else {
        panic!()
    };
    let begins = [
        SimCodeNeeded,
        SimCodeWrong,
        SimCodeWrong,
        SimCodeWrong,
        SimCodeExpired,
    ];
    assert_eq!(first[..5], begins);
    assert_eq!(*first.last().unwrap(), TooManyAttempts);
    assert!(others.iter().all(|codes| codes == first), "{heard:?}");
    assert_eq!(bench.people().await, 0);

    bench.set_time(NOW);
    let away = bench
        .enrol(&Phone::new(8), &troubled(Fault::Unavailable).enrolment())
        .await;
    assert_eq!(away.code(), ProblemCode::NadraUnavailable);
    let late = troubled(Fault::CodeExpired).enrolment();
    let phone = Phone::new(9);
    assert_eq!(bench.enrol(&phone, &late).await.code(), SimCodeNeeded);
    let code = nadra.code_sent_to(&cnic(&late)).unwrap();
    let reply = bench.enrol(&phone, &with_code(&late, &code)).await;
    assert_eq!(reply.code(), SimCodeExpired);
}

#[tokio::test]
async fn few_codes_are_sent_for_one_network_in_a_minute() {
    let (bench, _) = asking().await;
    let nadra = Arc::new(Nadra::new());
    let bench = bench.with(Arc::new(Played(nadra)), |province| {
        let budgets = Budgets {
            codes: 2,
            ..Budgets::NONE
        };
        province.asking_sim_codes(true).limiting(budgets)
    });
    let url = crate::callers::open_door(bench.app.clone()).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let ask = async |number: u8, citizen: u32| {
        let body = serde_json::to_vec(&numbered(citizen).enrolment()).unwrap();
        let phone = Phone::new(number);
        let at = bench.now().unix();
        let signed = phone.signed(paths::ENROLMENTS, &body, &phone.idempotency_key(), at);
        let (parts, _) = signed.into_parts();
        let reply = client
            .post(format!("{url}{}", paths::ENROLMENTS))
            .headers(parts.headers)
            .body(body);
        let problem: Problem = reply.send().await.unwrap().json().await.unwrap();
        (problem.code, problem.retry_after)
    };
    for number in 1..=2 {
        let said = ask(number, number.into()).await;
        assert_eq!(said, (ProblemCode::SimCodeNeeded, None));
    }
    let left = u32::try_from(60 - NOW % 60).unwrap();
    assert_eq!(ask(3, 3).await, (ProblemCode::RateLimited, Some(left)));
    // Somebody elsewhere is sent one, and two minutes later so is who was refused.
    let elsewhere = bench.enrol(&Phone::new(4), &numbered(4).enrolment()).await;
    assert_eq!(elsewhere.code(), ProblemCode::SimCodeNeeded);
    bench.set_time(NOW + 120);
    assert_eq!(ask(3, 3).await.0, ProblemCode::SimCodeNeeded);
}

#[tokio::test]
async fn a_new_phone_needs_a_code_and_the_report_of_a_lost_one_does_not() {
    let (bench, nadra) = asking().await;
    let form = citizen_number(0).enrolment();
    let old = Phone::new(1);
    bench.enrol(&old, &form).await;
    let code = nadra.code_sent_to(&cnic(&form)).unwrap();
    let _: EnrolmentReply = bench.enrol(&old, &with_code(&form, &code)).await.json();
    let lost = serde_json::json!({ "lost_at": NOW, "person": form });
    let reply = bench
        .post(&Phone::new(7), paths::LOST, lost.to_string().as_bytes())
        .await;
    assert_eq!(reply.status, StatusCode::OK);
    let new = Phone::new(2);
    let body = serde_json::to_vec(&form).unwrap();
    assert_eq!(
        bench.post(&new, paths::REBIND, &body).await.code(),
        ProblemCode::SimCodeNeeded
    );
    let code = nadra.code_sent_to(&cnic(&form)).unwrap();
    let body = serde_json::to_vec(&with_code(&form, &code)).unwrap();
    let _: EnrolmentReply = bench.post(&new, paths::REBIND, &body).await.json();
}
