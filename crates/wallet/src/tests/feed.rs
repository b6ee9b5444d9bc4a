//! The province's feed: taken once, whatever became of the phone, and what the citizen deleted stays deleted.

use province_api::problem::{Problem, ProblemCode};
use province_api::sync::{Event, FeedEvent};

use super::moving::backup;
use super::province::Province;
use super::transfer::move_over;
use super::{NOW, Phone, jpeg};
use crate::UiCode;
use crate::screen::PastAsk;
use crate::screen::moving::Moving;

fn event(seq: u64) -> FeedEvent {
    FeedEvent {
        seq,
        at: NOW.unix() + seq,
        what: Event::DocumentGranted {
            vct: "domicile".to_owned(),
            no: 0,
            grant: seq,
        },
    }
}

/// Which events the past has, the oldest first.
fn grants(phone: &Phone) -> Vec<u64> {
    let sql = "SELECT body FROM service_event WHERE kind = 'document_granted' ORDER BY at, id";
    let database = phone.wallet.database();
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let grant = |body: String| serde_json::from_str::<serde_json::Value>(&body).unwrap()["grant"].as_u64();
    rows.map(|body| grant(body.unwrap()).unwrap()).collect()
}

/// Deletes the newest event of the past.
fn forget_newest(phone: &mut Phone) {
    let past = phone.wallet.past(PastAsk::default()).unwrap().entries;
    let newest = past.iter().filter(|entry| entry.service.is_some());
    let newest = newest.max_by_key(|entry| entry.at).unwrap();
    phone.wallet.forget_past(&newest.id).unwrap();
}

/// A phone that took five events, of which the citizen deleted the last.
fn with_past(seed: u64) -> (Phone, Province) {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(seed, &mut province);
    province.feed = (1..=5).map(event).collect();
    phone.sync(&mut province, NOW).unwrap();
    forget_newest(&mut phone);
    let shown = phone.wallet.show_timed("age", None, NOW).unwrap();
    phone.wallet.end_showing(shown.id, NOW).unwrap();
    assert_eq!(grants(&phone), [1, 2, 3, 4]);
    (phone, province)
}

#[test]
fn an_answer_that_lost_its_events_on_the_way_is_not_taken() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    province.feed.push(FeedEvent {
        seq: province.feed.last().map_or(0, |last| last.seq) + 1,
        at: NOW.unix(),
        what: Event::Suspended { reason: None },
    });
    let told = |phone: &mut Phone| phone.wallet.past(PastAsk::default()).unwrap();
    let before = told(&mut phone).entries.len();
    phone.wallet.start_sync(NOW).unwrap();
    let request = phone.wallet.next_request(NOW, &mut phone.rng).unwrap().unwrap();
    let mut answer = province.handle(&request, NOW).unwrap();
    let body = String::from_utf8(answer.body).unwrap();
    // One bit of a name, and the number behind it is as it was.
    answer.body = body.replacen("\"feed\"", "\"deed\"", 1).into_bytes();
    phone.wallet.on_response(&answer, NOW).unwrap();
    let error = phone.wallet.finish_run(NOW).unwrap_err();
    assert_eq!(error.code, UiCode::AnswerInvalid);
    phone.sync(&mut province, NOW).unwrap();
    assert_eq!(told(&mut phone).entries.len(), before + 1);
}

#[test]
fn the_feed_is_taken_once_page_by_page_and_a_new_one_from_its_start() {
    let mut province = Province::new(NOW);
    let mut phone = Phone::enrolled(1, &mut province);
    province.feed = (1..=7).map(event).collect();
    for _ in 0..2 {
        phone.sync(&mut province, NOW.plus(60)).unwrap();
        phone.restart();
    }
    assert_eq!(grants(&phone), [1, 2, 3, 4, 5, 6, 7]);
    // Released and enrolled anew: the feed is another one and shorter.
    province.feed = (1..=2).map(event).collect();
    for _ in 0..2 {
        phone.sync(&mut province, NOW.plus(120)).unwrap();
    }
    assert_eq!(
        grants(&phone),
        [1, 1, 2, 2, 3, 4, 5, 6, 7],
        "nothing is lost of either"
    );
}

#[test]
fn a_phone_that_begins_anew_and_is_bound_again_goes_on_with_its_feed() {
    let (mut phone, mut province) = with_past(1);
    let disabled = Problem::new(ProblemCode::WalletDisabled);
    province.refuse.insert(province_api::paths::SYNC, disabled);
    phone.sync(&mut province, NOW).unwrap_err();
    province.refuse.clear();
    phone.restart();
    phone.wallet.start_over(NOW, &mut phone.rng).unwrap();
    phone.wallet.set_photo(&jpeg(), NOW).unwrap();
    province.feed.push(event(6));
    phone.bind(&mut province, NOW).unwrap();
    phone.sync(&mut province, NOW.plus(60)).unwrap();
    assert_eq!(grants(&phone), [1, 2, 3, 4, 6]);
}

/// Types another person in.
fn as_somebody_else(phone: &mut Phone) {
    let mut draft = phone.wallet.draft().unwrap();
    draft.cnic = "99999-7654321-3".to_owned();
    phone.wallet.save_draft(draft, NOW).unwrap();
    phone.wallet.set_photo(&jpeg(), NOW).unwrap();
}

#[test]
fn of_somebody_else_who_is_bound_to_this_vault_the_whole_feed_is_taken() {
    for restored in [false, true] {
        let (mut phone, mut province) = with_past(1);
        if restored {
            let made = backup(&mut phone);
            phone = Phone::new(2);
            phone
                .wallet
                .restore_backup(&made.file, &made.digits, NOW)
                .unwrap();
        } else {
            let replaced = Problem::new(ProblemCode::DeviceReplaced);
            province.refuse.insert(province_api::paths::SYNC, replaced);
            phone.sync(&mut province, NOW).unwrap_err();
            province.refuse.clear();
            phone.wallet.start_over(NOW, &mut phone.rng).unwrap();
        }
        as_somebody_else(&mut phone);
        province.feed = (11..=18)
            .map(|grant| FeedEvent {
                seq: grant - 10,
                ..event(grant)
            })
            .collect();
        phone.bind(&mut province, NOW).unwrap();
        phone.sync(&mut province, NOW.plus(60)).unwrap();
        let all: Vec<u64> = (1..=4).chain(11..=18).collect();
        assert_eq!(grants(&phone), all, "restored: {restored}");
    }
}

#[test]
fn a_phone_whose_citizen_enrols_anew_takes_the_other_feed_whole_and_keeps_the_past() {
    let (mut phone, mut province) = with_past(1);
    let replaced = Problem::new(ProblemCode::DeviceReplaced);
    province.refuse.insert(province_api::paths::SYNC, replaced);
    phone.sync(&mut province, NOW).unwrap_err();
    province.refuse.clear();
    phone.wallet.start_over(NOW, &mut phone.rng).unwrap();
    phone.wallet.set_photo(&jpeg(), NOW).unwrap();
    // Released meanwhile. The other feed is longer than what was taken of the one before.
    province.feed = (1..=8).map(event).collect();
    phone.enrol(&mut province, NOW).unwrap();
    phone.sync(&mut province, NOW.plus(60)).unwrap();
    assert_eq!(grants(&phone), [1, 1, 2, 2, 3, 3, 4, 4, 5, 6, 7, 8]);
}

#[test]
fn what_was_deleted_does_not_come_back_on_the_next_phone() {
    for by_backup in [true, false] {
        let (mut old, mut province) = with_past(1);
        let mut new = Phone::new(2);
        if by_backup {
            let made = backup(&mut old);
            new.wallet.restore_backup(&made.file, &made.digits, NOW).unwrap();
        } else {
            move_over(&mut old, &mut new);
        }
        assert_eq!(grants(&new), [1, 2, 3, 4]);
        assert_eq!(new.wallet.app_state(NOW).unwrap().moving, Moving::Restored);
        new.wallet.set_photo(&jpeg(), NOW).unwrap();
        province.feed.push(event(6));
        new.bind(&mut province, NOW).unwrap();
        new.sync(&mut province, NOW.plus(60)).unwrap();
        assert_eq!(grants(&new), [1, 2, 3, 4, 6], "by backup: {by_backup}");
    }
}
