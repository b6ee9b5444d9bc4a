//! Table `answer`: batches of passes as they were answered.

use sqlx::AnyConnection;
use sqlx::Row as _;

use super::{StoreError, array, seconds};
use crate::sealed::PersonId;

/// A stored answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// SHA-256 of the request's body.
    pub body_sha256: [u8; 32],
    /// The answer, sealed.
    pub sealed: Vec<u8>,
}

/// The answer to a person's request with this key.
///
/// # Errors
/// [`StoreError`].
pub async fn find(
    db: &mut AnyConnection,
    person: &PersonId,
    idempotency_key: &[u8; 16],
) -> Result<Option<Answer>, StoreError> {
    sqlx::query("SELECT body_sha256, sealed FROM answer WHERE person = $1 AND idempotency_key = $2")
        .bind(person.as_bytes().to_vec())
        .bind(idempotency_key.to_vec())
        .fetch_optional(db)
        .await?
        .map(|row| {
            Ok(Answer {
                body_sha256: array(&row, "body_sha256")?,
                sealed: row.try_get("sealed")?,
            })
        })
        .transpose()
}

/// Keeps an answer.
///
/// # Errors
/// [`StoreError`].
pub async fn add(
    db: &mut AnyConnection,
    person: &PersonId,
    idempotency_key: &[u8; 16],
    answer: &Answer,
    now: u64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO answer (person, idempotency_key, body_sha256, sealed, made_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(person.as_bytes().to_vec())
    .bind(idempotency_key.to_vec())
    .bind(answer.body_sha256.to_vec())
    .bind(answer.sealed.clone())
    .bind(seconds(now)?)
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets answers made before `time`.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_before(db: &mut AnyConnection, time: u64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM answer WHERE made_at < $1")
        .bind(seconds(time)?)
        .execute(db)
        .await?;
    Ok(())
}
