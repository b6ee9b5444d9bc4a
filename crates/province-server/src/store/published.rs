//! Table `published`: a number that rises with every publication, whoever publishes.

use sqlx::AnyConnection;
use sqlx::Row as _;

use super::StoreError;

/// The number.
///
/// # Errors
/// [`StoreError`].
pub async fn version(db: &mut AnyConnection) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT version FROM published WHERE id = 1")
        .fetch_one(db)
        .await?;
    Ok(row.try_get("version")?)
}
