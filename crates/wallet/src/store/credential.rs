//! Table `credential`: the stock of passes.

use credential::{Timestamp, Vct};
use rusqlite::{Connection, OptionalExtension as _, Row};

use super::{from_sql, to_sql};
use crate::error::StoreError;
use crate::opaque::opaque_debug;

opaque_debug!(Stored);

/// Which pass or document: its kind, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Which {
    pub(crate) vct: Vct,
    /// 0 is the citizen's own; a child whose documents they hold has a number from 1.
    pub(crate) no: u32,
}

impl From<Vct> for Which {
    /// The citizen's own.
    fn from(vct: Vct) -> Self {
        Self { vct, no: 0 }
    }
}

impl std::fmt::Display for Which {
    /// `domicile`, or `b-form:2` of the second child.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.no {
            0 => formatter.write_str(self.vct.as_str()),
            no => write!(formatter, "{}:{no}", self.vct.as_str()),
        }
    }
}

impl Which {
    /// What [`std::fmt::Display`] writes.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (vct, no) = text.split_once(':').unwrap_or((text, "0"));
        let which = Self {
            vct: Vct::parse(vct).ok()?,
            no: no.parse().ok()?,
        };
        (which.to_string() == text).then_some(which)
    }

    /// From the two columns of a row.
    pub(crate) fn read(row: &Row<'_>, (vct, no): (usize, usize)) -> Result<Self, StoreError> {
        let vct = row.get_ref(vct)?.as_str().map_err(|_| StoreError::Row)?;
        Ok(Self {
            vct: Vct::parse(vct).map_err(|_| StoreError::Row)?,
            no: row.get(no)?,
        })
    }
}

/// A pass to be stored.
pub(crate) struct New<'a> {
    pub(crate) which: Which,
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
        "INSERT INTO credential (vct, no, raw, holder_index, starts_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (
            pass.which.vct.as_str(),
            pass.which.no,
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
    which: impl Into<Which>,
    now: Timestamp,
) -> Result<Option<Stored>, StoreError> {
    let Which { vct, no } = which.into();
    Ok(database
        .query_row(
            "SELECT id, raw, holder_index, shown_at FROM credential \
             WHERE vct = ?1 AND no = ?3 AND starts_at <= ?2 AND expires_at > ?2 \
             ORDER BY shown_at IS NOT NULL, CASE WHEN shown_at IS NULL THEN expires_at END, shown_at DESC, id \
             LIMIT 1",
            (vct.as_str(), to_sql(now.unix()), no),
            read,
        )
        .optional()?)
}

/// The newest one, in date or not.
pub(crate) fn newest(database: &Connection, which: impl Into<Which>) -> Result<Option<Stored>, StoreError> {
    let Which { vct, no } = which.into();
    Ok(database
        .query_row(
            "SELECT id, raw, holder_index, shown_at FROM credential WHERE vct = ?1 AND no = ?2 \
             ORDER BY expires_at DESC, id LIMIT 1",
            (vct.as_str(), no),
            read,
        )
        .optional()?)
}

/// Whether there is one that begins only after `at`. The province signs none for later: such a phone's clock
/// is behind.
pub(crate) fn begin_later(
    database: &Connection,
    which: impl Into<Which>,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let Which { vct, no } = which.into();
    Ok(database.query_row(
        "SELECT EXISTS (SELECT 1 FROM credential WHERE vct = ?1 AND no = ?3 AND starts_at > ?2)",
        (vct.as_str(), to_sql(at.unix()), no),
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

/// How many there are that are still in date at `at`.
pub(crate) fn stock(
    database: &Connection,
    which: impl Into<Which>,
    at: Timestamp,
) -> Result<Stock, StoreError> {
    let Which { vct, no } = which.into();
    Ok(database.query_row(
        "SELECT count(*) FILTER (WHERE shown_at IS NULL), count(*), min(expires_at) FILTER (WHERE shown_at IS NULL) \
         FROM credential WHERE vct = ?1 AND no = ?3 AND expires_at > ?2",
        (vct.as_str(), to_sql(at.unix()), no),
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

/// How many are left that are in date and end before `until`, and were signed before `signed_before`.
pub(crate) fn ending(
    database: &Connection,
    which: impl Into<Which>,
    (now, until): (Timestamp, Timestamp),
    signed_before: Timestamp,
) -> Result<u32, StoreError> {
    let Which { vct, no } = which.into();
    Ok(database.query_row(
        "SELECT count(*) FROM credential WHERE vct = ?1 AND no = ?5 AND shown_at IS NULL AND expires_at > ?2 \
         AND expires_at <= ?3 AND starts_at <= ?4",
        (
            vct.as_str(),
            to_sql(now.unix()),
            to_sql(until.unix()),
            to_sql(signed_before.unix()),
            no,
        ),
        |row| row.get(0),
    )?)
}

/// Everything of which there is a pass.
pub(crate) fn all(database: &Connection) -> Result<Vec<Which>, StoreError> {
    let mut statement = database.prepare("SELECT DISTINCT vct, no FROM credential ORDER BY vct, no")?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(Which::read(row, (0, 1))?);
    }
    Ok(all)
}

/// The same of one kind.
pub(crate) fn of_kind(database: &Connection, vct: Vct) -> Result<Vec<Which>, StoreError> {
    Ok(all(database)?
        .into_iter()
        .filter(|which| which.vct == vct)
        .collect())
}

/// Forgets all passes of a document that was withdrawn or granted anew.
pub(crate) fn delete(database: &Connection, which: Which) -> Result<usize, StoreError> {
    Ok(database.execute(
        "DELETE FROM credential WHERE vct = ?1 AND no = ?2",
        (which.vct.as_str(), which.no),
    )?)
}

/// Forgets passes that are out of date, but the newest of each: the card is drawn from it.
pub(crate) fn delete_expired(database: &Connection, now: Timestamp) -> Result<(), StoreError> {
    database.execute(
        "DELETE FROM credential WHERE expires_at <= ?1 AND EXISTS (\
           SELECT 1 FROM credential AS newer WHERE newer.vct = credential.vct AND newer.no = credential.no AND \
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
            which: Vct::AGE.into(),
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
