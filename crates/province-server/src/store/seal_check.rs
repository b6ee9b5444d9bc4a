//! Table `seal_check`: what tells whether a data key is the one of this database.

use sqlx::AnyConnection;
use sqlx::Row as _;

use super::StoreError;

/// Keeps the check value.
///
/// # Errors
/// [`StoreError`], [`StoreError::is_taken`] if there is one.
pub async fn add(db: &mut AnyConnection, sealed: &[u8]) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO seal_check (id, sealed) VALUES (1, $1)")
        .bind(sealed.to_vec())
        .execute(db)
        .await?;
    Ok(())
}

/// The check value.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: &mut AnyConnection) -> Result<Option<Vec<u8>>, StoreError> {
    let row = sqlx::query("SELECT sealed FROM seal_check WHERE id = 1")
        .fetch_optional(db)
        .await?;
    Ok(row.map(|row| row.try_get("sealed")).transpose()?)
}

/// Writes the row as it is.
///
/// # Errors
/// [`StoreError`].
pub async fn touch(db: &mut AnyConnection) -> Result<(), StoreError> {
    sqlx::query("UPDATE seal_check SET sealed = sealed WHERE id = 1")
        .execute(db)
        .await?;
    Ok(())
}
