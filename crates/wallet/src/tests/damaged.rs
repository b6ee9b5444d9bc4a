//! Writes that do not arrive as they were sent: they end in a refusal only where none of their tries can have been done.

use province_api::paths;
use province_api::problem::{Problem, ProblemCode};

use super::province::Province;
use super::put_off::{Trouble, problem};
use super::{NOW, Phone, good_draft};
use crate::screen::{EnrolmentState, ItemKind, ItemState};
use crate::store::outbox;
use crate::{Failure, UiCode};

#[test]
fn one_that_never_arrives_as_it_was_sent_ends_in_a_refusal_and_goes_again_at_the_citizens_word() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    phone.lost(&good_draft(), None, NOW);
    let key = phone.key_of(&phone.errand(ItemKind::Lost, NOW));
    let damaged = Trouble {
        path: paths::LOST,
        answer: &|| Ok(problem(ProblemCode::RequestMalformed)),
    };
    let later = Trouble {
        path: paths::LOST,
        answer: &|| Ok(problem(ProblemCode::NadraUnavailable)),
    };
    // Only tries in a row count.
    for trouble in [damaged; 7].into_iter().chain([later]).chain([damaged; 7]) {
        phone.sync_in(&mut province, NOW, trouble).0.unwrap();
        assert_ne!(phone.errand(ItemKind::Lost, NOW).state, ItemState::Refused);
    }
    phone.sync_in(&mut province, NOW, damaged).0.unwrap();
    let refused = phone.errand(ItemKind::Lost, NOW);
    assert_eq!(refused.state, ItemState::Refused);
    assert_eq!(refused.error.unwrap().code, UiCode::ErrandDamaged);
    assert!(refused.can_retry && refused.can_mend && refused.can_discard);
    phone.wallet.retry_errand(refused.id.unwrap()).unwrap();
    phone.sync(&mut province, NOW).unwrap();
    let done = phone.errand(ItemKind::Lost, NOW);
    assert_eq!((done.state, phone.key_of(&done)), (ItemState::Confirmed, key));
    assert_eq!(province.lost.len(), 1);
}

#[test]
fn an_application_that_never_arrives_as_it_was_sent_is_the_draft_again() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::ready(1);
    province
        .refuse
        .insert(paths::ENROLMENTS, Problem::new(ProblemCode::DeviceSignature));
    for _ in 0..7 {
        let error = phone.enrol(&mut province, NOW).unwrap_err();
        assert_eq!(error.code, UiCode::DeviceSignature);
        assert_eq!(
            phone.wallet.app_state(NOW).unwrap().enrolment,
            EnrolmentState::Sent
        );
    }
    let error = phone.enrol(&mut province, NOW).unwrap_err();
    assert_eq!(error.code, UiCode::ErrandDamaged);
    assert_eq!(
        phone.wallet.app_state(NOW).unwrap().enrolment,
        EnrolmentState::Draft
    );
    province.refuse.clear();
    phone.enrol(&mut province, NOW).unwrap();
    assert_eq!(
        phone.wallet.app_state(NOW).unwrap().enrolment,
        EnrolmentState::Enrolled
    );
}

#[test]
fn what_may_have_been_done_is_never_called_refused_however_often_it_arrives_damaged() {
    for (number, (what, path)) in
        (1..).zip([(ItemKind::Mobile, paths::MOBILE), (ItemKind::Lost, paths::LOST)])
    {
        let mut province = Province::new(NOW);
        let mut phone = Phone::enrolled(number, &mut province);
        if what == ItemKind::Mobile {
            phone.mobile("03001112223");
        } else {
            phone.lost(&good_draft(), None, NOW);
        }
        // The province does it, and the answer is lost.
        phone.wallet.start_sync(NOW).unwrap();
        let request = phone.wallet.next_request(NOW, &mut phone.rng).unwrap().unwrap();
        assert_eq!(request.path, path);
        province.handle(&request, NOW).unwrap();
        phone.wallet.on_failure(Failure::TimedOut, NOW).unwrap();
        phone.carry(&mut province, NOW, None).0.unwrap();
        let damaged = Trouble {
            path,
            answer: &|| Ok(problem(ProblemCode::DeviceSignature)),
        };
        for _ in 0..10 {
            phone.sync_in(&mut province, NOW, damaged).0.unwrap();
            let open = phone.errand(what, NOW);
            assert_eq!(open.state, ItemState::Sent);
            assert!(!open.can_discard && !open.can_retry && !open.can_mend);
        }
        assert!(phone.errand(what, NOW).can_give_up);
        phone.sync(&mut province, NOW).unwrap();
        assert_eq!(phone.errand(what, NOW).state, ItemState::Confirmed);
    }
}

#[test]
fn an_application_that_may_have_been_done_waits_for_its_answer_however_often_it_arrives_damaged() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::ready(1);
    phone.wallet.start_enrolment(NOW, &mut phone.rng).unwrap();
    let request = phone.wallet.next_request(NOW, &mut phone.rng).unwrap().unwrap();
    assert_eq!(request.path, paths::ENROLMENTS);
    province.handle(&request, NOW).unwrap();
    phone.wallet.on_failure(Failure::TimedOut, NOW).unwrap();
    phone.carry(&mut province, NOW, None).0.unwrap_err();
    province
        .refuse
        .insert(paths::ENROLMENTS, Problem::new(ProblemCode::RequestMalformed));
    for day in 1..=10 {
        let now = NOW.plus(day * credential::DAY);
        assert_eq!(
            phone.enrol(&mut province, now).unwrap_err().code,
            UiCode::DeviceSignature
        );
        assert_eq!(
            phone.wallet.app_state(now).unwrap().enrolment,
            EnrolmentState::Sent
        );
    }
    province.refuse.clear();
    let now = NOW.plus(11 * credential::DAY);
    phone.enrol(&mut province, now).unwrap();
    assert_eq!(
        phone.wallet.app_state(now).unwrap().enrolment,
        EnrolmentState::Enrolled
    );
}

#[test]
fn a_batch_whose_answer_was_lost_comes_though_its_next_tries_arrive_damaged() {
    for (number, code) in (1..).zip([
        ProblemCode::DeviceSignature,
        ProblemCode::RequestMalformed,
        ProblemCode::BodyTooLarge,
        ProblemCode::DeviceClock,
    ]) {
        let mut province = Province::new(NOW);
        let mut phone = Phone::ready(number);
        let run = |phone: &mut Phone, province: &mut Province, trouble: Option<Trouble<'_>>| {
            phone.wallet.start_enrolment(NOW, &mut phone.rng).unwrap();
            phone.carry(province, NOW, trouble).0
        };
        // The province issues it, and the answer is lost.
        phone.wallet.start_enrolment(NOW, &mut phone.rng).unwrap();
        while let Some(request) = phone.wallet.next_request(NOW, &mut phone.rng).unwrap() {
            let answer = province.handle(&request, NOW);
            match answer {
                Ok(answer) if request.path != paths::PASSES => {
                    phone.wallet.on_response(&answer, NOW).unwrap();
                }
                _ => phone.wallet.on_failure(Failure::TimedOut, NOW).unwrap(),
            }
        }
        phone.wallet.finish_run(NOW).unwrap_err();
        assert_eq!(province.batches, 1);
        let damaged = Trouble {
            path: paths::PASSES,
            answer: &|| Ok(problem(code)),
        };
        for _ in 0..2 {
            run(&mut phone, &mut province, Some(damaged)).unwrap_err();
        }
        run(&mut phone, &mut province, None).unwrap();
        assert_eq!(province.batches, 1, "{code:?}: the same write went again");
        assert!(phone.wallet.show_timed("age", None, NOW).is_ok());
    }
}

#[test]
fn a_batch_that_never_arrives_as_it_was_sent_is_given_up_for_another() {
    for path in [paths::CHALLENGES, paths::PASSES] {
        let mut province = Province::new(NOW);
        let mut phone = Phone::ready(1);
        province
            .refuse
            .insert(path, Problem::new(ProblemCode::RequestMalformed));
        let key = |phone: &Phone| {
            let entries = outbox::all(phone.wallet.database()).unwrap();
            let of_passes = entries
                .into_iter()
                .find(|entry| matches!(entry.kind, outbox::Kind::Challenge | outbox::Kind::Passes));
            of_passes.map(|entry| entry.idempotency_key)
        };
        phone.enrol(&mut province, NOW).unwrap_err();
        let first = key(&phone);
        assert!(first.is_some());
        for tries in 2..=8 {
            assert_eq!(key(&phone), first, "{tries}");
            let now = NOW.plus(tries * 600);
            assert_eq!(
                phone.sync(&mut province, now).unwrap_err().code,
                UiCode::DeviceSignature
            );
        }
        assert_eq!(key(&phone), None);
        province.refuse.clear();
        let now = NOW.plus(7200);
        phone.sync(&mut province, now).unwrap();
        assert!(phone.wallet.show_timed("age", None, now).is_ok());
    }
}
