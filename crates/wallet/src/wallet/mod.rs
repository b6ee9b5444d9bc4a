//! The wallet: one method for each thing that a screen may ask, in one module for each part of the app.

mod enrol;
mod lock;
mod moving;
mod past;
mod show;
mod sync;

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use credential::{ProvinceConfig, RootKind, RootSet, Timestamp};
use pin::Cost;
use rusqlite::Connection;

use crate::code::{UiCode, UiError};
use crate::device_key::DeviceKeyStore;
use crate::error::OpenError;
use crate::register::Register;
use crate::request::Requests;
use crate::screen::moving::Moving;
use crate::screen::{AppState, EnrolmentState, Language, LockState, Mark};
use crate::show::Showings;
use crate::store::draft as draft_table;
use crate::store::enrolment::{self, State};
use crate::sync::Run;
use crate::vault::VaultFiles;
use crate::{file, settings};

use self::moving::UnderWay;
pub use self::moving::complete_word;

/// The phone without a screen. One at a time on a folder; `Send`, so it can live behind a mutex.
pub struct Wallet {
    folder: PathBuf,
    roots: RootSet,
    config: Option<ProvinceConfig>,
    device_key: Box<dyn DeviceKeyStore>,
    kdf: Cost,
    language: Language,
    open: Option<Open>,
    /// Two at once would show one pass twice.
    _alone: File,
}

/// An open vault and what lives only as long as it is open.
struct Open {
    database: Connection,
    showings: Showings,
    requests: Requests,
    run: Option<Run>,
    register: Register,
    under_way: UnderWay,
}

impl Wallet {
    /// The wallet in this folder, which is made if it is absent. Nothing is unlocked.
    ///
    /// `roots` are pinned in the app. `config` was verified against them; without one the wallet works
    /// for what it holds and says [`UiCode::NotConfigured`] when it needs the network.
    ///
    /// # Errors
    /// [`UiCode::AlreadyOpen`] when another program has the folder, [`UiCode::StorageFailed`] when it cannot be made.
    pub fn open(
        folder: &Path,
        roots: RootSet,
        config: Option<ProvinceConfig>,
        device_key: Box<dyn DeviceKeyStore>,
    ) -> Result<Self, UiError> {
        file::make_folder(folder).map_err(OpenError::File)?;
        let alone = file::take_folder(folder).map_err(|error| match error.kind() {
            ErrorKind::WouldBlock => UiCode::AlreadyOpen.into(),
            _ => UiError::from(OpenError::File(error)),
        })?;
        Ok(Self {
            folder: folder.to_owned(),
            roots,
            config,
            device_key,
            kdf: Cost::FLOOR,
            language: settings::language(folder),
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
            language: self.language,
            lock: match &self.open {
                Some(_) => LockState::Open,
                None if self.files().exist() => LockState::Locked,
                None => LockState::Empty,
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

    fn files(&self) -> VaultFiles {
        VaultFiles::in_folder(&self.folder)
    }

    fn unlocked(&self) -> Result<&Open, UiError> {
        self.open.as_ref().ok_or_else(|| self.why_closed().into())
    }

    fn unlocked_mut(&mut self) -> Result<&mut Open, UiError> {
        let why = self.why_closed();
        self.open.as_mut().ok_or_else(|| why.into())
    }

    fn why_closed(&self) -> UiCode {
        if self.open.is_some() || self.files().exist() {
            UiCode::Locked
        } else {
            UiCode::VaultMissing
        }
    }
}

impl Open {
    fn new(database: Connection) -> Self {
        Self {
            database,
            showings: Showings::default(),
            requests: Requests::default(),
            run: None,
            register: Register::default(),
            under_way: UnderWay::default(),
        }
    }
}
