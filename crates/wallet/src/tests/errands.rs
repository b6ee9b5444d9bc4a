//! Errands: a mobile number, a lost phone; and a wallet that the province does not take any more.

use province_api::paths;
use province_api::problem::{Problem, ProblemCode};

use super::province::{Province, problem_response};
use super::{NOW, Phone, good_draft, jpeg};
use crate::screen::{EnrolmentState, Item, ItemKind, ItemState};
use crate::{Network, UiCode};

fn errands(phone: &Phone) -> Vec<Item> {
    let items = phone.wallet.on_its_way(NOW).unwrap().items;
    items
        .into_iter()
        .filter(|item| !matches!(item.what, ItemKind::Enrolment | ItemKind::Document))
        .collect()
}

#[test]
fn another_mobile_number_waits_is_sent_once_and_confirmed() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    let wrong = phone.wallet.change_mobile("12", NOW, &mut phone.rng).unwrap_err();
    assert_eq!(
        (wrong.code, wrong.fields[0].field.as_str()),
        (UiCode::FieldsInvalid, "mobile")
    );
    phone
        .wallet
        .change_mobile("03001112223", NOW, &mut phone.rng)
        .unwrap();
    // Another one before it left takes its place.
    phone
        .wallet
        .change_mobile("03009998887", NOW, &mut phone.rng)
        .unwrap();
    assert_eq!(errands(&phone).len(), 1);
    assert_eq!(errands(&phone)[0].state, ItemState::Waiting);
    assert_eq!(
        phone
            .wallet
            .sync_plan(NOW, Network::default())
            .unwrap()
            .wait_seconds,
        Some(0)
    );

    // It leaves, and the answer is lost with the power.
    phone.wallet.start_sync(NOW).unwrap();
    let request = phone.wallet.next_request(NOW, &mut phone.rng).unwrap().unwrap();
    assert_eq!(request.path, paths::MOBILE);
    province.handle(&request, NOW).unwrap();
    phone.restart();
    assert_eq!(errands(&phone)[0].state, ItemState::Sent);
    let again = phone
        .wallet
        .change_mobile("03000000000", NOW, &mut phone.rng)
        .unwrap_err();
    assert_eq!(again.code, UiCode::StillUnderway);
    let id = errands(&phone)[0].id.unwrap();
    assert_eq!(
        phone.wallet.discard_errand(id).unwrap_err().code,
        UiCode::StillUnderway
    );

    phone.sync(&mut province, NOW.plus(60)).unwrap();
    let keys: Vec<_> = province
        .requests
        .iter()
        .filter(|path| *path == paths::MOBILE)
        .collect();
    assert_eq!(
        keys.len(),
        2,
        "sent twice under one key: the fake province checks that the body is the same"
    );
    assert_eq!(province.mobile.as_deref(), Some("03009998887"));
    let done = &errands(&phone)[0];
    assert!(done.state == ItemState::Confirmed && done.can_discard);
    let said = phone.wallet.on_its_way(NOW).unwrap().mobile;
    assert_eq!(said.as_deref(), Some("03009998887"));
    phone.wallet.discard_errand(id).unwrap();
    assert!(errands(&phone).is_empty());
}

#[test]
fn a_refused_errand_says_why_and_is_mended_or_put_away_while_the_sync_goes_on() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    province
        .refuse
        .insert(paths::MOBILE, Problem::new(ProblemCode::PersonRevoked));
    phone
        .wallet
        .change_mobile("03001112223", NOW, &mut phone.rng)
        .unwrap();
    phone.sync(&mut province, NOW).unwrap();
    assert_eq!(province.requests.last().map(String::as_str), Some(paths::SYNC));
    let refused = errands(&phone)[0].clone();
    assert_eq!(refused.state, ItemState::Refused);
    assert_eq!(refused.error.unwrap().code, UiCode::PersonRevoked);
    assert!(refused.can_mend && refused.can_discard);
    province.refuse.clear();
    phone
        .wallet
        .change_mobile("03009998887", NOW.plus(60), &mut phone.rng)
        .unwrap();
    assert_eq!(
        errands(&phone).len(),
        1,
        "the new one takes the place of the refused one"
    );
    phone.sync(&mut province, NOW.plus(60)).unwrap();
    assert_eq!(errands(&phone)[0].state, ItemState::Confirmed);
}

#[test]
fn somebody_elses_lost_phone_is_reported_from_a_phone_without_an_enrolment() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::new(1);
    assert_eq!(
        phone.wallet.start_sync(NOW).unwrap_err().code,
        UiCode::NotEnrolled
    );
    let mut draft = good_draft();
    draft.cnic = "1".to_owned();
    let wrong = phone
        .wallet
        .report_lost((&draft, jpeg()), None, NOW, &mut phone.rng)
        .unwrap_err();
    assert_eq!(wrong.code, UiCode::FieldsInvalid);
    phone
        .wallet
        .report_lost((&good_draft(), jpeg()), None, NOW, &mut phone.rng)
        .unwrap();
    phone.sync(&mut province, NOW).unwrap();
    assert_eq!(province.lost, [("99999-1234567-1".to_owned(), NOW.unix())]);
    assert_eq!(errands(&phone)[0].state, ItemState::Confirmed);
    assert_eq!(
        phone.wallet.app_state(NOW).unwrap().enrolment,
        EnrolmentState::None
    );
}

#[test]
fn a_wallet_that_was_disabled_shows_nothing_keeps_its_past_and_can_begin_again() {
    for (problem, code) in [
        (ProblemCode::WalletDisabled, UiCode::WalletDisabled),
        (ProblemCode::DeviceReplaced, UiCode::DeviceReplaced),
    ] {
        let mut province = Province::new(NOW);
        let mut phone = Phone::enrolled(1, &mut province);
        phone.wallet.show_timed("age", None, NOW).unwrap();
        province.refuse.insert(paths::SYNC, Problem::new(problem));
        assert_eq!(phone.sync(&mut province, NOW).unwrap_err().code, code);
        phone.restart();
        assert!(phone.wallet.timed_choices(NOW).unwrap().is_empty());
        assert_eq!(phone.wallet.show_timed("age", None, NOW).unwrap_err().code, code);
        assert_eq!(phone.wallet.home(NOW).unwrap().trouble.ended, Some(code));
        assert_eq!(phone.wallet.history().unwrap().len(), 1);
        assert_eq!(
            phone
                .wallet
                .sync_plan(NOW, Network::default())
                .unwrap()
                .wait_seconds,
            None
        );

        province.refuse.clear();
        let state = phone.wallet.start_over(NOW, &mut phone.rng).unwrap();
        assert_eq!(state.enrolment, EnrolmentState::Draft);
        phone.wallet.set_photo(&jpeg(), NOW).unwrap();
        phone.wallet.start_rebind(NOW, &mut phone.rng).unwrap();
        phone.drive(&mut province, NOW).unwrap();
        phone.wallet.finish_run(NOW).unwrap();
        assert!(phone.wallet.show_timed("age", None, NOW).is_ok());
        assert_eq!(phone.wallet.history().unwrap().len(), 2);
    }
}

#[test]
fn what_did_not_arrive_as_it_left_goes_again_and_refuses_nothing() {
    for (number, code) in (1..).zip([ProblemCode::RequestMalformed, ProblemCode::DeviceSignature]) {
        let mut province = Province::new(NOW);
        let mut phone = Phone::ready(number);
        province.refuse.insert(paths::ENROLMENTS, Problem::new(code));
        let trouble = phone.enrol(&mut province, NOW).unwrap_err();
        assert_eq!(trouble.code, UiCode::DeviceSignature);
        phone.restart();
        let state = phone.wallet.app_state(NOW).unwrap().enrolment;
        assert_ne!(state, EnrolmentState::Draft, "{code:?}");
        province.refuse.clear();
        phone.sync(&mut province, NOW.plus(600)).unwrap();
        let state = phone.wallet.app_state(NOW).unwrap().enrolment;
        assert_eq!(state, EnrolmentState::Enrolled, "{code:?}");
    }
}

#[test]
fn an_application_waits_for_nadra_goes_by_itself_and_can_still_be_mended() {
    for mended in [false, true] {
        let mut province = Province::new(NOW);
        let mut phone = Phone::ready(1);
        let mut down = Problem::new(ProblemCode::NadraUnavailable);
        down.retry_after = Some(60);
        province.refuse.insert(paths::ENROLMENTS, down);
        let said = phone.enrol(&mut province, NOW).unwrap_err();
        assert_eq!(
            (said.code, said.retry_after_seconds),
            (UiCode::NadraUnavailable, Some(60))
        );
        phone.restart();
        let state = phone.wallet.app_state(NOW.plus(10)).unwrap();
        assert_eq!(
            (state.enrolment, state.wait_seconds),
            (EnrolmentState::Sent, Some(50))
        );
        let paused = phone
            .wallet
            .start_enrolment(NOW.plus(20), &mut phone.rng)
            .unwrap_err();
        assert_eq!(
            (paused.code, paused.retry_after_seconds),
            (UiCode::NadraUnavailable, Some(40))
        );
        // Looking through the answers changes nothing, another answer takes the application back.
        let mut draft = phone.wallet.draft().unwrap();
        phone.wallet.save_draft(draft.clone(), NOW).unwrap();
        assert_eq!(
            phone.wallet.app_state(NOW).unwrap().enrolment,
            EnrolmentState::Sent
        );
        province.refuse.clear();
        if mended {
            draft.address = "Khar, house 7".to_owned();
            assert!(phone.wallet.save_draft(draft, NOW).unwrap().errors.is_empty());
            assert_eq!(
                phone.wallet.app_state(NOW).unwrap().enrolment,
                EnrolmentState::Draft
            );
            phone.enrol(&mut province, NOW.plus(60)).unwrap();
        } else {
            let plan = phone.wallet.sync_plan(NOW, Network::default()).unwrap();
            assert_eq!(plan.wait_seconds, Some(60));
            phone.sync(&mut province, NOW.plus(60)).unwrap();
        }
        let state = phone.wallet.app_state(NOW).unwrap();
        assert_eq!(
            (state.enrolment, state.enrolment_error),
            (EnrolmentState::Enrolled, None)
        );
        assert_eq!(province.enrolments.len(), 1);
        let address = province
            .enrolments
            .values()
            .next()
            .unwrap()
            .address
            .as_str()
            .to_owned();
        assert_eq!(address == "Khar, house 7", mended);
    }
}

#[test]
fn a_wrong_clock_keeps_no_application_back() {
    let mut phone = Phone::ready(1);
    let wrong = Problem {
        server_time: Some(NOW.unix()),
        ..Problem::new(ProblemCode::DeviceClock)
    };
    let down = Problem {
        retry_after: Some(60),
        ..Problem::new(ProblemCode::NadraUnavailable)
    };
    // The pause is as long as the province asked for, and no longer.
    for later in [0, 60] {
        let clock = NOW.plus(400 * credential::DAY + later);
        phone.wallet.start_enrolment(clock, &mut phone.rng).unwrap();
        for answer in [&wrong, &down] {
            let request = phone.wallet.next_request(clock, &mut phone.rng).unwrap().unwrap();
            assert_eq!(request.path, paths::ENROLMENTS);
            phone
                .wallet
                .on_response(&problem_response(answer), clock)
                .unwrap();
        }
        assert_eq!(phone.wallet.next_request(clock, &mut phone.rng).unwrap(), None);
        let said = phone.wallet.finish_run(clock).unwrap_err();
        assert_eq!(said.code, UiCode::NadraUnavailable);
        assert!(
            phone
                .wallet
                .start_enrolment(clock.plus(59), &mut phone.rng)
                .is_err()
        );
    }
}

#[test]
fn what_may_have_been_sent_is_not_changed_any_more() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::ready(1);
    province
        .refuse
        .insert(paths::ENROLMENTS, Problem::new(ProblemCode::ServerFault));
    phone.enrol(&mut province, NOW).unwrap_err();
    // The last try did nothing; the one before may have.
    province
        .refuse
        .insert(paths::ENROLMENTS, Problem::new(ProblemCode::NadraUnavailable));
    phone.enrol(&mut province, NOW).unwrap_err();
    let mut draft = phone.wallet.draft().unwrap();
    draft.address = "Khar, house 7".to_owned();
    for error in [
        phone.wallet.save_draft(draft, NOW).unwrap_err(),
        phone.wallet.set_photo(&jpeg(), NOW).unwrap_err(),
    ] {
        assert_eq!(error.code, UiCode::EnrolmentUnderway);
    }
}

#[test]
fn whoever_begins_anew_still_reports_the_phone_of_somebody_else() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    province
        .refuse
        .insert(paths::SYNC, Problem::new(ProblemCode::DeviceReplaced));
    phone.sync(&mut province, NOW).unwrap_err();
    province.refuse.clear();
    phone
        .wallet
        .report_lost((&good_draft(), jpeg()), None, NOW, &mut phone.rng)
        .unwrap();
    phone.wallet.start_over(NOW, &mut phone.rng).unwrap();
    assert_eq!(errands(&phone)[0].state, ItemState::Waiting);
    phone.sync(&mut province, NOW).unwrap();
    assert_eq!(errands(&phone)[0].state, ItemState::Confirmed);
    assert_eq!(province.lost[0].0, "99999-1234567-1");
    assert_eq!(province.lost.len(), 1);
}
