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
    /// What kind of actor: `citizen`, `operator`, `officer`, `counter`, `system`, `province`, `nobody` (somebody who did not prove
    /// who they are), or a word of a newer province.
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

words! {
    /// What kind of actor.
    Role {
        /// The citizen, with their own device.
        Citizen = "citizen",
        /// Whoever runs the province's commands.
        Operator = "operator",
        /// An officer, signed in with a passkey.
        Officer = "officer",
        /// A counter, by its certificate.
        Counter = "counter",
        /// A department's or another body's system.
        System = "system",
        /// The province by itself, because it was time.
        Province = "province",
        /// Somebody who did not prove who they are.
        Nobody = "nobody",
    }
}

words! {
    /// What was done.
    Action {
        /// A citizen was enrolled.
        Enrolled = "enrolled",
        /// A citizen drew passes.
        PassesIssued = "passes_issued",
        /// Credentials were signed: with which keys, how many, and the SHA-256 of all of them, one behind the other. No
        /// single pass can be told from it.
        Signed = "signed",
        /// A document was granted.
        DocumentGranted = "document_granted",
        /// A document was withdrawn.
        DocumentWithdrawn = "document_withdrawn",
        /// A child's document went over to the child.
        DocumentHandedOver = "document_handed_over",
        /// A document was printed.
        DocumentPrinted = "document_printed",
        /// A card was printed.
        CardPrinted = "card_printed",
        /// A document was used up.
        DocumentConsumed = "document_consumed",
        /// Passes were suspended.
        Suspended = "suspended",
        /// A suspension was lifted.
        Resumed = "resumed",
        /// An officer asked for what had been done before: nothing changed.
        FoundDone = "found_done",
        /// Passes were revoked.
        Revoked = "revoked",
        /// Somebody proposed to end, suspend or resume many at once.
        BulkProposed = "bulk_proposed",
        /// Somebody else approved it.
        BulkApproved = "bulk_approved",
        /// It was cancelled.
        BulkCancelled = "bulk_cancelled",
        /// It was done to all of them.
        BulkDone = "bulk_done",
        /// An officer was invited.
        OfficerInvited = "officer_invited",
        /// An officer was ended.
        OfficerEnded = "officer_ended",
        /// An officer registered a passkey.
        PasskeyRegistered = "passkey_registered",
        /// An officer signed in.
        SignedIn = "signed_in",
        /// An enrolment was ended, so that its CNIC may enrol anew.
        Released = "released",
        /// The mobile number was changed.
        MobileChanged = "mobile_changed",
        /// A counter proofed somebody better than their phone could.
        ProofRaised = "proof_raised",
        /// A phone took another device key.
        DeviceKeyChanged = "device_key_changed",
        /// Another device took an enrolment over.
        DeviceReplaced = "device_replaced",
        /// A lost wallet was disabled.
        WalletDisabled = "wallet_disabled",
        /// An application was sent or moved on.
        ApplicationChanged = "application_changed",
        /// An office's system read an application and who sent it.
        ApplicationRead = "application_read",
        /// The log itself was exported with what is sealed in it.
        AuditOpened = "audit_opened",
        /// The identity authority was asked.
        Proofed = "proofed",
        /// A signed file was published.
        Published = "published",
        /// A signing key was made.
        KeyMade = "key_made",
        /// A signing key was retired.
        KeyRetired = "key_retired",
        /// A signing key was withdrawn.
        KeyWithdrawn = "key_withdrawn",
        /// A counter's certificate was signed.
        CounterCertified = "counter_certified",
        /// A counter's certificate is taken no more.
        CounterEnded = "counter_ended",
        /// A system was given a key.
        SystemKeyAdded = "system_key_added",
        /// A system's key was ended.
        SystemKeyEnded = "system_key_ended",
        /// A department's system said where it wants to be told of applications.
        WebhookSet = "webhook_set",
        /// That ended: by the system, or because its receiver said that it is gone.
        WebhookEnded = "webhook_ended",
        /// A department's system asked for what it had not taken.
        WebhookRedelivered = "webhook_redelivered",
        /// Which services a platform carries was settled.
        DispatchSettled = "dispatch_settled",
        /// The province went on from an older copy of its database.
        Restored = "restored",
        /// Somebody was not let do something.
        Denied = "denied",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_is_read_as_it_is_written() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(*role));
        }
        for action in Action::ALL {
            assert_eq!(Action::parse(action.as_str()), Some(*action));
        }
        assert_eq!(Action::parse("nothing"), None);
    }
}
