//! Copies of requests that arrive late, and reports from a wallet that the province ended.

use province_api::problem::{Problem, ProblemCode};
use province_api::signature::{self, DeviceKey};
use province_api::{IDEMPOTENCY_KEY, paths};

use super::province::{Province, problem_response};
use super::put_off::{Trouble, asked, problem};
use super::{NOW, Phone, good_draft};
use crate::screen::{ItemKind, ItemState};
use crate::store::enrolment;
use crate::sync::HttpRequest;
use crate::{Failure, Network, UiCode};

/// Sends whatever is first, which is lost on its way, and ends the run; what was sent may still arrive.
fn lost_on_its_way(phone: &mut Phone, province: &mut Province, now: credential::Timestamp) -> HttpRequest {
    phone.wallet.start_sync(now).unwrap();
    let request = phone.wallet.next_request(now, &mut phone.rng).unwrap().unwrap();
    phone.wallet.on_failure(Failure::TimedOut, now).unwrap();
    phone.carry(province, now, None).0.unwrap();
    request
}

fn signer(request: &HttpRequest, now: credential::Timestamp) -> DeviceKey {
    let header = |name: &str| {
        let found = request.headers.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str())
    };
    assert!(header(IDEMPOTENCY_KEY).is_some());
    let verified = signature::verify(header, request.method, &request.path, &request.body, now.unix());
    verified.unwrap().device
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

#[test]
fn somebody_elses_lost_phone_is_reported_by_a_wallet_that_the_province_ended() {
    for (number, code) in (1..).zip([ProblemCode::DeviceReplaced, ProblemCode::WalletDisabled]) {
        let mut province = Province::new(NOW);
        let mut phone = Phone::enrolled(number, &mut province);
        let own = enrolment::device_key(phone.wallet.database()).unwrap();
        let own = DeviceKey::of(&ed25519_dalek::SigningKey::from_bytes(&own));
        // Of this wallet's own nothing more is done.
        phone.mobile("03001112223");
        phone.lost(&good_draft(), None, NOW);
        let ended = Problem::new(code);
        for path in [paths::MOBILE, paths::SYNC] {
            province.refuse.insert(path, ended.clone());
        }
        phone.sync(&mut province, NOW).unwrap_err();
        phone.restart();
        let waits = phone.errand(ItemKind::Lost, NOW);
        assert_eq!(waits.state, ItemState::Waiting);
        assert_eq!(phone.wait(NOW), 0, "by itself");

        // Its answer is lost, and the same goes again.
        let mut requests = Vec::new();
        for at in [NOW, NOW.plus(60)] {
            phone.wallet.start_sync_over(Network::default(), at).unwrap();
            let request = phone.wallet.next_request(at, &mut phone.rng).unwrap().unwrap();
            assert_eq!(request.path, paths::LOST);
            assert_ne!(signer(&request, at), own);
            let answer = province.handle(&request, at).unwrap();
            if at == NOW {
                phone.wallet.on_failure(Failure::TimedOut, at).unwrap();
            } else {
                phone.wallet.on_response(&answer, at).unwrap();
            }
            let (run, paths) = phone.carry(&mut province, at, None);
            assert_eq!(run.unwrap_err().code.code(), code.code());
            assert_eq!(asked(&paths, paths::MOBILE), 0);
            requests.push(request);
        }
        assert_eq!(signer(&requests[0], NOW), signer(&requests[1], NOW));
        assert_eq!(province.lost.len(), 1, "done once");
        let done = phone.errand(ItemKind::Lost, NOW);
        assert_eq!(done.state, ItemState::Confirmed);
        let plan = phone.wallet.sync_plan(NOW, Network::default()).unwrap();
        assert_eq!(plan.wait_seconds, None);
        let trouble = phone.wallet.home(NOW).unwrap().trouble;
        assert_eq!(trouble.ended.map(UiCode::code), Some(code.code()));
    }
}

#[test]
fn a_report_that_meets_the_end_of_its_wallet_goes_all_the_same() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    phone.lost(&good_draft(), None, NOW);
    let ended = Problem::new(ProblemCode::DeviceReplaced);
    let answer = || Ok(problem_response(&ended));
    let trouble = Trouble {
        path: paths::LOST,
        answer: &answer,
    };
    let (run, _) = phone.sync_in(&mut province, NOW, trouble);
    assert_eq!(run.unwrap_err().code, UiCode::DeviceReplaced);
    let waits = phone.errand(ItemKind::Lost, NOW);
    assert!(
        waits.state == ItemState::Waiting && waits.can_discard,
        "nothing was done"
    );
    province.refuse.insert(paths::SYNC, ended.clone());
    phone.sync(&mut province, NOW).unwrap_err();
    assert_eq!(phone.errand(ItemKind::Lost, NOW).state, ItemState::Confirmed);
    assert_eq!(province.lost.len(), 1);
}

#[test]
fn a_report_goes_from_a_wallet_that_ended_while_it_applied_and_nothing_is_tried_for_ever() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::ready(1);
    phone.wallet.start_enrolment(NOW, &mut phone.rng).unwrap();
    phone.wallet.next_request(NOW, &mut phone.rng).unwrap().unwrap();
    phone.wallet.on_failure(Failure::TimedOut, NOW).unwrap();
    phone.wallet.finish_run(NOW).unwrap_err();
    phone.lost(&good_draft(), None, NOW);
    let ended = Problem::new(ProblemCode::DeviceReplaced);
    province.refuse.insert(paths::ENROLMENTS, ended);
    let error = phone.sync(&mut province, NOW.plus(60)).unwrap_err();
    assert_eq!(error.code, UiCode::DeviceReplaced);
    phone.sync(&mut province, NOW.plus(120)).unwrap();
    assert_eq!(province.lost.len(), 1);
    let plan = phone.wallet.sync_plan(NOW.plus(120), Network::default()).unwrap();
    assert_eq!(plan.wait_seconds, None);
}
