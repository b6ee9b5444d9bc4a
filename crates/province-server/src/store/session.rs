//! Tables `session` and `ceremony`: officers who are signed in, and signings in that came to their end.

use sqlx::{AnyConnection, Row as _};

use super::officer::{Digest, OfficerId};
use super::{StoreError, array, seconds, unsigned};

/// An officer who is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// Who.
    pub officer: OfficerId,
    /// When the passkey said so, unix seconds.
    pub began_at: u64,
    /// When something was asked last, as far as it is noted.
    pub last_at: u64,
}

/// Begins one.
///
/// # Errors
/// [`StoreError`].
pub async fn begin(
    db: &mut AnyConnection,
    token: &Digest,
    officer: &OfficerId,
    now: u64,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO session (token, officer, began_at, last_at) VALUES ($1, $2, $3, $3)")
        .bind(token.to_vec())
        .bind(officer.to_vec())
        .bind(seconds(now)?)
        .execute(db)
        .await?;
    Ok(())
}

/// The session of this token, of an officer who still is one.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: &mut AnyConnection, token: &Digest) -> Result<Option<Session>, StoreError> {
    let row = sqlx::query(
        "SELECT s.officer, s.began_at, s.last_at FROM session s JOIN officer o ON o.id = s.officer
         WHERE s.token = $1 AND o.ended_at IS NULL",
    )
    .bind(token.to_vec())
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(Session {
            officer: array(&row, "officer")?,
            began_at: unsigned(&row, "began_at")?,
            last_at: row
                .try_get::<i64, _>("last_at")?
                .try_into()
                .map_err(|_| StoreError::Form)?,
        })
    })
    .transpose()
}

/// Notes that something was asked.
///
/// # Errors
/// [`StoreError`].
pub async fn touch(db: &mut AnyConnection, token: &Digest, now: u64) -> Result<(), StoreError> {
    sqlx::query("UPDATE session SET last_at = $2 WHERE token = $1 AND last_at < $2")
        .bind(token.to_vec())
        .bind(seconds(now)?)
        .execute(db)
        .await?;
    Ok(())
}

/// Ends one.
///
/// # Errors
/// [`StoreError`].
pub async fn end(db: &mut AnyConnection, token: &Digest) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM session WHERE token = $1")
        .bind(token.to_vec())
        .execute(db)
        .await?;
    Ok(())
}

/// Notes that a signing in came to its end; `false` if it had before.
///
/// # Errors
/// [`StoreError`].
pub async fn end_ceremony(
    db: &mut AnyConnection,
    id: &[u8; 16],
    expires_at: u64,
) -> Result<bool, StoreError> {
    let done = sqlx::query("INSERT INTO ceremony (id, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(id.to_vec())
        .bind(seconds(expires_at)?)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets ceremonies that are over at `now`, not more than `most`; gives how many went.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_ceremonies(db: &mut AnyConnection, now: u64, most: u32) -> Result<u64, StoreError> {
    let sql = "DELETE FROM ceremony WHERE id IN (SELECT id FROM ceremony WHERE expires_at < $1 LIMIT $2)";
    super::forget(db, sql, now, most).await
}

/// Forgets sessions that began before `began`, not more than `most`; gives how many went.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_ended(db: &mut AnyConnection, began: u64, most: u32) -> Result<u64, StoreError> {
    let sql = "DELETE FROM session WHERE token IN (SELECT token FROM session WHERE began_at < $1 LIMIT $2)";
    super::forget(db, sql, began, most).await
}
