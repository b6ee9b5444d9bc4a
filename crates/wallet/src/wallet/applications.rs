//! Applications for public services: everything but sending them, which the sync does.

use credential::Timestamp;
use rand_core::CryptoRng;

use super::{Open, Wallet};
use crate::applications::{self, With};
use crate::code::UiError;
use crate::screen::{ApplicationLine, ApplicationView, FieldError};

impl Wallet {
    /// Every application, the one that changed last first.
    ///
    /// # Errors
    /// [`UiCode::Locked`](crate::UiCode::Locked) or a store's error.
    pub fn applications(&mut self, now: Timestamp) -> Result<Vec<ApplicationLine>, UiError> {
        // Home asks at each unlocking: whoever applied for nothing does not wait for the catalogue to be read.
        if applications::are_none(&self.unlocked()?.database)? {
            return Ok(Vec::new());
        }
        self.with(now, applications::all)
    }

    /// One application with its form.
    ///
    /// # Errors
    /// [`UiCode::ApplicationGone`](crate::UiCode::ApplicationGone), or as [`Self::applications`].
    pub fn application(&mut self, id: u32, now: Timestamp) -> Result<ApplicationView, UiError> {
        self.with(now, |with| applications::one(with, id))
    }

    /// Begins an application for a service, with what the wallet knows already, or goes on with its draft.
    ///
    /// # Errors
    /// [`UiCode::FormUnknown`](crate::UiCode::FormUnknown),
    /// [`UiCode::ApplicationsTooMany`](crate::UiCode::ApplicationsTooMany), or as [`Self::applications`].
    pub fn begin_application(&mut self, service: &str, now: Timestamp) -> Result<ApplicationView, UiError> {
        self.with(now, |with| applications::begin(with, service))
    }

    /// Begins the appeal against an application that is late or was refused, already filled in with `story`, what the citizen would
    /// have to write; or goes on with its draft.
    ///
    /// # Errors
    /// [`UiCode::StillUnderway`](crate::UiCode::StillUnderway) where there is nothing to appeal against, or as
    /// [`Self::begin_application`].
    pub fn begin_appeal(&mut self, id: u32, story: &str, now: Timestamp) -> Result<ApplicationView, UiError> {
        self.with(now, |with| applications::begin_appeal(with, id, story))
    }

    /// Keeps what was typed, right or wrong, and says what is still wrong. `typed`: a JSON object by ids of fields.
    ///
    /// # Errors
    /// [`UiCode::StillUnderway`](crate::UiCode::StillUnderway) for what waits or was sent,
    /// [`UiCode::FieldTooLong`](crate::UiCode::FieldTooLong), or as [`Self::application`].
    pub fn save_application(
        &mut self,
        id: u32,
        typed: &str,
        now: Timestamp,
    ) -> Result<Vec<FieldError>, UiError> {
        self.with(now, |with| applications::save(with, id, typed))
    }

    /// Queues a whole application: the next sync sends it.
    ///
    /// # Errors
    /// [`UiCode::FieldsInvalid`](crate::UiCode::FieldsInvalid) with the fields,
    /// [`UiCode::NotEnrolled`](crate::UiCode::NotEnrolled), or as [`Self::save_application`].
    pub fn submit_application(
        &mut self,
        id: u32,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<ApplicationView, UiError> {
        self.with(now, |with| applications::submit(with, id, rng))
    }

    /// Takes an application back: one that waits here is a draft again, of one that the office has the next sync says so.
    ///
    /// # Errors
    /// [`UiCode::StillUnderway`](crate::UiCode::StillUnderway) where it cannot be taken back now, or as
    /// [`Self::application`].
    pub fn take_back_application(
        &mut self,
        id: u32,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<ApplicationView, UiError> {
        self.with(now, |with| applications::take_back(with, id, rng))
    }

    /// Forgets a draft, or an application that is over.
    ///
    /// # Errors
    /// [`UiCode::StillUnderway`](crate::UiCode::StillUnderway) for any other, or as [`Self::application`].
    pub fn delete_application(&mut self, id: u32, now: Timestamp) -> Result<(), UiError> {
        self.with(now, |with| applications::delete(with, id))
    }

    fn with<T>(
        &mut self,
        clock: Timestamp,
        act: impl FnOnce(With<'_>) -> Result<T, UiError>,
    ) -> Result<T, UiError> {
        let now = self.time(clock)?;
        let roots = self.roots.clone();
        let Open {
            database,
            catalogue,
            register,
            language,
            ..
        } = self.unlocked_mut()?;
        let types = register.read(database, &roots)?;
        let listed = catalogue.read(database, &roots)?;
        act(With {
            database,
            listed,
            types,
            language: *language,
            now,
        })
    }
}
