//! The dispatch API: what a platform that delivers services for several departments exchanges with the province.
//!
//! Such a platform (Dastak is one) takes citizens' applications and hands them to offices. How the real ones speak is not
//! public, so these words are ours, and a platform's adapter speaks them. Applications go both ways: what a citizen sends
//! from the wallet is read by the platform and answered with its states; what somebody filed with the platform is reported,
//! so that the wallet shows it. Of each application one side has the last word, and [`Origin`] says which.

pub mod catalogue;

use serde::{Deserialize, Serialize};

use crate::Bytes;
use crate::application::{ApplicationState, RefusalReason, is_answer_text};
use crate::person::Cnic;

/// Longest number of an application with a platform, in letters.
pub const REFERENCE_MAX: usize = 48;
/// Longest name of a service with a platform, in letters.
pub const SERVICE_CODE_MAX: usize = 48;

words! {
    /// Where an application began. The words are a contract.
    #[non_exhaustive]
    Origin {
        /// In the citizen's wallet: the province has the last word on its state.
        Wallet = "wallet",
        /// With the platform, which has the last word; the citizen may take it back in the wallet.
        Dispatcher = "dispatcher",
    }
}

words! {
    /// Where a platform says that an application stands. The words are a contract.
    #[non_exhaustive]
    DispatchState {
        /// It came in.
        Received = "received",
        /// Somebody is to work on it.
        Assigned = "assigned",
        /// Somebody is at work on it.
        UnderProcess = "under_process",
        /// What was wanted is there again.
        Resubmitted = "resubmitted",
        /// A fee is yet to be paid.
        FeePending = "fee_pending",
        /// Something is wanted from the citizen.
        Objection = "objection",
        /// It is granted.
        Approved = "approved",
        /// It can be fetched.
        ReadyForDelivery = "ready_for_delivery",
        /// It was handed over.
        Delivered = "delivered",
        /// It is refused.
        Rejected = "rejected",
        /// The citizen took it back there.
        Cancelled = "cancelled",
    }
}

impl DispatchState {
    /// The province's state: the one table of both. Nothing of a platform is `document_issued`: only an office's own system
    /// grants a document into the wallet.
    pub const fn state(self) -> ApplicationState {
        match self {
            Self::Received => ApplicationState::Submitted,
            Self::Assigned | Self::UnderProcess | Self::Resubmitted => ApplicationState::InReview,
            Self::FeePending | Self::Objection => ApplicationState::InformationWanted,
            Self::Approved | Self::ReadyForDelivery => ApplicationState::Approved,
            Self::Delivered => ApplicationState::Closed,
            Self::Rejected => ApplicationState::Rejected,
            Self::Cancelled => ApplicationState::Withdrawn,
        }
    }
}

/// The platform that carries an application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Dispatched {
    /// Its name, as the audit log has it.
    pub by: String,
    /// Where the application began.
    pub origin: Origin,
    /// The platform's own number of it, once it said one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// Whether this may be a platform's number of an application: printable ASCII without spaces.
pub fn is_reference(text: &str) -> bool {
    (1..=REFERENCE_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether this may be a platform's name of a service.
pub fn is_service_code(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=SERVICE_CODE_MAX).contains(&text.len()) && text.bytes().all(is_part)
}

/// Whether what is told with a state fits it: a reason with a refusal alone, a text that can be shown.
pub fn are_parts(state: ApplicationState, reason: Option<RefusalReason>, text: Option<&str>) -> bool {
    (reason.is_none() || state == ApplicationState::Rejected) && text.is_none_or(is_answer_text)
}

/// Body of `POST /v1/dispatch/applications/state`: where an application stands that a citizen sent from the wallet.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DispatchStateRequest {
    /// The application's id.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Bytes16))]
    pub application: Bytes,
    /// The platform's own number of it: the same each time, and no other application's.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Reference))]
    pub reference: String,
    /// The province's state in which the platform saw it last. In another one now, it is not changed.
    pub seen: ApplicationState,
    /// A word of [`DispatchState`]. A text, so that another word is refused by a code of its own.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::DispatchWord))]
    pub state: String,
    /// Why, if it is refused, and only then; `other` where none is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<RefusalReason>,
    /// What the citizen is told besides, at most [`crate::application::ANSWER_TEXT_MAX`] letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 500))]
    pub text: Option<String>,
}

impl std::fmt::Debug for DispatchStateRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DispatchStateRequest(..)")
    }
}

/// Body of `POST /v1/dispatch/applications/report`: where an application stands that somebody filed with the platform. The
/// answer is the same whether or not they hold a wallet.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DispatchReportRequest {
    /// The platform's own number of it.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Reference))]
    pub reference: String,
    /// Whose it is.
    pub cnic: Cnic,
    /// What the platform calls the service; one that the province's operator accepted.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::ServiceCode))]
    pub service: String,
    /// Counts the platform's changes of this application from 1. What is not above the last that was taken changes nothing.
    #[cfg_attr(
        feature = "openapi",
        schema(minimum = 1, maximum = 9_223_372_036_854_775_807_u64)
    )]
    pub revision: u64,
    /// As [`DispatchStateRequest::state`].
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::DispatchWord))]
    pub state: String,
    /// As [`DispatchStateRequest::reason`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<RefusalReason>,
    /// As [`DispatchStateRequest::text`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 500))]
    pub text: Option<String>,
}

impl std::fmt::Debug for DispatchReportRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DispatchReportRequest(..)")
    }
}

/// Answer 200 to a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DispatchReportReply {
    /// The province's state of it now.
    pub state: ApplicationState,
    /// The revision that was taken last: that of the report, or a higher one.
    pub revision: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::Mover;

    #[test]
    fn a_platform_can_bring_an_application_to_every_state_but_those_of_a_document_and_of_a_fee() {
        for state in ApplicationState::ALL {
            let mut said = DispatchState::ALL.iter().map(|word| word.state());
            assert_eq!(
                said.any(|one| one == *state),
                !matches!(
                    state,
                    ApplicationState::DocumentIssued | ApplicationState::PaymentDue
                )
            );
        }
    }

    #[test]
    fn a_platform_moves_as_an_office_and_as_a_citizen_and_no_further() {
        for state in ApplicationState::ALL {
            let mut both = [Mover::Office, Mover::Citizen]
                .map(|by| state.next(by).to_vec())
                .concat();
            // What is due at an office is the office's to say.
            both.retain(|one| *one != ApplicationState::PaymentDue);
            let mut own = state.next(Mover::Dispatcher).to_vec();
            own.sort_by_key(|one| one.as_str());
            both.sort_by_key(|one| one.as_str());
            assert_eq!(own, both, "{state:?}");
        }
    }

    #[test]
    fn numbers_and_names_of_a_platform_have_a_form() {
        for good in ["1", "DSTK/2026-000118", &"9".repeat(REFERENCE_MAX)] {
            assert!(is_reference(good));
        }
        for bad in ["", "a b", "ڈ", "a\n", &"9".repeat(REFERENCE_MAX + 1)] {
            assert!(!is_reference(bad));
        }
        assert!(is_service_code("ARMS_NEW.v2-a"));
        for bad in ["", "a/b", "a b", &"a".repeat(SERVICE_CODE_MAX + 1)] {
            assert!(!is_service_code(bad));
        }
    }
}
