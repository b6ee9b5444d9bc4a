//! The station at the service counter: verifies offline, serves its own page on loopback.
//!
//! [`station::Station`] decides and remembers; it reads no clock and knows no network. [`router`] puts it behind
//! HTTP for the page, [`sync`] brings newer signed data when there is a network. Nothing of a visitor is kept.

pub mod assisted;
pub mod bindings;
pub mod gate;
pub mod key;
pub mod log;
pub mod lost;
pub mod officers;
pub mod page_file;
pub mod profile;
pub mod province;
pub mod reader;
pub mod roots;
pub mod schedule;
pub mod station;
pub mod store;
pub mod sync;
pub mod types;

mod claims;
pub mod clock;
mod code;
mod http;
mod opaque;
mod visit;

pub use code::StationCode;
pub use http::{App, FRAME_BYTES_MAX, OFFICER_HEADER, TEXT_BYTES_MAX, page_is_here, router};
