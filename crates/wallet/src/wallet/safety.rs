//! One's own safety: the PIN, finger or face, when the wallet locks, when it removes itself, the sign.

use pin::Cost;
use rand_core::CryptoRng;

use super::Wallet;
use super::lock::{AutoLock, new_pin};
use crate::attempts::Attempts;
use crate::code::{UiCode, UiError};
use crate::error::OpenError;
use crate::key_store::{DeviceKey, Item, ProfileName};
use crate::screen::{Biometric, Safety, Sign};
use crate::store::setting::{self, Setting};

impl Wallet {
    /// What a PIN that is chosen from now on costs to guess: the app measures it on this phone, see [`pin::measure`].
    pub fn set_cost(&mut self, cost: Cost) {
        self.kdf = cost;
    }

    /// Whether this build keeps its keys from somebody who copies the phone's storage.
    pub fn protects(&self) -> bool {
        self.keys.protects()
    }

    /// Whether a PIN may be chosen. The only such rule: screens ask it.
    ///
    /// # Errors
    /// [`UiCode::PinMalformed`], [`UiCode::PinTooEasy`].
    pub fn check_pin(pin: &str) -> Result<(), UiError> {
        new_pin(pin).map(drop)
    }

    /// What was chosen.
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::KeyStoreUnavailable`] or a store's error.
    pub fn safety(&self) -> Result<Safety, UiError> {
        let open = self.unlocked()?;
        let name = open.profile;
        let attempts = Attempts::load(self.keys.as_ref(), &name).map_err(OpenError::KeyStore)?;
        let sealed = self.profiles.files(&name).read_envelope()?.has_biometric();
        Ok(Safety {
            profile: name.to_string(),
            sign: self.profiles.sign(&name),
            free_signs: self.free_signs(Some(&name))?,
            auto_lock_seconds: open.auto_lock.seconds(),
            wipe: attempts.wipe,
            biometric: match (self.keys.has_biometric(), sealed) {
                (false, _) => Biometric::Absent,
                (true, false) => Biometric::Off,
                (true, true) => Biometric::On,
            },
            unprotected: !self.keys.protects(),
        })
    }

    /// Changes the PIN of the open profile. The envelope is sealed anew; the database is not touched.
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::PinTooEasy`], and those of a wrong PIN: tries at the old one count like any other.
    pub fn change_pin(&mut self, old: &str, new: &str, rng: &mut impl CryptoRng) -> Result<(), UiError> {
        let name = self.unlocked()?.profile;
        let new = new_pin(new)?;
        let (mut envelope, device, vault_key) = self.open_envelope(&name, &pin::Pin::parse(old)?)?;
        envelope
            .change_pin(&new, &device, &vault_key, rng)
            .map_err(OpenError::Envelope)?;
        Ok(self.profiles.files(&name).write_envelope(&envelope)?)
    }

    /// Lets the enrolled finger or face open this profile, too. The PIN stays.
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::BiometricUnavailable`], and those of a wrong PIN.
    pub fn add_biometric(&mut self, pin: &str, rng: &mut impl CryptoRng) -> Result<Safety, UiError> {
        let name = self.unlocked()?.profile;
        if !self.keys.has_biometric() {
            return Err(UiCode::BiometricUnavailable.into());
        }
        let (mut envelope, device, vault_key) = self.open_envelope(&name, &pin::Pin::parse(pin)?)?;
        let mut fresh = DeviceKey::new([0; 32]);
        rng.fill_bytes(fresh.as_mut());
        self.keys
            .put(&name, Item::BiometricKey, fresh.as_slice())
            .map_err(OpenError::KeyStore)?;
        envelope
            .add_biometric(&fresh, &device, &vault_key, rng)
            .map_err(OpenError::Envelope)?;
        self.profiles.files(&name).write_envelope(&envelope)?;
        self.safety()
    }

    /// Only the PIN opens this profile from now on.
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::KeyStoreUnavailable`] or a store's error.
    pub fn remove_biometric(&mut self) -> Result<Safety, UiError> {
        let name = self.unlocked()?.profile;
        let files = self.profiles.files(&name);
        let mut envelope = files.read_envelope()?;
        envelope.remove_biometric();
        files.write_envelope(&envelope)?;
        self.keys
            .delete(&name, Item::BiometricKey)
            .map_err(OpenError::KeyStore)?;
        self.safety()
    }

    /// After how long without use the wallet locks: 30, 60 or 300 seconds.
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::ChoiceUnknown`] or a store's error.
    pub fn set_auto_lock(&mut self, seconds: u32) -> Result<Safety, UiError> {
        let chosen = AutoLock::of(seconds).ok_or(UiCode::ChoiceUnknown)?;
        let open = self.unlocked_mut()?;
        setting::store(&open.database, Setting::AutoLock, &seconds.to_string())?;
        open.auto_lock = chosen;
        self.safety()
    }

    /// Whether 20 wrong PINs in a row remove this profile. It stands beside their count, since it is needed while locked.
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::KeyStoreUnavailable`].
    pub fn set_wipe(&mut self, wipe: bool) -> Result<Safety, UiError> {
        let name = self.unlocked()?.profile;
        let mut attempts = Attempts::load(self.keys.as_ref(), &name).map_err(OpenError::KeyStore)?;
        attempts.wipe = wipe;
        attempts
            .store(self.keys.as_ref(), &name)
            .map_err(OpenError::KeyStore)?;
        self.safety()
    }

    /// The picture that stands for this profile on the lock screen.
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::SignTaken`], [`UiCode::StorageFailed`].
    pub fn set_sign(&mut self, sign: Sign) -> Result<Safety, UiError> {
        let name: ProfileName = self.unlocked()?.profile;
        if !self.free_signs(Some(&name))?.contains(&sign) {
            return Err(UiCode::SignTaken.into());
        }
        self.profiles.set_sign(&name, sign).map_err(OpenError::File)?;
        self.safety()
    }
}
