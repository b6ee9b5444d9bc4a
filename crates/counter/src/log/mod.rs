//! The scan log in the desk's data file: each entry is durable before its verdict is shown.
//!
//! The rules of the log are in `scan-log`; here are its rows, and the moments at which it is sealed: every 50 entries,
//! every hour, at the end of a day, at each start and stop, and whenever it is handed out.

mod by;
mod desk;
pub(crate) mod flood;
mod hand_out;
mod rows;

use credential::{LogSeal, SealReason, SecretKey, Timestamp};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use scan_log::{Entry, Event, Run, SealFacts, day_of, minute_of};

use crate::store::{Store, StoreError};

pub use by::By;
pub(crate) use by::Note;
pub use desk::export;
pub use hand_out::{HandOut, HandOutError};

/// Entries after which the log is sealed.
const SEAL_EVERY_ENTRIES: u64 = 50;
/// Seconds after which what is not sealed yet is sealed.
const SEAL_EVERY_SECONDS: u64 = 3_600;

/// The log as far as it has come, within one transaction.
pub(crate) struct Log<'a> {
    connection: &'a Connection,
    key: &'a SecretKey,
}

impl<'a> Log<'a> {
    pub const fn new(connection: &'a Connection, key: &'a SecretKey) -> Self {
        Self { connection, key }
    }

    /// Writes one entry, and what goes before it: what was only counted in a minute that is over, the seal of a day that is
    /// over, and that the clock went back.
    pub fn append(&self, note: &Note, now: Timestamp) -> rusqlite::Result<()> {
        let at = minute_of(now);
        self.write_counted(Some(at), at)?;
        self.append_at(note, at)
    }

    /// Counts what is not written down one by one.
    fn count(&self, note: &Note, now: Timestamp) -> rusqlite::Result<()> {
        let at = minute_of(now);
        self.write_counted(Some(at), at)?;
        rows::count(self.connection, note, at)
    }

    /// Writes what was only counted, but in the minute `but`.
    fn write_counted(&self, but: Option<Timestamp>, at: Timestamp) -> rusqlite::Result<()> {
        for note in rows::take_counted(self.connection, but)? {
            self.append_at(&note, at)?;
        }
        Ok(())
    }

    fn append_at(&self, note: &Note, at: Timestamp) -> rusqlite::Result<()> {
        if self.run()?.is_some_and(|run| at < run.at) {
            let told = Note {
                event: Event::ClockSetBack,
                vct: None,
                mode: None,
                code: None,
                about: None,
                ..note.clone()
            };
            self.write(&told, at)?;
        }
        self.write(note, at)
    }

    fn write(&self, note: &Note, at: Timestamp) -> rusqlite::Result<()> {
        let run = self.run()?;
        if let Some(run) = run.filter(|run| run.day() != day_of(at) && !run.is_closed()) {
            self.seal(&run, SealReason::Day, at)?;
        }
        let entry = Entry {
            number: run.map_or(1, |run| run.last.saturating_add(1)),
            at,
            event: note.event,
            service: note.service.clone(),
            vct: note.vct.clone(),
            mode: note.mode,
            code: note.code.clone(),
            officer: note.officer.clone(),
            profile: note.profile.clone(),
            about: note.about.clone(),
        };
        let hash = entry.hash(&run.map_or(Entry::BEFORE_FIRST, |run| run.last_hash));
        rows::insert_entry(self.connection, &entry, &hash)?;
        if let Some(run) = self.run()?
            && rows::unsealed(self.connection, &run)? >= SEAL_EVERY_ENTRIES
        {
            self.seal(&run, SealReason::Head, at)?;
        }
        Ok(())
    }

    /// Holds fast what there is.
    pub fn seal_head(&self, now: Timestamp) -> rusqlite::Result<()> {
        match self.run()? {
            Some(run) if rows::unsealed(self.connection, &run)? > 0 => self.seal(&run, SealReason::Head, now),
            _ => Ok(()),
        }
    }

    /// Closes a day that is over though nothing happened since, and seals what waited for an hour.
    fn look_after(&self, now: Timestamp) -> rusqlite::Result<()> {
        let at = minute_of(now);
        self.write_counted(Some(at), at)?;
        let Some(run) = self.run()? else {
            return Ok(());
        };
        if day_of(now) > run.day() && !run.is_closed() {
            return self.seal(&run, SealReason::Day, now);
        }
        let sealed_at = run.seal.map_or(run.at, |(seal, _)| seal.at);
        if rows::unsealed(self.connection, &run)? > 0 && now.since(sealed_at) >= SEAL_EVERY_SECONDS {
            return self.seal(&run, SealReason::Head, now);
        }
        Ok(())
    }

    fn seal(&self, run: &Run, reason: SealReason, now: Timestamp) -> rusqlite::Result<()> {
        let count = run.seal.map_or(0, |(seal, _)| seal.count) + rows::unsealed(self.connection, run)?;
        let content = run.seal(reason, count, now);
        rows::insert_seal(
            self.connection,
            content.number,
            content.last,
            &LogSeal::sign(&content, self.key),
        )
    }

    fn run(&self) -> rusqlite::Result<Option<Run>> {
        rows::run(self.connection)
    }

    /// False if an entry is missing, or what came after the last seal does not fit it: then somebody else wrote here.
    fn is_whole(&self) -> rusqlite::Result<bool> {
        let Some(run) = self.run()? else {
            return Ok(rows::last_seal(self.connection)?.is_none());
        };
        if !rows::is_unbroken(self.connection, run.last)? {
            return Ok(false);
        }
        let Some((seal, _)) = run.seal else {
            return rows::chain_holds(self.connection, 0, Entry::BEFORE_FIRST);
        };
        let there = rows::hash_at(self.connection, seal.last)?;
        Ok(there == Some(seal.last_hash) && rows::chain_holds(self.connection, seal.last, seal.last_hash)?)
    }
}

impl Store {
    /// The log, for one transaction that takes the file at once: another program may be handing it out.
    pub(crate) fn in_one_step<T>(
        &mut self,
        step: impl FnOnce(&Transaction<'_>, &Log<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        let done = step(&transaction, &Log::new(&transaction, &self.log_key))?;
        transaction.commit()?;
        Ok(done)
    }

    /// Writes one entry.
    pub(crate) fn note(&mut self, note: &Note, now: Timestamp) -> Result<(), StoreError> {
        self.in_one_step(|_, log| log.append(note, now))
    }

    /// Counts something of which there is too much to write down each.
    pub(crate) fn count(&mut self, note: &Note, now: Timestamp) -> Result<(), StoreError> {
        self.in_one_step(|_, log| log.count(note, now))
    }

    /// Closes days and seals what waited for long; to be called again and again.
    pub(crate) fn look_after_log(&mut self, now: Timestamp) -> Result<(), StoreError> {
        self.in_one_step(|_, log| log.look_after(now))
    }

    /// True if no entry is missing and the log's end fits its last seal.
    pub(crate) fn log_is_whole(&self) -> Result<bool, StoreError> {
        Ok(Log::new(&self.connection, &self.log_key).is_whole()?)
    }

    /// True if the log was found changed and was not handed out since.
    pub(crate) fn log_damage_is_open(&self) -> Result<bool, StoreError> {
        Ok(rows::damage_is_open(&self.connection)?)
    }

    /// Writes down that somebody changed the log, and seals what is left, so that what comes behind it is protected again.
    pub(crate) fn note_damage(&mut self, note: &Note, now: Timestamp) -> Result<(), StoreError> {
        self.in_one_step(|_, log| {
            log.append(note, now)?;
            // The last seal may be about more than there is.
            log.run()?
                .map_or(Ok(()), |run| log.seal(&run, SealReason::Head, now))
        })
    }

    /// Writes an entry and seals at once.
    pub(crate) fn note_and_seal(&mut self, note: &Note, now: Timestamp) -> Result<(), StoreError> {
        self.in_one_step(|_, log| {
            log.write_counted(None, minute_of(now))?;
            log.append(note, now)?;
            log.seal_head(now)
        })
    }

    /// Writes down that the log is handed out and seals all of it. The lines are read later, beside the desk's work.
    pub(crate) fn hand_out(&mut self, note: &Note, now: Timestamp) -> Result<HandOut, StoreError> {
        let ends = self.in_one_step(|_, log| {
            log.write_counted(None, minute_of(now))?;
            log.append(note, now)?;
            if let Some(run) = log.run()? {
                log.seal(&run, SealReason::Export, now)?;
            }
            log.run()
        })?;
        Ok(HandOut::of(self.connection.path(), ends))
    }

    /// Whether the log has a seal with this number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn has_seal(&self, number: u64) -> Result<bool, StoreError> {
        Ok(rows::covered_by(&self.connection, number)?.is_some())
    }

    /// How many entries there are, and the last seal.
    pub(crate) fn log_facts(&self) -> Result<(u64, Option<SealFacts>), StoreError> {
        let run = rows::run(&self.connection)?;
        let seal = run.and_then(|run| run.seal);
        Ok((
            run.map_or(0, |run| run.last),
            seal.map(|(content, sha256)| SealFacts { content, sha256 }),
        ))
    }
}
