//! Table `artefact`: signed public files.

use sqlx::AnyConnection;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{StoreError, array, seconds, unsigned};

/// Which public file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// The trust list.
    TrustList,
    /// The type register.
    TypeRegister,
    /// The trust list that replaced the roots with this fingerprint.
    TrustNext(String),
    /// The risk rules.
    RiskRules,
    /// The catalogue of services.
    Catalogue,
    /// The status manifest.
    StatusManifest,
}

const TRUST_NEXT: &str = "trust-next/";
/// What the rows of manifests are called.
pub(super) const STATUS_MANIFEST: &str = "status-manifest";

impl Name {
    /// What kind of file it is, as the audit log says it.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::TrustList => "trust-list",
            Self::TypeRegister => "type-register",
            Self::TrustNext(_) => "trust-next",
            Self::RiskRules => "risk-rules",
            Self::Catalogue => "catalogue",
            Self::StatusManifest => "status-manifest",
        }
    }

    fn text(self) -> String {
        match self {
            Self::TrustList => "trust-list".to_owned(),
            Self::TypeRegister => "type-register".to_owned(),
            Self::TrustNext(roots) => format!("{TRUST_NEXT}{roots}"),
            Self::RiskRules => "risk-rules".to_owned(),
            Self::Catalogue => "catalogue".to_owned(),
            Self::StatusManifest => STATUS_MANIFEST.to_owned(),
        }
    }
}

/// A public file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artefact {
    /// Sequence of a trust list or a type register, epoch of a manifest. From 1.
    pub sequence: u64,
    /// The file.
    pub bytes: Vec<u8>,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// When it was made, unix seconds.
    pub issued_at: u64,
}

/// The newest of this name.
///
/// # Errors
/// [`StoreError`].
pub async fn newest(db: &mut AnyConnection, name: Name) -> Result<Option<Artefact>, StoreError> {
    let row = sqlx::query(
        "SELECT sequence, bytes, sha256, issued_at FROM artefact WHERE name = $1 ORDER BY sequence DESC LIMIT 1",
    )
    .bind(name.text())
    .fetch_optional(db)
    .await?;
    row.map(|row| artefact(&row)).transpose()
}

/// A public file without its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// How many bytes it has.
    pub bytes: u64,
}

/// What stands for the newest of this name.
///
/// # Errors
/// [`StoreError`].
pub async fn newest_head(db: &mut AnyConnection, name: &Name) -> Result<Option<Head>, StoreError> {
    sqlx::query(
        "SELECT sha256, LENGTH(bytes) AS size FROM artefact WHERE name = $1 ORDER BY sequence DESC LIMIT 1",
    )
    .bind(name.clone().text())
    .fetch_optional(db)
    .await?
    .map(|row| {
        Ok(Head {
            sha256: array(&row, "sha256")?,
            bytes: unsigned(&row, "size")?,
        })
    })
    .transpose()
}

/// The file of this name with this SHA-256, if it is kept.
///
/// # Errors
/// [`StoreError`].
pub async fn with_sha256(
    db: &mut AnyConnection,
    name: &Name,
    sha256: &[u8; 32],
) -> Result<Option<Vec<u8>>, StoreError> {
    sqlx::query("SELECT bytes FROM artefact WHERE name = $1 AND sha256 = $2 ORDER BY sequence DESC LIMIT 1")
        .bind(name.clone().text())
        .bind(sha256.to_vec())
        .fetch_optional(db)
        .await?
        .map(|row| Ok(row.try_get("bytes")?))
        .transpose()
}

/// The file with this SHA-256, if it is kept, whatever its name.
///
/// # Errors
/// [`StoreError`].
pub async fn of_any_name(db: &mut AnyConnection, sha256: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
    sqlx::query("SELECT bytes FROM artefact WHERE sha256 = $1 LIMIT 1")
        .bind(sha256.to_vec())
        .fetch_optional(db)
        .await?
        .map(|row| Ok(row.try_get("bytes")?))
        .transpose()
}

/// Whether a version of this name is kept whose SHA-256 begins so.
///
/// # Errors
/// [`StoreError`].
pub async fn is_kept(db: &mut AnyConnection, name: &Name, begins: &[u8]) -> Result<bool, StoreError> {
    let hashes = sqlx::query("SELECT sha256 FROM artefact WHERE name = $1")
        .bind(name.clone().text())
        .fetch_all(db)
        .await?;
    for row in &hashes {
        if array::<32>(row, "sha256")?.starts_with(begins) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The one with this number, if it is kept.
///
/// # Errors
/// [`StoreError`].
pub async fn numbered(
    db: &mut AnyConnection,
    name: Name,
    sequence: u64,
) -> Result<Option<Artefact>, StoreError> {
    let row = sqlx::query(
        "SELECT sequence, bytes, sha256, issued_at FROM artefact WHERE name = $1 AND sequence = $2",
    )
    .bind(name.text())
    .bind(seconds(sequence)?)
    .fetch_optional(db)
    .await?;
    row.map(|row| artefact(&row)).transpose()
}

fn artefact(row: &AnyRow) -> Result<Artefact, StoreError> {
    Ok(Artefact {
        sequence: unsigned(row, "sequence")?,
        bytes: row.try_get("bytes")?,
        sha256: array(row, "sha256")?,
        issued_at: unsigned(row, "issued_at")?,
    })
}

/// Every trust list that changed the roots, in the order of their numbers.
///
/// # Errors
/// [`StoreError`].
pub async fn root_changes(db: &mut AnyConnection) -> Result<Vec<Vec<u8>>, StoreError> {
    sqlx::query("SELECT bytes FROM artefact WHERE name LIKE $1 ORDER BY sequence")
        .bind(format!("{TRUST_NEXT}%"))
        .fetch_all(db)
        .await?
        .iter()
        .map(|row| Ok(row.try_get("bytes")?))
        .collect()
}

/// Adds one.
///
/// # Errors
/// [`StoreError`], [`StoreError::is_taken`] if this name has this sequence already.
pub async fn add(db: &mut AnyConnection, name: Name, artefact: &Artefact) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO artefact (name, sequence, bytes, sha256, issued_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(name.text())
    .bind(seconds(artefact.sequence)?)
    .bind(artefact.bytes.clone())
    .bind(artefact.sha256.to_vec())
    .bind(seconds(artefact.issued_at)?)
    .execute(db)
    .await?;
    Ok(())
}
