//! The pass types that the province issues: one table of what each says and how long it lives.

use credential::{
    Claims, DAY, Facts, Gender, GuardianRelation, ISSUER, Identity, PublicKey, StatusRef, Timestamp, Vct,
};
use province_api::artefacts::IDENTITY_LIST;
use province_api::person::Day;
use sha2::{Digest as _, Sha256};

use super::record::Record;
use crate::districts;

/// How well a citizen is proofed by a remote enrolment that NADRA's record confirms, of 1 to 4.
const ASSURANCE: u8 = 2;

/// Language of the second-script names, ISO 639.
const LOCAL_LANGUAGE: &str = "ur";

/// Whether a pass can be revoked by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    /// No: it names nobody and is short-lived.
    None,
    /// By the person's one index, which all their identity passes share.
    Person,
}

/// What a pass says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    Age,
    Residence,
    Identity,
    NamePhoto,
}

/// One pass type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassType {
    /// Its name on the wire.
    pub vct: Vct,
    /// Whole days from the day of issue.
    pub lifetime_days: u64,
    status: Status,
    content: Content,
}

/// Every pass type there is.
pub const PASS_TYPES: [PassType; 4] = [
    PassType {
        vct: Vct::AGE,
        lifetime_days: 30,
        status: Status::None,
        content: Content::Age,
    },
    PassType {
        vct: Vct::RESIDENCE,
        lifetime_days: 30,
        status: Status::None,
        content: Content::Residence,
    },
    PassType {
        vct: Vct::IDENTITY,
        lifetime_days: 180,
        status: Status::Person,
        content: Content::Identity,
    },
    PassType {
        vct: Vct::NAME_PHOTO,
        lifetime_days: 180,
        status: Status::Person,
        content: Content::NamePhoto,
    },
];

impl PassType {
    /// The type of this name.
    pub fn find(vct: &str) -> Option<&'static Self> {
        PASS_TYPES.iter().find(|t| t.vct.as_str() == vct)
    }

    /// What a pass of this type says of the citizen, for one holder key.
    pub fn claims(&self, record: &Record, status_index: u32, holder: PublicKey, now: Timestamp) -> Claims {
        let iat = now.start_of_day();
        let today = Day::at_unix(now.unix());
        Claims {
            iss: ISSUER.to_owned(),
            iat,
            nbf: None,
            exp: iat.plus(self.lifetime_days * DAY),
            holder: Some(holder),
            vct: self.vct,
            identity: self.identity(record),
            status: match self.status {
                Status::None => None,
                Status::Person => Some(StatusRef {
                    index: status_index,
                    uri: IDENTITY_LIST.to_owned(),
                }),
            },
            facts: self.facts(record, today),
        }
    }

    fn facts(&self, record: &Record, today: Day) -> Facts {
        let p = &record.particulars;
        let photo_sha256 = Some(Sha256::digest(&record.photo.0).into());
        let age = p.date_of_birth.years_until(today);
        match self.content {
            Content::Age => Facts {
                over_18: Some(age >= 18),
                over_60: Some(age >= 60),
                ..Facts::default()
            },
            Content::Residence => Facts {
                district: Some(p.district.as_str().to_owned()),
                merged_district: districts::find(&p.district).map(|d| d.merged_district),
                ..Facts::default()
            },
            Content::Identity => Facts {
                district: Some(p.district.as_str().to_owned()),
                assurance: Some(ASSURANCE),
                photo_sha256,
                guardian_relation: Some(match p.guardian_relation {
                    province_api::person::GuardianRelation::Father => GuardianRelation::Father,
                    province_api::person::GuardianRelation::Husband => GuardianRelation::Husband,
                }),
                ..Facts::default()
            },
            Content::NamePhoto => Facts {
                photo_sha256,
                ..Facts::default()
            },
        }
    }

    fn identity(&self, record: &Record) -> Option<Identity> {
        let p = &record.particulars;
        let names = Identity {
            full_name: Some(p.name_en.as_str().to_owned()),
            full_name_local: Some(p.name_ur.as_str().to_owned()),
            local_language: Some(LOCAL_LANGUAGE.to_owned()),
            ..Identity::default()
        };
        match self.content {
            Content::Age | Content::Residence => None,
            Content::NamePhoto => Some(names),
            Content::Identity => Some(Identity {
                id: Some(p.cnic.as_str().to_owned()),
                date_of_birth: Some(p.date_of_birth.compact()),
                gender: Some(match p.gender {
                    province_api::person::Gender::Male => Gender::Male,
                    province_api::person::Gender::Female => Gender::Female,
                    province_api::person::Gender::X => Gender::X,
                }),
                address: Some(p.address.as_str().to_owned()),
                guardian: Some(p.guardian_name_en.as_str().to_owned()),
                guardian_local: Some(p.guardian_name_ur.as_str().to_owned()),
                ..names
            }),
        }
    }
}
