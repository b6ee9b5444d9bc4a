//! Table `credential`: the stock of passes.

use credential::{Timestamp, Vct};
use rusqlite::{Connection, OptionalExtension as _, Row};

use super::{from_sql, to_sql};
use crate::error::StoreError;
use crate::opaque::opaque_debug;

opaque_debug!(Stored);

/// A pass to be stored.
pub(crate) struct New<'a> {
    pub(crate) vct: Vct,
    pub(crate) raw: &'a [u8],
    pub(crate) holder_index: u64,
    pub(crate) starts_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// A stored pass.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) id: i64,
    pub(crate) raw: Vec<u8>,
    pub(crate) holder_index: u64,
    /// Shown before.
    pub(crate) shown: bool,
}

/// How many there are of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stock {
    /// Never shown, in date.
    pub(crate) left: u32,
    /// In date, shown or not.
    pub(crate) total: u32,
    /// The first of those that are left to expire.
    pub(crate) expires_at: Option<Timestamp>,
}

/// Keeps a pass.
pub(crate) fn insert(database: &Connection, pass: &New<'_>) -> Result<(), StoreError> {
    database.execute(
        "INSERT INTO credential (vct, raw, holder_index, starts_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        (
            pass.vct.as_str(),
            pass.raw,
            to_sql(pass.holder_index),
            to_sql(pass.starts_at.unix()),
            to_sql(pass.expires_at.unix()),
        ),
    )?;
    Ok(())
}

/// The pass to show: never shown and first to expire; else, of those in date, the one shown last.
pub(crate) fn next_to_show(
    database: &Connection,
    vct: Vct,
    now: Timestamp,
) -> Result<Option<Stored>, StoreError> {
    Ok(database
        .query_row(
            "SELECT id, raw, holder_index, shown_at FROM credential \
             WHERE vct = ?1 AND starts_at <= ?2 AND expires_at > ?2 \
             ORDER BY shown_at IS NOT NULL, CASE WHEN shown_at IS NULL THEN expires_at END, shown_at DESC, id \
             LIMIT 1",
            (vct.as_str(), to_sql(now.unix())),
            read,
        )
        .optional()?)
}

/// The newest pass of a kind, in date or not.
pub(crate) fn newest(database: &Connection, vct: Vct) -> Result<Option<Stored>, StoreError> {
    Ok(database
        .query_row(
            "SELECT id, raw, holder_index, shown_at FROM credential WHERE vct = ?1 \
             ORDER BY expires_at DESC, id LIMIT 1",
            [vct.as_str()],
            read,
        )
        .optional()?)
}

/// Whether there is a pass of a kind that begins only after `at`. The province signs none for later: such a phone's clock
/// is behind.
pub(crate) fn begin_later(database: &Connection, vct: Vct, at: Timestamp) -> Result<bool, StoreError> {
    Ok(database.query_row(
        "SELECT EXISTS (SELECT 1 FROM credential WHERE vct = ?1 AND starts_at > ?2)",
        (vct.as_str(), to_sql(at.unix())),
        |row| row.get(0),
    )?)
}

/// Marks a pass as shown.
pub(crate) fn mark_shown(database: &Connection, id: i64, now: Timestamp) -> Result<(), StoreError> {
    database.execute(
        "UPDATE credential SET shown_at = ?2 WHERE id = ?1",
        (id, to_sql(now.unix())),
    )?;
    Ok(())
}

/// How many there are of a kind that are still in date at `at`.
pub(crate) fn stock(database: &Connection, vct: Vct, at: Timestamp) -> Result<Stock, StoreError> {
    Ok(database.query_row(
        "SELECT count(*) FILTER (WHERE shown_at IS NULL), count(*), min(expires_at) FILTER (WHERE shown_at IS NULL) \
         FROM credential WHERE vct = ?1 AND expires_at > ?2",
        (vct.as_str(), to_sql(at.unix())),
        |row| {
            Ok(Stock {
                left: row.get(0)?,
                total: row.get(1)?,
                expires_at: row
                    .get::<_, Option<i64>>(2)?
                    .map(|at| Timestamp::from_unix(from_sql(at))),
            })
        },
    )?)
}

/// How many of a kind are left that are in date and end before `until`, and were signed before `signed_before`.
pub(crate) fn ending(
    database: &Connection,
    vct: Vct,
    (now, until): (Timestamp, Timestamp),
    signed_before: Timestamp,
) -> Result<u32, StoreError> {
    Ok(database.query_row(
        "SELECT count(*) FROM credential WHERE vct = ?1 AND shown_at IS NULL AND expires_at > ?2 AND expires_at <= ?3 \
         AND starts_at <= ?4",
        (
            vct.as_str(),
            to_sql(now.unix()),
            to_sql(until.unix()),
            to_sql(signed_before.unix()),
        ),
        |row| row.get(0),
    )?)
}

/// The kinds of which there is a pass.
pub(crate) fn kinds(database: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = database.prepare("SELECT DISTINCT vct FROM credential ORDER BY vct")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Forgets all passes of a kind: a document that was withdrawn or granted anew.
pub(crate) fn delete_kind(database: &Connection, vct: &str) -> Result<usize, StoreError> {
    Ok(database.execute("DELETE FROM credential WHERE vct = ?1", [vct])?)
}

/// Forgets passes that are out of date, but the newest of each kind: the card is drawn from it.
pub(crate) fn delete_expired(database: &Connection, now: Timestamp) -> Result<(), StoreError> {
    database.execute(
        "DELETE FROM credential WHERE expires_at <= ?1 AND EXISTS (\
           SELECT 1 FROM credential AS newer WHERE newer.vct = credential.vct AND \
           (newer.expires_at, -newer.id) > (credential.expires_at, -credential.id))",
        [to_sql(now.unix())],
    )?;
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<Stored> {
    Ok(Stored {
        id: row.get(0)?,
        raw: row.get(1)?,
        holder_index: from_sql(row.get(2)?),
        shown: row.get::<_, Option<i64>>(3)?.is_some(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix(seconds)
    }

    fn put(database: &Connection, index: u64, expires: u64) {
        let pass = New {
            vct: Vct::AGE,
            raw: &[u8::try_from(index).unwrap()],
            holder_index: index,
            starts_at: at(10),
            expires_at: at(expires),
        };
        insert(database, &pass).unwrap();
    }

    #[test]
    fn the_first_to_expire_is_shown_first_and_the_last_one_again() {
        let database = crate::store::in_memory();
        put(&database, 0, 300);
        put(&database, 1, 200);
        for (time, index, shown) in [(20, 1, false), (21, 0, false), (22, 0, true), (23, 0, true)] {
            let pass = next_to_show(&database, Vct::AGE, at(time)).unwrap().unwrap();
            assert_eq!((pass.holder_index, pass.shown), (index, shown));
            mark_shown(&database, pass.id, at(time)).unwrap();
        }
        assert_eq!(next_to_show(&database, Vct::AGE, at(300)).unwrap(), None);
        assert_eq!(next_to_show(&database, Vct::AGE, at(9)).unwrap(), None);
    }

    #[test]
    fn expired_passes_go_but_the_newest_stays() {
        let database = crate::store::in_memory();
        for index in 0..3 {
            put(&database, index, 100);
        }
        delete_expired(&database, at(100)).unwrap();
        let newest = newest(&database, Vct::AGE).unwrap().unwrap();
        assert_eq!(newest.holder_index, 0);
        put(&database, 3, 500);
        delete_expired(&database, at(100)).unwrap();
        let stock = stock(&database, Vct::AGE, at(0)).unwrap();
        assert_eq!((stock.left, stock.total, stock.expires_at), (1, 1, Some(at(500))));
    }
}
