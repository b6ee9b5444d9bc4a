//! The phone without a screen: encrypted vault, enrolment, stock of passes, presenting, sync rules.
//!
//! No HTTP, no Tauri, no clock, no randomness source: the application passes `now`, `rng` and what
//! the network answered. Nothing here is text for a screen; codes and keys are.

pub mod code;
pub mod screen;

pub use code::{UiCode, UiError};
