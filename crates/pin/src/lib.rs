//! PINs of citizens and officers: how one is read, which are too easy, and what guessing one costs.
//!
//! Knows no clock and no randomness: a salt and a stopwatch are arguments.

mod cost;
mod easy;
mod measure;
mod pin;

pub use cost::{Cost, CostError, PinHash, SALT_BYTES, stretch, stretch_secret};
pub use measure::{MEMORY_KIB_OF_CHOICE, TARGET, measure};
pub use pin::{PIN_DIGITS_MAX, PIN_DIGITS_MIN, Pin, PinError};
