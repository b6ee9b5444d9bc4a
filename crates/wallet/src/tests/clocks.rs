//! A phone whose clock is wrong: nothing is lost, and what is wrong is said.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use credential::{DAY, REQUEST_LIFETIME, Signer, Timestamp, Vct, build_request};

use province_api::paths;
use province_api::problem::{Problem, ProblemCode};

use super::province::{Province, problem_response};
use super::{NOW, Phone};
use crate::{Failure, Network, UiCode, UiError};

fn left(phone: &Phone) -> Vec<u32> {
    let home = phone.wallet.home(NOW).unwrap();
    home.passes.iter().map(|pass| pass.left).collect()
}

#[test]
fn a_clock_a_year_ahead_deletes_no_pass_with_or_without_a_network() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    let before = left(&phone);
    for down in [true, false] {
        province.down = down;
        let _ = phone.sync(&mut province, NOW.plus(400 * DAY));
        let kept = left(&phone)
            .iter()
            .zip(&before)
            .all(|(now, before)| now >= before);
        assert!(kept, "province down: {down}");
    }
}

#[test]
fn a_clock_a_year_behind_is_called_that_and_not_an_expired_pass() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    let behind = NOW.minus(400 * DAY);
    let shown = phone.wallet.show_timed("age", None, behind).unwrap_err();
    assert_eq!(shown.code, UiCode::DeviceClock);
    let ahead = NOW.plus(4_000 * DAY);
    let shown = phone.wallet.show_timed("age", None, ahead).unwrap_err();
    assert_eq!(shown.code, UiCode::PassExpired);
}

/// How long an answer to a request stays up, when the desk's clock is this far from the phone's.
fn answered(read_after: u64, desk_at: Timestamp) -> Result<u32, UiCode> {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    let (key, certificate) = province.desk(vec![Vct::IDENTITY], NOW);
    let signer = Signer {
        key: &key,
        certificate: Some(&certificate),
    };
    let request = build_request(&Vct::IDENTITY, "kp:desk", [1; 16], desk_at, Some(signer)).unwrap();
    let view = phone.wallet.read_request_text(&request.text, NOW).unwrap();
    let answered = phone.wallet.answer_request(view.id, None, NOW.plus(read_after));
    answered
        .map(|showing| showing.ends_in_ms)
        .map_err(|error| error.code)
}

#[test]
fn an_answer_is_over_soon_after_its_desk_stopped_waiting() {
    // Both clocks agree: the request is 20 seconds old when it is read, and is answered 10 seconds later.
    assert_eq!(answered(10, NOW.minus(20)), Ok(30_000 + 15_000));
    assert_eq!(answered(40, NOW.minus(20)), Err(UiCode::RequestGone));
    // They do not: it may be as new as it can be.
    for desk_at in [NOW.minus(DAY), NOW.plus(DAY)] {
        assert_eq!(answered(10, desk_at), Ok(50_000 + 15_000));
        assert_eq!(answered(REQUEST_LIFETIME, desk_at), Err(UiCode::RequestGone));
    }
}

/// A sync by a clock that is not the province's, which says so first.
fn sync_by(
    phone: &mut Phone,
    province: &mut Province,
    (here, there): (Timestamp, Timestamp),
) -> Result<(), UiError> {
    let wrong = problem_response(&Problem {
        server_time: Some(there.unix()),
        ..Problem::new(ProblemCode::DeviceClock)
    });
    phone.wallet.start_sync(here)?;
    phone.wallet.next_request(here, &mut phone.rng)?;
    phone.wallet.on_response(&wrong, here)?;
    while let Some(request) = phone.wallet.next_request(here, &mut phone.rng)? {
        let answer = province.handle(&request, there).unwrap();
        phone.wallet.on_response(&answer, here)?;
    }
    phone.wallet.finish_run(here).map(drop)
}

#[test]
fn a_clock_that_is_ahead_makes_the_app_try_no_more_often() {
    for ahead in [20 * 3600, 400 * DAY] {
        let mut province = Province::new(NOW);
        let mut phone = Phone::enrolled(1, &mut province);
        let there = NOW.plus(60);
        let here = there.plus(ahead);
        sync_by(&mut phone, &mut province, (here, there)).unwrap();
        let wait = |phone: &Phone, network| {
            let plan = phone.wallet.sync_plan(here, network).unwrap();
            plan.wait_seconds.unwrap()
        };
        assert!(wait(&phone, Network::default()) > 10 * 3600, "{ahead}");
        let unseen = Network {
            background: true,
            ..Network::default()
        };
        assert!(wait(&phone, unseen) > 10 * 3600, "{ahead}");
        // A stock that is used up is filled a little later, not at once and for ever.
        for _ in 0..8 {
            phone.wallet.show_timed("age", None, there).unwrap();
        }
        let refill = wait(&phone, Network::default());
        assert!((800..=900).contains(&refill), "{ahead}: {refill}");
        // What the province asks for is kept.
        let busy = Problem {
            retry_after: Some(700),
            ..Problem::new(ProblemCode::ServerBusy)
        };
        province.refuse.insert(paths::SYNC, busy);
        sync_by(&mut phone, &mut province, (here, there)).unwrap_err();
        assert!(wait(&phone, Network::default()) >= 700, "{ahead}");
        assert!(phone.wallet.start_sync(here).is_err(), "{ahead}");
    }
}

#[test]
fn a_clock_that_was_reset_keeps_the_app_from_no_try() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    let there = NOW.plus(60);
    let here = there.minus(2_000 * DAY);
    sync_by(&mut phone, &mut province, (here, there)).unwrap();
    let wait = |phone: &Phone, later| {
        let plan = phone
            .wallet
            .sync_plan(here.plus(later), Network::default())
            .unwrap();
        plan.wait_seconds.unwrap()
    };
    let first = wait(&phone, 0);
    assert!(first > 10 * 3600);
    assert_eq!(wait(&phone, 3600), first - 3600);
    assert_eq!(wait(&phone, DAY), 0);
    // A pause that the province asks for ends, by hand and by itself.
    let busy = Problem {
        retry_after: Some(700),
        ..Problem::new(ProblemCode::ServerBusy)
    };
    province.refuse.insert(paths::SYNC, busy);
    sync_by(&mut phone, &mut province, (here, there)).unwrap_err();
    assert!(phone.wallet.start_sync(here).is_err());
    assert!(wait(&phone, 0) >= 700);
    phone.wallet.start_sync(here.plus(701)).unwrap();
    // Without an answer the waits grow, and end.
    phone
        .wallet
        .next_request(here.plus(701), &mut phone.rng)
        .unwrap()
        .unwrap();
    phone
        .wallet
        .on_failure(Failure::Unreachable, here.plus(701))
        .unwrap();
    phone.wallet.finish_run(here.plus(701)).unwrap_err();
    assert!((15..=120).contains(&wait(&phone, 701)));
    assert_eq!(wait(&phone, 1000), 0);
}
