//! Table `answer`: writes as they were answered.

use sqlx::AnyConnection;
use sqlx::Row as _;

use super::{StoreError, array, seconds, unsigned};

/// A stored answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Path of the request.
    pub path: String,
    /// SHA-256 of the request's body.
    pub body_sha256: [u8; 32],
    /// The answer, sealed.
    pub sealed: Vec<u8>,
    /// When the request was signed, by the signer's clock, unix seconds.
    pub created: u64,
}

/// The answer to a device's request with this key.
///
/// # Errors
/// [`StoreError`].
pub async fn find(
    db: &mut AnyConnection,
    device_key: &[u8; 32],
    idempotency_key: &[u8; 16],
) -> Result<Option<Answer>, StoreError> {
    sqlx::query(
        "SELECT path, body_sha256, sealed, created FROM answer WHERE device_key = $1 AND idempotency_key = $2",
    )
        .bind(device_key.to_vec())
        .bind(idempotency_key.to_vec())
        .fetch_optional(db)
        .await?
        .map(|row| {
            Ok(Answer {
                path: row.try_get("path")?,
                body_sha256: array(&row, "body_sha256")?,
                sealed: row.try_get("sealed")?,
                created: unsigned(&row, "created")?,
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
    device_key: &[u8; 32],
    idempotency_key: &[u8; 16],
    answer: &Answer,
    now: u64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO answer (device_key, idempotency_key, path, body_sha256, sealed, made_at, created)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(device_key.to_vec())
    .bind(idempotency_key.to_vec())
    .bind(answer.path.clone())
    .bind(answer.body_sha256.to_vec())
    .bind(answer.sealed.clone())
    .bind(seconds(now)?)
    .bind(seconds(answer.created)?)
    .execute(db)
    .await?;
    Ok(())
}

/// When the last signed write of a device on this path was signed, unix seconds; 0 before the first.
///
/// # Errors
/// [`StoreError`].
pub async fn last_created(
    db: &mut AnyConnection,
    device_key: &[u8; 32],
    path: &str,
) -> Result<u64, StoreError> {
    let row = sqlx::query(
        "SELECT COALESCE(MAX(created), 0) AS created FROM answer WHERE device_key = $1 AND path = $2",
    )
    .bind(device_key.to_vec())
    .bind(path.to_owned())
    .fetch_one(db)
    .await?;
    unsigned(&row, "created")
}

/// Forgets a device's answers of this path but the newest `kept`, and those of the same second as the last of them.
///
/// # Errors
/// [`StoreError`].
pub async fn keep_newest(
    db: &mut AnyConnection,
    device_key: &[u8; 32],
    path: &str,
    kept: u32,
) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM answer WHERE device_key = $1 AND path = $2 AND made_at < (SELECT MIN(made_at) FROM
         (SELECT made_at FROM answer WHERE device_key = $1 AND path = $2 ORDER BY made_at DESC LIMIT $3) AS newest)",
    )
    .bind(device_key.to_vec())
    .bind(path.to_owned())
    .bind(i64::from(kept))
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets every answer to a device.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_device(db: &mut AnyConnection, device_key: &[u8; 32]) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM answer WHERE device_key = $1")
        .bind(device_key.to_vec())
        .execute(db)
        .await?;
    Ok(())
}

/// Forgets answers made before `time`, not more than `most` rows; gives how many went.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_before(db: &mut AnyConnection, time: u64, most: u32) -> Result<u64, StoreError> {
    let sql = "DELETE FROM answer WHERE (device_key, idempotency_key) IN (SELECT device_key, idempotency_key FROM answer WHERE made_at < $1 LIMIT $2)";
    super::forget(db, sql, time, most).await
}
