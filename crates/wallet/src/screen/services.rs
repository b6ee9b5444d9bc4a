//! The catalogue of public services.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::Words;

/// The services of the province, or those that were searched for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Services {
    /// When the catalogue was signed. Absent: none has come to this phone yet.
    pub as_of: Option<u32>,
    /// By office, in the catalogue's order; an office without a service is left out.
    pub offices: Vec<OfficeServices>,
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
