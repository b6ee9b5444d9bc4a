//! Vectors as files: each file of `tests/vectors/{valid,invalid,edge}` is a case; adding a file adds a case.
//!
//! `KHYBER_BLESS=1 cargo test -p credential --test vectors` writes them anew from the fixed seeds of these tests. The
//! code that a case must have stands here, by hand: writing anew never changes what is expected.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![allow(clippy::cast_possible_truncation, clippy::wildcard_imports)]
#![allow(clippy::too_many_lines)] // a line or two for each file

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/documents.rs"]
mod documents;

mod bytes;
mod case;
mod dates;
mod identities;
mod issuers;
mod kinds;
mod members;
mod printed;
mod rules;
mod strict;
mod timed;

use std::path::Path;
use std::sync::Once;

use serde_json::Value;

use case::{FOLDERS, Writer, decide, folder};

/// Every case of these seeds.
fn write(file: &dyn Fn(&Path, &str)) {
    let writer = Writer::new(file);
    timed::write(&writer);
    identities::write(&writer);
    issuers::write(&writer);
    printed::write(&writer);
    dates::write(&writer);
    bytes::write(&writer);
    kinds::write(&writer);
    rules::write(&writer);
    strict::write(&writer);
    members::write(&writer);
}

#[test]
fn every_vector_has_its_code() {
    bless();
    let mut count = 0;
    for kind in FOLDERS {
        for (name, case) in cases(kind) {
            let code = decide(&case);
            assert_eq!(code.code(), case["code"].as_str().unwrap(), "{kind}/{name}");
            assert_eq!(
                code.verdict().as_str(),
                case["verdict"].as_str().unwrap(),
                "{kind}/{name}"
            );
            assert!(kind.takes(code), "{kind}/{name}");
            count += 1;
        }
    }
    assert!(count >= 60, "{count} files");
}

#[test]
fn every_vector_of_these_seeds_is_on_file() {
    bless();
    write(&|path, text| {
        let there = std::fs::read_to_string(path).unwrap_or_default();
        let name = path.display();
        assert!(
            there == text,
            "stale: {name}; run KHYBER_BLESS=1 cargo test -p credential --test vectors"
        );
    });
}

fn cases(kind: case::Folder) -> Vec<(String, Value)> {
    let mut files: Vec<_> = std::fs::read_dir(folder(kind))
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    let read = |path: &std::path::PathBuf| {
        let case = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        (path.file_name().unwrap().to_string_lossy().into_owned(), case)
    };
    files.iter().map(read).collect()
}

/// Writes the files anew if asked to, once and before any test of this program reads them.
fn bless() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if std::env::var_os("KHYBER_BLESS").is_some() {
            write(&|path, text| {
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            });
        }
    });
}
