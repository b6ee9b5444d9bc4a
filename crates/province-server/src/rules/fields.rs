//! A document's own fields: as a clerk enters them, by the register's kinds, and as they are kept.

use std::collections::BTreeMap;

use credential::{ClaimType, Field, Kind, PassType, Place, Timestamp};
use province_api::person::{Cnic, Day};
use serde_json::{Map, Value};

use super::Fault;
use super::document::DocumentError;
use super::kinds::Granted;
use crate::districts;

/// A kind's own fields.
pub(super) fn own(kind: &PassType) -> impl Iterator<Item = &ClaimType> {
    let is_own = |claim: &&ClaimType| matches!(claim.at, Place::Fact(n) if credential::FIELDS.contains(&n));
    kind.claims.iter().filter(is_own)
}

/// Fields as they were entered, by the register's kinds.
pub(super) fn read(
    kind: &PassType,
    entered: &Map<String, Value>,
) -> Result<BTreeMap<u8, Field>, DocumentError> {
    let known: BTreeMap<&str, &ClaimType> = own(kind).map(|claim| (claim.key.as_str(), claim)).collect();
    if let Some(key) = entered.keys().find(|key| !known.contains_key(key.as_str())) {
        return Err(DocumentError::UnknownField(key.clone()));
    }
    let mut fields = BTreeMap::new();
    for (key, claim) in known {
        let Place::Fact(number) = claim.at else { continue };
        match entered.get(key) {
            Some(value) => {
                fields.insert(number, field(claim, value)?);
            }
            None if claim.required => return Err(DocumentError::FieldMissing(key.to_owned())),
            None => {}
        }
    }
    Ok(fields)
}

fn field(claim: &ClaimType, value: &Value) -> Result<Field, DocumentError> {
    let wrong = |what| DocumentError::FieldWrong(claim.key.clone(), what);
    let text = |what| {
        value
            .as_str()
            .filter(|text| !text.trim().is_empty())
            .ok_or(wrong(what))
    };
    Ok(match claim.kind {
        Kind::Latin => {
            let text = text("a text in Latin letters")?;
            if !text.is_ascii() {
                return Err(wrong("a text in Latin letters"));
            }
            Field::Text(text.to_owned())
        }
        Kind::Arabic | Kind::Text => Field::Text(text("a text")?.to_owned()),
        Kind::District => {
            let what = "the id of a district";
            let id = province_api::person::DistrictId::parse(text(what)?).map_err(|_| wrong(what))?;
            districts::find(&id).ok_or(wrong(what))?;
            Field::Text(id.as_str().to_owned())
        }
        Kind::Number | Kind::Money => Field::Number(value.as_u64().ok_or(wrong("a whole number"))?),
        Kind::Truth => Field::Truth(value.as_bool().ok_or(wrong("true or false"))?),
        Kind::Date | Kind::LastDay => {
            let what = "a day such as 2026-11-22";
            let day = Day::parse(text(what)?).map_err(|_| wrong(what))?;
            Field::Number(day.compact().parse().map_err(|_| wrong(what))?)
        }
        Kind::Cnic => {
            let what = "a CNIC";
            let cnic = Cnic::parse(text(what)?).map_err(|_| wrong(what))?;
            Field::Number(cnic.as_str().parse().map_err(|_| wrong(what))?)
        }
        Kind::Word => {
            let what = "one of its words";
            let key = text(what)?;
            let word = claim.words.iter().find(|word| word.key == key);
            Field::Number(word.ok_or(wrong(what))?.code.into())
        }
        // The register's own check lets no photo be a field.
        Kind::Photo => return Err(wrong("a field")),
    })
}

/// What was granted as it is kept, sealed: texts, numbers and truths by number, and until when a guardian holds it.
pub(super) fn to_json(granted: &Granted) -> Result<Vec<u8>, Fault> {
    let mut plain: BTreeMap<String, Value> = granted
        .fields
        .iter()
        .filter_map(|(number, field)| {
            let value = match field {
                Field::Text(text) => Value::from(text.clone()),
                Field::Number(count) => Value::from(*count),
                Field::Truth(truth) => Value::from(*truth),
                Field::Bytes(_) => return None,
            };
            Some((number.to_string(), value))
        })
        .collect();
    if let Some(until) = granted.until {
        plain.insert(UNTIL.to_owned(), until.unix().into());
    }
    serde_json::to_vec(&plain).map_err(Fault::Record)
}

/// Beside the numbers of fields: unix seconds.
const UNTIL: &str = "until";

pub(super) fn from_json(plain: &[u8]) -> Result<Granted, Fault> {
    let mut kept: BTreeMap<String, Value> = serde_json::from_slice(plain).map_err(Fault::Record)?;
    let until = kept.remove(UNTIL).and_then(|at| at.as_u64());
    let fields = kept
        .into_iter()
        .filter_map(|(number, value)| {
            let field = match value {
                Value::String(text) => Field::Text(text),
                Value::Bool(truth) => Field::Truth(truth),
                value => Field::Number(value.as_u64()?),
            };
            Some((number.parse().ok()?, field))
        })
        .collect();
    Ok(Granted {
        fields,
        status: None,
        until: until.map(Timestamp::from_unix),
    })
}
