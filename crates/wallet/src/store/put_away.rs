//! Table `put_away`: grants that the citizen deleted from this phone.

use credential::Timestamp;
use rusqlite::Connection;

use super::{from_sql, to_sql};
use crate::error::StoreError;

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PutAway {
    pub(crate) id: i64,
    pub(crate) vct: String,
    pub(crate) at: Timestamp,
}

/// Notes that this grant is not wanted on this phone.
pub(crate) fn insert(
    database: &Connection,
    (vct, grant): (&str, u64),
    now: Timestamp,
) -> Result<(), StoreError> {
    database.execute(
        "INSERT OR REPLACE INTO put_away (vct, grant_no, at) VALUES (?1, ?2, ?3)",
        (vct, to_sql(grant), to_sql(now.unix())),
    )?;
    Ok(())
}

/// All of them that the province still offers, those that were deleted last first.
pub(crate) fn all(database: &Connection) -> Result<Vec<PutAway>, StoreError> {
    let mut statement = database.prepare(
        "SELECT put_away.id, vct, at FROM put_away JOIN offer USING (vct, grant_no) ORDER BY at DESC, put_away.id DESC",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(PutAway {
            id: row.get(0)?,
            vct: row.get(1)?,
            at: Timestamp::from_unix(from_sql(row.get(2)?)),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Wants one back; says whether it was there.
pub(crate) fn delete(database: &Connection, id: i64) -> Result<bool, StoreError> {
    Ok(database.execute("DELETE FROM put_away WHERE id = ?1", [id])? > 0)
}
