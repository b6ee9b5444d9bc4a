//! Which lines the log has: `RUST_LOG`, which is taken whole or is a fault.

use tracing_subscriber::EnvFilter;

use super::Environment;
use super::faults::{Fault, Faults, Wrong};
use super::read::Reader;

/// The variable. Operators know its name from other programs.
pub(super) const LOG_FILTER: &str = "RUST_LOG";

/// A library that writes out whole what an officer's passkey says: its lines are nobody's to ask for.
const NEVER_LOGGED: &str = "webauthn_rs";

/// What it says, for commands that are given a data folder and no configuration.
///
/// # Errors
/// [`Faults`] if it is not good.
pub fn log_filter(environment: &impl Environment) -> Result<Option<String>, Faults> {
    said(environment).map_err(|wrong| Fault::new(LOG_FILTER, wrong).into())
}

fn said(environment: &impl Environment) -> Result<Option<String>, Wrong> {
    let said = environment.variable(LOG_FILTER);
    // One that is there and empty says nothing.
    let said = said.filter(|said| !said.trim().is_empty());
    // A part of it may be named more closely than the program forbids it as a whole.
    let names_it = said.as_ref().is_some_and(|said| said.contains(NEVER_LOGGED));
    match said.as_ref().map(EnvFilter::try_new) {
        Some(Err(_)) => Err(Wrong::Value),
        Some(Ok(_)) if names_it => Err(Wrong::Value),
        _ => Ok(said),
    }
}

impl Reader {
    /// What it says, if it is good.
    pub(super) fn log_filter(&mut self, environment: &impl Environment) -> Option<String> {
        said(environment).unwrap_or_else(|wrong| {
            self.fault(LOG_FILTER, wrong);
            None
        })
    }
}
