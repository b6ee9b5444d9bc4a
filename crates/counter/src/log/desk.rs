//! What the desk writes down, and how its log leaves it.

use credential::{Code, Mode, Printed, SealReason, Timestamp, Verified};
use scan_log::{Event, ShownBy, Word};

use super::{By, HandOut, Note};
use crate::StationCode;
use crate::station::Station;
use crate::store::officers::ShiftEnd;
use crate::store::{Store, StoreError};
use crate::types::{LogView, SealView, seconds};

/// Hands out the log of a desk whose program may be running or not; that it was is its last entry.
///
/// # Errors
/// [`StoreError`].
pub fn export(store: &mut Store, now: Timestamp) -> Result<HandOut, StoreError> {
    store.hand_out(&Note::of(&By::default(), Event::Export, None), now)
}

impl Station {
    /// The program begins to serve: what a crash left unsealed is sealed, and a log that somebody changed is told.
    ///
    /// # Errors
    /// [`StationCode::DiskFull`], [`StationCode::StoreFailed`].
    pub fn start_log(&mut self, now: Timestamp) -> Result<(), StationCode> {
        if !self.store.log_is_whole()? {
            let note = self.note(Event::LogDamaged, None);
            self.store.note_damage(&note, now)?;
        }
        self.log_damaged = self.store.log_damage_is_open()?;
        self.store.forget_ended(now)?;
        let note = self.note(Event::Start, None).about(env!("CARGO_PKG_VERSION"));
        Ok(self.store.note_and_seal(&note, now)?)
    }

    /// The program was told to stop.
    ///
    /// # Errors
    /// [`StationCode::DiskFull`], [`StationCode::StoreFailed`].
    pub fn stop_log(&mut self, now: Timestamp) -> Result<(), StationCode> {
        self.end_session(ShiftEnd::Stop, now, now)?;
        self.note_unfinished(now)?;
        let note = self.note(Event::Stop, None);
        self.store.note_and_seal(&note, now)?;
        Ok(self.store.forget_ended(now)?)
    }

    /// Signs out who was away for too long, closes a day that is over, seals what waited for an hour, and forgets passes that
    /// cannot be shown any more; to be called again and again.
    ///
    /// # Errors
    /// [`StationCode::DiskFull`], [`StationCode::StoreFailed`].
    pub fn look_after_log(&mut self, now: Timestamp) -> Result<(), StationCode> {
        self.end_if_idle(now)?;
        self.store.look_after_log(now)?;
        Ok(self.store.forget_ended(now)?)
    }

    /// Writes down something that is not a visit. `code` is one of the program's codes.
    ///
    /// # Errors
    /// [`StationCode::DiskFull`], [`StationCode::StoreFailed`].
    pub fn log_event(&mut self, event: Event, code: Option<&str>, now: Timestamp) -> Result<(), StationCode> {
        let note = self.note(event, code);
        Ok(self.store.note(&note, now)?)
    }

    /// Writes down that the attendance of a day was handed out.
    pub(crate) fn log_sheet(&mut self, day: u32, now: Timestamp) -> Result<(), StationCode> {
        let note = self.note(Event::Sheet, None).about(&scan_log::day_text(day));
        Ok(self.store.note(&note, now)?)
    }

    /// Hands out the log; that it was handed out is its last entry. The lines are then written without the desk.
    ///
    /// # Errors
    /// [`StationCode::DiskFull`], [`StationCode::StoreFailed`].
    pub fn export_log(&mut self, now: Timestamp) -> Result<HandOut, StationCode> {
        let note = self.note(Event::Export, None);
        Ok(self.store.hand_out(&note, now)?)
    }

    /// Writes down that a lost phone was told, and why the province did not take it, if it did not.
    pub(crate) fn note_lost(&mut self, refused: Option<&str>, now: Timestamp) -> Result<(), StationCode> {
        let note = self.note(Event::Lost, Some(refused.unwrap_or("disabled")));
        Ok(self.store.note(&note, now)?)
    }

    /// Writes down that a citizen was to be enrolled here, and why they were not, if they were not.
    pub(crate) fn note_enrolled(&mut self, refused: Option<&str>, now: Timestamp) -> Result<(), StationCode> {
        let note = self.note(Event::Enrol, Some(refused.unwrap_or("enrolled")));
        Ok(self.store.note(&note, now)?)
    }

    /// What is written down of an event now. One about signed data says which are here.
    fn note(&self, event: Event, code: Option<&str>) -> Note {
        let note = Note::of(&self.by(), event, code);
        match event {
            Event::Sync | Event::Update => note.about(&self.held()),
            _ => note,
        }
    }

    /// Under whom and for what something happens now.
    pub(crate) fn by(&self) -> By {
        let session = self.officers.session.as_ref();
        By {
            service: Word::parse(&self.audience).ok(),
            officer: session.and_then(|session| Word::parse(&session.number).ok()),
            profile: Word::parse(self.profile.stamp()).ok(),
        }
    }

    /// What is written down of a visit: how it came out, and of a verified pass its kind.
    pub(crate) fn visit_note(&self, code: Code, verified: Option<&Verified>) -> Note {
        Note {
            vct: verified.and_then(|pass| Word::parse(pass.claims().vct.as_str()).ok()),
            mode: verified.map(|pass| match pass.mode() {
                Mode::Timed => ShownBy::Timed,
                Mode::Request => ShownBy::Request,
            }),
            ..self.note(Event::Visit, Some(code.code()))
        }
    }

    /// Writes down how a visit came out.
    pub(crate) fn log_visit(
        &mut self,
        code: Code,
        verified: Option<&Verified>,
        now: Timestamp,
    ) -> Result<(), StationCode> {
        let note = self.visit_note(code, verified);
        Ok(self.store.note(&note, now)?)
    }

    /// Writes down what anybody can show, or counts it where there is too much of it.
    ///
    /// # Errors
    /// [`StationCode::DiskFull`], [`StationCode::StoreFailed`].
    pub(crate) fn log_anybodys(
        &mut self,
        event: Event,
        code: &str,
        now: Timestamp,
    ) -> Result<(), StationCode> {
        let note = self.note(event, Some(code));
        if self.room.take(now) {
            self.store.note(&note, now)?;
        } else {
            self.store.count(&note, now)?;
        }
        Ok(())
    }

    /// Writes down that something printed was genuine.
    pub(crate) fn log_printed(
        &mut self,
        code: Code,
        printed: &Printed,
        now: Timestamp,
    ) -> Result<(), StationCode> {
        let note = Note {
            vct: Word::parse(printed.claims().vct.as_str()).ok(),
            ..self.note(Event::Visit, Some(code.code()))
        };
        Ok(self.store.note(&note, now)?)
    }

    /// A visit that ends before the face was compared is written down as what it was until then.
    pub(crate) fn note_unfinished(&mut self, now: Timestamp) -> Result<(), StationCode> {
        let Some((code, verified)) = self.visit.unfinished() else {
            return Ok(());
        };
        let note = self.visit_note(code, Some(verified));
        Ok(self.store.note(&note, now)?)
    }

    pub(crate) fn log_view(&self) -> LogView {
        let (entries, seal) = self.store.log_facts().unwrap_or_default();
        LogView {
            entries: u32::try_from(entries).unwrap_or(u32::MAX),
            damaged: self.log_damaged && self.store.log_damage_is_open().unwrap_or(true),
            seal: seal.map(|seal| SealView {
                number: u32::try_from(seal.content.number).unwrap_or(u32::MAX),
                digest: hex::encode(seal.sha256.first_chunk::<4>().copied().unwrap_or_default()),
                at: seconds(seal.content.at),
                day: scan_log::day_text(seal.content.day),
                closed: seal.content.reason == SealReason::Day,
            }),
        }
    }
}
