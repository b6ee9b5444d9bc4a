//! Bytes as they came, wherever they are kept; what the citizen takes out; what the log of showings never holds.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::collections::BTreeSet;
use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use credential::{Credential, TrustList, Vct, base45};

use super::documents::ask;
use super::papers::{documents, own, phone, the_one};
use super::province::root_set;
use super::{NOW, Phone};
use crate::UiCode;
use crate::screen::DocumentState;

/// Every credential in a table of the vault.
fn stored(phone: &Phone, table: &str) -> BTreeSet<Vec<u8>> {
    let database = phone.wallet.database();
    let mut statement = database.prepare(&format!("SELECT raw FROM {table}")).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn exported(phone: &Phone) -> BTreeSet<Vec<u8>> {
    let export = phone.wallet.export(None, NOW).unwrap();
    let all = export
        .credentials
        .iter()
        .map(|one| URL_SAFE_NO_PAD.decode(&one.credential).unwrap());
    all.collect()
}

#[test]
fn bytes_are_those_that_the_province_sent_after_sync_restart_backup_and_move() {
    let (mut phone, mut province) = phone();
    province.domicile = Some(("PSH-26-2", 2));
    phone.sync(&mut province, NOW).unwrap();
    phone.restart();
    let sent: BTreeSet<Vec<u8>> = province.sent.iter().cloned().collect();
    let here = stored(&phone, "credential");
    assert!(here.len() > 20 && here.is_subset(&sent));
    assert!(stored(&phone, "past_document").is_subset(&sent));
    let taken_out = exported(&phone);
    assert_eq!(
        taken_out.len(),
        6,
        "the newest of each kind, and the certificate before"
    );
    assert!(taken_out.is_subset(&sent));

    // What a desk reads off the screen has the signed bytes in it.
    let issued = ask(&province, super::province::domicile(), 1);
    let view = phone.wallet.read_request_text(&issued.text, NOW).unwrap();
    let showing = phone.wallet.answer_request(view.id, None, NOW).unwrap();
    let text = super::transfer::seen(&showing.frames[..1]).remove(0);
    let read = base45::decode(text.strip_prefix(credential::PRESENTATION_PREFIX).unwrap()).unwrap();
    let read = miniz_oxide::inflate::decompress_to_vec_zlib(&read).unwrap_or(read);
    let contains = |raw: &&Vec<u8>| read.windows(raw.len()).any(|part| part == raw.as_slice());
    assert_eq!(sent.iter().filter(contains).count(), 1);

    let had = exported(&phone);
    let made = super::moving::backup(&mut phone);
    let mut new = Phone::new(62);
    new.wallet.restore_backup(&made.file, &made.digits, NOW).unwrap();
    new.restart();
    assert_eq!(exported(&new), had);
    assert!(stored(&new, "kept_document").is_subset(&sent));
    assert_eq!(stored(&new, "past_document"), stored(&phone, "past_document"));
    let mut other = Phone::new(63);
    super::transfer::move_over(&mut phone, &mut other);
    other.restart();
    assert_eq!(exported(&other), had);
    // Only to look at, until the province has bound the new phone.
    for document in &own(&documents(&other)).documents {
        assert!(matches!(
            document.state,
            DocumentState::LookOnly | DocumentState::Replaced
        ));
    }
}

#[test]
fn an_export_holds_what_is_here_and_no_key() {
    let (mut phone, province) = phone();
    let issued = ask(&province, super::province::domicile(), 1);
    let view = phone.wallet.read_request_text(&issued.text, NOW).unwrap();
    phone.wallet.answer_request(view.id, None, NOW).unwrap();
    let showing = phone.wallet.show_timed("age", None, NOW).unwrap();
    phone.wallet.end_showing(showing.id, NOW).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = phone.wallet.write_export(None, None, folder.path(), NOW).unwrap();
    assert_eq!(file.name, "khyber-pass-export-2026-11-22.json");
    let text = fs::read_to_string(folder.path().join(&file.name)).unwrap();
    let export: crate::screen::Export = serde_json::from_str(&text).unwrap();
    assert!(export == phone.wallet.export(None, NOW).unwrap());
    assert_eq!(
        (export.format.as_str(), export.version, export.test),
        ("khyber-pass-export", 1, true)
    );
    assert_eq!(export.showings.len(), 2);
    assert_eq!(export.showings[0].vct, "age");
    assert_eq!(export.showings[1].desk.as_ref().unwrap().ur, "ٹیسٹ ڈیسک");

    // Whoever has the file and the province's roots can verify what is in it.
    let public = |name: &str| {
        let file = export.public.iter().find(|file| file.name == name).unwrap();
        URL_SAFE_NO_PAD.decode(&file.bytes).unwrap()
    };
    let trust = TrustList::verify(&public("trust-list"), &root_set(), None).unwrap();
    for signed in &export.credentials {
        let bytes = URL_SAFE_NO_PAD.decode(&signed.credential).unwrap();
        Credential::parse(&bytes).unwrap().verify_issuer(&trust).unwrap();
    }

    // No seed, no key of a pass, in any writing.
    let database = phone.wallet.database();
    let secrets: [[u8; 32]; 2] = ["device_seed", "holder_seed"].map(|seed| {
        database
            .query_row(&format!("SELECT {seed} FROM enrolment"), [], |row| row.get(0))
            .unwrap()
    });
    for secret in secrets {
        for form in [hex::encode(secret), URL_SAFE_NO_PAD.encode(secret)] {
            assert!(!text.contains(&form[..30]));
        }
        let inside = |bytes: &[u8]| bytes.windows(32).any(|part| part == secret);
        assert!(
            !export
                .credentials
                .iter()
                .any(|one| inside(&URL_SAFE_NO_PAD.decode(&one.credential).unwrap()))
        );
    }

    let page = "<!doctype html><title>x</title>".to_owned();
    let first = phone
        .wallet
        .write_export(None, Some(page.clone()), folder.path(), NOW)
        .unwrap();
    let second = phone
        .wallet
        .write_export(None, Some(page.clone()), folder.path(), NOW)
        .unwrap();
    assert_eq!(
        (first.name.as_str(), second.name.as_str()),
        (
            "khyber-pass-export-2026-11-22.html",
            "khyber-pass-export-2026-11-22-2.html"
        )
    );
    assert_eq!(fs::read_to_string(folder.path().join(first.name)).unwrap(), page);
    let other = phone
        .wallet
        .write_export(None, Some("MZ".to_owned()), folder.path(), NOW);
    assert_eq!(other.unwrap_err().code, UiCode::ExportInvalid);
}

#[test]
fn one_document_is_taken_out_with_its_past_alone() {
    let (mut phone, province) = phone();
    let issued = ask(&province, super::province::domicile(), 1);
    let view = phone.wallet.read_request_text(&issued.text, NOW).unwrap();
    phone.wallet.answer_request(view.id, None, NOW).unwrap();
    phone.wallet.show_timed("age", None, NOW).unwrap();
    let id = the_one(&phone, "domicile").id;
    let export = phone.wallet.export(Some(&id), NOW).unwrap();
    assert_eq!(export.people[0].documents.len(), 1);
    assert_eq!(export.credentials.len(), 1);
    assert_eq!(export.kinds.len(), 1);
    assert!(export.photo_data_url.is_some());
    let kinds: Vec<_> = export.showings.iter().map(|row| row.vct.as_str()).collect();
    assert_eq!(kinds, ["domicile"]);
    let age = phone
        .wallet
        .export(Some(&the_one(&phone, "age").id), NOW)
        .unwrap();
    assert!(age.photo_data_url.is_none());
    assert_eq!(
        phone.wallet.export(Some("past:9"), NOW).unwrap_err().code,
        UiCode::DocumentGone
    );
    assert_eq!(Vct::AGE.as_str(), age.kinds[0].vct);
}

#[test]
fn no_value_that_was_shown_is_in_the_log_of_showings() {
    let (mut phone, province) = phone();
    for (vct, nonce) in [
        (Vct::IDENTITY, 1),
        (super::province::domicile(), 2),
        (Vct::NAME_PHOTO, 3),
    ] {
        let view = phone
            .wallet
            .read_request_text(&ask(&province, vct, nonce).text, NOW)
            .unwrap();
        phone.wallet.answer_request(view.id, None, NOW).unwrap();
    }
    for vct in ["age", "residence"] {
        phone.wallet.show_timed(vct, None, NOW).unwrap();
    }
    let mut values: BTreeSet<String> = BTreeSet::new();
    for document in &own(&documents(&phone)).documents {
        for claim in &document.claims {
            // Truths have no value of their own to be found.
            values.extend(
                claim
                    .value
                    .clone()
                    .filter(|value| value != "true" && value != "false" && value.len() > 1),
            );
        }
    }
    assert!(values.len() > 12);
    let compact: Vec<String> = values.iter().map(|value| value.replace('-', "")).collect();
    values.extend(compact);
    let database = phone.wallet.database();
    let mut statement = database.prepare("SELECT * FROM showing").unwrap();
    let columns = statement.column_count();
    let mut rows = statement.query([]).unwrap();
    let mut log = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        for at in 0..columns {
            if let rusqlite::types::ValueRef::Text(bytes) | rusqlite::types::ValueRef::Blob(bytes) =
                row.get_ref(at).unwrap()
            {
                log.extend_from_slice(bytes);
                log.push(b'\n');
            }
        }
    }
    let export = phone.wallet.export(None, NOW).unwrap();
    assert_eq!(export.showings.len(), 5);
    log.extend(serde_json::to_vec(&export.showings).unwrap());
    for value in values {
        assert!(
            !log.windows(value.len()).any(|part| part == value.as_bytes()),
            "a value is in the log"
        );
    }
}
