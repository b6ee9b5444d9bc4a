//! A desk's scan log: what happened at the desk and nothing about whom.
//!
//! An entry holds time, service, kind of pass, code, the officer's number and the desk's profile; no hash, key or nonce of
//! a pass, and the time in whole minutes. Entries are chained by SHA-256 and sealed by the desk's key ([`credential::LogSeal`]). This
//! crate makes and reads the lines of an exported file and says what is wrong with one ([`verify`]). No clock, no file.

mod day;
mod entry;
mod line;
mod run;
mod verify;

pub use day::{clock_text, day_from_text, day_of, day_text, minute_of};
pub use entry::{Entry, Event, Hash, ShownBy, Word, WordError};
pub use line::{EntryLine, LINE_BYTES_MAX, Line, LineError, SealLine};
pub use run::{Run, SealPlan};
pub use verify::{Code, Day, Expected, Finding, Report, SealFacts, verify, verify_since};
