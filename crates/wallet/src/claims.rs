//! Claims as a screen lists them: a name, a value, and how it is laid out. No words.

use credential::{Claims, Vct};
use province_api::person::Cnic;

use crate::screen::{ClaimView, Script};

/// What a desk learns from a pass, in the order in which a person reads it.
pub(crate) fn views(claims: &Claims) -> Vec<ClaimView> {
    let mut views = Views(Vec::new());
    let facts = &claims.facts;
    views.truth("over_18", facts.over_18);
    views.truth("over_60", facts.over_60);
    if let Some(identity) = &claims.identity {
        views.text("name_en", identity.full_name.as_deref(), Script::Latin);
        views.text("name_ur", identity.full_name_local.as_deref(), Script::Arabic);
        views.text("guardian_name_en", identity.guardian.as_deref(), Script::Latin);
        views.text(
            "guardian_name_ur",
            identity.guardian_local.as_deref(),
            Script::Arabic,
        );
        let relation = facts.guardian_relation.map(credential::GuardianRelation::as_str);
        views.text("guardian_relation", relation, Script::Word);
        views.text(
            "cnic",
            identity.id.as_deref().map(grouped).as_deref(),
            Script::Number,
        );
        let born = identity.date_of_birth.as_deref().map(with_dashes);
        views.text("date_of_birth", born.as_deref(), Script::Number);
        views.text(
            "gender",
            identity.gender.map(credential::Gender::as_str),
            Script::Word,
        );
        if let Some(address) = identity.address.as_deref() {
            views.text("address", Some(address), script_of(address));
        }
    }
    views.text("district", facts.district.as_deref(), Script::Word);
    if let Some(tehsil) = facts.tehsil.as_deref() {
        views.text("tehsil", Some(tehsil), script_of(tehsil));
    }
    views.truth("merged_district", facts.merged_district);
    let level = facts.assurance.map(|level| level.to_string());
    views.text("assurance", level.as_deref(), Script::Number);
    views.truth("photo", facts.photo_sha256.map(|_| true));
    views.0
}

/// The names of the claims of a kind of pass, for a request that this phone cannot answer.
pub(crate) fn names_of(vct: Vct) -> Vec<ClaimView> {
    let names: &[(&str, Script)] = if vct == Vct::AGE {
        &[("over_18", Script::Word), ("over_60", Script::Word)]
    } else if vct == Vct::RESIDENCE {
        &[("district", Script::Word), ("merged_district", Script::Word)]
    } else if vct == Vct::IDENTITY {
        &[
            ("name_en", Script::Latin),
            ("name_ur", Script::Arabic),
            ("guardian_name_en", Script::Latin),
            ("guardian_name_ur", Script::Arabic),
            ("guardian_relation", Script::Word),
            ("cnic", Script::Number),
            ("date_of_birth", Script::Number),
            ("gender", Script::Word),
            ("address", Script::Latin),
            ("district", Script::Word),
            ("photo", Script::Word),
        ]
    } else if vct == Vct::NAME_PHOTO {
        &[
            ("name_en", Script::Latin),
            ("name_ur", Script::Arabic),
            ("photo", Script::Word),
        ]
    } else {
        &[]
    };
    names
        .iter()
        .map(|(key, script)| ClaimView {
            key: (*key).to_owned(),
            value: None,
            script: *script,
        })
        .collect()
}

/// The names alone, for the list of past showings.
pub(crate) fn keys(views: &[ClaimView]) -> Vec<String> {
    views.iter().map(|view| view.key.clone()).collect()
}

/// A CNIC as people read it.
pub(crate) fn grouped(cnic: &str) -> String {
    Cnic::parse(cnic).map_or_else(|_| cnic.to_owned(), |cnic| cnic.grouped())
}

struct Views(Vec<ClaimView>);

impl Views {
    fn text(&mut self, key: &str, value: Option<&str>, script: Script) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.0.push(ClaimView {
                key: key.to_owned(),
                value: Some(value.to_owned()),
                script,
            });
        }
    }

    fn truth(&mut self, key: &str, value: Option<bool>) {
        let word = value.map(|value| if value { "true" } else { "false" });
        self.text(key, word, Script::Word);
    }
}

/// `19900131` as `1990-01-31`.
fn with_dashes(day: &str) -> String {
    match (day.get(..4), day.get(4..6), day.get(6..8)) {
        (Some(year), Some(month), Some(day)) => format!("{year}-{month}-{day}"),
        _ => day.to_owned(),
    }
}

fn script_of(text: &str) -> Script {
    if text
        .chars()
        .any(|letter| ('\u{600}'..='\u{6ff}').contains(&letter))
    {
        Script::Arabic
    } else {
        Script::Latin
    }
}
