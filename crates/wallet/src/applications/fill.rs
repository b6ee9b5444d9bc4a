//! What the wallet knows already and writes into a form: claims of the citizen's own documents, and of their child's where they
//! have one child.

use credential::{Credential, Vct};
use province_api::definition::Definition;
use rusqlite::Connection;
use serde_json::{Map, Value};

use super::{About, With};
use crate::error::StoreError;
use crate::store::credential::{self as passes, Which};

/// Answers, and where each is from.
pub(super) type Known = (Map<String, Value>, Map<String, Value>);

/// The answers, and the kind of document that each is from.
pub(super) fn known(
    with: With<'_>,
    definition: &Definition<'_>,
    about: Option<&About<'_>>,
) -> Result<Known, StoreError> {
    let (mut typed, mut filled) = (Map::new(), Map::new());
    for (_, field) in definition.asked() {
        for source in &field.from {
            let Some((vct, claim)) = source.split_once('.') else {
                continue;
            };
            let text = match about {
                Some(about) if vct == APPLICATION => about.says(claim),
                _ => said(with, vct, claim)?,
            };
            if let Some(text) = text {
                typed.insert(field.id.clone(), text.into());
                filled.insert(field.id.clone(), vct.into());
                break;
            }
        }
    }
    Ok((typed, filled))
}

/// In place of a kind of document: the application that an appeal is about.
pub(super) const APPLICATION: &str = "application";

impl About<'_> {
    /// What an appeal's form asks of the application that it is about.
    fn says(&self, what: &str) -> Option<String> {
        Some(match what {
            "service" => self.service.clone(),
            "office" => self.office.clone(),
            "number" => hex::encode(self.number),
            "submitted_on" => self.submitted_on.to_string(),
            "problem" | "answer" if self.is_refused => "refused".to_owned(),
            "problem" => "late".to_owned(),
            "answer" => "none".to_owned(),
            "story" => self.story.to_owned(),
            _ => return None,
        })
    }
}

/// What the newest document of a kind says; nothing without one, and where it is not clear whose is meant.
fn said(with: With<'_>, vct: &str, claim: &str) -> Result<Option<String>, StoreError> {
    let (Some(types), Ok(vct)) = (with.types, Vct::parse(vct)) else {
        return Ok(None);
    };
    let (Some(kind), Some(which)) = (types.find(&vct), only(with.database, vct)?) else {
        return Ok(None);
    };
    let Some(stored) = passes::newest(with.database, which)? else {
        return Ok(None);
    };
    let credential = Credential::parse(&stored.raw).map_err(|_| StoreError::Row)?;
    let mut shown = kind.shown(credential.unverified_claims());
    let text = shown
        .find(|one| one.claim.key == claim)
        .map(|one| one.value.text());
    Ok(text.filter(|text| !text.is_empty()))
}

fn only(database: &Connection, vct: Vct) -> Result<Option<Which>, StoreError> {
    let all = passes::of_kind(database, vct)?;
    Ok(match all[..] {
        [one] => Some(one),
        _ => all.into_iter().find(|which| which.no == 0),
    })
}
