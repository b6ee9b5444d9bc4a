//! Sync: one signed question after everything that may have changed, and an answer of what did.
//!
//! The public files themselves are fetched by `GET`, as whole files or as deltas, which anybody may keep and hand on;
//! only what is one person's own is in the answer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::enrolment::EnrolmentRequest;
use crate::passes::{Offer, is_own};
use crate::person::{FieldError, Mobile};
use crate::reason::Reason;
use crate::{Bytes, paths};

/// Most events in one answer; [`SyncReply::more`] says that there are others.
pub const FEED_PAGE_MAX: usize = 50;

/// Most files that a phone names in one question.
pub const HELD_MAX: usize = 16;

/// Bytes of a SHA-256 that say which version a phone holds. Enough to tell versions of one file apart; whoever could make
/// two of the same only keeps a phone from hearing of a file whose signature they could not make.
pub const TAG_BYTES: usize = 8;

/// Names of the public files that phones hold. A name that one side does not know is passed over.
pub mod files {
    /// The trust list, `GET` [`crate::paths::TRUST_LIST`].
    pub const TRUST: &str = "trust";
    /// The type register, `GET` [`crate::paths::TYPES`].
    pub const TYPES: &str = "types";
    /// The status manifest, `GET` [`crate::paths::STATUS_MANIFEST`].
    pub const STATUS: &str = "status";
    /// The risk rules, `GET` [`crate::paths::RISK_RULES`]. Desks hold them; phones hold none and are told of none.
    pub const RULES: &str = "rules";

    /// The catalogue of services, `GET` [`crate::paths::CATALOGUE`].
    pub const CATALOGUE: &str = "catalogue";

    /// Where a whole file is fetched; `None` for a name that is none.
    pub fn path(name: &str) -> Option<&'static str> {
        match name {
            TRUST => Some(crate::paths::TRUST_LIST),
            TYPES => Some(crate::paths::TYPES),
            STATUS => Some(crate::paths::STATUS_MANIFEST),
            RULES => Some(crate::paths::RISK_RULES),
            CATALOGUE => Some(crate::paths::CATALOGUE),
            _ => None,
        }
    }
}

/// Where the delta of a file lies: `/v1/deltas/NAME/FROM/TO`, both SHA-256 in lower-case hex.
pub fn delta_path(name: &str, from: &[u8; 32], to: &[u8; 32]) -> String {
    format!(
        "{}{name}/{}/{}",
        paths::DELTAS,
        hex::encode(from),
        hex::encode(to)
    )
}

/// Where a file lies that is named by what is in it: `/v1/files/SHA256`, in lower-case hex.
pub fn file_path(sha256: &[u8; 32]) -> String {
    format!("{}{}", paths::FILES, hex::encode(sha256))
}

/// Body of `POST /v1/sync`, signed by an enrolled device key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SyncRequest {
    /// Number of the last event that this phone has stored, 0 for none.
    pub feed: u64,
    /// The public files that it holds, at most [`HELD_MAX`]. It is told of files that it does not name.
    #[cfg_attr(feature = "openapi", schema(max_items = 16))]
    pub held: Vec<HeldFile>,
    /// [`offers_tag`] of what it was last told that it may draw; empty before that.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub offers: Bytes,
}

fn is_empty(bytes: &Bytes) -> bool {
    bytes.0.is_empty()
}

/// A file on the phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct HeldFile {
    /// Its name, one of [`files`].
    pub name: String,
    /// First [`TAG_BYTES`] bytes of its SHA-256.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Bytes8))]
    pub tag: Bytes,
}

impl HeldFile {
    /// What is said of a file with this SHA-256.
    pub fn new(name: &str, sha256: &[u8; 32]) -> Self {
        Self {
            name: name.to_owned(),
            tag: Bytes(tag(sha256)),
        }
    }
}

/// Answer to a sync.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SyncReply {
    /// The province's clock, unix seconds.
    pub server_time: u64,
    /// What the province lets this person do.
    pub standing: Standing,
    /// What changed about this person since [`SyncRequest::feed`], oldest first, at most [`FEED_PAGE_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_items = 50))]
    pub feed: Vec<FeedEvent>,
    /// What the next question says as `feed`, once these events are stored. It may be lower than what was asked with: then
    /// the feed is another one (the person was released and enrolled anew) and begins here from its start.
    pub cursor: u64,
    /// Whether there are more events: ask again.
    #[serde(default, skip_serializing_if = "is_false")]
    pub more: bool,
    /// The public files that differ from what is held.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileNow>,
    /// What the citizen may draw now, in the type register's order; `None` if that is as it was, or while nothing may be
    /// drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offers: Option<Vec<Offer>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

/// A public file as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FileNow {
    /// Its name, one of [`files`], or one that a newer province knows.
    pub name: String,
    /// SHA-256 of the whole file, 32 bytes.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Bytes32))]
    pub sha256: Bytes,
    /// Size of the whole file, in bytes.
    pub bytes: u64,
    /// Whether the province still has the version that is held, so that there is a delta from it
    /// ([`delta_path`]) unless it were no smaller.
    #[serde(default, skip_serializing_if = "is_false")]
    pub delta: bool,
}

/// What the province lets a person do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Everything.
    Good,
    /// Nothing for now: passes are suspended.
    Suspended,
    /// Nothing any more: passes were revoked.
    Revoked,
}

/// One thing that changed about a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FeedEvent {
    /// Number in this person's feed, from 1, rising; one that is missing was forgotten.
    pub seq: u64,
    /// When, unix seconds.
    pub at: u64,
    /// What.
    #[serde(flatten)]
    pub what: Event,
}

/// What changed about a person. Closed here; [`Event::Other`] is what a newer province says to an older phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// The person was enrolled.
    Enrolled,
    /// Passes were drawn. Which they are is in no event.
    PassesIssued {
        /// How many of each kind.
        passes: BTreeMap<String, u32>,
    },
    /// A document was granted, for the first time or anew.
    DocumentGranted {
        /// Its kind.
        vct: String,
        /// Whose, as in [`Offer::no`].
        #[serde(default, skip_serializing_if = "is_own")]
        no: u32,
        /// Which grant of it, as in [`Offer::grant`].
        grant: u64,
    },
    /// A document was withdrawn.
    DocumentWithdrawn {
        /// Its kind.
        vct: String,
        /// Whose, as in [`Offer::no`].
        #[serde(default, skip_serializing_if = "is_own")]
        no: u32,
        /// Why; none in what was done before reasons were given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Reason>,
    },
    /// A child's document went over to the child, who is of age and enrolled.
    DocumentHandedOver {
        /// Its kind.
        vct: String,
        /// Which child's, as in [`Offer::no`].
        no: u32,
    },
    /// Passes were suspended.
    Suspended {
        /// Why; none in what was done before reasons were given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Reason>,
    },
    /// The suspension was lifted.
    Resumed,
    /// Passes were revoked for good.
    Revoked {
        /// Why; none in what was done before reasons were given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Reason>,
    },
    /// The mobile number was changed.
    MobileChanged {
        /// Its last two digits.
        ends: String,
    },
    /// A counter proofed the person better than their phone could: passes say another level.
    ProofRaised,
    /// The same phone has another device key.
    DeviceKeyChanged,
    /// Another device took the enrolment over; identity and documents have new status places.
    DeviceReplaced,
    /// The wallet was disabled: lost, or stolen.
    WalletDisabled,
    /// An application of this person was sent or moved on. The words are those of
    /// [`crate::application`], or of a newer province.
    ApplicationChanged {
        /// Its id, 16 bytes.
        #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Bytes16))]
        application: Bytes,
        /// The service of the catalogue.
        service: String,
        /// Where it stands now: a word of [`crate::application::ApplicationState`].
        state: String,
        /// Why it was refused: a word of [`crate::application::Reason`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// What the office says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        /// The fee that is due, in rupees, with `payment_due`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount_rupees: Option<u32>,
        /// The number of the challan by which the office noted it as paid.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        challan: Option<String>,
        /// The platform that carries it, where one does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        dispatcher: Option<String>,
        /// That platform's own number of it, once it said one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
    },
    /// Something that this program does not know.
    #[serde(other)]
    Other,
}

impl Event {
    /// The kind's stable word, as in JSON.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Enrolled => "enrolled",
            Self::PassesIssued { .. } => "passes_issued",
            Self::DocumentGranted { .. } => "document_granted",
            Self::DocumentWithdrawn { .. } => "document_withdrawn",
            Self::DocumentHandedOver { .. } => "document_handed_over",
            Self::Suspended { .. } => "suspended",
            Self::Resumed => "resumed",
            Self::Revoked { .. } => "revoked",
            Self::MobileChanged { .. } => "mobile_changed",
            Self::ProofRaised => "proof_raised",
            Self::DeviceKeyChanged => "device_key_changed",
            Self::DeviceReplaced => "device_replaced",
            Self::WalletDisabled => "wallet_disabled",
            Self::ApplicationChanged { .. } => "application_changed",
            Self::Other => "other",
        }
    }
}

/// First [`TAG_BYTES`] bytes of what stands for a version.
fn tag(sha256: &[u8]) -> Vec<u8> {
    sha256.iter().copied().take(TAG_BYTES).collect()
}

/// What stands for a list of offers: the same offers in the same order give the same bytes.
pub fn offers_tag(offers: &[Offer]) -> Bytes {
    let mut hash = Sha256::new();
    hash.update(b"khyber-pass offers v2\n");
    for offer in offers {
        hash.update((offer.vct.len() as u64).to_be_bytes());
        hash.update(offer.vct.as_bytes());
        hash.update(offer.no.to_be_bytes());
        hash.update(offer.grant.to_be_bytes());
    }
    Bytes(tag(&hash.finalize()))
}

/// Body of `POST /v1/mobile`, signed by an enrolled device key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MobileRequest {
    /// The new number. A text, so that a wrong one is answered by the field's name.
    #[cfg_attr(feature = "openapi", schema(value_type = Mobile))]
    pub mobile: String,
}

impl MobileRequest {
    /// The number, checked.
    ///
    /// # Errors
    /// [`FieldError::FieldMissing`] or [`FieldError::MobileMalformed`].
    pub fn parse(&self) -> Result<Mobile, FieldError> {
        Mobile::parse(&self.mobile)
    }
}

/// Answer 200 to a change of the mobile number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MobileReply {
    /// Unix seconds at which it was changed.
    pub changed_at: u64,
}

/// Body of `POST /v1/lost`, which any device key signs. Which wallet is meant is said by the time: the one that the person
/// had then, and none that they have had since.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LostRequest {
    /// Unix seconds at which it was reported. It may arrive weeks later, and again.
    pub lost_at: u64,
    /// Whose wallet it is, with the proof of an enrolment.
    pub person: EnrolmentRequest,
}

/// Answer 200 to `POST /v1/lost`: the wallet that was meant is disabled, or its person has bound another one since
/// ([`Self::newer`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LostReply {
    /// Unix seconds since when it is.
    pub disabled_at: u64,
    /// Nothing was disabled: a wallet that was bound after the time of the report took the place of the one that was meant.
    /// Whoever reports has proven to be its person.
    #[serde(default, skip_serializing_if = "is_false")]
    pub newer: bool,
}

#[cfg(test)]
mod tests;
