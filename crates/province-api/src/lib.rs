//! What phone, counter and province say to each other: types, error codes, paths, signatures.
//!
//! No HTTP library, no SQL, no clock. A type here is parsed, not checked: a [`person::Cnic`] in hand is a well-formed one.

pub mod artefacts;
pub mod enrolment;
pub mod nadra;
pub mod passes;
pub mod person;
pub mod problem;
pub mod signature;

mod bytes;

pub use bytes::Bytes;

/// Paths of version 1 of the provincial API.
pub mod paths {
    /// `POST` [`crate::enrolment::EnrolmentRequest`], signed by the device key.
    pub const ENROLMENTS: &str = "/v1/enrolments";
    /// `POST` (empty body), signed by an enrolled device key: a fresh [`crate::passes::Challenge`].
    pub const CHALLENGES: &str = "/v1/challenges";
    /// `POST` [`crate::passes::PassesRequest`], signed by an enrolled device key.
    pub const PASSES: &str = "/v1/passes";
    /// `GET`: the signed trust list, raw bytes.
    pub const TRUST_LIST: &str = "/v1/trust-list";
    /// `GET`: the signed type register, raw bytes.
    pub const TYPES: &str = "/v1/types";
    /// `GET`: the signed status manifest, raw bytes.
    pub const STATUS_MANIFEST: &str = "/v1/status-manifest";
    /// `GET` with the list's name appended: the raw bits of one status list.
    pub const STATUS: &str = "/v1/status/";
    /// `GET`: 200 while the service works.
    pub const HEALTH: &str = "/v1/health";
}

/// The header that makes a repeated write one write. 16 random bytes in lower-case hex.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
