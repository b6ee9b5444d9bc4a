//! Officers, their shifts and the desk's profile.

use credential::{Timestamp, Verdict};
use pin::{Cost, PinHash};
use rusqlite::{OptionalExtension as _, Row, params};
use scan_log::{Event, Word};

use super::{Store, StoreError};
use crate::log::{By, Note};
use crate::officers::NewOfficer;
use crate::profile::Profile;
use crate::types::{Role, ShiftView, seconds};

/// One officer as stored.
#[derive(Clone, Debug)]
pub struct OfficerRow {
    /// The number.
    pub number: String,
    /// The name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// May sign in.
    pub active: bool,
    /// Has to choose a PIN first.
    pub temporary: bool,
    /// The PIN, stretched.
    pub pin: PinHash,
    /// Wrong tries since the last right one.
    pub wrong_tries: u32,
    /// When the last of them was.
    pub tried_at: Option<u64>,
}

/// Why a shift ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShiftEnd {
    /// The officer signed out.
    SignOut,
    /// Another one signed in.
    HandOver,
    /// Nobody did anything for too long.
    Idle,
    /// A supervisor ended it.
    Disabled,
    /// The program was told to stop.
    Stop,
    /// The program began again, and nobody had ended it: the power failed.
    Restart,
}

impl ShiftEnd {
    const fn name(self) -> &'static str {
        match self {
            Self::SignOut => "sign_out",
            Self::HandOver => "hand_over",
            Self::Idle => "idle",
            Self::Disabled => "disabled",
            Self::Stop => "stop",
            Self::Restart => "restart",
        }
    }
}

const COLUMNS: &str =
    "number, name, role, active, temporary, memory_kib, passes, lanes, salt, hash, wrong_tries, tried_at";

fn time(at: u64) -> i64 {
    i64::try_from(at).unwrap_or(i64::MAX)
}

fn officer(row: &Row<'_>) -> rusqlite::Result<OfficerRow> {
    let role: String = row.get("role")?;
    let wrong = || rusqlite::Error::InvalidQuery;
    Ok(OfficerRow {
        number: row.get("number")?,
        name: row.get("name")?,
        role: Role::from_name(&role).ok_or_else(wrong)?,
        active: row.get("active")?,
        temporary: row.get("temporary")?,
        pin: PinHash {
            cost: Cost::new(row.get("memory_kib")?, row.get("passes")?, row.get("lanes")?)
                .map_err(|_| wrong())?,
            salt: row.get("salt")?,
            hash: row.get("hash")?,
        },
        wrong_tries: row.get("wrong_tries")?,
        tried_at: row
            .get::<_, Option<i64>>("tried_at")?
            .and_then(|at| u64::try_from(at).ok()),
    })
}

impl Store {
    /// One officer.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn officer(&self, number: &str) -> Result<Option<OfficerRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM officer WHERE number = ?1");
        Ok(self.connection.query_row(&sql, [number], officer).optional()?)
    }

    /// All officers by number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn officers(&self) -> Result<Vec<OfficerRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM officer ORDER BY CAST(number AS INTEGER), number");
        let mut statement = self.connection.prepare(&sql)?;
        let rows = statement.query_map([], officer)?.collect::<Result<_, _>>()?;
        Ok(rows)
    }

    /// How many there are, active or not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn officer_count(&self) -> Result<u32, StoreError> {
        Ok(self
            .connection
            .query_row("SELECT count(*) FROM officer", [], |row| row.get(0))?)
    }

    /// Adds one.
    ///
    /// # Errors
    /// [`StoreError`], also when the number is taken.
    pub fn add_officer(&mut self, new: &NewOfficer, by: &By, now: Timestamp) -> Result<(), StoreError> {
        let [memory_kib, passes, lanes] = new.pin.cost.numbers();
        let note = Note::of(by, Event::Officers, Some("added")).about(new.number.as_str());
        self.in_one_step(|transaction, log| {
            transaction.execute(
                "INSERT INTO officer (number, name, role, temporary, memory_kib, passes, lanes, salt, hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                params![
                    new.number.as_str(),
                    new.name,
                    new.role.name(),
                    new.temporary,
                    memory_kib,
                    passes,
                    lanes,
                    new.pin.salt,
                    new.pin.hash
                ],
            )?;
            log.append(&note, now)
        })
    }

    /// Writes down wrong tries; 0 after a right one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put_tries(&mut self, number: &str, tries: u32, now: u64) -> Result<(), StoreError> {
        self.connection.execute(
            "UPDATE officer SET wrong_tries = ?2, tried_at = ?3 WHERE number = ?1",
            params![number, tries, time(now)],
        )?;
        Ok(())
    }

    /// Replaces a PIN, by a temporary one or by one that its owner chose; what was tried before is forgotten.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put_pin(
        &mut self,
        number: &str,
        pin: &PinHash,
        temporary: bool,
        by: &By,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let [memory_kib, passes, lanes] = pin.cost.numbers();
        let code = if temporary { "pin_reset" } else { "pin_changed" };
        let note = Note::of(by, Event::Officers, Some(code)).about(number);
        self.in_one_step(|transaction, log| {
        transaction.execute(
            "UPDATE officer SET memory_kib = ?2, passes = ?3, lanes = ?4, salt = ?5, hash = ?6, temporary = ?7,
             wrong_tries = 0, tried_at = NULL WHERE number = ?1",
            params![number, memory_kib, passes, lanes, pin.salt, pin.hash, temporary],
        )?;
            log.append(&note, now)
        })
    }

    /// Whether an officer may sign in.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put_active(
        &mut self,
        number: &str,
        active: bool,
        by: &By,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let code = if active { "allowed" } else { "stopped" };
        let note = Note::of(by, Event::Officers, Some(code)).about(number);
        self.in_one_step(|transaction, log| {
            transaction.execute(
                "UPDATE officer SET active = ?2 WHERE number = ?1",
                params![number, active],
            )?;
            log.append(&note, now)
        })
    }

    /// Begins a shift of the officer with this number; the shift's number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn begin_shift(&mut self, number: &str, by: &By, now: Timestamp) -> Result<i64, StoreError> {
        let by = by.with_officer(number);
        let note = Note::of(&by, Event::SignIn, Some("signed_in"));
        self.in_one_step(|transaction, log| {
            transaction.execute(
                "INSERT INTO shift (officer, began_at, last_at) VALUES (?1, ?2, ?2)",
                params![number, time(now.unix())],
            )?;
            let shift = transaction.last_insert_rowid();
            log.append(&note, now)?;
            Ok(shift)
        })
    }

    /// Counts a verdict.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn count_verdict(&mut self, shift: i64, verdict: Verdict, now: u64) -> Result<(), StoreError> {
        let column = match verdict {
            Verdict::Accepted => "accepted",
            Verdict::Refused => "refused",
            Verdict::Undecided => "undecided",
        };
        let sql = format!("UPDATE shift SET {column} = {column} + 1, last_at = ?2 WHERE id = ?1");
        self.connection.execute(&sql, params![shift, time(now)])?;
        Ok(())
    }

    /// Ends a shift of whom `by` names. It ended at `ended`, which is before `now` when nobody was there to end it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn end_shift(
        &mut self,
        shift: i64,
        end: ShiftEnd,
        ended: Timestamp,
        by: &By,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let note = Note::of(by, Event::SignOut, Some(end.name()));
        self.in_one_step(|transaction, log| {
            transaction.execute(
                "UPDATE shift SET ended_at = ?2, last_at = ?2, ended_by = ?3 WHERE id = ?1 AND ended_at IS NULL",
                params![shift, time(ended.unix()), end.name()],
            )?;
            log.append(&note, now)
        })
    }

    /// Ends what a power cut left open, at its last sign of life.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn end_shifts_left_open(&mut self, by: &By, now: Timestamp) -> Result<(), StoreError> {
        self.in_one_step(|transaction, log| {
            let whose: Vec<String> = transaction
                .prepare("SELECT officer FROM shift WHERE ended_at IS NULL ORDER BY id")?
                .query_map([], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            transaction.execute(
                "UPDATE shift SET ended_at = last_at, ended_by = ?1 WHERE ended_at IS NULL",
                [ShiftEnd::Restart.name()],
            )?;
            for number in whose {
                let by = by.with_officer(&number);
                log.append(
                    &Note::of(&by, Event::SignOut, Some(ShiftEnd::Restart.name())),
                    now,
                )?;
            }
            Ok(())
        })
    }

    /// One shift.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn shift(&self, id: i64) -> Result<Option<ShiftView>, StoreError> {
        let at = |row: &Row<'_>, column: &str| -> rusqlite::Result<Option<u32>> {
            let at: Option<i64> = row.get(column)?;
            Ok(at.map(|at| seconds(Timestamp::from_unix(u64::try_from(at).unwrap_or_default()))))
        };
        Ok(self
            .connection
            .query_row(
                "SELECT o.name AS officer, began_at, ended_at, accepted, refused, undecided
                 FROM shift JOIN officer o ON o.number = shift.officer WHERE id = ?1",
                [id],
                |row| {
                    Ok(ShiftView {
                        officer: row.get("officer")?,
                        began_at: at(row, "began_at")?.unwrap_or_default(),
                        ended_at: at(row, "ended_at")?,
                        accepted: row.get("accepted")?,
                        refused: row.get("refused")?,
                        undecided: row.get("undecided")?,
                    })
                },
            )
            .optional()?)
    }

    /// The profile that was given last.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn profile(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT bytes FROM profile WHERE id = 1";
        Ok(self.connection.query_row(sql, [], |row| row.get(0)).optional()?)
    }

    /// Replaces the profile. The same once more is no change.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put_profile(&mut self, bytes: &[u8], profile: &Profile, now: Timestamp) -> Result<(), StoreError> {
        if self.profile()?.is_some_and(|held| held == bytes) {
            return Ok(());
        }
        let note = Note {
            profile: Word::parse(profile.stamp()).ok(),
            ..Note::of(&By::default(), Event::Settings, Some("profile"))
        };
        self.in_one_step(|transaction, log| {
            transaction.execute(
                "INSERT INTO profile (id, bytes) VALUES (1, ?1)
                 ON CONFLICT (id) DO UPDATE SET bytes = excluded.bytes",
                [bytes],
            )?;
            log.append(&note, now)
        })
    }
}
