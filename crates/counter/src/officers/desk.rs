//! Signing in and out at the desk, and what a supervisor may do.

use credential::{Timestamp, Vct, Verdict};
use pin::{Pin, SALT_BYTES};
use scan_log::Event;

use super::session::Session;
use super::{NewOfficer, OfficerNumber, Refused, new_pin, wait_after};
use crate::StationCode;
use crate::gate::Gate;
use crate::log::Note;
use crate::profile::Profile;
use crate::station::Station;
use crate::store::officers::{OfficerRow, ShiftEnd};
use crate::types::{DeskView, OfficerChoice, OfficerView, Role, ShiftView};

/// Who calls: the secret of a session, if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller<'a> {
    /// No session was given.
    Nobody,
    /// The secret of one.
    Secret(&'a str),
}

/// Somebody signed in.
#[derive(Debug)]
pub struct Entry {
    /// Who.
    pub officer: OfficerView,
    /// They have to choose a PIN of their own first.
    pub temporary: bool,
    /// The shift that ended because of it.
    pub ended: Option<ShiftView>,
}

fn failed<E>(_: E) -> StationCode {
    StationCode::StoreFailed
}

impl Station {
    /// From now on this profile.
    ///
    /// # Errors
    /// [`StationCode::StoreFailed`].
    pub fn use_profile(&mut self, profile: Profile) -> Result<(), StationCode> {
        self.gate = Gate::resume(&profile, &self.store)?;
        self.profile = profile;
        Ok(())
    }

    /// Opens the set-up of the first supervisor with this code, and ends shifts that a power cut left open.
    ///
    /// # Errors
    /// [`StationCode::StoreFailed`].
    pub fn open_officers(
        &mut self,
        setup: impl FnOnce() -> String,
        now: Timestamp,
    ) -> Result<Option<String>, StationCode> {
        self.store.end_shifts_left_open(&self.by(), now)?;
        if self.store.officer_count().map_err(failed)? > 0 {
            return Ok(None);
        }
        let code = setup();
        self.officers.open_setup(code.clone());
        Ok(Some(code))
    }

    /// Makes the first supervisor, who then signs in.
    ///
    /// # Errors
    /// [`StationCode::SetupClosed`] if there is an officer already or the code was wrong too often,
    /// [`StationCode::SetupWrong`], [`StationCode::StoreFailed`].
    pub fn set_up(&mut self, code: &str, officer: &NewOfficer, now: Timestamp) -> Result<(), StationCode> {
        if self.store.officer_count().map_err(failed)? > 0 || !self.officers.may_set_up() {
            return Err(StationCode::SetupClosed);
        }
        if !self.officers.is_setup(code) {
            return Err(StationCode::SetupWrong);
        }
        self.store.add_officer(officer, &self.by(), now)?;
        self.officers.close_setup();
        Ok(())
    }

    /// Signs an officer in; anybody else who was signed in has handed over. Each try is written down before it is judged, so
    /// that pulling the plug saves nobody a wait.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn sign_in(
        &mut self,
        number: &str,
        pin: &str,
        secret: String,
        now: Timestamp,
    ) -> Result<Entry, Refused> {
        let number = OfficerNumber::parse(number).map_err(|_| StationCode::OfficerUnknown)?;
        let row = self.store.officer(number.as_str()).map_err(failed)?;
        let row = row.filter(|row| row.active).ok_or(StationCode::OfficerUnknown)?;
        self.judge_pin(&row, pin, now)?;
        self.end_if_idle(now)?;
        // Whoever signs in again, on a page that was lost, goes on with their shift and their visitor.
        let own = self
            .officers
            .session
            .take_if(|session| session.number == row.number);
        let by = self.by();
        let (ended, shift) = if let Some(session) = own {
            let note = Note::of(&by.with_officer(&row.number), Event::SignIn, Some("resumed"));
            self.store.note(&note, now).map_err(StationCode::from)?;
            (None, session.shift)
        } else {
            let ended = self.end_session(ShiftEnd::HandOver, now, now)?;
            let shift = self
                .store
                .begin_shift(&row.number, &by, now)
                .map_err(StationCode::from)?;
            (ended, shift)
        };
        let officer = view(&row);
        let who = (row.number, row.name, row.role, row.temporary);
        self.officers.session = Some(Session::new(who, shift, secret, now));
        self.open_gate(now)?;
        Ok(Entry {
            officer,
            temporary: row.temporary,
            ended,
        })
    }

    /// Takes one try at an officer's PIN.
    fn judge_pin(&mut self, row: &OfficerRow, pin: &str, now: Timestamp) -> Result<(), Refused> {
        let pin = Pin::parse(pin).map_err(|_| StationCode::PinMalformed)?;
        if let Some(wait_seconds) = self.wait_left(row, now)? {
            return Err(Refused {
                code: StationCode::OfficerMustWait,
                wait_seconds: Some(wait_seconds),
            });
        }
        let tries = row.wrong_tries.saturating_add(1);
        self.store
            .put_tries(&row.number, tries, now.unix())
            .map_err(failed)?;
        if !row.pin.is_of(&pin).map_err(failed)? {
            let note =
                Note::of(&self.by(), Event::SignIn, Some(StationCode::WrongPin.code())).about(&row.number);
            self.store.note(&note, now).map_err(StationCode::from)?;
            let wait = wait_after(tries);
            return Err(Refused {
                code: StationCode::WrongPin,
                wait_seconds: (wait > 0).then(|| u32::try_from(wait).unwrap_or(u32::MAX)),
            });
        }
        self.store.put_tries(&row.number, 0, now.unix()).map_err(failed)?;
        Ok(())
    }

    /// A clock that stands before the last try was set back: the wait begins again.
    fn wait_left(&mut self, row: &OfficerRow, now: Timestamp) -> Result<Option<u32>, StationCode> {
        let wait = wait_after(row.wrong_tries);
        let Some(tried_at) = row.tried_at.filter(|_| wait > 0) else {
            return Ok(None);
        };
        if now.unix() < tried_at {
            self.store
                .put_tries(&row.number, row.wrong_tries, now.unix())
                .map_err(failed)?;
        }
        let left = wait.saturating_sub(now.unix().saturating_sub(tried_at));
        Ok((left > 0).then(|| u32::try_from(left).unwrap_or(u32::MAX)))
    }

    /// Ends the session, its shift and the visit under way.
    ///
    /// # Errors
    /// [`StationCode::StoreFailed`].
    pub fn sign_out(&mut self, now: Timestamp) -> Result<Option<ShiftView>, StationCode> {
        self.end_session(ShiftEnd::SignOut, now, now)
    }

    /// Ends the session, which was over at `ended`; what is written down of it is of `now`.
    pub(crate) fn end_session(
        &mut self,
        end: ShiftEnd,
        ended: Timestamp,
        now: Timestamp,
    ) -> Result<Option<ShiftView>, StationCode> {
        // A visit that is under way is still this officer's.
        let by = self.by();
        let cleared = self.officers.session.is_some().then(|| self.clear(now));
        let (Some(session), Some(cleared)) = (self.officers.session.take(), cleared) else {
            return Ok(None);
        };
        self.store.end_shift(session.shift, end, ended, &by, now)?;
        cleared?;
        self.store.shift(session.shift).map_err(failed)
    }

    /// Ends a session that nobody used for too long.
    pub(crate) fn end_if_idle(&mut self, now: Timestamp) -> Result<(), StationCode> {
        let limit = self.profile.idle_seconds();
        let over = self
            .officers
            .session
            .as_ref()
            .filter(|one| one.idle_seconds(now) >= limit);
        let Some(at) = over.map(|session| session.active_at.plus(limit)) else {
            return Ok(());
        };
        self.end_session(ShiftEnd::Idle, at, now).map(drop)
    }

    /// Whether this caller is the officer at the desk; their PIN may be temporary.
    ///
    /// # Errors
    /// [`StationCode::NobodySignedIn`], [`StationCode::SessionOver`], [`StationCode::StoreFailed`].
    pub fn check_session(&mut self, caller: Caller<'_>, now: Timestamp) -> Result<(), StationCode> {
        self.end_if_idle(now)?;
        match (caller, &self.officers.session) {
            (Caller::Secret(secret), Some(session)) if session.is_of(secret) => Ok(()),
            (Caller::Secret(_), _) => Err(StationCode::SessionOver),
            (Caller::Nobody, _) => Err(StationCode::NobodySignedIn),
        }
    }

    /// Whether this caller may have the desk decide something: the officer, or nobody at a desk that works unattended.
    ///
    /// # Errors
    /// As [`Station::check_session`], and [`StationCode::OfficerPinTemporary`].
    pub fn check_caller(&mut self, caller: Caller<'_>, now: Timestamp) -> Result<(), StationCode> {
        match self.check_session(caller, now) {
            Ok(()) if self.officers.session.as_ref().is_some_and(|one| one.temporary) => {
                Err(StationCode::OfficerPinTemporary)
            }
            Err(StationCode::NobodySignedIn) if self.is_unattended(now) => Ok(()),
            other => other,
        }
    }

    /// Whether this caller is an officer at the desk with a PIN of their own: nobody else gets what is written down here.
    ///
    /// # Errors
    /// As [`Station::check_session`], and [`StationCode::OfficerPinTemporary`].
    pub fn check_officer(&mut self, caller: Caller<'_>, now: Timestamp) -> Result<(), StationCode> {
        self.check_session(caller, now)?;
        self.check_caller(caller, now)
    }

    /// Whether this caller may ask for that: an unattended desk asks for less.
    ///
    /// # Errors
    /// As [`Station::check_caller`].
    pub fn check_ask(&mut self, caller: Caller<'_>, ask: &str, now: Timestamp) -> Result<(), StationCode> {
        self.check_caller(caller, now)?;
        let asked = Vct::parse(ask).map_err(|_| StationCode::MayNotAsk)?;
        if caller == Caller::Nobody && !self.profile.unattended().contains(&asked) {
            return Err(StationCode::NobodySignedIn);
        }
        Ok(())
    }

    /// Whether this caller is a supervisor at the desk.
    ///
    /// # Errors
    /// As [`Station::check_session`], [`StationCode::OfficerPinTemporary`], [`StationCode::NotSupervisor`].
    pub fn check_supervisor(&mut self, caller: Caller<'_>, now: Timestamp) -> Result<(), StationCode> {
        self.check_session(caller, now)?;
        match &self.officers.session {
            Some(session) if session.temporary => Err(StationCode::OfficerPinTemporary),
            Some(session) if session.role == Role::Supervisor => Ok(()),
            _ => Err(StationCode::NotSupervisor),
        }
    }

    /// Whether the desk decides anything for anybody at the moment.
    pub(crate) fn is_open(&mut self, now: Timestamp) -> bool {
        let kept = self.end_if_idle(now).is_ok();
        let manned = self.officers.session.as_ref().is_some_and(|one| !one.temporary);
        kept && (manned || self.is_unattended(now))
    }

    fn is_unattended(&self, now: Timestamp) -> bool {
        self.officers.session.is_none() && (self.is_gate_open(now) || !self.profile.unattended().is_empty())
    }

    /// The officer, or a visitor before them, did something.
    pub fn note_activity(&mut self, now: Timestamp) {
        if let Some(session) = &mut self.officers.session {
            session.active_at = now;
        }
    }

    /// Counts the verdict of the visit under way, once.
    pub(crate) fn count_verdict(
        &mut self,
        visit: u32,
        verdict: Verdict,
        now: Timestamp,
    ) -> Result<(), StationCode> {
        if self.officers.counted == Some(visit) {
            return Ok(());
        }
        self.officers.counted = Some(visit);
        self.note_activity(now);
        match &self.officers.session {
            Some(session) => self
                .store
                .count_verdict(session.shift, verdict, now.unix())
                .map_err(failed),
            None => Ok(()),
        }
    }

    /// The officer at the desk chooses another PIN; a temporary one need not be given again.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn change_own_pin(
        &mut self,
        old: Option<&str>,
        new: &str,
        salt: [u8; SALT_BYTES],
        now: Timestamp,
    ) -> Result<(), Refused> {
        let session = self
            .officers
            .session
            .as_ref()
            .ok_or(StationCode::NobodySignedIn)?;
        let (number, temporary) = (session.number.clone(), session.temporary);
        let row = self.store.officer(&number).map_err(failed)?;
        let row = row.ok_or(StationCode::OfficerUnknown)?;
        if !temporary {
            self.judge_pin(&row, old.unwrap_or_default(), now)?;
        }
        let same = Pin::parse(new)
            .ok()
            .is_some_and(|pin| row.pin.is_of(&pin) == Ok(true));
        if same {
            return Err(StationCode::PinSame.into());
        }
        self.store
            .put_pin(&number, &new_pin(new, salt)?, false, &self.by(), now)
            .map_err(StationCode::from)?;
        if let Some(session) = &mut self.officers.session {
            session.temporary = false;
        }
        Ok(self.open_gate(now)?)
    }

    /// Everybody, for the supervisor.
    ///
    /// # Errors
    /// [`StationCode::StoreFailed`].
    pub fn officers(&self) -> Result<Vec<OfficerView>, StationCode> {
        let rows = self.store.officers().map_err(failed)?;
        Ok(rows.iter().map(view).collect())
    }

    /// Adds an officer.
    ///
    /// # Errors
    /// [`StationCode::OfficerTaken`], [`StationCode::StoreFailed`].
    pub fn add_officer(&mut self, officer: &NewOfficer, now: Timestamp) -> Result<(), StationCode> {
        if self
            .store
            .officer(officer.number.as_str())
            .map_err(failed)?
            .is_some()
        {
            return Err(StationCode::OfficerTaken);
        }
        self.store.add_officer(officer, &self.by(), now)?;
        self.officers.close_setup();
        Ok(())
    }

    /// Lets an officer work here again, or no longer. One supervisor always can.
    ///
    /// # Errors
    /// [`StationCode::OfficerUnknown`], [`StationCode::LastSupervisor`], [`StationCode::StoreFailed`].
    pub fn set_active(&mut self, number: &str, active: bool, now: Timestamp) -> Result<(), StationCode> {
        let rows = self.store.officers().map_err(failed)?;
        let Some(row) = rows.iter().find(|row| row.number == number) else {
            return Err(StationCode::OfficerUnknown);
        };
        let others = rows
            .iter()
            .any(|one| one.number != number && one.active && one.role == Role::Supervisor);
        if !active && row.role == Role::Supervisor && !others {
            return Err(StationCode::LastSupervisor);
        }
        self.store.put_active(number, active, &self.by(), now)?;
        let here = self
            .officers
            .session
            .as_ref()
            .is_some_and(|one| one.number == number);
        if !active && here {
            self.end_session(ShiftEnd::Disabled, now, now)?;
        }
        Ok(())
    }

    /// Gives an officer a temporary PIN and ends their wait.
    ///
    /// # Errors
    /// [`StationCode::OfficerUnknown`], the PIN's own, [`StationCode::StoreFailed`].
    pub fn reset_pin(
        &mut self,
        number: &str,
        pin: &str,
        salt: [u8; SALT_BYTES],
        now: Timestamp,
    ) -> Result<(), StationCode> {
        if self.store.officer(number).map_err(failed)?.is_none() {
            return Err(StationCode::OfficerUnknown);
        }
        let pin = new_pin(pin, salt)?;
        Ok(self.store.put_pin(number, &pin, true, &self.by(), now)?)
    }

    /// What the page is told about officers, shift and profile.
    pub(crate) fn desk_view(&mut self, caller: Caller<'_>, now: Timestamp) -> DeskView {
        let here = self.check_session(caller, now).is_ok();
        let session = self.officers.session.as_ref().filter(|_| here);
        let rows = self.store.officers().unwrap_or_default();
        let limit = self.profile.idle_seconds();
        DeskView {
            officer: session.map(|one| OfficerView {
                number: one.number.clone(),
                name: one.name.clone(),
                role: one.role,
                active: true,
                temporary: one.temporary,
            }),
            shift: session.and_then(|one| self.store.shift(one.shift).ok().flatten()),
            idle_seconds: session
                .and_then(|one| u32::try_from(limit.saturating_sub(one.idle_seconds(now))).ok()),
            officers: rows
                .into_iter()
                .filter(|row| row.active)
                .map(|row| OfficerChoice {
                    number: row.number,
                    name: row.name,
                })
                .collect(),
            occupied: self.officers.session.is_some(),
            setup: self.officers.may_set_up(),
            profile: self.profile.view(),
            misfits: self.misfits(),
            gate: self.gate_view(now),
        }
    }
}

fn view(row: &OfficerRow) -> OfficerView {
    OfficerView {
        number: row.number.clone(),
        name: row.name.clone(),
        role: row.role,
        active: row.active,
        temporary: row.temporary,
    }
}
