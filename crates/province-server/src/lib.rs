//! The thin provincial API: enrolment, passes, public artefacts.
//!
//! `http` (handlers) calls `rules`, `rules` call `store`; nothing calls back. The clock, the source of randomness and
//! the desk at NADRA are handed in by whoever starts it: `main.rs`, or a test.
//!
//! - [`app`] is the whole service as one router, [`openapi`] the document of it.
//! - [`config`] is how it is served.
//! - [`admin`] is what an operator does: make a province, configure, revoke, release, certify a counter, publish trust.

pub mod admin;
mod admin_error;
pub mod audit;
pub mod audit_admin;
pub mod backup_admin;
pub mod bulk_admin;
pub mod caller_admin;
pub mod catalogue_files;
pub mod clock;
pub mod config;
pub mod courier;
pub mod dispatch_admin;
mod districts;
mod founding;
mod http;
pub mod import_admin;
pub mod key_admin;
pub mod keys;
pub mod metrics;
pub mod nadra;
pub mod officer_admin;
pub mod photo;
pub mod print_admin;
pub mod proofing;
pub mod public_roots;
mod publish_admin;
pub mod randomness;
pub mod rules;
pub mod sealed;
pub mod store;
pub mod tls;

pub use founding::{NewProvince, NewRoots};
pub use http::{Door, Limits, Proxies, ProxyHeader, app, openapi, operators, router, serve};
pub use rules::{AppParts, Province};
