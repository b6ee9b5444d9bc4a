//! Fuzzing of what the desk reads besides codes: service profiles, the fields of a staff pass, its own page's file, what is
//! typed for an officer.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

#[macro_use]
#[path = "../../../tests/fuzz.rs"]
mod fuzz;

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use counter::gate::{Office, Rules, Staff, StaffNumber, Stay, sheet};
use counter::officers::OfficerNumber;
use counter::page_file;
use counter::profile::{PROFILE_BYTES_MAX, Profile};
use credential::Timestamp;
use fuzz::damaged;

const HOST: &str = "127.0.0.1:7310";

/// Profiles with every field that there is, for the fuzzer to begin with.
fn profiles() -> [Vec<u8>; 2] {
    let name = serde_json::json!({ "en": "Domicile", "ur": "ڈومیسائل", "ps": "ډومیسایل" });
    [
        serde_json::json!({
            "version": 1, "id": "domicile-peshawar", "name": name, "service": "domicile", "ask": ["identity", "age"],
            "mode": "request", "idle_minutes": 15, "unattended": ["age"],
        }),
        serde_json::json!({
            "version": 1, "id": "gate", "name": name, "service": "attendance", "ask": ["name-photo"], "mode": "timed",
            "gate": { "again_minutes": 5, "shift_hours": 16, "name_photo_one_in": 50 },
        }),
    ]
    .map(|file| file.to_string().into_bytes())
}

/// A file with nothing but what the fuzzer wants in it.
fn page_file(bytes: &[u8]) -> PathBuf {
    static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());
    let file = FOLDER.path().join("page");
    page_file::write(&file, HOST, "").unwrap();
    fs::write(&file, bytes).unwrap();
    file
}

fuzz! {
    any_profile(input) {
        static GOOD: LazyLock<[Vec<u8>; 2]> = LazyLock::new(profiles);
        for bytes in [input.to_vec(), damaged(&GOOD[0], input), damaged(&GOOD[1], input)] {
            let Ok(profile) = Profile::parse(&bytes) else { continue };
            // Whatever is taken is within the limits that docs/desk.md names.
            let view = profile.view();
            assert!(bytes.len() <= PROFILE_BYTES_MAX);
            assert!((1..=8).contains(&view.ask.len()) && (60..=7_200).contains(&profile.idle_seconds()));
            assert!(view.unattended.iter().all(|vct| view.ask.contains(vct) && ["age", "residence"].contains(&vct.as_str())));
            for name in [&view.name_en, &view.name_ur, &view.name_ps] {
                assert!((1..=60).contains(&name.chars().count()) && !name.chars().any(char::is_control));
            }
            // The scan log takes its name, and another file never has the same one.
            assert!(scan_log::Word::parse(profile.stamp()).is_ok());
            let other = [&bytes[..], b" "].concat();
            if let Ok(other) = Profile::parse(&other) {
                assert_ne!(other.stamp(), profile.stamp());
            }
            if let Some(rules) = profile.gate() {
                assert!((60..=3_600).contains(&rules.again_within) && (3_600..=86_400).contains(&rules.shift_max));
                assert!(rules.face_one_in <= 1_000);
            }
        }
    }
    any_staff(input) {
        let text = String::from_utf8_lossy(input);
        let (office, number) = text.split_once('\n').unwrap_or((&text, "1"));
        if let (Ok(office), Ok(number)) = (Office::parse(office), StaffNumber::parse(number)) {
            let stay = Stay {
                staff: Staff { office: office.clone(), number: number.clone() },
                day: 20_779,
                came: Timestamp::from_unix(1_795_313_400),
                went: None,
                came_face: None,
                went_face: None,
            };
            let sheet = sheet(&[stay], &Rules::default(), Timestamp::from_unix(1_795_313_460));
            let sheet = String::from_utf8(sheet).unwrap();
            // One row, each field as it is: nothing to quote, nothing that a spreadsheet computes.
            let row = sheet.strip_suffix("\r\n").unwrap().rsplit("\r\n").next().unwrap();
            let beginning = format!("{},{},", office.as_str(), number.as_str());
            assert!(row.starts_with(&beginning) && row.matches(',').count() == 6, "{row}");
            assert!(row.split(',').all(|field| !field.starts_with(['=', '+', '-', '@', '"'])), "{row}");
        }
    }
    any_officer_number(input) {
        let text = String::from_utf8_lossy(input);
        if let Ok(number) = OfficerNumber::parse(&text) {
            let digits = number.as_str();
            assert!((1..=6).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit()));
            assert_eq!(OfficerNumber::parse(digits), Ok(number.clone()));
        }
    }
    any_page_file(input) {
        let good = page_file::address(HOST, &"5e".repeat(32)).into_bytes();
        for bytes in [input.to_vec(), damaged(&good, input)] {
            if let Some(token) = page_file::held_token(&page_file(&bytes), HOST) {
                assert!(token.len() == 64 && token.bytes().all(|digit| digit.is_ascii_hexdigit()));
                let text = String::from_utf8(bytes).unwrap();
                assert_eq!(text.trim_end(), page_file::address(HOST, &token));
            }
        }
    }
}
