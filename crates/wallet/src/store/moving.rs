//! Tables `restored`, `kept_document` and `moving`: what came from another phone, and what went to one.

use std::collections::BTreeMap;

use credential::Timestamp;
use rand_core::CryptoRng;
use rusqlite::{Connection, OptionalExtension as _};

use super::credential::Which;
use super::{enrolment, from_sql, sync_state, to_sql};
use crate::error::StoreError;

/// How the content of another phone came here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Out of a file.
    Backup,
    /// From the old phone itself.
    Transfer,
}

impl Source {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Backup => "backup",
            Self::Transfer => "transfer",
        }
    }
}

/// That this vault holds what another phone had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Restored {
    pub(crate) source: Source,
    pub(crate) at: Timestamp,
    /// The code that the old phone still has to read.
    pub(crate) confirmation: Option<String>,
}

/// The row, if this vault came from another phone and the province does not know it yet.
pub(crate) fn restored(database: &Connection) -> Result<Option<Restored>, StoreError> {
    let row = database
        .query_row(
            "SELECT source, at, confirmation FROM restored WHERE id = 1",
            [],
            |row| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()?;
    row.map(|(source, at, confirmation)| {
        let source = [Source::Backup, Source::Transfer]
            .into_iter()
            .find(|one| one.as_str() == source);
        Ok(Restored {
            source: source.ok_or(StoreError::Row)?,
            at: Timestamp::from_unix(from_sql(at)),
            confirmation,
        })
    })
    .transpose()
}

/// Writes that this vault came from another phone.
pub(crate) fn set_restored(
    database: &Connection,
    source: Source,
    confirmation: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    database.execute(
        "INSERT INTO restored (id, source, at, confirmation) VALUES (1, ?1, ?2, ?3)",
        (source.as_str(), to_sql(now.unix()), confirmation),
    )?;
    Ok(())
}

/// Puts the confirmation away: the old phone has read it.
pub(crate) fn confirmed(database: &Connection) -> Result<(), StoreError> {
    database.execute("UPDATE restored SET confirmation = NULL WHERE id = 1", [])?;
    Ok(())
}

/// The documents of the phone before, by kind and whose they are.
pub(crate) fn kept(database: &Connection) -> Result<BTreeMap<Which, Vec<u8>>, StoreError> {
    let mut statement = database.prepare("SELECT vct, no, raw FROM kept_document")?;
    let mut rows = statement.query([])?;
    let mut kept = BTreeMap::new();
    while let Some(row) = rows.next()? {
        kept.insert(Which::read(row, (0, 1))?, row.get(2)?);
    }
    Ok(kept)
}

/// Keeps one of them.
pub(crate) fn keep(database: &Connection, which: Which, raw: &[u8]) -> Result<(), StoreError> {
    database.execute(
        "INSERT INTO kept_document (vct, no, raw) VALUES (?1, ?2, ?3)",
        (which.vct.as_str(), which.no, raw),
    )?;
    Ok(())
}

/// Deletes one of them; says whether it was there.
pub(crate) fn delete_kept(database: &Connection, which: Which) -> Result<bool, StoreError> {
    let rows = database.execute(
        "DELETE FROM kept_document WHERE vct = ?1 AND no = ?2",
        (which.vct.as_str(), which.no),
    )?;
    Ok(rows > 0)
}

/// How far this vault's move to another phone is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Move {
    /// Under way: everything is still here.
    Begun {
        /// The code that only a phone with everything can show.
        confirmation: String,
        /// Of what was played.
        content_sha256: [u8; 32],
    },
    /// The other phone has everything, and nothing is here.
    Moved(Timestamp),
}

/// The row, if there is a move.
pub(crate) fn outgoing(database: &Connection) -> Result<Option<Move>, StoreError> {
    let row = database
        .query_row(
            "SELECT confirmation, content_sha256, moved_at FROM moving WHERE id = 1",
            [],
            |row| {
                Ok((
                    row.get::<_, Option<String>>(0)?,
                    row.get::<_, Option<[u8; 32]>>(1)?,
                    row.get::<_, Option<i64>>(2)?,
                ))
            },
        )
        .optional()?;
    row.map(|row| match row {
        (None, None, Some(at)) => Ok(Move::Moved(Timestamp::from_unix(from_sql(at)))),
        (Some(confirmation), Some(content_sha256), None) => Ok(Move::Begun {
            confirmation,
            content_sha256,
        }),
        _ => Err(StoreError::Row),
    })
    .transpose()
}

/// Writes that a move began, in place of one before.
pub(crate) fn begin(
    database: &Connection,
    confirmation: &str,
    content_sha256: &[u8; 32],
    now: Timestamp,
) -> Result<(), StoreError> {
    database.execute(
        "INSERT OR REPLACE INTO moving (id, begun_at, confirmation, content_sha256) VALUES (1, ?1, ?2, ?3)",
        (to_sql(now.unix()), confirmation, content_sha256.as_slice()),
    )?;
    Ok(())
}

/// Forgets the move: given up, or over and seen.
pub(crate) fn forget(database: &Connection) -> Result<(), StoreError> {
    database.execute("DELETE FROM moving", [])?;
    Ok(())
}

/// Empties the vault, in the caller's transaction, but for the note that it moved and the province's public files.
/// Every table goes that is not named here, so that one that a later version adds is never forgotten. The keys are
/// replaced by new random ones, as of a vault that was made now.
pub(crate) fn empty(
    database: &Connection,
    now: Timestamp,
    rng: &mut impl CryptoRng,
) -> Result<(), StoreError> {
    const STAY: [&str; 2] = ["refinery_schema_history", "artefact"];
    let tables: Vec<(String, String)> = database
        .prepare(
            "SELECT name, type FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual')",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let floor = sync_state::time_floor(database)?;
    // Rows of one table may point to another's; at the end there are none of either.
    database.execute_batch("PRAGMA defer_foreign_keys = ON")?;
    let own = |name: &str| !name.starts_with("sqlite_") && !STAY.contains(&name);
    for (name, _) in tables.iter().filter(|(name, kind)| kind == "table" && own(name)) {
        database.execute(&format!("DELETE FROM \"{name}\""), [])?;
    }
    // An index for searching that is not kept by triggers, and words of it that wait to be merged away.
    for (name, _) in tables.iter().filter(|(_, kind)| kind == "virtual") {
        let all = format!("INSERT INTO \"{name}\" (\"{name}\") VALUES ('delete-all')");
        if database.execute(&all, []).is_err() {
            database.execute(&format!("DELETE FROM \"{name}\""), [])?;
            database.execute(
                &format!("INSERT INTO \"{name}\" (\"{name}\") VALUES ('optimize')"),
                [],
            )?;
        }
    }
    enrolment::create(database, rng)?;
    // What the clock has been proven to be past concerns the phone and not whose it was.
    database.execute(
        "INSERT INTO sync_state (id, time_floor) VALUES (1, ?1)",
        [to_sql(floor.unix())],
    )?;
    database.execute(
        "INSERT INTO moving (id, begun_at, moved_at) VALUES (1, ?1, ?1)",
        [to_sql(now.unix())],
    )?;
    Ok(())
}
