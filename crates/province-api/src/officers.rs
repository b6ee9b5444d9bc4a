//! Officers: what they send and are answered, signed in with passkeys (`WebAuthn`, <https://www.w3.org/TR/webauthn-3/>).

use serde::{Deserialize, Serialize};

use crate::reason::Reason;

/// Most CNICs of one proposal.
pub const PEOPLE_MAX: usize = 10_000;
/// Most bytes of what an office calls an officer.
pub const NAME_BYTES_MAX: usize = 64;
/// Most entries of one page of the audit log.
pub const LOG_PAGE_MAX: usize = 500;

/// Most officers, and most proposals, of one answer.
pub const LIST_PAGE_MAX: usize = 100;

/// What an officer is. What each may do stands in docs/officers.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OfficerRole {
    /// Serves citizens at a counter.
    Clerk,
    /// Decides what ends for good.
    Supervisor,
    /// Reads the audit log, and nothing else.
    Auditor,
    /// Invites and ends officers, and does nothing to citizens.
    Administrator,
}

impl OfficerRole {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Clerk, Self::Supervisor, Self::Auditor, Self::Administrator];

    /// The stable word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clerk => "clerk",
            Self::Supervisor => "supervisor",
            Self::Auditor => "auditor",
            Self::Administrator => "administrator",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.as_str() == word)
    }
}

/// Body of `POST /v1/officers/passkeys/begin`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasskeyBegin {
    /// The code of the invite.
    #[cfg_attr(feature = "openapi", schema(max_length = 64))]
    pub invite: String,
}

/// Answer 200 to what begins a ceremony.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Begun {
    /// What the finishing request says, unread. It serves five minutes, once.
    pub ceremony: String,
    /// What the browser's `navigator.credentials` takes: an object with `publicKey`, its bytes in base64url.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub options: serde_json::Value,
}

/// Body of what finishes a ceremony.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CeremonyFinish {
    /// [`Begun::ceremony`].
    #[cfg_attr(feature = "openapi", schema(max_length = 16384))]
    pub ceremony: String,
    /// What the browser answered: `PublicKeyCredential.toJSON()`.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub credential: serde_json::Value,
}

/// Answer 200 to `POST /v1/officers/passkeys/finish`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Registered {
    /// Random id, 32 hex digits.
    pub officer: String,
    /// What they may do.
    pub role: OfficerRole,
}

/// Answer 200 to `POST /v1/officers/sessions/finish`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignedIn {
    /// Goes into `Authorization: Bearer` of every request.
    pub token: String,
    /// Random id, 32 hex digits.
    pub officer: String,
    /// What they may do.
    pub role: OfficerRole,
    /// Unix seconds at which it ends at the latest.
    pub expires_at: u64,
    /// It ends earlier when nothing is asked for so many seconds.
    pub idle_seconds: u64,
}

/// Answer 200 to what has nothing more to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Done {
    /// Whether something changed; not, where it had been so before.
    pub changed: bool,
}

/// Body of what is done to a citizen without a reason.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CitizenRequest {
    /// Whose passes.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::person::Cnic))]
    pub cnic: String,
}

/// Body of what is done to a citizen for a reason.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EndRequest {
    /// Whose passes.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::person::Cnic))]
    pub cnic: String,
    /// Why.
    pub reason: Reason,
}

/// Body of `POST /v1/officers/citizens/withdraw`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DocumentWithdrawRequest {
    /// Who holds it.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::person::Cnic))]
    pub cnic: String,
    /// The number of the child whose it is, if it is not their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::person::Cnic>))]
    pub child: Option<String>,
    /// Its kind.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::PassTypeName))]
    pub vct: String,
    /// Why.
    pub reason: Reason,
}

/// What is done to many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Their passes and documents end for good.
    Revoke,
    /// Their passes and documents are suspended.
    Suspend,
    /// A suspension is lifted.
    Resume,
    /// Their own document of one kind is withdrawn.
    Withdraw,
}

/// Body of `POST /v1/officers/bulks/propose`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BulkRequest {
    /// What is done to each.
    pub act: Deed,
    /// With `withdraw`: which kind of document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::openapi::PassTypeName>))]
    pub vct: Option<String>,
    /// Why; with all but `resume`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// To whom, [`PEOPLE_MAX`] at most.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<crate::person::Cnic>, max_items = 10000))]
    pub cnics: Vec<String>,
}

/// A proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BulkView {
    /// Random id, 32 hex digits.
    pub id: String,
    /// What is done to each: `revoke`, `suspend`, `resume` or `withdraw`.
    pub act: String,
    /// Which kind of document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vct: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// How many people it is about.
    pub people: u64,
    /// What is proposed, and about whom: SHA-256 in lower-case hex, the same for whoever proposes and whoever approves. None
    /// of a proposal that can be approved no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(pattern = "^[0-9a-f]{64}$"))]
    pub people_sha256: Option<String>,
    /// Role and id of who proposed it.
    pub proposed_by: String,
    /// Unix seconds.
    pub proposed_at: u64,
    /// From when on nobody approves it.
    pub expires_at: u64,
    /// Role and id of who approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
    /// When it was approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_at: Option<u64>,
    /// When it was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<u64>,
    /// When it was done to the last of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_at: Option<u64>,
}

/// Answer 200 to `POST /v1/officers/bulks/propose`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BulkProposed {
    /// The proposal.
    pub bulk: BulkView,
    /// How many of the CNICs nobody is enrolled with.
    pub not_enrolled: u64,
}

/// Answer 200 to `GET /v1/officers/bulks`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BulkList {
    /// [`LIST_PAGE_MAX`] at most, the newest first.
    pub bulks: Vec<BulkView>,
    /// Where the next question goes on; none at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Body of `POST /v1/officers/bulks/approve`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BulkApproval {
    /// [`BulkView::id`].
    #[cfg_attr(feature = "openapi", schema(pattern = "^[0-9a-f]{32}$"))]
    pub id: String,
    /// [`BulkView::people_sha256`] of what was looked at.
    #[cfg_attr(feature = "openapi", schema(pattern = "^[0-9a-f]{64}$"))]
    pub people_sha256: String,
}

/// Body of what is done with a proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BulkChoice {
    /// [`BulkView::id`].
    #[cfg_attr(feature = "openapi", schema(pattern = "^[0-9a-f]{32}$"))]
    pub id: String,
}

/// Body of `POST /v1/officers/log`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LogRequest {
    /// Entries with higher numbers than this one: [`LogReply::next`] of the answer before. None for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
}

/// Answer 200 to `POST /v1/officers/log`: what `province-server audit export` writes, as far as it is one page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogReply {
    /// Entries, each followed by the signed head that ends with it, in the form of docs/audit.md.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Object>))]
    pub lines: Vec<serde_json::Value>,
    /// Where the next question goes on; none at the end of the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// Body of `POST /v1/officers/invites`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct InviteRequest {
    /// What they may do.
    pub role: OfficerRole,
    /// What the office calls them, such as a staff number. It stands on their passkey.
    #[cfg_attr(
        feature = "openapi",
        schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9 ._-]+$")
    )]
    pub name: String,
}

/// Answer 200 to `POST /v1/officers/invites`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Invited {
    /// Random id, 32 hex digits.
    pub officer: String,
    /// What registers one passkey, once. It is handed to them in person. It is not kept: the same request again gives another
    /// one in its place, and none once a passkey was registered or the time is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Unix seconds.
    pub expires_at: u64,
}

/// An officer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OfficerView {
    /// Random id, 32 hex digits.
    pub officer: String,
    /// What they may do.
    pub role: OfficerRole,
    /// What the office calls them.
    pub name: String,
    /// Role and id of who invited them, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invited_by: Option<String>,
    /// Unix seconds.
    pub created_at: u64,
    /// Since when they are none any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<u64>,
}

/// Answer 200 to `GET /v1/officers`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OfficerList {
    /// [`LIST_PAGE_MAX`] at most, the newest first.
    pub officers: Vec<OfficerView>,
    /// Where the next question goes on; none at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Body of `POST /v1/officers/end`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OfficerChoice {
    /// [`OfficerView::officer`].
    #[cfg_attr(feature = "openapi", schema(pattern = "^[0-9a-f]{32}$"))]
    pub officer: String,
}
