//! Each code that a person can meet has a sentence and a next step in English, Urdu and Pashto.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

type Messages = BTreeMap<String, String>;

fn messages(language: &str) -> Messages {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../ui/messages/{language}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).expect("the messages are there"))
        .expect("a flat JSON object")
}

/// Every code of every enum, each with the enum that it is of.
fn codes() -> Vec<(&'static str, &'static str)> {
    let mut all = Vec::new();
    macro_rules! take {
        ($($type:ty),+ $(,)?) => {
            $(all.extend(<$type>::ALL.iter().map(|one| (stringify!($type), one.code())));)+
        };
    }
    take!(
        credential::CatalogueError,
        credential::Code,
        credential::lenient::OtherCode,
        credential::ConfigError,
        credential::IssueError,
        credential::PresentError,
        credential::RegisterError,
        credential::RequestError,
        credential::RulesError,
        credential::StatusError,
        credential::TrustError,
        qr::QrError,
        province_api::person::FieldError,
        province_api::problem::ProblemCode,
        province_api::proofing::ReaderError,
        wallet::UiCode,
        counter::StationCode,
    );
    all
}

#[test]
fn every_code_has_a_sentence_and_a_next_step_in_three_languages() {
    let mut missing = BTreeSet::new();
    for language in ["en", "ur", "ps"] {
        let messages = messages(language);
        for (kind, code) in codes() {
            for key in [format!("code_{code}"), format!("code_{code}_next")] {
                if messages.get(&key).is_none_or(|text| text.trim().is_empty()) {
                    missing.insert(format!("{language}: {key} ({kind})"));
                }
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Everything that the screens are written in, bindings aside.
fn screens(folder: &Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            screens(&path, into);
        } else if path.extension().is_some_and(|end| end == "ts" || end == "svelte") {
            into.push_str(&std::fs::read_to_string(&path).expect("a text"));
        }
    }
}

#[test]
fn a_sentence_for_a_code_that_does_not_exist_is_dead() {
    let known: BTreeSet<String> = codes().into_iter().map(|(_, code)| code.to_owned()).collect();
    // Screens have a few codes of their own: a camera that is missing, two PINs that differ.
    let mut written = String::new();
    screens(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src"),
        &mut written,
    );
    let dead: Vec<_> = messages("en")
        .into_keys()
        .filter_map(|key| key.strip_prefix("code_").map(str::to_owned))
        .filter(|rest| {
            let code = rest.strip_suffix("_next").unwrap_or(rest);
            let exists = known.contains(code) || known.contains(rest.as_str());
            !exists && !written.contains(&format!("\"{code}\""))
        })
        .collect();
    assert!(dead.is_empty(), "{dead:#?}");
}

/// Letters that a language writes and the other does not: Urdu's own, and Pashto's own.
#[test]
fn urdu_and_pashto_are_written_with_their_own_letters() {
    let mut wrong = Vec::new();
    for (language, foreign) in [
        // Arabic ي and ك are not Urdu letters; the rest are Pashto's.
        (
            "ur",
            "\u{064A}\u{0643}\u{067C}\u{0681}\u{0685}\u{0689}\u{0693}\u{0696}\u{069A}\u{06BC}\u{06CD}\u{06D0}",
        ),
        // ٹ ڈ ڑ ھ ے and Arabic ك are not Pashto letters.
        ("ps", "\u{0643}\u{0679}\u{0688}\u{0691}\u{06BE}\u{06D2}"),
    ] {
        for (key, text) in messages(language) {
            // The name of the other language is written in its own letters.
            if !key.starts_with("language_") && text.chars().any(|c| foreign.contains(c)) {
                wrong.push(format!("{language}: {key}: {text}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn cannot_decide_is_what_undecided_is_called() {
    for (key, text) in messages("en") {
        assert!(!text.to_lowercase().contains("undecided"), "{key}");
    }
}
