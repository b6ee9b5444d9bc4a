//! Table `asking`: questions to NADRA whose answers are not noted yet.

use sqlx::AnyConnection;

use super::{StoreError, array, seconds, unsigned};
use crate::sealed::BlindIndex;

/// Bytes of a question's reference.
pub const REFERENCE_BYTES: usize = 16;

/// Notes that a question about this subject is put.
///
/// # Errors
/// [`StoreError`].
pub async fn begin(
    db: &mut AnyConnection,
    subject: &BlindIndex,
    reference: &[u8; REFERENCE_BYTES],
    now: u64,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO asking (subject, reference, begun_at) VALUES ($1, $2, $3)")
        .bind(subject.as_bytes().to_vec())
        .bind(reference.to_vec())
        .bind(seconds(now)?)
        .execute(db)
        .await?;
    Ok(())
}

/// How many questions about this subject were put at `since` or later and are not noted yet.
///
/// # Errors
/// [`StoreError`].
pub async fn count(db: &mut AnyConnection, subject: &BlindIndex, since: u64) -> Result<u32, StoreError> {
    let row = sqlx::query("SELECT COUNT(*) AS n FROM asking WHERE subject = $1 AND begun_at >= $2")
        .bind(subject.as_bytes().to_vec())
        .bind(seconds(since)?)
        .fetch_one(db)
        .await?;
    unsigned(&row, "n")
}

/// Its answer is noted.
///
/// # Errors
/// [`StoreError`].
pub async fn end(db: &mut AnyConnection, reference: &[u8; REFERENCE_BYTES]) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM asking WHERE reference = $1")
        .bind(reference.to_vec())
        .execute(db)
        .await?;
    Ok(())
}

/// The references of questions that were put before this and whose answers were never noted, not more than `most`.
///
/// # Errors
/// [`StoreError`].
pub async fn begun_before(
    db: &mut AnyConnection,
    before: u64,
    most: u32,
) -> Result<Vec<[u8; REFERENCE_BYTES]>, StoreError> {
    sqlx::query("SELECT DISTINCT reference FROM asking WHERE begun_at < $1 LIMIT $2")
        .bind(seconds(before)?)
        .bind(i64::from(most))
        .fetch_all(db)
        .await?
        .iter()
        .map(|row| array(row, "reference"))
        .collect()
}
