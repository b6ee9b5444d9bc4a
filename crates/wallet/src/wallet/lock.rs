//! Making the vault, opening and closing it, and the language of the screens.

use credential::Timestamp;
use pin::Pin;
use rand_core::CryptoRng;

use super::{Open, Wallet};
use crate::code::UiError;
use crate::error::OpenError;
use crate::screen::{AppState, Language};
use crate::settings;

impl Wallet {
    /// Sets the language of the screens.
    ///
    /// # Errors
    /// [`UiCode::StorageFailed`].
    pub fn set_language(&mut self, language: Language, now: Timestamp) -> Result<AppState, UiError> {
        settings::set_language(&self.folder, language).map_err(OpenError::File)?;
        self.language = language;
        self.app_state(now)
    }

    /// Makes the vault under a PIN and opens it.
    ///
    /// # Errors
    /// [`UiCode::PinMalformed`], [`UiCode::VaultExists`], [`UiCode::KeyStoreUnavailable`], [`UiCode::StorageFailed`].
    pub fn create_vault(
        &mut self,
        pin: &str,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<AppState, UiError> {
        let pin = Pin::parse(pin)?;
        let database = self
            .files()
            .create(&pin, self.device_key.as_ref(), self.kdf, rng)?;
        self.open = Some(Open::new(database));
        self.app_state(now)
    }

    /// Opens the vault. Open already: the PIN is checked all the same.
    ///
    /// # Errors
    /// [`UiCode::VaultMissing`], [`UiCode::PinMalformed`], [`UiCode::WrongPin`], [`UiCode::WrongDevice`],
    /// [`UiCode::VaultDamaged`], [`UiCode::VaultTooNew`], [`UiCode::KeyStoreUnavailable`], [`UiCode::StorageFailed`].
    pub fn unlock(&mut self, pin: &str, now: Timestamp) -> Result<AppState, UiError> {
        let pin = Pin::parse(pin)?;
        let database = self.files().unlock(&pin, self.device_key.as_ref())?;
        if self.open.is_none() {
            self.open = Some(Open::new(database));
        }
        self.app_state(now)
    }

    /// Closes the vault: the database is closed, showings and requests are forgotten, a run is dropped.
    ///
    /// # Errors
    /// Never in practice; the answer is the new state.
    pub fn lock(&mut self, now: Timestamp) -> Result<AppState, UiError> {
        self.open = None;
        self.app_state(now)
    }
}
