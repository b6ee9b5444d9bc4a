//! The bits of one list and one purpose, in shards, with the hash of each.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{LIST_BITS_MAX, StatusError, rice};
use crate::keys::sha256;

/// Most bits of one shard.
pub const SHARD_BITS_MAX: u32 = 1 << 24;

/// Most shards of one list.
pub const SHARDS_MAX: u32 = 1 << 16;

/// How a list is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    shards: u32,
    shard_bits: u32,
}

impl Shape {
    /// Room for the 40.8 million people of Khyber Pakhtunkhwa and 3.2 million more, so that an index drawn at random is
    /// soon a free one (14 draws when all are in); 5.5 MB for a bitmap. A pass stands among a million others of its shard.
    pub const PROVINCE: Self = Self {
        shards: 42,
        shard_bits: 1 << 20,
    };

    /// `shards` shards of `shard_bits` bits, which is a power of two from 8 on.
    ///
    /// # Errors
    /// [`StatusError::Malformed`] for no shards or another number of bits, [`StatusError::TooLarge`] beyond
    /// [`LIST_BITS_MAX`], [`SHARDS_MAX`] or [`SHARD_BITS_MAX`].
    pub const fn new(shards: u32, shard_bits: u32) -> Result<Self, StatusError> {
        if shards == 0 || shard_bits < 8 || !shard_bits.is_power_of_two() {
            return Err(StatusError::Malformed);
        }
        let shape = Self { shards, shard_bits };
        if shards > SHARDS_MAX || shard_bits > SHARD_BITS_MAX || shape.length() > LIST_BITS_MAX {
            return Err(StatusError::TooLarge);
        }
        Ok(shape)
    }

    /// Number of shards.
    pub const fn shards(self) -> u32 {
        self.shards
    }

    /// Bits of each shard.
    pub const fn shard_bits(self) -> u32 {
        self.shard_bits
    }

    /// Bits of the whole list.
    pub const fn length(self) -> u64 {
        self.shards as u64 * self.shard_bits as u64
    }

    /// Shard of a bit of the whole list, and its place there.
    pub const fn split(self, index: u32) -> (u32, u32) {
        (index / self.shard_bits, index % self.shard_bits)
    }

    /// Number in the whole list of a bit of a shard; `None` outside of the list.
    pub fn join(self, shard: u32, index: u32) -> Option<u32> {
        if shard >= self.shards || index >= self.shard_bits {
            return None;
        }
        Some(shard * self.shard_bits + index)
    }
}

/// One bitmap: raw bits in shards. Bit `i` of a shard is bit `i % 8`, least significant first, of byte `i / 8`, as in
/// the Token Status List. Cloning it copies no bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bitmap {
    shape: Shape,
    shards: Vec<Arc<[u8]>>,
    hashes: Vec<[u8; 32]>,
}

impl Bitmap {
    /// No bit set. However large, it costs one shard.
    pub fn new(shape: Shape) -> Self {
        let zeros = zeros(shape);
        let hash = sha256(&zeros);
        Self {
            shape,
            shards: vec![zeros; shape.shards as usize],
            hashes: vec![hash; shape.shards as usize],
        }
    }

    /// With these bits of the whole list set, in any order.
    ///
    /// # Errors
    /// [`StatusError::ListDiffers`] if one of them is outside of the list.
    pub fn with(shape: Shape, indices: impl IntoIterator<Item = u32>) -> Result<Self, StatusError> {
        let mut bits = vec![Vec::new(); shape.shards as usize];
        for index in indices {
            let (shard, at) = shape.split(index);
            let bits = bits.get_mut(shard as usize).ok_or(StatusError::ListDiffers)?;
            if bits.is_empty() {
                *bits = vec![0; shape.shard_bits as usize / 8];
            }
            if let Some(byte) = bits.get_mut(at as usize / 8) {
                *byte |= 1 << (at % 8);
            }
        }
        let mut made = Self::new(shape);
        for (number, bits) in bits.into_iter().enumerate().filter(|(_, bits)| !bits.is_empty()) {
            made.put(number, bits.into());
        }
        Ok(made)
    }

    /// From shards as they are published ([`Self::encoded`]).
    ///
    /// # Errors
    /// [`StatusError`] if a shard is not of this shape or not strictly written.
    pub fn decode(shape: Shape, shards: &[&[u8]]) -> Result<Self, StatusError> {
        if shards.len() != shape.shards as usize {
            return Err(StatusError::ListDiffers);
        }
        let mut made = Self::new(shape);
        for (number, bytes) in shards.iter().enumerate() {
            made.put(number, rice::decode_bits(bytes, shape.shard_bits)?.into());
        }
        Ok(made)
    }

    pub(super) fn of_parts(shape: Shape, shards: Vec<Arc<[u8]>>, hashes: Vec<[u8; 32]>) -> Self {
        Self {
            shape,
            shards,
            hashes,
        }
    }

    fn put(&mut self, number: usize, bits: Arc<[u8]>) {
        if let (Some(shard), Some(hash)) = (self.shards.get_mut(number), self.hashes.get_mut(number)) {
            *hash = sha256(&bits);
            *shard = bits;
        }
    }

    /// How it is cut.
    pub const fn shape(&self) -> Shape {
        self.shape
    }

    /// The same list with more shards, the new ones without a bit set.
    pub(super) fn grown(&self, shape: Shape) -> Option<Self> {
        if shape.shard_bits != self.shape.shard_bits || shape.shards < self.shape.shards {
            return None;
        }
        let mut grown = Self::new(shape);
        grown
            .shards
            .splice(..self.shards.len(), self.shards.iter().cloned());
        grown
            .hashes
            .splice(..self.hashes.len(), self.hashes.iter().copied());
        Some(grown)
    }

    /// Turns each of these bits of the whole list once, and hashes the shards that changed.
    ///
    /// # Errors
    /// [`StatusError::ListDiffers`] if one of them is outside of the list; the bitmap is of no use then.
    pub fn flip(&mut self, indices: &[u32]) -> Result<(), StatusError> {
        let mut changed = BTreeSet::new();
        for index in indices {
            let (shard, at) = self.shape.split(*index);
            let bits = self
                .shards
                .get_mut(shard as usize)
                .ok_or(StatusError::ListDiffers)?;
            // Copied once, if another bitmap shares it.
            if let Some(byte) = Arc::make_mut(bits).get_mut(at as usize / 8) {
                *byte ^= 1 << (at % 8);
            }
            changed.insert(shard as usize);
        }
        for number in changed {
            if let (Some(bits), Some(hash)) = (self.shards.get(number), self.hashes.get_mut(number)) {
                *hash = sha256(bits);
            }
        }
        Ok(())
    }

    /// Whether a bit of the whole list is set; `None` outside of it.
    pub fn get(&self, index: u32) -> Option<bool> {
        let (shard, at) = self.shape.split(index);
        bit(self.shards.get(shard as usize)?, at)
    }

    /// How many bits are set.
    pub fn count(&self) -> u64 {
        let ones = |bits: &Arc<[u8]>| bits.iter().map(|byte| u64::from(byte.count_ones())).sum::<u64>();
        self.shards.iter().map(ones).sum()
    }

    /// All set bits of the whole list, ascending.
    pub fn indices(&self) -> impl Iterator<Item = u32> {
        let width = self.shape.shard_bits;
        let shards = self.shards.iter().zip(0_u32..);
        shards.flat_map(move |(bits, number)| rice::set_bits(bits).map(move |at| number * width + at))
    }

    /// The raw bits of a shard.
    pub fn shard(&self, number: u32) -> Option<&[u8]> {
        self.shards.get(number as usize).map(AsRef::as_ref)
    }

    pub(super) fn shared(&self, number: usize) -> Option<Arc<[u8]>> {
        self.shards.get(number).cloned()
    }

    /// A shard as it is published: `[bits, set bits, Rice-coded gaps]` (docs/format.cddl, `status-shard`).
    pub fn encoded(&self, number: u32) -> Option<Vec<u8>> {
        self.shard(number).map(rice::encode_bits)
    }

    /// SHA-256 of the raw bits of each shard.
    pub fn hashes(&self) -> &[[u8; 32]] {
        &self.hashes
    }

    /// The hashes one after the other, as they are published.
    pub fn table(&self) -> Vec<u8> {
        self.hashes.concat()
    }

    /// SHA-256 of [`Self::table`], which the manifest holds.
    pub fn root(&self) -> [u8; 32] {
        sha256(&self.table())
    }
}

/// Bit `at` of raw bits.
pub(super) fn bit(bits: &[u8], at: u32) -> Option<bool> {
    bits.get(at as usize / 8).map(|byte| byte >> (at % 8) & 1 == 1)
}

/// A shard without a bit set.
pub(super) fn zeros(shape: Shape) -> Arc<[u8]> {
    vec![0; shape.shard_bits as usize / 8].into()
}
