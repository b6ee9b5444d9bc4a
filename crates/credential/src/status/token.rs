//! The status of one shard for readers of other makes: a Status List Token in CWT form
//! (draft-ietf-oauth-status-list, "Token Status List").
//!
//! Two bits for each pass: 0 valid, 1 invalid (revoked or used up), 2 suspended. Ours read the manifest instead.

use minicbor::Decoder;
use minicbor::data::Type;
use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;

use super::{Standing, StatusError};
use crate::cbor::Writer;
use crate::cose;
use crate::keys::PublicKey;
use crate::signing::{SignError, SigningKey};
use crate::time::Timestamp;

/// `typ` of a Status List Token.
const TYP: &str = "application/statuslist+cwt";
/// The strongest compression that zlib has.
const LEVEL: u8 = 9;
/// Longest token that is read, in bytes.
pub const TOKEN_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Longest list that is read, in bits: 2^24 entries of two bits.
pub const TOKEN_BITS_MAX: usize = 1 << 25;

const SUB: i64 = 2;
const EXP: i64 = 4;
const IAT: i64 = 6;
const STATUS_LIST: i64 = 65_533;
const TTL: i64 = 65_534;

/// What a token says beside its list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenContent {
    /// The shard, `<list>/<number>`: name of the list and upper bits of the index that the credential has.
    pub sub: String,
    /// When it was signed.
    pub iat: Timestamp,
    /// From when it must not be used.
    pub exp: Option<Timestamp>,
    /// For how many seconds it may be kept before it is asked for again.
    pub ttl: Option<u64>,
}

/// A token, taken apart and not verified.
#[derive(Debug)]
pub struct StatusToken<'b> {
    protected: &'b [u8],
    payload: &'b [u8],
    signature: &'b [u8],
    /// What it says beside its list.
    pub content: TokenContent,
    /// Bits of each entry: 1, 2, 4 or 8.
    pub bits: u8,
    /// The entries, the first in the lowest bits of the first byte.
    pub entries: Vec<u8>,
}

/// The compressed two-bit list of one shard. Either of the bitmaps may be missing.
pub fn token_list(shard_bits: u32, ended: &[&[u8]], suspended: Option<&[u8]>) -> Vec<u8> {
    let mut entries = vec![0_u8; shard_bits as usize / 4];
    for (place, pair) in entries.chunks_mut(2).enumerate() {
        let byte = |bits: &[u8]| bits.get(place).copied().unwrap_or(0);
        let invalid = ended.iter().fold(0, |all, bits| all | byte(bits));
        // What has ended is not called suspended, which could be lifted.
        let paused = suspended.map_or(0, byte) & !invalid;
        let both = spread(invalid) | spread(paused) << 1;
        pair.iter_mut()
            .zip(both.to_le_bytes())
            .for_each(|(to, from)| *to = from);
    }
    compress_to_vec_zlib(&entries, LEVEL)
}

/// Puts a zero above each bit.
fn spread(byte: u8) -> u16 {
    let mut bits = u16::from(byte);
    bits = (bits | bits << 4) & 0x0f0f;
    bits = (bits | bits << 2) & 0x3333;
    (bits | bits << 1) & 0x5555
}

/// Inflates a list of entries of `bits` bits.
///
/// # Errors
/// [`StatusError::Malformed`], also beyond [`TOKEN_BITS_MAX`].
pub fn read_token_list(bits: u8, lst: &[u8]) -> Result<Vec<u8>, StatusError> {
    if !matches!(bits, 1 | 2 | 4 | 8) {
        return Err(StatusError::Malformed);
    }
    decompress_to_vec_zlib_with_limit(lst, TOKEN_BITS_MAX / 8).map_err(|_| StatusError::Malformed)
}

impl<'b> StatusToken<'b> {
    /// Signs a token over a list of [`token_list`].
    ///
    /// # Errors
    /// [`SignError`].
    pub fn sign(content: &TokenContent, lst: &[u8], key: &dyn SigningKey) -> Result<Vec<u8>, SignError> {
        let mut protected = Writer::new();
        protected.map(3).int(cose::ALG).int(cose::ALG_EDDSA);
        protected.int(cose::KID).bytes(&key.public().key_id().0);
        protected.int(cose::TYP).text(TYP);
        let times = [content.exp.is_some(), content.ttl.is_some()];
        let mut w = Writer::with_capacity(lst.len() + 128);
        w.map(3 + times.iter().filter(|there| **there).count());
        w.int(SUB).text(&content.sub);
        if let Some(exp) = content.exp {
            w.int(EXP).uint(exp.unix());
        }
        w.int(IAT).uint(content.iat.unix());
        w.int(STATUS_LIST).map(2);
        w.text("lst").bytes(lst).text("bits").uint(2);
        if let Some(ttl) = content.ttl {
            w.int(TTL).uint(ttl);
        }
        cose::sign1_with(&protected.finish(), &w.finish(), key)
    }

    /// Reads a token of anybody's: the order of the map's keys is free, as in the draft's own examples, and headers may
    /// be unprotected.
    ///
    /// # Errors
    /// [`StatusError`].
    pub fn read(bytes: &'b [u8]) -> Result<Self, StatusError> {
        if bytes.len() > TOKEN_BYTES_MAX {
            return Err(StatusError::TooLarge);
        }
        let mut d = Decoder::new(bytes);
        if d.tag().ok().map(minicbor::data::Tag::as_u64) != Some(cose::TAG_SIGN1)
            || d.array().ok() != Some(Some(4))
        {
            return Err(StatusError::Malformed);
        }
        let malformed = |_| StatusError::Malformed;
        let protected = d.bytes().map_err(malformed)?;
        d.skip().map_err(malformed)?;
        let payload = d.bytes().map_err(malformed)?;
        let signature = d.bytes().map_err(malformed)?;
        if d.position() != bytes.len() {
            return Err(StatusError::Malformed);
        }
        if !is_token(protected) {
            return Err(StatusError::OtherKind);
        }
        let (content, bits, lst) = claims(payload)
            .map_err(malformed)?
            .ok_or(StatusError::Malformed)?;
        let entries = read_token_list(bits, lst)?;
        Ok(Self {
            protected,
            payload,
            signature,
            content,
            bits,
            entries,
        })
    }

    /// Whether this key signed it with Ed25519.
    pub fn verifies(&self, key: &PublicKey) -> bool {
        self.signature
            .try_into()
            .is_ok_and(|signature| cose::verifies_with(self.protected, self.payload, signature, key))
    }

    /// How the pass with this place in the shard stands; `None` if there is no such entry or it has a status of the
    /// issuer's own making.
    pub fn standing(&self, place: u32) -> Option<Standing> {
        match self.entry(place)? {
            0 => Some(Standing::Valid),
            1 => Some(Standing::Revoked),
            2 => Some(Standing::Suspended),
            _ => None,
        }
    }

    /// One entry.
    pub fn entry(&self, index: u32) -> Option<u8> {
        let width = u32::from(self.bits);
        let in_byte = 8 / width;
        let byte = *self.entries.get((index / in_byte) as usize)?;
        let mask = u8::MAX >> (8 - width);
        Some(byte >> (index % in_byte * width) & mask)
    }
}

/// Whether protected headers name this kind.
fn is_token(protected: &[u8]) -> bool {
    let mut d = Decoder::new(protected);
    let Ok(Some(pairs)) = d.map() else {
        return false;
    };
    for _ in 0..pairs {
        match d.i64() {
            Ok(cose::TYP) => return d.str().is_ok_and(|typ| typ == TYP),
            Ok(_) if d.skip().is_ok() => {}
            _ => return false,
        }
    }
    false
}

type Claims<'b> = Option<(TokenContent, u8, &'b [u8])>;

fn claims(payload: &[u8]) -> Result<Claims<'_>, minicbor::decode::Error> {
    let mut d = Decoder::new(payload);
    let (mut sub, mut iat, mut exp, mut ttl) = (None, None, None, None);
    let (mut bits, mut lst) = (None, None);
    for _ in 0..d.map()?.unwrap_or(0) {
        match d.i64()? {
            SUB => sub = Some(d.str()?.to_owned()),
            EXP => exp = Some(Timestamp::from_unix(d.u64()?)),
            IAT => iat = Some(Timestamp::from_unix(d.u64()?)),
            TTL => ttl = Some(d.u64()?),
            STATUS_LIST => {
                for _ in 0..d.map()?.unwrap_or(0) {
                    match d.str()? {
                        "bits" => bits = Some(d.u8()?),
                        "lst" if d.datatype()? == Type::Bytes => lst = Some(d.bytes()?),
                        _ => d.skip()?,
                    }
                }
            }
            _ => d.skip()?,
        }
    }
    let (Some(sub), Some(iat), Some(bits), Some(lst)) = (sub, iat, bits, lst) else {
        return Ok(None);
    };
    Ok(Some((TokenContent { sub, iat, exp, ttl }, bits, lst)))
}
