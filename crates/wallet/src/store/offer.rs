//! Table `offer`: what the province lets this citizen draw.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::{from_sql, to_sql};
use crate::error::StoreError;

/// All of it: which grant of each kind, 0 for what is no document.
pub(crate) fn all(database: &Connection) -> Result<BTreeMap<String, u64>, StoreError> {
    let mut statement = database.prepare("SELECT vct, grant_no FROM offer")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, from_sql(row.get(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Those of them that are wanted on this phone: without the documents that the citizen deleted from it.
pub(crate) fn wanted(database: &Connection) -> Result<BTreeMap<String, u64>, StoreError> {
    let mut statement = database.prepare(
        "SELECT vct, grant_no FROM offer WHERE NOT EXISTS (\
           SELECT 1 FROM put_away WHERE put_away.vct = offer.vct AND put_away.grant_no = offer.grant_no)",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, from_sql(row.get(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Keeps what was said last in place of what was said before.
pub(crate) fn replace(database: &Connection, offers: &BTreeMap<String, u64>) -> Result<(), StoreError> {
    database.execute("DELETE FROM offer", [])?;
    for (vct, grant) in offers {
        database.execute(
            "INSERT INTO offer (vct, grant_no) VALUES (?1, ?2)",
            (vct, to_sql(*grant)),
        )?;
    }
    Ok(())
}
