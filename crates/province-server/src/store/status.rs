//! Tables `status_list`, `status_entry`, `status_mark`: the lists, who has which index, and which bits are set.

use credential::{Shape, StatusPurpose};
use sqlx::AnyConnection;
use sqlx::Row as _;

use super::{StoreError, seconds, unsigned};

/// Makes a list with these bitmaps.
///
/// # Errors
/// [`StoreError`], [`StoreError::is_taken`] if there is a list of this name.
pub async fn make_list(
    db: &mut AnyConnection,
    list: &str,
    shape: Shape,
    purposes: &[StatusPurpose],
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO status_list (name, shards, shard_bits) VALUES ($1, $2, $3)")
        .bind(list.to_owned())
        .bind(i64::from(shape.shards()))
        .bind(i64::from(shape.shard_bits()))
        .execute(&mut *db)
        .await?;
    for purpose in purposes {
        sqlx::query("INSERT INTO status_bitmap (list, purpose) VALUES ($1, $2)")
            .bind(list.to_owned())
            .bind(purpose.as_str())
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// Every list with its shape, by name.
///
/// # Errors
/// [`StoreError`].
pub async fn lists(db: &mut AnyConnection) -> Result<Vec<(String, Shape)>, StoreError> {
    sqlx::query("SELECT name, shards, shard_bits FROM status_list ORDER BY name")
        .fetch_all(db)
        .await?
        .iter()
        .map(|row| Ok((row.try_get("name")?, shape_of(row)?)))
        .collect()
}

/// The shape of a list; `None` if there is no such list.
///
/// # Errors
/// [`StoreError`].
pub async fn shape(db: &mut AnyConnection, list: &str) -> Result<Option<Shape>, StoreError> {
    let row = sqlx::query("SELECT shards, shard_bits FROM status_list WHERE name = $1")
        .bind(list.to_owned())
        .fetch_optional(db)
        .await?;
    row.as_ref().map(shape_of).transpose()
}

fn shape_of(row: &sqlx::any::AnyRow) -> Result<Shape, StoreError> {
    Shape::new(unsigned(row, "shards")?, unsigned(row, "shard_bits")?).map_err(|_| StoreError::Form)
}

/// Draws an index; `false` if it was drawn before.
///
/// # Errors
/// [`StoreError`].
pub async fn draw(db: &mut AnyConnection, list: &str, index: u32) -> Result<bool, StoreError> {
    let done = sqlx::query("INSERT INTO status_entry (list, idx) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(list.to_owned())
        .bind(i64::from(index))
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// How many of the indices below `end` were drawn.
///
/// # Errors
/// [`StoreError`].
pub async fn drawn_below(db: &mut AnyConnection, list: &str, end: u32) -> Result<u64, StoreError> {
    let row = sqlx::query("SELECT COUNT(*) AS n FROM status_entry WHERE list = $1 AND idx < $2")
        .bind(list.to_owned())
        .bind(i64::from(end))
        .fetch_one(db)
        .await?;
    unsigned(&row, "n")
}

/// Sets a bit; `false` if it was set before.
///
/// # Errors
/// [`StoreError`].
pub async fn set(
    db: &mut AnyConnection,
    list: &str,
    purpose: StatusPurpose,
    index: u32,
    now: u64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO status_mark (list, purpose, idx, set_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    )
    .bind(list.to_owned())
    .bind(purpose.as_str())
    .bind(i64::from(index))
    .bind(seconds(now)?)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Clears a bit; `false` if it was clear before.
///
/// # Errors
/// [`StoreError`].
pub async fn clear(
    db: &mut AnyConnection,
    list: &str,
    purpose: StatusPurpose,
    index: u32,
) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM status_mark WHERE list = $1 AND purpose = $2 AND idx = $3")
        .bind(list.to_owned())
        .bind(purpose.as_str())
        .bind(i64::from(index))
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether a bit is set.
///
/// # Errors
/// [`StoreError`].
pub async fn is_set(
    db: &mut AnyConnection,
    list: &str,
    purpose: StatusPurpose,
    index: u32,
) -> Result<bool, StoreError> {
    let row =
        sqlx::query("SELECT COUNT(*) AS n FROM status_mark WHERE list = $1 AND purpose = $2 AND idx = $3")
            .bind(list.to_owned())
            .bind(purpose.as_str())
            .bind(i64::from(index))
            .fetch_one(db)
            .await?;
    Ok(row.try_get::<i64, _>("n")? > 0)
}
