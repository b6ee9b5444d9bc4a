//! The signed QR: build, parse, verify.
//!
//! Bytes in, bytes out: no clock, no randomness, no file, no network. Every moment and every nonce is an argument.
//! What is on the wire is in docs/format.md; docs/format.cddl is checked against real bytes by a test.
//!
//! - The province: [`issue`], [`issue_counter_certificate`], [`sign_trust_list`], [`StatusManifest::sign`],
//!   [`TypeRegister::sign`].
//! - The phone: [`read_request`], [`present_timed`], [`present_to_request`], [`photo::frames`].
//! - Paper: [`paper::issue_card`], [`document_text`]; other issuers' codes: [`lenient::read`].
//! - The desk: [`TrustList::verify`], [`build_request`], [`verify`], [`photo::assembly`], [`LogSeal`].

mod audit_head;
pub mod base45;
mod catalogue;
mod cbor;
mod certificate;
mod claims;
mod code;
mod config;
mod cose;
mod facts;
pub mod frames;
mod issue;
mod keys;
pub mod lenient;
mod log_seal;
mod names;
mod numbered;
pub mod paper;
pub mod photo;
mod present;
mod printed;
mod register;
mod request;
mod roots;
mod rules;
mod signing;
mod status;
mod time;
mod trust;
mod vct;
mod verify;
mod zlib;

pub use audit_head::AuditHead;
pub use catalogue::{
    CATALOGUE_BYTES_MAX, CATALOGUE_ID_BYTES_MAX, CATALOGUE_NAME_BYTES_MAX, Catalogue, CatalogueContent,
    CatalogueError, LimitUnit, OFFICES_MAX, Office, SERVICES_MAX, Service, TimeLimit, is_catalogue_id,
};
pub use certificate::{
    CERTIFICATE_BYTES_MAX, CounterCertificateClaims, NAME_BYTES_MAX, issue_counter_certificate,
};
pub use claims::{Claims, Gender, ISSUER, Identity, StatusRef};
pub use code::{Code, Verdict};
pub use config::{
    API_URL_BYTES_MAX, CONFIG_BYTES_MAX, ConfigContent, ConfigError, ProvinceConfig, TLS_ROOT_BYTES_MAX,
    TLS_ROOTS_MAX,
};
pub use facts::{FIELD_BYTES_MAX, FIELDS, FIELDS_MAX, Facts, Field, GuardianRelation, PSEUDONYMS};
pub use issue::{CREDENTIAL_BYTES_MAX, Credential, IssueError, issue};
pub use keys::{HolderKey, KeyError, KeyId, PublicKey, SecretKey, derive_holder_key};
pub use log_seal::{LOG_SEAL_BYTES_MAX, LogSeal, LogSealContent, LogSealError, SealReason};
pub use names::Names;
pub use present::{
    PRESENTATION_LIFETIME, PRESENTATION_PREFIX, PresentError, present_timed, present_to_request,
};
pub use printed::{DOCUMENT_PREFIX, Printed, PrintedKind, document_text, is_printed};
pub use register::{
    CLAIMS_MAX, ClaimType, Form, Kind, PassType, Place, REGISTER_BYTES_MAX, RegisterContent, RegisterError,
    ShowRule, Shown, StatusRule, TYPES_MAX, TypeRegister, Value, Word,
};
pub use request::{
    AUDIENCE_BYTES_MAX, Asker, IssuedRequest, REQUEST_BYTES_MAX, REQUEST_LIFETIME, REQUEST_PREFIX,
    ReadRequest, RequestError, Signer, build_request, read_request,
};
pub use roots::{ROOTS_NEEDED, RootKind, RootSet};
pub use rules::{
    AgeLimits, Freshness, RULES_BYTES_MAX, RULES_MAX, RiskRule, RiskRules, RulesContent, RulesError,
    SERVICE_BYTES_MAX, ServiceRule,
};
pub use signing::{NotSigned, SignError, SigningKey, checked};
pub use status::{
    BUNDLE_BYTES_MAX, Bitmap, DELTA_BYTES_MAX, LIST_BITS_MAX, LISTS_MAX, ListEntry, MANIFEST_BYTES_MAX,
    Piece, SHARD_BITS_MAX, SHARDS_MAX, Shape, Standing, StatusBundle, StatusContent, StatusDelta,
    StatusError, StatusManifest, StatusPurpose, StatusSet, StatusToken, TOKEN_BITS_MAX, TOKEN_BYTES_MAX,
    TokenContent, UPDATE_PREFIX, piece_name, read_token_list, token_list,
};
pub use time::{CLOCK_ALLOWANCE, DAY, Timestamp};
pub use trust::{
    KEYS_TRIED_MAX, RootSignature, TRUST_KEYS_MAX, TRUST_LIST_BYTES_MAX, TrustContent, TrustError, TrustList,
    TrustedKey, combine_trust_list, sign_trust_list,
};
pub use vct::{VCT_BYTES_MAX, Vct, VctError};
pub use verify::{
    Context, Expect, FaceCheck, Mode, Outcome, PRESENTATION_BYTES_MAX, ReplayKey, SHOWING_MAX, Verified,
    verify,
};
