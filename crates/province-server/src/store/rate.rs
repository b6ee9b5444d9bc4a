//! Table `rate`: how much somebody asked for in a minute, over all servers.

use sqlx::{AnyConnection, Row as _};

use super::{StoreError, array, seconds, values};
use crate::sealed::BlindIndex;

/// Adds costs of a minute; gives what each subject's are now, over all servers.
///
/// # Errors
/// [`StoreError`].
pub async fn add_all(
    db: &mut AnyConnection,
    minute: u64,
    costs: &[(BlindIndex, u64)],
) -> Result<Vec<([u8; 32], u64)>, StoreError> {
    if costs.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "INSERT INTO rate (subject, minute, cost) VALUES {}
         ON CONFLICT (subject, minute) DO UPDATE SET cost = rate.cost + excluded.cost RETURNING subject, cost",
        values(costs.len(), 3)
    );
    // Only numbers of parameters were put in.
    let mut insert = sqlx::query(sqlx::AssertSqlSafe(sql));
    for (subject, cost) in costs {
        insert = insert
            .bind(subject.as_bytes().to_vec())
            .bind(seconds(minute)?)
            .bind(seconds(*cost)?);
    }
    let rows = insert.fetch_all(db).await?;
    rows.iter()
        .map(|row| {
            let cost: i64 = row.try_get("cost")?;
            Ok((
                array(row, "subject")?,
                u64::try_from(cost).map_err(|_| StoreError::Form)?,
            ))
        })
        .collect()
}

/// Forgets the minutes before this one, not more than `most` rows; gives how many went.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_before(db: &mut AnyConnection, minute: u64, most: u32) -> Result<u64, StoreError> {
    let sql = "DELETE FROM rate WHERE (subject, minute) IN (SELECT subject, minute FROM rate WHERE minute < $1 LIMIT $2)";
    super::forget(db, sql, minute, most).await
}
