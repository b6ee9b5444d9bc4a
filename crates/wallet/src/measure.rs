//! For the bench alone: the vault's database without its envelope, whose Argon2id is measured by itself.

use std::path::Path;

use credential::{Names, Timestamp, TypeRegister, Vct};
use rusqlite::{Connection, OpenFlags};

use crate::code::UiError;
use crate::envelope::VaultKey;
use crate::error::StoreError;
use crate::screen::{PastAsk, PastPage, ShowingMode, ShowingOutcome};
use crate::search::query::Query;
use crate::store::showing;
use crate::{past, vault};

/// Makes the database of a vault; without a key the same tables in a plain file.
///
/// # Errors
/// The store's.
pub fn make(path: &Path, key: Option<[u8; 32]>) -> Result<Connection, UiError> {
    let mut database = match key {
        Some(key) => vault::connect(path, &VaultKey::new(key), OpenFlags::SQLITE_OPEN_CREATE)?,
        None => Connection::open(path)?,
    };
    vault::prepare(&database)?;
    vault::migrate(&mut database)?;
    Ok(database)
}

/// Opens the database of a vault as unlocking does once it has the key.
///
/// # Errors
/// The store's.
pub fn open(path: &Path, key: [u8; 32]) -> Result<Connection, UiError> {
    Ok(vault::open(path, &VaultKey::new(key))?)
}

/// Keeps what was shown to one desk.
///
/// # Errors
/// The store's.
pub fn show(
    database: &Connection,
    at: u64,
    vct: &str,
    desk: &Names,
    claims: &[String],
) -> Result<(), UiError> {
    let row = showing::New {
        at: Timestamp::from_unix(at),
        which: Vct::parse(vct).map_err(|_| StoreError::Row)?.into(),
        mode: ShowingMode::Request,
        outcome: ShowingOutcome::Shown,
        reason: None,
        desk: Some(desk),
        claims,
        last_pass: false,
    };
    Ok(showing::insert(database, &row)?)
}

/// A page of the past.
///
/// # Errors
/// The store's.
pub fn page(database: &Connection, types: Option<&TypeRegister>, words: &str) -> Result<PastPage, UiError> {
    let ask = PastAsk {
        words: words.to_owned(),
        ..PastAsk::default()
    };
    Ok(past::page(database, types, &ask)?)
}

/// The question that these words ask of the index.
pub fn expression(types: Option<&TypeRegister>, words: &str) -> String {
    past::expression(&Query::read(words), types)
}
