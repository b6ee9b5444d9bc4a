//! Opening and closing: profiles, PINs and how often they may be tried, the lock that closes by itself, the language.

use credential::Timestamp;
use pin::Pin;
use rand_core::CryptoRng;
use rusqlite::Connection;

use super::moving::UnderWay;
use super::{Open, Wallet};
use crate::attempts::{Attempts, Uptime};
use crate::code::{UiCode, UiError};
use crate::envelope::{Envelope, EnvelopeError, VaultKey};
use crate::error::{OpenError, StoreError};
use crate::key_store::{self, DeviceKey, Item, KeyStoreError, ProfileName};
use crate::register::Register;
use crate::request::Requests;
use crate::screen::{AppState, Language, LockView, ProfileView, Sign};
use crate::services::Catalogued;
use crate::settings;
use crate::show::Showings;
use crate::store::setting::{self, Setting};

/// Longest time out of sight, in seconds, whatever was chosen.
const HIDDEN_SECONDS_MAX: u64 = 60;

/// Seconds without use after which the wallet locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AutoLock(u32);

impl AutoLock {
    /// 30 seconds, one minute, five minutes.
    const CHOICES: [u32; 3] = [30, 60, 300];
    const DEFAULT: Self = Self(300);

    /// One of the choices.
    pub(super) fn of(seconds: u32) -> Option<Self> {
        Self::CHOICES.contains(&seconds).then_some(Self(seconds))
    }

    /// What was chosen in this vault.
    pub(super) fn chosen(database: &Connection) -> Result<Self, StoreError> {
        let seconds = setting::load(database, Setting::AutoLock)?;
        let chosen = seconds.and_then(|seconds| Self::of(seconds.parse().ok()?));
        Ok(chosen.unwrap_or(Self::DEFAULT))
    }

    pub(super) const fn seconds(self) -> u32 {
        self.0
    }
}

impl Wallet {
    /// Tells the wallet how long the phone has been up, before each call: it has no clock of its own. `used` says that a
    /// person did something. A wallet that nobody used for too long, or that was out of sight for too long, locks now.
    ///
    /// Returns after how many seconds it has to be told again; `None` when it is locked.
    pub fn set_uptime(&mut self, uptime: Uptime, used: bool) -> Option<u64> {
        self.uptime = self.uptime.max(uptime);
        let open = self.open.as_mut()?;
        let left = open.limit().saturating_sub(self.uptime.since(open.used_at));
        if left == 0 {
            self.open = None;
            return None;
        }
        // What goes on by itself while nobody looks does not keep the wallet open.
        if used && !open.hidden {
            open.used_at = self.uptime;
            return Some(open.limit());
        }
        Some(left)
    }

    /// Whether the screens can be seen.
    pub fn set_sight(&mut self, visible: bool) {
        let uptime = self.uptime;
        if let Some(open) = &mut self.open
            && open.hidden == visible
        {
            open.hidden = !visible;
            open.used_at = uptime;
        }
    }

    /// The lock screen.
    ///
    /// # Errors
    /// [`UiCode::StorageFailed`], [`UiCode::KeyStoreUnavailable`].
    pub fn lock_view(&self) -> Result<LockView, UiError> {
        let names = self.profiles.list().map_err(OpenError::File)?;
        let profiles = names.iter().map(|name| self.door(name)).collect::<Result<_, _>>();
        Ok(LockView {
            free_signs: self.free_signs(None)?,
            profiles: profiles.map_err(OpenError::KeyStore)?,
            unprotected: !self.keys.protects(),
        })
    }

    /// Sets the language: of the open profile, and of the lock screen unless it is shared with others.
    ///
    /// # Errors
    /// [`UiCode::StorageFailed`].
    pub fn set_language(&mut self, language: Language, now: Timestamp) -> Result<AppState, UiError> {
        if let Some(open) = &mut self.open {
            store_language(&open.database, language)?;
            open.language = language;
        }
        if self.open.is_none() || self.profiles.list().map_err(OpenError::File)?.len() < 2 {
            settings::set_language(&self.folder, language).map_err(OpenError::File)?;
            self.language = language;
        }
        self.app_state(now)
    }

    /// Makes the first profile of this phone under a PIN and opens it.
    ///
    /// # Errors
    /// [`UiCode::PinMalformed`], [`UiCode::PinTooEasy`], [`UiCode::VaultExists`], [`UiCode::KeyStoreUnavailable`],
    /// [`UiCode::StorageFailed`].
    pub fn create_vault(
        &mut self,
        pin: &str,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<AppState, UiError> {
        if !self.profiles.list().map_err(OpenError::File)?.is_empty() {
            return Err(UiCode::VaultExists.into());
        }
        self.add_profile(Sign::default(), pin, now, rng)
    }

    /// Makes one more profile under a PIN and opens it; one that was open closes.
    ///
    /// # Errors
    /// As [`Wallet::create_vault`], and [`UiCode::SignTaken`].
    pub fn add_profile(
        &mut self,
        sign: Sign,
        pin: &str,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<AppState, UiError> {
        let pin = new_pin(pin)?;
        if !self.free_signs(None)?.contains(&sign) {
            return Err(UiCode::SignTaken.into());
        }
        self.open = None;
        let (name, database) = self.make(sign, &pin, rng)?;
        store_language(&database, self.language)?;
        self.open = Some(Open::new(name, database, self.language, self.uptime)?);
        self.app_state(now)
    }

    /// Opens the vault of the phone's only profile. Open already: the PIN is checked all the same.
    ///
    /// # Errors
    /// As [`Wallet::unlock_profile`], and [`UiCode::ProfileUnknown`] when there are several.
    pub fn unlock(&mut self, pin: &str, now: Timestamp) -> Result<AppState, UiError> {
        let name = self.only()?;
        self.unlock_named(&name, pin, now)
    }

    /// Opens the vault of this profile; one that was open closes.
    ///
    /// # Errors
    /// [`UiCode::VaultMissing`], [`UiCode::ProfileUnknown`], [`UiCode::PinMalformed`], [`UiCode::WrongPin`],
    /// [`UiCode::PinWait`], [`UiCode::ProfileWiped`], [`UiCode::WrongDevice`], [`UiCode::VaultDamaged`],
    /// [`UiCode::VaultTooNew`], [`UiCode::KeyStoreUnavailable`], [`UiCode::StorageFailed`].
    pub fn unlock_profile(&mut self, profile: &str, pin: &str, now: Timestamp) -> Result<AppState, UiError> {
        let name = self.named(profile)?;
        self.unlock_named(&name, pin, now)
    }

    /// Opens the vault of this profile by the finger or the face that the system asks for. Wrong PINs before make no
    /// difference: they are still counted afterwards.
    ///
    /// # Errors
    /// [`UiCode::BiometricUnavailable`], [`UiCode::BiometricRefused`], and those of [`Wallet::unlock_profile`].
    pub fn unlock_biometric(&mut self, profile: &str, now: Timestamp) -> Result<AppState, UiError> {
        let name = self.named(profile)?;
        let (envelope, device) = self.envelope_and_device(&name)?;
        if !envelope.has_biometric() || !self.keys.has_biometric() {
            return Err(UiCode::BiometricUnavailable.into());
        }
        let released =
            key_store::key(self.keys.as_ref(), &name, Item::BiometricKey).map_err(OpenError::KeyStore)?;
        let released = released.ok_or(OpenError::Envelope(EnvelopeError::NoBiometric))?;
        let vault_key = envelope
            .open_by_biometric(&released, &device)
            .map_err(OpenError::Envelope)?;
        self.let_in(name, &vault_key, now)
    }

    /// Says whether the vault is still open, for a screen that somebody uses.
    ///
    /// # Errors
    /// [`UiCode::Locked`].
    pub fn must_be_open(&self) -> Result<(), UiError> {
        self.unlocked().map(|_| ())
    }

    /// Closes the vault: the database is closed, showings and requests are forgotten, a run is dropped.
    ///
    /// # Errors
    /// Never in practice; the answer is the new state.
    pub fn lock(&mut self, now: Timestamp) -> Result<AppState, UiError> {
        self.open = None;
        self.app_state(now)
    }

    /// Removes a profile with everything in it; nobody can bring it back. Needs no PIN, because it is the way on for
    /// somebody who forgot it: whoever holds the phone can take its documents away from it, but never see them.
    ///
    /// # Errors
    /// [`UiCode::ProfileUnknown`], [`UiCode::KeyStoreUnavailable`], [`UiCode::StorageFailed`].
    pub fn forget_profile(&mut self, profile: &str, now: Timestamp) -> Result<AppState, UiError> {
        let name = self.named(profile)?;
        self.forget(&name)?;
        self.app_state(now)
    }

    fn unlock_named(&mut self, name: &ProfileName, pin: &str, now: Timestamp) -> Result<AppState, UiError> {
        let pin = Pin::parse(pin)?;
        let (_, _, vault_key) = self.open_envelope(name, &pin)?;
        if self.open.as_ref().is_some_and(|open| open.profile == *name) {
            return self.app_state(now);
        }
        self.let_in(*name, &vault_key, now)
    }

    fn let_in(
        &mut self,
        name: ProfileName,
        vault_key: &VaultKey,
        now: Timestamp,
    ) -> Result<AppState, UiError> {
        self.open = None;
        let database = self.profiles.files(&name).open(vault_key)?;
        self.open = Some(Open::new(name, database, self.language, self.uptime)?);
        self.app_state(now)
    }

    /// Tries a PIN. It is counted before it is tried: whoever kills the app in between has lost that try, too.
    pub(super) fn open_envelope(
        &mut self,
        name: &ProfileName,
        pin: &Pin,
    ) -> Result<(Envelope, DeviceKey, VaultKey), UiError> {
        let (envelope, device) = self.envelope_and_device(name)?;
        let keys = self.keys.as_ref();
        let store = |attempts: &Attempts| attempts.store(keys, name).map_err(OpenError::KeyStore);
        let mut attempts = Attempts::load(keys, name).map_err(OpenError::KeyStore)?;
        let left = attempts.wait_left(self.uptime);
        if left > 0 {
            attempts.keep_waiting(self.uptime);
            store(&attempts)?;
            return Err(wait(UiCode::PinWait, left));
        }
        let before = attempts;
        attempts.count(self.uptime);
        store(&attempts)?;
        match envelope.open(pin, &device) {
            Ok(vault_key) => {
                attempts.forgive();
                store(&attempts)?;
                Ok((envelope, device, vault_key))
            }
            Err(EnvelopeError::WrongPin) if attempts.are_too_many() => {
                self.forget(name)?;
                Err(UiCode::ProfileWiped.into())
            }
            Err(EnvelopeError::WrongPin) => Err(wait(UiCode::WrongPin, attempts.wait_left(self.uptime))),
            // Nothing was learnt about the PIN, so nothing was tried.
            Err(other) => {
                store(&before)?;
                Err(OpenError::Envelope(other).into())
            }
        }
    }

    fn envelope_and_device(&self, name: &ProfileName) -> Result<(Envelope, DeviceKey), OpenError> {
        let envelope = self.profiles.files(name).read_envelope()?;
        let device = key_store::key(self.keys.as_ref(), name, Item::DeviceKey)?;
        let device = device.ok_or(EnvelopeError::WrongDevice)?;
        envelope.check_device(&device)?;
        Ok((envelope, device))
    }

    fn make(
        &self,
        sign: Sign,
        pin: &Pin,
        rng: &mut impl CryptoRng,
    ) -> Result<(ProfileName, Connection), OpenError> {
        let keys = self.keys.as_ref();
        let mut device = DeviceKey::new([0; 32]);
        rng.fill_bytes(device.as_mut());
        let (envelope, vault_key) = Envelope::make(pin, &device, self.kdf, rng)?;
        let name = envelope.profile()?;
        self.profiles.make(&name, sign, keys)?;
        keys.put(&name, Item::DeviceKey, device.as_slice())?;
        // Read back before anything is sealed for it: a store that forgets would lock its owner out.
        let kept = key_store::key(keys, &name, Item::DeviceKey)?;
        envelope.check_device(&kept.ok_or(KeyStoreError::Silent { source: None })?)?;
        Attempts::default().store(keys, &name)?;
        let database = self.profiles.files(&name).create(&envelope, &vault_key, rng)?;
        Ok((name, database))
    }

    pub(super) fn forget(&mut self, name: &ProfileName) -> Result<(), OpenError> {
        if self.open.as_ref().is_some_and(|open| open.profile == *name) {
            self.open = None;
        }
        self.profiles.remove(name, self.keys.as_ref())
    }

    /// Signs that nobody but `own` has.
    pub(super) fn free_signs(&self, own: Option<&ProfileName>) -> Result<Vec<Sign>, UiError> {
        let mut names = self.profiles.list().map_err(OpenError::File)?;
        names.retain(|name| Some(name) != own);
        let taken: Vec<Sign> = names.iter().map(|name| self.profiles.sign(name)).collect();
        Ok(Sign::ALL
            .into_iter()
            .filter(|sign| !taken.contains(sign))
            .collect())
    }

    fn door(&self, name: &ProfileName) -> Result<ProfileView, KeyStoreError> {
        let envelope = self.profiles.files(name).read_envelope();
        Ok(ProfileView {
            id: name.to_string(),
            sign: self.profiles.sign(name),
            wait_seconds: Attempts::load(self.keys.as_ref(), name)?.wait_left(self.uptime),
            biometric: self.keys.has_biometric() && envelope.is_ok_and(|envelope| envelope.has_biometric()),
        })
    }

    fn only(&self) -> Result<ProfileName, UiError> {
        match self.profiles.list().map_err(OpenError::File)?.as_slice() {
            [] => Err(UiCode::VaultMissing.into()),
            [only] => Ok(*only),
            _ => Err(UiCode::ProfileUnknown.into()),
        }
    }

    fn named(&self, profile: &str) -> Result<ProfileName, UiError> {
        let names = self.profiles.list().map_err(OpenError::File)?;
        ProfileName::parse(profile)
            .filter(|name| names.contains(name))
            .ok_or_else(|| UiCode::ProfileUnknown.into())
    }
}

impl Open {
    fn new(
        profile: ProfileName,
        database: Connection,
        phone: Language,
        now: Uptime,
    ) -> Result<Self, UiError> {
        let language = setting::load(&database, Setting::Language)?;
        Ok(Self {
            profile,
            language: language
                .and_then(|word| serde_json::from_value(word.into()).ok())
                .unwrap_or(phone),
            auto_lock: AutoLock::chosen(&database)?,
            used_at: now,
            hidden: false,
            database,
            showings: Showings::default(),
            requests: Requests::default(),
            run: None,
            register: Register::default(),
            catalogue: Catalogued::default(),
            under_way: UnderWay::default(),
        })
    }

    /// Seconds without use that are allowed now.
    fn limit(&self) -> u64 {
        let chosen = u64::from(self.auto_lock.seconds());
        if self.hidden {
            chosen.min(HIDDEN_SECONDS_MAX)
        } else {
            chosen
        }
    }
}

/// A PIN that somebody chooses: well formed and not one that is tried first.
pub(super) fn new_pin(text: &str) -> Result<Pin, UiError> {
    let pin = Pin::parse(text)?;
    if pin.is_easy() {
        return Err(UiCode::PinTooEasy.into());
    }
    Ok(pin)
}

fn store_language(database: &Connection, language: Language) -> Result<(), UiError> {
    let word = serde_json::to_value(language).unwrap_or_default();
    Ok(setting::store(
        database,
        Setting::Language,
        word.as_str().unwrap_or_default(),
    )?)
}

fn wait(code: UiCode, seconds: u32) -> UiError {
    UiError {
        retry_after_seconds: (seconds > 0).then_some(seconds),
        ..code.into()
    }
}
