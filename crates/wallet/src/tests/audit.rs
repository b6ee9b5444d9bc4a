//! Who looked, who issued: what the province's log says, page by page, and what of it stays on the phone.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::collections::BTreeMap;

use credential::Timestamp;
use province_api::audit::{AuditEntry, AuditReply};
use province_api::paths;
use province_api::problem::{Problem, ProblemCode};
use serde_json::{Value, json};

use super::province::{Province, ok, problem_response};
use super::{NOW, PIN, Phone};
use crate::screen::{AuditView, LockState};
use crate::sync::AUDIT_KEPT_MAX;
use crate::{Failure, UiCode, UiError};

impl Phone {
    fn ask_audit(
        &mut self,
        province: &mut Province,
        earlier: bool,
        now: Timestamp,
    ) -> Result<AuditView, UiError> {
        self.wallet.start_audit(earlier, now)?;
        self.drive(province, now)?;
        self.wallet.finish_run(now)?;
        self.wallet.audit()
    }

    /// The numbers of what is kept.
    fn kept(&mut self) -> Vec<u64> {
        let lines = self.wallet.audit().unwrap().lines;
        lines.iter().map(|line| line.number.parse().unwrap()).collect()
    }
}

fn entry(number: u64) -> AuditEntry {
    AuditEntry {
        number,
        at: NOW.unix() - 10_000 + number,
        role: "officer".to_owned(),
        actor: "o1".to_owned(),
        action: "document_granted".to_owned(),
        detail: BTreeMap::new(),
    }
}

/// Entries with these numbers, the newest first.
fn entries(numbers: impl DoubleEndedIterator<Item = u64>) -> Vec<AuditEntry> {
    numbers.rev().map(entry).collect()
}

fn falling(numbers: impl DoubleEndedIterator<Item = u64>) -> Vec<u64> {
    numbers.rev().collect()
}

#[test]
fn what_was_told_opens_without_a_network_with_the_date_as_of_which_it_was_asked() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    assert_eq!(phone.wallet.audit().unwrap(), AuditView::default(), "never asked");
    province.audit = entries(1..=3);
    province.audit[0].detail =
        BTreeMap::from([("vct".to_owned(), json!("domicile")), ("no".to_owned(), json!(2))]);
    province.audit[1].detail = BTreeMap::from([("passes".to_owned(), json!({"age": 9, "identity": 3}))]);
    let synced = phone.wallet.home(NOW).unwrap().last_sync_at;
    let asked = NOW.plus(60);
    phone.ask_audit(&mut province, false, asked).unwrap();
    assert_eq!(province.requests.last().unwrap(), paths::AUDIT);
    assert_eq!(phone.wallet.home(NOW).unwrap().last_sync_at, synced, "no sync");

    province.down = true;
    phone.restart();
    let error = phone.ask_audit(&mut province, false, asked.plus(60)).unwrap_err();
    assert_eq!(error.code, UiCode::NetworkDown);
    let view = phone.wallet.audit().unwrap();
    assert_eq!(view.asked_at.map(u64::from), Some(asked.unix()));
    assert_eq!(phone.kept(), [3, 2, 1]);
    assert!(!view.more && !view.full);
    let [first, second, third] = &view.lines[..] else {
        panic!("three lines")
    };
    assert_eq!(
        (first.role.as_str(), first.actor.as_deref(), first.action.as_str()),
        ("officer", Some("o1"), "document_granted")
    );
    assert_eq!(first.vct.as_deref(), Some("domicile"));
    assert!(
        !first.pass.as_ref().unwrap().name.en.is_empty(),
        "named by the register"
    );
    assert_eq!(first.child.as_ref().map(|child| child.no), Some(2));
    assert_eq!((second.count, third.count), (Some(12), None));
    assert_eq!(u64::from(third.at), province.audit[2].at);
}

#[test]
fn pages_follow_one_behind_the_other_and_nothing_is_there_twice() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    province.audit = entries((1..=250).map(|n| n * 3));
    let asked = NOW.plus(5);
    assert!(phone.ask_audit(&mut province, false, asked).unwrap().more);
    assert_eq!(phone.kept(), falling((151..=250).map(|n| n * 3)));
    // What is done meanwhile moves no page that is asked for by number.
    province.audit.insert(0, entry(900));
    assert!(phone.ask_audit(&mut province, true, NOW.plus(50)).unwrap().more);
    let view = phone.ask_audit(&mut province, true, NOW.plus(60)).unwrap();
    assert!(!view.more && !view.full);
    assert_eq!(
        view.asked_at.map(u64::from),
        Some(asked.unix()),
        "as of the newest page"
    );
    assert_eq!(phone.kept(), falling((1..=250).map(|n| n * 3)));
    // The newest page meets what is here: the rest stays, and nothing is asked for again.
    let view = phone.ask_audit(&mut province, false, NOW.plus(70)).unwrap();
    assert!(!view.more);
    assert_eq!(phone.kept(), falling((1..=250).map(|n| n * 3).chain([900])));
}

#[test]
fn a_newest_page_that_does_not_reach_what_is_here_takes_its_place() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    province.audit = entries(1..=5);
    phone.ask_audit(&mut province, false, NOW).unwrap();
    province.audit = entries(1..=200);
    assert!(phone.ask_audit(&mut province, false, NOW).unwrap().more);
    assert_eq!(phone.kept(), falling(101..=200), "no gap that nobody sees");
    assert!(!phone.ask_audit(&mut province, true, NOW).unwrap().more);
    assert_eq!(phone.kept(), falling(1..=200));
    // Another log of another enrolment.
    province.audit = entries(7..=8);
    phone.ask_audit(&mut province, false, NOW).unwrap();
    assert_eq!(phone.kept(), [8, 7]);
    province.audit.clear();
    let view = phone.ask_audit(&mut province, false, NOW).unwrap();
    assert!(view.lines.is_empty() && view.asked_at.is_some() && !view.more);
}

#[test]
fn a_phone_keeps_the_newest_thousand_and_says_so() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    let all = u64::from(AUDIT_KEPT_MAX) + 150;
    province.audit = entries(1..=all);
    let mut view = phone.ask_audit(&mut province, false, NOW).unwrap();
    while view.more {
        view = phone.ask_audit(&mut province, true, NOW).unwrap();
    }
    assert!(view.full);
    assert_eq!(phone.kept(), falling(151..=all));
    province.audit.insert(0, entry(all + 1));
    assert!(phone.ask_audit(&mut province, false, NOW).unwrap().full);
    assert_eq!(phone.kept(), falling(152..=all + 1));
}

#[test]
fn words_of_a_newer_province_are_kept_and_what_they_bring_harms_nothing() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    let strange = |number, detail: Value| AuditEntry {
        role: "oracle".to_owned(),
        actor: "\u{202e}desk\u{0} 4 <b>".to_owned(),
        action: "foreseen".to_owned(),
        detail: serde_json::from_value(detail).unwrap(),
        ..entry(number)
    };
    province.audit = vec![
        strange(5, json!({"vct": 7, "no": -1, "passes": [1], "count": "x"})),
        strange(
            4,
            json!({"vct": "of another time", "no": u64::MAX, "passes": {"age": u64::MAX}}),
        ),
        strange(3, json!({"long": "x".repeat(9_000)})),
    ];
    let view = phone.ask_audit(&mut province, false, NOW).unwrap();
    assert_eq!(phone.kept(), [5, 4, 3]);
    for line in view.lines {
        assert_eq!((line.role.as_str(), line.action.as_str()), ("oracle", "foreseen"));
        assert_eq!(line.actor.as_deref(), Some("desk 4 b"));
        assert!(line.child.is_none() && line.count.is_none() && line.pass.is_none());
    }
}

#[test]
fn an_answer_that_is_none_to_the_question_changes_nothing() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    province.audit = entries(1..=150);
    phone.ask_audit(&mut province, false, NOW).unwrap();
    let before = phone.wallet.audit().unwrap();
    let reply = |entries: Vec<AuditEntry>, next| serde_json::to_vec(&AuditReply { entries, next }).unwrap();
    let mut wordy = entry(9);
    wordy.action = "x".repeat(201);
    let wrong = [
        b"{}".to_vec(),
        reply(vec![entry(8), entry(9)], None),
        reply(vec![entry(9), entry(9)], None),
        reply(vec![entry(0)], None),
        reply(vec![entry(9)], Some(8)),
        reply(Vec::new(), Some(8)),
        reply(entries(1..=50), Some(51)),
        reply(entries(51..=60), None),
        reply(vec![wordy], None),
    ];
    for (at, body) in wrong.into_iter().enumerate() {
        phone.wallet.start_audit(true, NOW).unwrap();
        phone.wallet.next_request(NOW, &mut phone.rng).unwrap().unwrap();
        phone.wallet.on_response(&ok(body), NOW).unwrap();
        assert_eq!(
            phone.wallet.finish_run(NOW).unwrap_err().code,
            UiCode::AnswerInvalid,
            "{at}"
        );
        assert_eq!(phone.wallet.audit().unwrap(), before, "{at}");
    }
    phone.wallet.start_audit(false, NOW).unwrap();
    phone.wallet.next_request(NOW, &mut phone.rng).unwrap().unwrap();
    phone
        .wallet
        .on_response(&ok(reply(entries(1..=101), None)), NOW)
        .unwrap();
    assert_eq!(
        phone.wallet.finish_run(NOW).unwrap_err().code,
        UiCode::AnswerInvalid
    );
}

#[test]
fn who_is_not_enrolled_asks_nothing_and_a_refusal_says_why() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::ready(1);
    let none = phone.wallet.start_audit(false, NOW).unwrap_err();
    assert_eq!(none.code, UiCode::NotEnrolled);
    phone.enrol(&mut province, NOW).unwrap();
    for (problem, code) in [
        (ProblemCode::DeviceUnknown, UiCode::DeviceUnknown),
        (ProblemCode::DeviceSignature, UiCode::DeviceSignature),
        (ProblemCode::ServerFault, UiCode::ServerFault),
    ] {
        province.refuse.insert(paths::AUDIT, Problem::new(problem));
        assert_eq!(phone.ask_audit(&mut province, false, NOW).unwrap_err().code, code);
    }
    // A pause that the province asks for holds for everything.
    let busy = Problem {
        retry_after: Some(40),
        ..Problem::new(ProblemCode::TooManyAttempts)
    };
    province.refuse.insert(paths::AUDIT, busy);
    phone.ask_audit(&mut province, false, NOW).unwrap_err();
    province.refuse.clear();
    let pause = phone.ask_audit(&mut province, false, NOW).unwrap_err();
    assert_eq!(
        (pause.code, pause.retry_after_seconds),
        (UiCode::ProvincePause, Some(40))
    );
    assert!(phone.ask_audit(&mut province, false, NOW.plus(41)).is_ok());
    phone.wallet.start_audit(false, NOW.plus(50)).unwrap();
    phone
        .wallet
        .next_request(NOW.plus(50), &mut phone.rng)
        .unwrap()
        .unwrap();
    phone.wallet.on_failure(Failure::TimedOut, NOW.plus(50)).unwrap();
    let late = phone.wallet.finish_run(NOW.plus(50)).unwrap_err();
    assert_eq!(late.code, UiCode::NetworkTimeout);
}

#[test]
fn a_wrong_clock_is_made_good_and_a_disabled_wallet_locks() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    province.audit = entries(1..=2);
    let ahead = NOW.plus(30 * credential::DAY);
    phone.wallet.start_audit(false, ahead).unwrap();
    phone.wallet.next_request(ahead, &mut phone.rng).unwrap().unwrap();
    let clock = Problem {
        server_time: Some(NOW.unix()),
        ..Problem::new(ProblemCode::DeviceClock)
    };
    phone
        .wallet
        .on_response(&problem_response(&clock), ahead)
        .unwrap();
    let anew = phone.wallet.next_request(ahead, &mut phone.rng).unwrap().unwrap();
    let answer = province.handle(&anew, NOW).unwrap();
    phone.wallet.on_response(&answer, ahead).unwrap();
    phone.wallet.finish_run(ahead).unwrap();
    let view = phone.wallet.audit().unwrap();
    assert_eq!(
        view.asked_at.map(u64::from),
        Some(NOW.unix()),
        "by the province's clock"
    );

    province
        .refuse
        .insert(paths::AUDIT, Problem::new(ProblemCode::WalletDisabled));
    let error = phone.ask_audit(&mut province, false, NOW).unwrap_err();
    assert_eq!(error.code, UiCode::WalletDisabled);
    assert_eq!(phone.wallet.app_state(NOW).unwrap().lock, LockState::Locked);
    phone.wallet.unlock(PIN, NOW).unwrap();
    let sent = province.requests.len();
    let error = phone.ask_audit(&mut province, false, NOW).unwrap_err();
    assert_eq!(error.code, UiCode::WalletDisabled);
    assert_eq!(province.requests.len(), sent, "it asks no more");
    assert_eq!(phone.kept(), [2, 1], "what was told stays");
}
