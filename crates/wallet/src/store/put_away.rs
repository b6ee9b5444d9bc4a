//! Table `put_away`: grants that the citizen deleted from this phone.

use credential::Timestamp;
use rusqlite::Connection;

use super::credential::Which;
use super::{from_sql, to_sql};
use crate::error::StoreError;

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PutAway {
    pub(crate) id: i64,
    pub(crate) which: Which,
    pub(crate) at: Timestamp,
}

/// Notes that this grant is not wanted on this phone.
pub(crate) fn insert(
    database: &Connection,
    (which, grant): (Which, u64),
    now: Timestamp,
) -> Result<(), StoreError> {
    database.execute(
        "INSERT OR REPLACE INTO put_away (vct, no, grant_no, at) VALUES (?1, ?2, ?3, ?4)",
        (which.vct.as_str(), which.no, to_sql(grant), to_sql(now.unix())),
    )?;
    Ok(())
}

/// All of them that the province still offers, those that were deleted last first.
pub(crate) fn all(database: &Connection) -> Result<Vec<PutAway>, StoreError> {
    let mut statement = database.prepare(
        "SELECT put_away.id, vct, no, at FROM put_away JOIN offer USING (vct, no, grant_no) \
         ORDER BY at DESC, put_away.id DESC",
    )?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(PutAway {
            id: row.get(0)?,
            which: Which::read(row, (1, 2))?,
            at: Timestamp::from_unix(from_sql(row.get(3)?)),
        });
    }
    Ok(all)
}

/// Wants one back; says whether it was there.
pub(crate) fn delete(database: &Connection, id: i64) -> Result<bool, StoreError> {
    Ok(database.execute("DELETE FROM put_away WHERE id = ?1", [id])? > 0)
}
