//! Table `status_entry`: drawn indices of the status lists, and which are revoked.

use sqlx::AnyConnection;
use sqlx::Row as _;

use super::{StoreError, seconds, unsigned};

/// Draws an index; `false` if it was drawn before.
///
/// # Errors
/// [`StoreError`].
pub async fn draw(db: &mut AnyConnection, list: &str, index: u32) -> Result<bool, StoreError> {
    let done = sqlx::query("INSERT INTO status_entry (list, idx) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(list.to_owned())
        .bind(i64::from(index))
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Revokes an index; `false` if it was revoked before.
///
/// # Errors
/// [`StoreError`].
pub async fn revoke(db: &mut AnyConnection, list: &str, index: u32, now: u64) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE status_entry SET revoked_at = $3 WHERE list = $1 AND idx = $2 AND revoked_at IS NULL",
    )
    .bind(list.to_owned())
    .bind(i64::from(index))
    .bind(seconds(now)?)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether an index is revoked.
///
/// # Errors
/// [`StoreError`].
pub async fn is_revoked(db: &mut AnyConnection, list: &str, index: u32) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS n FROM status_entry WHERE list = $1 AND idx = $2 AND revoked_at IS NOT NULL",
    )
    .bind(list.to_owned())
    .bind(i64::from(index))
    .fetch_one(db)
    .await?;
    Ok(row.try_get::<i64, _>("n")? > 0)
}

/// Every revoked index of a list, ascending.
///
/// # Errors
/// [`StoreError`].
pub async fn revoked(db: &mut AnyConnection, list: &str) -> Result<Vec<u32>, StoreError> {
    sqlx::query("SELECT idx FROM status_entry WHERE list = $1 AND revoked_at IS NOT NULL ORDER BY idx")
        .bind(list.to_owned())
        .fetch_all(db)
        .await?
        .iter()
        .map(|row| unsigned(row, "idx"))
        .collect()
}
