//! The catalogue of services as people write it: JSON files, read whole before anything is signed.
//!
//! ```text
//! mod.rs      the entries of the files, and what is signed of them
//! folder.rs   a folder of files, one for each office, becomes one catalogue
//! guide.rs    what is signed beside offices and services, as readers have it
//! check.rs    every fault of a catalogue at once
//! letters.rs  which letters Urdu and Pashto are written with
//! packaged.rs the catalogue that a new province begins with
//! ```

pub mod check;
pub mod folder;
pub mod guide;
pub mod letters;
pub mod packaged;

use credential::{LimitUnit, Names, Office, Service, TimeLimit};
use serde::{Deserialize, Serialize};

use guide::{
    Authority, District, Division, Document, DocumentKind, EverydayWords, Guide, LifeEvent, Reach,
    ServiceGuide,
};

/// A whole catalogue: the one file that an operator signs, or a folder's files put together ([`folder`]).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogueFile {
    /// The offices, in the order in which lists show them.
    pub offices: Vec<OfficeEntry>,
    /// The services, in the order in which lists show them.
    pub services: Vec<ServiceEntry>,
    /// Who decides about them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorities: Vec<AuthorityEntry>,
    /// What citizens bring.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<DocumentEntry>,
    /// The divisions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub divisions: Vec<DivisionEntry>,
    /// Their districts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub districts: Vec<DistrictEntry>,
    /// What happens in a life.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventEntry>,
}

/// What is signed of a file: offices, services, and the guide's bytes, none for no guide.
pub type Signed = (Vec<Office>, Vec<Service>, Vec<u8>);

/// How a value is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Known {
    /// A source was read that says it; the note beside it names the source.
    #[default]
    Sourced,
    /// It is generally known, and no source was read.
    General,
    /// It follows from what is known.
    Inferred,
    /// It is so with most services of its kind, and unconfirmed for this one.
    Typical,
}

/// One office; see [`Office`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficeEntry {
    /// Its id, such as `health`.
    pub id: String,
    /// Its name.
    pub name: Names,
    /// Whether it is a body of its own and no department.
    #[serde(default, skip_serializing_if = "is_false")]
    pub independent: bool,
    /// Whether a native reader has yet to look at the Pashto name. For those who look after the file; it is not signed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub name_ps_review: bool,
    /// Where this is from. Not signed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source_note: String,
}

/// One service; see [`Service`] and [`ServiceGuide`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceEntry {
    /// Its id, such as `birth-certificate`.
    pub id: String,
    /// The id of its office.
    pub office: String,
    /// Its name.
    pub name: Names,
    /// As [`OfficeEntry::name_ps_review`]; also for the Pashto of its other texts.
    #[serde(default, skip_serializing_if = "is_false")]
    pub name_ps_review: bool,
    /// How it is known that there is this service. Not signed.
    #[serde(default, skip_serializing_if = "is_sourced")]
    pub known: Known,
    /// What it costs, in rupees, where a source says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee_rupees: Option<u32>,
    /// What it seems to cost where no source says it. Not signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee_inferred: Option<u32>,
    /// How long it may take, where a source says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<LimitEntry>,
    /// How long it seems to take where no source says it. Not signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_inferred: Option<LimitEntry>,
    /// The id of who decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// What to bring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documents: Option<NeededEntry>,
    /// What comes of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Names>,
    /// Whether something is paid for it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub pays: bool,
    /// Whether it is due again each year or period.
    #[serde(default, skip_serializing_if = "is_false")]
    pub recurs: bool,
    /// The service by which an appeal is made, where a source says who hears it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appeal: Option<String>,
    /// Other words for it.
    #[serde(default, skip_serializing_if = "has_no_words")]
    pub words: EverydayWords,
    /// As [`OfficeEntry::source_note`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source_note: String,
}

/// What a service asks citizens to bring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeededEntry {
    /// How it is known: [`Known::Sourced`] or [`Known::Typical`].
    pub known: Known,
    /// Ids of documents, in order.
    pub list: Vec<String>,
}

/// Who decides; see [`Authority`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorityEntry {
    /// Its id, such as `deputy-commissioner`.
    pub id: String,
    /// Its name.
    pub name: Names,
    /// How many of them there are.
    pub reach: Reach,
    /// Where to go.
    pub place: Names,
    /// How its name, reach and place are known.
    pub known: Known,
    /// As [`OfficeEntry::name_ps_review`], for both texts.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ps_review: bool,
    /// As [`OfficeEntry::source_note`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source_note: String,
}

/// What citizens bring; see [`Document`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentEntry {
    /// Its id, such as `cnic-copy`.
    pub id: String,
    /// Its name.
    pub name: Names,
    /// What it is.
    pub kind: DocumentKind,
    /// As [`OfficeEntry::name_ps_review`].
    #[serde(default, skip_serializing_if = "is_false")]
    pub ps_review: bool,
}

/// A division; see [`Division`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DivisionEntry {
    /// Its id, such as `malakand`.
    pub id: String,
    /// Its name.
    pub name: Names,
    /// The district of its headquarters.
    pub seat: String,
    /// As [`OfficeEntry::name_ps_review`].
    #[serde(default, skip_serializing_if = "is_false")]
    pub ps_review: bool,
    /// As [`OfficeEntry::source_note`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source_note: String,
}

/// A district; see [`District`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DistrictEntry {
    /// Its id, such as `bajaur`.
    pub id: String,
    /// Its name.
    pub name: Names,
    /// The id of its division.
    pub division: String,
    /// Whether it belonged to the former tribal areas (merged in 2018).
    pub merged_district: bool,
    /// With which digits CNICs begin that were first issued there. A hint and no more: the number does not move with people.
    pub cnic_prefix: Vec<String>,
    /// Whether it stands in the census of 2023, was notified since, or is unconfirmed.
    pub known: Known,
    /// As [`OfficeEntry::source_note`].
    pub source_note: String,
}

/// Something that happens in a life; see [`LifeEvent`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventEntry {
    /// Its id, such as `birth`.
    pub id: String,
    /// Its name.
    pub name: Names,
    /// Ids of the services that it calls for, the first one first.
    pub services: Vec<String>,
    /// As [`OfficeEntry::name_ps_review`].
    #[serde(default, skip_serializing_if = "is_false")]
    pub ps_review: bool,
}

/// A time limit; see [`TimeLimit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LimitEntry {
    /// How many days, 0 for the same one.
    pub days: u16,
    /// Which.
    pub unit: UnitEntry,
}

/// In which days a time limit is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum UnitEntry {
    /// Each day of the calendar.
    Days,
    /// Days on which offices work.
    WorkingDays,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_sourced(known: &Known) -> bool {
    *known == Known::Sourced
}

fn has_no_words(words: &EverydayWords) -> bool {
    *words == EverydayWords::default()
}

impl CatalogueFile {
    /// What is signed of the file, which is where offices and services are checked.
    pub fn content(&self) -> Signed {
        let offices = self.offices.iter().map(|one| Office {
            id: one.id.clone(),
            name: one.name.clone(),
        });
        let services = self.services.iter().map(ServiceEntry::service);
        let guide = self.guide();
        let bytes = if guide == Guide::default() {
            Vec::new()
        } else {
            guide.to_bytes()
        };
        (offices.collect(), services.collect(), bytes)
    }

    /// The guide that is signed.
    pub fn guide(&self) -> Guide {
        Guide {
            authorities: self.authorities.iter().map(AuthorityEntry::authority).collect(),
            documents: self.documents.iter().map(DocumentEntry::document).collect(),
            divisions: self.divisions.iter().map(DivisionEntry::division).collect(),
            districts: self.districts.iter().map(DistrictEntry::district).collect(),
            events: self.events.iter().map(EventEntry::event).collect(),
            services: self.services.iter().filter_map(ServiceEntry::guide).collect(),
        }
    }
}

impl AuthorityEntry {
    fn authority(&self) -> Authority {
        Authority {
            id: self.id.clone(),
            name: self.name.clone(),
            reach: self.reach,
            place: self.place.clone(),
        }
    }
}

impl DocumentEntry {
    fn document(&self) -> Document {
        Document {
            id: self.id.clone(),
            name: self.name.clone(),
            kind: self.kind,
        }
    }
}

impl DivisionEntry {
    fn division(&self) -> Division {
        Division {
            id: self.id.clone(),
            name: self.name.clone(),
            seat: self.seat.clone(),
        }
    }
}

impl DistrictEntry {
    fn district(&self) -> District {
        District {
            id: self.id.clone(),
            name: self.name.clone(),
            division: self.division.clone(),
        }
    }
}

impl EventEntry {
    fn event(&self) -> LifeEvent {
        LifeEvent {
            id: self.id.clone(),
            name: self.name.clone(),
            services: self.services.clone(),
        }
    }
}

impl ServiceEntry {
    /// What the guide says of it; nothing where the file does not say who decides and what comes of it.
    pub fn guide(&self) -> Option<ServiceGuide> {
        let needed = self.documents.as_ref();
        Some(ServiceGuide {
            id: self.id.clone(),
            authority: self.authority.clone()?,
            documents: needed.map(|needed| needed.list.clone()).unwrap_or_default(),
            documents_sourced: needed.is_some_and(|needed| needed.known == Known::Sourced),
            output: self.output.clone()?,
            pays: self.pays,
            recurs: self.recurs,
            appeal: self.appeal.clone(),
            words: self.words.clone(),
        })
    }

    /// What is signed of it.
    pub fn service(&self) -> Service {
        Service {
            id: self.id.clone(),
            office: self.office.clone(),
            name: self.name.clone(),
            fee_rupees: self.fee_rupees,
            limit: self.limit.map(LimitEntry::limit),
        }
    }
}

impl From<TimeLimit> for LimitEntry {
    fn from(limit: TimeLimit) -> Self {
        Self {
            days: limit.days,
            unit: match limit.unit {
                LimitUnit::Days => UnitEntry::Days,
                LimitUnit::WorkingDays => UnitEntry::WorkingDays,
            },
        }
    }
}

impl LimitEntry {
    /// What is signed of it.
    pub const fn limit(self) -> TimeLimit {
        TimeLimit {
            days: self.days,
            unit: match self.unit {
                UnitEntry::Days => LimitUnit::Days,
                UnitEntry::WorkingDays => LimitUnit::WorkingDays,
            },
        }
    }
}
