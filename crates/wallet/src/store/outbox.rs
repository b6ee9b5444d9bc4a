//! Table `outbox`: what was decided to send, until it is answered, and what became of it.

use credential::Timestamp;
use rand_core::CryptoRng;
use rusqlite::{Connection, OptionalExtension as _, Row};

use super::{from_sql, to_sql};
use crate::code::{UiCode, UiError};
use crate::error::StoreError;
use crate::opaque::opaque_debug;

opaque_debug!(Entry);

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The application.
    Enrolment,
    /// Asking for a challenge.
    Challenge,
    /// Asking for passes.
    Passes,
    /// Another mobile number.
    Mobile,
    /// Another person's phone is lost.
    Lost,
    /// This phone takes the place of the person's phone before.
    Rebind,
    /// An application for a public service.
    Application,
    /// An application for a public service is taken back.
    Withdrawal,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::Enrolment,
        Self::Challenge,
        Self::Passes,
        Self::Mobile,
        Self::Lost,
        Self::Rebind,
        Self::Application,
        Self::Withdrawal,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Enrolment => "enrolment",
            Self::Challenge => "challenge",
            Self::Passes => "passes",
            Self::Mobile => "mobile",
            Self::Lost => "lost",
            Self::Rebind => "rebind",
            Self::Application => "application",
            Self::Withdrawal => "withdrawal",
        }
    }
}

/// How far an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It never left the phone, or the province said of each try that it did nothing.
    Waiting,
    /// It left the phone, and nobody here knows whether it was done.
    Sent,
    /// The province did it.
    Confirmed,
    /// The province did not do it and said why.
    Refused,
}

impl State {
    const ALL: [Self; 4] = [Self::Waiting, Self::Sent, Self::Confirmed, Self::Refused];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Confirmed => "confirmed",
            Self::Refused => "refused",
        }
    }
}

/// One entry: the same key and the same bytes every time it is sent.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) id: i64,
    pub(crate) kind: Kind,
    pub(crate) idempotency_key: String,
    /// Empty once the province did it.
    pub(crate) body: Vec<u8>,
    pub(crate) holder_index: Option<u64>,
    /// `None`: before this was kept.
    pub(crate) made_at: Option<Timestamp>,
    pub(crate) state: State,
    pub(crate) answered_at: Option<Timestamp>,
    pub(crate) attempts: u32,
    /// What the last try brought, or why it was refused.
    pub(crate) error: Option<UiError>,
    /// The province asked for a pause until then.
    pub(crate) not_before: Timestamp,
    /// The phone tries by itself no sooner; the citizen may.
    pub(crate) retry_at: Timestamp,
    /// Tries that settled nothing.
    pub(crate) put_off: u32,
    /// Tries in a row that did not arrive as they were sent.
    pub(crate) damaged: u32,
    /// Which application it is about.
    pub(crate) application: Option<i64>,
}

impl Entry {
    /// When it may be sent: the citizen waits for the province's pauses only, the phone by itself for its own, too.
    pub(crate) fn due_at(&self, by_hand: bool) -> Timestamp {
        if by_hand {
            self.not_before
        } else {
            self.not_before.max(self.retry_at)
        }
    }
}

/// A try that settled nothing.
pub(crate) struct PutOff {
    pub(crate) code: UiCode,
    /// The province asked for a pause until then.
    pub(crate) not_before: Timestamp,
    /// The phone tries by itself no sooner.
    pub(crate) retry_at: Timestamp,
    /// It did not arrive as it was sent.
    pub(crate) damaged: bool,
    /// No try of it can have been done.
    pub(crate) undone: bool,
}

/// An entry to be put in.
pub(crate) struct New {
    pub(crate) kind: Kind,
    pub(crate) body: Vec<u8>,
    pub(crate) holder_index: Option<u64>,
    /// Which application it is about.
    pub(crate) application: Option<i64>,
    pub(crate) made_at: Timestamp,
}

const COLUMNS: &str = "id, kind, idempotency_key, body, holder_index, made_at, state, answered_at, attempts, \
                       last_error, error_fields, not_before, retry_at, put_off, damaged, application";

/// The entry of this kind that is under way; of several the first.
pub(crate) fn under_way(database: &Connection, kind: Kind) -> Result<Option<Entry>, StoreError> {
    one(
        database,
        "WHERE kind = ?1 AND state IN ('waiting', 'sent') ORDER BY id LIMIT 1",
        kind.as_str(),
    )
}

/// Whether anything waits for an answer, or to be sent.
pub(crate) fn is_any_under_way(database: &Connection) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM outbox WHERE state IN ('waiting', 'sent'))";
    Ok(database.query_row(sql, [], |row| row.get(0))?)
}

/// The entry with this number.
pub(crate) fn get(database: &Connection, id: i64) -> Result<Option<Entry>, StoreError> {
    one(database, "WHERE id = ?1", id)
}

/// The entry of this application.
pub(crate) fn of_application(database: &Connection, id: i64) -> Result<Option<Entry>, StoreError> {
    one(database, "WHERE application = ?1", id)
}

/// Every entry, the newest first.
pub(crate) fn all(database: &Connection) -> Result<Vec<Entry>, StoreError> {
    let mut statement = database.prepare(&format!("SELECT {COLUMNS} FROM outbox ORDER BY id DESC"))?;
    let mut rows = statement.query([])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(read(row)?);
    }
    Ok(entries)
}

/// Puts an entry in under a new random idempotency key.
pub(crate) fn insert(database: &Connection, new: New, rng: &mut impl CryptoRng) -> Result<Entry, StoreError> {
    let mut random = [0; 16];
    rng.fill_bytes(&mut random);
    insert_with_key(database, new, hex::encode(random))
}

/// Puts an entry in under this idempotency key.
pub(crate) fn insert_with_key(
    database: &Connection,
    new: New,
    idempotency_key: String,
) -> Result<Entry, StoreError> {
    database.execute(
        "INSERT INTO outbox (kind, idempotency_key, body, holder_index, made_at, application) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (
            new.kind.as_str(),
            &idempotency_key,
            &new.body,
            new.holder_index.map(to_sql),
            to_sql(new.made_at.unix()),
            new.application,
        ),
    )?;
    Ok(Entry {
        id: database.last_insert_rowid(),
        kind: new.kind,
        idempotency_key,
        body: new.body,
        holder_index: new.holder_index,
        made_at: Some(new.made_at),
        state: State::Waiting,
        answered_at: None,
        attempts: 0,
        error: None,
        not_before: Timestamp::from_unix(0),
        retry_at: Timestamp::from_unix(0),
        put_off: 0,
        damaged: 0,
        application: new.application,
    })
}

/// Notes that an entry is about to leave the phone: from here on nobody can know that it did not.
pub(crate) fn mark_sent(database: &Connection, id: i64) -> Result<(), StoreError> {
    database.execute(
        "UPDATE outbox SET state = 'sent', attempts = attempts + 1 WHERE id = ?1 AND state IN ('waiting', 'sent')",
        [id],
    )?;
    Ok(())
}

/// Notes that the last try did nothing: no try can have been done.
pub(crate) fn mark_undone(database: &Connection, id: i64) -> Result<(), StoreError> {
    let sql = "UPDATE outbox SET state = 'waiting' WHERE id = ?1 AND state = 'sent'";
    database.execute(sql, [id])?;
    Ok(())
}

/// Notes that the last try found no network: nothing is known of it, and nothing is its own fault.
pub(crate) fn note_unreachable(database: &Connection, id: i64, code: UiCode) -> Result<(), StoreError> {
    let sql = "UPDATE outbox SET last_error = ?2 WHERE id = ?1 AND state IN ('waiting', 'sent')";
    database.execute(sql, (id, code.code()))?;
    Ok(())
}

/// Notes why the last try settled nothing, and when the next one makes sense.
pub(crate) fn put_off(database: &Connection, id: i64, tried: &PutOff) -> Result<(), StoreError> {
    database.execute(
        "UPDATE outbox SET last_error = ?2, not_before = ?3, retry_at = ?4, put_off = put_off + 1, \
         damaged = CASE WHEN ?5 THEN damaged + 1 ELSE 0 END, state = CASE WHEN ?6 THEN 'waiting' ELSE state END \
         WHERE id = ?1 AND state IN ('waiting', 'sent')",
        (
            id,
            tried.code.code(),
            to_sql(tried.not_before.unix()),
            to_sql(tried.retry_at.unix()),
            tried.damaged,
            tried.undone,
        ),
    )?;
    Ok(())
}

/// Lets a refused entry wait to be sent again, as it is and under the same key: a refusal did nothing.
pub(crate) fn again(database: &Connection, id: i64) -> Result<(), StoreError> {
    database.execute(
        "UPDATE outbox SET state = 'waiting', answered_at = NULL, attempts = 0, last_error = NULL, error_fields = NULL, \
         not_before = 0, retry_at = 0, put_off = 0, damaged = 0 WHERE id = ?1 AND state = 'refused'",
        [id],
    )?;
    Ok(())
}

/// Keeps an entry back until then.
pub(crate) fn hold_back(database: &Connection, id: i64, until: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE outbox SET not_before = ?2 WHERE id = ?1";
    database.execute(sql, (id, to_sql(until.unix())))?;
    Ok(())
}

/// Puts another body into an entry that is under way: it needs another key.
pub(crate) fn rewrite(database: &Connection, id: i64, body: &[u8], key: &str) -> Result<(), StoreError> {
    let sql =
        "UPDATE outbox SET body = ?2, idempotency_key = ?3 WHERE id = ?1 AND state IN ('waiting', 'sent')";
    database.execute(sql, (id, body, key))?;
    Ok(())
}

/// The province did it. What was sent is not needed any more.
pub(crate) fn confirm(database: &Connection, id: i64, now: Timestamp) -> Result<(), StoreError> {
    database.execute(
        "UPDATE outbox SET state = 'confirmed', answered_at = ?2, body = x'', last_error = NULL, error_fields = NULL \
         WHERE id = ?1",
        (id, to_sql(now.unix())),
    )?;
    Ok(())
}

/// The province did not do it. What was sent stays, to be mended.
pub(crate) fn refuse(
    database: &Connection,
    id: i64,
    error: &UiError,
    now: Timestamp,
) -> Result<(), StoreError> {
    let fields = serde_json::to_string(&error.fields).map_err(|_| StoreError::Row)?;
    let wait = error.retry_after_seconds.unwrap_or_default();
    database.execute(
        "UPDATE outbox SET state = 'refused', answered_at = ?2, last_error = ?3, error_fields = ?4, not_before = ?5 \
         WHERE id = ?1",
        (
            id,
            to_sql(now.unix()),
            error.code.code(),
            fields,
            to_sql(now.plus(u64::from(wait)).unix()),
        ),
    )?;
    Ok(())
}

/// Takes an entry out.
pub(crate) fn remove(database: &Connection, id: i64) -> Result<(), StoreError> {
    database.execute("DELETE FROM outbox WHERE id = ?1", [id])?;
    Ok(())
}

/// Whether something that the citizen asked for is not answered yet, beside whose this phone is.
pub(crate) fn errands_wait(database: &Connection) -> Result<bool, StoreError> {
    for kind in [Kind::Mobile, Kind::Lost, Kind::Application, Kind::Withdrawal] {
        if under_way(database, kind)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Takes every entry out that is of this phone's own wallet: reports of lost phones are about anybody, and stay.
pub(crate) fn remove_own(database: &Connection) -> Result<(), StoreError> {
    database.execute("DELETE FROM outbox WHERE kind <> ?1", [Kind::Lost.as_str()])?;
    Ok(())
}

/// Takes out what was answered of this kind: something newer takes its place.
pub(crate) fn remove_answered(database: &Connection, kind: Kind) -> Result<(), StoreError> {
    database.execute(
        "DELETE FROM outbox WHERE kind = ?1 AND state IN ('confirmed', 'refused')",
        [kind.as_str()],
    )?;
    Ok(())
}

fn one(
    database: &Connection,
    which: &str,
    parameter: impl rusqlite::ToSql,
) -> Result<Option<Entry>, StoreError> {
    database
        .query_row(
            &format!("SELECT {COLUMNS} FROM outbox {which}"),
            [parameter],
            |row| Ok(read(row)),
        )
        .optional()?
        .transpose()
}

fn read(row: &Row<'_>) -> Result<Entry, StoreError> {
    let kind: String = row.get(1)?;
    let state: String = row.get(6)?;
    let fields = row.get::<_, Option<String>>(10)?.map_or(Ok(Vec::new()), |text| {
        serde_json::from_str(&text).map_err(|_| StoreError::Row)
    })?;
    let error = row.get::<_, Option<String>>(9)?.map(|code| UiError {
        // A code of a later version: that it was refused is what matters.
        code: UiCode::from_code(&code).unwrap_or(UiCode::AppRefused),
        retry_after_seconds: None,
        fields,
    });
    let time = |at: i64| Timestamp::from_unix(from_sql(at));
    Ok(Entry {
        id: row.get(0)?,
        kind: Kind::ALL
            .into_iter()
            .find(|one| one.as_str() == kind)
            .ok_or(StoreError::Row)?,
        idempotency_key: row.get(2)?,
        body: row.get(3)?,
        holder_index: row.get::<_, Option<i64>>(4)?.map(from_sql),
        made_at: row.get::<_, Option<i64>>(5)?.map(time),
        state: State::ALL
            .into_iter()
            .find(|one| one.as_str() == state)
            .ok_or(StoreError::Row)?,
        answered_at: row.get::<_, Option<i64>>(7)?.map(time),
        attempts: row.get(8)?,
        error,
        not_before: time(row.get(11)?),
        retry_at: time(row.get(12)?),
        put_off: row.get(13)?,
        damaged: row.get(14)?,
        application: row.get(15)?,
    })
}

#[cfg(test)]
mod tests;
