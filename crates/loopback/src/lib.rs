//! A server for this machine only: who may call it, and how it ends.
//!
//! A program makes a [`token`] at each start and tells it to whoever started it, asks a [`Guard`] before each request,
//! and [`serve`]s until it is told to stop. What is answered to a request that is turned away is the program's choice.

mod guard;
mod serve;

pub use guard::{Guard, Refusal, TOKEN_HEADER, token};
pub use serve::{ENDING_MAX, serve};
