//! Where a province lies: its data folder, and its database.

use std::path::{Path, PathBuf};

use sqlx::postgres::PgConnectOptions;
use zeroize::Zeroizing;

/// Where a province's database is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Database {
    /// SQLite, in the data folder.
    #[default]
    InFolder,
    /// PostgreSQL 15 or later.
    At(DatabaseUrl),
}

/// The address of a PostgreSQL database. It may hold a password, so it is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(Zeroizing<String>);

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DatabaseUrl(..)")
    }
}

impl DatabaseUrl {
    /// Reads `postgres://..` or `postgresql://..`; `None` for what is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_one = text.starts_with("postgres://") || text.starts_with("postgresql://");
        let holds = is_one && text.parse::<PgConnectOptions>().is_ok();
        holds.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A province's data folder and where its database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    folder: PathBuf,
    database: Database,
    connections: Option<u32>,
    identity: Option<PathBuf>,
}

impl Place {
    /// Keys and files in `folder`, and this database.
    pub fn new(folder: &Path, database: Database) -> Self {
        Self {
            folder: folder.to_owned(),
            database,
            connections: None,
            identity: None,
        }
    }

    /// The same, whose sealed keys open with the identity in this file; without one it lies in the folder.
    #[must_use]
    pub fn with_identity(self, file: Option<PathBuf>) -> Self {
        Self {
            identity: file,
            ..self
        }
    }

    /// The file of the identity, where it is elsewhere.
    pub fn identity(&self) -> Option<&Path> {
        self.identity.as_deref()
    }

    /// The same with so many connections at most that this process holds to the database.
    #[must_use]
    pub fn with_connections(self, most: u32) -> Self {
        Self {
            connections: Some(most),
            ..self
        }
    }

    /// Most connections that this process holds, where it was said.
    pub(super) const fn connections(&self) -> Option<u32> {
        self.connections
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the database is.
    pub const fn database(&self) -> &Database {
        &self.database
    }

    /// The same database with another folder.
    pub(crate) fn in_folder(&self, folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            ..self.clone()
        }
    }
}

/// Everything in one folder.
impl From<&Path> for Place {
    fn from(folder: &Path) -> Self {
        Self::new(folder, Database::InFolder)
    }
}

impl From<&PathBuf> for Place {
    fn from(folder: &PathBuf) -> Self {
        Self::from(folder.as_path())
    }
}
