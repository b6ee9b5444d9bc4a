//! Logs as files with the answer that each must get, for other programs too: `tests/vectors/scan-log`.
//! `KHYBER_BLESS=1` writes them anew.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod common;

use std::path::PathBuf;

use common::*;
use credential::{DAY, PublicKey, SealReason, SecretKey};
use scan_log::{Entry, Event, Expected, Line, verify};
use serde_json::{Value, json};

fn folder() -> PathBuf {
    PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/vectors/scan-log"
    ))
}

fn digits(key: PublicKey) -> String {
    hex::encode(key.as_bytes())
}

/// A file, what whoever looks at it knows, and the code that was written by hand.
struct Case {
    name: &'static str,
    file: Vec<u8>,
    code: &'static str,
    /// Number and first bytes of a seal that was noted elsewhere.
    noted: Option<(u64, [u8; 4])>,
    /// Looked at with the key of another desk.
    other_key: bool,
}

fn case(name: &'static str, file: Vec<u8>, code: &'static str) -> Case {
    Case {
        name,
        file,
        code,
        noted: None,
        other_key: false,
    }
}

impl Case {
    /// The last seal of this file was noted.
    fn noted(self, file: &[u8]) -> Self {
        let expected = Expected {
            keys: &keys(),
            seal: None,
        };
        let seal = verify(file, &expected).unwrap().last_seal.unwrap();
        let digest = *seal.sha256.first_chunk().unwrap();
        Self {
            noted: Some((seal.content.number, digest)),
            ..self
        }
    }
}

/// A day that was handed out twice, and how it stood the first time.
fn handed_out_twice(code: &str) -> (Vec<u8>, Vec<u8>) {
    let mut desk = Desk::new();
    desk.write(signed_in(), NOON);
    desk.write(visit("accepted"), NOON);
    let first = desk.export(NOON.plus(60));
    desk.write(visit(code), NOON.plus(120));
    (first, desk.export(NOON.plus(180)))
}

fn signed_in() -> Entry {
    Entry {
        event: Event::SignIn,
        vct: None,
        mode: None,
        ..visit("signed_in")
    }
}

/// Everything that an office does about its officers, and what the clock and the province did.
fn office() -> Vec<u8> {
    let mut desk = Desk::new();
    let about = |entry: Entry, what: &str| Entry {
        about: word(what),
        ..entry
    };
    let officers = |code: &str| Entry {
        event: Event::Officers,
        ..Entry {
            code: word(code),
            ..signed_in()
        }
    };
    desk.write(about(event(Event::Start), "0.1.0"), NOON);
    desk.write(signed_in(), NOON);
    desk.write(about(officers("added"), "12"), NOON);
    desk.write(
        about(
            Entry {
                code: word("changed"),
                ..event(Event::Sync)
            },
            "trust.4:types.2:status.31",
        ),
        NOON,
    );
    desk.write(event(Event::ClockSetForward), NOON.plus(DAY));
    desk.write(event(Event::ClockSetBack), NOON.plus(60));
    desk.write(
        Entry {
            profile: word("gate.0011aabb"),
            code: word("profile"),
            ..event(Event::Settings)
        },
        NOON.plus(60),
    );
    desk.write(
        Entry {
            event: Event::SignOut,
            code: word("hand_over"),
            ..signed_in()
        },
        NOON.plus(120),
    );
    desk.write(about(event(Event::Sheet), "2026-11-22"), NOON.plus(120));
    desk.export(NOON.plus(120))
}

fn cases() -> Vec<Case> {
    let whole = three_days();
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    let without = |at: usize| {
        let mut lines = lines.clone();
        lines.remove(at);
        lines.concat()
    };
    let mut swapped = lines.clone();
    swapped.swap(1, 2);
    let text = String::from_utf8(whole.clone()).unwrap();
    let mut skipping = Desk::new();
    skipping.write(visit("accepted"), NOON);
    skipping.seal(SealReason::Head, NOON);
    skipping.skip_day_end(visit("accepted"), NOON.plus(DAY));
    let mut silent = Desk::new();
    silent.write(visit("accepted"), NOON.plus(60));
    silent.write(visit("accepted"), NOON);
    let mut damaged = Desk::new();
    damaged.write(event(Event::LogDamaged), NOON);
    // Sealed entries were taken from the desk's own file, and it went on behind what was left.
    let mut cut = Desk::new();
    for code in ["accepted", "revoked", "accepted"] {
        cut.write(visit(code), NOON);
    }
    cut.seal(SealReason::Head, NOON);
    cut.forget_entries(2);
    cut.write(visit("accepted"), NOON.plus(60));
    // The desk's whole file was put back to how it was before, and it went on from there.
    let mut rolled_back = Desk::new();
    rolled_back.write(visit("accepted"), NOON);
    rolled_back.seal(SealReason::Head, NOON);
    let mut before = rolled_back.clone();
    before.write(visit("revoked"), NOON);
    let before = before.export(NOON);
    rolled_back.write(visit("accepted"), NOON.plus(60));
    let rolled_back = rolled_back.export(NOON.plus(60));
    let (first, second) = handed_out_twice("revoked");
    let (_, anew) = handed_out_twice("accepted");
    let last_entry = lines.len() - 2;
    vec![
        case("whole", whole.clone(), "log_whole"),
        case("office", office(), "log_whole"),
        case("two-exports", second.clone(), "log_whole").noted(&second),
        case("earlier-noted", second.clone(), "log_whole").noted(&first),
        case("head-cut", without(0), "log_head_cut"),
        case("gap", without(3), "log_gap"),
        case("last-entry-missing", without(last_entry), "log_gap"),
        case(
            "changed",
            text.replacen("revoked", "accepted", 1).into_bytes(),
            "log_changed",
        ),
        case(
            "officer-changed",
            text.replacen("\"officer\":\"3\"", "\"officer\":\"4\"", 1)
                .into_bytes(),
            "log_changed",
        ),
        case("reordered", swapped.concat(), "log_reordered"),
        case("tail-cut", without(lines.len() - 1), "log_tail_cut"),
        case("tail-cut-behind-seal", lines[..7].concat(), "log_tail_cut"),
        case(
            "tail-cut-in-line",
            whole[..whole.len() - 1].to_vec(),
            "log_unreadable",
        ),
        case("earlier-export", first.clone(), "log_whole"),
        case("earlier-export-noted", first, "log_tail_cut").noted(&second),
        case("written-anew", anew, "log_other").noted(&second),
        case("entries-cut-from-file", cut.export(NOON.plus(60)), "log_gap"),
        case("rolled-back", rolled_back.clone(), "log_whole"),
        case("rolled-back-noted", rolled_back, "log_other").noted(&before),
        case("seal-missing", without(5), "log_seal_missing"),
        case("seal-differs", seal_differs(), "log_seal_differs"),
        Case {
            other_key: true,
            ..case("wrong-key", whole, "log_wrong_key")
        },
        case("damaged", damaged.export(NOON), "log_damaged"),
        case(
            "day-unsealed",
            skipping.export(NOON.plus(DAY)),
            "log_day_unsealed",
        ),
        case("time-back", silent.export(NOON), "log_time_back"),
        case(
            "unreadable",
            text.replacen("\"event\":", "\"event\": ", 1).into_bytes(),
            "log_unreadable",
        ),
    ]
}

/// A seal that counts an entry too many.
fn seal_differs() -> Vec<u8> {
    let mut desk = Desk::new();
    desk.write(visit("accepted"), NOON);
    desk.seal_counting(2, SealReason::Head, NOON);
    desk.export(NOON)
}

fn index() -> Value {
    let cases: Vec<Value> = cases()
        .iter()
        .map(|case| {
            let mut json = json!({"file": format!("{}.jsonl", case.name), "code": case.code});
            if let Some((number, digest)) = case.noted {
                json["noted"] = json!({"number": number, "digest": hex::encode(digest)});
            }
            if case.other_key {
                json["key"] = digits(other()).into();
            }
            json
        })
        .collect();
    json!({
        "keys": [digits(desk().public())],
        "other_key": digits(other()),
        "cases": cases,
    })
}

fn other() -> PublicKey {
    SecretKey::from_seed([2; 32]).public()
}

#[test]
fn the_files_are_those_that_these_cases_make() {
    let bless = std::env::var_os("KHYBER_BLESS").is_some();
    let mut files: Vec<(String, Vec<u8>)> = cases()
        .into_iter()
        .map(|case| (format!("{}.jsonl", case.name), case.file))
        .collect();
    files.push(("index.json".to_owned(), format!("{:#}\n", index()).into_bytes()));
    for (name, bytes) in files {
        let path = folder().join(&name);
        if bless {
            std::fs::create_dir_all(folder()).unwrap();
            std::fs::write(&path, &bytes).unwrap();
        }
        assert!(std::fs::read(&path).unwrap() == bytes, "stale: {name}");
    }
}

#[test]
fn each_file_gets_the_answer_that_was_written_by_hand() {
    for case in cases() {
        let (own, other) = (keys(), [other()]);
        let report = verify(
            &case.file[..],
            &Expected {
                keys: if case.other_key { &other } else { &own },
                seal: case
                    .noted
                    .as_ref()
                    .map(|(number, digest)| (*number, digest.as_slice())),
            },
        )
        .unwrap();
        assert_eq!(
            report.code().as_str(),
            case.code,
            "{}: {:?}",
            case.name,
            report.findings
        );
    }
}

#[test]
fn lines_come_back_as_they_were() {
    for text in String::from_utf8(three_days()).unwrap().lines() {
        assert_eq!(Line::parse(text).unwrap().to_text().unwrap(), text);
    }
}
