//! The phone dies at every step, before and after the province has done its part.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use proptest::prelude::*;

use super::province::Province;
use super::soak::soak;
use super::{NOW, Phone};
use crate::screen::EnrolmentState;

/// What had happened when the power went.
#[derive(Clone, Copy, Debug)]
enum Cut {
    /// The request was made and never left.
    BeforeItWasSent,
    /// The province has done it; the answer never arrived.
    BeforeItWasAnswered,
    /// The answer was stored.
    AfterItWasStored,
}

const STEPS: usize = 9;

#[test]
fn an_enrolment_cut_short_anywhere_goes_on_and_is_done_once() {
    for cut in [
        Cut::BeforeItWasSent,
        Cut::BeforeItWasAnswered,
        Cut::AfterItWasStored,
    ] {
        for step in 0..STEPS {
            let mut province = Province::new(NOW);
            let mut phone = Phone::ready(7);
            phone.wallet.start_enrolment(NOW, &mut phone.rng).unwrap();
            run_until(&mut phone, &mut province, step, cut);
            phone.restart();
            let state = phone.wallet.app_state(NOW).unwrap().enrolment;
            assert_ne!(state, EnrolmentState::Draft, "{cut:?} at {step}: half-enrolled");
            phone.enrol(&mut province, NOW.plus(30)).unwrap();
            complete(&phone, &province, &format!("{cut:?} at {step}"));
        }
    }
}

#[test]
fn an_enrolment_cut_short_at_every_step_in_turn_still_ends() {
    for cut in [Cut::BeforeItWasAnswered, Cut::AfterItWasStored] {
        let mut province = Province::new(NOW);
        let mut phone = Phone::ready(8);
        // Each life lasts one step longer than what is left to do would need with nothing stored.
        for step in 0..STEPS {
            phone.wallet.start_enrolment(NOW, &mut phone.rng).unwrap();
            run_until(&mut phone, &mut province, step, cut);
            phone.restart();
        }
        phone.enrol(&mut province, NOW.plus(30)).unwrap();
        complete(&phone, &province, &format!("{cut:?}"));
    }
}

#[test]
fn a_lost_connection_at_every_step_is_the_same_as_a_dead_phone() {
    for step in 0..STEPS {
        let mut province = Province::new(NOW);
        let mut phone = Phone::ready(9);
        phone.wallet.start_enrolment(NOW, &mut phone.rng).unwrap();
        for _ in 0..step {
            let request = phone.wallet.next_request(NOW, &mut phone.rng).unwrap().unwrap();
            let answer = province.handle(&request, NOW).unwrap();
            phone.wallet.on_response(&answer, NOW).unwrap();
        }
        let request = phone.wallet.next_request(NOW, &mut phone.rng).unwrap().unwrap();
        let _lost = province.handle(&request, NOW).unwrap();
        phone.wallet.on_failure(crate::Failure::TimedOut, NOW).unwrap();
        assert_eq!(phone.wallet.next_request(NOW, &mut phone.rng).unwrap(), None);
        let error = phone.wallet.finish_run(NOW).unwrap_err();
        assert_eq!(error.code, crate::UiCode::NetworkTimeout);
        phone.enrol(&mut province, NOW.plus(30)).unwrap();
        complete(&phone, &province, &format!("step {step}"));
    }
}

#[test]
fn a_refill_cut_short_anywhere_is_one_refill() {
    for cut in [
        Cut::BeforeItWasSent,
        Cut::BeforeItWasAnswered,
        Cut::AfterItWasStored,
    ] {
        for step in 0..3 {
            let mut province = Province::new(NOW);
            let mut phone = Phone::enrolled(7, &mut province);
            for shown in 0..8 {
                phone.wallet.show_timed("age", None, NOW.plus(shown)).unwrap();
            }
            phone.wallet.start_sync(NOW).unwrap();
            run_until(&mut phone, &mut province, step, cut);
            phone.restart();
            phone.sync(&mut province, NOW.plus(30)).unwrap();
            let age = &phone.wallet.home(NOW).unwrap().passes[0];
            assert_eq!(
                (age.left, age.total, province.batches),
                (10, 18, 2),
                "{cut:?} at {step}"
            );
        }
    }
}

#[test]
fn lives_cut_short_at_random_are_one_enrolment_and_one_refill() {
    let life = || {
        let cut = prop::sample::select(vec![
            Cut::BeforeItWasSent,
            Cut::BeforeItWasAnswered,
            Cut::AfterItWasStored,
        ]);
        prop::collection::vec((0..STEPS, cut), 0..6)
    };
    soak(|| {
        proptest!(ProptestConfig::with_cases(6), |(seed: u64, enrolling in life(), refilling in life())| {
            let mut province = Province::new(NOW);
            let mut phone = Phone::ready(seed);
            for (step, cut) in enrolling {
                phone.wallet.start_enrolment(NOW, &mut phone.rng).unwrap();
                run_until(&mut phone, &mut province, step, cut);
                phone.restart();
            }
            phone.enrol(&mut province, NOW.plus(30)).unwrap();
            complete(&phone, &province, "after lives cut short");

            for shown in 0..8 {
                phone.wallet.show_timed("age", None, NOW.plus(shown)).unwrap();
            }
            for (step, cut) in refilling {
                phone.wallet.start_sync(NOW).unwrap();
                run_until(&mut phone, &mut province, step, cut);
                phone.restart();
            }
            phone.sync(&mut province, NOW.plus(60)).unwrap();
            let age = &phone.wallet.home(NOW).unwrap().passes[0];
            prop_assert_eq!((age.left, age.total, province.batches), (10, 18, 2));
            prop_assert_eq!(province.enrolments.len(), 1);
        });
    });
}

fn run_until(phone: &mut Phone, province: &mut Province, step: usize, cut: Cut) {
    for at in 0..=step {
        let Some(request) = phone.wallet.next_request(NOW, &mut phone.rng).unwrap() else {
            return;
        };
        if at == step && matches!(cut, Cut::BeforeItWasSent) {
            return;
        }
        let answer = province.handle(&request, NOW).unwrap();
        if at == step && matches!(cut, Cut::BeforeItWasAnswered) {
            return;
        }
        phone.wallet.on_response(&answer, NOW).unwrap();
    }
}

fn complete(phone: &Phone, province: &Province, when: &str) {
    assert_eq!(province.enrolments.len(), 1, "{when}");
    assert_eq!(province.batches, 1, "{when}: one batch of passes");
    let home = phone.wallet.home(NOW).unwrap();
    assert!(home.card.is_some() && home.status_as_of.is_some(), "{when}");
    let left: Vec<u32> = home.passes.iter().map(|pass| pass.left).collect();
    assert_eq!(left, [10, 10, 5, 2], "{when}");
    let waiting: u32 = phone
        .wallet
        .database()
        .query_row(
            "SELECT count(*) FROM outbox WHERE state IN ('waiting', 'sent')",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(waiting, 0, "{when}");
    let state = phone.wallet.app_state(NOW).unwrap();
    assert_eq!(state.enrolment, EnrolmentState::Enrolled, "{when}");
}
