//! A platform's catalogue: what it carries, under its own names, and what the province finds in it.
//!
//! It is an offer. Nothing in it changes what the province published: what differs is named and left as it is, and what is
//! new stands in a proposal, which an operator signs or does not.

use credential::{LimitUnit, Names};
use serde::{Deserialize, Serialize};

use crate::catalogue::LimitEntry;

/// Most services in a platform's catalogue.
pub const ENTRIES_MAX: usize = 2_048;
/// Longest catalogue of a platform, in bytes.
pub const CATALOGUE_OFFER_BYTES_MAX: usize = 1 << 20;

/// Body of `POST /v1/dispatch/catalogue`, and the file that the operator's command reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DispatchCatalogue {
    /// The services that the platform carries, at most [`ENTRIES_MAX`].
    #[cfg_attr(feature = "openapi", schema(max_items = 2_048))]
    pub services: Vec<DispatchEntry>,
}

/// One service of a platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DispatchEntry {
    /// What the platform calls it: letters, digits and `-`, `_`, `.`, as in its reports.
    pub code: String,
    /// The service of the province's catalogue, where it has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The office of the province's catalogue that does it.
    pub office: String,
    /// Its name.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::NamesText))]
    pub name: Names,
    /// What it costs there, in rupees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee_rupees: Option<u32>,
    /// How long it may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<LimitEntry>,
}

impl DispatchEntry {
    /// The id that a service of its own would get in the province's catalogue.
    pub fn own_id(&self) -> String {
        self.code.to_ascii_lowercase().replace(['_', '.'], "-")
    }
}

words! {
    /// What is to be said of a platform's service. The words are a contract.
    #[non_exhaustive]
    FindingCode {
        /// A fault: the platform's name of it has another form.
        CodeMalformed = "code_malformed",
        /// A fault: another one of its services has the name, too.
        CodeTwice = "code_twice",
        /// A fault: no catalogue takes it, by its name or its fee.
        EntryUnfit = "entry_unfit",
        /// A fault: the province's catalogue has no such office.
        OfficeUnknown = "office_unknown",
        /// A fault: the province's catalogue has no such service.
        ServiceUnknown = "service_unknown",
        /// A fault: another one of its services says the same of itself.
        ServiceTwice = "service_twice",
        /// A fault: another platform carries it.
        ServiceTaken = "service_taken",
        /// A conflict: the province published another office.
        OfficeDiffers = "office_differs",
        /// A conflict: the province published another name.
        NameDiffers = "name_differs",
        /// A conflict: the province published another fee.
        FeeDiffers = "fee_differs",
        /// A conflict: the province published another time limit.
        LimitDiffers = "limit_differs",
        /// New: the province published no such service.
        ServiceNew = "service_new",
        /// New: the province published no fee of it.
        FeeNew = "fee_new",
        /// New: the province published no time limit of it.
        LimitNew = "limit_new",
    }
}

impl FindingCode {
    /// Whether it keeps the service from being carried: a fault or a conflict, which people settle first.
    pub const fn is_in_the_way(self) -> bool {
        !matches!(self, Self::ServiceNew | Self::FeeNew | Self::LimitNew)
    }
}

/// One thing that the province found in a platform's catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Finding {
    /// Which service of the platform's catalogue, counted from 1.
    pub entry: u32,
    /// What.
    pub finding: FindingCode,
    /// What the province published, where it published something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
    /// What the platform says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered: Option<String>,
}

/// Answer 200 to `POST /v1/dispatch/catalogue`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DispatchCatalogueReply {
    /// Services that the operator can let the platform carry as they are.
    pub clean: u32,
    /// What is to be said of the others, and what is new.
    pub findings: Vec<Finding>,
}

/// A time limit in words of the file.
pub fn limit_words(limit: LimitEntry) -> String {
    let limit = limit.limit();
    let unit = match limit.unit {
        LimitUnit::Days => "days",
        LimitUnit::WorkingDays => "working_days",
    };
    format!("{} {unit}", limit.days)
}
