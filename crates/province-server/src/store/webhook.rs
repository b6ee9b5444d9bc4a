//! Table `webhook`: where systems want to be told of applications, how far they were, and who tells them now.

use province_api::webhook::NotTaken;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use super::{StoreError, seconds, unsigned};

/// Who sends: random, another one for each time that somebody begins to.
pub type Owner = [u8; 16];

/// A system's webhook. Times are unix seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Which system.
    pub system: String,
    /// The office of the catalogue that it works for.
    pub office: String,
    /// The reader of `application_feed` that the office is.
    pub reader: String,
    /// Where to.
    pub url: String,
    /// Since when.
    pub set_at: u64,
    /// The last number that was taken or given up.
    pub told: u64,
    /// When something was taken last.
    pub told_at: Option<u64>,
    /// When something may be sent next.
    pub due_at: u64,
    /// How often it failed since something was taken.
    pub attempts: u32,
    /// Since when.
    pub failing_since: Option<u64>,
    /// Why the last attempt failed.
    pub not_taken: Option<NotTaken>,
    /// When the receiver said that it is gone.
    pub ended_at: Option<u64>,
}

/// This system's.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: &mut AnyConnection, system: &str) -> Result<Option<Webhook>, StoreError> {
    sqlx::query("SELECT * FROM webhook WHERE system = $1")
        .bind(system.to_owned())
        .fetch_optional(db)
        .await?
        .map(|row| read(&row))
        .transpose()
}

/// This system's, if it has not ended and this owner sends.
///
/// # Errors
/// [`StoreError`].
pub async fn held(
    db: &mut AnyConnection,
    system: &str,
    owner: &Owner,
) -> Result<Option<Webhook>, StoreError> {
    sqlx::query("SELECT * FROM webhook WHERE system = $1 AND owner = $2 AND ended_at IS NULL")
        .bind(system.to_owned())
        .bind(owner.to_vec())
        .fetch_optional(db)
        .await?
        .map(|row| read(&row))
        .transpose()
}

/// Begins one or puts it in the place of the one before, from this number on; whoever sends meanwhile changes nothing more.
///
/// # Errors
/// [`StoreError`].
pub async fn set(
    db: &mut AnyConnection,
    (system, office, reader): (&str, &str, &str),
    url: &str,
    told: u64,
    now: u64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO webhook (system, office, reader, url, set_at, told, due_at, attempts, leased_until)
         VALUES ($1, $2, $3, $4, $5, $6, $5, 0, 0)
         ON CONFLICT (system) DO UPDATE SET office = $2, reader = $3, url = $4, set_at = $5, told = $6, due_at = $5,
         attempts = 0, failing_since = NULL, not_taken = NULL, ended_at = NULL, owner = NULL, leased_until = 0",
    )
    .bind(system.to_owned())
    .bind(office.to_owned())
    .bind(reader.to_owned())
    .bind(url.to_owned())
    .bind(seconds(now)?)
    .bind(seconds(told)?)
    .execute(db)
    .await?;
    Ok(())
}

/// Takes one away.
///
/// # Errors
/// [`StoreError`].
pub async fn remove(db: &mut AnyConnection, system: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM webhook WHERE system = $1")
        .bind(system.to_owned())
        .execute(db)
        .await?;
    Ok(())
}

/// Lets something be sent from now on.
///
/// # Errors
/// [`StoreError`].
pub async fn hasten(db: &mut AnyConnection, system: &str, now: u64) -> Result<(), StoreError> {
    sqlx::query("UPDATE webhook SET due_at = $2 WHERE system = $1 AND due_at > $2")
        .bind(system.to_owned())
        .bind(seconds(now)?)
        .execute(db)
        .await?;
    Ok(())
}

/// The systems for which there is something to send now that nobody sends, who waited longest first.
///
/// # Errors
/// [`StoreError`].
pub async fn due(
    db: &mut AnyConnection,
    (now, latest): (u64, u64),
    most: u32,
) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query(
        "SELECT w.system FROM webhook w JOIN application_reader r ON r.reader = w.reader
         WHERE w.ended_at IS NULL AND (w.due_at <= $1 OR w.due_at > $3) AND w.leased_until <= $1 AND (r.last > w.told
         OR EXISTS (SELECT 1 FROM dead_letter d WHERE d.system = w.system AND d.again = 1))
         ORDER BY w.due_at, w.system LIMIT $2",
    )
    .bind(seconds(now)?)
    .bind(i64::from(most))
    .bind(seconds(latest)?)
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok(row.try_get("system")?)).collect()
}

/// Makes this owner the one who sends until then; `false` if somebody else does.
///
/// # Errors
/// [`StoreError`].
pub async fn lease(
    db: &mut AnyConnection,
    system: &str,
    owner: &Owner,
    (now, until): (u64, u64),
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE webhook SET owner = $2, leased_until = $4
         WHERE system = $1 AND ended_at IS NULL AND due_at <= $3 AND leased_until <= $3",
    )
    .bind(system.to_owned())
    .bind(owner.to_vec())
    .bind(seconds(now)?)
    .bind(seconds(until)?)
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Lets others send again.
///
/// # Errors
/// [`StoreError`].
pub async fn release(db: &mut AnyConnection, system: &str, owner: &Owner) -> Result<(), StoreError> {
    sqlx::query("UPDATE webhook SET owner = NULL, leased_until = 0 WHERE system = $1 AND owner = $2")
        .bind(system.to_owned())
        .bind(owner.to_vec())
        .execute(db)
        .await?;
    Ok(())
}

/// Keeps what became of an attempt, and the lease until then; `false` if this owner does not send any more.
///
/// # Errors
/// [`StoreError`].
pub async fn keep(
    db: &mut AnyConnection,
    owner: &Owner,
    hook: &Webhook,
    until: u64,
) -> Result<bool, StoreError> {
    let moment = |time: Option<u64>| time.map(seconds).transpose();
    let done = sqlx::query(
        "UPDATE webhook SET told = $3, told_at = $4, due_at = $5, attempts = $6, failing_since = $7, not_taken = $8,
         ended_at = $9, leased_until = $10 WHERE system = $1 AND owner = $2",
    )
    .bind(hook.system.clone())
    .bind(owner.to_vec())
    .bind(seconds(hook.told)?)
    .bind(moment(hook.told_at)?)
    .bind(seconds(hook.due_at)?)
    .bind(i64::from(hook.attempts))
    .bind(moment(hook.failing_since)?)
    .bind(hook.not_taken.map(NotTaken::as_str))
    .bind(moment(hook.ended_at)?)
    .bind(seconds(until)?)
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

fn read(row: &AnyRow) -> Result<Webhook, StoreError> {
    let moment = |column: &str| {
        let time: Option<i64> = row.try_get(column)?;
        time.map(|time| u64::try_from(time).map_err(|_| StoreError::Form))
            .transpose()
    };
    let why: Option<String> = row.try_get("not_taken")?;
    Ok(Webhook {
        system: row.try_get("system")?,
        office: row.try_get("office")?,
        reader: row.try_get("reader")?,
        url: row.try_get("url")?,
        set_at: unsigned(row, "set_at")?,
        told: unsigned(row, "told")?,
        told_at: moment("told_at")?,
        due_at: unsigned(row, "due_at")?,
        attempts: unsigned(row, "attempts")?,
        failing_since: moment("failing_since")?,
        not_taken: why.as_deref().and_then(NotTaken::parse),
        ended_at: moment("ended_at")?,
    })
}
