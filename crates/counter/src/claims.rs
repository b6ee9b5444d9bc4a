//! What an officer sees of a verified pass: the claims its kind is asked for, in a fixed order, and nothing else.

use credential::{Claims, Gender, GuardianRelation, Vct};
use province_api::person::Cnic;

use crate::types::{ClaimView, Script};

/// The claims to show, in order. A kind of pass that this program does not know shows no claim: the verdict only.
pub(crate) fn shown(claims: &Claims) -> Vec<ClaimView> {
    let mut shown = Shown(Vec::new());
    let facts = &claims.facts;
    match claims.vct {
        Vct::AGE => {
            shown.truth("over_18", facts.over_18);
            shown.truth("over_60", facts.over_60);
        }
        Vct::RESIDENCE => {
            shown.put("district", facts.district.clone(), Script::District);
            shown.put("tehsil", facts.tehsil.clone(), Script::Latin);
            shown.truth("merged_district", facts.merged_district);
        }
        Vct::NAME_PHOTO => shown.names(claims),
        Vct::IDENTITY | Vct::PAPER_CARD => {
            shown.names(claims);
            let Some(identity) = &claims.identity else {
                return shown.0;
            };
            let relation = facts.guardian_relation.map(|relation| match relation {
                GuardianRelation::Father => "father",
                GuardianRelation::Husband => "husband",
            });
            let gender = identity.gender.map(|gender| match gender {
                Gender::Male => "male",
                Gender::Female => "female",
                Gender::X => "x",
            });
            shown.put("guardian_name_en", identity.guardian.clone(), Script::Latin);
            shown.put(
                "guardian_name_ur",
                identity.guardian_local.clone(),
                Script::Arabic,
            );
            shown.put("guardian_relation", relation.map(str::to_owned), Script::Word);
            shown.put("cnic", identity.id.as_deref().map(Cnic::mask), Script::Number);
            shown.put(
                "date_of_birth",
                identity.date_of_birth.as_deref().map(day),
                Script::Date,
            );
            shown.put("gender", gender.map(str::to_owned), Script::Word);
            let address = identity.address.clone();
            let script = script_of(address.as_deref().unwrap_or_default());
            shown.put("address", address, script);
            shown.put("district", facts.district.clone(), Script::District);
        }
        // A document says what it says; what is not known here by name is left out.
        _ if claims.holder.is_none() => {
            shown.names(claims);
            if let Some(identity) = &claims.identity {
                shown.put("cnic", identity.id.as_deref().map(Cnic::mask), Script::Number);
            }
            shown.put("district", facts.district.clone(), Script::District);
        }
        _ => {}
    }
    shown.0
}

struct Shown(Vec<ClaimView>);

impl Shown {
    fn put(&mut self, key: &str, value: Option<String>, script: Script) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.0.push(ClaimView {
                key: key.to_owned(),
                value,
                script,
            });
        }
    }

    fn truth(&mut self, key: &str, value: Option<bool>) {
        let word = value.map(|value| value.to_string());
        self.put(key, word, Script::Word);
    }

    fn names(&mut self, claims: &Claims) {
        if let Some(identity) = &claims.identity {
            self.put("name_en", identity.full_name.clone(), Script::Latin);
            self.put("name_ur", identity.full_name_local.clone(), Script::Arabic);
        }
    }
}

/// `19900131` as `1990-01-31`.
fn day(text: &str) -> String {
    match (text.get(..4), text.get(4..6), text.get(6..)) {
        (Some(year), Some(month), Some(day)) if day.len() == 2 => format!("{year}-{month}-{day}"),
        _ => text.to_owned(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_with_dashes() {
        assert_eq!(day("19900131"), "1990-01-31");
        assert_eq!(day("1990"), "1990");
    }
}
