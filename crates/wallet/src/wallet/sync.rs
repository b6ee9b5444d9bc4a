//! Runs: the enrolment and every later sync, step by step.

use credential::Timestamp;
use rand_core::CryptoRng;

use super::Wallet;
use crate::code::{UiCode, UiError};
use crate::home;
use crate::screen::{AppState, Draft, OnItsWay, SyncReport};
use crate::store::outbox::Kind;
use crate::store::sync_state;
use crate::sync::{self, Failure, HttpRequest, HttpResponse, Network, Run, Surroundings, SyncPlan};

impl Wallet {
    /// Decides to enrol, or resumes an enrolment that was cut short. Then drive [`Wallet::next_request`].
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::NotConfigured`], [`UiCode::FieldsInvalid`] with the fields.
    pub fn start_enrolment(&mut self, now: Timestamp, rng: &mut impl CryptoRng) -> Result<(), UiError> {
        self.start(Kind::Enrolment, None, now, rng)
    }

    /// Decides that this phone takes the place of the person's phone before, with what an enrolment needs, or resumes
    /// that. Then drive [`Wallet::next_request`].
    ///
    /// # Errors
    /// As [`Wallet::start_enrolment`].
    pub fn start_rebind(&mut self, now: Timestamp, rng: &mut impl CryptoRng) -> Result<(), UiError> {
        self.start_rebind_with(None, now, rng)
    }

    /// The same with the code that came to the citizen's SIM, once the province asked for it
    /// ([`UiCode::SimCodeNeeded`]).
    ///
    /// # Errors
    /// As [`Wallet::start_enrolment`].
    pub fn start_rebind_with(
        &mut self,
        code: Option<String>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<(), UiError> {
        self.start(Kind::Rebind, code, now, rng)
    }

    /// Whichever of the two this vault needs: one that came from another phone, or that the province ended, takes the
    /// place of the one before. With the code that came to the citizen's SIM, once the province asked for it.
    ///
    /// # Errors
    /// As [`Wallet::start_enrolment`].
    pub fn start_binding(
        &mut self,
        code: Option<String>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<(), UiError> {
        let kind = if sync::takes_over(&self.unlocked()?.database)? {
            Kind::Rebind
        } else {
            Kind::Enrolment
        };
        self.start(kind, code, now, rng)
    }

    fn start(
        &mut self,
        kind: Kind,
        code: Option<String>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<(), UiError> {
        let run = sync::start_enrolment_with(&self.surroundings(now)?, kind, code, rng)?;
        self.unlocked_mut()?.run = Some(run);
        Ok(())
    }

    /// Begins a sync that the citizen asked for: it sends what this phone would let wait longer, too. Then drive
    /// [`Wallet::next_request`].
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::NotConfigured`], [`UiCode::NotEnrolled`], [`UiCode::ProvincePause`].
    pub fn start_sync(&mut self, now: Timestamp) -> Result<(), UiError> {
        let run = sync::start_sync(&self.surroundings(now)?, Network::default(), true)?;
        self.unlocked_mut()?.run = Some(run);
        Ok(())
    }

    /// Begins one that the phone makes by itself, within the limits of this network.
    ///
    /// # Errors
    /// As [`Wallet::start_sync`].
    pub fn start_sync_over(&mut self, network: Network, now: Timestamp) -> Result<(), UiError> {
        let run = sync::start_sync(&self.surroundings(now)?, network, false)?;
        self.unlocked_mut()?.run = Some(run);
        Ok(())
    }

    /// When the app should sync next by itself, and what that may cost.
    ///
    /// # Errors
    /// [`UiCode::Locked`] or a store's error.
    pub fn sync_plan(&self, now: Timestamp, network: Network) -> Result<SyncPlan, UiError> {
        let now = self.time_of_waits(now)?;
        Ok(sync::plan(
            (&self.unlocked()?.database, &self.roots),
            now,
            network,
        )?)
    }

    /// Queues a change of the mobile number; the next sync sends it.
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::FieldsInvalid`], [`UiCode::StillUnderway`], [`UiCode::NotEnrolled`].
    pub fn change_mobile(
        &mut self,
        mobile: &str,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<(), UiError> {
        sync::change_mobile(&self.surroundings(now)?, mobile, rng)
    }

    /// Queues that the phone of this person is lost, whoever they are: the next sync disables that wallet. `photo` is a
    /// JPEG of their face, `instead` the refused report whose place this one takes.
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::FieldsInvalid`] with the fields, [`UiCode::PhotoUnreadable`],
    /// [`UiCode::PhotoTooLarge`].
    pub fn report_lost(
        &mut self,
        (person, photo): (&Draft, Vec<u8>),
        instead: Option<u32>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<(), UiError> {
        let request = crate::draft::request_of(person, photo, now)?;
        sync::report_lost(&self.surroundings(now)?, request, instead.map(i64::from), rng)
    }

    /// What is on its way between this phone and the province.
    ///
    /// # Errors
    /// [`UiCode::Locked`] or a store's error.
    pub fn on_its_way(&self, now: Timestamp) -> Result<OnItsWay, UiError> {
        let now = self.time_of_waits(now)?;
        Ok(sync::on_its_way((&self.unlocked()?.database, &self.roots), now)?)
    }

    /// Sets whether large files come over a metered network too, and whether the app syncs while nobody looks.
    ///
    /// # Errors
    /// [`UiCode::Locked`] or a store's error.
    pub fn set_sync_limits(&mut self, on_metered: bool, in_background: bool) -> Result<(), UiError> {
        let database = &self.unlocked()?.database;
        let mut state = sync_state::load(database)?;
        state.on_metered = on_metered;
        state.in_background = in_background;
        Ok(sync_state::save(database, &state)?)
    }

    /// Begins anew on a phone that the province does not take any more; the past stays.
    ///
    /// # Errors
    /// [`UiCode::Locked`]; [`UiCode::EnrolmentUnderway`] where nothing ended.
    pub fn start_over(&mut self, now: Timestamp, rng: &mut impl CryptoRng) -> Result<AppState, UiError> {
        sync::start_over(&self.unlocked()?.database, rng)?;
        self.app_state(now)
    }

    /// Puts away what was answered, or takes back what cannot have been done.
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::StillUnderway`] for what may have been done already.
    pub fn discard_errand(&mut self, id: u32) -> Result<(), UiError> {
        sync::discard(&self.unlocked()?.database, i64::from(id))
    }

    /// Sends no more what was sent several times without an answer. It may have been done all the same.
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::StillUnderway`] for what was not tried often enough, or is no errand.
    pub fn give_up_errand(&mut self, id: u32) -> Result<(), UiError> {
        sync::give_up(&self.unlocked()?.database, i64::from(id))
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
    /// [`UiCode::Locked`] or a store's error.
    pub fn on_failure(&mut self, failure: Failure, now: Timestamp) -> Result<(), UiError> {
        self.with_run(now, |run, around| run.on_failure(around, failure))
            .map(|_| ())
    }

    /// Ends the run and says how it went. A wallet that learns that its owner had it disabled locks: whoever holds the
    /// phone has to know its PIN from here on. Once it was told, it stays open for its owner, who may begin anew.
    ///
    /// # Errors
    /// What stopped the run: a code of the network, of the province, or of the checks on what came.
    pub fn finish_run(&mut self, now: Timestamp) -> Result<SyncReport, UiError> {
        let run = self.unlocked_mut()?.run.take();
        let around = self.surroundings(now)?;
        let locks = run.as_ref().is_some_and(Run::learned_that_it_is_disabled);
        let ended = match run {
            Some(run) => run.finish(&around),
            // The vault was locked and opened again meanwhile: that run is gone, nothing of it is lost.
            None => Ok(SyncReport {
                changed: false,
                at: home::screen_time(now),
            }),
        };
        if locks {
            self.lock(now)?;
        }
        ended
    }

    pub(super) fn surroundings(&self, now: Timestamp) -> Result<Surroundings<'_>, UiError> {
        Ok(Surroundings {
            database: &self.unlocked()?.database,
            roots: &self.roots,
            api_url: self.config.as_ref().ok_or(UiCode::NotConfigured)?.api_url(),
            now: self.time(now)?,
            clock: now,
        })
    }

    /// What time it is at least: the phone's clock, but never before what the province has said and signed.
    pub(super) fn time(&self, clock: Timestamp) -> Result<Timestamp, UiError> {
        Ok(clock.max(sync_state::time_floor(&self.unlocked()?.database)?))
    }

    /// The time that waits are counted by.
    fn time_of_waits(&self, clock: Timestamp) -> Result<Timestamp, UiError> {
        let state = sync_state::load(&self.unlocked()?.database)?;
        Ok(self.time(clock)?.max(sync::going_on(&state, clock)))
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
