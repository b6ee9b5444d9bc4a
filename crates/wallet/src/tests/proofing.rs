//! The code to the SIM, and passes that say more once a counter proofed their citizen.

use ed25519_dalek::SigningKey;
use province_api::enrolment::EnrolmentRequest;
use province_api::phone_code::phone_letters;
use province_api::problem::{Problem, ProblemCode};
use province_api::signature::DeviceKey;
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
    assert!(!phone.wallet.show_at_counter(NOW).unwrap().is_proven);
    province.raised_at = NOW.unix();
    phone.sync(&mut province, NOW.plus(7_200)).unwrap();
    assert_eq!(province.sent.len(), 2 * drawn, "all of them, once");
    assert!(phone.wallet.show_at_counter(NOW).unwrap().is_proven);
    phone.sync(&mut province, NOW.plus(10_800)).unwrap();
    assert_eq!(province.sent.len(), 2 * drawn);
}

/// The device key in the code that this phone shows at a counter.
fn shown(phone: &mut Phone) -> [u8; 32] {
    let shown = phone.wallet.show_at_counter(NOW).unwrap();
    let seed = crate::store::enrolment::device_key(phone.wallet.database()).unwrap();
    let device = DeviceKey::of(&SigningKey::from_bytes(&seed));
    assert_eq!(shown.letters, phone_letters(&device));
    assert_eq!(
        shown.qr,
        crate::show::qr_of(&province_api::phone_code::phone_code(&device)).unwrap()
    );
    *device.as_bytes()
}

#[test]
fn a_phone_that_is_shown_at_a_counter_learns_at_the_next_sync_that_it_is_enrolled() {
    let mut province = Province::new(NOW);
    // Nothing was typed into it.
    let mut phone = Phone::new(1);
    let never = phone.sync(&mut province, NOW).unwrap_err();
    assert_eq!(never.code, UiCode::NotEnrolled);
    let device = shown(&mut phone);
    assert_eq!(shown(&mut phone), device, "the same each time");
    phone.restart();
    let plan = phone.wallet.sync_plan(NOW, crate::Network::default()).unwrap();
    assert_eq!(plan.wait_seconds, Some(0), "it asks by itself");

    // Asked too early, it goes on waiting and nothing is wrong.
    let early = phone.sync(&mut province, NOW).unwrap();
    assert!(!early.changed);
    let state = phone.wallet.app_state(NOW).unwrap();
    assert_eq!(
        (state.enrolment, state.enrolment_error),
        (EnrolmentState::None, None)
    );

    // The counter enrols that key.
    let mut other = Phone::ready(2);
    other.enrol(&mut province, NOW).unwrap();
    let person = province.enrolments.values().next().unwrap().clone();
    province.enrolments.clear();
    province.enrolments.insert(device, person);
    let told = phone.sync(&mut province, NOW.plus(20)).unwrap();
    assert!(told.changed);
    let state = phone.wallet.app_state(NOW).unwrap();
    assert_eq!(state.enrolment, EnrolmentState::Enrolled);
    phone.restart();
    let again = phone.sync(&mut province, NOW.plus(60)).unwrap();
    assert!(!again.changed, "it asks as every other phone");
}

#[test]
fn an_enrolled_phone_shows_its_key_at_a_counter_and_nothing_else_changes() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    let device = shown(&mut phone);
    assert!(province.enrolments.contains_key(&device));
    phone.sync(&mut province, NOW.plus(60)).unwrap();
    let state = phone.wallet.app_state(NOW).unwrap();
    assert_eq!(state.enrolment, EnrolmentState::Enrolled);
}
