//! `khyber log verify` on the published logs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

mod support;

use std::path::Path;

use serde_json::Value;
use support::{Province, error, khyber};

fn folder() -> &'static Path {
    Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/vectors/scan-log"
    ))
}

fn index() -> Value {
    serde_json::from_slice(&std::fs::read(folder().join("index.json")).unwrap()).unwrap()
}

fn verify(file: &str, more: &[&str]) -> (i32, String, Value) {
    let arguments = [&["log", "verify", file], more].concat();
    let ran = khyber(folder(), &arguments, "");
    let json = ran.json();
    (ran.exit, json["code"].as_str().unwrap().to_owned(), json)
}

#[test]
fn every_published_log_gets_its_answer() {
    let index = index();
    let key = index["keys"][0].as_str().unwrap();
    let cases = index["cases"].as_array().unwrap();
    assert!(cases.len() >= 25);
    for case in cases {
        let (file, code) = (case["file"].as_str().unwrap(), case["code"].as_str().unwrap());
        let mut arguments = vec!["--key", case["key"].as_str().unwrap_or(key)];
        let noted = case["noted"]["number"].to_string();
        if let Some(digest) = case["noted"]["digest"].as_str() {
            arguments.extend(["--seal-number", &noted, "--seal-digest", digest]);
        }
        let (exit, found, json) = verify(file, &arguments);
        assert_eq!(found, code, "{file}: {json}");
        assert_eq!(exit, i32::from(code != "log_whole"), "{file}");
        assert_eq!(json["findings"].as_array().unwrap().is_empty(), exit == 0);
    }
}

#[test]
fn a_whole_log_is_told_by_day_and_code_and_only_with_its_own_key() {
    let index = index();
    let key = index["keys"][0].as_str().unwrap();
    let (_, _, json) = verify("whole.jsonl", &["--key", key]);
    assert_eq!(
        (&json["verdict"], &json["entries"]),
        (&"accepted".into(), &22.into())
    );
    assert_eq!(json["days"][0]["day"], "2026-11-22");
    assert_eq!(json["days"][0]["visits"]["accepted"], 2);
    assert_eq!(json["days"][0]["events"]["start"], 1);
    let other = index["other_key"].as_str().unwrap();
    let (exit, code, _) = verify("whole.jsonl", &["--key", other]);
    assert_eq!((exit, code.as_str()), (1, "log_wrong_key"));
    let (exit, code, json) = verify("whole.jsonl", &[]);
    assert_eq!((exit, code.as_str()), (2, "log_no_key"));
    assert_eq!(json["verdict"], "undecided");
}

#[test]
fn a_seal_that_was_noted_must_be_there() {
    let index = index();
    let key = index["keys"][0].as_str().unwrap();
    let (_, _, json) = verify("whole.jsonl", &["--key", key]);
    let number = json["last_seal"]["number"].to_string();
    let digest = &json["last_seal"]["sha256"].as_str().unwrap()[..8];
    let expect = |number: &str, digest: &str| {
        let noted = ["--key", key, "--seal-number", number, "--seal-digest", digest];
        let (exit, code, _) = verify("whole.jsonl", &noted);
        (exit, code)
    };
    assert_eq!(expect(&number, digest), (0, "log_whole".to_owned()));
    assert_eq!(expect(&number, "00000000"), (1, "log_other".to_owned()));
    assert_eq!(expect("99", digest), (1, "log_tail_cut".to_owned()));
    let short = [
        "log",
        "verify",
        "whole.jsonl",
        "--seal-number",
        "1",
        "--seal-digest",
        "00",
    ];
    assert_eq!(
        khyber(folder(), &short, "").error(),
        error(65, "field_unreadable")
    );
}

#[test]
fn the_key_may_come_in_the_desks_certificate() {
    let province = Province::new();
    let log = folder().join("whole.jsonl");
    let arguments = [
        "log",
        "verify",
        log.to_str().unwrap(),
        "--certificate",
        "desk.cert",
    ];
    // The certificate of another desk.
    assert_eq!(province.run(&arguments, "").json()["code"], "log_wrong_key");
    let missing = ["log", "verify", "no-such-file"];
    assert_eq!(province.run(&missing, "").error(), error(66, "no_input"));
}

#[test]
fn a_log_may_be_longer_than_anything_else_that_is_read() {
    let index = index();
    let key = index["keys"][0].as_str().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("long.jsonl");
    std::fs::copy(folder().join("whole.jsonl"), &path).unwrap();
    // Zeros that take no room on the disk: one line that is none.
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(65 * 1024 * 1024).unwrap();
    let (exit, code, json) = verify(path.to_str().unwrap(), &["--key", key]);
    assert_eq!((exit, code.as_str()), (1, "log_unreadable"));
    assert_eq!(json["entries"], 22);
}
