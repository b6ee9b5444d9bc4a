//! Table `trusted_key`: the keys that the next trust list names.

use credential::Vct;
use sqlx::AnyConnection;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{StoreError, array, seconds, unsigned};

/// A key and its time. Times are unix seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedKeyRow {
    /// Ed25519 public key.
    pub key: [u8; 32],
    /// What it may sign.
    pub allowed: Vec<Vct>,
    /// First second.
    pub valid_from: u64,
    /// From when it is no longer believed at all.
    pub valid_until: u64,
    /// The midnight from which it signs nothing; what it signed before stays good.
    pub retired_at: Option<u64>,
    /// What is dated on this day or after it is not believed; 0 for nothing at all.
    pub revoked_at: Option<u64>,
    /// What the published trust list lets it sign.
    pub listed: Vec<Vct>,
}

impl TrustedKeyRow {
    /// Whether it may sign `vct` now, so that readers believe it.
    pub fn may_sign(&self, vct: Vct, now: u64) -> bool {
        self.listed.contains(&vct)
            && self.allowed.contains(&vct)
            && self.revoked_at.is_none()
            && (self.valid_from..self.valid_until).contains(&now)
            && self.retired_at.is_none_or(|at| now < at)
    }
}

/// A key that has ended does not live longer by ending once more.
pub fn earlier(known: Option<u64>, at: u64) -> u64 {
    known.map_or(at, |known| known.min(at))
}

/// Adds a key.
///
/// # Errors
/// [`StoreError`], [`StoreError::is_taken`] if it is there.
pub async fn add(db: &mut AnyConnection, row: &TrustedKeyRow) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO trusted_key (key, allowed, valid_from, valid_until, retired_at, revoked_at, listed) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(row.key.to_vec())
    .bind(joined(&row.allowed))
    .bind(seconds(row.valid_from)?)
    .bind(seconds(row.valid_until)?)
    .bind(row.retired_at.map(seconds).transpose()?)
    .bind(row.revoked_at.map(seconds).transpose()?)
    .bind(joined(&row.listed))
    .execute(db)
    .await?;
    Ok(())
}

/// Ends a key's signing at a midnight.
///
/// # Errors
/// [`StoreError`].
pub async fn retire(db: &mut AnyConnection, key: &[u8; 32], at: u64) -> Result<(), StoreError> {
    sqlx::query("UPDATE trusted_key SET retired_at = $1 WHERE key = $2")
        .bind(seconds(at)?)
        .bind(key.to_vec())
        .execute(db)
        .await?;
    Ok(())
}

/// Withdraws a key; see [`TrustedKeyRow::revoked_at`].
///
/// # Errors
/// [`StoreError`].
pub async fn revoke(db: &mut AnyConnection, key: &[u8; 32], at: u64) -> Result<(), StoreError> {
    sqlx::query("UPDATE trusted_key SET revoked_at = $1 WHERE key = $2")
        .bind(seconds(at)?)
        .bind(key.to_vec())
        .execute(db)
        .await?;
    Ok(())
}

/// Ends a key's time at this second, if it is not over before.
///
/// # Errors
/// [`StoreError`].
pub async fn shorten(db: &mut AnyConnection, key: &[u8; 32], until: u64) -> Result<(), StoreError> {
    sqlx::query("UPDATE trusted_key SET valid_until = $1 WHERE key = $2 AND valid_until > $1")
        .bind(seconds(until)?)
        .bind(key.to_vec())
        .execute(db)
        .await?;
    Ok(())
}

/// Says what the next trust list lets a key sign.
///
/// # Errors
/// [`StoreError`].
pub async fn set_allowed(db: &mut AnyConnection, key: &[u8; 32], kinds: &[Vct]) -> Result<(), StoreError> {
    sqlx::query("UPDATE trusted_key SET allowed = $1 WHERE key = $2")
        .bind(joined(kinds))
        .bind(key.to_vec())
        .execute(db)
        .await?;
    Ok(())
}

/// Notes what the published trust list lets a key sign.
///
/// # Errors
/// [`StoreError`].
pub async fn set_listed(db: &mut AnyConnection, key: &[u8; 32], kinds: &[Vct]) -> Result<(), StoreError> {
    sqlx::query("UPDATE trusted_key SET listed = $1 WHERE key = $2")
        .bind(joined(kinds))
        .bind(key.to_vec())
        .execute(db)
        .await?;
    Ok(())
}

/// Whether there is a key.
///
/// # Errors
/// [`StoreError`].
pub async fn any(db: &mut AnyConnection) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT COUNT(*) AS n FROM trusted_key")
        .fetch_one(db)
        .await?;
    Ok(unsigned::<u64>(&row, "n")? > 0)
}

/// All keys, in an order that does not change.
///
/// # Errors
/// [`StoreError`].
pub async fn all(db: &mut AnyConnection) -> Result<Vec<TrustedKeyRow>, StoreError> {
    sqlx::query(
        "SELECT key, allowed, valid_from, valid_until, retired_at, revoked_at, listed FROM trusted_key ORDER BY key",
    )
    .fetch_all(db)
    .await?
    .iter()
    .map(|row| {
        Ok(TrustedKeyRow {
            key: array(row, "key")?,
            allowed: kinds(row, "allowed")?,
            valid_from: unsigned(row, "valid_from")?,
            valid_until: unsigned(row, "valid_until")?,
            retired_at: moment(row, "retired_at")?,
            revoked_at: moment(row, "revoked_at")?,
            listed: kinds(row, "listed")?,
        })
    })
    .collect()
}

fn joined(kinds: &[Vct]) -> String {
    kinds.iter().map(Vct::as_str).collect::<Vec<_>>().join(",")
}

fn kinds(row: &AnyRow, column: &str) -> Result<Vec<Vct>, StoreError> {
    row.try_get::<String, _>(column)?
        .split(',')
        .filter(|vct| !vct.is_empty())
        .map(|vct| Vct::parse(vct).map_err(|_| StoreError::Form))
        .collect()
}

fn moment(row: &AnyRow, column: &str) -> Result<Option<u64>, StoreError> {
    row.try_get::<Option<i64>, _>(column)?
        .map(|time| u64::try_from(time).map_err(|_| StoreError::Form))
        .transpose()
}
