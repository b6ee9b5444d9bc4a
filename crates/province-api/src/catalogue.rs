//! The catalogue of services as people write it: a JSON file, read whole before anything is signed.

use credential::{LimitUnit, Names, Office, Service, TimeLimit};
use serde::{Deserialize, Serialize};

/// A file of offices and services.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogueFile {
    /// The offices, in the order in which lists show them.
    pub offices: Vec<OfficeEntry>,
    /// The services, in the order in which lists show them.
    pub services: Vec<ServiceEntry>,
}

/// One office; see [`Office`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficeEntry {
    /// Its id, such as `health`.
    pub id: String,
    /// Its name.
    pub name: Names,
    /// Whether a native reader has yet to look at the Pashto name. For those who look after the file; it is not signed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub name_ps_review: bool,
    /// Where this is from. Not signed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source_note: String,
}

/// One service; see [`Service`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceEntry {
    /// Its id, such as `birth-certificate`.
    pub id: String,
    /// The id of its office.
    pub office: String,
    /// Its name.
    pub name: Names,
    /// As [`OfficeEntry::name_ps_review`].
    #[serde(default, skip_serializing_if = "is_false")]
    pub name_ps_review: bool,
    /// What it costs, in rupees, where a source says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee_rupees: Option<u32>,
    /// How long it may take, where a source says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<LimitEntry>,
    /// As [`OfficeEntry::source_note`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source_note: String,
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

impl CatalogueFile {
    /// What is signed of the file, which is where it is checked.
    pub fn content(&self) -> (Vec<Office>, Vec<Service>) {
        let offices = self.offices.iter().map(|one| Office {
            id: one.id.clone(),
            name: one.name.clone(),
        });
        let services = self.services.iter().map(ServiceEntry::service);
        (offices.collect(), services.collect())
    }
}

impl ServiceEntry {
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
