//! Table `imported`: rows of departments' files that were done.

use sqlx::AnyConnection;

use super::{StoreError, seconds};
use crate::sealed::BlindIndex;

/// Whether a row was done.
///
/// # Errors
/// [`StoreError`].
pub async fn is_done(db: &mut AnyConnection, row: &BlindIndex) -> Result<bool, StoreError> {
    let found = sqlx::query("SELECT done_at FROM imported WHERE mark = $1")
        .bind(row.as_bytes().to_vec())
        .fetch_optional(db)
        .await?;
    Ok(found.is_some())
}

/// Notes that a row was done.
///
/// # Errors
/// [`StoreError`].
pub async fn add(db: &mut AnyConnection, row: &BlindIndex, now: u64) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO imported (mark, done_at) VALUES ($1, $2)")
        .bind(row.as_bytes().to_vec())
        .bind(seconds(now)?)
        .execute(db)
        .await?;
    Ok(())
}

/// Forgets rows that were done before `time`, not more than `most` rows; gives how many went.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_before(db: &mut AnyConnection, time: u64, most: u32) -> Result<u64, StoreError> {
    let sql = "DELETE FROM imported WHERE mark IN (SELECT mark FROM imported WHERE done_at < $1 LIMIT $2)";
    super::forget(db, sql, time, most).await
}
