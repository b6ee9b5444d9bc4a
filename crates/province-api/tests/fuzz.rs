//! The files of risk rules and of services that an operator writes, fuzzed: any bytes, and good files changed at random
//! places.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

#[macro_use]
#[path = "../../../tests/fuzz.rs"]
mod fuzz;

use credential::{Catalogue, CatalogueContent, DAY, RiskRules, RulesContent, SecretKey, Timestamp};
use fuzz::damaged;
use province_api::catalogue::CatalogueFile;
use province_api::catalogue::packaged::packaged;
use province_api::packed;
use province_api::rules::RulesFile;

const PACKAGED: &[u8] = include_bytes!("../../../assets/rules/rules.json");
const CATALOGUE: &[u8] = br#"{"offices": [{"id": "health", "name": {"en": "Health", "ur": "", "ps": ""}}],
"services": [{"id": "opd", "office": "health", "name": {"en": "OPD", "ur": "", "ps": ""}, "name_ps_review": true,
"fee_rupees": 20, "limit": {"days": 2, "unit": "working_days"}, "source_note": "a test"}]}"#;

/// What a province signs of a file of services.
fn catalogue_of(file: &CatalogueFile) -> CatalogueContent {
    let (offices, services, guide) = file.content();
    CatalogueContent {
        guide,
        sequence: 1,
        iat: Timestamp::from_unix(DAY),
        offices,
        services,
    }
}

fuzz! {
    any_catalogue_file(input) {
        for bytes in [input.to_vec(), damaged(CATALOGUE, input)] {
            let Ok(file) = serde_json::from_slice::<CatalogueFile>(&bytes) else { continue };
            let again = serde_json::to_string(&file).unwrap();
            assert_eq!(serde_json::from_str::<CatalogueFile>(&again).unwrap(), file);
            let content = catalogue_of(&file);
            // What is signed is read, and says what the file says.
            if let Ok(signed) = Catalogue::sign(&content, &SecretKey::from_seed([7; 32])) {
                assert_eq!(Catalogue::read_unverified(&signed).unwrap(), content);
            }
        }
    }
    any_rules_file(input) {
        for bytes in [input.to_vec(), damaged(PACKAGED, input)] {
            let Ok(file) = serde_json::from_slice::<RulesFile>(&bytes) else { continue };
            let again = serde_json::to_string(&file).unwrap();
            assert_eq!(serde_json::from_str::<RulesFile>(&again).unwrap(), file);
            let Ok(rules) = file.rules() else { continue };
            assert_eq!(RulesFile::of(&rules).rules().unwrap(), rules);
            let content = RulesContent {
                sequence: 1,
                iat: Timestamp::from_unix(DAY),
                exp: Timestamp::from_unix(2 * DAY),
                rules,
            };
            // What is signed is read, and says what the file says.
            if let Ok(signed) = RiskRules::sign(&content, &SecretKey::from_seed([7; 32])) {
                assert_eq!(RiskRules::read_unverified(&signed).unwrap(), content);
            }
        }
    }
    any_name_of_a_fact(input) {
        // Wherever it stands in a good file, a name or a number that is none is not read as another.
        let text = String::from_utf8_lossy(input);
        let good = String::from_utf8_lossy(PACKAGED);
        let Ok(name) = serde_json::to_string(&text) else { return };
        let changed = good.replacen("\"over_18\"", &name, 1);
        let read = serde_json::from_str::<RulesFile>(&changed).ok().and_then(|file| file.rules().ok());
        let packaged = serde_json::from_str::<RulesFile>(&good).unwrap().rules().unwrap();
        assert!(read.is_none_or(|rules| (rules == packaged) == (text == "over_18")));
    }
}

#[test]
fn the_packaged_catalogue_is_whole_and_says_only_what_is_sourced() {
    let file = packaged().unwrap();
    let content = catalogue_of(&file);
    let signed = Catalogue::sign(&content, &SecretKey::from_seed([7; 32])).unwrap();
    // As phones get it, packed, it has to stay under 400 KB: a farmer fetches it over 2G.
    let packed = packed::pack(&signed).unwrap();
    assert!(packed.len() < 400_000, "{}", packed.len());
    assert_eq!((content.offices.len(), content.services.len()), (36, 242));
    let known = |is: fn(&&credential::Service) -> bool| content.services.iter().filter(is).count();
    assert_eq!(known(|one| one.fee_rupees.is_some()), 32);
    assert_eq!(known(|one| one.limit.is_some()), 36);
    // Every name is there in all three languages, and each number has its source beside it.
    let names = content.offices.iter().map(|one| &one.name);
    let names = names.chain(content.services.iter().map(|one| &one.name));
    for name in names {
        assert!(!name.ur.is_empty() && !name.ps.is_empty(), "{}", name.en);
    }
    for one in &file.services {
        let says = one.fee_rupees.is_some() || one.limit.is_some();
        assert!(!says || !one.source_note.is_empty(), "{}", one.id);
    }
}

#[test]
fn a_fact_has_one_name() {
    let good = String::from_utf8_lossy(PACKAGED);
    let taken = |name: &str| {
        let changed = good.replacen("\"over_18\"", &format!("\"{name}\""), 1);
        serde_json::from_str::<RulesFile>(&changed)
            .unwrap()
            .rules()
            .is_ok()
    };
    for name in ["over_18", "over_60", "merged_district", "32", "255"] {
        assert!(taken(name), "{name}");
    }
    for name in ["1", "5", "31", "032", "+32", " 32", "256", "over_21", ""] {
        assert!(!taken(name), "{name}");
    }
}
