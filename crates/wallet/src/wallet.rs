//! The wallet: one method for each thing that a screen may ask.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use credential::{ProvinceConfig, RootKind, RootSet, Timestamp};
use pin::{Cost, Pin};
use rand_core::CryptoRng;
use rusqlite::Connection;

use crate::code::{UiCode, UiError};
use crate::device_key::DeviceKeyStore;
use crate::error::OpenError;
use crate::request::Requests;
use crate::screen::{
    AppState, Choice, Draft, DraftCheck, EnrolmentState, HistoryItem, Home, Language, LockState, Mark,
    PhotoView, RequestView, Showing, SyncReport,
};
use crate::show::Showings;
use crate::store::enrolment::{self, State};
use crate::store::{draft as draft_table, showing};
use crate::sync::{self, Failure, HttpRequest, HttpResponse, Run, Surroundings};
use crate::vault::VaultFiles;
use crate::{draft, file, home, settings};

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
        };
        if let Some(open) = &self.open {
            let row = enrolment::load(&open.database)?;
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

    /// What was typed so far.
    ///
    /// # Errors
    /// [`UiCode::Locked`] or a store's error.
    pub fn draft(&self) -> Result<Draft, UiError> {
        draft::load(&self.unlocked()?.database)
    }

    /// Keeps what was typed, right or wrong, and says what is still wrong.
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::EnrolmentUnderway`] once it was sent, [`UiCode::FieldTooLong`] beyond reason.
    #[allow(clippy::needless_pass_by_value)] // a command owns what its screen sent
    pub fn save_draft(&mut self, draft: Draft, now: Timestamp) -> Result<DraftCheck, UiError> {
        draft::save(&self.unlocked()?.database, &draft, now)
    }

    /// Keeps the photo: a small JPEG without metadata, which the app made.
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::EnrolmentUnderway`], [`UiCode::PhotoTooLarge`], [`UiCode::PhotoUnreadable`].
    pub fn set_photo(&mut self, jpeg: &[u8], _now: Timestamp) -> Result<PhotoView, UiError> {
        draft::set_photo(&self.unlocked()?.database, jpeg)
    }

    /// The photo of the draft.
    ///
    /// # Errors
    /// [`UiCode::Locked`] or a store's error.
    pub fn photo(&self) -> Result<Option<PhotoView>, UiError> {
        draft::photo(&self.unlocked()?.database)
    }

    /// Decides to enrol, or resumes an enrolment that was cut short. Then drive [`Wallet::next_request`].
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::NotConfigured`], [`UiCode::FieldsInvalid`] with the fields.
    pub fn start_enrolment(&mut self, now: Timestamp, rng: &mut impl CryptoRng) -> Result<(), UiError> {
        let run = sync::start_enrolment(&self.surroundings(now)?, rng)?;
        self.unlocked_mut()?.run = Some(run);
        Ok(())
    }

    /// Begins a sync. Then drive [`Wallet::next_request`].
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::NotConfigured`], [`UiCode::NotEnrolled`].
    pub fn start_sync(&mut self, now: Timestamp) -> Result<(), UiError> {
        let run = sync::start_sync(&self.surroundings(now)?)?;
        self.unlocked_mut()?.run = Some(run);
        Ok(())
    }

    /// The next request of the run; `None` when there is nothing more to ask.
    ///
    /// # Errors
    /// [`UiCode::Locked`] or a store's error.
    pub fn next_request(
        &mut self,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Option<HttpRequest>, UiError> {
        self.with_run(now, |run, around| run.next_request(around, rng))
            .map(Option::flatten)
    }

    /// The answer to the request that was given last.
    ///
    /// # Errors
    /// [`UiCode::Locked`] or a store's error; what the province said comes out of [`Wallet::finish_run`].
    pub fn on_response(&mut self, response: &HttpResponse, now: Timestamp) -> Result<(), UiError> {
        self.with_run(now, |run, around| run.on_response(around, response))
            .map(|_| ())
    }

    /// There was no answer to the request that was given last.
    ///
    /// # Errors
    /// [`UiCode::Locked`].
    pub fn on_failure(&mut self, failure: Failure, now: Timestamp) -> Result<(), UiError> {
        self.with_run(now, |run, _| {
            run.on_failure(failure);
            Ok(())
        })
        .map(|_| ())
    }

    /// Ends the run and says how it went.
    ///
    /// # Errors
    /// What stopped the run: a code of the network, of the province, or of the checks on what came.
    pub fn finish_run(&mut self, now: Timestamp) -> Result<SyncReport, UiError> {
        let run = self.unlocked_mut()?.run.take();
        let around = self.surroundings(now)?;
        match run {
            Some(run) => run.finish(&around),
            // The vault was locked and opened again meanwhile: that run is gone, nothing of it is lost.
            None => Ok(SyncReport {
                changed: false,
                at: home::screen_time(now),
            }),
        }
    }

    /// The home screen.
    ///
    /// # Errors
    /// [`UiCode::Locked`] or a store's error.
    pub fn home(&self, now: Timestamp) -> Result<Home, UiError> {
        home::home(&self.unlocked()?.database, &self.roots, now)
    }

    /// What may be shown to any desk at once.
    ///
    /// # Errors
    /// [`UiCode::Locked`] or a store's error.
    pub fn timed_choices(&self, now: Timestamp) -> Result<Vec<Choice>, UiError> {
        home::timed_choices(&self.unlocked()?.database, &self.roots, now)
    }

    /// Starts to show a pass that names nobody; without an audience for [`crate::DEFAULT_AUDIENCE`].
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::RequestNeeded`], [`UiCode::NoPass`], [`UiCode::PassExpired`],
    /// [`UiCode::RequestInvalid`] for an audience that cannot be written.
    pub fn show_timed(
        &mut self,
        vct: &str,
        audience: Option<&str>,
        now: Timestamp,
    ) -> Result<Showing, UiError> {
        let roots = self.roots.clone();
        let open = self.unlocked_mut()?;
        open.showings
            .start_timed((&open.database, &roots), vct, audience, now)
    }

    /// The codes to show now, signed anew.
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::ShowingEnded`].
    pub fn showing_frames(&mut self, id: u32, now: Timestamp) -> Result<Showing, UiError> {
        let open = self.unlocked_mut()?;
        open.showings.frames(&open.database, id, now)
    }

    /// Ends a showing; one that is gone already is no error.
    ///
    /// # Errors
    /// [`UiCode::Locked`].
    pub fn end_showing(&mut self, id: u32, _now: Timestamp) -> Result<(), UiError> {
        self.unlocked_mut()?.showings.end(id);
        Ok(())
    }

    /// Reads a desk's request. One that asks for too much is answered with a view that says so, and recorded.
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::NotARequest`], [`UiCode::RequestInvalid`].
    pub fn read_request_text(&mut self, text: &str, now: Timestamp) -> Result<RequestView, UiError> {
        let roots = self.roots.clone();
        let open = self.unlocked_mut()?;
        open.requests.read(&open.database, &roots, text, now)
    }

    /// Answers a request: the citizen agreed.
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::RequestGone`], [`UiCode::RequestOverAsking`], [`UiCode::DeskUnknown`],
    /// [`UiCode::DeskUntrusted`], [`UiCode::NoPass`], [`UiCode::PassExpired`].
    pub fn answer_request(&mut self, id: u32, now: Timestamp) -> Result<Showing, UiError> {
        let roots = self.roots.clone();
        let open = self.unlocked_mut()?;
        open.requests
            .answer((&open.database, &roots), &mut open.showings, id, now)
    }

    /// Declines a request.
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::RequestGone`].
    pub fn decline_request(&mut self, id: u32, now: Timestamp) -> Result<(), UiError> {
        let roots = self.roots.clone();
        let open = self.unlocked_mut()?;
        open.requests.decline((&open.database, &roots), id, now)
    }

    /// Past showings, the newest first.
    ///
    /// # Errors
    /// [`UiCode::Locked`] or a store's error.
    pub fn history(&self) -> Result<Vec<HistoryItem>, UiError> {
        let database = &self.unlocked()?.database;
        let types = sync::types_here(database, &self.roots)?;
        Ok(showing::list(database, types.as_ref())?)
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

    fn surroundings(&self, now: Timestamp) -> Result<Surroundings<'_>, UiError> {
        Ok(Surroundings {
            database: &self.unlocked()?.database,
            roots: &self.roots,
            api_url: self.config.as_ref().ok_or(UiCode::NotConfigured)?.api_url(),
            now,
        })
    }

    /// One step of the run, if there is one; its error ends it.
    fn with_run<T>(
        &mut self,
        now: Timestamp,
        step: impl FnOnce(&mut Run, &Surroundings<'_>) -> Result<T, UiError>,
    ) -> Result<Option<T>, UiError> {
        let Some(mut run) = self.unlocked_mut()?.run.take() else {
            return Ok(None);
        };
        let outcome = step(&mut run, &self.surroundings(now)?)?;
        self.unlocked_mut()?.run = Some(run);
        Ok(Some(outcome))
    }
}

impl Open {
    fn new(database: Connection) -> Self {
        Self {
            database,
            showings: Showings::default(),
            requests: Requests::default(),
            run: None,
        }
    }
}
