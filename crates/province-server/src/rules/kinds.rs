//! What a pass or document says of a citizen: the claims that the type register lists, filled from their record and,
//! for a document's own fields, from what was granted.

use std::collections::BTreeMap;

use credential::{
    Claims, DAY, Facts, Field, Form, Gender, GuardianRelation, HolderKey, ISSUER, Identity, PassType, Place,
    RegisterContent, SecretKey, StatusRef, Timestamp,
};
use province_api::artefacts::IDENTITY_LIST;
use province_api::person::Day;
use sha2::{Digest as _, Sha256};
use sqlx::AnyConnection;

use super::Fault;
use super::record::Record;
use crate::districts;
use crate::store::artefact::{self, Name};
use crate::store::person::Person;
use crate::store::trusted_key;

/// Language of the second-script names, ISO 639.
const LOCAL_LANGUAGE: &str = "ur";

/// The citizen whom a pass or document is about.
#[derive(Clone, Copy, Debug)]
pub struct Citizen<'a> {
    /// What they gave.
    pub record: &'a Record,
    /// Their place in the status list of people.
    pub status_index: u32,
    /// The level at which they were proofed, 1 to 4.
    pub assurance: u8,
}

impl<'a> Citizen<'a> {
    /// A person with what was sealed of them.
    pub const fn new(person: &Person, record: &'a Record) -> Self {
        Self {
            record,
            status_index: person.status_index,
            assurance: person.assurance,
        }
    }
}

/// A document's own fields by their numbers, and where its status bit is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Granted {
    /// The fields.
    pub fields: BTreeMap<u8, Field>,
    /// List and index, if its kind has a list of its own.
    pub status: Option<(String, u32)>,
    /// Of a child's document that a guardian holds: the midnight with which the child is of age.
    pub until: Option<Timestamp>,
}

/// The published register.
///
/// # Errors
/// [`Fault::Types`] if there is none or it cannot be read.
pub async fn published(db: &mut AnyConnection) -> Result<RegisterContent, Fault> {
    let file = artefact::newest(db, Name::TypeRegister)
        .await?
        .ok_or(Fault::NoTypes)?;
    RegisterContent::read_unverified(&file.bytes).map_err(Fault::Types)
}

/// The published register's kinds that the published trust list lets a key sign: one that is newer than the list waits
/// for the next.
///
/// # Errors
/// As [`published`].
pub async fn in_force(db: &mut AnyConnection) -> Result<RegisterContent, Fault> {
    let mut register = published(db).await?;
    let keys = trusted_key::all(db).await?;
    register
        .types
        .retain(|kind| keys.iter().any(|key| key.listed.contains(&kind.vct)));
    Ok(register)
}

/// A key in the place of the issuer's and the holder's, where something is signed only to see that it can be: it goes
/// nowhere.
pub fn stand_in() -> SecretKey {
    SecretKey::from_seed([0; 32])
}

/// Whether a kind is a document, which the province grants: it has fields of its own.
pub fn is_document(kind: &PassType) -> bool {
    let own = |at: &Place| matches!(at, Place::Fact(number) if credential::FIELDS.contains(number));
    kind.claims.iter().any(|claim| own(&claim.at))
}

/// Whether phones of people who were proofed at this level draw this kind.
pub fn is_on_phones(kind: &PassType, assurance: u8) -> bool {
    kind.stock > 0 && (kind.show.timed || kind.show.request) && kind.assurance <= assurance
}

/// Whether what was granted has ended, by its own last day or because the child is of age: nothing is issued of it any
/// more.
pub fn has_ended(kind: &PassType, granted: &Granted, now: Timestamp) -> bool {
    let facts = Facts {
        fields: granted.fields.clone(),
        ..Facts::default()
    };
    let ends = kind.ends(&facts).into_iter().chain(granted.until);
    ends.min().is_some_and(|ends| now >= ends)
}

/// Whether every citizen who was proofed at this level may draw this kind.
pub fn is_for_everybody(kind: &PassType, assurance: u8) -> bool {
    is_on_phones(kind, assurance) && !is_document(kind)
}

/// What a pass of this kind says of a citizen, for one holder key, or for paper without one.
pub fn claims(
    kind: &PassType,
    citizen: &Citizen<'_>,
    granted: &Granted,
    holder: Option<HolderKey>,
    now: Timestamp,
) -> Claims {
    let iat = now.start_of_day();
    let record = citizen.record;
    let mut claims = Claims {
        iss: ISSUER.to_owned(),
        iat,
        nbf: None,
        exp: iat.plus(u64::from(kind.lifetime_days) * DAY),
        holder,
        vct: kind.vct,
        identity: None,
        status: match (kind.status.list(), &granted.status) {
            (None, _) => None,
            (Some(IDENTITY_LIST), _) => Some((IDENTITY_LIST, citizen.status_index)),
            (Some(_), granted) => granted.as_ref().map(|(list, index)| (list.as_str(), *index)),
        }
        .map(|(list, index)| StatusRef {
            index,
            uri: list.to_owned(),
        }),
        facts: Facts::default(),
    };
    let form = if holder.is_some() {
        Form::Phone
    } else {
        Form::Paper
    };
    let age = record
        .particulars
        .date_of_birth
        .years_until(Day::at_unix(now.unix()));
    for claim in kind.claims.iter().filter(|claim| claim.stands_in(form)) {
        match claim.at {
            Place::Identity(member) => identity(claims.identity.get_or_insert_default(), member, record),
            // Fact 9 belongs to the identity.
            Place::Fact(9) => {
                let who = claims.identity.get_or_insert_default();
                who.guardian_local = Some(record.particulars.guardian_name_ur.as_str().to_owned());
            }
            Place::Fact(number) if credential::FIELDS.contains(&number) => {
                if let Some(field) = granted.fields.get(&number) {
                    claims.facts.fields.insert(number, field.clone());
                }
            }
            Place::Fact(number) => fact(&mut claims.facts, number, citizen, age),
        }
    }
    for ends in kind.ends(&claims.facts).into_iter().chain(granted.until) {
        claims.exp = claims.exp.min(ends);
    }
    claims
}

fn identity(identity: &mut Identity, member: u8, record: &Record) {
    let p = &record.particulars;
    match member {
        1 => identity.id = Some(p.cnic.as_str().to_owned()),
        4 => identity.full_name = Some(p.name_en.as_str().to_owned()),
        8 => identity.date_of_birth = Some(p.date_of_birth.compact()),
        9 => {
            identity.gender = Some(match p.gender {
                province_api::person::Gender::Male => Gender::Male,
                province_api::person::Gender::Female => Gender::Female,
                province_api::person::Gender::X => Gender::X,
            });
        }
        10 => identity.address = Some(p.address.as_str().to_owned()),
        15 => identity.guardian = Some(p.guardian_name_en.as_str().to_owned()),
        19 => {
            identity.full_name_local = Some(p.name_ur.as_str().to_owned());
            identity.local_language = Some(LOCAL_LANGUAGE.to_owned());
        }
        // The register's own check lets no other member in.
        _ => {}
    }
}

fn fact(facts: &mut Facts, number: u8, citizen: &Citizen<'_>, age: u16) {
    let record = citizen.record;
    let p = &record.particulars;
    match number {
        1 => facts.over_18 = Some(age >= 18),
        2 => facts.over_60 = Some(age >= 60),
        3 => facts.district = Some(p.district.as_str().to_owned()),
        5 => facts.merged_district = districts::find(&p.district).map(|d| d.merged_district),
        6 => facts.assurance = Some(citizen.assurance),
        7 => facts.photo_sha256 = Some(Sha256::digest(&record.photo.0).into()),
        8 => {
            facts.guardian_relation = Some(match p.guardian_relation {
                province_api::person::GuardianRelation::Father => GuardianRelation::Father,
                province_api::person::GuardianRelation::Husband => GuardianRelation::Husband,
            });
        }
        // An enrolment does not ask for the tehsil (4).
        _ => {}
    }
}
