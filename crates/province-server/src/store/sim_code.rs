//! Table `sim_code`: codes that were sent to the SIM of whoever a phone says its citizen is. The codes themselves are not in it.

use sqlx::{AnyConnection, Row as _};

use super::asking::REFERENCE_BYTES;
use super::{StoreError, array, seconds, unsigned};
use crate::sealed::BlindIndex;

/// A code that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// What NADRA's side knows it by.
    pub reference: [u8; REFERENCE_BYTES],
    /// When, unix seconds.
    pub sent_at: u64,
    /// When the phone gave the right one, unix seconds.
    pub proven_at: Option<u64>,
    /// Whether none was sent in truth, which whoever asked is not told.
    pub is_empty: bool,
}

/// The last code of this CNIC and device.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: &mut AnyConnection, subject: &BlindIndex) -> Result<Option<Sent>, StoreError> {
    let row = sqlx::query("SELECT reference, sent_at, proven_at, is_empty FROM sim_code WHERE subject = $1")
        .bind(subject.as_bytes().to_vec())
        .fetch_optional(db)
        .await?;
    row.map(|row| {
        let proven_at: Option<i64> = row.try_get("proven_at")?;
        Ok(Sent {
            reference: array(&row, "reference")?,
            sent_at: unsigned(&row, "sent_at")?,
            proven_at: proven_at
                .map(|at| u64::try_from(at).map_err(|_| StoreError::Form))
                .transpose()?,
            is_empty: unsigned::<u8>(&row, "is_empty")? != 0,
        })
    })
    .transpose()
}

/// A code was sent, instead of any before, or is said to have been.
///
/// # Errors
/// [`StoreError`].
pub async fn sent(
    db: &mut AnyConnection,
    subject: &BlindIndex,
    (reference, is_empty): (&[u8; REFERENCE_BYTES], bool),
    now: u64,
) -> Result<(), StoreError> {
    forget(&mut *db, subject).await?;
    sqlx::query(
        "INSERT INTO sim_code (subject, reference, sent_at, is_empty) VALUES ($1, $2, $3, $4)
         ON CONFLICT (subject) DO UPDATE SET reference = excluded.reference, sent_at = excluded.sent_at,
           is_empty = excluded.is_empty, wrong = 0",
    )
    .bind(subject.as_bytes().to_vec())
    .bind(reference.to_vec())
    .bind(seconds(now)?)
    .bind(i64::from(is_empty))
    .execute(db)
    .await?;
    Ok(())
}

/// Another code than this was given: after the `most`th it holds no more.
///
/// # Errors
/// [`StoreError`].
pub async fn guessed(db: &mut AnyConnection, subject: &BlindIndex, most: u32) -> Result<(), StoreError> {
    sqlx::query("UPDATE sim_code SET wrong = wrong + 1 WHERE subject = $1")
        .bind(subject.as_bytes().to_vec())
        .execute(&mut *db)
        .await?;
    sqlx::query("DELETE FROM sim_code WHERE subject = $1 AND wrong >= $2")
        .bind(subject.as_bytes().to_vec())
        .bind(i64::from(most))
        .execute(db)
        .await?;
    Ok(())
}

/// The right code was given.
///
/// # Errors
/// [`StoreError`].
pub async fn proven(db: &mut AnyConnection, subject: &BlindIndex, now: u64) -> Result<(), StoreError> {
    sqlx::query("UPDATE sim_code SET proven_at = $2 WHERE subject = $1")
        .bind(subject.as_bytes().to_vec())
        .bind(seconds(now)?)
        .execute(db)
        .await?;
    Ok(())
}

/// It holds no more.
///
/// # Errors
/// [`StoreError`].
pub async fn forget(db: &mut AnyConnection, subject: &BlindIndex) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM sim_code WHERE subject = $1")
        .bind(subject.as_bytes().to_vec())
        .execute(db)
        .await?;
    Ok(())
}

/// Forgets codes that were sent before this, not more than `most` rows; gives how many went.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_before(db: &mut AnyConnection, before: u64, most: u32) -> Result<u64, StoreError> {
    let sql =
        "DELETE FROM sim_code WHERE subject IN (SELECT subject FROM sim_code WHERE sent_at < $1 LIMIT $2)";
    super::forget(db, sql, before, most).await
}
