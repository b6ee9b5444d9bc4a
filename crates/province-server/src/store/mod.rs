//! The province's database: one text of SQL for every engine, a module for each table.
//!
//! Writers take the write lock when they begin (`BEGIN IMMEDIATE` on SQLite): a transaction that reads first and writes
//! later would be refused when another process wrote in between. Rejected: a lock in this process, because the admin
//! commands are processes of their own.

pub mod answer;
pub mod artefact;
pub mod attempt;
pub mod challenge;
pub mod device;
pub mod event;
pub mod holding;
pub mod person;
pub mod seal_check;
pub mod seen;
pub mod status;
pub mod status_file;
pub mod trusted_key;
pub mod ward;

use std::fmt::Write as _;
use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::Once;

use sqlx::any::{AnyPoolOptions, AnyRow};
use sqlx::{Any, AnyConnection, AnyPool, Connection as _, Executor as _, Row as _, Transaction};

/// Connections that one process holds open.
const CONNECTIONS_MAX: u32 = 8;

/// Name of the database in the data folder.
pub const DATABASE_FILE: &str = "province.sqlite";

/// Why the database did not do what was asked. Holds no personal data: values are bound, never written into SQL.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no database in the folder.
    #[error("there is no database in the folder")]
    Missing,
    /// The engine's own error.
    #[error("the database refused ({})", reason(.0))]
    Engine(#[from] sqlx::Error),
    /// The tables could not be brought to this version.
    #[error("the database could not be migrated")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A value in the database is not of the form that this version writes.
    #[error("the database holds a value of another form")]
    Form,
}

impl StoreError {
    /// Whether a row of the same key exists already.
    pub fn is_taken(&self) -> bool {
        matches!(self, Self::Engine(sqlx::Error::Database(e)) if e.is_unique_violation())
    }
}

/// The province's database.
#[derive(Clone, Debug)]
pub struct Store {
    pool: AnyPool,
}

impl Store {
    /// Makes the database in `folder`.
    ///
    /// # Errors
    /// [`StoreError::Engine`] or [`StoreError::Migrate`].
    pub async fn create(folder: &Path) -> Result<Self, StoreError> {
        Self::connect(folder, "rwc").await
    }

    /// Opens the database in `folder` and brings its tables to this version.
    ///
    /// # Errors
    /// [`StoreError::Missing`]: a new database would say of every revoked pass that it is good.
    /// [`StoreError::Engine`] or [`StoreError::Migrate`].
    pub async fn open(folder: &Path) -> Result<Self, StoreError> {
        if !folder.join(DATABASE_FILE).is_file() {
            return Err(StoreError::Missing);
        }
        Self::connect(folder, "rw").await
    }

    async fn connect(folder: &Path, mode: &str) -> Result<Self, StoreError> {
        static DRIVERS: Once = Once::new();
        DRIVERS.call_once(sqlx::any::install_default_drivers);
        let pool = AnyPoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            // On a full disk SQLite undoes a transaction by itself; sqlx goes on counting it, and such a connection
            // would begin no other one for ever. It is closed, and a new one takes its place.
            .before_acquire(|connection, _| {
                let is_usable = !connection.is_in_transaction();
                Box::pin(async move { Ok(is_usable) })
            })
            .connect(&sqlite_url(&folder.join(DATABASE_FILE), mode))
            .await?;
        // Readers go on while somebody writes, in other processes too. The mode stays with the file.
        pool.execute("PRAGMA journal_mode = WAL").await?;
        sqlx::migrate!("./migrations/sqlite").run(&pool).await?;
        Ok(Self { pool })
    }

    /// A connection for reading.
    ///
    /// # Errors
    /// [`StoreError::Engine`].
    pub async fn read(&self) -> Result<sqlx::pool::PoolConnection<Any>, StoreError> {
        Ok(self.pool.acquire().await?)
    }

    /// A transaction that holds the write lock. It is undone if it is dropped before [`Write::commit`].
    ///
    /// # Errors
    /// [`StoreError::Engine`].
    pub async fn write(&self) -> Result<Write, StoreError> {
        Ok(Write(self.pool.begin_with("BEGIN IMMEDIATE").await?))
    }

    /// Closes every connection; what comes after fails.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// A transaction that holds the write lock.
#[derive(Debug)]
pub struct Write(Transaction<'static, Any>);

impl Write {
    /// Makes everything that was written last, at once.
    ///
    /// # Errors
    /// [`StoreError::Engine`]; then nothing was written.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.0.commit().await?)
    }
}

impl Deref for Write {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.0
    }
}

impl DerefMut for Write {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.0
    }
}

/// What the engine says, for the log: SQLite's code where there is one (<https://sqlite.org/rescode.html>), and never its
/// text.
fn reason(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(e) => format!("code {}", e.code().as_deref().unwrap_or("unknown")),
        sqlx::Error::Io(e) => format!("{:?}", e.kind()),
        sqlx::Error::PoolTimedOut => "no connection was free in time".to_owned(),
        sqlx::Error::PoolClosed => "it is closed".to_owned(),
        sqlx::Error::InvalidSavePointStatement => "a transaction is open".to_owned(),
        sqlx::Error::BeginFailed => "no transaction began".to_owned(),
        sqlx::Error::WorkerCrashed => "its thread ended".to_owned(),
        sqlx::Error::RowNotFound => "a row is missing".to_owned(),
        _ => "another error".to_owned(),
    }
}

/// The URL of a file; a folder's name may hold what means something in a URL.
fn sqlite_url(file: &Path, mode: &str) -> String {
    let mut url = String::from("sqlite://");
    for byte in file.to_string_lossy().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                url.push(char::from(byte));
            }
            // Writing to a String does not fail.
            other => drop(write!(url, "%{other:02X}")),
        }
    }
    url.push_str("?mode=");
    url.push_str(mode);
    url
}

/// Unix seconds as the database holds them.
fn seconds(time: u64) -> Result<i64, StoreError> {
    i64::try_from(time).map_err(|_| StoreError::Form)
}

/// A column that is never negative.
fn unsigned<T: TryFrom<i64>>(row: &AnyRow, column: &str) -> Result<T, StoreError> {
    T::try_from(row.try_get::<i64, _>(column)?).map_err(|_| StoreError::Form)
}

/// A column of exactly `N` bytes.
fn array<const N: usize>(row: &AnyRow, column: &str) -> Result<[u8; N], StoreError> {
    row.try_get::<Vec<u8>, _>(column)?
        .try_into()
        .map_err(|_| StoreError::Form)
}
