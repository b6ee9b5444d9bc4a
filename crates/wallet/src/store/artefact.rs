//! Table `artefact`: the province's public files, as received.

use std::collections::BTreeSet;

use credential::{Timestamp, piece_name};
use rusqlite::{Connection, OptionalExtension as _};

use super::to_sql;
use crate::error::StoreError;

/// Name of the trust list's row.
pub(crate) const TRUST_LIST: &str = "trust-list";
/// Name of the type register's row.
pub(crate) const TYPES: &str = "type-register";
/// Name of the status manifest's row.
pub(crate) const STATUS_MANIFEST: &str = "status-manifest";
/// Name of the catalogue's row.
pub(crate) const CATALOGUE: &str = "catalogue";
const STATUS_PREFIX: &str = "status/";
const ROOT_CHANGE_PREFIX: &str = "root-change/";

/// Bytes as received.
pub(crate) fn load(database: &Connection, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(database
        .query_row("SELECT bytes FROM artefact WHERE name = ?1", [name], |row| {
            row.get(0)
        })
        .optional()?)
}

/// Keeps bytes in place of the ones before.
pub(crate) fn save(
    database: &Connection,
    name: &str,
    bytes: &[u8],
    now: Timestamp,
) -> Result<(), StoreError> {
    database.execute(
        "INSERT INTO artefact (name, bytes, fetched_at) VALUES (?1, ?2, ?3) \
         ON CONFLICT (name) DO UPDATE SET bytes = excluded.bytes, fetched_at = excluded.fetched_at",
        (name, bytes, to_sql(now.unix())),
    )?;
    Ok(())
}

/// Every trust list that changed the roots, in the order of their numbers.
pub(crate) fn root_changes(database: &Connection) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut rows = database.prepare("SELECT bytes FROM artefact WHERE name GLOB ?1 ORDER BY name")?;
    let changes = rows.query_map([format!("{ROOT_CHANGE_PREFIX}*")], |row| row.get(0))?;
    Ok(changes.collect::<Result<_, _>>()?)
}

/// The name of the row of a trust list that changed the roots; names are in the order of the numbers.
pub(crate) fn root_change(sequence: u64) -> String {
    format!("{ROOT_CHANGE_PREFIX}{sequence:020}")
}

/// The rows that the words on the screens are read with, in the order of their names.
pub(crate) fn names_of_words(database: &Connection) -> Result<Vec<String>, StoreError> {
    let mut rows = database.prepare("SELECT name FROM artefact ORDER BY name")?;
    let names = rows.query_map([], |row| row.get(0))?;
    let names: Vec<String> = names.collect::<Result<_, _>>()?;
    Ok(names.into_iter().filter(|name| is_of_words(name)).collect())
}

/// Whether a row of this name is one of them: trust lists and the type register.
pub(crate) fn is_of_words(name: &str) -> bool {
    name == TRUST_LIST || name == TYPES || name.starts_with(ROOT_CHANGE_PREFIX)
}

/// A table or shard of a status list, by its hash.
pub(crate) fn load_piece(database: &Connection, sha256: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
    load(database, &piece(sha256))
}

/// Keeps the pieces that arrived, and of those before only what is `held`.
pub(crate) fn save_pieces(
    database: &Connection,
    arrived: &[([u8; 32], Vec<u8>)],
    held: &BTreeSet<[u8; 32]>,
    now: Timestamp,
) -> Result<(), StoreError> {
    for (sha256, bytes) in arrived {
        save(database, &piece(sha256), bytes, now)?;
    }
    let wanted: BTreeSet<String> = held.iter().map(piece).collect();
    let here: Vec<String> = database
        .prepare("SELECT name FROM artefact WHERE name LIKE 'status/%'")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for name in here.iter().filter(|name| !wanted.contains(*name)) {
        database.execute("DELETE FROM artefact WHERE name = ?1", [name])?;
    }
    Ok(())
}

fn piece(sha256: &[u8; 32]) -> String {
    format!("{STATUS_PREFIX}{}", piece_name(sha256))
}
