//! The past as one list: rows of `showing` and `service_event`, by time, in pages, found by words.

use credential::Timestamp;
use rusqlite::Connection;

use super::to_sql;
use crate::error::StoreError;

/// Names one row of the past: its moment, its number and its table in one number. The newest is the highest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key(i64);

/// Bits of a key below the moment.
const MOMENT: u32 = 30;
const NUMBER_MASK: i64 = (1 << (MOMENT - 1)) - 1;

/// The table that a row is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    Showing,
    ServiceEvent,
}

impl Key {
    /// From the text that a screen was given.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }

    /// Where the row is.
    pub(crate) fn place(self) -> (Table, i64) {
        let table = if self.0 & 1 == 0 {
            Table::Showing
        } else {
            Table::ServiceEvent
        };
        (table, (self.0 >> 1) & NUMBER_MASK)
    }

    fn moment(self) -> i64 {
        self.0 >> MOMENT
    }

    fn of(table: Table, at: i64, id: i64) -> Self {
        let last = match table {
            Table::Showing => 0,
            Table::ServiceEvent => 1,
        };
        Self((at << MOMENT) | (id << 1) | last)
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The newest rows before `before`, at most `limit`.
pub(crate) fn newest(database: &Connection, before: Option<Key>, limit: u32) -> Result<Vec<Key>, StoreError> {
    let mut keys = Vec::new();
    for (table, sql) in [
        (
            Table::Showing,
            "SELECT at, id FROM showing WHERE at <= ?1 AND ((at << 30) | (id << 1)) < ?2 ORDER BY at DESC, id DESC LIMIT ?3",
        ),
        (
            Table::ServiceEvent,
            "SELECT at, id FROM service_event WHERE at <= ?1 AND ((at << 30) | (id << 1) | 1) < ?2 \
             ORDER BY at DESC, id DESC LIMIT ?3",
        ),
    ] {
        let (at, number) = before.map_or((i64::MAX, i64::MAX), |key| (key.moment(), key.0));
        let mut statement = database.prepare_cached(sql)?;
        let rows = statement.query_map((at, number, limit), |row| {
            Ok(Key::of(table, row.get(0)?, row.get(1)?))
        })?;
        for key in rows {
            keys.push(key?);
        }
    }
    keys.sort_unstable_by(|one, other| other.cmp(one));
    keys.truncate(limit as usize);
    Ok(keys)
}

/// The newest rows before `before` that answer a question of `search::query`, at most `limit`.
pub(crate) fn found(
    database: &Connection,
    expression: &str,
    before: Option<Key>,
    limit: u32,
) -> Result<Vec<Key>, StoreError> {
    let mut statement = database.prepare_cached(
        "SELECT rowid FROM history_search WHERE history_search MATCH ?1 AND rowid < ?2 ORDER BY rowid DESC LIMIT ?3",
    )?;
    let before = before.map_or(i64::MAX, |key| key.0);
    let rows = statement.query_map((expression, before, limit), |row| row.get(0).map(Key))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Forgets one row. One that is gone already is no error.
pub(crate) fn delete(database: &Connection, key: Key) -> Result<(), StoreError> {
    let (table, id) = key.place();
    database.execute(
        match table {
            Table::Showing => "DELETE FROM showing WHERE id = ?1",
            Table::ServiceEvent => "DELETE FROM service_event WHERE id = ?1",
        },
        [id],
    )?;
    Ok(())
}

/// Forgets every row from a moment on and before another; says how many there were.
pub(crate) fn delete_between(
    database: &Connection,
    from: Timestamp,
    before: Timestamp,
) -> Result<usize, StoreError> {
    let between = (to_sql(from.unix()), to_sql(before.unix()));
    let showings = database.execute("DELETE FROM showing WHERE at >= ?1 AND at < ?2", between)?;
    let events = database.execute("DELETE FROM service_event WHERE at >= ?1 AND at < ?2", between)?;
    Ok(showings + events)
}
