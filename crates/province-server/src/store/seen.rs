//! Table `seen`: signed requests that came, so that a copy is told from a new one.

use sqlx::AnyConnection;

use super::{StoreError, seconds};

/// Notes a request; `false` if it came before.
///
/// # Errors
/// [`StoreError`].
pub async fn add(
    db: &mut AnyConnection,
    device_key: &[u8; 32],
    nonce: &[u8; 16],
    until: u64,
) -> Result<bool, StoreError> {
    let done =
        sqlx::query("INSERT INTO seen (device_key, nonce, until) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
            .bind(device_key.to_vec())
            .bind(nonce.to_vec())
            .bind(seconds(until)?)
            .execute(db)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets requests that are refused by their own end.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_ended(db: &mut AnyConnection, now: u64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM seen WHERE until < $1")
        .bind(seconds(now)?)
        .execute(db)
        .await?;
    Ok(())
}
