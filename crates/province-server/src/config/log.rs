//! Which lines the log has: `RUST_LOG`, which is taken whole or is a fault.

use tracing_subscriber::EnvFilter;

use super::Environment;
use super::faults::{Fault, Faults, Wrong};
use super::read::Reader;

/// The variable. Operators know its name from other programs.
pub(super) const LOG_FILTER: &str = "RUST_LOG";

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
    match said.as_ref().map(EnvFilter::try_new) {
        Some(Err(_)) => Err(Wrong::Value),
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
