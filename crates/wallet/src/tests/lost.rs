//! A lost phone, told from a phone that is nobody's; and taking the place of a wallet that was ended.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::collections::BTreeSet;

use province_api::paths;
use province_api::problem::{Problem, ProblemCode};
use province_api::sync::LostReply;

use super::province::{Province, ok, problem_response};
use super::{NOW, PIN, Phone, good_draft, jpeg, wallet_in};
use crate::screen::lost::LostTold;
use crate::screen::{Draft, EnrolmentState, ItemState, LockState};
use crate::store::outbox;
use crate::testing::{MemoryKey, TestRng};
use crate::{Failure, LostReport, UiCode, UiError};

fn tell(report: &mut LostReport, province: &mut Province, rng: &mut TestRng) -> Result<LostTold, UiError> {
    while let Some(request) = report.next_request(NOW, rng) {
        match province.handle(&request, NOW) {
            Ok(response) => report.on_response(&response, NOW),
            Err(failure) => report.on_failure(failure),
        }
    }
    report.finish()
}

/// Every file below a folder.
fn files(folder: &std::path::Path) -> BTreeSet<std::path::PathBuf> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        }
        found.insert(path);
    }
    found
}

#[test]
fn a_lost_phone_is_told_from_a_new_phone_and_from_a_locked_one_and_nothing_of_it_stays() {
    for profile in [false, true] {
        let mut province = Province::new(NOW);
        let folder = tempfile::tempdir().unwrap();
        let mut wallet = wallet_in(folder.path(), &MemoryKey::default());
        let mut rng = TestRng::new(3);
        if profile {
            wallet.create_vault(PIN, NOW, &mut rng).unwrap();
            wallet.lock(NOW).unwrap();
        }
        let before = files(folder.path());
        let mut report = wallet.lost_report(&good_draft(), jpeg(), NOW, &mut rng).unwrap();
        assert!(tell(&mut report, &mut province, &mut rng).unwrap().disabled_at > 0);
        assert_eq!(province.lost, [("99999-1234567-1".to_owned(), NOW.unix())]);
        assert_eq!(files(folder.path()), before);
    }
}

#[test]
fn what_is_typed_is_checked_by_the_rules_of_an_enrolment() {
    let phone = Phone::new(1);
    assert_eq!(
        phone.wallet.check_person(&good_draft(), NOW).errors.len(),
        1,
        "only the photo is missing"
    );
    let whole = Draft {
        has_photo: true,
        ..good_draft()
    };
    assert!(phone.wallet.check_person(&whole, NOW).errors.is_empty());
    let mut rng = TestRng::new(1);
    let wrong = Draft {
        cnic: "12".into(),
        ..good_draft()
    };
    let error = phone
        .wallet
        .lost_report(&wrong, jpeg(), NOW, &mut rng)
        .err()
        .unwrap();
    assert_eq!(
        (error.code, error.fields[0].field.as_str()),
        (UiCode::FieldsInvalid, "cnic")
    );
    assert!(
        phone
            .wallet
            .lost_report(&good_draft(), Vec::new(), NOW, &mut rng)
            .is_err()
    );
}

#[test]
fn two_reports_have_nothing_in_common_but_what_they_say() {
    let phone = Phone::new(1);
    let mut rng = TestRng::new(5);
    let mut report = |now| {
        phone
            .wallet
            .lost_report(&good_draft(), jpeg(), now, &mut rng)
            .unwrap()
    };
    let (mut one, mut other) = (report(NOW), report(NOW.plus(60)));
    assert!(one.says_the_same(&other));
    let headers = |report: &mut LostReport| -> BTreeSet<String> {
        let request = report.next_request(NOW, &mut TestRng::new(9)).unwrap();
        let names = ["idempotency-key", "signature-input", "signature"];
        request
            .headers
            .into_iter()
            .filter(|(name, _)| names.contains(&name.as_str()))
            .map(|(_, value)| value)
            .collect()
    };
    assert!(headers(&mut one).is_disjoint(&headers(&mut other)));
}

#[test]
fn a_report_whose_answer_was_lost_goes_again_under_the_same_key() {
    let mut province = Province::new(NOW);
    let phone = Phone::new(1);
    let mut rng = TestRng::new(3);
    let mut report = phone
        .wallet
        .lost_report(&good_draft(), jpeg(), NOW, &mut rng)
        .unwrap();
    province.down = true;
    assert_eq!(
        tell(&mut report, &mut province, &mut rng).unwrap_err().code,
        UiCode::NetworkDown
    );
    province.down = false;
    // It arrives, and its answer does not.
    let request = report.next_request(NOW, &mut rng).unwrap();
    province.handle(&request, NOW).unwrap();
    report.on_failure(Failure::TimedOut);
    assert_eq!(report.finish().unwrap_err().code, UiCode::NetworkTimeout);
    let first = key(&request.headers);
    let again = report.next_request(NOW, &mut rng).unwrap();
    assert_eq!(key(&again.headers), first);
    report.on_response(&province.handle(&again, NOW).unwrap(), NOW);
    assert!(report.finish().is_ok());
    assert_eq!(province.lost.len(), 1, "done once");
}

fn key(headers: &[(String, String)]) -> String {
    let found = headers.iter().find(|(name, _)| name == "idempotency-key");
    found.unwrap().1.clone()
}

#[test]
fn a_wrong_clock_is_made_good_once_and_a_refusal_says_why() {
    let mut province = Province::new(NOW);
    let phone = Phone::new(1);
    let mut rng = TestRng::new(3);
    let behind = NOW.minus(400 * credential::DAY);
    let mut report = phone
        .wallet
        .lost_report(&good_draft(), jpeg(), behind, &mut rng)
        .unwrap();
    let clock = Problem {
        server_time: Some(NOW.unix()),
        ..Problem::new(ProblemCode::DeviceClock)
    };
    report.next_request(behind, &mut rng).unwrap();
    report.on_response(&problem_response(&clock), behind);
    let anew = report.next_request(behind, &mut rng).unwrap();
    report.on_response(&province.handle(&anew, NOW).unwrap(), behind);
    assert!(report.finish().is_ok(), "signed by the province's clock");
    assert_eq!(province.lost[0].1, NOW.unix(), "and told by it");

    let mut report = phone
        .wallet
        .lost_report(&good_draft(), jpeg(), NOW, &mut rng)
        .unwrap();
    let mut signed = 0;
    while report.next_request(NOW, &mut rng).is_some() {
        signed += 1;
        report.on_response(&problem_response(&clock), NOW);
    }
    assert_eq!(
        (signed, report.finish().unwrap_err().code),
        (3, UiCode::DeviceClock)
    );

    for (problem, code) in [
        (ProblemCode::NotEnrolled, UiCode::LostNotEnrolled),
        (ProblemCode::NadraNotMatched, UiCode::NadraNotMatched),
        (ProblemCode::TooManyAttempts, UiCode::TooManyAttempts),
        (ProblemCode::ServerFault, UiCode::ServerFault),
    ] {
        province.refuse.insert(paths::LOST, Problem::new(problem));
        let mut report = phone
            .wallet
            .lost_report(&good_draft(), jpeg(), NOW, &mut rng)
            .unwrap();
        assert_eq!(tell(&mut report, &mut province, &mut rng).unwrap_err().code, code);
    }
}

#[test]
fn a_refused_report_of_an_open_vault_is_mended_or_sent_again_as_it_is() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::new(1);
    province
        .refuse
        .insert(paths::LOST, Problem::new(ProblemCode::NadraNotMatched));
    phone
        .wallet
        .report_lost((&good_draft(), jpeg()), None, NOW, &mut phone.rng)
        .unwrap();
    phone.sync(&mut province, NOW).unwrap();
    let refused = phone.wallet.on_its_way(NOW).unwrap().items[0].clone();
    assert!(refused.state == ItemState::Refused && refused.can_mend && !refused.can_retry);
    let id = refused.id.unwrap();
    let wrong = phone.wallet.retry_errand(id).unwrap_err();
    assert_eq!(wrong.code, UiCode::StillUnderway, "what is wrong is mended first");
    let kept = phone.wallet.lost_person(id).unwrap().unwrap();
    assert_eq!(
        (kept.person.cnic.as_str(), kept.person.has_photo),
        ("99999-1234567-1", true)
    );
    assert!(kept.photo.starts_with("data:image/jpeg;base64,"));

    province.refuse.clear();
    // What passes by itself was refused before errands waited for it.
    let down = UiCode::NadraUnavailable.into();
    outbox::refuse(phone.wallet.database(), i64::from(id), &down, NOW).unwrap();
    assert!(phone.wallet.on_its_way(NOW).unwrap().items[0].can_retry);
    phone.wallet.retry_errand(id).unwrap();
    let again = phone.wallet.on_its_way(NOW).unwrap().items[0].clone();
    assert_eq!(again.state, ItemState::Waiting);
    let id = again.id.unwrap();
    assert!(phone.wallet.lost_person(id).unwrap().is_none());
    let twice = phone.wallet.retry_errand(id).unwrap_err();
    assert_eq!(twice.code, UiCode::StillUnderway);
    phone.sync(&mut province, NOW.plus(600)).unwrap();
    assert_eq!(
        phone.wallet.on_its_way(NOW).unwrap().items[0].state,
        ItemState::Confirmed
    );
    assert_eq!(province.lost, [("99999-1234567-1".to_owned(), NOW.unix())]);
}

#[test]
fn a_number_that_was_refused_is_told_and_what_is_wrong_with_it_is_not_sent_again_as_it_is() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    province
        .refuse
        .insert(paths::MOBILE, Problem::new(ProblemCode::DeviceUnknown));
    phone
        .wallet
        .change_mobile("03001112223", NOW, &mut phone.rng)
        .unwrap();
    phone.sync(&mut province, NOW).unwrap();
    let refused = phone.wallet.on_its_way(NOW).unwrap().items[0].clone();
    assert_eq!(refused.mobile.as_deref(), Some("03001112223"));
    assert!(refused.can_mend && !refused.can_retry);
}

#[test]
fn whoever_begins_anew_takes_the_place_of_the_wallet_that_was_ended() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    province
        .refuse
        .insert(paths::SYNC, Problem::new(ProblemCode::WalletDisabled));
    phone.sync(&mut province, NOW).unwrap_err();
    province.refuse.clear();
    phone.wallet.unlock(PIN, NOW).unwrap();
    phone.wallet.start_over(NOW, &mut phone.rng).unwrap();
    phone.wallet.set_photo(&jpeg(), NOW).unwrap();
    // Somebody was released meanwhile: then there is no place to take, and they enrol.
    province
        .refuse
        .insert(paths::REBIND, Problem::new(ProblemCode::NotEnrolled));
    assert_eq!(
        phone.bind(&mut province, NOW).unwrap_err().code,
        UiCode::NotEnrolled
    );
    province.refuse.clear();
    phone.restart();
    phone.bind(&mut province, NOW.plus(60)).unwrap();
    assert_eq!(
        phone.wallet.app_state(NOW).unwrap().enrolment,
        EnrolmentState::Enrolled
    );
    let sent = |path: &str| province.requests.iter().filter(|one| *one == path).count();
    assert_eq!((sent(paths::REBIND), sent(paths::ENROLMENTS)), (1, 2));
}

#[test]
fn a_wallet_that_was_disabled_locks_when_it_learns_so_and_one_that_was_replaced_stays_open() {
    for (problem, lock) in [
        (ProblemCode::WalletDisabled, LockState::Locked),
        (ProblemCode::DeviceReplaced, LockState::Open),
    ] {
        // At the question, and at an errand before it.
        for path in [paths::SYNC, paths::MOBILE] {
            let mut province = Province::new(NOW);
            let mut phone = Phone::enrolled(1, &mut province);
            phone
                .wallet
                .change_mobile("03001112223", NOW, &mut phone.rng)
                .unwrap();
            province.refuse.insert(path, Problem::new(problem));
            let code = phone.sync(&mut province, NOW).unwrap_err().code;
            assert_eq!(phone.wallet.app_state(NOW).unwrap().lock, lock);
            if lock == LockState::Locked {
                assert_eq!(phone.wallet.home(NOW).unwrap_err().code, UiCode::Locked);
                phone.wallet.unlock(PIN, NOW).unwrap();
            }
            assert_eq!(phone.wallet.home(NOW).unwrap().trouble.ended, Some(code));
            assert!(phone.wallet.timed_choices(NOW).unwrap().is_empty());
            // Told once more it stays open: its owner has it back and begins anew.
            let later = NOW.plus(3600);
            province.refuse.insert(paths::SYNC, Problem::new(problem));
            assert_eq!(phone.sync(&mut province, later).unwrap_err().code, code);
            assert_eq!(phone.wallet.app_state(later).unwrap().lock, LockState::Open);
        }
    }
}

#[test]
fn a_report_that_waits_says_when_it_was_made_by_the_provinces_clock() {
    // How far the clock was behind when the report was made, and how far ahead it is when it is sent.
    for (off, ahead) in [(0, 0), (400 * credential::DAY, 0), (0, 400 * credential::DAY)] {
        let mut province = Province::new(NOW);
        let mut phone = Phone::new(1);
        phone
            .wallet
            .report_lost((&good_draft(), jpeg()), None, NOW.minus(off), &mut phone.rng)
            .unwrap();
        let arrives = NOW.plus(3 * credential::DAY);
        let clock = arrives.minus(off).plus(ahead);
        phone.wallet.start_sync(clock).unwrap();
        let request = phone.wallet.next_request(clock, &mut phone.rng).unwrap().unwrap();
        let answer = if (off, ahead) == (0, 0) {
            province.handle(&request, arrives).unwrap()
        } else {
            problem_response(&Problem {
                server_time: Some(arrives.unix()),
                ..Problem::new(ProblemCode::DeviceClock)
            })
        };
        phone.wallet.on_response(&answer, clock).unwrap();
        while let Some(request) = phone.wallet.next_request(clock, &mut phone.rng).unwrap() {
            let answer = province.handle(&request, arrives).unwrap();
            phone.wallet.on_response(&answer, clock).unwrap();
        }
        assert_eq!(province.lost, [("99999-1234567-1".to_owned(), NOW.unix())]);
    }
}

#[test]
fn a_report_of_a_time_before_the_wallet_that_is_there_says_so_and_is_made_anew() {
    let spared = ok(serde_json::to_vec(&LostReply {
        disabled_at: NOW.unix(),
        newer: true,
    })
    .unwrap());
    // From one's next wallet: by a clock that was behind, it may have been the lost one all the same.
    let mut phone = Phone::new(1);
    phone.lost(&good_draft(), None, NOW.minus(400 * credential::DAY));
    phone.wallet.start_sync(NOW).unwrap();
    phone.wallet.next_request(NOW, &mut phone.rng).unwrap().unwrap();
    phone.wallet.on_response(&spared, NOW).unwrap();
    let mut province = Province::new(NOW);
    phone.carry(&mut province, NOW, None).0.unwrap();
    let item = phone.wallet.on_its_way(NOW).unwrap().items.remove(0);
    assert_eq!(item.state, ItemState::Refused);
    assert_eq!(item.error.unwrap().code, UiCode::LostNewerWallet);
    assert!(item.can_mend && !item.can_retry);
    phone.lost(&good_draft(), item.id, NOW.plus(60));
    phone.sync(&mut province, NOW.plus(60)).unwrap();
    assert_eq!(
        province.lost,
        [("99999-1234567-1".to_owned(), NOW.plus(60).unix())]
    );
    // From the door of a phone that is anybody's.
    let mut report = phone
        .wallet
        .lost_report(&good_draft(), jpeg(), NOW, &mut phone.rng)
        .unwrap();
    let again = phone
        .wallet
        .lost_report(&good_draft(), jpeg(), NOW.plus(9), &mut phone.rng)
        .unwrap();
    assert!(report.says_the_same(&again));
    report.next_request(NOW, &mut phone.rng).unwrap();
    report.on_response(&spared, NOW);
    assert_eq!(report.finish().unwrap_err().code, UiCode::LostNewerWallet);
    assert!(!report.says_the_same(&again), "another try is of its own time");
}
