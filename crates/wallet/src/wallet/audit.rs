//! Who looked, who issued: what the province's audit log says about this citizen.

use credential::Timestamp;

use super::{Open, Wallet};
use crate::audit;
use crate::code::UiError;
use crate::screen::AuditView;
use crate::sync;

impl Wallet {
    /// What this phone keeps of it, and as of when. Needs no network.
    ///
    /// # Errors
    /// [`UiCode::Locked`](crate::UiCode::Locked) or a store's error.
    pub fn audit(&mut self) -> Result<AuditView, UiError> {
        let roots = self.roots.clone();
        let Open {
            database, register, ..
        } = self.unlocked_mut()?;
        let types = register.read(database, &roots)?;
        Ok(audit::view(database, types)?)
    }

    /// Begins to ask the province for the newest entries, or with `earlier` for the page behind the oldest that is kept.
    /// Then drive [`Wallet::next_request`].
    ///
    /// # Errors
    /// [`UiCode::Locked`](crate::UiCode::Locked), [`UiCode::NotConfigured`](crate::UiCode::NotConfigured),
    /// [`UiCode::NotEnrolled`](crate::UiCode::NotEnrolled), [`UiCode::ProvincePause`](crate::UiCode::ProvincePause); what
    /// ended this wallet.
    pub fn start_audit(&mut self, earlier: bool, now: Timestamp) -> Result<(), UiError> {
        let run = sync::start_audit(&self.surroundings(now)?, earlier)?;
        self.unlocked_mut()?.run = Some(run);
        Ok(())
    }
}
