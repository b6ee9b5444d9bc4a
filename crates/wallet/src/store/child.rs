//! Table `child`: what the children are called whose documents this citizen holds, or held.

use rusqlite::{Connection, OptionalExtension as _, Row};

use crate::error::StoreError;
use crate::screen::Child;

/// The child with this number; nothing for the citizen's own number, which is 0. A child whose documents never came here
/// has no name.
pub(crate) fn find(database: &Connection, no: u32) -> Result<Option<Child>, StoreError> {
    if no == 0 {
        return Ok(None);
    }
    let found = database
        .query_row("SELECT no, name_en, name_ur FROM child WHERE no = ?1", [no], read)
        .optional()?;
    Ok(Some(found.unwrap_or(Child {
        no,
        name_en: String::new(),
        name_ur: String::new(),
    })))
}

/// All of them, by number.
pub(crate) fn all(database: &Connection) -> Result<Vec<Child>, StoreError> {
    let mut statement = database.prepare("SELECT no, name_en, name_ur FROM child ORDER BY no")?;
    let rows = statement.query_map([], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Keeps what a child is called, in place of what it was called before.
pub(crate) fn save(database: &Connection, child: &Child) -> Result<(), StoreError> {
    database.execute(
        "INSERT OR REPLACE INTO child (no, name_en, name_ur) VALUES (?1, ?2, ?3)",
        (child.no, &child.name_en, &child.name_ur),
    )?;
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<Child> {
    Ok(Child {
        no: row.get(0)?,
        name_en: row.get(1)?,
        name_ur: row.get(2)?,
    })
}
