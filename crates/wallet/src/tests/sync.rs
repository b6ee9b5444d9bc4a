//! Sync: what an idle one costs, deltas, lists that go back, a phone that was away.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use credential::{DAY, StatusManifest, TrustList};
use province_api::paths;
use province_api::problem::{Problem, ProblemCode};

use super::province::{Province, domicile, packaged, problem_response, register, roots, status, trust};
use super::{NOW, Phone};
use crate::screen::CardStanding;
use crate::{Failure, HttpRequest, HttpResponse, Network, UiCode};

/// Bytes of HTTP/1.1 as the driver sends them.
fn wire(request: &HttpRequest, response: &HttpResponse) -> usize {
    let mut sent = format!(
        "{} {} HTTP/1.1\r\nhost: province.example\r\nuser-agent: khyber-pass\r\naccept: */*\r\naccept-encoding: gzip\r\n\
         content-length: {}\r\n",
        request.method,
        request.path,
        request.body.len()
    );
    for (name, value) in &request.headers {
        sent.push_str(name);
        sent.push_str(": ");
        sent.push_str(value);
        sent.push_str("\r\n");
    }
    let answered = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncache-control: no-store\r\ncontent-length: {}\r\n\
         date: Sun, 22 Nov 2026 03:00:00 GMT\r\n\r\n",
        response.body.len()
    );
    sent.len() + 2 + request.body.len() + answered.len() + response.body.len()
}

/// Signs the next trust list, type register or manifest of the province.
fn next_trust(province: &mut Province, sequence: u64, now: credential::Timestamp) {
    let held = TrustList::verify(&province.trust_list, &super::root_set(), None).unwrap();
    let mut content = trust(&province.issuer, &province.ca, sequence, now);
    content.previous = (sequence == held.sequence() + 1).then(|| held.sha256());
    let [first, second, _] = roots();
    province.trust_list = credential::sign_trust_list(&content, &[(0, &first), (1, &second)]);
}

#[test]
fn a_sync_in_which_nothing_changed_is_one_exchange_of_two_kilobytes_at_most() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    phone.wallet.start_sync(NOW.plus(60)).unwrap();
    let request = phone
        .wallet
        .next_request(NOW.plus(60), &mut phone.rng)
        .unwrap()
        .unwrap();
    let response = province.handle(&request, NOW.plus(60)).unwrap();
    phone.wallet.on_response(&response, NOW.plus(60)).unwrap();
    assert!(
        phone
            .wallet
            .next_request(NOW.plus(60), &mut phone.rng)
            .unwrap()
            .is_none()
    );
    assert!(!phone.wallet.finish_run(NOW.plus(60)).unwrap().changed);
    let bytes = wire(&request, &response);
    assert!(bytes <= 2048, "{bytes} bytes");
}

#[test]
fn a_file_that_changed_comes_as_a_delta_and_whole_where_the_delta_does_not_serve() {
    for broken in [false, true] {
        let mut province = Province::new(NOW);
        let mut phone = Phone::enrolled(1, &mut province);
        province.requests.clear();
        next_trust(&mut province, 2, NOW.plus(60));
        phone.wallet.start_sync(NOW.plus(60)).unwrap();
        let mut delta_bytes = None;
        while let Some(request) = phone.wallet.next_request(NOW.plus(60), &mut phone.rng).unwrap() {
            let mut answer = province.handle(&request, NOW.plus(60)).unwrap();
            if request.path.starts_with(paths::DELTAS) {
                delta_bytes = Some(answer.body.len());
                if broken {
                    answer = problem_response(&Problem::new(ProblemCode::NotFound));
                }
            }
            phone.wallet.on_response(&answer, NOW.plus(60)).unwrap();
        }
        assert!(phone.wallet.finish_run(NOW.plus(60)).unwrap().changed);
        assert!(
            delta_bytes.unwrap() * 2 < province.trust_list.len(),
            "{delta_bytes:?}"
        );
        let whole = province.asked_for(paths::TRUST_LIST);
        assert_eq!(whole, broken);
        let held = crate::sync::load_trust(phone.wallet.database(), &super::root_set()).unwrap();
        assert_eq!(held.unwrap().sequence(), 2);
    }
}

#[test]
fn no_signed_list_goes_back_whatever_the_province_says() {
    let newer = NOW.plus(60);
    for which in 0..3 {
        let mut province = Province::new(NOW);
        let mut phone = Phone::enrolled(1, &mut province);
        let before = (
            province.trust_list.clone(),
            province.types.clone(),
            province.manifest.clone(),
        );
        next_trust(&mut province, 2, newer);
        province.types = register(2, newer, &packaged(), &province.issuer);
        province.manifest =
            StatusManifest::sign(&status(&province.list, 2, newer), &province.issuer).unwrap();
        phone.sync(&mut province, newer).unwrap();
        let code = match which {
            0 => {
                province.trust_list = before.0;
                UiCode::TrustRefused
            }
            1 => {
                province.types = before.1;
                UiCode::TypesRefused
            }
            _ => {
                province.manifest = before.2;
                UiCode::StatusRefused
            }
        };
        for deltas in [true, false] {
            province.deltas = deltas;
            let error = phone.sync(&mut province, newer.plus(60)).unwrap_err();
            assert_eq!(error.code, code);
        }
        let home = phone.wallet.home(newer).unwrap();
        let at = Some(u32::try_from(newer.unix()).unwrap());
        assert_eq!((home.trust_as_of, home.status_as_of), (at, at));
    }
}

#[test]
fn what_was_revoked_is_shown_no_more() {
    let mut province = Province::new(NOW);
    province.domicile = Some(("PSH-26-1", 1));
    let mut phone = Phone::enrolled(1, &mut province);
    assert!(
        phone
            .wallet
            .home(NOW)
            .unwrap()
            .passes
            .iter()
            .any(|pass| pass.document)
    );
    province.revoke(NOW);
    phone.sync(&mut province, NOW).unwrap_err();
    let home = phone.wallet.home(NOW).unwrap();
    assert_eq!(home.standing, CardStanding::Revoked);
    assert_eq!(home.trouble.ended, Some(UiCode::PersonRevoked));
    assert!(!home.passes.iter().any(|pass| pass.vct == domicile().as_str()));
    assert!(phone.wallet.timed_choices(NOW).unwrap().is_empty());
}

#[test]
fn a_wallet_that_was_away_for_ninety_days_comes_back_whole() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    let later = NOW.plus(200 * DAY);
    assert_eq!(
        phone.wallet.show_timed("age", None, later).unwrap_err().code,
        UiCode::PassExpired
    );
    // The trust list, the manifest and every pass are over; the register is signed by a key of today.
    province.deltas = false;
    province.renew(later);
    phone.sync(&mut province, later).unwrap();
    let home = phone.wallet.home(later).unwrap();
    let left: Vec<u32> = home.passes.iter().map(|pass| pass.left).collect();
    assert_eq!(left, [10, 10, 5, 2]);
    let at = Some(u32::try_from(later.unix()).unwrap());
    assert_eq!((home.trust_as_of, home.status_as_of), (at, at));
    assert!(phone.wallet.show_timed("age", None, later).is_ok());
}

#[test]
fn tries_without_an_answer_wait_longer_and_a_pause_is_kept() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    let wait = |phone: &Phone, now| {
        phone
            .wallet
            .sync_plan(now, Network::default())
            .unwrap()
            .wait_seconds
            .unwrap()
    };
    assert!((11 * 3600..=13 * 3600).contains(&wait(&phone, NOW)));
    province.down = true;
    let mut before = 0;
    for _ in 0..6 {
        assert_eq!(
            phone.sync(&mut province, NOW).unwrap_err().code,
            UiCode::NetworkDown
        );
        assert!(wait(&phone, NOW) > before / 2);
        before = wait(&phone, NOW);
    }
    assert!((480..=960).contains(&before), "{before}");
    province.down = false;
    let mut busy = Problem::new(ProblemCode::ServerFault);
    busy.retry_after = Some(600);
    province.refuse.insert(paths::SYNC, busy);
    phone.sync(&mut province, NOW).unwrap_err();
    phone.restart();
    let paused = phone.wallet.start_sync(NOW.plus(10)).unwrap_err();
    assert_eq!(
        (paused.code, paused.retry_after_seconds),
        (UiCode::ProvincePause, Some(590))
    );
    assert!(wait(&phone, NOW) >= 600);
    province.refuse.clear();
    phone.sync(&mut province, NOW.plus(600)).unwrap();
}

#[test]
fn a_costly_network_brings_no_large_file_and_the_background_is_not_used_up() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    let metered = Network {
        metered: true,
        background: false,
    };
    province.suspend(false, 2, NOW.plus(60));
    phone.wallet.start_sync_over(metered, NOW.plus(60)).unwrap();
    while let Some(request) = phone.wallet.next_request(NOW.plus(60), &mut phone.rng).unwrap() {
        if request.path.starts_with(paths::STATUS_PIECES) {
            phone
                .wallet
                .on_failure(Failure::AnswerTooLarge, NOW.plus(60))
                .unwrap();
        } else {
            let answer = province.handle(&request, NOW.plus(60)).unwrap();
            phone.wallet.on_response(&answer, NOW.plus(60)).unwrap();
        }
    }
    phone.wallet.finish_run(NOW.plus(60)).unwrap();
    let way = phone.wallet.on_its_way(NOW.plus(60)).unwrap();
    assert!(way.waits_for_free_network);
    assert_eq!(
        way.status_as_of,
        Some(u32::try_from(NOW.unix()).unwrap()),
        "the old data stay whole"
    );
    phone.sync(&mut province, NOW.plus(120)).unwrap();
    assert!(
        !phone
            .wallet
            .on_its_way(NOW.plus(120))
            .unwrap()
            .waits_for_free_network
    );

    let background = Network {
        metered: false,
        background: true,
    };
    let plan = phone.wallet.sync_plan(NOW.plus(120), background).unwrap();
    assert_eq!(plan.bytes_max, Some(256 * 1024));
    phone.wallet.start_sync_over(background, NOW.plus(120)).unwrap();
    phone.drive(&mut province, NOW.plus(120)).unwrap();
    phone.wallet.finish_run(NOW.plus(120)).unwrap();
    phone
        .wallet
        .change_mobile("03001112223", NOW, &mut phone.rng)
        .unwrap();
    let plan = phone.wallet.sync_plan(NOW.plus(120), background).unwrap();
    assert_eq!(plan.wait_seconds, Some(6 * 3600));
    assert!(plan.bytes_max.unwrap() < 256 * 1024);
    phone.wallet.set_sync_limits(true, false).unwrap();
    assert_eq!(
        phone.wallet.sync_plan(NOW, background).unwrap().wait_seconds,
        None
    );
    assert_eq!(phone.wallet.sync_plan(NOW, metered).unwrap().bytes_max, None);
}

#[test]
fn a_wrong_clock_syncs_all_the_same_is_told_and_never_runs_backwards() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    let ahead = NOW.plus(400 * DAY);
    // The province refuses what is signed at another time, and says what time it is.
    phone.wallet.start_sync(ahead).unwrap();
    let request = phone.wallet.next_request(ahead, &mut phone.rng).unwrap().unwrap();
    let mut clock = Problem::new(ProblemCode::DeviceClock);
    clock.server_time = Some(NOW.unix());
    assert_eq!(request.path, paths::SYNC);
    phone
        .wallet
        .on_response(&problem_response(&clock), ahead)
        .unwrap();
    while let Some(request) = phone.wallet.next_request(ahead, &mut phone.rng).unwrap() {
        let answer = province.handle(&request, NOW).unwrap();
        phone.wallet.on_response(&answer, ahead).unwrap();
    }
    assert!(!phone.wallet.finish_run(ahead).unwrap().changed);
    assert_eq!(
        province.batches, 1,
        "nothing is drawn anew for a clock that is wrong"
    );
    let trouble = phone.wallet.home(ahead).unwrap().trouble;
    assert_eq!(trouble.clock_off_by, Some(i32::try_from(400 * DAY).unwrap()));
    let shown = phone.wallet.show_timed("age", None, ahead).unwrap_err();
    assert_eq!(shown.code, UiCode::DeviceClock);
    // Set right, it is forgotten; set back, the phone goes by what it has seen.
    assert_eq!(phone.wallet.home(NOW).unwrap().trouble.clock_off_by, None);
    assert!(phone.wallet.show_timed("age", None, NOW).is_ok());
    let behind = phone.wallet.home(NOW.minus(30 * DAY)).unwrap().trouble;
    assert_eq!(behind.clock_off_by, Some(-i32::try_from(30 * DAY).unwrap()));
}

#[test]
fn a_file_that_does_not_lie_under_its_hash_is_asked_for_by_name() {
    let gone = problem_response(&Problem::new(ProblemCode::NotFound));
    for instead in [
        gone,
        super::province::ok(b"something else that was kept on the way".to_vec()),
    ] {
        let mut province = Province::new(NOW);
        let mut phone = Phone::ready(1);
        phone.wallet.start_enrolment(NOW, &mut phone.rng).unwrap();
        let mut strange = 0;
        while let Some(request) = phone.wallet.next_request(NOW, &mut phone.rng).unwrap() {
            let answer = if request.path.starts_with(paths::FILES) {
                strange += 1;
                instead.clone()
            } else {
                province.handle(&request, NOW).unwrap()
            };
            phone.wallet.on_response(&answer, NOW).unwrap();
        }
        assert!(phone.wallet.finish_run(NOW).unwrap().changed);
        // Once for each of the three, and then as whatever is the newest.
        let by_name = [paths::TRUST_LIST, paths::TYPES, paths::STATUS_MANIFEST];
        let asked = province
            .requests
            .iter()
            .filter(|path| by_name.contains(&path.as_str()));
        assert_eq!((strange, asked.count()), (3, 3));
    }
}

#[test]
fn a_province_that_is_busy_is_not_asked_in_another_way() {
    let busy = problem_response(&Problem {
        retry_after: Some(30),
        ..Problem::new(ProblemCode::ServerBusy)
    });
    let mut province = Province::new(NOW);
    let mut phone = Phone::ready(1);
    phone.wallet.start_enrolment(NOW, &mut phone.rng).unwrap();
    let mut asked = 0;
    while let Some(request) = phone.wallet.next_request(NOW, &mut phone.rng).unwrap() {
        let answer = if request.path.starts_with(paths::FILES) {
            asked += 1;
            busy.clone()
        } else {
            province.handle(&request, NOW).unwrap()
        };
        phone.wallet.on_response(&answer, NOW).unwrap();
    }
    assert!(phone.wallet.finish_run(NOW).is_err());
    assert_eq!((asked, province.asked_for(paths::TRUST_LIST)), (1, false));
}
