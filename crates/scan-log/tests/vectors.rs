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
use scan_log::{Expected, Line, verify};
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

/// Name, file, and the code that was written by hand.
fn cases() -> Vec<(&'static str, Vec<u8>, &'static str)> {
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
    vec![
        ("whole", whole.clone(), "log_whole"),
        ("head-cut", without(0), "log_head_cut"),
        ("gap", without(3), "log_gap"),
        (
            "changed",
            text.replacen("revoked", "accepted", 1).into_bytes(),
            "log_changed",
        ),
        ("reordered", swapped.concat(), "log_reordered"),
        ("tail-cut", without(lines.len() - 1), "log_tail_cut"),
        ("seal-missing", without(5), "log_seal_missing"),
        (
            "day-unsealed",
            skipping.export(NOON.plus(DAY)),
            "log_day_unsealed",
        ),
        ("time-back", silent.export(NOON), "log_time_back"),
        (
            "unreadable",
            text.replacen("\"event\":", "\"event\": ", 1).into_bytes(),
            "log_unreadable",
        ),
    ]
}

fn index() -> Value {
    let cases: Vec<Value> = cases()
        .iter()
        .map(|(name, _, code)| json!({"file": format!("{name}.jsonl"), "code": code}))
        .collect();
    json!({
        "keys": [digits(desk().public())],
        "other_key": digits(SecretKey::from_seed([2; 32]).public()),
        "cases": cases,
    })
}

#[test]
fn the_files_are_those_that_these_cases_make() {
    let bless = std::env::var_os("KHYBER_BLESS").is_some();
    let mut files: Vec<(String, Vec<u8>)> = cases()
        .into_iter()
        .map(|(name, file, _)| (format!("{name}.jsonl"), file))
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
    for (name, file, code) in cases() {
        let report = verify(
            &file,
            &Expected {
                keys: &keys(),
                seal: None,
            },
        );
        assert_eq!(report.code().as_str(), code, "{name}: {:?}", report.findings);
    }
}

#[test]
fn lines_come_back_as_they_were() {
    for text in String::from_utf8(three_days()).unwrap().lines() {
        assert_eq!(Line::parse(text).unwrap().to_text().unwrap(), text);
    }
}
