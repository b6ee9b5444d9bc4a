//! What the desk writes down, and how its log leaves it.

use credential::{Code, Mode, Printed, SecretKey, Timestamp, Verified};
use scan_log::{Event, Report, ShownBy, Word};

use super::Note;
use crate::StationCode;
use crate::station::Station;
use crate::store::{Store, StoreError};
use crate::types::{LogView, SealView, seconds};

/// A log that was handed out.
#[derive(Debug)]
pub struct Exported {
    /// The file: one JSON object on each line.
    pub file: Vec<u8>,
    /// What a look at it found.
    pub report: Report,
}

fn exported(store: &mut Store, key: &SecretKey, note: &Note, now: Timestamp) -> Result<Exported, StoreError> {
    let mut file = Vec::new();
    for line in store.export_log(note, now)? {
        // A time beyond the year 9999 cannot be written, and its entry is missed by whoever verifies.
        if let Ok(text) = line.to_text() {
            file.extend_from_slice(text.as_bytes());
            file.push(b'\n');
        }
    }
    let expected = scan_log::Expected {
        keys: &[key.public()],
        seal: None,
    };
    let report = scan_log::verify(&file, &expected);
    Ok(Exported { file, report })
}

/// Hands out the log of a desk whose program may be running or not.
///
/// # Errors
/// [`StoreError`].
pub fn export(store: &mut Store, key: &SecretKey, now: Timestamp) -> Result<Exported, StoreError> {
    exported(store, key, &Note::bare(Event::Export), now)
}

impl Note {
    /// An event of which nothing else is known.
    pub const fn bare(event: Event) -> Self {
        Self {
            event,
            service: None,
            vct: None,
            mode: None,
            code: None,
            officer: None,
        }
    }
}

impl Station {
    /// The program begins to serve: what a crash left unsealed is sealed, and a log that somebody changed is told.
    ///
    /// # Errors
    /// [`StationCode::DiskFull`], [`StationCode::StoreFailed`].
    pub fn start_log(&mut self, now: Timestamp) -> Result<(), StationCode> {
        self.log_damaged = !self.store.log_tail_is_whole()?;
        if self.log_damaged {
            self.log_event(Event::LogDamaged, None, now)?;
        }
        let note = self.note(Event::Start, None);
        Ok(self.store.note_and_seal(&note, now)?)
    }

    /// The program was told to stop.
    ///
    /// # Errors
    /// [`StationCode::DiskFull`], [`StationCode::StoreFailed`].
    pub fn stop_log(&mut self, now: Timestamp) -> Result<(), StationCode> {
        self.note_unfinished(now)?;
        let note = self.note(Event::Stop, None);
        Ok(self.store.note_and_seal(&note, now)?)
    }

    /// Closes a day that is over, and seals what waited for an hour; to be called again and again.
    ///
    /// # Errors
    /// [`StationCode::DiskFull`], [`StationCode::StoreFailed`].
    pub fn look_after_log(&mut self, now: Timestamp) -> Result<(), StationCode> {
        Ok(self.store.look_after_log(now)?)
    }

    /// Writes down something that is not a visit. `code` is one of the program's codes.
    ///
    /// # Errors
    /// [`StationCode::DiskFull`], [`StationCode::StoreFailed`].
    pub fn log_event(&mut self, event: Event, code: Option<&str>, now: Timestamp) -> Result<(), StationCode> {
        let note = self.note(event, code);
        Ok(self.store.note(&note, now)?)
    }

    /// The whole log as a file; that it was handed out is its last entry.
    ///
    /// # Errors
    /// [`StationCode::DiskFull`], [`StationCode::StoreFailed`].
    pub fn export_log(&mut self, now: Timestamp) -> Result<Exported, StationCode> {
        let note = self.note(Event::Export, None);
        Ok(exported(&mut self.store, &self.settings.key, &note, now)?)
    }

    fn note(&self, event: Event, code: Option<&str>) -> Note {
        Note {
            service: Word::parse(&self.audience).ok(),
            code: code.and_then(|code| Word::parse(code).ok()),
            ..Note::bare(event)
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
            damaged: self.log_damaged,
            seal: seal.map(|seal| SealView {
                number: u32::try_from(seal.content.number).unwrap_or(u32::MAX),
                digest: hex::encode(seal.sha256.first_chunk::<4>().copied().unwrap_or_default()),
                at: seconds(seal.content.at),
            }),
        }
    }
}
