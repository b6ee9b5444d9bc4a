//! Table `challenge`: challenges that devices have not used yet.

use sqlx::AnyConnection;

use super::{StoreError, array, seconds, unsigned};

/// Keeps a challenge for a device.
///
/// # Errors
/// [`StoreError`].
pub async fn add(
    db: &mut AnyConnection,
    challenge: &[u8; 16],
    device_key: &[u8; 32],
    idempotency_key: &[u8; 16],
    expires_at: u64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO challenge (challenge, device_key, idempotency_key, expires_at) VALUES ($1, $2, $3, $4)",
    )
    .bind(challenge.to_vec())
    .bind(device_key.to_vec())
    .bind(idempotency_key.to_vec())
    .bind(seconds(expires_at)?)
    .execute(db)
    .await?;
    Ok(())
}

/// The challenge, and its end, that a device was given under this key and has not used.
///
/// # Errors
/// [`StoreError`].
pub async fn given(
    db: &mut AnyConnection,
    device_key: &[u8; 32],
    idempotency_key: &[u8; 16],
) -> Result<Option<([u8; 16], u64)>, StoreError> {
    sqlx::query("SELECT challenge, expires_at FROM challenge WHERE device_key = $1 AND idempotency_key = $2")
        .bind(device_key.to_vec())
        .bind(idempotency_key.to_vec())
        .fetch_optional(db)
        .await?
        .map(|row| Ok((array(&row, "challenge")?, unsigned(&row, "expires_at")?)))
        .transpose()
}

/// Forgets every challenge of a device.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_device(db: &mut AnyConnection, device_key: &[u8; 32]) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM challenge WHERE device_key = $1")
        .bind(device_key.to_vec())
        .execute(db)
        .await?;
    Ok(())
}

/// Uses a challenge up; `false` if this device has no such challenge that still serves.
///
/// # Errors
/// [`StoreError`].
pub async fn take(
    db: &mut AnyConnection,
    challenge: &[u8],
    device_key: &[u8; 32],
    now: u64,
) -> Result<bool, StoreError> {
    let done =
        sqlx::query("DELETE FROM challenge WHERE challenge = $1 AND device_key = $2 AND expires_at >= $3")
            .bind(challenge.to_vec())
            .bind(device_key.to_vec())
            .bind(seconds(now)?)
            .execute(db)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets a device's challenges that no longer serve. (Not all devices': two that forget the same ones at once would
/// wait for each other.)
///
/// # Errors
/// [`StoreError`].
pub async fn forget_expired_of(
    db: &mut AnyConnection,
    device_key: &[u8; 32],
    now: u64,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM challenge WHERE device_key = $1 AND expires_at < $2")
        .bind(device_key.to_vec())
        .bind(seconds(now)?)
        .execute(db)
        .await?;
    Ok(())
}

/// Forgets challenges that no longer serve, not more than `most` rows; gives how many went.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_expired(db: &mut AnyConnection, now: u64, most: u32) -> Result<u64, StoreError> {
    let sql = "DELETE FROM challenge WHERE challenge IN (SELECT challenge FROM challenge WHERE expires_at < $1 LIMIT $2)";
    super::forget(db, sql, now, most).await
}

/// How many challenges a device holds.
///
/// # Errors
/// [`StoreError`].
pub async fn held(db: &mut AnyConnection, device_key: &[u8; 32]) -> Result<u32, StoreError> {
    let row = sqlx::query("SELECT COUNT(*) AS n FROM challenge WHERE device_key = $1")
        .bind(device_key.to_vec())
        .fetch_one(db)
        .await?;
    unsigned(&row, "n")
}
