//! Copies of requests that arrive late.

use province_api::paths;
use province_api::problem::ProblemCode;

use super::province::Province;
use super::put_off::{Trouble, problem};
use super::{NOW, Phone};
use crate::Failure;
use crate::screen::{ItemKind, ItemState};
use crate::sync::HttpRequest;

/// Sends whatever is first, which is lost on its way, and ends the run; what was sent may still arrive.
fn lost_on_its_way(phone: &mut Phone, province: &mut Province, now: credential::Timestamp) -> HttpRequest {
    phone.wallet.start_sync(now).unwrap();
    let request = phone.wallet.next_request(now, &mut phone.rng).unwrap().unwrap();
    phone.wallet.on_failure(Failure::TimedOut, now).unwrap();
    phone.carry(province, now, None).0.unwrap();
    request
}

#[test]
fn another_number_waits_until_no_copy_of_the_one_before_can_be_done_any_more() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    phone.mobile("03001112223");
    let id = phone.errand(ItemKind::Mobile, NOW).id.unwrap();
    for at in [0, 10, 20] {
        let request = lost_on_its_way(&mut phone, &mut province, NOW.plus(at));
        assert_eq!(request.path, paths::MOBILE);
    }
    phone.wallet.give_up_errand(id).unwrap();
    phone.mobile("03009998887");
    assert_eq!(phone.wait(NOW.plus(30)), 591);
    for at in [30, 620] {
        phone.sync(&mut province, NOW.plus(at)).unwrap();
        assert_eq!(
            phone.errand(ItemKind::Mobile, NOW.plus(at)).state,
            ItemState::Waiting
        );
    }
    phone.sync(&mut province, NOW.plus(621)).unwrap();
    let done = phone.errand(ItemKind::Mobile, NOW.plus(621));
    assert_eq!(done.state, ItemState::Confirmed);
    assert_eq!(province.mobile.as_deref(), Some("03009998887"));
    // After an answer there is nothing to wait for.
    phone.mobile("03001112223");
    phone.sync(&mut province, NOW.plus(630)).unwrap();
    assert_eq!(province.mobile.as_deref(), Some("03001112223"));
}

#[test]
fn a_number_that_was_mended_after_damage_waits_for_the_copies_of_the_one_before() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    let damaged = Trouble {
        path: paths::MOBILE,
        answer: &|| Ok(problem(ProblemCode::DeviceSignature)),
    };
    // Refused at the eighth try, or taken back before.
    for (tries, begin) in [(8, NOW), (1, NOW.plus(10_000))] {
        phone.mobile("03001112223");
        for _ in 0..tries {
            phone.sync_in(&mut province, begin, damaged).0.unwrap();
        }
        phone.mobile("03009998887");
        phone.sync(&mut province, begin.plus(600)).unwrap();
        assert_eq!(phone.errand(ItemKind::Mobile, begin).state, ItemState::Waiting);
        phone.sync(&mut province, begin.plus(601)).unwrap();
        assert_eq!(phone.errand(ItemKind::Mobile, begin).state, ItemState::Confirmed);
    }
}
