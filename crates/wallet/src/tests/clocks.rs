//! A phone whose clock is wrong: nothing is lost, and what is wrong is said.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use credential::{DAY, REQUEST_LIFETIME, Signer, Timestamp, Vct, build_request};

use super::province::Province;
use super::{NOW, Phone};
use crate::UiCode;

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
