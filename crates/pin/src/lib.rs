//! PINs of citizens and officers: how one is read, which are too easy, and what guessing one costs.
//!
//! Knows no clock and no randomness: a salt is an argument.

mod cost;
mod pin;

pub use cost::{Cost, CostError, PinHash, SALT_BYTES, stretch, stretch_secret};
pub use pin::{PIN_DIGITS_MAX, PIN_DIGITS_MIN, Pin, PinError};
