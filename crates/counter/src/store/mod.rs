//! The desk's memory: signed data, passes that were shown, requests, in one SQLite file.
//!
//! Signed data are kept as received and verified again when they are read: whoever can write the file can put back an
//! older list or forget what was shown, but cannot make the desk believe what nobody signed. Nothing here names a citizen.

pub mod memory;
pub mod officers;
mod signed;

use std::path::Path;

use credential::SecretKey;
use rusqlite::{Connection, ErrorCode};

pub use signed::{Floor, Highest, SignedData};

use crate::StationCode;

mod migrations {
    refinery::embed_migrations!("migrations");
}

/// The store could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The file is not a database, or it cannot be written.
    #[error("the desk's data file cannot be opened")]
    Sqlite(#[from] rusqlite::Error),
    /// The file was written by a newer program, or it is damaged.
    #[error("the desk's data file has a shape that this program does not know")]
    Migration(#[from] refinery::Error),
}

/// Reading or writing the store failed.
#[derive(Debug, thiserror::Error)]
#[error("the desk's data file could not be read or written")]
pub struct StoreError(#[from] rusqlite::Error);

impl From<StoreError> for StationCode {
    fn from(error: StoreError) -> Self {
        match error.0.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            _ => Self::StoreFailed,
        }
    }
}

/// The desk's memory.
#[derive(Debug)]
pub struct Store {
    pub(crate) connection: Connection,
    pub(crate) log_key: SecretKey,
    /// What was forgotten may still stand in the journal beside the file; nobody knows at a start.
    journal_holds_ended: bool,
}

impl Store {
    /// Opens the file, which is made if it is not there, and brings it to the newest shape. The desk's key seals its log.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(path: &Path, key: &SecretKey) -> Result<Self, OpenError> {
        let mut connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // A pass that was accepted must still be remembered after the power failed.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", "ON")?;
        // What is deleted is written over.
        connection.pragma_update(None, "secure_delete", "ON")?;
        migrations::migrations::runner().run(&mut connection)?;
        Ok(Self {
            connection,
            log_key: key.clone(),
            journal_holds_ended: true,
        })
    }
}
