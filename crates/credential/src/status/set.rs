//! What a reader holds: a manifest, and of its bitmaps what has arrived and was proven.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bitmap::{bit, zeros};
use super::{Bitmap, Shape, Standing, StatusDelta, StatusError, StatusManifest, StatusPurpose, rice};
use crate::claims::StatusRef;
use crate::keys::sha256;

/// One unsigned file that a manifest proves: the table of a bitmap's shards, or a shard. Named by its hash, so that
/// what was fetched once is never fetched again, whatever the epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The list.
    pub list: String,
    /// Which of its bitmaps.
    pub purpose: StatusPurpose,
    /// The shard; none for the table.
    pub shard: Option<u32>,
    /// SHA-256 of the table, or of the shard's raw bits.
    pub sha256: [u8; 32],
    /// Most bytes that it can have.
    pub bytes_max: usize,
}

impl Piece {
    /// Its hash in lower-case hex, which is its name at the province.
    pub fn name(&self) -> String {
        piece_name(&self.sha256)
    }
}

/// A hash in lower-case hex.
pub fn piece_name(sha256: &[u8; 32]) -> String {
    let digit = |n: u8| char::from_digit(n.into(), 16);
    sha256
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .flatten()
        .collect()
}

/// A bitmap of which the table has arrived.
#[derive(Debug, Clone)]
struct Part {
    hashes: Vec<[u8; 32]>,
    shards: Vec<Option<Arc<[u8]>>>,
}

impl Part {
    fn whole(bitmap: &Bitmap) -> Self {
        let hashes = bitmap.hashes().to_vec();
        let shards = (0..hashes.len()).map(|number| bitmap.shared(number)).collect();
        Self { hashes, shards }
    }
}

/// A manifest and those of its shards that have arrived. A set bit costs what a clear one costs: 40.8 million entries
/// are 5.1 MB for each bitmap, and shards without a set bit share one piece of memory.
#[derive(Debug, Clone)]
pub struct StatusSet {
    manifest: StatusManifest,
    parts: BTreeMap<String, BTreeMap<StatusPurpose, Part>>,
}

impl StatusSet {
    /// A manifest of which nothing has arrived yet.
    pub const fn new(manifest: StatusManifest) -> Self {
        Self {
            manifest,
            parts: BTreeMap::new(),
        }
    }

    /// The manifest.
    pub const fn manifest(&self) -> &StatusManifest {
        &self.manifest
    }

    /// How a pass stands. None if what says so is not here. A pass that is revoked or consumed by what is here is so
    /// whatever is missing.
    pub fn standing(&self, at: &StatusRef) -> Option<Standing> {
        let entry = self.manifest.lists().get(&at.uri)?;
        let (shard, place) = entry.shape.split(at.index);
        let here = self.parts.get(&at.uri);
        let bit = |purpose| {
            let bits = here?.get(&purpose)?.shards.get(shard as usize)?.as_ref()?;
            bit(bits, place)
        };
        let is_set = |purpose| bit(purpose) == Some(true);
        if is_set(StatusPurpose::Revoked) {
            Some(Standing::Revoked)
        } else if is_set(StatusPurpose::Consumed) {
            Some(Standing::Consumed)
        } else if entry.bitmaps.keys().any(|purpose| bit(*purpose).is_none()) {
            None
        } else if is_set(StatusPurpose::Suspended) {
            Some(Standing::Suspended)
        } else {
            Some(Standing::Valid)
        }
    }

    /// What has to be fetched next for the whole of every list. A table is asked for before its shards can be.
    pub fn missing(&self) -> Vec<Piece> {
        self.pieces(None).filter(|piece| !self.has(piece)).collect()
    }

    /// Whether everything of every list is here.
    pub fn is_whole(&self) -> bool {
        self.pieces(None).all(|piece| self.has(&piece))
    }

    /// Takes from a store of pieces what it has, of everything or of what one pass needs. Gives whether everything that
    /// was found there was proven.
    ///
    /// # Errors
    /// What the store says.
    pub fn fill<E>(
        &mut self,
        only: Option<&StatusRef>,
        mut find: impl FnMut(&[u8; 32]) -> Result<Option<Vec<u8>>, E>,
    ) -> Result<bool, E> {
        let mut proven = true;
        // Tables first: they say what the shards are.
        for _ in 0..2 {
            let missing = only.map_or_else(|| self.missing(), |at| self.missing_for(at));
            for piece in missing {
                if let Some(bytes) = find(&piece.sha256)? {
                    proven &= self.add(&piece, &bytes).is_ok();
                }
            }
        }
        Ok(proven)
    }

    /// What has to be fetched next to know how one pass stands, and nothing else. Nothing if the manifest has no such
    /// place.
    pub fn missing_for(&self, at: &StatusRef) -> Vec<Piece> {
        self.pieces(Some(at)).filter(|piece| !self.has(piece)).collect()
    }

    /// Everything that is here, to be kept by the names of the pieces. Shards without a set bit are left out: whoever
    /// has the table needs them from nobody.
    pub fn held(&self) -> impl Iterator<Item = Piece> {
        self.pieces(None)
            .filter(|piece| self.has(piece) && !self.is_empty(piece))
    }

    /// The bytes of a piece that is here, as they are published.
    pub fn encoded(&self, piece: &Piece) -> Option<Vec<u8>> {
        let part = self.parts.get(&piece.list)?.get(&piece.purpose)?;
        match piece.shard {
            None => Some(part.hashes.concat()),
            Some(number) => Some(rice::encode_bits(part.shards.get(number as usize)?.as_ref()?)),
        }
    }

    /// The pieces whose hashes are known, of every list or of one shard.
    fn pieces<'a>(&'a self, only: Option<&'a StatusRef>) -> impl Iterator<Item = Piece> + 'a {
        let lists = self.manifest.lists().iter();
        lists.flat_map(move |(list, entry)| {
            let shape = entry.shape;
            let shards = match only.map(|at| (at, shape.split(at.index).0)) {
                Some((at, shard)) if at.uri == *list && shard < shape.shards() => shard..shard + 1,
                Some(_) => 0..0,
                None => 0..shape.shards(),
            };
            let bitmaps = if shards.is_empty() {
                None
            } else {
                Some(&entry.bitmaps)
            };
            bitmaps.into_iter().flatten().flat_map(move |(purpose, root)| {
                let part = self.parts.get(list).and_then(|parts| parts.get(purpose));
                let piece = |shard, sha256, bytes_max| Piece {
                    list: list.clone(),
                    purpose: *purpose,
                    shard,
                    sha256,
                    bytes_max,
                };
                let table = piece(None, *root, shape.shards() as usize * 32);
                let bytes_max = rice::bytes_max(u64::from(shape.shard_bits()));
                let shards = part.map(|part| {
                    let hash = |number: u32| part.hashes.get(number as usize).copied();
                    shards
                        .clone()
                        .filter_map(move |number| Some((number, hash(number)?)))
                        .map(move |(number, hash)| piece(Some(number), hash, bytes_max))
                });
                std::iter::once(table).chain(shards.into_iter().flatten())
            })
        })
    }

    fn held_shard(&self, piece: &Piece) -> Option<&Arc<[u8]>> {
        let part = self.parts.get(&piece.list)?.get(&piece.purpose)?;
        part.shards.get(piece.shard? as usize)?.as_ref()
    }

    fn has(&self, piece: &Piece) -> bool {
        match piece.shard {
            None => self
                .parts
                .get(&piece.list)
                .is_some_and(|parts| parts.contains_key(&piece.purpose)),
            Some(_) => self.held_shard(piece).is_some(),
        }
    }

    fn is_empty(&self, piece: &Piece) -> bool {
        self.held_shard(piece)
            .is_some_and(|bits| bits.iter().all(|byte| *byte == 0))
    }

    /// Takes a piece as it is published.
    ///
    /// # Errors
    /// [`StatusError::UnknownList`] if the manifest has no such bitmap or its table is not here,
    /// [`StatusError::ListDiffers`] if it is not the piece that the manifest proves, [`StatusError::TooLarge`] and
    /// [`StatusError::Malformed`]. Nothing changed then.
    pub fn add(&mut self, piece: &Piece, bytes: &[u8]) -> Result<(), StatusError> {
        let entry = self
            .manifest
            .lists()
            .get(&piece.list)
            .ok_or(StatusError::UnknownList)?;
        let root = entry
            .bitmaps
            .get(&piece.purpose)
            .ok_or(StatusError::UnknownList)?;
        let shape = entry.shape;
        let Some(number) = piece.shard else {
            let part = table(shape, root, bytes)?;
            let parts = self.parts.entry(piece.list.clone()).or_default();
            parts.entry(piece.purpose).or_insert(part);
            return Ok(());
        };
        let parts = self.parts.get_mut(&piece.list).ok_or(StatusError::UnknownList)?;
        let part = parts.get_mut(&piece.purpose).ok_or(StatusError::UnknownList)?;
        let hash = part.hashes.get(number as usize).ok_or(StatusError::UnknownList)?;
        let bits = rice::decode_bits(bytes, shape.shard_bits())?;
        if sha256(&bits) != *hash {
            return Err(StatusError::ListDiffers);
        }
        if let Some(place) = part.shards.get_mut(number as usize) {
            *place = Some(bits.into());
        }
        Ok(())
    }

    /// Takes a whole bitmap.
    ///
    /// # Errors
    /// [`StatusError::UnknownList`], [`StatusError::ListDiffers`].
    pub fn add_bitmap(
        &mut self,
        list: &str,
        purpose: StatusPurpose,
        bitmap: &Bitmap,
    ) -> Result<(), StatusError> {
        let entry = self.manifest.lists().get(list).ok_or(StatusError::UnknownList)?;
        let root = entry.bitmaps.get(&purpose).ok_or(StatusError::UnknownList)?;
        if bitmap.shape() != entry.shape || bitmap.root() != *root {
            return Err(StatusError::ListDiffers);
        }
        let parts = self.parts.entry(list.to_owned()).or_default();
        parts.insert(purpose, Part::whole(bitmap));
        Ok(())
    }

    /// A bitmap of which everything is here.
    pub fn bitmap(&self, list: &str, purpose: StatusPurpose) -> Option<Bitmap> {
        let shape = self.manifest.lists().get(list)?.shape;
        let part = self.parts.get(list)?.get(&purpose)?;
        let shards = part.shards.iter().cloned().collect::<Option<Vec<_>>>()?;
        Some(Bitmap::of_parts(shape, shards, part.hashes.clone()))
    }

    /// The status data of a later manifest, made of these and of the changes between. Lists that are new in the later
    /// manifest begin without a set bit, and lists may have grown.
    ///
    /// # Errors
    /// [`StatusError::OtherStart`] if the changes do not lead from these data to that manifest, or these are not whole;
    /// [`StatusError::ListDiffers`] if the result is not what the manifest says.
    pub fn advance(&self, manifest: &StatusManifest, delta: &StatusDelta) -> Result<Self, StatusError> {
        if delta.from() != self.manifest.epoch() || delta.to() != manifest.epoch() {
            return Err(StatusError::OtherStart);
        }
        let mut next = Self::new(manifest.clone());
        for (list, entry) in manifest.lists() {
            let known = self.manifest.lists().get(list);
            for purpose in entry.bitmaps.keys() {
                let is_held = known.is_some_and(|known| known.bitmaps.contains_key(purpose));
                let mut bitmap = if is_held {
                    let held = self.bitmap(list, *purpose).ok_or(StatusError::OtherStart)?;
                    held.grown(entry.shape).ok_or(StatusError::ListDiffers)?
                } else {
                    Bitmap::new(entry.shape)
                };
                bitmap.flip(delta.flips(list, *purpose))?;
                next.add_bitmap(list, *purpose, &bitmap)?;
            }
        }
        if delta.names_only(manifest.lists()) {
            Ok(next)
        } else {
            Err(StatusError::UnknownList)
        }
    }
}

/// Reads a table and fills in the shards that have no bit set.
fn table(shape: Shape, root: &[u8; 32], bytes: &[u8]) -> Result<Part, StatusError> {
    if bytes.len() != shape.shards() as usize * 32 || sha256(bytes) != *root {
        return Err(StatusError::ListDiffers);
    }
    let hashes: Vec<[u8; 32]> = bytes.as_chunks::<32>().0.to_vec();
    let zeros = zeros(shape);
    let zeros_hash = sha256(&zeros);
    let shards = hashes
        .iter()
        .map(|hash| (*hash == zeros_hash).then(|| zeros.clone()))
        .collect();
    Ok(Part { hashes, shards })
}
