//! The backup file: what may leave this phone, sealed under a phrase that the app made.
//!
//! ```text
//! "KPBK" version memory_kib passes lanes salt[16] check[16] nonce[24] sealed sum[8]
//!   stretched = Argon2id(phrase as 8 bytes, salt, parameters)
//!   check     = HKDF-SHA256(stretched, "khyber-pass/backup/1/check")     tells a wrong phrase from a changed file
//!   key       = HKDF-SHA256(stretched, "khyber-pass/backup/1/key")
//!   sealed    = XChaCha20-Poly1305(key, nonce, length[4] packed zeros, AAD = all before it)
//!   sum       = SHA-256 of all before it, its first 8 bytes               tells damage before any work
//! ```
//! Numbers have their first byte first. One seal for the whole, not one for each piece of a stream: the content is at
//! most 8 MiB, has to be in memory as a whole to be inflated, and no byte of it may be used before the last was checked.
//! The zeros are as many as Padmé takes (Nikitin and others, 2019), so that the length of a file tells little.
//! docs/moving.md has the limits and what guessing a phrase costs.

mod fold;
pub(crate) mod phrase;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod words;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use pin::{Cost, CostError, SALT_BYTES, stretch_secret};
use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use self::phrase::Phrase;
use crate::archive::{Archive, ArchiveError, PACKED_BYTES_MAX};

const MAGIC: &[u8; 4] = b"KPBK";
const VERSION: u8 = 1;
const CHECK_BYTES: usize = 16;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
const SUM_BYTES: usize = 8;
const LENGTH_BYTES: usize = 4;
const HEAD_BYTES: usize = MAGIC.len() + 1 + 6 + SALT_BYTES + CHECK_BYTES + NONCE_BYTES;

/// Largest backup file, in bytes: the largest content and its padding, which is below an eighth.
pub(crate) const FILE_BYTES_MAX: usize = PACKED_BYTES_MAX / 8 * 9 + 1024;

/// Why a file was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BackupError {
    #[error("the file is no backup")]
    NotABackup,
    #[error("the file was changed or is not whole")]
    Damaged,
    #[error("the file was written by a newer version")]
    TooNew,
    #[error("the file, or what is in it, is too large")]
    TooLarge,
    #[error("the phrase is not the file's")]
    WrongPhrase,
    #[error("the key derivation had no memory")]
    Derivation,
}

impl From<ArchiveError> for BackupError {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::TooLarge => Self::TooLarge,
            ArchiveError::Malformed => Self::Damaged,
            ArchiveError::TooNew => Self::TooNew,
        }
    }
}

impl From<CostError> for BackupError {
    fn from(error: CostError) -> Self {
        match error {
            // No version of ours writes such parameters.
            CostError::Parameters => Self::Damaged,
            CostError::Derivation => Self::Derivation,
        }
    }
}

/// What both keys come from.
struct Stretched(Zeroizing<[u8; 32]>);

impl Stretched {
    fn of(phrase: &Phrase, salt: &[u8], cost: Cost) -> Result<Self, BackupError> {
        let mut out = Zeroizing::new([0; 32]);
        stretch_secret(phrase.bytes().as_slice(), salt, cost, out.as_mut())?;
        Ok(Self(out))
    }

    fn key(&self) -> Result<Zeroizing<[u8; 32]>, BackupError> {
        let mut key = Zeroizing::new([0; 32]);
        self.expand("khyber-pass/backup/1/key", key.as_mut())?;
        Ok(key)
    }

    fn check(&self) -> Result<[u8; CHECK_BYTES], BackupError> {
        let mut check = [0; CHECK_BYTES];
        self.expand("khyber-pass/backup/1/check", &mut check)?;
        Ok(check)
    }

    fn expand(&self, what: &str, out: &mut [u8]) -> Result<(), BackupError> {
        Hkdf::<Sha256>::new(None, self.0.as_slice())
            .expand(what.as_bytes(), out)
            .map_err(|_| BackupError::Derivation)
    }
}

/// The file.
pub(crate) fn seal(
    archive: &Archive,
    phrase: &Phrase,
    cost: Cost,
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, BackupError> {
    let packed = Zeroizing::new(archive.pack()?);
    let length = u32::try_from(packed.len()).map_err(|_| BackupError::TooLarge)?;
    let mut plain = Zeroizing::new(vec![0; padded(LENGTH_BYTES + packed.len())]);
    for (place, byte) in plain
        .iter_mut()
        .zip(length.to_be_bytes().iter().chain(packed.iter()))
    {
        *place = *byte;
    }
    let (mut salt, mut nonce) = ([0; SALT_BYTES], [0; NONCE_BYTES]);
    rng.fill_bytes(&mut salt);
    rng.fill_bytes(&mut nonce);
    let stretched = Stretched::of(phrase, &salt, cost)?;

    let [memory, passes, lanes] = cost.numbers();
    let mut file = Vec::with_capacity(HEAD_BYTES + plain.len() + TAG_BYTES + SUM_BYTES);
    file.extend_from_slice(MAGIC);
    file.push(VERSION);
    file.extend_from_slice(&memory.to_be_bytes());
    for small in [passes, lanes] {
        file.push(u8::try_from(small).map_err(|_| BackupError::Derivation)?);
    }
    file.extend_from_slice(&salt);
    file.extend_from_slice(&stretched.check()?);
    file.extend_from_slice(&nonce);
    let key = stretched.key()?;
    let sealed = cipher(&key)
        .encrypt(
            &XNonce::from(nonce),
            Payload {
                msg: &plain,
                aad: &file,
            },
        )
        .map_err(|_| BackupError::Derivation)?;
    file.extend_from_slice(&sealed);
    let sum = sum(&file);
    file.extend_from_slice(&sum);
    Ok(file)
}

/// What is in a file.
pub(crate) fn open(file: &[u8], phrase: &Phrase) -> Result<Archive, BackupError> {
    let parts = Parts::of(file)?;
    let stretched = Stretched::of(phrase, parts.salt, parts.cost)?;
    if !bool::from(stretched.check()?.as_slice().ct_eq(parts.check)) {
        return Err(BackupError::WrongPhrase);
    }
    let key = stretched.key()?;
    unseal(&parts, &key)
}

/// The same with the key, without the work that makes a guess dear.
fn unseal(parts: &Parts<'_>, key: &[u8; 32]) -> Result<Archive, BackupError> {
    let plain = cipher(key)
        .decrypt(
            &XNonce::from(parts.nonce),
            Payload {
                msg: parts.sealed,
                aad: parts.head,
            },
        )
        .map(Zeroizing::new)
        .map_err(|_| BackupError::Damaged)?;
    let (length, rest) = plain
        .split_first_chunk::<LENGTH_BYTES>()
        .ok_or(BackupError::Damaged)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| BackupError::Damaged)?;
    let (packed, zeros) = rest.split_at_checked(length).ok_or(BackupError::Damaged)?;
    if plain.len() != padded(LENGTH_BYTES + length) || zeros.iter().any(|byte| *byte != 0) {
        return Err(BackupError::Damaged);
    }
    Ok(Archive::unpack(packed)?)
}

/// A file cut into its parts. Nothing of it is believed yet.
struct Parts<'f> {
    cost: Cost,
    salt: &'f [u8],
    check: &'f [u8],
    nonce: [u8; NONCE_BYTES],
    sealed: &'f [u8],
    /// What the seal covers beside its content.
    head: &'f [u8],
}

impl<'f> Parts<'f> {
    fn of(file: &'f [u8]) -> Result<Self, BackupError> {
        let rest = file.strip_prefix(MAGIC).ok_or(BackupError::NotABackup)?;
        if file.len() > FILE_BYTES_MAX {
            return Err(BackupError::TooLarge);
        }
        // A newer version may have another sum, so the number comes first.
        let (&version, rest) = rest.split_first().ok_or(BackupError::Damaged)?;
        match version {
            VERSION => {}
            0 => return Err(BackupError::Damaged),
            _ => return Err(BackupError::TooNew),
        }
        let (body, end) = file.split_last_chunk::<SUM_BYTES>().ok_or(BackupError::Damaged)?;
        if sum(body) != *end {
            return Err(BackupError::Damaged);
        }
        let (memory, rest) = rest.split_first_chunk::<4>().ok_or(BackupError::Damaged)?;
        let (&[passes, lanes], rest) = rest.split_first_chunk::<2>().ok_or(BackupError::Damaged)?;
        let (salt, rest) = rest.split_at_checked(SALT_BYTES).ok_or(BackupError::Damaged)?;
        let (check, rest) = rest.split_at_checked(CHECK_BYTES).ok_or(BackupError::Damaged)?;
        let (&nonce, _) = rest
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or(BackupError::Damaged)?;
        let (head, sealed) = body.split_at_checked(HEAD_BYTES).ok_or(BackupError::Damaged)?;
        Ok(Self {
            cost: Cost::new(u32::from_be_bytes(*memory), passes.into(), lanes.into())?,
            salt,
            check,
            nonce,
            sealed,
            head,
        })
    }
}

fn cipher(key: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(*key))
}

fn sum(bytes: &[u8]) -> [u8; SUM_BYTES] {
    let mut sum = [0; SUM_BYTES];
    for (place, byte) in sum.iter_mut().zip(Sha256::digest(bytes)) {
        *place = byte;
    }
    sum
}

/// The length to which Padmé pads; never below 4 KiB, which the smallest wallet fills as well.
fn padded(length: usize) -> usize {
    const LEAST: usize = 4096;
    let length = length.max(LEAST);
    let exponent = length.ilog2();
    let kept = exponent.ilog2() + 1;
    let mask = (1_usize << (exponent - kept)) - 1;
    (length + mask) & !mask
}
