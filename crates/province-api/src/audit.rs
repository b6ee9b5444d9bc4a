//! What the province's audit log says about a person, for that person: who did what.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Most entries of one answer.
pub const PAGE_MAX: usize = 100;

/// Body of `POST /v1/audit`, signed by an enrolled device key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AuditRequest {
    /// Entries with lower numbers than this one: [`AuditReply::next`] of the answer before. None for the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
}

/// Answer 200 to `POST /v1/audit`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditReply {
    /// Entries about this person, the newest first, at most [`PAGE_MAX`]. What was done within the last seconds may not have
    /// its number yet.
    pub entries: Vec<AuditEntry>,
    /// Where the next question goes on; none if there are no earlier ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// An entry of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    /// Its number in the log of all, from 1.
    pub number: u64,
    /// When, unix seconds.
    pub at: u64,
    /// What kind of actor: `citizen`, `operator`, `officer`, `counter`, `system`, `province`, or a word of a newer province.
    pub role: String,
    /// Which of them; empty where the role says it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub actor: String,
    /// What was done: a stable word.
    pub action: String,
    /// The rest: kinds, counts, key ids. Nothing personal.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub detail: BTreeMap<String, serde_json::Value>,
}
