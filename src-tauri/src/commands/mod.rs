//! What a screen may call: each command is one call into the wallet.
//!
//! Every command is asynchronous and does its work off the window's thread. A new command also
//! needs its name in `command_names.rs` and in `capabilities/main.json`; tests hold them together.

pub mod applications;
pub mod audit;
pub mod documents;
pub mod enrol;
pub mod lock;
pub mod lost;
pub mod moving;
pub mod past;
pub mod safety;
pub mod services;
pub mod show;
pub mod sync;

use wallet::UiError;

type Reply<T> = Result<T, UiError>;
