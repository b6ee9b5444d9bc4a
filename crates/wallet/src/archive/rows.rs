//! Tables that travel as they are: the history, column by column, whatever a later version adds to it.

use province_api::Bytes;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};
use serde::{Deserialize, Serialize};

use super::{ArchiveError, EnterError};
use crate::error::StoreError;
use crate::opaque::opaque_debug;

opaque_debug!(Rows, Cell);

/// The tables, none of which holds a key. `id`, which only orders the rows, is given anew.
const TABLES: [&str; 5] = [
    "showing",
    "service_event",
    "past_document",
    "put_away",
    "application",
];
const ID: &str = "id";

/// The rows of one table, in their order.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the names are those in the file")]
pub(crate) struct Rows {
    table: String,
    columns: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

/// One value of SQLite's; ours are never floating.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Cell {
    Null(()),
    Integer(i64),
    Text(String),
    Blob([Bytes; 1]),
}

impl TryFrom<ValueRef<'_>> for Cell {
    type Error = StoreError;

    fn try_from(value: ValueRef<'_>) -> Result<Self, StoreError> {
        Ok(match value {
            ValueRef::Null => Self::Null(()),
            ValueRef::Integer(number) => Self::Integer(number),
            ValueRef::Text(text) => {
                Self::Text(String::from_utf8(text.to_vec()).map_err(|_| StoreError::Row)?)
            }
            ValueRef::Blob(bytes) => Self::Blob([Bytes(bytes.to_vec())]),
            ValueRef::Real(_) => return Err(StoreError::Row),
        })
    }
}

impl ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null(()) => ToSqlOutput::Owned(Value::Null),
            Self::Integer(number) => ToSqlOutput::Owned(Value::Integer(*number)),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Blob([bytes]) => ToSqlOutput::Borrowed(ValueRef::Blob(&bytes.0)),
        })
    }
}

/// All rows of all tables.
pub(super) fn all(database: &Connection) -> Result<Vec<Rows>, StoreError> {
    let mut tables = Vec::new();
    for table in TABLES {
        let columns = columns(database, table)?;
        let mut statement = database.prepare(&format!(
            "SELECT {} FROM {table} ORDER BY {ID}",
            columns.join(", ")
        ))?;
        let mut found = statement.query([])?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            let cells = 0..columns.len();
            let cells = cells.map(|at| row.get_ref(at).map_err(StoreError::from)?.try_into());
            rows.push(cells.collect::<Result<_, StoreError>>()?);
        }
        drop(found);
        tables.push(Rows {
            table: table.to_owned(),
            columns,
            rows,
        });
    }
    Ok(tables)
}

/// Whether the tables are empty.
pub(super) fn are_none(database: &Connection) -> Result<bool, StoreError> {
    for table in TABLES {
        let some = format!("SELECT EXISTS (SELECT 1 FROM {table})");
        if database.query_row(&some, [], |row| row.get(0))? {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Rows {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Puts the rows in. A name that this database does not have never reaches SQL.
    pub(super) fn enter(&self, database: &Connection) -> Result<(), EnterError> {
        let table = TABLES.iter().find(|table| **table == self.table);
        let table = *table.ok_or(ArchiveError::Malformed)?;
        let known = columns(database, table)?;
        if self.columns.is_empty() || !self.columns.iter().all(|column| known.contains(column)) {
            return Err(ArchiveError::Malformed.into());
        }
        let places = vec!["?"; self.columns.len()].join(", ");
        let mut statement = database
            .prepare(&format!(
                "INSERT INTO {table} ({}) VALUES ({places})",
                self.columns.join(", ")
            ))
            // The same column twice.
            .map_err(|_| ArchiveError::Malformed)?;
        for row in &self.rows {
            if row.len() != self.columns.len() {
                return Err(ArchiveError::Malformed.into());
            }
            statement
                .execute(params_from_iter(row))
                .map_err(|error| match error.sqlite_error_code() {
                    // A value that no version of ours writes.
                    Some(rusqlite::ErrorCode::ConstraintViolation) => ArchiveError::Malformed.into(),
                    _ => EnterError::from(error),
                })?;
        }
        Ok(())
    }
}

fn columns(database: &Connection, table: &str) -> Result<Vec<String>, StoreError> {
    let mut statement =
        database.prepare("SELECT name FROM pragma_table_info(?1) WHERE name <> ?2 ORDER BY cid")?;
    let names = statement.query_map([table, ID], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

#[cfg(test)]
impl Rows {
    /// Under another name, with another first column.
    pub(super) fn rename(&mut self, table: &str, first: Option<&str>) {
        table.clone_into(&mut self.table);
        if let (Some(column), Some(place)) = (first, self.columns.first_mut()) {
            column.clone_into(place);
        }
    }

    /// With a row that lacks a cell.
    pub(super) fn shorten(&mut self) {
        self.rows.iter_mut().for_each(|row| drop(row.pop()));
    }
}
