//! Table `attempt`: how often something was tried in a day, such as an errand of a CNIC.

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

/// The count of `subject` on `day`, which nobody else changes until the transaction's end.
///
/// # Errors
/// [`StoreError`].
pub async fn held(db: &mut AnyConnection, subject: &BlindIndex, day: i64) -> Result<u32, StoreError> {
    let row = sqlx::query(
        "INSERT INTO attempt (subject, day, tries) VALUES ($1, $2, 0)
         ON CONFLICT (subject, day) DO UPDATE SET tries = attempt.tries
         RETURNING tries",
    )
    .bind(subject.as_bytes().to_vec())
    .bind(day)
    .fetch_one(db)
    .await?;
    unsigned(&row, "tries")
}

/// The larger count of these two on `day`.
///
/// # Errors
/// [`StoreError`].
pub async fn most(db: &mut AnyConnection, subjects: [&BlindIndex; 2], day: i64) -> Result<u32, StoreError> {
    let row = sqlx::query(
        "SELECT COALESCE(MAX(tries), 0) AS n FROM attempt WHERE day = $1 AND subject IN ($2, $3)",
    )
    .bind(day)
    .bind(subjects[0].as_bytes().to_vec())
    .bind(subjects[1].as_bytes().to_vec())
    .fetch_one(db)
    .await?;
    unsigned(&row, "n")
}

/// Forgets every day before `day`, not more than `most` rows; gives how many went.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_before(db: &mut AnyConnection, day: i64, most: u32) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "DELETE FROM attempt WHERE (subject, day) IN (SELECT subject, day FROM attempt WHERE day < $1 LIMIT $2)",
    )
    .bind(day)
    .bind(i64::from(most))
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
