//! Tables `status_bitmap`, `status_shard`, `status_piece`, `status_epoch`, `status_flip`: what is published of the lists.

use std::collections::BTreeMap;

use credential::StatusPurpose;
use sqlx::AnyConnection;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::artefact::STATUS_MANIFEST;
use super::{StoreError, array, seconds, unsigned};

/// SHA-256 of a piece.
pub type Hash = [u8; 32];

/// One bit that turned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flip {
    /// The list.
    pub list: String,
    /// Which of its bitmaps.
    pub purpose: StatusPurpose,
    /// In the whole list.
    pub index: u32,
}

/// The bitmaps of a list, each with the table that the newest manifest names.
///
/// # Errors
/// [`StoreError`].
pub async fn bitmaps(
    db: &mut AnyConnection,
    list: &str,
) -> Result<BTreeMap<StatusPurpose, Option<Hash>>, StoreError> {
    sqlx::query("SELECT purpose, sha256 FROM status_bitmap WHERE list = $1")
        .bind(list.to_owned())
        .fetch_all(db)
        .await?
        .iter()
        .map(|row| {
            let table: Option<Vec<u8>> = row.try_get("sha256")?;
            let table = table.map(TryInto::try_into).transpose();
            Ok((purpose(row)?, table.map_err(|_| StoreError::Form)?))
        })
        .collect()
}

fn purpose(row: &AnyRow) -> Result<StatusPurpose, StoreError> {
    StatusPurpose::parse(row.try_get("purpose")?).ok_or(StoreError::Form)
}

/// Notes which table the next manifest names.
///
/// # Errors
/// [`StoreError`].
pub async fn set_table(
    db: &mut AnyConnection,
    list: &str,
    purpose: StatusPurpose,
    table: &Hash,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE status_bitmap SET sha256 = $3 WHERE list = $1 AND purpose = $2")
        .bind(list.to_owned())
        .bind(purpose.as_str())
        .bind(table.to_vec())
        .execute(db)
        .await?;
    Ok(())
}

/// The shards of a bitmap that ever had a bit set.
///
/// # Errors
/// [`StoreError`].
pub async fn shards(
    db: &mut AnyConnection,
    list: &str,
    purpose: StatusPurpose,
) -> Result<BTreeMap<u32, Hash>, StoreError> {
    sqlx::query("SELECT shard, sha256 FROM status_shard WHERE list = $1 AND purpose = $2")
        .bind(list.to_owned())
        .bind(purpose.as_str())
        .fetch_all(db)
        .await?
        .iter()
        .map(|row| Ok((unsigned(row, "shard")?, array(row, "sha256")?)))
        .collect()
}

/// Notes which piece a shard is now.
///
/// # Errors
/// [`StoreError`].
pub async fn set_shard(
    db: &mut AnyConnection,
    list: &str,
    purpose: StatusPurpose,
    shard: u32,
    piece: &Hash,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO status_shard (list, purpose, shard, sha256) VALUES ($1, $2, $3, $4)
         ON CONFLICT (list, purpose, shard) DO UPDATE SET sha256 = excluded.sha256",
    )
    .bind(list.to_owned())
    .bind(purpose.as_str())
    .bind(i64::from(shard))
    .bind(piece.to_vec())
    .execute(db)
    .await?;
    Ok(())
}

/// A published table or shard; `None` if there is none with this hash.
///
/// # Errors
/// [`StoreError`].
pub async fn piece(db: &mut AnyConnection, sha256: &Hash) -> Result<Option<Vec<u8>>, StoreError> {
    sqlx::query("SELECT bytes FROM status_piece WHERE sha256 = $1")
        .bind(sha256.to_vec())
        .fetch_optional(db)
        .await?
        .map(|row| Ok(row.try_get("bytes")?))
        .transpose()
}

/// Publishes a piece; one that is there already stays.
///
/// # Errors
/// [`StoreError`].
pub async fn put_piece(db: &mut AnyConnection, sha256: &Hash, bytes: Vec<u8>) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO status_piece (sha256, bytes) VALUES ($1, $2)
         ON CONFLICT (sha256) DO UPDATE SET dropped_at = NULL",
    )
    .bind(sha256.to_vec())
    .bind(bytes)
    .execute(db)
    .await?;
    Ok(())
}

/// Notes since when the newest manifest needs a piece no longer, unless it still does for something else.
///
/// # Errors
/// [`StoreError`].
pub async fn drop_piece(db: &mut AnyConnection, sha256: &Hash, now: u64) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE status_piece SET dropped_at = $2 WHERE sha256 = $1
         AND NOT EXISTS (SELECT 1 FROM status_shard s WHERE s.sha256 = status_piece.sha256)
         AND NOT EXISTS (SELECT 1 FROM status_bitmap b WHERE b.sha256 = status_piece.sha256)",
    )
    .bind(sha256.to_vec())
    .bind(seconds(now)?)
    .execute(db)
    .await?;
    Ok(())
}

/// Notes a new epoch and what it turned.
///
/// # Errors
/// [`StoreError`].
pub async fn add_epoch(
    db: &mut AnyConnection,
    epoch: u64,
    flips: &[Flip],
    now: u64,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO status_epoch (epoch, issued_at) VALUES ($1, $2)")
        .bind(seconds(epoch)?)
        .bind(seconds(now)?)
        .execute(&mut *db)
        .await?;
    for flip in flips {
        sqlx::query("INSERT INTO status_flip (epoch, list, purpose, idx) VALUES ($1, $2, $3, $4)")
            .bind(seconds(epoch)?)
            .bind(flip.list.clone())
            .bind(flip.purpose.as_str())
            .bind(i64::from(flip.index))
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// Whether changes from, or to, this epoch can be asked for.
///
/// # Errors
/// [`StoreError`].
pub async fn has_epoch(db: &mut AnyConnection, epoch: u64) -> Result<bool, StoreError> {
    let Ok(epoch) = seconds(epoch) else {
        return Ok(false);
    };
    let row = sqlx::query("SELECT COUNT(*) AS n FROM status_epoch WHERE epoch = $1")
        .bind(epoch)
        .fetch_one(db)
        .await?;
    Ok(row.try_get::<i64, _>("n")? > 0)
}

/// When an epoch was issued, unix seconds; none if it is not kept.
///
/// # Errors
/// [`StoreError`].
pub async fn issued_at(db: &mut AnyConnection, epoch: u64) -> Result<Option<u64>, StoreError> {
    sqlx::query("SELECT issued_at FROM status_epoch WHERE epoch = $1")
        .bind(seconds(epoch)?)
        .fetch_optional(db)
        .await?
        .map(|row| unsigned(&row, "issued_at"))
        .transpose()
}

/// The epochs since `since` (unix seconds) from which desks may go on: the last of each day and those that were carried
/// to desks, oldest first.
///
/// # Errors
/// [`StoreError`].
pub async fn steps(db: &mut AnyConnection, since: u64) -> Result<Vec<u64>, StoreError> {
    sqlx::query(
        "SELECT epoch FROM status_epoch WHERE issued_at >= $1 AND (bundled = 1
         OR epoch IN (SELECT MAX(epoch) FROM status_epoch GROUP BY issued_at / 86400)) ORDER BY epoch",
    )
    .bind(seconds(since)?)
    .fetch_all(db)
    .await?
    .iter()
    .map(|row| unsigned(row, "epoch"))
    .collect()
}

/// Forgets the manifests before `epoch`, but those of the epochs that [`steps`] gives: desks hold them, and an update is
/// looked at as those desks will.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_manifests(db: &mut AnyConnection, epoch: u64) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM artefact WHERE name = $1 AND sequence < $2 AND sequence NOT IN (SELECT epoch FROM status_epoch
         WHERE bundled = 1 OR epoch IN (SELECT MAX(epoch) FROM status_epoch GROUP BY issued_at / 86400))",
    )
    .bind(STATUS_MANIFEST)
    .bind(seconds(epoch)?)
    .execute(db)
    .await?;
    Ok(())
}

/// Notes that an epoch is carried to desks.
///
/// # Errors
/// [`StoreError`].
pub async fn set_bundled(db: &mut AnyConnection, epoch: u64) -> Result<(), StoreError> {
    sqlx::query("UPDATE status_epoch SET bundled = 1 WHERE epoch = $1")
        .bind(seconds(epoch)?)
        .execute(db)
        .await?;
    Ok(())
}

/// Every bit that turned after `from` and until `to`; one that turned twice is there twice.
///
/// # Errors
/// [`StoreError`].
pub async fn flips(db: &mut AnyConnection, from: u64, to: u64) -> Result<Vec<Flip>, StoreError> {
    sqlx::query("SELECT list, purpose, idx FROM status_flip WHERE epoch > $1 AND epoch <= $2")
        .bind(seconds(from)?)
        .bind(seconds(to)?)
        .fetch_all(db)
        .await?
        .iter()
        .map(|row| {
            Ok(Flip {
                list: row.try_get("list")?,
                purpose: purpose(row)?,
                index: unsigned(row, "idx")?,
            })
        })
        .collect()
}

/// Forgets epochs issued before `epochs`, what they turned, and pieces dropped before `pieces` (unix seconds).
///
/// # Errors
/// [`StoreError`].
pub async fn forget_before(db: &mut AnyConnection, epochs: u64, pieces: u64) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM status_epoch WHERE issued_at < $1 AND epoch < (SELECT MAX(epoch) FROM status_epoch)",
    )
    .bind(seconds(epochs)?)
    .execute(&mut *db)
    .await?;
    sqlx::query("DELETE FROM status_flip WHERE epoch <= (SELECT MIN(epoch) FROM status_epoch)")
        .execute(&mut *db)
        .await?;
    sqlx::query("DELETE FROM status_piece WHERE dropped_at < $1")
        .bind(seconds(pieces)?)
        .execute(&mut *db)
        .await?;
    Ok(())
}
