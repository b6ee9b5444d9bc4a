//! Claims as JSON, both ways, under the credential's own names.

use std::collections::BTreeMap;

use credential::{Claims, Facts, Field, Gender, GuardianRelation, ISSUER, Identity, StatusRef, Vct};
use province_api::person;
use serde::{Deserialize, Serialize};

use crate::error::CliError;
use crate::{hex, moment};

/// Claims as `issue` reads and as `inspect` and `verify` print them. Days are `YYYY-MM-DD`, keys and hashes hex.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClaimsJson {
    #[serde(default = "issuer")]
    iss: String,
    iat: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<String>,
    exp: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    holder: Option<String>,
    vct: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    identity: Option<IdentityJson>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<StatusJson>,
    #[serde(default)]
    facts: FactsJson,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StatusJson {
    index: u32,
    uri: String,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct IdentityJson {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    full_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    full_name_local: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    local_language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    guardian: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    guardian_local: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_of_birth: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gender: Option<GenderJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct FactsJson {
    #[serde(skip_serializing_if = "Option::is_none")]
    over_18: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    over_60: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    district: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tehsil: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    merged_district: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assurance: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    photo_sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    guardian_relation: Option<RelationJson>,
    /// A document's own fields by their numbers.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    fields: BTreeMap<u8, FieldJson>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum FieldJson {
    Truth(bool),
    Number(u64),
    Text(String),
    Bytes { hex: String },
}

#[derive(Serialize, Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum GenderJson {
    Male,
    Female,
    X,
}

#[derive(Serialize, Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum RelationJson {
    Father,
    Husband,
}

/// Whether a CNIC is printed whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cnic {
    Whole,
    Masked,
}

fn issuer() -> String {
    ISSUER.to_owned()
}

impl ClaimsJson {
    pub(crate) fn print(claims: &Claims, cnic: Cnic) -> Self {
        Self {
            iss: claims.iss.clone(),
            iat: moment::day_text(claims.iat),
            nbf: claims.nbf.map(moment::day_text),
            exp: moment::day_text(claims.exp),
            holder: claims.holder.map(|key| hex::text(key.as_bytes())),
            vct: claims.vct.as_str().to_owned(),
            identity: claims
                .identity
                .as_ref()
                .map(|identity| IdentityJson::print(identity, cnic)),
            status: claims.status.as_ref().map(|status| StatusJson {
                index: status.index,
                uri: status.uri.clone(),
            }),
            facts: FactsJson::print(&claims.facts, cnic),
        }
    }

    pub(crate) fn read(self) -> Result<Claims, CliError> {
        Ok(Claims {
            iss: self.iss,
            iat: moment::parse_day("iat", &self.iat)?,
            nbf: self.nbf.map(|day| moment::parse_day("nbf", &day)).transpose()?,
            exp: moment::parse_day("exp", &self.exp)?,
            holder: self
                .holder
                .map(|key| hex::public_key("holder", &key).map(Into::into))
                .transpose()?,
            vct: vct("vct", &self.vct)?,
            identity: self.identity.map(IdentityJson::read).transpose()?,
            status: self.status.map(|status| StatusRef {
                index: status.index,
                uri: status.uri,
            }),
            facts: self.facts.read()?,
        })
    }
}

/// Reads the name of a kind of pass.
pub(crate) fn vct(field: &'static str, text: &str) -> Result<Vct, CliError> {
    Vct::parse(text).map_err(|_| CliError::Field {
        field,
        expected: "the name of a kind of pass such as age",
    })
}

impl IdentityJson {
    fn print(identity: &Identity, cnic: Cnic) -> Self {
        Self {
            id: identity.id.as_deref().map(|id| match cnic {
                Cnic::Whole => id.to_owned(),
                Cnic::Masked => person::Cnic::mask(id),
            }),
            full_name: identity.full_name.clone(),
            full_name_local: identity.full_name_local.clone(),
            local_language: identity.local_language.clone(),
            guardian: identity.guardian.clone(),
            guardian_local: identity.guardian_local.clone(),
            date_of_birth: identity.date_of_birth.clone(),
            gender: identity.gender.map(|gender| match gender {
                Gender::Male => GenderJson::Male,
                Gender::Female => GenderJson::Female,
                Gender::X => GenderJson::X,
            }),
            address: identity.address.clone(),
        }
    }

    fn read(self) -> Result<Identity, CliError> {
        let is_cnic = |id: &String| id.len() == 13 && id.bytes().all(|digit| digit.is_ascii_digit());
        if !self.id.as_ref().is_none_or(is_cnic) {
            return Err(CliError::Field {
                field: "identity.id",
                expected: "a CNIC of 13 digits",
            });
        }
        Ok(Identity {
            id: self.id,
            full_name: self.full_name,
            full_name_local: self.full_name_local,
            local_language: self.local_language,
            guardian: self.guardian,
            guardian_local: self.guardian_local,
            date_of_birth: self.date_of_birth,
            gender: self.gender.map(|gender| match gender {
                GenderJson::Male => Gender::Male,
                GenderJson::Female => Gender::Female,
                GenderJson::X => Gender::X,
            }),
            address: self.address,
        })
    }
}

impl FieldJson {
    /// Without a register nobody knows which number is a CNIC: one of 13 digits is printed as one.
    fn print(field: &Field, cnic: Cnic) -> Self {
        let is_cnic = |number: u64| (1_000_000_000_000..10_000_000_000_000).contains(&number);
        match field {
            Field::Text(text) => Self::Text(text.clone()),
            Field::Number(number) if cnic == Cnic::Masked && is_cnic(*number) => {
                Self::Text(person::Cnic::mask(&number.to_string()))
            }
            Field::Number(number) => Self::Number(*number),
            Field::Truth(truth) => Self::Truth(*truth),
            Field::Bytes(bytes) => Self::Bytes {
                hex: hex::text(bytes),
            },
        }
    }

    fn read(self) -> Result<Field, CliError> {
        Ok(match self {
            Self::Text(text) => Field::Text(text),
            Self::Number(number) => Field::Number(number),
            Self::Truth(truth) => Field::Truth(truth),
            Self::Bytes { hex: digits } => Field::Bytes(hex::bytes("facts.fields", &digits)?),
        })
    }
}

impl FactsJson {
    fn print(facts: &Facts, cnic: Cnic) -> Self {
        Self {
            over_18: facts.over_18,
            over_60: facts.over_60,
            district: facts.district.clone(),
            tehsil: facts.tehsil.clone(),
            merged_district: facts.merged_district,
            assurance: facts.assurance,
            photo_sha256: facts.photo_sha256.as_ref().map(|hash| hex::text(hash)),
            guardian_relation: facts.guardian_relation.map(|relation| match relation {
                GuardianRelation::Father => RelationJson::Father,
                GuardianRelation::Husband => RelationJson::Husband,
            }),
            fields: facts
                .fields
                .iter()
                .map(|(number, field)| (*number, FieldJson::print(field, cnic)))
                .collect(),
        }
    }

    fn read(self) -> Result<Facts, CliError> {
        let hash = |digits: String| hex::fixed("facts.photo_sha256", digits.as_bytes());
        Ok(Facts {
            over_18: self.over_18,
            over_60: self.over_60,
            district: self.district,
            tehsil: self.tehsil,
            merged_district: self.merged_district,
            assurance: self.assurance,
            photo_sha256: self.photo_sha256.map(hash).transpose()?,
            guardian_relation: self.guardian_relation.map(|relation| match relation {
                RelationJson::Father => GuardianRelation::Father,
                RelationJson::Husband => GuardianRelation::Husband,
            }),
            fields: self
                .fields
                .into_iter()
                .map(|(number, field)| Ok((number, field.read()?)))
                .collect::<Result<_, CliError>>()?,
        })
    }
}
