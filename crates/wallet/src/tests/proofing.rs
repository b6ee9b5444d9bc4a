//! The code to the SIM, and passes that say more once a counter proofed their citizen.

use province_api::enrolment::EnrolmentRequest;
use province_api::problem::{Problem, ProblemCode};
use province_api::{packed, paths};

use super::province::Province;
use super::{NOW, Phone};
use crate::UiCode;
use crate::screen::EnrolmentState;

#[test]
fn an_application_that_needs_a_code_is_the_draft_again_and_goes_with_the_code() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::ready(1);
    for code in [
        ProblemCode::SimCodeNeeded,
        ProblemCode::SimCodeWrong,
        ProblemCode::SimCodeExpired,
    ] {
        province.refuse.insert(paths::ENROLMENTS, Problem::new(code));
        let refused = phone.enrol(&mut province, NOW).unwrap_err();
        assert_eq!(refused.code.code(), code.code());
        phone.restart();
        let state = phone.wallet.app_state(NOW).unwrap();
        assert_eq!(state.enrolment, EnrolmentState::Draft);
        assert_eq!(state.enrolment_error.unwrap().code.code(), code.code());
    }
    province.refuse.clear();
    let code = Some("123456".to_owned());
    phone.wallet.start_binding(code, NOW, &mut phone.rng).unwrap();
    let request = phone.wallet.next_request(NOW, &mut phone.rng).unwrap().unwrap();
    assert_eq!(request.path, paths::ENROLMENTS);
    let body = if packed::is_packed(&request.body) {
        packed::unpack(&request.body, 1 << 20).unwrap()
    } else {
        request.body.clone()
    };
    let sent: EnrolmentRequest = serde_json::from_slice(&body).unwrap();
    assert_eq!(sent.sim_code.as_deref(), Some("123456"));
    let answer = province.handle(&request, NOW).unwrap();
    phone.wallet.on_response(&answer, NOW).unwrap();
    assert_ne!(
        phone.wallet.app_state(NOW).unwrap().enrolment,
        EnrolmentState::Draft
    );
}

#[test]
fn nadra_that_is_away_after_the_code_keeps_the_application_with_it() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::ready(1);
    let away = Problem {
        retry_after: Some(20),
        ..Problem::new(ProblemCode::NadraUnavailable)
    };
    province.refuse.insert(paths::ENROLMENTS, away);
    let code = Some("123456".to_owned());
    phone.wallet.start_binding(code, NOW, &mut phone.rng).unwrap();
    phone.drive(&mut province, NOW).unwrap();
    let waits = phone.wallet.finish_run(NOW).unwrap_err();
    assert_eq!(waits.code, UiCode::NadraUnavailable);
    let plan = phone.wallet.sync_plan(NOW, crate::Network::default()).unwrap();
    assert!(plan.wait_seconds.is_some_and(|seconds| seconds >= 20), "{plan:?}");
    province.refuse.clear();
    phone.bind(&mut province, NOW.plus(60)).unwrap();
    assert_eq!(
        phone.wallet.app_state(NOW).unwrap().enrolment,
        EnrolmentState::Enrolled
    );
}

#[test]
fn passes_of_before_a_better_proof_are_drawn_anew() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    let drawn = province.sent.len();
    phone.sync(&mut province, NOW.plus(3_600)).unwrap();
    assert_eq!(province.sent.len(), drawn, "nothing is missing");
    province.raised_at = NOW.unix();
    phone.sync(&mut province, NOW.plus(7_200)).unwrap();
    assert_eq!(province.sent.len(), 2 * drawn, "all of them, once");
    phone.sync(&mut province, NOW.plus(10_800)).unwrap();
    assert_eq!(province.sent.len(), 2 * drawn);
}
