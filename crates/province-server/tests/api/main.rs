//! The province through its router, path by path, and its operator's commands.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

mod admin;
mod application_forms;
mod applications;
mod artefacts;
mod asked_twice;
mod audit;
mod away;
mod backup;
mod bench;
mod callers;
mod catalogue;
mod chaos;
mod connections;
mod dastak;
mod device_key;
mod documents;
mod ended;
mod ended_many;
mod engine;
mod enrolments;
mod fallen;
mod family;
mod forms;
mod full;
mod guarded;
mod importing;
mod largest;
mod limits;
mod logged;
mod matrix;
mod nadra;
mod officers;
mod officers_once;
mod older;
mod one_connection;
mod openapi;
mod operating;
mod packaging;
mod passes;
mod passkeys;
mod process;
mod proofing;
mod ready;
mod rebind;
mod restored;
mod retention;
mod rotation;
mod same;
mod served;
mod sim_codes;
#[path = "../../../../tests/soak.rs"]
mod soak;
mod status;
mod sync;
mod tls;
mod token;
mod tries;
mod trust;
mod two_people;
mod unfit;
mod upkeep;
mod ways;
mod webhooks;
mod whole;
