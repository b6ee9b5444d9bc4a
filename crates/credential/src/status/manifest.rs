//! The manifest: what the province signs about its status lists.

use std::collections::BTreeMap;

use super::{Shape, StatusError, StatusPurpose, is_list_name};
use crate::cbor::{Malformed, Reader, Writer};
use crate::cose::typ;
use crate::numbered::{self, Numbered};
use crate::signing::{SignError, SigningKey};
use crate::time::Timestamp;
use crate::trust::TrustList;
use crate::vct::Vct;

/// Longest manifest, in bytes.
pub const MANIFEST_BYTES_MAX: usize = 64 * 1024;

/// Most lists in one manifest.
pub const LISTS_MAX: u64 = 256;

/// What a manifest says of one list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListEntry {
    /// How it is cut.
    pub shape: Shape,
    /// Of each of its bitmaps the SHA-256 of the table of the shards' hashes ([`super::Bitmap::root`]).
    pub bitmaps: BTreeMap<StatusPurpose, [u8; 32]>,
}

/// What a manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusContent {
    /// Counts up with each manifest.
    pub epoch: u64,
    /// When it was signed.
    pub iat: Timestamp,
    /// From when readers say "cannot decide" with it.
    pub exp: Timestamp,
    /// The lists by name.
    pub lists: BTreeMap<String, ListEntry>,
}

/// A status manifest that a key of the trust list signed.
#[derive(Debug, Clone)]
pub struct StatusManifest {
    bytes: Vec<u8>,
    content: StatusContent,
}

impl StatusManifest {
    /// Signs a manifest.
    ///
    /// # Errors
    /// [`SignError`].
    pub fn sign(content: &StatusContent, key: &dyn SigningKey) -> Result<Vec<u8>, SignError> {
        numbered::seal(content, key)
    }

    /// Reads a manifest, checks its signature by the trust list, and that it does not go back behind `previous`.
    ///
    /// # Errors
    /// [`StatusError`]; the held manifest stays in use then.
    pub fn verify(bytes: &[u8], trust: &TrustList, previous: Option<&Self>) -> Result<Self, StatusError> {
        let held = previous.map(|held| (&held.content, held.bytes()));
        let content = numbered::verify(bytes, trust, held)?;
        Ok(Self {
            bytes: bytes.to_vec(),
            content,
        })
    }

    /// Reads a manifest without asking who signed it: for the reader that verified it once and keeps its number.
    ///
    /// # Errors
    /// [`StatusError`] if it is not the strict form.
    pub fn read_unverified(bytes: &[u8]) -> Result<StatusContent, StatusError> {
        numbered::read_unverified(bytes)
    }

    /// Its bytes as they were signed.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The manifest's number.
    pub const fn epoch(&self) -> u64 {
        self.content.epoch
    }

    /// When it was signed.
    pub const fn issued_at(&self) -> Timestamp {
        self.content.iat
    }

    /// When it ends.
    pub const fn expires(&self) -> Timestamp {
        self.content.exp
    }

    /// The lists by name.
    pub const fn lists(&self) -> &BTreeMap<String, ListEntry> {
        &self.content.lists
    }
}

impl Numbered for StatusContent {
    type Error = StatusError;
    const TYP: u64 = typ::STATUS_MANIFEST;
    const ALLOWED_AS: Vct = Vct::STATUS_MANIFEST;
    const BYTES_MAX: usize = MANIFEST_BYTES_MAX;

    fn number(&self) -> u64 {
        self.epoch
    }

    fn issued_at(&self) -> Timestamp {
        self.iat
    }

    fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.map(4);
        w.int(1).uint(self.epoch);
        w.int(2).uint(self.iat.unix());
        w.int(3).uint(self.exp.unix());
        w.int(4).map(self.lists.len());
        // Deterministic order is that of the encoded keys: shorter names first, then byte by byte.
        let mut lists: Vec<_> = self.lists.iter().collect();
        lists.sort_by_key(|(name, _)| (name.len(), name.as_bytes()));
        for (name, entry) in lists {
            w.text(name).array(3);
            w.uint(u64::from(entry.shape.shards()))
                .uint(u64::from(entry.shape.shard_bits()));
            w.map(entry.bitmaps.len());
            for (purpose, root) in &entry.bitmaps {
                w.uint(purpose.number()).bytes(root);
            }
        }
        w.finish()
    }

    fn decode(bytes: &[u8]) -> Result<Self, StatusError> {
        let mut r = Reader::open(bytes)?;
        let (mut epoch, mut iat, mut exp, mut lists) = (None, None, None, None);
        for _ in 0..r.map()? {
            match r.int()? {
                1 => epoch = Some(r.uint()?),
                2 => iat = Some(Timestamp::from_unix(r.uint()?)),
                3 => exp = Some(Timestamp::from_unix(r.uint()?)),
                4 => lists = Some(decode_lists(&mut r)?),
                _ => return Err(StatusError::Malformed),
            }
        }
        Ok(Self {
            epoch: epoch.ok_or(Malformed)?,
            iat: iat.ok_or(Malformed)?,
            exp: exp.ok_or(Malformed)?,
            lists: lists.ok_or(Malformed)?,
        })
    }
}

fn decode_lists(r: &mut Reader<'_>) -> Result<BTreeMap<String, ListEntry>, StatusError> {
    let count = r.map()?;
    if count > LISTS_MAX {
        return Err(StatusError::TooLarge);
    }
    let mut lists = BTreeMap::new();
    for _ in 0..count {
        let name = r.text()?;
        if !is_list_name(name) {
            return Err(StatusError::Malformed);
        }
        lists.insert(name.to_owned(), decode_list(r)?);
    }
    Ok(lists)
}

fn decode_list(r: &mut Reader<'_>) -> Result<ListEntry, StatusError> {
    r.array_of(3)?;
    let mut number = || u32::try_from(r.uint()?).map_err(|_| StatusError::TooLarge);
    let shape = Shape::new(number()?, number()?)?;
    let mut bitmaps = BTreeMap::new();
    for _ in 0..r.map()? {
        bitmaps.insert(StatusPurpose::of_number(r.int()?)?, r.bytes_of()?);
    }
    if bitmaps.is_empty() {
        return Err(StatusError::Malformed);
    }
    Ok(ListEntry { shape, bitmaps })
}
