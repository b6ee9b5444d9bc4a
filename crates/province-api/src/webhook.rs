//! Webhooks: where a department's system wants to be told that applications changed, and what it is told.
//!
//! What is sent says nothing of any person: which change it is, and that it is there to be read. It is signed as
//! [`signature::webhook`](crate::signature::webhook) says. It comes once at least, and of one system in the order of the numbers,
//! but for what was asked for again.

use serde::{Deserialize, Serialize};

use crate::Bytes;
use crate::application::ApplicationState;

/// Longest URL, in bytes.
pub const URL_BYTES_MAX: usize = 1_024;
/// Most dead letters in one answer; [`DeadLettersReply::more`] says that there are others.
pub const LETTERS_PAGE_MAX: usize = 100;

words! {
    /// How a webhook stands. The words are a contract.
    #[non_exhaustive]
    WebhookStanding {
        /// What was sent last was taken, or nothing was sent yet.
        Working = "working",
        /// What was sent last was not taken; it is tried again.
        Failing = "failing",
        /// The receiver said that it is gone (410): nothing is sent until the URL is set again.
        Ended = "ended",
    }
}

words! {
    /// Why a message was not taken. The words are a contract.
    #[non_exhaustive]
    NotTaken {
        /// The name stands for no address, or for addresses of networks that are closed to the province.
        AddressRefused = "address_refused",
        /// Nobody answers there.
        Unreachable = "unreachable",
        /// The receiver's certificate does not hold.
        Certificate = "certificate",
        /// No answer came in time.
        TooSlow = "too_slow",
        /// The answer leads elsewhere (3xx), where the province does not go.
        Redirected = "redirected",
        /// The receiver is gone (410).
        Gone = "gone",
        /// The answer says that the message is at fault (4xx).
        Refused = "refused",
        /// The answer says that the receiver is at fault (5xx), or is none.
        Failed = "failed",
    }
}

/// Body of `POST /v1/departments/webhooks`, signed by a system of an office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct WebhookRequest {
    /// Where to: `https`, without user, password and fragment.
    #[cfg_attr(feature = "openapi", schema(max_length = 1024))]
    pub url: String,
}

/// Answer 200 to `GET` and `POST /v1/departments/webhooks`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookReply {
    /// The URL in the spelling in which it is signed as `@target-uri`.
    pub url: String,
    /// The office of the catalogue whose applications are told.
    pub office: String,
    /// Since when it is sent there, unix seconds.
    pub set_at: u64,
    /// How it stands.
    pub standing: WebhookStanding,
    /// The number of the last change that was taken or given up; none below it is sent any more, unless it is asked for.
    pub told: u64,
    /// When something was taken last, unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_at: Option<u64>,
    /// Since when nothing was taken, unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<u64>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_taken: Option<NotTaken>,
    /// When it is tried again, unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<u64>,
    /// How many dead letters there are.
    pub dead_letters: u64,
}

/// Answer 200 to `POST /v1/departments/webhooks/end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookEnded {
    /// The number of the last change that was taken or given up.
    pub told: u64,
}

/// What was given up: nobody took it for a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeadLetter {
    /// The number of the change.
    pub number: u64,
    /// When the change was, unix seconds.
    pub at: u64,
    /// When it was given up, unix seconds.
    pub died_at: u64,
    /// Why it was not taken the last time.
    pub not_taken: NotTaken,
    /// Whether it was asked for again and is about to be sent.
    pub again: bool,
}

/// Answer 200 to `GET /v1/departments/webhooks/dead-letters?after=CURSOR`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeadLettersReply {
    /// Those behind the cursor, by their numbers, at most [`LETTERS_PAGE_MAX`].
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    pub letters: Vec<DeadLetter>,
    /// What the next question says as `after`.
    pub cursor: u64,
    /// Whether there are more: ask again.
    pub more: bool,
}

/// Body of `POST /v1/departments/webhooks/redeliver`, signed by a system of an office.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RedeliverRequest {
    /// Which one; all that there are, if none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
}

/// Answer 200 to `POST /v1/departments/webhooks/redeliver`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RedeliverReply {
    /// How many are sent again.
    pub letters: u64,
}

/// Answer 200 to `GET /v1/departments/webhook-key`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookKeysReply {
    /// The keys by which the province may sign now, the one that signs first.
    pub keys: Vec<WebhookKey>,
}

/// A key of the province's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookKey {
    /// Ed25519 public key: the `keyid` of signatures.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Bytes32))]
    pub key: Bytes,
    /// From when it signs, unix seconds.
    pub valid_from: u64,
    /// From when it is not to be believed any more, unix seconds.
    pub valid_until: u64,
}

/// What a receiver is sent: that an application changed. Nothing in it is about a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Notice {
    /// `application_changed`, or the word of a later province for something else: to be passed over.
    pub event: String,
    /// The system that it is for.
    pub system: String,
    /// The office whose application it is.
    pub office: String,
    /// The number of the change: `after` one less, `GET /v1/departments/applications` begins with it.
    pub number: u64,
    /// When the change was, unix seconds.
    pub at: u64,
    /// The application's id, 16 random bytes.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Bytes16))]
    pub application: Bytes,
    /// The state that it changed to.
    pub state: ApplicationState,
}

/// [`Notice::event`] of a change of an application.
pub const APPLICATION_CHANGED: &str = "application_changed";
