//! The vault of one profile on disk: an encrypted database and the envelope that holds its key.
//!
//! `vault.sqlite` is written whole and synced before `envelope.kpe` takes its name: a set-up that is
//! cut short leaves no envelope, which means no vault. A vault that is damaged is reported and left
//! as it is; nothing here deletes one.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rand_core::CryptoRng;
use rusqlite::{Connection, OpenFlags};
use zeroize::Zeroizing;

use crate::envelope::{Envelope, VaultKey};
use crate::error::OpenError;
use crate::file;
use crate::search;
use crate::store::enrolment;

mod migrations {
    refinery::embed_migrations!("migrations");
}

/// Name of the file that seals the key of the database.
pub(crate) const ENVELOPE: &str = "envelope.kpe";
/// Name of the database.
pub(crate) const DATABASE: &str = "vault.sqlite";

/// Where the two files are.
pub(crate) struct VaultFiles {
    envelope: PathBuf,
    database: PathBuf,
}

impl VaultFiles {
    /// The vault in this folder.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self {
            envelope: folder.join(ENVELOPE),
            database: folder.join(DATABASE),
        }
    }

    /// Whether there is a vault: an envelope is the last thing a set-up writes.
    pub(crate) fn exist(&self) -> bool {
        self.envelope.exists()
    }

    /// Makes a database under this key and opens it; the envelope takes its name last.
    pub(crate) fn create(
        &self,
        envelope: &Envelope,
        vault_key: &VaultKey,
        rng: &mut impl CryptoRng,
    ) -> Result<Connection, OpenError> {
        let temporary = self.database.with_added_extension("new");
        let mut database = connect(&temporary, vault_key, OpenFlags::SQLITE_OPEN_CREATE)?;
        migrate(&mut database)?;
        enrolment::create(&database, rng)?;
        database.close().map_err(|(_, error)| error)?;
        file::sync_file(&temporary)?;
        std::fs::rename(&temporary, &self.database)?;
        file::sync_folder(&self.database)?;
        let database = connect(&self.database, vault_key, OpenFlags::empty())?;
        self.write_envelope(envelope)?;
        Ok(database)
    }

    /// The envelope, well formed.
    pub(crate) fn read_envelope(&self) -> Result<Envelope, OpenError> {
        let bytes = match std::fs::read(&self.envelope) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(OpenError::Missing),
            Err(error) => return Err(error.into()),
        };
        Ok(Envelope::parse(&bytes)?)
    }

    /// Puts this envelope in the place of the one before; the database is not touched.
    pub(crate) fn write_envelope(&self, envelope: &Envelope) -> Result<(), OpenError> {
        Ok(file::write_atomically(&self.envelope, &envelope.to_bytes()?)?)
    }

    /// Opens the database with the key from the envelope.
    pub(crate) fn open(&self, vault_key: &VaultKey) -> Result<Connection, OpenError> {
        if !self.database.exists() {
            return Err(OpenError::DatabaseMissing);
        }
        // A journal that was left would be played back by opening: not in a vault that only a newer app understands.
        let mut journal = self.database.clone().into_os_string();
        journal.push("-journal");
        if Path::new(&journal).exists() && is_too_new(&self.database, vault_key) {
            return Err(OpenError::TooNew);
        }
        open(&self.database, vault_key)
    }
}

/// Opens a database and brings it to this version.
pub(crate) fn open(path: &Path, key: &VaultKey) -> Result<Connection, OpenError> {
    let mut database = connect(path, key, OpenFlags::empty())?;
    let applied = applied_version(&database)?;
    // An empty file is a valid empty database under any key: no vault of ours ever is.
    if applied.is_none() {
        return Err(OpenError::DatabaseMissing);
    }
    migrate_from(&mut database, applied)?;
    Ok(database)
}

/// Whether a newer app wrote this file, as far as that can be told without touching it or its journal.
fn is_too_new(path: &Path, key: &VaultKey) -> bool {
    let Ok(path) = std::path::absolute(path) else {
        return false;
    };
    // Of what may stand in a path these three mean something in a URI.
    let path = path
        .to_string_lossy()
        .replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23");
    let uri = format!("file:{path}?mode=ro&immutable=1");
    sqlite_heap::install();
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let applied = Connection::open_with_flags(uri, flags)
        .map_err(OpenError::from)
        .and_then(|database| {
            unseal(&database, key)?;
            applied_version(&database)
        });
    applied.is_ok_and(|applied| applied > newest_version())
}

/// Number of this version's newest migration. Read from the migrations' names once: a wallet is opened every few minutes.
pub(crate) fn newest_version() -> Option<i64> {
    static NEWEST: OnceLock<Option<i64>> = OnceLock::new();
    *NEWEST.get_or_init(|| {
        let runner = migrations::migrations::runner();
        let versions = runner.get_migrations().iter().map(|one| i64::from(one.version()));
        versions.max()
    })
}

pub(crate) fn connect(path: &Path, key: &VaultKey, more: OpenFlags) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | more;
    sqlite_heap::install();
    let database = Connection::open_with_flags(path, flags)?;
    unseal(&database, key)?;
    prepare(&database)?;
    // The first read shows whether the key fits the file.
    database.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(database)
}

/// Gives the connection the key of its file.
fn unseal(database: &Connection, key: &VaultKey) -> Result<(), OpenError> {
    use std::fmt::Write as _;

    // A raw key: no second, weaker derivation by SQLCipher. Room for all of it at once, so that no
    // copy is left behind by a string that grew.
    let mut pragma = Zeroizing::new(String::with_capacity(160));
    // SQLCipher would print to the program's own error output what our codes say already.
    pragma.push_str("PRAGMA cipher_log_level = NONE;");
    // Neither this statement nor a page of the vault outlives a locked wallet. Where something else opened a database in this
    // process first, SQLCipher wipes in its own, slow way.
    if !sqlite_heap::install() {
        pragma.push_str("PRAGMA cipher_memory_security = ON;");
    }
    pragma.push_str("PRAGMA key = \"x'");
    for byte in key.iter() {
        // Writing to a string cannot fail.
        let _ = write!(pragma, "{byte:02x}");
    }
    pragma.push_str("'\";");
    database.execute_batch(&pragma)?;
    Ok(())
}

/// What every connection to a vault is set to.
pub(crate) fn prepare(database: &Connection) -> Result<(), OpenError> {
    // DELETE and FULL: one file between transactions, and a committed one survives the power. The cache is in KiB: a page that
    // left it is decrypted again, and the index of a long past has more pages than SQLite keeps unasked.
    database.execute_batch(
        "PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
         PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8000;",
    )?;
    search::sql::register(database)?;
    Ok(())
}

pub(crate) fn migrate(database: &mut Connection) -> Result<(), OpenError> {
    let applied = applied_version(database)?;
    migrate_from(database, applied)
}

fn migrate_from(database: &mut Connection, applied: Option<i64>) -> Result<(), OpenError> {
    let newest = newest_version();
    if applied > newest {
        return Err(OpenError::TooNew);
    }
    if applied < newest {
        migrations::migrations::runner().set_grouped(true).run(database)?;
    }
    Ok(())
}

/// Number and text of every migration, for tests without a file.
#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) fn migrations_in_order() -> Vec<(i64, String)> {
    let runner = migrations::migrations::runner();
    let mut all: Vec<_> = runner
        .get_migrations()
        .iter()
        .map(|one| (i64::from(one.version()), one.sql().unwrap().to_owned()))
        .collect();
    all.sort();
    all
}

/// The newest migration that this database has seen; `None` for a database without any.
fn applied_version(database: &Connection) -> Result<Option<i64>, OpenError> {
    if !database.table_exists(None, "refinery_schema_history")? {
        return Ok(None);
    }
    Ok(
        database.query_row("SELECT max(version) FROM refinery_schema_history", [], |row| {
            row.get(0)
        })?,
    )
}
