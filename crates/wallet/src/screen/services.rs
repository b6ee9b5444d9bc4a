//! The catalogue of public services.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::Words;

/// The services of the province, or those that were searched for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Services {
    /// When the catalogue was signed. Absent: none has come to this phone yet.
    pub as_of: Option<u32>,
    /// What was searched for, the best first; empty where nothing was asked.
    pub found: Vec<FoundService>,
    /// By what happens in a life; empty where something was asked.
    pub events: Vec<EventServices>,
    /// By office, in the catalogue's order; an office without a service is left out. Empty where something was asked.
    pub offices: Vec<OfficeServices>,
}

/// A service that was searched for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FoundService {
    /// Names it in the catalogue.
    pub id: String,
    /// What it is called.
    pub name: Words,
    /// What its office is called.
    pub office: Words,
}

/// Something that happens in a life, and the services that it calls for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct EventServices {
    /// Names it in the catalogue.
    pub id: String,
    /// What it is called.
    pub name: Words,
    /// What it calls for, the first one first.
    pub services: Vec<ServiceLine>,
}

/// An office and its services.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct OfficeServices {
    /// Names it in the catalogue.
    pub id: String,
    /// What it is called.
    pub name: Words,
    /// What it does, in the catalogue's order.
    pub services: Vec<ServiceLine>,
}

/// A service in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ServiceLine {
    /// Names it in the catalogue.
    pub id: String,
    /// What it is called.
    pub name: Words,
}

/// One service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ServiceView {
    /// Names it in the catalogue.
    pub id: String,
    /// What it is called.
    pub name: Words,
    /// What its office is called.
    pub office: Words,
    /// What it costs, in rupees, 0 for nothing. Absent where no source says it: to be confirmed with the department.
    pub fee_rupees: Option<u32>,
    /// How long it may take by law. Absent as the fee.
    pub limit: Option<LimitView>,
    /// What it needs and where to go. Absent where the catalogue does not say.
    pub guide: Option<GuideView>,
    /// When the catalogue was signed.
    pub as_of: u32,
}

/// A legal time limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct LimitView {
    /// How many days, 0 for the same one.
    pub days: u16,
    /// Whether only days count on which offices work.
    pub working: bool,
}

/// What a service needs and gives, and where to go.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own that a screen asks for"
)]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct GuideView {
    /// Who decides.
    pub authority: Words,
    /// Where to go, in a sentence, for somebody without a phone.
    pub place: Words,
    /// What to bring, in order.
    pub documents: Vec<NeededView>,
    /// Whether a source says what to bring; else it is what is usual, to be confirmed with the department.
    pub documents_sourced: bool,
    /// What comes of it.
    pub output: Words,
    /// Whether something is paid for it.
    pub pays: bool,
    /// Whether it is due again each year or period.
    pub recurs: bool,
    /// The service by which an appeal is made. Absent where no source says who hears it.
    pub appeal: Option<ServiceLine>,
    /// Whether it can be applied for on this phone: the catalogue has a form that this version can show.
    pub can_apply: bool,
}

/// Something that citizens bring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct NeededView {
    /// What it is called.
    pub name: Words,
    /// What it is.
    pub kind: NeededKind,
}

/// What it is that citizens bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum NeededKind {
    /// A certificate or another paper.
    Paper,
    /// What says who somebody is.
    Identity,
    /// A photograph of a person.
    Photo,
    /// What is filled in or signed.
    Form,
    /// The receipt of what was paid.
    Payment,
    /// No paper: a number, a date, an address.
    Detail,
    /// Something else that is brought along.
    Thing,
    /// What this version does not know.
    Other,
}
