//! What the phone shows: the home screen, codes, the answer to a request.

use credential::{CLOCK_ALLOWANCE, Timestamp};

use super::{Wallet, moving};
use crate::code::{UiCode, UiError};
use crate::home;
use crate::screen::{Choice, Home, RequestView, Showing};

impl Wallet {
    /// The home screen.
    ///
    /// # Errors
    /// [`UiCode::Locked`] or a store's error.
    pub fn home(&self, now: Timestamp) -> Result<Home, UiError> {
        let times = (self.time(now)?, now);
        home::home(&self.unlocked()?.database, &self.roots, times)
    }

    /// What may be shown to any desk at once.
    ///
    /// # Errors
    /// [`UiCode::Locked`] or a store's error.
    pub fn timed_choices(&self, now: Timestamp) -> Result<Vec<Choice>, UiError> {
        home::timed_choices(&self.unlocked()?.database, &self.roots, self.time(now)?)
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
        let clock = now;
        let now = self.time(clock)?;
        // A desk would call a code stale that was signed at the floor of this clock.
        if now.since(clock) > CLOCK_ALLOWANCE {
            return Err(UiCode::DeviceClock.into());
        }
        let roots = self.roots.clone();
        let open = self.unlocked_mut()?;
        open.showings
            .start_timed((&open.database, &roots), vct, audience, now)
            .map_err(|error| moving::why_no_pass(&open.database, error))
    }

    /// The codes to show now, signed anew.
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::ShowingEnded`].
    pub fn showing_frames(&mut self, id: u32, now: Timestamp) -> Result<Showing, UiError> {
        let now = self.time(now)?;
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
        let now = self.time(now)?;
        let roots = self.roots.clone();
        let open = self.unlocked_mut()?;
        open.requests.read(&open.database, &roots, text, now)
    }

    /// Answers a request: the citizen agreed to show what the person with this number has (0: their own);
    /// without one, the only choice that there is ([`UiCode::ChoiceUnknown`] if there are several).
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::RequestGone`], [`UiCode::RequestOverAsking`], [`UiCode::DeskUnknown`],
    /// [`UiCode::DeskUntrusted`], [`UiCode::NoPass`], [`UiCode::PassExpired`].
    pub fn answer_request(&mut self, id: u32, no: Option<u32>, now: Timestamp) -> Result<Showing, UiError> {
        let now = self.time(now)?;
        let roots = self.roots.clone();
        let open = self.unlocked_mut()?;
        open.requests
            .answer((&open.database, &roots), &mut open.showings, (id, no), now)
            .map_err(|error| moving::why_no_pass(&open.database, error))
    }

    /// Declines a request.
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::RequestGone`].
    pub fn decline_request(&mut self, id: u32, now: Timestamp) -> Result<(), UiError> {
        let now = self.time(now)?;
        let roots = self.roots.clone();
        let open = self.unlocked_mut()?;
        open.requests.decline((&open.database, &roots), id, now)
    }
}
