//! What a desk without a network is brought: a manifest, changes or whole lists, and the rest of what is signed.
//!
//! The bundle itself is not signed; everything in it is proven by what is.

use std::collections::BTreeMap;

use super::{
    Bitmap, DELTA_BYTES_MAX, LISTS_MAX, StatusDelta, StatusError, StatusManifest, StatusPurpose, StatusSet,
    is_list_name,
};
use crate::cbor::{Reader, Writer};
use crate::frames;
use crate::trust::TrustList;
use crate::zlib::{self, InflateError};

/// Longest bundle, in bytes: whole lists for the province with one entry in twenty set are 1.5 MB each.
pub const BUNDLE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Prefix of the codes that carry a bundle ([`StatusBundle::to_codes`]).
pub const UPDATE_PREFIX: &str = "KPU:";

/// Longest bundle that codes carry, in bytes, unpacked: four of the largest signed data, and a day's changes.
const CODED_BYTES_MAX: usize = 320 * 1024;

/// Most deltas in one bundle.
const DELTAS_MAX: u64 = 64;

const MANIFEST: i64 = 1;
const TRUST: i64 = 2;
const DELTAS: i64 = 3;
const LISTS: i64 = 4;
const TYPES: i64 = 5;
const RULES: i64 = 6;

/// Most trust lists in one bundle: the newest, and those before it that changed the roots.
const TRUST_LISTS_MAX: u64 = 17;

/// An update on its way to a desk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatusBundle {
    /// The status manifest.
    pub manifest: Vec<u8>,
    /// The lists that changed the roots, oldest first, and then the newest trust list.
    pub trust: Vec<Vec<u8>>,
    /// Changes that lead to the manifest. Each begins where another ends, so that desks of different days can use them.
    pub deltas: Vec<StatusDelta>,
    /// Every shard of every bitmap, as they are published.
    pub lists: BTreeMap<String, BTreeMap<StatusPurpose, Vec<Vec<u8>>>>,
    /// The type register.
    pub types: Option<Vec<u8>>,
    /// The risk rules.
    pub rules: Option<Vec<u8>>,
}

impl StatusBundle {
    /// The manifest and every list of a set that is whole.
    pub fn whole(set: &StatusSet) -> Option<Self> {
        let mut lists = BTreeMap::new();
        for (list, entry) in set.manifest().lists() {
            let mut bitmaps = BTreeMap::new();
            for purpose in entry.bitmaps.keys() {
                let bitmap = set.bitmap(list, *purpose)?;
                let shards = (0..entry.shape.shards()).map(|number| bitmap.encoded(number));
                bitmaps.insert(*purpose, shards.collect::<Option<Vec<_>>>()?);
            }
            lists.insert(list.clone(), bitmaps);
        }
        Some(Self {
            manifest: set.manifest().bytes().to_vec(),
            lists,
            ..Self::default()
        })
    }

    /// As it is written to a file (docs/format.cddl, `status-bundle`).
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        let optional = [
            !self.trust.is_empty(),
            !self.deltas.is_empty(),
            !self.lists.is_empty(),
            self.types.is_some(),
            self.rules.is_some(),
        ];
        w.map(1 + optional.iter().filter(|there| **there).count());
        w.int(MANIFEST).bytes(&self.manifest);
        if !self.trust.is_empty() {
            w.int(TRUST).array(self.trust.len());
            for list in &self.trust {
                w.bytes(list);
            }
        }
        if !self.deltas.is_empty() {
            w.int(DELTAS).array(self.deltas.len());
            self.deltas.iter().for_each(|delta| delta.write(&mut w));
        }
        if !self.lists.is_empty() {
            w.int(LISTS).map(self.lists.len());
            let mut lists: Vec<_> = self.lists.iter().collect();
            lists.sort_by_key(|(name, _)| (name.len(), name.as_bytes()));
            for (list, bitmaps) in lists {
                w.text(list).map(bitmaps.len());
                for (purpose, shards) in bitmaps {
                    w.uint(purpose.number()).array(shards.len());
                    for shard in shards {
                        w.bytes(shard);
                    }
                }
            }
        }
        if let Some(types) = &self.types {
            w.int(TYPES).bytes(types);
        }
        if let Some(rules) = &self.rules {
            w.int(RULES).bytes(rules);
        }
        w.finish()
    }

    /// The codes that carry it past a camera, packed with zlib, `parity` more than it takes. None if it is too large for
    /// codes: [`frames::PAYLOAD_BYTES_MAX`] less the 32 bytes of its hash once it is packed.
    pub fn to_codes(&self, parity: usize) -> Option<Vec<String>> {
        let bytes = self.encode();
        if bytes.len() > CODED_BYTES_MAX {
            return None;
        }
        frames::split_with_hash(UPDATE_PREFIX, &zlib::pack(&bytes), parity)
    }

    /// Reads what codes carried; nothing in it is proven yet.
    ///
    /// # Errors
    /// [`StatusError::TooLarge`], [`StatusError::Malformed`].
    pub fn from_codes(carried: &[u8]) -> Result<Self, StatusError> {
        let bytes = zlib::inflate(carried, CODED_BYTES_MAX).map_err(|error| match error {
            InflateError::TooLarge => StatusError::TooLarge,
            InflateError::Malformed => StatusError::Malformed,
        })?;
        Self::decode(&bytes)
    }

    /// Reads one; nothing in it is proven yet.
    ///
    /// # Errors
    /// [`StatusError::TooLarge`], [`StatusError::Malformed`].
    pub fn decode(bytes: &[u8]) -> Result<Self, StatusError> {
        if bytes.len() > BUNDLE_BYTES_MAX {
            return Err(StatusError::TooLarge);
        }
        let mut r = Reader::open(bytes)?;
        let mut bundle = Self::default();
        let mut manifest = None;
        for _ in 0..r.map()? {
            match r.int()? {
                MANIFEST => manifest = Some(r.bytes()?.to_vec()),
                TRUST => {
                    let count = r.array()?;
                    if count == 0 || count > TRUST_LISTS_MAX {
                        return Err(StatusError::Malformed);
                    }
                    for _ in 0..count {
                        bundle.trust.push(r.bytes()?.to_vec());
                    }
                }
                DELTAS => {
                    let count = r.array()?;
                    if count == 0 || count > DELTAS_MAX {
                        return Err(StatusError::Malformed);
                    }
                    // Before any of them is unpacked: nobody has signed them yet, and they are much larger then.
                    let mut room = DELTA_BYTES_MAX;
                    for _ in 0..count {
                        let delta = r.raw()?;
                        room = room.checked_sub(delta.len()).ok_or(StatusError::TooLarge)?;
                        bundle.deltas.push(StatusDelta::decode(delta)?);
                    }
                }
                LISTS => bundle.lists = lists(&mut r)?,
                TYPES => bundle.types = Some(r.bytes()?.to_vec()),
                RULES => bundle.rules = Some(r.bytes()?.to_vec()),
                _ => return Err(StatusError::Malformed),
            }
        }
        bundle.manifest = manifest.ok_or(StatusError::Malformed)?;
        Ok(bundle)
    }

    /// The status data that it brings to a reader who holds `held`. `trust` is the trust list that counts by now.
    ///
    /// # Errors
    /// [`StatusError::OtherStart`] if it has neither changes that begin at what is held nor whole lists; others of
    /// [`StatusError`] for what is not proven. What is held stays in use then.
    pub fn open(&self, trust: &TrustList, held: Option<&StatusSet>) -> Result<StatusSet, StatusError> {
        let before = held.map(StatusSet::manifest);
        let manifest = StatusManifest::verify(&self.manifest, trust, before)?;
        if let Some(held) = held {
            if held.manifest().epoch() == manifest.epoch() && held.missing().is_empty() {
                return Ok(held.clone());
            }
            if let Some(delta) = self.chain(held.manifest().epoch(), manifest.epoch())? {
                return held.advance(&manifest, &delta);
            }
        }
        let mut set = StatusSet::new(manifest.clone());
        for (list, entry) in manifest.lists() {
            for purpose in entry.bitmaps.keys() {
                let shards = self.lists.get(list).and_then(|bitmaps| bitmaps.get(purpose));
                let shards: Vec<&[u8]> = shards
                    .ok_or(StatusError::OtherStart)?
                    .iter()
                    .map(Vec::as_slice)
                    .collect();
                set.add_bitmap(list, *purpose, &Bitmap::decode(entry.shape, &shards)?)?;
            }
        }
        Ok(set)
    }

    /// The changes from one epoch to another, put together.
    fn chain(&self, from: u64, to: u64) -> Result<Option<StatusDelta>, StatusError> {
        let after = |epoch| self.deltas.iter().find(|delta| delta.from() == epoch);
        let Some(first) = after(from) else {
            return Ok(None);
        };
        let mut whole = first.clone();
        // Each step goes to a higher epoch, so this ends.
        while whole.to() < to {
            let Some(next) = after(whole.to()) else {
                return Ok(None);
            };
            whole = whole.then(next)?;
        }
        Ok((whole.to() == to).then_some(whole))
    }
}

type Lists = BTreeMap<String, BTreeMap<StatusPurpose, Vec<Vec<u8>>>>;

fn lists(r: &mut Reader<'_>) -> Result<Lists, StatusError> {
    let count = r.map()?;
    if count == 0 || count > LISTS_MAX {
        return Err(StatusError::Malformed);
    }
    let mut lists = BTreeMap::new();
    for _ in 0..count {
        let list = r.text()?.to_owned();
        if !is_list_name(&list) {
            return Err(StatusError::Malformed);
        }
        let mut bitmaps = BTreeMap::new();
        for _ in 0..r.map()? {
            let purpose = StatusPurpose::of_number(r.int()?)?;
            let mut shards = Vec::new();
            for _ in 0..r.array()? {
                shards.push(r.bytes()?.to_vec());
            }
            bitmaps.insert(purpose, shards);
        }
        if bitmaps.is_empty() {
            return Err(StatusError::Malformed);
        }
        lists.insert(list, bitmaps);
    }
    Ok(lists)
}
