//! Status: a signed manifest that names the lists, and lists of one bit for each pass.

use std::collections::BTreeMap;

use crate::cbor::{Malformed, Reader, Writer};
use crate::code::{Code, codes};
use crate::cose::{self, CoseError, Header, Headers, Sign1, typ};
use crate::keys::{SecretKey, sha256};
use crate::time::Timestamp;
use crate::trust::TrustList;
use crate::vct::Vct;

/// Longest manifest, in bytes.
pub const MANIFEST_BYTES_MAX: usize = 64 * 1024;

/// Most bits of one list: three times the province's people, in 16 MiB.
pub const LIST_BITS_MAX: u64 = 1 << 27;

/// Most lists in one manifest.
pub const LISTS_MAX: u64 = 1024;

codes! {
    /// Why a status manifest or a list is not taken.
    StatusError {
        /// Larger than any real one.
        TooLarge = "status_too_large",
        /// Not the strict form.
        Malformed = "status_malformed",
        /// Signed with an algorithm that is not taken.
        Algorithm = "status_algorithm",
        /// A signed header that the format does not have.
        UnknownHeader = "status_unknown_header",
        /// Another kind of signed data.
        OtherKind = "status_other_kind",
        /// The trust list does not know the key that signed it.
        UnknownKey = "status_unknown_key",
        /// The signature is wrong.
        Signature = "status_signature",
        /// The key may not sign manifests.
        KeyNotAllowed = "status_key_not_allowed",
        /// The key was withdrawn.
        KeyRevoked = "status_key_revoked",
        /// Signed outside the time of its key.
        KeyExpired = "status_key_expired",
        /// Older than the one that is held already.
        Older = "status_older",
        /// Another manifest with the number of the one that is held.
        SameNumber = "status_same_number",
        /// The manifest has no list of this name.
        UnknownList = "status_unknown_list",
        /// The list is not the one that the manifest names.
        ListDiffers = "status_list_differs",
    }
}

impl From<CoseError> for StatusError {
    fn from(e: CoseError) -> Self {
        match e {
            CoseError::Malformed => Self::Malformed,
            CoseError::Algorithm => Self::Algorithm,
            CoseError::UnknownHeader => Self::UnknownHeader,
            CoseError::OtherKind => Self::OtherKind,
        }
    }
}

impl From<Malformed> for StatusError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// Length and hash of one list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListEntry {
    /// Bits in the list.
    pub length_bits: u64,
    /// SHA-256 of the raw bits.
    pub sha256: [u8; 32],
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
    /// The lists by name (`uri` of the credentials).
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
    pub fn sign(content: &StatusContent, key: &SecretKey) -> Vec<u8> {
        let kid = key.public().key_id().0;
        cose::sign1(typ::STATUS_MANIFEST, &Header::Kid(kid), &content.encode(), key)
    }

    /// Reads a manifest, checks its signature by the trust list, and that it does not go back behind `previous`.
    ///
    /// # Errors
    /// [`StatusError`]; the held manifest stays in use then.
    pub fn verify(bytes: &[u8], trust: &TrustList, previous: Option<&Self>) -> Result<Self, StatusError> {
        if bytes.len() > MANIFEST_BYTES_MAX {
            return Err(StatusError::TooLarge);
        }
        let message = Sign1::parse(bytes, typ::STATUS_MANIFEST, Headers::Kid)?;
        let content = StatusContent::decode(message.payload)?;
        let signer = trust
            .issuer_of(&message, &Vct::STATUS_MANIFEST, content.iat)
            .map_err(|code| match code {
                Code::UnknownIssuer => StatusError::UnknownKey,
                Code::IssuerNotAllowed => StatusError::KeyNotAllowed,
                Code::IssuerKeyRevoked => StatusError::KeyRevoked,
                _ => StatusError::Signature,
            })?;
        // By the manifest's own date and no clock: how old it is is asked when a pass is decided.
        if !signer.is_current(content.iat, content.iat) {
            return Err(StatusError::KeyExpired);
        }
        if let Some(held) = previous {
            if content.epoch < held.content.epoch {
                return Err(StatusError::Older);
            }
            if content.epoch == held.content.epoch && bytes != held.bytes {
                return Err(StatusError::SameNumber);
            }
        }
        Ok(Self {
            bytes: bytes.to_vec(),
            content,
        })
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

impl StatusContent {
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
            w.text(name).array(2);
            w.uint(entry.length_bits).bytes(&entry.sha256);
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
        let name = r.text()?.to_owned();
        r.array_of(2)?;
        let length_bits = r.uint()?;
        if length_bits > LIST_BITS_MAX {
            return Err(StatusError::TooLarge);
        }
        let sha256 = r.bytes_of()?;
        lists.insert(name, ListEntry { length_bits, sha256 });
    }
    Ok(lists)
}

/// A manifest and those of its lists that have arrived.
#[derive(Debug, Clone)]
pub struct StatusSet {
    manifest: StatusManifest,
    lists: BTreeMap<String, Vec<u8>>,
}

impl StatusSet {
    /// A manifest with no lists yet.
    pub const fn new(manifest: StatusManifest) -> Self {
        Self {
            manifest,
            lists: BTreeMap::new(),
        }
    }

    /// Adds a list of raw bits: bit `i` is bit `i % 8`, least significant first, of byte `i / 8`, as in the Token Status List.
    ///
    /// # Errors
    /// [`StatusError::UnknownList`] or [`StatusError::ListDiffers`] if the manifest names no such list.
    pub fn add_list(&mut self, uri: &str, bits: Vec<u8>) -> Result<(), StatusError> {
        let entry = self.manifest.lists().get(uri).ok_or(StatusError::UnknownList)?;
        if bits.len() as u64 != entry.length_bits.div_ceil(8) || sha256(&bits) != entry.sha256 {
            return Err(StatusError::ListDiffers);
        }
        self.lists.insert(uri.to_owned(), bits);
        Ok(())
    }

    /// The manifest.
    pub const fn manifest(&self) -> &StatusManifest {
        &self.manifest
    }

    /// The bit: true is revoked. None if the list is not here or has no such bit.
    pub fn get(&self, uri: &str, index: u32) -> Option<bool> {
        let entry = self.manifest.lists().get(uri)?;
        if u64::from(index) >= entry.length_bits {
            return None;
        }
        let byte = self.lists.get(uri)?.get(usize::try_from(index / 8).ok()?)?;
        Some(byte >> (index % 8) & 1 == 1)
    }

    /// The names of lists that the manifest has and that have not arrived.
    pub fn missing(&self) -> impl Iterator<Item = &str> {
        let here = &self.lists;
        self.manifest
            .lists()
            .keys()
            .filter(move |name| !here.contains_key(*name))
            .map(String::as_str)
    }
}
