//! What was: pages of the past, words searched in it, what the citizen forgets.

use credential::Timestamp;

use super::{Open, Wallet};
use crate::code::UiError;
use crate::past;
use crate::screen::{PastAsk, PastPage};

impl Wallet {
    /// A page of the past, the newest first, in the words of the register as it is now.
    ///
    /// # Errors
    /// [`UiCode::Locked`] or a store's error.
    #[allow(clippy::needless_pass_by_value)] // a command owns what its screen sent
    pub fn past(&mut self, ask: PastAsk) -> Result<PastPage, UiError> {
        let roots = self.roots.clone();
        let Open {
            database, register, ..
        } = self.unlocked_mut()?;
        let types = register.read(database, &roots)?;
        Ok(past::page(database, types, &ask)?)
    }

    /// Forgets one row of the past. One that is gone already is no error.
    ///
    /// # Errors
    /// [`UiCode::Locked`] or a store's error.
    pub fn forget_past(&mut self, id: &str) -> Result<(), UiError> {
        Ok(past::forget(&self.unlocked()?.database, id)?)
    }

    /// Forgets the past from a moment on and before another, and says how many rows that were.
    ///
    /// # Errors
    /// [`UiCode::Locked`] or a store's error.
    pub fn forget_past_between(&mut self, from: Timestamp, before: Timestamp) -> Result<u32, UiError> {
        Ok(past::forget_between(&self.unlocked()?.database, from, before)?)
    }

    /// Past showings, the newest first.
    #[cfg(test)]
    pub(crate) fn history(&mut self) -> Result<Vec<crate::screen::HistoryItem>, UiError> {
        let page = self.past(PastAsk::default())?;
        assert!(page.next.is_none(), "more than a page");
        Ok(page
            .entries
            .into_iter()
            .filter_map(|entry| entry.showing)
            .collect())
    }
}
