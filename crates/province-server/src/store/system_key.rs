//! Tables `system_key` and `ended_counter`: callers besides wallets.

use credential::Vct;
use province_api::caller::Scope;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use super::{StoreError, array, seconds, unsigned};

/// A key of a system. Times are unix seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemKey {
    /// Ed25519 public key.
    pub key: [u8; 32],
    /// Which system.
    pub name: String,
    /// The office of the catalogue that it works for, if it works for one.
    pub office: Option<String>,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// The kinds of documents that it may grant.
    pub grants: Vec<Vct>,
    /// First second.
    pub valid_from: u64,
    /// From when it is taken no more.
    pub valid_until: u64,
    /// When it was ended before that.
    pub ended_at: Option<u64>,
}

impl SystemKey {
    /// Whether it is taken now.
    pub fn serves(&self, now: u64) -> bool {
        (self.valid_from..self.valid_until).contains(&now) && self.ended_at.is_none_or(|at| now < at)
    }
}

/// Adds a key.
///
/// # Errors
/// [`StoreError`], [`StoreError::is_taken`] if it is there.
pub async fn add(db: &mut AnyConnection, key: &SystemKey) -> Result<(), StoreError> {
    let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.as_str()).collect();
    let grants: Vec<&str> = key.grants.iter().map(Vct::as_str).collect();
    sqlx::query(
        "INSERT INTO system_key (key, name, office, scopes, valid_from, valid_until, ended_at, grants)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(key.key.to_vec())
    .bind(key.name.clone())
    .bind(key.office.clone())
    .bind(scopes.join(","))
    .bind(seconds(key.valid_from)?)
    .bind(seconds(key.valid_until)?)
    .bind(key.ended_at.map(seconds).transpose()?)
    .bind(grants.join(","))
    .execute(db)
    .await?;
    Ok(())
}

/// This key.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: &mut AnyConnection, key: &[u8; 32]) -> Result<Option<SystemKey>, StoreError> {
    sqlx::query("SELECT * FROM system_key WHERE key = $1")
        .bind(key.to_vec())
        .fetch_optional(db)
        .await?
        .map(|row| read(&row))
        .transpose()
}

/// The keys of this system.
///
/// # Errors
/// [`StoreError`].
pub async fn of_system(db: &mut AnyConnection, name: &str) -> Result<Vec<SystemKey>, StoreError> {
    let rows = sqlx::query("SELECT * FROM system_key WHERE name = $1 ORDER BY valid_from, key")
        .bind(name.to_owned())
        .fetch_all(db)
        .await?;
    rows.iter().map(read).collect()
}

/// All keys, by system and the time from which they serve.
///
/// # Errors
/// [`StoreError`].
pub async fn all(db: &mut AnyConnection) -> Result<Vec<SystemKey>, StoreError> {
    let rows = sqlx::query("SELECT * FROM system_key ORDER BY name, valid_from, key")
        .fetch_all(db)
        .await?;
    rows.iter().map(read).collect()
}

/// Ends a key; says whether there is one that had not ended.
///
/// # Errors
/// [`StoreError`].
pub async fn end(db: &mut AnyConnection, key: &[u8; 32], now: u64) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE system_key SET ended_at = $2 WHERE key = $1 AND ended_at IS NULL")
        .bind(key.to_vec())
        .bind(seconds(now)?)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Ends a counter; says whether it had not been ended.
///
/// # Errors
/// [`StoreError`].
pub async fn end_counter(db: &mut AnyConnection, key: &[u8; 32], now: u64) -> Result<bool, StoreError> {
    let done =
        sqlx::query("INSERT INTO ended_counter (key, ended_at) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(key.to_vec())
            .bind(seconds(now)?)
            .execute(db)
            .await?;
    Ok(done.rows_affected() > 0)
}

/// Whether a counter was ended.
///
/// # Errors
/// [`StoreError`].
pub async fn is_counter_ended(db: &mut AnyConnection, key: &[u8; 32]) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT 1 AS ended FROM ended_counter WHERE key = $1")
        .bind(key.to_vec())
        .fetch_optional(db)
        .await?;
    Ok(row.is_some())
}

fn read(row: &AnyRow) -> Result<SystemKey, StoreError> {
    let scopes: String = row.try_get("scopes")?;
    let grants: String = row.try_get("grants")?;
    let ended: Option<i64> = row.try_get("ended_at")?;
    Ok(SystemKey {
        key: array(row, "key")?,
        name: row.try_get("name")?,
        office: row.try_get("office")?,
        // What a newer version gave and this one does not know lets this one's callers do nothing.
        scopes: scopes.split(',').filter_map(Scope::parse).collect(),
        grants: grants.split(',').filter_map(|vct| Vct::parse(vct).ok()).collect(),
        valid_from: unsigned(row, "valid_from")?,
        valid_until: unsigned(row, "valid_until")?,
        ended_at: ended
            .map(u64::try_from)
            .transpose()
            .map_err(|_| StoreError::Form)?,
    })
}
