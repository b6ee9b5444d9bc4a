//! What counts as whose try: an attacker who knows a CNIC leaves its citizen the ways that are the citizen's own.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::http::StatusCode;
use province_api::enrolment::{EnrolmentReply, EnrolmentRequest};
use province_api::nadra::NadraOutcome;
use province_api::problem::ProblemCode;
use province_api::{Bytes, paths};
use province_server::rules::rates::{Budgets, Who};
use province_server::rules::tries::{ATTEMPTS_MAX, UNANSWERED_MAX};
use sandbox::citizens::{numbered, troubled};
use sandbox::nadra::{Fault, Nadra};

use crate::bench::{Bench, NOW, Phone, citizen_number};
use crate::ways::{Played, asking, assist, assisted, cnic, with_code, wrong};

fn phone(number: u32) -> Phone {
    Phone::new(u8::try_from(number + 1).unwrap())
}

/// All tries of this CNIC on this path, each from another device, and one more.
async fn use_up(bench: &Bench, path: &str, form: &EnrolmentRequest) {
    for number in 0..=ATTEMPTS_MAX {
        let reply = bench.prove(&phone(100 + number), path, form).await;
        let over = number == ATTEMPTS_MAX;
        let code = [ProblemCode::NadraNotMatched, ProblemCode::TooManyAttempts][usize::from(over)];
        assert_eq!(reply.code(), code, "{path}");
    }
}

#[tokio::test]
async fn who_uses_up_a_cnics_tries_with_phones_leaves_the_report_of_loss_and_the_counter() {
    let bench = Bench::new().await;
    let citizen = citizen_number(0);
    let form = citizen.enrolment();
    bench.enrolled(0, 1).await;
    bench.nadra.say(Some(NadraOutcome::NotMatched));
    use_up(&bench, paths::ENROLMENTS, &form).await;
    let rebind = bench.prove(&phone(90), paths::REBIND, &form).await;
    assert_eq!(
        rebind.code(),
        ProblemCode::TooManyAttempts,
        "as good as an enrolment"
    );
    bench.nadra.say(Some(NadraOutcome::Matched));
    let lost = bench.prove(&phone(91), paths::LOST, &form).await;
    assert_eq!(lost.status, StatusCode::OK);

    // And whoever uses up those of the report leaves the counter.
    bench.nadra.say(Some(NadraOutcome::NotMatched));
    let other = citizen_number(1);
    use_up(&bench, paths::LOST, &other.enrolment()).await;
    use_up(&bench, paths::ENROLMENTS, &citizen_number(1).enrolment()).await;
    let bench = bench.with(Arc::new(Played(Arc::new(Nadra::new()))), |province| province);
    let request = assisted(&phone(92), &other, &other.cnic);
    assert!(assist(&bench, &bench.province, request).await.is_ok());
}

#[tokio::test]
async fn a_phone_whose_citizen_failed_alone_is_enrolled_at_a_counter() {
    let bench = Bench::new().await;
    bench.nadra.say(Some(NadraOutcome::NotMatched));
    let citizen = citizen_number(0);
    for _ in 0..ATTEMPTS_MAX {
        bench.enrol(&phone(1), &citizen.enrolment()).await;
    }
    let over = bench.enrol(&phone(1), &numbered(3).enrolment()).await;
    assert_eq!(
        over.code(),
        ProblemCode::TooManyAttempts,
        "another CNIC, the same device"
    );
    let bench = bench.with(Arc::new(Played(Arc::new(Nadra::new()))), |province| province);
    let request = assisted(&phone(1), &citizen, &citizen.cnic);
    assert!(assist(&bench, &bench.province, request).await.is_ok());
}

#[tokio::test]
async fn a_picture_that_cannot_be_read_is_the_devices_try_and_not_the_cnics() {
    let bench = Bench::new().await;
    let form = citizen_number(0).enrolment();
    let nonsense = EnrolmentRequest {
        photo: Bytes(vec![7; 5_000]),
        ..form.clone()
    };
    for number in 0..ATTEMPTS_MAX + 5 {
        let refused = bench.enrol(&phone(100 + number), &nonsense).await;
        assert_eq!(refused.code(), ProblemCode::PhotoUnreadable);
    }
    for _ in 0..ATTEMPTS_MAX {
        let refused = bench.enrol(&phone(1), &nonsense).await;
        assert_eq!(refused.code(), ProblemCode::PhotoUnreadable);
    }
    let over = bench.enrol(&phone(1), &nonsense).await;
    assert_eq!(over.code(), ProblemCode::TooManyAttempts);
    assert_eq!(bench.nadra.asked.load(Ordering::SeqCst), 0);
    let _: EnrolmentReply = bench.enrol(&phone(2), &form).await.json();
}

#[tokio::test]
async fn a_network_pays_for_pictures_that_cannot_be_read() {
    let bench = Bench::new().await;
    let budgets = Budgets {
        network: 30,
        ..Budgets::NONE
    };
    let url = crate::callers::open_door(bench.server(budgets).1).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let nonsense = EnrolmentRequest {
        photo: Bytes(vec![7; 5_000]),
        ..citizen_number(0).enrolment()
    };
    let body = serde_json::to_vec(&nonsense).unwrap();
    let mut statuses = Vec::new();
    for number in 0..4 {
        let phone = phone(number);
        let signed = phone.signed(paths::ENROLMENTS, &body, &phone.idempotency_key(), NOW);
        let ask = client
            .post(format!("{url}{}", paths::ENROLMENTS))
            .headers(signed.headers().clone());
        statuses.push(ask.body(body.clone()).send().await.unwrap().status().as_u16());
    }
    assert_eq!(statuses, [422, 422, 422, 429]);
    assert!(bench.province.spend(Who::Network(1), 1).is_ok());
}

#[tokio::test]
async fn wrong_codes_take_no_try_of_the_enrolment() {
    let (bench, nadra) = asking().await;
    let form = citizen_number(0).enrolment();
    let mut right = String::new();
    for number in 0..5 {
        bench.enrol(&phone(number), &form).await;
        right = nadra.code_sent_to(&cnic(&form)).unwrap();
        for _ in 0..2 {
            let refused = bench
                .enrol(&phone(number), &with_code(&form, &wrong(&right)))
                .await;
            assert_eq!(refused.code(), ProblemCode::SimCodeWrong);
        }
    }
    let misspelt = EnrolmentRequest {
        name_en: "Gul Zamaan".into(),
        ..with_code(&form, &right)
    };
    for _ in 0..ATTEMPTS_MAX {
        let refused = bench.enrol(&phone(4), &misspelt).await;
        assert_eq!(refused.code(), ProblemCode::NadraNotMatched);
    }
    let over = bench.enrol(&phone(4), &misspelt).await;
    assert_eq!(over.code(), ProblemCode::TooManyAttempts);
}

#[tokio::test]
async fn about_whom_nadra_talks_nonsense_is_asked_seldom_and_others_are_asked_about_all_the_while() {
    let bench = Bench::new().await;
    let nadra = Arc::new(Nadra::new());
    let url = crate::nadra::serve(sandbox::nadra::router(nadra)).await;
    let limit = std::time::Duration::from_secs(5);
    let desk = province_server::nadra::HttpNadra::new(&url, None, limit).unwrap();
    let bench = bench.with(Arc::new(desk), |province| province);
    let of = |fault| {
        let mut all = troubled().into_iter();
        all.find(|(_, one)| *one == fault).unwrap().0.enrolment()
    };
    for (from, fault) in [(0, Fault::Nonsense), (40, Fault::Unavailable), (80, Fault::Down)] {
        let form = of(fault);
        for number in 0..UNANSWERED_MAX {
            let problem = bench.enrol(&phone(from + number), &form).await.problem();
            let said = (problem.code, problem.retry_after);
            assert_eq!(said, (ProblemCode::NadraUnavailable, Some(60)), "{fault:?}");
        }
        let hour = u32::try_from(3_600 - NOW % 3_600).unwrap();
        let problem = bench.enrol(&phone(from + 30), &form).await.problem();
        let said = (problem.code, problem.retry_after);
        assert_eq!(said, (ProblemCode::NadraUnavailable, Some(hour)), "{fault:?}");
    }
    let _: EnrolmentReply = bench
        .enrol(&phone(200), &citizen_number(0).enrolment())
        .await
        .json();
    bench.set_time(NOW + 3_600);
    let problem = bench.enrol(&phone(1), &of(Fault::Nonsense)).await.problem();
    assert_eq!(problem.retry_after, Some(60));
}
