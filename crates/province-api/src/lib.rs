//! What phone, counter and province say to each other: types, error codes, paths, signatures.
//!
//! No HTTP library, no SQL, no clock. A type here is parsed, not checked: a [`person::Cnic`] in hand is a well-formed one.

#[macro_use]
mod words;

pub mod application;
pub mod artefacts;
pub mod audit;
pub mod caller;
pub mod catalogue;
pub mod deadline;
pub mod definition;
pub mod delta;
pub mod device_key;
pub mod dispatch;
pub mod enrolment;
pub mod nadra;
pub mod officers;
#[cfg(feature = "openapi")]
pub mod openapi;
pub mod packed;
pub mod passes;
pub mod person;
pub mod phone_code;
pub mod problem;
pub mod proofing;
pub mod reason;
pub mod rules;
pub mod signature;
pub mod sync;
pub mod webhook;

mod bytes;

pub use bytes::{Biometric, Bytes};

/// Paths of version 1 of the provincial API.
pub mod paths {
    /// `POST` [`crate::enrolment::EnrolmentRequest`], signed by the device key.
    pub const ENROLMENTS: &str = "/v1/enrolments";
    /// `POST` (empty body), signed by an enrolled device key: a fresh [`crate::passes::Challenge`].
    pub const CHALLENGES: &str = "/v1/challenges";
    /// `POST` [`crate::passes::PassesRequest`], signed by an enrolled device key.
    pub const PASSES: &str = "/v1/passes";
    /// `POST` [`crate::sync::SyncRequest`], signed by an enrolled device key.
    pub const SYNC: &str = "/v1/sync";
    /// `POST` [`crate::sync::MobileRequest`], signed by an enrolled device key.
    pub const MOBILE: &str = "/v1/mobile";
    /// `POST` [`crate::device_key::DeviceKeyRequest`], signed by the enrolled device key that another one replaces.
    pub const DEVICE_KEY: &str = "/v1/device-key";
    /// `POST` [`crate::audit::AuditRequest`], signed by an enrolled device key: what the audit log says about its person.
    pub const AUDIT: &str = "/v1/audit";
    /// `POST` [`crate::enrolment::EnrolmentRequest`], signed by the device key that takes an enrolment over: an
    /// [`crate::enrolment::EnrolmentReply`].
    pub const REBIND: &str = "/v1/rebind";
    /// `POST` [`crate::sync::LostRequest`], signed by any device key: a [`crate::sync::LostReply`].
    pub const LOST: &str = "/v1/lost";
    /// `GET` with a name of [`crate::sync::files`] and two SHA-256 in lower-case hex appended (`NAME/FROM/TO`): a
    /// [`crate::delta`], which never changes. Not found if either version is not kept or a delta would be no smaller.
    pub const DELTAS: &str = "/v1/deltas/";
    /// `GET` with a SHA-256 in lower-case hex appended: any public file that is kept, also a table or a shard of a status
    /// list, raw bytes, which never change.
    pub const FILES: &str = "/v1/files/";
    /// `GET`: the signed trust list, raw bytes.
    pub const TRUST_LIST: &str = "/v1/trust-list";
    /// `GET`: the signed type register, raw bytes.
    pub const TYPES: &str = "/v1/types";
    /// `GET` with the fingerprint of three roots appended: the trust list that replaced them, raw bytes. 404 while they
    /// are in force.
    pub const TRUST_NEXT: &str = "/v1/trust-next/";
    /// `GET`: the signed risk rules, raw bytes. 404 where the province has none.
    pub const RISK_RULES: &str = "/v1/risk-rules";
    /// `GET`: the signed catalogue of services, raw bytes. 404 where the province has none.
    pub const CATALOGUE: &str = "/v1/catalogue";
    /// `GET`: the signed status manifest, raw bytes.
    pub const STATUS_MANIFEST: &str = "/v1/status-manifest";
    /// Before every path of the status lists.
    pub const STATUS: &str = "/v1/status/";
    /// `GET` with a SHA-256 in lower-case hex appended: a table or a shard of a status list, which never changes.
    pub const STATUS_PIECES: &str = "/v1/status/pieces/";
    /// `GET` with two epochs appended (`FROM/TO`): the bits that turned between them. Not found if they are not kept or
    /// so many that shards are shorter.
    pub const STATUS_DELTAS: &str = "/v1/status/deltas/";
    /// `GET` with list and number of the shard appended (`LIST/SHARD`): a Status List Token.
    pub const STATUS_TOKENS: &str = "/v1/status/tokens/";
    /// Before every path of officers.
    pub const OFFICERS: &str = "/v1/officers";
    /// `POST`: begins to register a passkey.
    pub const PASSKEY_BEGIN: &str = "/v1/officers/passkeys/begin";
    /// `POST`: registers it.
    pub const PASSKEY_FINISH: &str = "/v1/officers/passkeys/finish";
    /// `POST`: begins to sign an officer in.
    pub const SESSION_BEGIN: &str = "/v1/officers/sessions/begin";
    /// `POST`: signs them in.
    pub const SESSION_FINISH: &str = "/v1/officers/sessions/finish";
    /// `POST`: signs them out.
    pub const SESSION_END: &str = "/v1/officers/sessions/end";
    /// `POST`: disables a lost wallet.
    pub const CITIZEN_DISABLE: &str = "/v1/officers/citizens/disable";
    /// `POST`: suspends a citizen's passes and documents.
    pub const CITIZEN_SUSPEND: &str = "/v1/officers/citizens/suspend";
    /// `POST`: lifts that.
    pub const CITIZEN_RESUME: &str = "/v1/officers/citizens/resume";
    /// `POST`: revokes them.
    pub const CITIZEN_REVOKE: &str = "/v1/officers/citizens/revoke";
    /// `POST`: withdraws a document.
    pub const CITIZEN_WITHDRAW: &str = "/v1/officers/citizens/withdraw";
    /// `GET`: what was proposed for many.
    pub const BULKS: &str = "/v1/officers/bulks";
    /// `POST`: proposes something for many.
    pub const BULK_PROPOSE: &str = "/v1/officers/bulks/propose";
    /// `POST`: approves it.
    pub const BULK_APPROVE: &str = "/v1/officers/bulks/approve";
    /// `POST`: cancels it.
    pub const BULK_CANCEL: &str = "/v1/officers/bulks/cancel";
    /// `POST`: a page of the audit log.
    pub const OFFICER_LOG: &str = "/v1/officers/log";
    /// `POST`: invites an officer.
    pub const OFFICER_INVITES: &str = "/v1/officers/invites";
    /// `POST`: ends an officer.
    pub const OFFICER_END: &str = "/v1/officers/end";
    /// `GET`: the OpenAPI document of all these paths, JSON.
    pub const OPENAPI: &str = "/v1/openapi.json";
    /// `POST` [`crate::proofing::AssistedRequest`], signed by a counter: a [`crate::enrolment::EnrolmentReply`].
    pub const ASSISTED: &str = "/v1/assisted-enrolments";
    /// `GET`, signed by a counter: a [`crate::caller::CounterReply`].
    pub const COUNTER: &str = "/v1/counter";
    /// `GET`, signed by a system: a [`crate::caller::SystemReply`].
    pub const SYSTEM: &str = "/v1/system";
    /// `POST` [`crate::application::ApplicationRequest`], signed by an enrolled device key.
    pub const APPLICATIONS: &str = "/v1/applications";
    /// `POST` [`crate::application::WithdrawRequest`], signed by an enrolled device key.
    pub const WITHDRAW: &str = "/v1/applications/withdraw";
    /// `GET` with `?after=` a cursor, signed by a system of an office: a [`crate::application::ApplicationsReply`].
    pub const DEPARTMENT_APPLICATIONS: &str = "/v1/departments/applications";
    /// `POST` [`crate::application::AnswerRequest`], signed by a system of an office.
    pub const DEPARTMENT_ANSWER: &str = "/v1/departments/applications/answer";
    /// `GET`, signed by a system: a [`crate::webhook::WebhookReply`]. `POST` [`crate::webhook::WebhookRequest`]: sets it.
    pub const WEBHOOK: &str = "/v1/departments/webhooks";
    /// `POST` without a body, signed by a system: ends its webhook.
    pub const WEBHOOK_END: &str = "/v1/departments/webhooks/end";
    /// `GET` with `?after=` a number, signed by a system: a [`crate::webhook::DeadLettersReply`].
    pub const DEAD_LETTERS: &str = "/v1/departments/webhooks/dead-letters";
    /// `POST` [`crate::webhook::RedeliverRequest`], signed by a system.
    pub const REDELIVER: &str = "/v1/departments/webhooks/redeliver";
    /// `GET`: the [`crate::webhook::WebhookKeysReply`], by which departments know what the province sends.
    pub const WEBHOOK_KEY: &str = "/v1/departments/webhook-key";
    /// `POST` [`crate::dispatch::catalogue::DispatchCatalogue`], signed by a platform.
    pub const DISPATCH_CATALOGUE: &str = "/v1/dispatch/catalogue";
    /// `GET` with `?after=` a cursor, signed by a platform: a [`crate::application::ApplicationsReply`].
    pub const DISPATCH_APPLICATIONS: &str = "/v1/dispatch/applications";
    /// `POST` [`crate::dispatch::DispatchStateRequest`], signed by a platform: a [`crate::application::AnswerReply`].
    pub const DISPATCH_STATE: &str = "/v1/dispatch/applications/state";
    /// `POST` [`crate::dispatch::DispatchReportRequest`], signed by a platform: a [`crate::dispatch::DispatchReportReply`].
    pub const DISPATCH_REPORT: &str = "/v1/dispatch/applications/report";
    /// `GET`: 200 while the service works.
    pub const HEALTH: &str = "/v1/health";
}

/// The header that makes a repeated write one write. 16 random bytes in lower-case hex.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
