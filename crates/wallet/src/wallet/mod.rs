//! The wallet: one method for each thing that a screen may ask, in one module for each part of the app.

mod applications;
mod audit;
mod documents;
mod enrol;
mod lock;
mod lost;
mod moving;
mod past;
mod safety;
mod services;
mod show;
mod sync;

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use credential::{ProvinceConfig, RootKind, RootSet, Timestamp};
use pin::Cost;
use rusqlite::Connection;

use crate::attempts::Uptime;
use crate::code::{UiCode, UiError};
use crate::error::OpenError;
use crate::key_store::{KeyStore, ProfileName};
use crate::profiles::Profiles;
use crate::register::Register;
use crate::request::Requests;
use crate::screen::moving::Moving;
use crate::screen::{AppState, EnrolmentState, Language, LockState, Mark};
use crate::services::Catalogued;
use crate::show::Showings;
use crate::store::draft as draft_table;
use crate::store::enrolment::{self, State};
use crate::sync::Run;
use crate::{file, settings};
use lock::AutoLock;

use self::moving::UnderWay;
pub use self::moving::complete_word;

/// The phone without a screen. One at a time on a folder; `Send`, so it can live behind a mutex.
pub struct Wallet {
    folder: PathBuf,
    roots: RootSet,
    config: Option<ProvinceConfig>,
    keys: Box<dyn KeyStore>,
    profiles: Profiles,
    kdf: Cost,
    /// The lock screen's; an open profile has its own.
    language: Language,
    uptime: Uptime,
    open: Option<Open>,
    /// Two at once would show one pass twice.
    _alone: File,
}

/// An open vault and what lives only as long as it is open.
struct Open {
    profile: ProfileName,
    language: Language,
    auto_lock: AutoLock,
    /// When somebody last used the wallet.
    used_at: Uptime,
    /// The screens are out of sight.
    hidden: bool,
    database: Connection,
    showings: Showings,
    requests: Requests,
    run: Option<Run>,
    register: Register,
    catalogue: Catalogued,
    under_way: UnderWay,
}

impl Wallet {
    /// The wallet in this folder, which is made if it is absent. Nothing is unlocked.
    ///
    /// `roots` are pinned in the app. `config` was verified against them; without one the wallet works
    /// for what it holds and says [`UiCode::NotConfigured`] when it needs the network.
    ///
    /// # Errors
    /// [`UiCode::AlreadyOpen`] when another program has the folder, [`UiCode::StorageFailed`] when it cannot be made or a
    /// vault of version 1 in it cannot be moved to its profile.
    pub fn open(
        folder: &Path,
        roots: RootSet,
        config: Option<ProvinceConfig>,
        keys: Box<dyn KeyStore>,
    ) -> Result<Self, UiError> {
        file::make_folder(folder).map_err(OpenError::File)?;
        let alone = file::take_folder(folder).map_err(|error| match error.kind() {
            ErrorKind::WouldBlock => UiCode::AlreadyOpen.into(),
            _ => UiError::from(OpenError::File(error)),
        })?;
        let profiles = Profiles::open(folder, keys.as_ref())?;
        Ok(Self {
            folder: folder.to_owned(),
            roots,
            config,
            keys,
            profiles,
            kdf: Cost::FLOOR,
            language: settings::language(folder),
            uptime: Uptime::default(),
            open: None,
            _alone: alone,
        })
    }

    /// What the whole application shows.
    ///
    /// # Errors
    /// [`UiCode::VaultDamaged`] or [`UiCode::StorageFailed`].
    pub fn app_state(&self, now: Timestamp) -> Result<AppState, UiError> {
        let mut state = AppState {
            mark: match self.roots.kind() {
                RootKind::Test => Mark::Test,
                RootKind::Real => Mark::None,
            },
            language: self.open.as_ref().map_or(self.language, |open| open.language),
            lock: match &self.open {
                Some(_) => LockState::Open,
                None if self.profiles.list().map_err(OpenError::File)?.is_empty() => LockState::Empty,
                None => LockState::Locked,
            },
            enrolment: EnrolmentState::None,
            enrolment_error: None,
            configured: self.config.is_some(),
            wait_seconds: None,
            moving: Moving::None,
        };
        if let Some(open) = &self.open {
            let row = enrolment::load(&open.database)?;
            state.moving = Self::moving(open)?;
            state.enrolment = match row.state {
                State::Draft if draft_table::is_begun(&open.database)? => EnrolmentState::Draft,
                State::Draft => EnrolmentState::None,
                State::Applying | State::Accepted => EnrolmentState::Sent,
                State::Complete => EnrolmentState::Enrolled,
            };
            let wait = row
                .retry_at
                .map(|at| at.since(now))
                .filter(|seconds| *seconds > 0);
            state.wait_seconds = wait.and_then(|seconds| u32::try_from(seconds).ok());
            state.enrolment_error = row.error.map(|error| UiError {
                retry_after_seconds: state.wait_seconds,
                ..error
            });
        }
        Ok(state)
    }

    /// The open database, to look into.
    #[cfg(test)]
    #[allow(clippy::unwrap_used)]
    pub(crate) fn database(&self) -> &Connection {
        &self.unlocked().unwrap().database
    }

    fn unlocked(&self) -> Result<&Open, UiError> {
        self.open.as_ref().ok_or_else(|| self.why_closed().into())
    }

    fn unlocked_mut(&mut self) -> Result<&mut Open, UiError> {
        let why = self.why_closed();
        self.open.as_mut().ok_or_else(|| why.into())
    }

    fn why_closed(&self) -> UiCode {
        match self.profiles.list() {
            Ok(nobody) if nobody.is_empty() && self.open.is_none() => UiCode::VaultMissing,
            _ => UiCode::Locked,
        }
    }
}
