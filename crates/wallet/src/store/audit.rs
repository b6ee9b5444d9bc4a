//! Tables `audit_entry` and `audit_asked`: what the province's audit log says about this person, as of when it was asked.

use credential::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};

use super::{from_sql, to_sql};
use crate::error::StoreError;
use crate::opaque::opaque_debug;

opaque_debug!(Entry);

/// One entry.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// In the province's log of all.
    pub(crate) number: u64,
    pub(crate) at: Timestamp,
    pub(crate) role: String,
    pub(crate) actor: String,
    pub(crate) action: String,
    /// A JSON object.
    pub(crate) detail: String,
}

/// That it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) at: Timestamp,
    /// The province has entries with lower numbers than this one that are not here.
    pub(crate) earlier: Option<u64>,
}

/// When it was asked last; nothing before the first time.
pub(crate) fn asked(database: &Connection) -> Result<Option<Asked>, StoreError> {
    let row = database
        .query_row("SELECT at, earlier FROM audit_asked WHERE id = 1", [], |row| {
            Ok(Asked {
                at: Timestamp::from_unix(from_sql(row.get(0)?)),
                earlier: row.get::<_, Option<i64>>(1)?.map(from_sql),
            })
        })
        .optional()?;
    Ok(row)
}

/// Notes that it was asked.
pub(crate) fn set_asked(database: &Connection, asked: Asked) -> Result<(), StoreError> {
    database.execute(
        "INSERT OR REPLACE INTO audit_asked (id, at, earlier) VALUES (1, ?1, ?2)",
        (to_sql(asked.at.unix()), asked.earlier.map(to_sql)),
    )?;
    Ok(())
}

/// All entries, the newest first.
pub(crate) fn all(database: &Connection) -> Result<Vec<Entry>, StoreError> {
    let mut statement = database
        .prepare("SELECT number, at, role, actor, action, detail FROM audit_entry ORDER BY number DESC")?;
    let rows = statement.query_map([], |row| {
        Ok(Entry {
            number: from_sql(row.get(0)?),
            at: Timestamp::from_unix(from_sql(row.get(1)?)),
            role: row.get(2)?,
            actor: row.get(3)?,
            action: row.get(4)?,
            detail: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The number of the newest.
pub(crate) fn newest(database: &Connection) -> Result<Option<u64>, StoreError> {
    let newest: Option<i64> =
        database.query_row("SELECT max(number) FROM audit_entry", [], |row| row.get(0))?;
    Ok(newest.map(from_sql))
}

/// Keeps one; what was under its number before goes.
pub(crate) fn put(database: &Connection, entry: &Entry) -> Result<(), StoreError> {
    database.execute(
        "INSERT OR REPLACE INTO audit_entry (number, at, role, actor, action, detail) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (
            to_sql(entry.number),
            to_sql(entry.at.unix()),
            &entry.role,
            &entry.actor,
            &entry.action,
            &entry.detail,
        ),
    )?;
    Ok(())
}

/// Deletes all of them.
pub(crate) fn delete_all(database: &Connection) -> Result<(), StoreError> {
    database.execute("DELETE FROM audit_entry", [])?;
    Ok(())
}

/// Deletes those from this number on.
pub(crate) fn delete_from(database: &Connection, number: u64) -> Result<(), StoreError> {
    database.execute("DELETE FROM audit_entry WHERE number >= ?1", [to_sql(number)])?;
    Ok(())
}

/// Deletes all but so many of the newest; says which number is the lowest left, if any went.
pub(crate) fn trim(database: &Connection, most: u32) -> Result<Option<u64>, StoreError> {
    let rows = database.execute(
        "DELETE FROM audit_entry WHERE number NOT IN \
         (SELECT number FROM audit_entry ORDER BY number DESC LIMIT ?1)",
        [most],
    )?;
    if rows == 0 {
        return Ok(None);
    }
    let lowest: Option<i64> =
        database.query_row("SELECT min(number) FROM audit_entry", [], |row| row.get(0))?;
    Ok(lowest.map(from_sql))
}
