//! Table `trusted_key`: the keys that the next trust list names.

use sqlx::AnyConnection;
use sqlx::Row as _;

use super::{StoreError, array, seconds, unsigned};

/// What a key may sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Citizens' passes.
    Passes,
    /// Counters' certificates.
    Counters,
    /// The type register.
    Types,
    /// Status manifests.
    Status,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Passes => "passes",
            Self::Counters => "counters",
            Self::Types => "types",
            Self::Status => "status",
        }
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        match text {
            "passes" => Ok(Self::Passes),
            "counters" => Ok(Self::Counters),
            "types" => Ok(Self::Types),
            "status" => Ok(Self::Status),
            _ => Err(StoreError::Form),
        }
    }
}

/// A key and its time. Times are unix seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedKeyRow {
    /// Ed25519 public key.
    pub key: [u8; 32],
    /// What it may sign.
    pub purpose: Purpose,
    /// First second.
    pub valid_from: u64,
    /// Last second.
    pub valid_until: u64,
    /// When it was revoked.
    pub revoked_at: Option<u64>,
}

/// Adds a key.
///
/// # Errors
/// [`StoreError`].
pub async fn add(db: &mut AnyConnection, row: &TrustedKeyRow) -> Result<(), StoreError> {
    let revoked_at = row.revoked_at.map(seconds).transpose()?;
    sqlx::query(
        "INSERT INTO trusted_key (key, purpose, valid_from, valid_until, revoked_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(row.key.to_vec())
    .bind(row.purpose.as_str().to_owned())
    .bind(seconds(row.valid_from)?)
    .bind(seconds(row.valid_until)?)
    .bind(revoked_at)
    .execute(db)
    .await?;
    Ok(())
}

/// All keys, in an order that does not change.
///
/// # Errors
/// [`StoreError`].
pub async fn all(db: &mut AnyConnection) -> Result<Vec<TrustedKeyRow>, StoreError> {
    sqlx::query("SELECT key, purpose, valid_from, valid_until, revoked_at FROM trusted_key ORDER BY key")
        .fetch_all(db)
        .await?
        .iter()
        .map(|row| {
            let revoked_at = row.try_get::<Option<i64>, _>("revoked_at")?;
            Ok(TrustedKeyRow {
                key: array(row, "key")?,
                purpose: Purpose::parse(&row.try_get::<String, _>("purpose")?)?,
                valid_from: unsigned(row, "valid_from")?,
                valid_until: unsigned(row, "valid_until")?,
                revoked_at: revoked_at
                    .map(|time| u64::try_from(time).map_err(|_| StoreError::Form))
                    .transpose()?,
            })
        })
        .collect()
}
