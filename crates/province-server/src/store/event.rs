//! Table `event`: what changed about a person, for their phone.

use sqlx::AnyConnection;
use sqlx::Row as _;

use super::{StoreError, seconds, unsigned};
use crate::sealed::PersonId;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Number in the person's feed, from 1.
    pub seq: u64,
    /// When, unix seconds.
    pub at: u64,
    /// What kind.
    pub kind: String,
    /// What the kind does not say, sealed.
    pub sealed: Option<Vec<u8>>,
}

/// Adds the person's next event.
///
/// # Errors
/// [`StoreError`].
pub async fn add(
    db: &mut AnyConnection,
    person: &PersonId,
    at: u64,
    kind: &str,
    sealed: Option<Vec<u8>>,
) -> Result<(), StoreError> {
    let row = sqlx::query("UPDATE person SET events = events + 1 WHERE id = $1 RETURNING events")
        .bind(person.as_bytes().to_vec())
        .fetch_one(&mut *db)
        .await?;
    sqlx::query("INSERT INTO event (person, seq, at, kind, sealed) VALUES ($1, $2, $3, $4, $5)")
        .bind(person.as_bytes().to_vec())
        .bind(row.try_get::<i64, _>("events")?)
        .bind(seconds(at)?)
        .bind(kind.to_owned())
        .bind(sealed)
        .execute(db)
        .await?;
    Ok(())
}

/// The person's first `most` events after this number.
///
/// # Errors
/// [`StoreError`].
pub async fn after(
    db: &mut AnyConnection,
    person: &PersonId,
    seq: u64,
    most: u32,
) -> Result<Vec<Event>, StoreError> {
    sqlx::query(
        "SELECT seq, at, kind, sealed FROM event WHERE person = $1 AND seq > $2 ORDER BY seq LIMIT $3",
    )
    .bind(person.as_bytes().to_vec())
    .bind(seconds(seq)?)
    .bind(i64::from(most))
    .fetch_all(db)
    .await?
    .iter()
    .map(|row| {
        Ok(Event {
            seq: unsigned(row, "seq")?,
            at: unsigned(row, "at")?,
            kind: row.try_get("kind")?,
            sealed: row.try_get("sealed")?,
        })
    })
    .collect()
}

/// Forgets events of this kind from before `time`, not more than `most` rows; gives how many went.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_before(
    db: &mut AnyConnection,
    kind: &str,
    time: u64,
    most: u32,
) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "DELETE FROM event WHERE (person, seq) IN (SELECT person, seq FROM event WHERE kind = $1 AND at < $2 LIMIT $3)",
    )
    .bind(kind.to_owned())
    .bind(seconds(time)?)
    .bind(i64::from(most))
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
