//! Ed25519 keys (RFC 8032), read strictly.

use std::fmt;

use ed25519_dalek::{Signature, Signer as _, SigningKey, Verifier as _, VerifyingKey};
use hkdf::Hkdf;
use sha2::{Digest, Sha256};

/// Why 32 bytes are not a public key that may be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not 32 bytes, not a point of the curve, or not written in the one canonical way.
    #[error("not an Ed25519 public key")]
    Malformed,
    /// A point of small order: signatures under it prove nothing.
    #[error("a weak Ed25519 public key")]
    Weak,
}

/// An Ed25519 public key: canonical, a point of the curve, not of small order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// The first 8 bytes of the SHA-256 of a public key: a hint where to look, never a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub(crate) [u8; 8]);

impl KeyId {
    /// The eight bytes.
    pub const fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

/// True for y below 2^255 - 19, the only way RFC 8032 writes a point.
fn is_canonical(bytes: &[u8; 32]) -> bool {
    let [first, middle @ .., last] = bytes;
    *first < 0xed || *last & 0x7f != 0x7f || middle.iter().any(|b| *b != 0xff)
}

/// The y of the eight points of small order, each with either sign of x: 1 (the neutral point), -1, 0 and the two of
/// order 8. Little-endian, canonical.
const SMALL_ORDER: [[u8; 32]; 5] = {
    let (mut one, mut minus_one) = ([0; 32], [0xff; 32]);
    one[0] = 1;
    minus_one[0] = 0xec;
    minus_one[31] = 0x7f;
    [
        one,
        minus_one,
        [0; 32],
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
            0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
        ],
        [
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
            0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
        ],
    ]
};

/// True for the canonical form of a point of small order.
fn is_small_order(point: &[u8; 32]) -> bool {
    let mut y = *point;
    let [.., last] = &mut y;
    *last &= 0x7f;
    SMALL_ORDER.contains(&y)
}

impl PublicKey {
    /// Reads 32 bytes.
    ///
    /// # Errors
    /// [`KeyError`] if they are not a canonical point of the curve, or if the point is weak.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyError> {
        let bytes: &[u8; 32] = bytes.try_into().map_err(|_| KeyError::Malformed)?;
        if !is_canonical(bytes) {
            return Err(KeyError::Malformed);
        }
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::Malformed)?;
        if key.is_weak() {
            return Err(KeyError::Weak);
        }
        Ok(Self(key))
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The hint by which others find this key.
    pub fn key_id(&self) -> KeyId {
        KeyId(first_8(&sha256(self.as_bytes())))
    }

    /// True if this key signed these bytes. Strict: no malleable signature, no small-order component.
    ///
    /// The same answers as `verify_strict`, in nine tenths of its time: that one computes the point R only to see whether
    /// its order is small, although `verify` takes an R in its one canonical form alone, and in that form the points of
    /// small order are known by their bytes. That this key is none of them was seen when it was read.
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let signature = Signature::from_bytes(signature);
        !is_small_order(signature.r_bytes()) && self.0.verify(message, &signature).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey(")?;
        for byte in self.as_bytes().iter().take(4) {
            write!(f, "{byte:02x}")?;
        }
        f.write_str("..)")
    }
}

/// A holder's key as a credential writes it: 32 bytes in the one canonical way. Whether they are a point that proves
/// anything is asked when a signature is checked with it, since finding out takes a tenth of the check.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HolderKey([u8; 32]);

impl HolderKey {
    /// Reads 32 bytes.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] if they are not 32, or not canonical.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyError> {
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| KeyError::Malformed)?;
        if is_canonical(&bytes) {
            Ok(Self(bytes))
        } else {
            Err(KeyError::Malformed)
        }
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key that checks signatures.
    ///
    /// # Errors
    /// [`KeyError`] if the bytes are not a point of the curve, or a weak one.
    pub fn public(&self) -> Result<PublicKey, KeyError> {
        PublicKey::parse(&self.0)
    }
}

impl From<PublicKey> for HolderKey {
    fn from(key: PublicKey) -> Self {
        Self(*key.as_bytes())
    }
}

impl fmt::Debug for HolderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HolderKey(..)")
    }
}

/// An Ed25519 secret key. Wiped from memory when dropped; never shown by `Debug`.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// Takes the 32-byte seed of RFC 8032.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&seed))
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs bytes (deterministic, as RFC 8032 says). For protocols beside this format, such as signed HTTP requests.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

/// The holder's key for pass number `index`: HKDF-SHA256 (RFC 5869) of the phone's sealed seed, so that the phone
/// keeps one secret and two passes share no key.
pub fn derive_holder_key(seed: &[u8; 32], index: u64) -> SecretKey {
    let mut info = [0; 8 + HOLDER_KEY_LABEL.len()];
    let (label, number) = info.split_at_mut(HOLDER_KEY_LABEL.len());
    label.copy_from_slice(HOLDER_KEY_LABEL);
    number.copy_from_slice(&index.to_be_bytes());
    let mut okm = zeroize::Zeroizing::new([0; 32]);
    // 32 bytes are far below HKDF's limit of 255 blocks, so this cannot fail.
    let expanded = Hkdf::<Sha256>::new(None, seed).expand(&info, okm.as_mut());
    debug_assert!(expanded.is_ok());
    SecretKey::from_seed(*okm)
}

const HOLDER_KEY_LABEL: &[u8; 20] = b"khyber pass holder 1";

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

pub(crate) fn first_8(hash: &[u8; 32]) -> [u8; 8] {
    let mut first = [0; 8];
    first.iter_mut().zip(hash).for_each(|(to, from)| *to = *from);
    first
}
