//! Runs: the enrolment and every later sync, step by step.

use credential::Timestamp;
use rand_core::CryptoRng;

use super::Wallet;
use crate::code::{UiCode, UiError};
use crate::home;
use crate::screen::SyncReport;
use crate::sync::{self, Failure, HttpRequest, HttpResponse, Run, Surroundings};

impl Wallet {
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
