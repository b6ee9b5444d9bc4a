//! The phone without a screen: encrypted vault, enrolment, stock of passes, presenting, sync rules.
//!
//! No HTTP, no Tauri, no clock, no randomness source: the application passes `now`, `rng` and what
//! the network answered. Nothing here is text for a screen; codes and keys are.
//!
//! ```text
//! wallet.rs     what a screen may ask, one method each
//! profiles.rs   whose vaults are here  vault.rs   envelope.rs + SQLCipher: the two files of one
//! key_store.rs  the port to the phone's keys   attempts.rs   wrong PINs    docs/keys.md
//! draft.rs      what is typed            sync/   enrolment and sync without a socket
//! lost.rs       a lost phone, told from one without a vault
//! show.rs       codes on the screen      request.rs   a desk's request
//! documents/    what is held, by person, and what the citizen takes out of it
//! archive/      what may leave the phone      backup/   in a file, under a phrase      transfer/   to the next phone
//! services.rs   the catalogue of public services      audit.rs   who looked, who issued, as the province tells it
//! store/        one module per table     screen.rs, code.rs   what crosses to the screen
//! ```

mod applications;
mod archive;
mod attempts;
mod audit;
mod backup;
mod claims;
pub mod code;
mod documents;
mod draft;
mod envelope;
mod error;
mod file;
mod home;
pub mod key_store;
mod lost;
#[doc(hidden)]
pub mod measure;
mod opaque;
mod past;
mod picture;
mod profiles;
mod register;
mod request;
pub mod screen;
mod search;
mod services;
mod settings;
mod show;
mod store;
mod sync;
mod transfer;
mod vault;
mod wallet;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use attempts::Uptime;
pub use code::{UiCode, UiError};
pub use envelope::{ENVELOPE_BYTES_MAX, EnvelopeError};
pub use lost::LostReport;
pub use picture::jpeg_url;
pub use pin::{Cost, PIN_DIGITS_MAX, PIN_DIGITS_MIN, Pin, PinError, measure as measure_cost};
pub use show::{DEFAULT_AUDIENCE, FRAME_MS, RENEW_SECONDS};
pub use sync::{Failure, HttpRequest, HttpResponse, Network, SyncPlan, waits};
pub use wallet::{Wallet, complete_word};
