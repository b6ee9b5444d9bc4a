//! Table `offer`: what the province lets this citizen draw.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::credential::Which;
use super::{from_sql, to_sql};
use crate::error::StoreError;

/// All of it: which grant of each, 0 for what is no document.
pub(crate) fn all(database: &Connection) -> Result<BTreeMap<Which, u64>, StoreError> {
    read(database, "SELECT vct, no, grant_no FROM offer")
}

/// Those of them that are wanted on this phone: without the documents that the citizen deleted from it.
pub(crate) fn wanted(database: &Connection) -> Result<BTreeMap<Which, u64>, StoreError> {
    read(
        database,
        "SELECT vct, no, grant_no FROM offer WHERE NOT EXISTS (\
           SELECT 1 FROM put_away WHERE put_away.vct = offer.vct AND put_away.no = offer.no \
             AND put_away.grant_no = offer.grant_no)",
    )
}

fn read(database: &Connection, sql: &str) -> Result<BTreeMap<Which, u64>, StoreError> {
    let mut statement = database.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut offers = BTreeMap::new();
    while let Some(row) = rows.next()? {
        offers.insert(Which::read(row, (0, 1))?, from_sql(row.get(2)?));
    }
    Ok(offers)
}

/// Keeps what was said last in place of what was said before.
pub(crate) fn replace(database: &Connection, offers: &BTreeMap<Which, u64>) -> Result<(), StoreError> {
    database.execute("DELETE FROM offer", [])?;
    for (which, grant) in offers {
        database.execute(
            "INSERT INTO offer (vct, no, grant_no) VALUES (?1, ?2, ?3)",
            (which.vct.as_str(), which.no, to_sql(*grant)),
        )?;
    }
    Ok(())
}
