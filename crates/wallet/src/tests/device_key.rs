//! Another device key: killed at every step, answered late or never, refused.

use credential::{DAY, Timestamp};
use province_api::paths;
use province_api::problem::{Problem, ProblemCode};

use super::province::Province;
use super::{NOW, Phone};
use crate::store::enrolment;
use crate::{Failure, UiCode};

const DUE: Timestamp = Timestamp::from_unix(NOW.unix() + 200 * DAY);

fn key(phone: &Phone) -> [u8; 32] {
    *enrolment::device_key(phone.wallet.database()).unwrap()
}

/// An enrolled phone whose key is old enough at [`DUE`].
fn old_enough() -> (Phone, Province) {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    phone.sync(&mut province, NOW.plus(60)).unwrap();
    province.renew(DUE);
    (phone, province)
}

fn asked(province: &Province) -> usize {
    province
        .requests
        .iter()
        .filter(|path| *path == paths::DEVICE_KEY)
        .count()
}

#[test]
fn a_key_signs_for_half_a_year_and_another_one_after_it() {
    let (mut phone, mut province) = old_enough();
    let first = key(&phone);
    phone.sync(&mut province, NOW.plus(100 * DAY)).unwrap();
    assert_eq!((key(&phone), asked(&province)), (first, 0));
    phone.sync(&mut province, DUE).unwrap();
    let second = key(&phone);
    assert_ne!(second, first);
    assert_eq!((asked(&province), province.enrolments.len()), (1, 1));
    // It draws passes, and is as young as it is.
    assert!(phone.wallet.show_timed("age", None, DUE).is_ok());
    phone.sync(&mut province, DUE.plus(DAY)).unwrap();
    assert_eq!((key(&phone), asked(&province)), (second, 1));
}

/// The ways in which a step may end before its answer is stored.
#[derive(Clone, Copy)]
enum Cut {
    /// Killed before anything left the phone.
    BeforeSent,
    /// No answer, and the province never saw it.
    Lost,
    /// The province did it, and the answer never came.
    Unanswered,
    /// Killed with the answer in hand.
    BeforeStored,
}

#[test]
fn whichever_key_the_province_knows_works_after_any_cut() {
    for cut in [Cut::BeforeSent, Cut::Lost, Cut::Unanswered, Cut::BeforeStored] {
        let (mut phone, mut province) = old_enough();
        phone.wallet.start_sync(DUE).unwrap();
        let request = phone.wallet.next_request(DUE, &mut phone.rng).unwrap().unwrap();
        assert_eq!(request.path, paths::DEVICE_KEY);
        match cut {
            Cut::BeforeSent => {}
            Cut::Lost => phone.wallet.on_failure(Failure::Unreachable, DUE).unwrap(),
            Cut::Unanswered => {
                province.handle(&request, DUE).unwrap();
                phone.wallet.on_failure(Failure::TimedOut, DUE).unwrap();
                assert_eq!(phone.wallet.next_request(DUE, &mut phone.rng).unwrap(), None);
                assert_eq!(
                    phone.wallet.finish_run(DUE).unwrap_err().code,
                    UiCode::NetworkTimeout
                );
            }
            Cut::BeforeStored => {
                province.handle(&request, DUE).unwrap();
            }
        }
        phone.restart();
        // What the citizen asks for meanwhile waits until the keys are sorted out.
        phone
            .wallet
            .change_mobile("03000000099", DUE, &mut phone.rng)
            .unwrap();
        let later = DUE.plus(3 * DAY);
        phone.sync(&mut province, later).unwrap();
        assert_eq!(province.mobile.as_deref(), Some("03000000099"));
        assert_eq!(province.enrolments.len(), 1);
        assert!(phone.wallet.show_timed("age", None, later).is_ok());
        assert!(
            enrolment::next_device_key(phone.wallet.database())
                .unwrap()
                .is_none()
        );
        let own = ed25519_dalek::SigningKey::from_bytes(&key(&phone));
        assert!(province.enrolments.contains_key(own.verifying_key().as_bytes()));
    }
}

#[test]
fn an_answer_that_the_province_forgot_leads_to_the_new_key() {
    let (mut phone, mut province) = old_enough();
    phone.wallet.start_sync(DUE).unwrap();
    let request = phone.wallet.next_request(DUE, &mut phone.rng).unwrap().unwrap();
    province.handle(&request, DUE).unwrap();
    province.forget_answers();
    phone.restart();
    phone.sync(&mut province, DUE.plus(DAY)).unwrap();
    assert!(phone.wallet.show_timed("age", None, DUE.plus(DAY)).is_ok());
}

#[test]
fn a_repeated_question_that_arrives_damaged_loses_neither_key() {
    for code in [
        ProblemCode::RequestMalformed,
        ProblemCode::BodyTooLarge,
        ProblemCode::DeviceSignature,
    ] {
        let (mut phone, mut province) = old_enough();
        phone.wallet.start_sync(DUE).unwrap();
        let request = phone.wallet.next_request(DUE, &mut phone.rng).unwrap().unwrap();
        // It is done, and nobody is told.
        province.handle(&request, DUE).unwrap();
        phone.restart();
        province.refuse.insert(paths::DEVICE_KEY, Problem::new(code));
        phone.sync(&mut province, DUE.plus(60)).unwrap_err();
        province.refuse.clear();
        phone.sync(&mut province, DUE.plus(DAY)).unwrap();
        let own = ed25519_dalek::SigningKey::from_bytes(&key(&phone));
        assert!(
            province.enrolments.contains_key(own.verifying_key().as_bytes()),
            "{code:?}"
        );
    }
}

#[test]
fn a_phone_that_the_province_does_not_know_any_more_shows_what_it_has_and_may_begin_anew() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    let first = key(&phone);
    assert_eq!(
        phone.wallet.start_over(NOW, &mut phone.rng).unwrap_err().code,
        UiCode::EnrolmentUnderway
    );
    province.enrolments.clear();
    let error = phone.sync(&mut province, NOW.plus(60)).unwrap_err();
    assert_eq!(error.code, UiCode::DeviceUnknown);
    let trouble = phone.wallet.home(NOW.plus(60)).unwrap().trouble;
    assert!(trouble.unknown && trouble.ended.is_none());
    assert!(phone.wallet.show_timed("age", None, NOW.plus(60)).is_ok());
    phone.wallet.start_over(NOW.plus(60), &mut phone.rng).unwrap();
    assert_ne!(key(&phone), first);
    assert!(!phone.wallet.home(NOW.plus(60)).unwrap().trouble.unknown);
    assert_eq!(phone.wallet.history().unwrap().len(), 1);
}

#[test]
fn a_province_that_refuses_it_is_asked_no_more_for_half_a_year() {
    let (mut phone, mut province) = old_enough();
    let first = key(&phone);
    province
        .refuse
        .insert(paths::DEVICE_KEY, Problem::new(ProblemCode::NotFound));
    phone.sync(&mut province, DUE).unwrap();
    phone.sync(&mut province, DUE.plus(DAY)).unwrap();
    assert_eq!((key(&phone), asked(&province)), (first, 1));
    assert!(phone.wallet.show_timed("age", None, DUE.plus(DAY)).is_ok());
}

#[test]
fn it_waits_while_anything_is_unanswered_and_a_new_beginning_forgets_it() {
    let (mut phone, mut province) = old_enough();
    let first = key(&phone);
    phone
        .wallet
        .change_mobile("03000000099", DUE, &mut phone.rng)
        .unwrap();
    phone.sync(&mut province, DUE).unwrap();
    assert_eq!((key(&phone), asked(&province)), (first, 0));
    phone.wallet.start_sync(DUE.plus(DAY)).unwrap();
    let request = phone
        .wallet
        .next_request(DUE.plus(DAY), &mut phone.rng)
        .unwrap()
        .unwrap();
    assert_eq!(request.path, paths::DEVICE_KEY);
    // A phone in whose place another one came is told so by this question too.
    let replaced = Problem::new(ProblemCode::DeviceReplaced);
    province.refuse.insert(paths::DEVICE_KEY, replaced);
    let answer = province.handle(&request, DUE.plus(DAY)).unwrap();
    phone.wallet.on_response(&answer, DUE.plus(DAY)).unwrap();
    assert_eq!(
        phone.wallet.finish_run(DUE.plus(DAY)).unwrap_err().code,
        UiCode::DeviceReplaced
    );
    assert!(phone.wallet.home(DUE.plus(DAY)).unwrap().trouble.ended.is_some());
    phone.wallet.start_over(DUE.plus(DAY), &mut phone.rng).unwrap();
    assert!(
        enrolment::next_device_key(phone.wallet.database())
            .unwrap()
            .is_none()
    );
}
