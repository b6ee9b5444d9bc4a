//! The province's database: one text of SQL for SQLite and PostgreSQL, a module for each table.
//!
//! On SQLite writers take the one write lock when they begin (`BEGIN IMMEDIATE`): a transaction that reads first and
//! writes later would be refused when another process wrote in between. On PostgreSQL many write at once, and each takes
//! the locks of what it decides about ([`lock`]). Rejected: a lock in this process, because the admin commands and other
//! servers are processes of their own; and serialisable transactions, because every rule would have to be made again
//! after a conflict, NADRA's answer with it.

pub mod answer;
pub mod application;
pub mod artefact;
pub mod asking;
pub mod attempt;
pub mod audit;
pub mod bulk;
pub mod challenge;
mod copy;
pub mod dead_letter;
pub mod device;
pub mod dispatch;
pub mod event;
pub mod holding;
pub mod imported;
pub mod lock;
pub mod officer;
pub mod page;
pub mod person;
mod place;
pub mod published;
pub mod rate;
pub mod seal_check;
pub mod seen;
pub mod session;
pub mod sim_code;
pub mod status;
pub mod status_file;
pub mod system_key;
pub mod trusted_key;
pub mod ward;
pub mod webhook;

use std::fmt::Write as _;
use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::{Arc, Once};
use std::time::Duration;

use sqlx::any::{AnyPoolOptions, AnyRow};
use sqlx::migrate::Migrator;
use sqlx::{Any, AnyConnection, AnyPool, Connection as _, Executor as _, Row as _, Transaction};
use tokio::sync::{Mutex, OwnedMutexGuard};

use lock::Lock;
pub use place::{Database, DatabaseUrl, Place};

/// Connections that one process holds open. More writers than SQLite lets write, and as many readers as processors gain
/// from; with PostgreSQL a writer that waits for a lock holds one too.
const CONNECTIONS_MAX: u32 = 8;
const SERVER_CONNECTIONS_MAX: u32 = 24;
/// Connections for notes that are not waited for.
const PASSING_CONNECTIONS_MAX: u32 = 2;
/// Longest wait for a free connection.
const ACQUIRE_TIME_MAX: Duration = Duration::from_secs(10);

/// What connections with PostgreSQL are told. Compiling a statement on sixteen parts of a table takes it a hundred times
/// longer than doing it. And what a server began and then said nothing more about is ended: one whose machine stopped or
/// lost its network would keep its locks, and so everybody else from publishing, until TCP gives it up hours later; no
/// transaction waits for anything but the database and the signing keys.
const SERVING: &str = "SET jit = off; SET idle_in_transaction_session_timeout = '60s'";
/// What those for notes are told.
const NO_WAIT: &str = "SET jit = off; SET synchronous_commit = off";

/// The same for SQLite. What is in the log is carried into the file by [`Store::carry`]: the connection whose note fills the
/// log would else wait for two writes to the disk, and all that come behind it.
const NO_WAIT_SQLITE: &str = "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0";

/// How a transaction that writes begins on SQLite: with the one lock that there is.
const BEGIN_SQLITE: &str = "BEGIN IMMEDIATE";

/// Name of the database in the data folder.
pub const DATABASE_FILE: &str = "province.sqlite";
/// PostgreSQL's code for a table that is not there (<https://www.postgresql.org/docs/15/errcodes-appendix.html>).
const UNDEFINED_TABLE: &str = "42P01";

/// Why the database did not do what was asked. Holds no personal data: values are bound, never written into SQL.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no database in the folder, or no province in the database.
    #[error("there is no database of a province")]
    Missing,
    /// The database has a province already.
    #[error(
        "the database holds a province already, or what is left of one: give a new province an empty database"
    )]
    Exists,
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

    /// Whether the same may do when it is asked again soon: the database was not reached, is being restarted, or let
    /// another transaction go first.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Engine(sqlx::Error::Database(e)) => e.code().is_some_and(|code| passes(&code)),
            Self::Engine(
                sqlx::Error::Io(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::Protocol(_),
            ) => true,
            _ => false,
        }
    }
}

/// Whether an engine's code tells of a state that passes. SQLite: busy (5) and its kinds; PostgreSQL: no connection (08),
/// a conflict or a deadlock (40), no room for one more (53), an operator at work or a start (57).
fn passes(code: &str) -> bool {
    // An SQLSTATE has five characters; no code of SQLite has more than four digits.
    if code.len() == 5 {
        return ["08", "40", "53", "57"]
            .iter()
            .any(|class| code.starts_with(class));
    }
    code.parse::<u32>().is_ok_and(|code| code & 0xff == 5)
}

/// The province's database.
#[derive(Clone, Debug)]
pub struct Store {
    pool: AnyPool,
    /// Connections whose writes are not waited for.
    passing: AnyPool,
    /// How a transaction that writes begins.
    begin: &'static str,
    /// Whose turn it is to write, on SQLite: its own lock is waited for by looking again and again, so that of many who wait
    /// some never get it, and all of them hold a connection that readers need.
    turn: Option<Arc<Mutex<()>>>,
}

impl Store {
    /// Makes the database of a new province.
    ///
    /// # Errors
    /// [`StoreError::Exists`], [`StoreError::Engine`] or [`StoreError::Migrate`].
    pub async fn create(place: &Place) -> Result<Self, StoreError> {
        let store = Self::connect(place, "rwc").await?;
        let empty = store.is_empty().await;
        match empty {
            Ok(true) => Ok(store),
            other => {
                store.close().await;
                Err(other.err().unwrap_or(StoreError::Exists))
            }
        }
    }

    /// Opens the database of a province and brings its tables to this version.
    ///
    /// # Errors
    /// [`StoreError::Missing`]: a new database would say of every revoked pass that it is good.
    /// [`StoreError::Engine`] or [`StoreError::Migrate`].
    pub async fn open(place: &Place) -> Result<Self, StoreError> {
        match place.database() {
            Database::InFolder if !place.folder().join(DATABASE_FILE).is_file() => {
                return Err(StoreError::Missing);
            }
            Database::InFolder => {}
            Database::At(url) => must_have_tables(url).await?,
        }
        Self::connect(place, "rw").await
    }

    async fn connect(place: &Place, mode: &str) -> Result<Self, StoreError> {
        install_drivers();
        match place.database() {
            Database::InFolder => {
                let url = sqlite_url(&place.folder().join(DATABASE_FILE), mode);
                let pool = options(place.connections().unwrap_or(CONNECTIONS_MAX))
                    .connect(&url)
                    .await?;
                // Readers go on while somebody writes, in other processes too. The mode stays with the file.
                pool.execute("PRAGMA journal_mode = WAL").await?;
                migrate(sqlx::migrate!("./migrations/sqlite"), &pool).await?;
                let passing = told(options(PASSING_CONNECTIONS_MAX), NO_WAIT_SQLITE);
                Ok(Self {
                    pool,
                    passing: passing.connect_lazy(&url)?,
                    begin: BEGIN_SQLITE,
                    turn: Some(Arc::default()),
                })
            }
            Database::At(url) => {
                let pool = told(
                    options(place.connections().unwrap_or(SERVER_CONNECTIONS_MAX)),
                    SERVING,
                );
                let pool = pool.connect(url.as_str()).await?;
                migrate(sqlx::migrate!("./migrations/postgres"), &pool).await?;
                let passing = told(options(PASSING_CONNECTIONS_MAX), NO_WAIT);
                Ok(Self {
                    pool,
                    passing: passing.connect_lazy(url.as_str())?,
                    begin: "BEGIN",
                    turn: None,
                })
            }
        }
    }

    /// Whether nothing of a province is in it yet.
    async fn is_empty(&self) -> Result<bool, StoreError> {
        let mut db = self.read().await?;
        Ok(!trusted_key::any(&mut db).await? && seal_check::find(&mut db).await?.is_none())
    }

    /// A connection for reading.
    ///
    /// # Errors
    /// [`StoreError::Engine`].
    pub async fn read(&self) -> Result<sqlx::pool::PoolConnection<Any>, StoreError> {
        Ok(self.pool.acquire().await?)
    }

    /// A connection for notes that are worth nothing after a loss of power, such as which requests came: what is written
    /// on it is not waited for until it is on the disk. A process that is killed loses none of it.
    ///
    /// # Errors
    /// [`StoreError::Engine`].
    pub async fn passing(&self) -> Result<sqlx::pool::PoolConnection<Any>, StoreError> {
        Ok(self.passing.acquire().await?)
    }

    /// Carries what SQLite wrote into its log over into the database, as far as nobody reads what was there before; keeps
    /// nobody waiting. Once a second is often enough.
    ///
    /// # Errors
    /// [`StoreError::Engine`].
    pub async fn carry(&self) -> Result<(), StoreError> {
        if self.begin == BEGIN_SQLITE {
            self.pool.execute("PRAGMA wal_checkpoint(PASSIVE)").await?;
        }
        Ok(())
    }

    /// A transaction. It is undone if it is dropped before [`Write::commit`]. What it decides about it locks first
    /// ([`lock`]).
    ///
    /// # Errors
    /// [`StoreError::Engine`].
    pub async fn write(&self) -> Result<Write, StoreError> {
        let turn = match &self.turn {
            Some(turn) => {
                let turn = tokio::time::timeout(ACQUIRE_TIME_MAX, Arc::clone(turn).lock_owned());
                Some(turn.await.map_err(|_| sqlx::Error::PoolTimedOut)?)
            }
            None => None,
        };
        Ok(Write {
            transaction: self.pool.begin_with(self.begin).await?,
            turn,
        })
    }

    /// A transaction that decides about this.
    ///
    /// # Errors
    /// [`StoreError::Engine`].
    pub async fn write_with(&self, what: Lock<'_>) -> Result<Write, StoreError> {
        let mut write = self.write().await?;
        lock::take(&mut write, what).await?;
        Ok(write)
    }

    /// How many connections are in use, and how many there can be.
    pub fn connections(&self) -> (u32, u32) {
        let idle = u32::try_from(self.pool.num_idle()).unwrap_or(u32::MAX);
        let most = self.pool.options().get_max_connections();
        (self.pool.size().saturating_sub(idle), most)
    }

    /// Closes every connection; what comes after fails.
    pub async fn close(&self) {
        self.passing.close().await;
        self.pool.close().await;
    }
}

/// A transaction that may write.
#[derive(Debug)]
pub struct Write {
    transaction: Transaction<'static, Any>,
    /// Behind the transaction, so that whoever is next finds the lock free.
    turn: Option<OwnedMutexGuard<()>>,
}

impl Write {
    /// Makes everything that was written last, at once.
    ///
    /// # Errors
    /// [`StoreError::Engine`]; then nothing was written.
    pub async fn commit(self) -> Result<(), StoreError> {
        let Self { transaction, turn } = self;
        let committed = transaction.commit().await;
        drop(turn);
        Ok(committed?)
    }
}

impl Deref for Write {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.transaction
    }
}

impl DerefMut for Write {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }
}

/// What all connections have in common.
fn options(most: u32) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(ACQUIRE_TIME_MAX)
        // On a full disk SQLite undoes a transaction by itself; sqlx goes on counting it, and such a connection would begin
        // no other one for ever. It is closed, and a new one takes its place.
        .before_acquire(|connection, _| {
            let is_usable = !connection.is_in_transaction();
            Box::pin(async move { Ok(is_usable) })
        })
}

/// Connections that are told this first.
fn told(options: AnyPoolOptions, statement: &'static str) -> AnyPoolOptions {
    options.after_connect(move |connection, _| {
        Box::pin(async move { connection.execute(statement).await.map(drop) })
    })
}

/// Brings the tables to this version. A newer one may have been here already: migrations only add (docs/operations.md), so
/// that the version before goes on beside it, and can be put back.
async fn migrate(mut all: Migrator, pool: &AnyPool) -> Result<(), StoreError> {
    Ok(all.set_ignore_missing(true).run(pool).await?)
}

fn install_drivers() {
    static DRIVERS: Once = Once::new();
    DRIVERS.call_once(sqlx::any::install_default_drivers);
}

/// Looks whether a PostgreSQL database has the tables of a province, and makes none.
async fn must_have_tables(url: &DatabaseUrl) -> Result<(), StoreError> {
    install_drivers();
    let mut db = AnyConnection::connect(url.as_str()).await?;
    let found = sqlx::query("SELECT id FROM seal_check")
        .fetch_optional(&mut db)
        .await;
    db.close().await?;
    match found {
        Ok(_) => Ok(()),
        Err(sqlx::Error::Database(e)) if e.code().as_deref() == Some(UNDEFINED_TABLE) => {
            Err(StoreError::Missing)
        }
        Err(error) => Err(error.into()),
    }
}

/// What the engine says, for the log: SQLite's code (<https://sqlite.org/rescode.html>) or PostgreSQL's
/// SQLSTATE where there is one, and never its text.
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

/// The next power of two: statements of few lengths are prepared once each. What is missing is filled up with the last
/// row again.
fn few_lengths(rows: usize) -> usize {
    rows.next_power_of_two()
}

/// The parameters of `rows` rows of `columns`, as in `($1, $2), ($3, $4)`.
fn values(rows: usize, columns: usize) -> String {
    let mut text = String::new();
    for row in 0..rows {
        for column in 0..columns {
            let before = match (row, column) {
                (0, 0) => "(",
                (_, 0) => "), (",
                _ => ", ",
            };
            // Writing to a String does not fail.
            let _ = write!(text, "{before}${}", row * columns + column + 1);
        }
    }
    text.push(')');
    text
}

/// Takes rows away whose time is over, a batch: `sql` says which by a time ($1), and how many at most ($2). Gives how many
/// went.
async fn forget(db: &mut AnyConnection, sql: &'static str, time: u64, most: u32) -> Result<u64, StoreError> {
    let done = sqlx::query(sql)
        .bind(seconds(time)?)
        .bind(i64::from(most))
        .execute(db)
        .await?;
    Ok(done.rows_affected())
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
