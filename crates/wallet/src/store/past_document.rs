//! Table `past_document`: the last copies of documents that ended at the province.

use credential::Timestamp;
use rusqlite::Connection;

use super::credential::Which;
use super::{from_sql, to_sql};
use crate::error::StoreError;
use crate::opaque::opaque_debug;

opaque_debug!(PastDocument);

/// Why a document ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// The province withdrew it.
    Withdrawn,
    /// The province granted it anew.
    Replaced,
}

impl Why {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Withdrawn => "withdrawn",
            Self::Replaced => "replaced",
        }
    }
}

/// One of them.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PastDocument {
    pub(crate) id: i64,
    pub(crate) which: Which,
    /// As its issuer signed it.
    pub(crate) raw: Vec<u8>,
    /// When this phone learned of it.
    pub(crate) ended_at: Timestamp,
    pub(crate) why: Why,
}

/// Keeps the last copy of a document.
pub(crate) fn insert(
    database: &Connection,
    which: Which,
    raw: &[u8],
    (ended_at, why): (Timestamp, Why),
) -> Result<(), StoreError> {
    database.execute(
        "INSERT INTO past_document (vct, no, raw, ended_at, why) VALUES (?1, ?2, ?3, ?4, ?5)",
        (
            which.vct.as_str(),
            which.no,
            raw,
            to_sql(ended_at.unix()),
            why.as_str(),
        ),
    )?;
    Ok(())
}

/// All of them, those that ended last first.
pub(crate) fn all(database: &Connection) -> Result<Vec<PastDocument>, StoreError> {
    let mut statement = database.prepare(
        "SELECT id, raw, ended_at, why, vct, no FROM past_document ORDER BY ended_at DESC, id DESC",
    )?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let why: String = row.get(3)?;
        let why = [Why::Withdrawn, Why::Replaced]
            .into_iter()
            .find(|one| one.as_str() == why);
        all.push(PastDocument {
            id: row.get(0)?,
            which: Which::read(row, (4, 5))?,
            raw: row.get(1)?,
            ended_at: Timestamp::from_unix(from_sql(row.get(2)?)),
            why: why.ok_or(StoreError::Row)?,
        });
    }
    Ok(all)
}

/// Deletes one; says whether it was there.
pub(crate) fn delete(database: &Connection, id: i64) -> Result<bool, StoreError> {
    Ok(database.execute("DELETE FROM past_document WHERE id = ?1", [id])? > 0)
}
