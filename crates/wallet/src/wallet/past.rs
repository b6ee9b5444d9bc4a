//! What was: past showings.

use super::Wallet;
use crate::code::UiError;
use crate::screen::HistoryItem;
use crate::store::showing;
use crate::sync;

impl Wallet {
    /// Past showings, the newest first.
    ///
    /// # Errors
    /// [`UiCode::Locked`] or a store's error.
    pub fn history(&self) -> Result<Vec<HistoryItem>, UiError> {
        let database = &self.unlocked()?.database;
        let types = sync::types_here(database, &self.roots)?;
        Ok(showing::list(database, types.as_ref())?)
    }
}
