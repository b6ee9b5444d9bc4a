//! Other issuers' claim-169 codes, read leniently, and our printed card as other tools read it.
//!
//! What is to come out stands in tables (`outcomes.json`). How the files in `tests/vectors/others` were made is in
//! `tests/interop`; `KHYBER_BLESS=1` writes our own card there anew.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![allow(clippy::cast_possible_truncation, clippy::wildcard_imports)]

mod common;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use common::*;
use credential::lenient::{self, OtherCode, OtherKey};
use credential::*;
use serde_json::{Value, json};

fn root_folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn json_of(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
        .unwrap()
}

/// The issuer's key as it stands in a file, if it is an Ed25519 key.
fn keys(file: &Value) -> Vec<OtherKey> {
    let theirs = file["signing_key"]["public_key_hex"].as_str();
    let text = theirs.or(file["key"].as_str());
    let key = text.and_then(|text| PublicKey::parse(&hex(text)).ok());
    key.map(|key| OtherKey { iss: None, key }).into_iter().collect()
}

fn json_names(folder: &Path) -> impl Iterator<Item = String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter_map(|name| name.strip_suffix(".json").map(str::to_owned))
}

/// Holds every file of a table, and checks that the table leaves none out.
fn check_table(table: &Value, folder: &Path, there: &BTreeSet<String>) {
    let now = Timestamp::from_unix(table["now"].as_u64().unwrap());
    let rows = table["files"].as_object().unwrap();
    let stated: BTreeSet<String> = rows.keys().cloned().collect();
    assert_eq!(stated, *there);
    for (name, row) in rows {
        let file = json_of(&folder.join(format!("{name}.json")));
        let text = file["qr_data"].as_str().or(file["qr"].as_str()).unwrap();
        let reading = lenient::read(text, &keys(&file), now);
        assert_eq!(reading.code.code(), row["code"].as_str().unwrap(), "{name}");
        assert_ne!(reading.code.verdict(), Verdict::Accepted, "{name}");
        let identity = reading.content.map(|content| content.identity);
        let full_name = identity.as_ref().and_then(|who| who.full_name.as_deref());
        assert_eq!(full_name, row["full_name"].as_str(), "{name}");
        if let Some(who) = identity {
            check_expected(name, &file["expected_claim169"], &who);
        }
        // None of them is a code of ours.
        assert!(
            matches!(code(text), Code::WrongCode | Code::Malformed),
            "{name}: {:?}",
            code(text)
        );
    }
}

/// What the other people's file says is in their code.
fn check_expected(name: &str, expected: &Value, who: &lenient::OtherIdentity) {
    let members = [
        ("id", &who.id),
        ("fullName", &who.full_name),
        ("dateOfBirth", &who.date_of_birth),
        ("guardian", &who.guardian),
        ("nationality", &who.nationality),
        ("secondaryFullName", &who.second_name),
        ("secondaryLanguage", &who.second_language),
    ];
    for (member, ours) in members {
        if let Some(text) = expected[member].as_str() {
            assert_eq!(ours.as_deref(), Some(text), "{name}: {member}");
        }
    }
    if let Some(number) = expected["gender"].as_u64() {
        let word = ["male", "female", "other"][number as usize - 1];
        assert_eq!(who.gender.as_deref(), Some(word), "{name}");
    }
    if let Some(address) = expected["address"].as_str() {
        assert_eq!(who.address, Some(address.replace('\n', ", ")), "{name}");
    }
    let faces = expected["face"].as_array().map_or(0, Vec::len);
    assert!(who.biometrics >= faces, "{name}");
}

#[test]
fn all_vectors_of_the_claim_169_project() {
    let folder = root_folder().join("../shared/vectors/claim169/test-vectors");
    if !folder.is_dir() {
        println!("skipped: other people's vectors are not here (claim169)");
        return;
    }
    let mut there = BTreeSet::new();
    for kind in ["valid", "edge", "invalid"] {
        there.extend(json_names(&folder.join(kind)).map(|name| format!("{kind}/{name}")));
    }
    let table = json_of(&root_folder().join("tests/vectors/claim169/outcomes.json"));
    check_table(&table, &folder, &there);
}

#[test]
fn what_pixelpass_and_claim169_write() {
    let folder = root_folder().join("tests/vectors/others");
    let tools = |name: &String| name.starts_with("pixelpass-") || name.starts_with("claim169-");
    let there = json_names(&folder).filter(tools).collect();
    check_table(&json_of(&folder.join("outcomes.json")), &folder, &there);
}

#[test]
fn a_key_counts_for_its_own_issuer_only() {
    let folder = root_folder().join("tests/vectors/others");
    let file = json_of(&folder.join("claim169-signed.json"));
    let text = file["qr"].as_str().unwrap();
    let now = Timestamp::from_unix(1_767_225_600);
    let named = |iss: &str, key: PublicKey| OtherKey {
        iss: Some(iss.to_owned()),
        key,
    };
    let right = keys(&file).remove(0).key;
    let wrong = key("another").public();
    let code = |keys: &[OtherKey]| lenient::read(text, keys, now).code;
    assert_eq!(code(&[]), OtherCode::UnknownIssuer);
    assert_eq!(
        code(&[named("https://else.example", right)]),
        OtherCode::UnknownIssuer
    );
    assert_eq!(
        code(&[named("https://issuer.example", wrong)]),
        OtherCode::Signature
    );
    let both = [
        named("https://issuer.example", wrong),
        named("https://issuer.example", right),
    ];
    assert_eq!(code(&both), OtherCode::Signed);
    // Any change of what was signed is seen, or makes it unreadable.
    let end = Timestamp::from_unix(1_800_000_000);
    assert_eq!(lenient::read(text, &both, end).code, OtherCode::Expired);
}

#[test]
fn what_inflates_to_more_than_16_kib_is_not_read() {
    let bomb = miniz_oxide::deflate::compress_to_vec_zlib(&vec![0; 16 * 1024 + 1], 9);
    let text = base45::encode(&bomb);
    let now = NOW;
    assert_eq!(lenient::read(&text, &[], now).code, OtherCode::TooLarge);
    assert_eq!(
        lenient::read(&"0".repeat(4_297), &[], now).code,
        OtherCode::TooLarge
    );
}

fn card_file() -> Value {
    let text = card_text();
    let claims = card_claims();
    let who = claims.identity;
    json!({
        "what": "our printed card, from the fixed seeds of the tests",
        "qr": text,
        "key": card_key().public().as_bytes().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}")),
        "issuer": claims.iss,
        "expires": claims.exp.unix(),
        "identity": {
            "id": who.id,
            "full_name": who.full_name,
            "date_of_birth": who.date_of_birth,
            "gender": 2,
            "address": who.address,
            "guardian": who.guardian,
            "second_name": who.full_name_local,
            "second_language": who.local_language,
        },
    })
}

#[test]
fn other_tools_read_our_printed_card() {
    let folder = root_folder().join("tests/vectors/others");
    let path = folder.join("our-card.json");
    let card = card_file();
    let text = serde_json::to_string_pretty(&card).unwrap() + "\n";
    if std::env::var_os("KHYBER_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap() == text,
        "stale: our-card.json; KHYBER_BLESS=1, then let the tools of tests/interop read it"
    );
    for tool in ["pixelpass", "claim169"] {
        let saw = json_of(&folder.join(format!("our-card-read-by-{tool}.json")));
        for member in ["issuer", "expires", "identity"] {
            assert_eq!(saw[member], card[member], "{tool}: {member}");
        }
    }
    let verified = json_of(&folder.join("our-card-read-by-claim169.json"));
    assert_eq!(verified["verified"], json!(true));
    // And the lenient reader, as any other card.
    let key = OtherKey {
        iss: Some(ISSUER.to_owned()),
        key: card_key().public(),
    };
    let reading = lenient::read(&card_text(), &[key], NOW);
    assert_eq!(reading.code, OtherCode::Signed);
    let read = reading.content.unwrap().identity;
    assert_eq!(read.second_name, card_claims().identity.full_name_local);
}
