//! Table `attempt`: how often a CNIC or a device was refused in a day.

use sqlx::AnyConnection;

use super::{StoreError, unsigned};
use crate::sealed::BlindIndex;

/// Counts one more try of `subject` on `day` and gives the count.
///
/// # Errors
/// [`StoreError`].
pub async fn count(db: &mut AnyConnection, subject: &BlindIndex, day: i64) -> Result<u32, StoreError> {
    let row = sqlx::query(
        "INSERT INTO attempt (subject, day, tries) VALUES ($1, $2, 1)
         ON CONFLICT (subject, day) DO UPDATE SET tries = attempt.tries + 1
         RETURNING tries",
    )
    .bind(subject.as_bytes().to_vec())
    .bind(day)
    .fetch_one(db)
    .await?;
    unsigned(&row, "tries")
}

/// Takes one try back: it was not the citizen's fault.
///
/// # Errors
/// [`StoreError`].
pub async fn forgive(db: &mut AnyConnection, subject: &BlindIndex, day: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE attempt SET tries = tries - 1 WHERE subject = $1 AND day = $2 AND tries > 0")
        .bind(subject.as_bytes().to_vec())
        .bind(day)
        .execute(db)
        .await?;
    Ok(())
}

/// Forgets every day before `day`.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_before(db: &mut AnyConnection, day: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM attempt WHERE day < $1")
        .bind(day)
        .execute(db)
        .await?;
    Ok(())
}
