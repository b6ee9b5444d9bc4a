//! Tables `scan_log` and `scan_log_seal`. Read with distrust: others can write this file.

use credential::{LogSeal, LogSealContent, SealReason, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use scan_log::{Entry, EntryLine, Event, Hash, Line, Run, SealLine, ShownBy, Word};
use sha2::{Digest as _, Sha256};

use super::Note;

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}

pub(super) fn insert_entry(connection: &Connection, entry: &Entry, hash: &Hash) -> rusqlite::Result<()> {
    let text = |word: &Option<Word>| word.as_ref().map(|word| word.as_str().to_owned());
    let mut insert = connection.prepare_cached(
        "INSERT INTO scan_log (number, at, event, service, vct, mode, code, officer, profile, about, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    insert.execute(params![
        signed(entry.number),
        signed(entry.at.unix()),
        entry.event.as_str(),
        text(&entry.service),
        text(&entry.vct),
        entry.mode.map(ShownBy::as_str),
        text(&entry.code),
        text(&entry.officer),
        text(&entry.profile),
        text(&entry.about),
        hash
    ])?;
    Ok(())
}

pub(super) fn insert_seal(
    connection: &Connection,
    number: u64,
    last: u64,
    bytes: &[u8],
) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO scan_log_seal (number, last, bytes) VALUES (?1, ?2, ?3)",
        params![signed(number), signed(last), bytes],
    )?;
    Ok(())
}

/// One more of what is only counted.
pub(super) fn count(connection: &Connection, note: &Note, at: Timestamp) -> rusqlite::Result<()> {
    let text = |word: &Option<Word>| {
        word.as_ref()
            .map_or_else(String::new, |word| word.as_str().to_owned())
    };
    let mut insert = connection.prepare_cached(
        "INSERT INTO scan_log_counted (event, code, service, officer, profile, at, count)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1)
         ON CONFLICT (event, code, service, officer, profile) DO UPDATE SET count = count + 1",
    )?;
    insert.execute(params![
        note.event.as_str(),
        text(&note.code),
        text(&note.service),
        text(&note.officer),
        text(&note.profile),
        signed(at.unix())
    ])?;
    Ok(())
}

/// Takes what was only counted in other minutes than this one; without one, all of it.
pub(super) fn take_counted(connection: &Connection, but: Option<Timestamp>) -> rusqlite::Result<Vec<Note>> {
    let but = but.map(|at| signed(at.unix()));
    let notes: Vec<Note> = connection
        .prepare_cached(
            "SELECT event, code, service, officer, profile, count FROM scan_log_counted
             WHERE ?1 IS NULL OR at <> ?1 ORDER BY at, event, code",
        )?
        .query_map([but], |row| Ok(counted(row)))?
        .filter_map(Result::transpose)
        .collect::<Result<_, _>>()?;
    if !notes.is_empty() {
        connection
            .prepare_cached("DELETE FROM scan_log_counted WHERE ?1 IS NULL OR at <> ?1")?
            .execute([but])?;
    }
    Ok(notes)
}

fn counted(row: &Row<'_>) -> Option<Note> {
    let word = |column: &str| Word::parse(&row.get::<_, String>(column).ok()?).ok();
    Some(Note {
        event: Event::from_name(&row.get::<_, String>("event").ok()?)?,
        service: word("service"),
        vct: None,
        mode: None,
        code: word("code"),
        officer: word("officer"),
        profile: word("profile"),
        about: Entry::more(unsigned(row.get("count").ok()?)),
    })
}

/// How far the log has come.
pub(super) fn run(connection: &Connection) -> rusqlite::Result<Option<Run>> {
    let head = connection
        .prepare_cached("SELECT number, at, hash FROM scan_log ORDER BY number DESC LIMIT 1")?
        .query_row([], |row| {
            Ok((
                unsigned(row.get(0)?),
                Timestamp::from_unix(unsigned(row.get(1)?)),
                row.get::<_, Hash>(2)?,
            ))
        })
        .optional()?;
    let Some((last, at, last_hash)) = head else {
        return Ok(None);
    };
    Ok(Some(Run {
        last,
        last_hash,
        at,
        seal: last_seal(connection)?,
    }))
}

/// The last seal. One that cannot be read any more still has its number and its place.
pub(super) fn last_seal(connection: &Connection) -> rusqlite::Result<Option<(LogSealContent, Hash)>> {
    let row = connection
        .prepare_cached("SELECT number, last, bytes FROM scan_log_seal ORDER BY number DESC LIMIT 1")?
        .query_row([], |row| {
            Ok((
                unsigned(row.get(0)?),
                unsigned(row.get(1)?),
                row.get::<_, Vec<u8>>(2)?,
            ))
        })
        .optional()?;
    Ok(
        row.map(|(number, last, bytes)| match LogSeal::read_unverified(&bytes) {
            Ok(seal) if seal.content().number == number => (*seal.content(), *seal.sha256()),
            _ => (
                LogSealContent {
                    number,
                    at: Timestamp::from_unix(0),
                    reason: SealReason::Head,
                    day: 0,
                    first: last,
                    last,
                    last_hash: [0; 32],
                    count: last,
                    previous: None,
                },
                Sha256::digest(&bytes).into(),
            ),
        }),
    )
}

/// Entries behind the last seal.
pub(super) fn unsealed(connection: &Connection, run: &Run) -> rusqlite::Result<u64> {
    let sealed = run.seal.map_or(0, |(seal, _)| seal.last);
    connection
        .prepare_cached("SELECT count(*) FROM scan_log WHERE number > ?1")?
        .query_row([signed(sealed)], |row| row.get(0))
        .map(unsigned)
}

/// True if no number up to `last` is missing behind the last time that the log was found changed.
pub(super) fn is_unbroken(connection: &Connection, last: u64) -> rusqlite::Result<bool> {
    let (known, count): (i64, i64) = connection.query_row(
        "WITH known AS (SELECT coalesce(max(number), 0) AS number FROM scan_log WHERE event = ?1)
         SELECT (SELECT number FROM known), (SELECT count(*) FROM scan_log WHERE number > (SELECT number FROM known))",
        [Event::LogDamaged.as_str()],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(unsigned(known).saturating_add(unsigned(count)) == last)
}

/// True if that the log was damaged is newer than the last time it was handed out.
pub(super) fn damage_is_open(connection: &Connection) -> rusqlite::Result<bool> {
    let last: Option<String> = connection
        .prepare_cached("SELECT event FROM scan_log WHERE event IN (?1, ?2) ORDER BY number DESC LIMIT 1")?
        .query_row([Event::LogDamaged.as_str(), Event::Export.as_str()], |row| {
            row.get(0)
        })
        .optional()?;
    Ok(last.is_some_and(|event| event == Event::LogDamaged.as_str()))
}

/// The hash that stands at an entry.
pub(super) fn hash_at(connection: &Connection, number: u64) -> rusqlite::Result<Option<Hash>> {
    connection
        .query_row(
            "SELECT hash FROM scan_log WHERE number = ?1",
            [signed(number)],
            |row| row.get(0),
        )
        .optional()
}

/// True if the entries behind `after` follow each other and their hashes are theirs.
pub(super) fn chain_holds(connection: &Connection, after: u64, hash: Hash) -> rusqlite::Result<bool> {
    let (mut number, mut hash) = (after, hash);
    for line in entries_after(connection, after)? {
        let Some(line) = line else {
            return Ok(false);
        };
        number = number.saturating_add(1);
        if line.entry.number != number || line.entry.hash(&hash) != line.hash {
            return Ok(false);
        }
        hash = line.hash;
    }
    Ok(true)
}

/// Some of the log by numbers: the entries behind one up to another, and the seals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub after: u64,
    pub last: u64,
    pub first_seal: u64,
    pub last_seal: u64,
}

/// The last entry that a seal covers.
pub(super) fn covered_by(connection: &Connection, seal: u64) -> rusqlite::Result<Option<u64>> {
    connection
        .query_row(
            "SELECT last FROM scan_log_seal WHERE number = ?1",
            [signed(seal)],
            |row| row.get(0).map(unsigned),
        )
        .optional()
}

/// Lines in the order of a file: each seal behind the last entry that it covers. A row that is no entry is left out, and so
/// is missed by whoever verifies.
pub(super) fn each_line<E: From<rusqlite::Error>>(
    connection: &Connection,
    span: Span,
    mut each: impl FnMut(Line) -> Result<(), E>,
) -> Result<(), E> {
    let mut entries = connection.prepare(&format!(
        "{ENTRIES} WHERE number > ?1 AND number <= ?2 ORDER BY number"
    ))?;
    let mut entries = entries
        .query_map([signed(span.after), signed(span.last)], |row| Ok(line(row)))?
        .filter_map(Result::transpose)
        .peekable();
    let mut seals = connection
        .prepare("SELECT last, bytes FROM scan_log_seal WHERE number BETWEEN ?1 AND ?2 ORDER BY number")?;
    let seals = seals.query_map([signed(span.first_seal), signed(span.last_seal)], |row| {
        Ok((unsigned(row.get(0)?), row.get(1)?))
    })?;
    for seal in seals {
        let (last, bytes) = seal?;
        while let Some(entry) =
            entries.next_if(|entry| !entry.as_ref().is_ok_and(|line| line.entry.number > last))
        {
            each(Line::Entry(entry?))?;
        }
        each(Line::Seal(SealLine { bytes }))?;
    }
    for entry in entries {
        each(Line::Entry(entry?))?;
    }
    Ok(())
}

const ENTRIES: &str =
    "SELECT number, at, event, service, vct, mode, code, officer, profile, about, hash FROM scan_log";

fn entries_after(connection: &Connection, after: u64) -> rusqlite::Result<Vec<Option<EntryLine>>> {
    connection
        .prepare_cached(&format!("{ENTRIES} WHERE number > ?1 ORDER BY number"))?
        .query_map([signed(after)], |row| Ok(line(row)))?
        .collect()
}

fn line(row: &Row<'_>) -> Option<EntryLine> {
    let word = |column: &str| -> Option<Option<Word>> {
        match row.get::<_, Option<String>>(column).ok()? {
            None => Some(None),
            Some(text) => Some(Some(Word::parse(&text).ok()?)),
        }
    };
    let mode = match row.get::<_, Option<String>>("mode").ok()? {
        None => None,
        Some(name) => Some(ShownBy::from_name(&name)?),
    };
    Some(EntryLine {
        entry: Entry {
            number: unsigned(row.get("number").ok()?),
            at: Timestamp::from_unix(unsigned(row.get("at").ok()?)),
            event: Event::from_name(&row.get::<_, String>("event").ok()?)?,
            service: word("service")?,
            vct: word("vct")?,
            mode,
            code: word("code")?,
            officer: word("officer")?,
            profile: word("profile")?,
            about: word("about")?,
        },
        hash: row.get("hash").ok()?,
    })
}
