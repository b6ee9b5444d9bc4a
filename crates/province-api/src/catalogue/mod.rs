//! The catalogue of services as people write it: JSON files, read whole before anything is signed.
//!
//! ```text
//! mod.rs      the entries of the files, and what is signed of them
//! folder.rs   a folder of files, one for each office, becomes one catalogue
//! guide.rs    what is signed beside offices and services, as readers have it
//! check.rs    every fault of a catalogue at once
//! letters.rs  which letters Urdu and Pashto are written with
//! packaged.rs the catalogue that a new province begins with
//! signed.rs   what is signed of each entry
//! ```

pub mod check;
pub mod folder;
pub mod guide;
pub mod letters;
pub mod packaged;
mod signed;

use credential::{Names, Office, Service};
use serde::{Deserialize, Serialize};

use crate::definition::{Field, Form};
use crate::person::Day;
use guide::{DocumentKind, EverydayWords, Reach};

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
    /// Days on which offices are closed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holidays: Vec<HolidayEntry>,
    /// What forms ask.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldEntry>,
    /// The subjects of their pages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<LabelEntry>,
    /// What happens after they are sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<LabelEntry>,
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

/// One service; see [`Service`] and [`guide::ServiceGuide`].
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
    /// What is asked of who applies for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<Form>,
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

/// Who decides; see [`guide::Authority`].
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

/// What citizens bring; see [`guide::Document`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentEntry {
    /// Its id, such as `cnic-copy`.
    pub id: String,
    /// Its name.
    pub name: Names,
    /// What it is.
    pub kind: DocumentKind,
    /// As [`guide::Document::held`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<String>,
    /// Of a detail: the questions, one of which each form of a service that needs it asks. Not signed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// As [`OfficeEntry::name_ps_review`].
    #[serde(default, skip_serializing_if = "is_false")]
    pub ps_review: bool,
}

/// A division; see [`guide::Division`].
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

/// A district; see [`guide::District`].
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

/// Something that happens in a life; see [`guide::LifeEvent`].
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

/// A day on which offices are closed; see [`crate::deadline::Holiday`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HolidayEntry {
    /// Which day, `YYYY-MM-DD`.
    pub on: Day,
    /// What it is called.
    pub name: Names,
    /// Whether the moon may yet move it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub provisional: bool,
    /// How it is known.
    pub known: Known,
    /// As [`OfficeEntry::name_ps_review`].
    #[serde(default, skip_serializing_if = "is_false")]
    pub ps_review: bool,
    /// As [`OfficeEntry::source_note`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source_note: String,
}

/// A question; see [`Field`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldEntry {
    /// What is signed of it.
    #[serde(flatten)]
    pub field: Field,
    /// As [`OfficeEntry::name_ps_review`].
    #[serde(default, skip_serializing_if = "is_false")]
    pub ps_review: bool,
}

/// A subject or a step; see [`crate::definition::Label`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelEntry {
    /// Its id, such as `vehicle`.
    pub id: String,
    /// Its name.
    pub name: Names,
    /// As [`OfficeEntry::name_ps_review`].
    #[serde(default, skip_serializing_if = "is_false")]
    pub ps_review: bool,
}

/// A time limit; see [`credential::TimeLimit`].
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
