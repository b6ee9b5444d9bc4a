//! Problems: error bodies of the API (RFC 9457) with a stable code.

use serde::{Deserialize, Serialize};

use crate::enrolment::FieldProblem;

macro_rules! problem_codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal, $status:literal;)+) => {
        /// Why the province did not do what was asked. The codes are a contract.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum ProblemCode { $($(#[doc = $doc])+ #[serde(rename = $code)] $variant),+ }

        impl ProblemCode {
            /// Every code there is.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The stable code.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// What it says in English, in a sentence.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii()),+ }
            }

            /// The HTTP status that goes with it.
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status),+ }
            }
        }
    };
}

problem_codes! {
    /// The body could not be read.
    RequestMalformed = "request_malformed", 400;
    /// Fields were not accepted; `fields` says which.
    FieldsInvalid = "fields_invalid", 422;
    /// The picture could not be read.
    PhotoUnreadable = "photo_unreadable", 422;
    /// No signature, or one that does not hold.
    DeviceSignature = "device_signature", 401;
    /// The device's clock is too far from the province's.
    DeviceClock = "device_clock", 401;
    /// A counter or a system: no signature, or one that does not hold.
    CallerSignature = "caller_signature", 401;
    /// A counter or a system: its clock is too far from the province's.
    CallerClock = "caller_clock", 401;
    /// A counter: its certificate does not hold here, or was withdrawn.
    CounterCertificate = "counter_certificate", 403;
    /// A system: its key is not known here, or its time is over.
    SystemUnknown = "system_unknown", 403;
    /// A system: its key has no scope that lets it do this.
    ScopeMissing = "scope_missing", 403;
    /// A system: its key is of no office, so that nothing is addressed to it.
    SystemOffice = "system_office", 403;
    /// A system: its key may not grant documents of this kind.
    DocumentNotAllowed = "document_not_allowed", 403;
    /// More requests of one key, or from one network, than are let in.
    RateLimited = "rate_limited", 429;
    /// This device is not enrolled.
    DeviceUnknown = "device_unknown", 403;
    /// Another device took the enrolment of this one over.
    DeviceReplaced = "device_replaced", 403;
    /// This device's wallet was disabled: lost, or stolen.
    WalletDisabled = "wallet_disabled", 403;
    /// The request was seen before, or a copy of it: what it asked for is signed anew, under the same idempotency key.
    RequestReplayed = "request_replayed", 409;
    /// Nobody is enrolled with this CNIC.
    NotEnrolled = "not_enrolled", 409;
    /// This CNIC is enrolled on another device.
    AlreadyEnrolled = "already_enrolled", 409;
    /// This device has enrolled another CNIC.
    DeviceTaken = "device_taken", 409;
    /// The same idempotency key came with another body.
    IdempotencyConflict = "idempotency_conflict", 409;
    /// NADRA: something does not agree.
    NadraNotMatched = "nadra_not_matched", 422;
    /// NADRA: the card has expired.
    NadraExpired = "nadra_expired", 422;
    /// NADRA: the card is blocked.
    NadraBlocked = "nadra_blocked", 422;
    /// NADRA: the holder is recorded as dead.
    NadraDeceased = "nadra_deceased", 422;
    /// NADRA: no such number.
    NadraNotFound = "nadra_not_found", 422;
    /// NADRA could not be asked: slow, down, or answering nonsense.
    NadraUnavailable = "nadra_unavailable", 503;
    /// A code was sent to the SIM that is registered to this CNIC: the same once more, with it.
    SimCodeNeeded = "sim_code_needed", 422;
    /// This is not the code that was sent.
    SimCodeWrong = "sim_code_wrong", 422;
    /// The code was sent too long ago, or holds no more: the same once more without one, and another is sent.
    SimCodeExpired = "sim_code_expired", 422;
    /// Too many tries with this CNIC or from this device.
    TooManyAttempts = "too_many_attempts", 429;
    /// The challenge is unknown, used or too old.
    ChallengeInvalid = "challenge_invalid", 409;
    /// A holder key was not proven, or is weak, or came twice.
    HolderKeyUnproven = "holder_key_unproven", 422;
    /// No such pass type.
    PassTypeUnknown = "pass_type_unknown", 422;
    /// The catalogue has no such service.
    ServiceUnknown = "service_unknown", 422;
    /// A form that is not within its limits.
    FormInvalid = "form_invalid", 422;
    /// The citizen has as many open applications as anybody may have.
    ApplicationsTooMany = "applications_too_many", 409;
    /// This citizen, or this office, has no such application.
    ApplicationUnknown = "application_unknown", 404;
    /// The application is in another state than whoever asks has seen.
    ApplicationChanged = "application_changed", 409;
    /// An application is not moved from this state to that one.
    ApplicationMove = "application_move", 422;
    /// The parts of an office's answer do not fit each other.
    AnswerParts = "answer_parts", 422;
    /// A platform's word for a state is not in the table of them.
    DispatchStateUnknown = "dispatch_state_unknown", 422;
    /// A platform's number of an application is another one's, or the application has another number.
    ReferenceTaken = "reference_taken", 409;
    /// The document of an office's answer is not granted; `detail` says why.
    DocumentRefused = "document_refused", 422;
    /// The province sends nothing to this URL: not `https`, with a user, too long, or of a network that is closed to it.
    WebhookUrl = "webhook_url", 422;
    /// This system has no webhook.
    WebhookUnknown = "webhook_unknown", 404;
    /// The person's passes were revoked.
    PersonRevoked = "person_revoked", 403;
    /// The person's passes are suspended for now.
    PersonSuspended = "person_suspended", 403;
    /// No officer is signed in with this token (any more).
    OfficerSession = "officer_session", 401;
    /// The officer's passkey did not say lately enough that it is they: sign in again.
    OfficerStale = "officer_stale", 401;
    /// The officer's role may not do this.
    OfficerForbidden = "officer_forbidden", 403;
    /// The invite is unknown, used or too old.
    OfficerInviteInvalid = "officer_invite_invalid", 403;
    /// The passkey is not taken: unknown, not what was asked for, or too late.
    PasskeyRefused = "passkey_refused", 403;
    /// Whoever proposed it does not approve it, nor does who was invited by the same administrator.
    FourEyes = "four_eyes", 409;
    /// The proposal was decided before, or its time is over.
    ProposalOver = "proposal_over", 409;
    /// The list of the proposal is not the one that was looked at.
    ProposalDiffers = "proposal_differs", 409;
    /// The citizen holds no such document.
    DocumentNotHeld = "document_not_held", 409;
    /// No such thing.
    NotFound = "not_found", 404;
    /// The body is larger than allowed.
    BodyTooLarge = "body_too_large", 413;
    /// The province is too busy to answer in time; whether it was done is not known.
    ServerBusy = "server_busy", 503;
    /// The province cannot answer now.
    ServerFault = "server_fault", 500;
}

impl ProblemCode {
    /// Whether it says of a caller that they may not do what they asked for; each of these is in the province's audit log.
    pub const fn is_denial(self) -> bool {
        matches!(
            self,
            Self::DeviceSignature
                | Self::DeviceClock
                | Self::CallerSignature
                | Self::CallerClock
                | Self::CounterCertificate
                | Self::SystemUnknown
                | Self::ScopeMissing
                | Self::SystemOffice
                | Self::DocumentNotAllowed
                | Self::RateLimited
                | Self::OfficerSession
                | Self::OfficerStale
                | Self::OfficerForbidden
                | Self::OfficerInviteInvalid
                | Self::PasskeyRefused
                | Self::FourEyes
                | Self::DeviceUnknown
                | Self::DeviceReplaced
                | Self::WalletDisabled
                | Self::RequestReplayed
                | Self::TooManyAttempts
                | Self::PersonRevoked
                | Self::PersonSuspended
                | Self::ApplicationUnknown
        )
    }
}

/// Media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Body of every answer that is an error (RFC 9457). `detail` is for people and is never parsed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// `urn:khyber-pass:problem:<code>`.
    #[serde(rename = "type")]
    #[cfg_attr(feature = "openapi", schema(pattern = "^urn:khyber-pass:problem:[a-z0-9_]+$"))]
    pub kind: String,
    /// A short English sentence, the same for every problem of this code.
    pub title: String,
    /// HTTP status.
    #[cfg_attr(feature = "openapi", schema(minimum = 400, maximum = 599))]
    pub status: u16,
    /// The stable code.
    pub code: ProblemCode,
    /// What besides the code a person may want to know, where there is something: a field's name, never what stands in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Fields that were not accepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldProblem>,
    /// The province's clock in unix seconds, where the clock is the problem.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_time: Option<u64>,
    /// Seconds to wait before the next try.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
}

impl Problem {
    /// A problem of this code with nothing more to say.
    pub fn new(code: ProblemCode) -> Self {
        Self {
            kind: format!("urn:khyber-pass:problem:{}", code.code()),
            title: code.title().to_owned(),
            status: code.status(),
            code,
            detail: None,
            fields: Vec::new(),
            server_time: None,
            retry_after: None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_problem_is_written_as_rfc_9457_says() {
        let json = serde_json::to_value(Problem::new(ProblemCode::AlreadyEnrolled)).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "type": "urn:khyber-pass:problem:already_enrolled", "title": "This CNIC is enrolled on another device.",
                "status": 409, "code": "already_enrolled"
            })
        );
    }

    #[test]
    fn codes_are_distinct_and_read_back() {
        let mut seen = std::collections::HashSet::new();
        for code in ProblemCode::ALL {
            assert!(seen.insert(code.code()));
            let text = serde_json::to_string(code).unwrap();
            assert_eq!(serde_json::from_str::<ProblemCode>(&text).unwrap(), *code);
        }
    }
}
