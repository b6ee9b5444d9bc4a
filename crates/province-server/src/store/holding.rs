//! Table `holding`: the documents that citizens hold.

use sqlx::AnyConnection;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{StoreError, seconds, unsigned};
use crate::sealed::PersonId;

/// One document of one citizen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Its kind.
    pub vct: String,
    /// Whose: 0 is the citizen's own, else the child with this number in `ward`.
    pub no: u32,
    /// What it says, sealed.
    pub sealed: Vec<u8>,
    /// List and index of its status bit, if its kind has one.
    pub status: Option<(String, u32)>,
    /// When it was granted, unix seconds.
    pub granted_at: u64,
}

const COLUMNS: &str = "vct, no, sealed, status_list, status_index, granted_at";

/// All documents of a citizen.
///
/// # Errors
/// [`StoreError`].
pub async fn all(db: &mut AnyConnection, person: &PersonId) -> Result<Vec<Holding>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM holding WHERE person = $1 ORDER BY vct, no");
    // Both parts are constants of this module.
    sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(person.as_bytes().to_vec())
        .fetch_all(db)
        .await?
        .iter()
        .map(read)
        .collect()
}

pub(super) fn read(row: &AnyRow) -> Result<Holding, StoreError> {
    let list: Option<String> = row.try_get("status_list")?;
    Ok(Holding {
        vct: row.try_get("vct")?,
        no: unsigned(row, "no")?,
        sealed: row.try_get("sealed")?,
        status: match list {
            Some(list) => Some((list, unsigned(row, "status_index")?)),
            None => None,
        },
        granted_at: unsigned(row, "granted_at")?,
    })
}

/// Keeps a document in place of the one of the same kind and person.
///
/// # Errors
/// [`StoreError`].
pub async fn put(db: &mut AnyConnection, person: &PersonId, holding: &Holding) -> Result<(), StoreError> {
    remove(db, person, holding).await?;
    let (list, index) = match &holding.status {
        Some((list, index)) => (Some(list.clone()), Some(i64::from(*index))),
        None => (None, None),
    };
    sqlx::query(
        "INSERT INTO holding (person, vct, no, sealed, status_list, status_index, granted_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(person.as_bytes().to_vec())
    .bind(holding.vct.clone())
    .bind(i64::from(holding.no))
    .bind(holding.sealed.clone())
    .bind(list)
    .bind(index)
    .bind(seconds(holding.granted_at)?)
    .execute(db)
    .await?;
    Ok(())
}

/// Takes a document from a citizen.
///
/// # Errors
/// [`StoreError`].
pub async fn remove(db: &mut AnyConnection, person: &PersonId, holding: &Holding) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM holding WHERE person = $1 AND vct = $2 AND no = $3")
        .bind(person.as_bytes().to_vec())
        .bind(holding.vct.clone())
        .bind(i64::from(holding.no))
        .execute(db)
        .await?;
    Ok(())
}
