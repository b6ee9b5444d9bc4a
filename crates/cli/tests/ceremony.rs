//! The ceremony through the real program: roots, a list of two of three, a change of the roots, and what must not work.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

mod support;

use std::path::Path;

use serde_json::{Value, json};
use support::{Ran, error, khyber};
use tempfile::TempDir;

const PASSPHRASE: &str = "test ceremony passphrase number one\n";

/// Runs a step of the ceremony in a folder.
fn step(folder: &Path, arguments: &[&str], stdin: &str) -> Ran {
    khyber(folder, &[&["trust", "ceremony"], arguments].concat(), stdin)
}

fn make_root(folder: &Path, number: u8) -> String {
    let (out, public) = (format!("root-{number}.age"), format!("root-{number}.json"));
    let mut arguments = vec!["make-root", "--out", &out, "--public", &public];
    // A real root takes a second to open; these are opened many times.
    arguments.extend(["--work-factor", "12"]);
    let made = step(folder, &arguments, PASSPHRASE);
    made.json()["root"].as_str().unwrap().to_owned()
}

fn gather(folder: &Path, numbers: [u8; 3], out: &str) -> Value {
    let files = numbers.map(|n| format!("root-{n}.json"));
    let mut arguments = vec!["gather", "--kind", "test", "--out", out];
    for file in &files {
        arguments.extend(["--root", file]);
    }
    step(folder, &arguments, "").json()
}

/// Writes the content of list `sequence`; gives its digits.
fn draft(folder: &Path, sequence: u64, previous: Option<&str>, out: &str) -> String {
    let key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let mut list = json!({
        "sequence": sequence, "iat": "2026-03-01T00:00:00Z", "exp": "2026-08-01T00:00:00Z",
        "keys": [{"key": key, "allowed": ["age"], "nbf": "2026-01-01T00:00:00Z", "exp": "2028-01-01T00:00:00Z",
                  "iss": "Test province"}],
    });
    if let Some(previous) = previous {
        list["previous"] = json!(previous);
    }
    std::fs::write(folder.join("list.json"), list.to_string()).unwrap();
    digits(&step(folder, &["draft", "--json", "list.json", "--out", out], "").json())
}

fn digits(shown: &Value) -> String {
    let lines = shown["digits"].as_array().unwrap().iter();
    let lines: Vec<&str> = lines.map(|line| line.as_str().unwrap()).collect();
    assert_eq!(lines.len(), 4);
    lines.join(" ")
}

fn sign(folder: &Path, content: &str, digits: &str, number: u8) -> Ran {
    let (root, out) = (format!("root-{number}.age"), format!("part-{number}.json"));
    let mut arguments = vec!["sign", "--content", content, "--root", &root];
    arguments.extend(["--compare", digits, "--out", &out]);
    step(folder, &arguments, PASSPHRASE)
}

fn combine(folder: &Path, content: &str, parts: &[u8], more: &[&str]) -> Ran {
    let files: Vec<String> = parts.iter().map(|n| format!("part-{n}.json")).collect();
    let mut arguments = vec!["combine", "--content", content, "--roots", "roots.json"];
    for file in &files {
        arguments.extend(["--part", file]);
    }
    arguments.extend(more);
    step(folder, &arguments, "")
}

#[test]
fn roots_are_made_sign_two_of_three_and_are_replaced() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let keys: Vec<String> = (1..=4).map(|n| make_root(folder, n)).collect();
    let gathered = gather(folder, [1, 2, 3], "roots.json");
    assert_eq!(gathered["roots"], json!(keys[..3]));

    // The first list, by roots 1 and 3.
    let shown = draft(folder, 1, None, "first.content");
    let read = step(folder, &["read", "--content", "first.content"], "").json();
    assert_eq!(digits(&read), shown);
    for number in [1, 3] {
        let signed = sign(folder, "first.content", &shown, number).json();
        assert_eq!(signed["root"], keys[usize::from(number) - 1]);
    }
    let done = combine(folder, "first.content", &[1, 3], &["--out", "first.cose"]).json();
    let plain = (&json!(true), &Value::Null);
    assert_eq!((&done["verified"], &done["next_roots"]), plain);
    let first = done["sha256"].as_str().unwrap().to_owned();
    let show = ["trust", "show", "--trust", "first.cose", "--roots", "roots.json"];
    assert_eq!(khyber(folder, &show, "").json()["sha256"], first);

    // Root 3 is lost: 1 and 2 put 4 in its place.
    let next = gather(folder, [1, 2, 4], "next.json");
    draft(folder, 2, Some(&first), "plain.content");
    let mut change = vec!["change", "--content", "plain.content", "--next", "next.json"];
    change.extend(["--out", "second.content"]);
    let shown = digits(&step(folder, &change, "").json());
    for number in [1, 2, 3] {
        sign(folder, "second.content", &shown, number).json();
    }
    let after = ["--out", "second.cose", "--previous", "first.cose"];
    let too_few = combine(folder, "second.content", &[1, 3], &after);
    assert_eq!(too_few.error(), error(65, "trust_too_few_signatures"));
    let done = combine(folder, "second.content", &[1, 2], &after).json();
    assert_eq!(done["next_roots"], next["fingerprint"]);
    let second = done["sha256"].as_str().unwrap().to_owned();

    // From now on 4 signs, and 3 does not.
    let shown = draft(folder, 3, Some(&second), "third.content");
    for number in [2, 3, 4] {
        sign(folder, "third.content", &shown, number).json();
    }
    let after = ["--changed-by", "second.cose", "--out", "third.cose"];
    let by_old = combine(folder, "third.content", &[2, 3], &after);
    assert_eq!(by_old.error(), error(65, "trust_too_few_signatures"));
    assert_eq!(
        combine(folder, "third.content", &[2, 4], &after).json()["sequence"],
        3
    );
    // Who does not know of the change takes nothing from the new roots.
    let unaware = combine(folder, "third.content", &[2, 4], &["--out", "x.cose"]);
    assert_eq!(unaware.error(), error(65, "trust_too_few_signatures"));
    // And an older list is older.
    let shown = draft(folder, 1, None, "first.content");
    for number in [1, 2] {
        sign(folder, "first.content", &shown, number).json();
    }
    let back = ["--out", "x.cose", "--changed-by", "second.cose"];
    let back = combine(folder, "first.content", &[1, 2], &back);
    assert_eq!(back.error(), error(65, "trust_older"));
    assert!(!folder.join("x.cose").exists());

    transcript_says_what_was_done_and_no_secret(folder, &keys);
}

fn transcript_says_what_was_done_and_no_secret(folder: &Path, keys: &[String]) {
    let text = std::fs::read_to_string(folder.join("ceremony-transcript.jsonl")).unwrap();
    let steps: Vec<String> = text
        .lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            line["step"].as_str().unwrap().to_owned()
        })
        .collect();
    let of = |name: &str| steps.iter().filter(|step| *step == name).count();
    // What failed is not done.
    assert_eq!(
        (of("make-root"), of("gather"), of("change"), of("combine")),
        (4, 2, 1, 3)
    );
    assert_eq!((of("draft"), of("sign")), (4, 10));
    assert!(keys.iter().all(|key| text.contains(key)));
    assert!(!text.contains(PASSPHRASE.trim()));
    assert!(!text.contains(folder.to_str().unwrap()));
}

#[test]
fn a_wrong_passphrase_opens_nothing_and_no_root_is_written_over() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    make_root(folder, 1);
    let shown = draft(folder, 1, None, "list.content");
    let sign = |root: &str, passphrase: &str| {
        let mut arguments = vec!["sign", "--content", "list.content", "--root", root];
        arguments.extend(["--compare", &shown, "--out", "part.json"]);
        step(folder, &arguments, passphrase).error()
    };
    assert_eq!(
        sign("root-1.age", "another passphrase altogether\n"),
        error(65, "root_locked")
    );
    assert_eq!(sign("root-1.age", ""), error(65, "root_locked"));
    assert_eq!(sign("root-1.json", PASSPHRASE), error(65, "root_file_unreadable"));
    assert!(!folder.join("part.json").exists());
    let short = ["make-root", "--out", "s.age", "--public", "s.json"];
    assert_eq!(
        step(folder, &short, "short\n").error(),
        error(65, "passphrase_too_short")
    );
    for simple in ["aaaaaaaaaaaaaaaaaaaaaaaa\n", "peshawar peshawar peshawar\n"] {
        let refused = step(folder, &short, simple).error();
        assert_eq!(refused, error(65, "passphrase_too_simple"));
    }
    assert!(!folder.join("s.age").exists());
    let sealed = std::fs::read(folder.join("root-1.age")).unwrap();
    let again = ["make-root", "--out", "root-1.age", "--public", "s.json"];
    assert_eq!(
        step(folder, &again, PASSPHRASE).error(),
        error(74, "write_failed")
    );
    assert_eq!(std::fs::read(folder.join("root-1.age")).unwrap(), sealed);
    assert!(sealed.starts_with(b"age-encryption.org/v1\n-> scrypt "));
    // Without a terminal nothing is asked for.
    assert_eq!(step(folder, &["read"], "").error(), error(64, "usage"));
    assert!(step(folder, &["guide"], "").stdout.lines().count() >= 6);
}

#[test]
fn a_changed_content_and_a_root_twice_make_no_list() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    for number in [1, 2, 3, 8] {
        make_root(folder, number);
    }
    gather(folder, [1, 2, 3], "roots.json");
    let shown = draft(folder, 1, None, "list.content");
    for number in [1, 2, 8] {
        sign(folder, "list.content", &shown, number).json();
    }

    // A content that was changed on the stick: its digits are others, and a signature of the one is none of the other.
    let mut changed = std::fs::read(folder.join("list.content")).unwrap();
    let at = changed.windows(4).position(|w| w == b"Test").unwrap();
    changed[at] = b'B';
    std::fs::write(folder.join("changed.content"), &changed).unwrap();
    let read = step(folder, &["read", "--content", "changed.content"], "").json();
    assert_ne!(digits(&read), shown);
    for (content, typed) in [("changed.content", shown.as_str()), ("list.content", "")] {
        assert_eq!(
            sign(folder, content, typed, 3).error(),
            error(65, "digits_differ")
        );
    }
    let out = ["--out", "x.cose"];
    let other = combine(folder, "changed.content", &[1, 2], &out);
    assert_eq!(other.error(), error(65, "other_content"));
    // With the hash written anew too.
    for number in [1, 2] {
        let file = folder.join(format!("part-{number}.json"));
        let mut part: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        part["content_sha256"] = json!(sha256(&changed));
        let file = folder.join(format!("part-{}.json", number + 4));
        std::fs::write(file, part.to_string()).unwrap();
    }
    let few = error(65, "trust_too_few_signatures");
    assert_eq!(combine(folder, "changed.content", &[5, 6], &out).error(), few);

    // One root twice, one alone, somebody else's, and one root in the set twice.
    std::fs::copy(folder.join("part-1.json"), folder.join("part-7.json")).unwrap();
    let twice = combine(folder, "list.content", &[1, 7], &out);
    assert_eq!(twice.error(), error(65, "same_root"));
    for parts in [&[1][..], &[1, 8]] {
        assert_eq!(combine(folder, "list.content", parts, &out).error(), few);
    }
    let mut set = vec!["gather", "--kind", "real", "--out", "y.json"];
    for file in ["root-1.json", "root-1.json", "root-2.json"] {
        set.extend(["--root", file]);
    }
    assert_eq!(step(folder, &set, "").error(), error(65, "same_root"));
    assert!(!folder.join("x.cose").exists() && !folder.join("y.json").exists());
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(bytes))
}
