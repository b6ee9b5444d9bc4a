//! The invented people one can try the app with; a screen sees them only beside the test mark.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use wallet::screen::{Draft, TestCitizen};

const CITIZENS: &str = include_str!("../../assets/test-citizens/citizens.json");

/// The drawn portrait with this file name.
fn portrait(name: &str) -> Option<&'static [u8]> {
    match name {
        "gul-zaman.png" => Some(include_bytes!("../../assets/test-citizens/gul-zaman.png")),
        "zarmina-bibi.png" => Some(include_bytes!("../../assets/test-citizens/zarmina-bibi.png")),
        "sher-alam.png" => Some(include_bytes!("../../assets/test-citizens/sher-alam.png")),
        _ => None,
    }
}

/// One person of `citizens.json`; its other fields are a draft's.
#[derive(Deserialize)]
struct Listed {
    cnic: String,
    cnic_issued_on: String,
    name_en: String,
    name_ur: String,
    guardian_name_en: String,
    guardian_name_ur: String,
    guardian_relation: String,
    date_of_birth: String,
    gender: String,
    address: String,
    district: String,
    mobile: String,
    portrait: String,
}

/// All of them, each with a filled-in draft and a portrait.
pub fn all() -> Vec<TestCitizen> {
    // The file is part of the program; a test proves that it reads.
    let listed: Vec<Listed> = serde_json::from_str(CITIZENS).unwrap_or_default();
    listed.into_iter().filter_map(citizen).collect()
}

fn citizen(one: Listed) -> Option<TestCitizen> {
    let portrait = format!(
        "data:image/png;base64,{}",
        STANDARD.encode(portrait(&one.portrait)?)
    );
    let draft = Draft {
        cnic: one.cnic,
        cnic_issued_on: one.cnic_issued_on,
        name_en: one.name_en,
        name_ur: one.name_ur,
        guardian_name_en: one.guardian_name_en,
        guardian_name_ur: one.guardian_name_ur,
        guardian_relation: one.guardian_relation,
        date_of_birth: one.date_of_birth,
        gender: one.gender,
        address: one.address,
        district: one.district,
        mobile: one.mobile,
        has_photo: false,
    };
    Some(TestCitizen { draft, portrait })
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]

    use super::*;

    #[test]
    fn three_test_citizens_have_numbers_that_nadra_never_issued_and_portraits_that_can_be_used() {
        let citizens = all();
        assert_eq!(citizens.len(), 3);
        for citizen in citizens {
            assert!(citizen.draft.cnic.starts_with("99999"));
            let file = crate::pictures::file_of(&citizen.portrait).unwrap();
            assert!(crate::photo::prepare(&file).is_ok());
        }
    }
}
