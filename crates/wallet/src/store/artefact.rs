//! Table `artefact`: the province's public signed files, as received.

use credential::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};

use super::to_sql;
use crate::error::StoreError;

/// Name of the trust list's row.
pub(crate) const TRUST_LIST: &str = "trust-list";
/// Name of the type register's row.
pub(crate) const TYPES: &str = "type-register";
/// Name of the status manifest's row.
pub(crate) const STATUS_MANIFEST: &str = "status-manifest";
const STATUS_PREFIX: &str = "status/";

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

/// The name of a status list's row.
pub(crate) fn status_list(uri: &str) -> String {
    format!("{STATUS_PREFIX}{uri}")
}
