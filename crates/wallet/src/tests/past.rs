//! The past: pages, search in three scripts, what is forgotten, and that no value is ever in it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::fs;

use credential::{Names, Timestamp, Vct};
use rusqlite::Connection;

use super::province::Province;
use super::{NOW, Phone};
use crate::screen::{Found, PastAsk, PastFilter, PastPage, ShowingMode, ShowingOutcome};
use crate::store::service_event::{self, ServiceEvent};
use crate::store::showing;
use crate::{UiCode, past, vault};

const DESKS: [(&str, &str, &str); 6] = [
    ("Civil Hospital Khar", "سول ہسپتال خار", "سول روغتون خار"),
    (
        "Domicile Branch, Peshawar",
        "ڈومیسائل برانچ، پشاور",
        "د ډومیسایل څانګه، پېښور",
    ),
    ("Arms Section", "اسلحہ سیکشن", "د وسلې برخه"),
    ("Ali Hospital", "علی ہسپتال", "د علي روغتون"),
    ("Men's Ward", "مردانہ وارڈ", "د سړي وارډ"),
    ("Man's House", "مرد کا گھر", "د سړی کور"),
];

fn shown(
    database: &Connection,
    at: u64,
    vct: &str,
    desk: Option<(&str, &str, &str)>,
    outcome: ShowingOutcome,
) {
    let names = desk.map(|(en, ur, ps)| Names::new(en, ur, ps));
    let row = showing::New {
        at: Timestamp::from_unix(at),
        which: Vct::parse(vct).unwrap().into(),
        mode: ShowingMode::Request,
        outcome,
        reason: None,
        desk: names.as_ref(),
        claims: &["name_en".to_owned(), "photo".to_owned()],
        last_pass: false,
    };
    showing::insert(database, &row).unwrap();
}

fn event(database: &Connection, at: u64, vct: Option<&str>, body: &str) {
    let event = ServiceEvent {
        feed_seq: at,
        at: Timestamp::from_unix(at),
        kind: "document_granted".to_owned(),
        vct: vct.map(str::to_owned),
        body: body.to_owned(),
    };
    assert!(service_event::insert(database, &event).unwrap());
}

/// A phone with one row for each desk at 100, 200 and so on, and two events.
fn phone() -> Phone {
    let mut province = Province::new(NOW);
    let phone = Phone::enrolled(31, &mut province);
    let database = phone.wallet.database();
    for (at, desk) in (1_u64..).zip(DESKS) {
        let outcome = if at == 3 {
            ShowingOutcome::Refused
        } else {
            ShowingOutcome::Shown
        };
        let vct = if at == 2 { "domicile" } else { "identity" };
        shown(database, at * 100, vct, Some(desk), outcome);
    }
    event(
        database,
        250,
        Some("domicile"),
        r#"{"office":{"en":"Deputy Commissioner","ur":"ڈپٹی کمشنر"}}"#,
    );
    event(database, 100, None, "{}");
    phone
}

fn ask(phone: &mut Phone, words: &str) -> PastPage {
    let ask = PastAsk {
        words: words.to_owned(),
        ..PastAsk::default()
    };
    phone.wallet.past(ask).unwrap()
}

fn moments(page: &PastPage) -> Vec<u32> {
    page.entries.iter().map(|entry| entry.at).collect()
}

#[test]
fn a_desk_is_found_by_each_of_its_names_and_by_what_they_sound_like() {
    let mut phone = phone();
    for (words, at, how) in [
        ("khar", vec![100], Found::Written),
        ("KHAR hosp", vec![100], Found::Written),
        ("هسپتال خار", vec![100], Found::Written),
        ("روغتون", vec![400, 100], Found::Written),
        ("علي ہسپتال", vec![400], Found::Written),
        ("د علی روغتون", vec![400], Found::Written),
        ("پشاور", vec![200], Found::Written),
        ("پېښور", vec![200], Found::Written),
        ("سړي", vec![500], Found::Written),
        ("سړی", vec![600], Found::Written),
        ("کمشنر", vec![250], Found::Written),
        ("deputy", vec![250], Found::Written),
        // In the other script only.
        ("Pekhawar", vec![200], Found::Sound),
        ("Aslaha", vec![300], Found::Sound),
        ("سیکشن برانچ", vec![], Found::Sound),
        ("ہاسپٹل", vec![400, 100], Found::Sound),
    ] {
        let page = ask(&mut phone, words);
        assert_eq!(moments(&page), at, "{words}");
        assert!(
            page.entries.iter().all(|entry| entry.found == Some(how)),
            "{words}"
        );
    }
    let nothing = |words: &str| moments(&ask(&mut phone, words)).is_empty();
    assert!(["bank", "بینک", "کلی"].map(nothing).iter().all(|none| *none));
}

#[test]
fn a_kind_is_found_by_the_names_that_the_register_has_today() {
    let mut phone = phone();
    for words in ["domicile certificate", "ڈومیسائل", "د ډومیسایل سند"] {
        let page = ask(&mut phone, words);
        assert!(moments(&page).contains(&200), "{words}: {:?}", moments(&page));
        assert!(moments(&page).contains(&250), "{words}: {:?}", moments(&page));
        assert!(!moments(&page).contains(&100), "{words}");
    }
    let page = ask(&mut phone, "domicile peshawar");
    assert_eq!(moments(&page), [200]);
}

#[test]
fn nothing_that_is_typed_is_an_error_or_syntax() {
    let mut phone = phone();
    let all = moments(&ask(&mut phone, "")).len();
    for words in [
        "\"",
        "'",
        "*",
        "words:khar",
        "khar OR bank",
        "NEAR(khar civil)",
        "-khar",
        "^khar",
        "khar*",
        "(",
        "\u{0}",
        "{words}:khar",
        "khar\" OR \"x",
        "%",
        "_",
        "\u{feff}\u{202e}",
        "; DROP TABLE showing",
        "\u{1f600}",
        "ﷺ",
        "a\u{301}\u{301}",
    ] {
        let page = ask(&mut phone, words);
        assert!(page.entries.len() <= all, "{words}");
    }
    assert_eq!(moments(&ask(&mut phone, "words:khar")), Vec::<u32>::new());
    assert_eq!(moments(&ask(&mut phone, "khar*")), [100]);
    assert_eq!(moments(&ask(&mut phone, &"khar ".repeat(1000))), [100]);
    assert_eq!(ask(&mut phone, "\"*\"").entries.len(), all, "nothing was asked");
    assert!(ask(&mut phone, &"گ".repeat(100_000)).entries.is_empty());
}

#[test]
fn filters_and_the_history_of_one_document() {
    let mut phone = phone();
    let mut at = |filter, vct: Option<&str>, words: &str| {
        let ask = PastAsk {
            filter,
            vct: vct.map(str::to_owned),
            words: words.to_owned(),
            before: None,
        };
        moments(&phone.wallet.past(ask).unwrap())
    };
    assert_eq!(
        at(PastFilter::All, None, ""),
        [600, 500, 400, 300, 250, 200, 100, 100]
    );
    assert_eq!(at(PastFilter::Shown, None, ""), [600, 500, 400, 200, 100]);
    assert_eq!(at(PastFilter::NotShown, None, ""), [300]);
    assert_eq!(at(PastFilter::Service, None, ""), [250, 100]);
    assert_eq!(at(PastFilter::All, Some("domicile"), ""), [250, 200]);
    assert_eq!(at(PastFilter::Shown, Some("domicile"), "peshawar"), [200]);
}

#[test]
fn pages_are_whole_and_in_order_even_where_many_rows_are_of_one_moment() {
    let mut phone = phone();
    for number in 0..130 {
        shown(phone.wallet.database(), 700, "age", None, ShowingOutcome::Shown);
        event(phone.wallet.database(), 10_000 + number, None, "{}");
    }
    phone
        .wallet
        .database()
        .execute("UPDATE service_event SET at = 700 WHERE at >= 10000", [])
        .unwrap();
    let mut ask = PastAsk::default();
    let mut seen = Vec::new();
    loop {
        let page = phone.wallet.past(ask.clone()).unwrap();
        assert!(page.entries.len() <= past::PAGE as usize);
        seen.extend(page.entries.iter().map(|entry| (entry.at, entry.id.clone())));
        let Some(next) = page.next else { break };
        ask.before = Some(next);
    }
    assert_eq!(seen.len(), 8 + 260);
    assert!(seen.windows(2).all(|two| two[0].0 >= two[1].0), "newest first");
    let mut ids: Vec<_> = seen.iter().map(|(_, id)| id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), seen.len(), "none twice");
}

#[test]
fn what_is_forgotten_is_in_no_list_and_is_found_no_more() {
    let mut phone = phone();
    let khar = ask(&mut phone, "khar").entries.remove(0);
    phone.wallet.forget_past(&khar.id).unwrap();
    phone.wallet.forget_past(&khar.id).unwrap();
    phone.wallet.forget_past("not a number").unwrap();
    assert!(ask(&mut phone, "khar").entries.is_empty());
    assert_eq!(moments(&ask(&mut phone, "")), [600, 500, 400, 300, 250, 200, 100]);
    let day = |at: u64| Timestamp::from_unix(at);
    assert_eq!(phone.wallet.forget_past_between(day(200), day(400)).unwrap(), 3);
    assert_eq!(moments(&ask(&mut phone, "")), [600, 500, 400, 100]);
    assert!(ask(&mut phone, "peshawar").entries.is_empty());
    phone
        .wallet
        .forget_past_between(day(0), day(u64::from(u32::MAX)))
        .unwrap();
    assert!(ask(&mut phone, "").entries.is_empty());
    phone
        .wallet
        .database()
        .execute_batch("INSERT INTO history_search (history_search) VALUES ('integrity-check')")
        .unwrap();
    phone.wallet.lock(NOW).unwrap();
    assert_eq!(
        phone.wallet.past(PastAsk::default()).unwrap_err().code,
        UiCode::Locked
    );
}

/// The same tables without encryption, so that their bytes can be read: what is deleted is overwritten, in rows and index.
#[test]
fn no_byte_of_what_was_forgotten_stays_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plain.sqlite");
    let mut database = Connection::open(&path).unwrap();
    vault::prepare(&database).unwrap();
    vault::migrate(&mut database).unwrap();
    for at in 1..400 {
        shown(
            &database,
            at,
            "age",
            Some(("Other Desk", "دوسرا ڈیسک", "")),
            ShowingOutcome::Shown,
        );
        if at == 200 {
            shown(
                &database,
                at,
                "identity",
                Some(("Zzyzx Clinic", "زیزکس کلینک", "")),
                ShowingOutcome::Shown,
            );
            event(&database, at, None, r#"{"office":"Zzyzx Bureau"}"#);
        }
    }
    let has = |what: &str| {
        let bytes = fs::read(&path).unwrap();
        bytes
            .to_ascii_lowercase()
            .windows(what.len())
            .any(|window| window == what.as_bytes())
    };
    // In the row as written and in the index as folded; a leaf of the index may leave out what its neighbours share.
    assert!(has("zzyzx clinic") && has("zzyzx bureau") && has("زیزکس") && has("yzx"));
    past::forget_between(&database, Timestamp::from_unix(200), Timestamp::from_unix(201)).unwrap();
    for gone in ["zyzx", "زیزکس", "clinic", "bureau", "zzks"] {
        assert!(!has(gone), "{gone}");
    }
    assert!(has("other desk") && has("دوسرا"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no other file");
}

/// Shows every kind, answers, declines: no value of any claim is in the log of it or in what finds it.
#[test]
fn the_log_of_what_was_shown_holds_no_value_of_it() {
    let mut province = Province::new(NOW);
    province.domicile = Some(("PSH-26-104711", 1));
    let mut phone = Phone::enrolled(32, &mut province);
    let mut values = Vec::new();
    for vct in ["age", "residence"] {
        values.extend(phone.wallet.show_timed(vct, None, NOW).unwrap().claims);
    }
    for (nonce, vct) in (1..).zip([Vct::IDENTITY, super::province::domicile()]) {
        let request = super::documents::ask(&province, vct, nonce);
        let view = phone.wallet.read_request_text(&request.text, NOW).unwrap();
        values.extend(phone.wallet.answer_request(view.id, None, NOW).unwrap().claims);
        let request = super::documents::ask(&province, vct, nonce + 10);
        let view = phone.wallet.read_request_text(&request.text, NOW).unwrap();
        phone.wallet.decline_request(view.id, NOW).unwrap();
    }
    let mut log = String::new();
    let database = phone.wallet.database();
    for sql in [
        "SELECT quote(vct) || quote(mode) || quote(reason) || quote(desk_name_en) || quote(desk_name_ur) || quote(desk_name_ps) || claims FROM showing",
        "SELECT quote(vct) || kind || body FROM service_event",
        "SELECT term FROM temp.vocabulary",
    ] {
        database
            .execute_batch("CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab(main, history_search, row)")
            .unwrap();
        let mut statement = database.prepare(sql).unwrap();
        for text in statement.query_map([], |row| row.get::<_, String>(0)).unwrap() {
            log.push_str(&text.unwrap());
            log.push('\n');
        }
    }
    assert!(log.contains("name_en") && log.contains("fshown") && log.contains("test"));
    let mut looked_for = 0;
    for claim in values {
        let value = claim.value.unwrap();
        // A predicate's "true" is a word of the language and of no one person; the log has none as a value either.
        for form in [value.clone(), value.replace(['-', ' '], "")] {
            assert!(
                !log.to_lowercase().contains(&form.to_lowercase()),
                "{}",
                claim.key
            );
            looked_for += 1;
        }
    }
    assert!(looked_for > 20, "{looked_for}");
}
