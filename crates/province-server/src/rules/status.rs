//! The status lists: publishing what turned, and what anybody may fetch of them.
//!
//! A publication touches only the shards in which a bit turned, however many people the lists have.

use std::collections::BTreeMap;

use bytes::Bytes;
use credential::{
    Bitmap, DAY, DELTA_BYTES_MAX, ListEntry, Shape, StatusContent, StatusDelta, StatusError, StatusManifest,
    StatusPurpose, Timestamp,
};
use province_api::artefacts::IDENTITY_LIST;
use province_api::problem::ProblemCode;
use sha2::{Digest as _, Sha256};
use sqlx::AnyConnection;

use super::kept::Which;
use super::publish::put;
use super::{Fault, Province, Refusal};
use crate::keys::ProvinceKey;
use crate::randomness::Randomness;
use crate::store::artefact::{self, Name};
use crate::store::lock::{self, Lock};
use crate::store::status_file::{self, Flip, Hash};
use crate::store::{StoreError, status};

/// How long a status manifest serves.
pub const MANIFEST_DAYS: u64 = 7;
/// From how many days back a reader gets the changes instead of whole shards.
pub const DELTA_DAYS: u64 = 30;
/// How long a piece stays when no manifest names it any more: a slow line fetches the province's lists in that time.
const PIECE_DAYS: u64 = 2;
/// How many manifests are kept, beside those from which an update may be carried to a desk.
const EPOCHS_KEPT: u64 = 3;
/// How often a random index is drawn before the list counts as full. With all 40.8 million people in 42 shards (93 %
/// full) 256 draws fail once in 2^28; 95 % full once in 2^19, 99 % full once in 13.
const DRAWS_MAX: u32 = 256;
/// From how full on a list is nearly full, in percent: what is left is the time to make room.
const NEARLY_FULL: u64 = 95;
/// How many of a list's indices are looked at for how full it is. They are drawn at random, so these are as full as all:
/// at 95 % within a tenth of a percent, and nobody counts 40 million rows.
const LOOKED_AT: u32 = 1 << 16;

/// Draws an index of a list that nobody had, inside the caller's transaction: at random, so that it tells nothing of
/// when or where it was drawn.
///
/// # Errors
/// [`Fault::StatusListFull`], [`Fault`].
pub(super) async fn draw(db: &mut AnyConnection, list: &str, randomness: &Randomness) -> Result<u32, Fault> {
    let shape = status::shape(db, list).await?;
    let entries = shape.and_then(|shape| u32::try_from(shape.length()).ok());
    let entries = entries.ok_or(Fault::StatusListFull)?;
    for _ in 0..DRAWS_MAX {
        let index = randomness.below(entries);
        if status::draw(db, list, index).await? {
            return Ok(index);
        }
    }
    Err(Fault::StatusListFull)
}

/// The lists that are nearly full, and how full, in percent.
pub(super) async fn nearly_full(db: &mut AnyConnection) -> Result<Vec<(String, u64)>, Fault> {
    let mut full = Vec::new();
    for (list, shape) in status::lists(db).await? {
        let looked_at = u32::try_from(shape.length()).map_or(LOOKED_AT, |length| length.min(LOOKED_AT));
        let percent = status::drawn_below(db, &list, looked_at).await? * 100 / u64::from(looked_at);
        if percent >= NEARLY_FULL {
            full.push((list, percent));
        }
    }
    Ok(full)
}

/// Publishes the lists with these bits turned, inside the caller's transaction; gives the epoch.
///
/// # Errors
/// [`Fault`].
pub async fn publish(
    db: &mut AnyConnection,
    key: &ProvinceKey,
    now: Timestamp,
    flips: &[Flip],
) -> Result<u64, Fault> {
    publish_after(db, key, now, flips, 1).await
}

/// The same under a number that is so much higher than the last.
///
/// # Errors
/// [`Fault`].
pub async fn publish_after(
    db: &mut AnyConnection,
    key: &ProvinceKey,
    now: Timestamp,
    flips: &[Flip],
    step: u64,
) -> Result<u64, Fault> {
    lock::take(db, Lock::Published).await?;
    let epoch = artefact::newest(db, Name::StatusManifest)
        .await?
        .map_or(1, |manifest| manifest.sequence + step);
    let mut lists = BTreeMap::new();
    for (list, shape) in status::lists(db).await? {
        let mut bitmaps = BTreeMap::new();
        for (purpose, before) in status_file::bitmaps(db, &list).await? {
            let of_this = |flip: &&Flip| flip.list == list && flip.purpose == purpose;
            let indices: Vec<u32> = flips.iter().filter(of_this).map(|flip| flip.index).collect();
            let table = turn(db, &list, shape, purpose, &indices, now).await?;
            if before != Some(table) {
                status_file::set_table(db, &list, purpose, &table).await?;
                if let Some(before) = before {
                    status_file::drop_piece(db, &before, now.unix()).await?;
                }
            }
            bitmaps.insert(purpose, table);
        }
        lists.insert(list, ListEntry { shape, bitmaps });
    }
    let content = StatusContent {
        epoch,
        iat: now,
        exp: now.plus(MANIFEST_DAYS * DAY),
        lists,
    };
    let manifest = StatusManifest::sign(&content, key)?;
    put(db, Name::StatusManifest, epoch, manifest, now).await?;
    status_file::forget_manifests(db, epoch.saturating_sub(EPOCHS_KEPT - 1)).await?;
    status_file::add_epoch(db, epoch, flips, now.unix()).await?;
    let (epochs, pieces) = (now.minus(DELTA_DAYS * DAY), now.minus(PIECE_DAYS * DAY));
    status_file::forget_before(db, epochs.unix(), pieces.unix()).await?;
    Ok(epoch)
}

/// Turns bits of one bitmap and publishes the shards that changed; gives the hash of its table.
async fn turn(
    db: &mut AnyConnection,
    list: &str,
    shape: Shape,
    purpose: StatusPurpose,
    indices: &[u32],
    now: Timestamp,
) -> Result<Hash, Fault> {
    let one = Shape::new(1, shape.shard_bits())?;
    let empty = Bitmap::new(one);
    let held = status_file::shards(db, list, purpose).await?;
    let mut hashes = vec![hash_of(&empty)?; shape.shards() as usize];
    for (shard, sha256) in &held {
        *hashes.get_mut(*shard as usize).ok_or(StoreError::Form)? = *sha256;
    }
    if held.is_empty() {
        // Whoever asks for an empty shard gets one, though the table says all of it.
        put_shard(db, &empty).await?;
    }
    let mut places: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for index in indices {
        let (shard, place) = shape.split(*index);
        places.entry(shard).or_default().push(place);
    }
    for (shard, places) in places {
        let before = held.get(&shard);
        let mut bitmap = match before {
            Some(sha256) => shard_of(db, one, sha256).await?,
            None => empty.clone(),
        };
        bitmap.flip(&places)?;
        // What a reader was told has ended is never told otherwise, whatever the tables came to hold.
        if purpose != StatusPurpose::Suspended && places.iter().any(|place| bitmap.get(*place) != Some(true))
        {
            return Err(Fault::EndedForGood);
        }
        let sha256 = put_shard(db, &bitmap).await?;
        status_file::set_shard(db, list, purpose, shard, &sha256).await?;
        if let Some(before) = before {
            status_file::drop_piece(db, before, now.unix()).await?;
        }
        *hashes.get_mut(shard as usize).ok_or(StatusError::ListDiffers)? = sha256;
    }
    let table = hashes.concat();
    let sha256 = Sha256::digest(&table).into();
    status_file::put_piece(db, &sha256, table).await?;
    Ok(sha256)
}

fn hash_of(shard: &Bitmap) -> Result<Hash, Fault> {
    Ok(*shard.hashes().first().ok_or(StatusError::ListDiffers)?)
}

async fn put_shard(db: &mut AnyConnection, shard: &Bitmap) -> Result<Hash, Fault> {
    let sha256 = hash_of(shard)?;
    let bytes = shard.encoded(0).ok_or(StatusError::ListDiffers)?;
    status_file::put_piece(db, &sha256, bytes).await?;
    Ok(sha256)
}

pub(super) async fn shard_of(db: &mut AnyConnection, one: Shape, sha256: &Hash) -> Result<Bitmap, Fault> {
    let bytes = status_file::piece(db, sha256).await?.ok_or(StoreError::Form)?;
    Ok(Bitmap::decode(one, &[&bytes])?)
}

/// The changes from one epoch to another; `None` if they are not kept, or so many that shards are shorter.
///
/// # Errors
/// [`Fault`].
pub async fn delta(db: &mut AnyConnection, from: u64, to: u64) -> Result<Option<StatusDelta>, Fault> {
    if from >= to || !status_file::has_epoch(db, from).await? || !status_file::has_epoch(db, to).await? {
        return Ok(None);
    }
    let mut turned: BTreeMap<(String, StatusPurpose), Vec<u32>> = BTreeMap::new();
    for flip in status_file::flips(db, from, to).await? {
        turned
            .entry((flip.list, flip.purpose))
            .or_default()
            .push(flip.index);
    }
    let mut delta = StatusDelta::new(from, to);
    for ((list, purpose), indices) in turned {
        let shape = status::shape(db, &list).await?.ok_or(StoreError::Form)?;
        delta.turn(&list, purpose, shape.length(), indices)?;
    }
    Ok(Some(delta))
}

/// Whether the person with this index gets passes: not while they are revoked or suspended, or a stolen phone would go
/// on drawing those that have no status.
///
/// # Errors
/// [`ProblemCode::PersonRevoked`], [`ProblemCode::PersonSuspended`], [`Refusal::Fault`].
pub(super) async fn may_draw(db: &mut AnyConnection, index: u32) -> Result<(), Refusal> {
    for (purpose, code) in [
        (StatusPurpose::Revoked, ProblemCode::PersonRevoked),
        (StatusPurpose::Suspended, ProblemCode::PersonSuspended),
    ] {
        if status::is_set(db, IDENTITY_LIST, purpose, index).await? {
            return Err(code.into());
        }
    }
    Ok(())
}

impl Province {
    /// A published table or shard.
    ///
    /// # Errors
    /// [`ProblemCode::NotFound`], [`Refusal::Fault`].
    pub async fn status_piece(&self, sha256: &Hash) -> Result<Bytes, Refusal> {
        let find = async {
            let piece = status_file::piece(&mut *self.store().read().await?, sha256).await?;
            piece.ok_or_else(|| ProblemCode::NotFound.into())
        };
        self.kept.or_make(Which::Piece(*sha256), find).await
    }

    /// The changes from one epoch to another.
    ///
    /// # Errors
    /// [`ProblemCode::NotFound`] if they are not kept or too many, [`Refusal::Fault`].
    pub async fn status_delta(&self, from: u64, to: u64) -> Result<Bytes, Refusal> {
        self.kept
            .or_make(Which::Bits(from, to), self.turned(from, to))
            .await
    }

    async fn turned(&self, from: u64, to: u64) -> Result<Vec<u8>, Refusal> {
        let delta = delta(&mut *self.store().read().await?, from, to).await?;
        let bytes = delta.map(|delta| delta.encode());
        bytes
            .filter(|bytes| bytes.len() <= DELTA_BYTES_MAX)
            .ok_or_else(|| ProblemCode::NotFound.into())
    }
}
