//! One phone moves into another through their screens and cameras, with no server.
//!
//! ```text
//! new  KPX1: version session[16] key[32]               a fresh X25519 key, in a code
//! old  KPX2: version session[16] key[32] length[4]     its own, and how much is to come
//! both       three words of Argon2id(transcript), for the citizen to compare
//! old  KPT0: .. KPT7:                                  frames of the sealed content, until the citizen stops them
//! new  KPX3: version session[16] mac[32]               everything is stored; only now does the old phone empty itself
//!   transcript = SHA-256("khyber-pass/transfer/1" 0 session new_key old_key length)
//!   keys       = HKDF-SHA256(X25519, salt = transcript, info = "khyber-pass/transfer/1/" and "content", "nonce", "confirmation")
//!   sealed     = XChaCha20-Poly1305(content key, nonce, packed, AAD = transcript)
//!   mac        = HMAC-SHA256(confirmation key, SHA-256(sealed))
//! ```
//! The content key is used once. docs/moving.md says what each step is against.

pub(crate) mod incoming;
pub(crate) mod outgoing;
#[cfg(test)]
mod tests;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use credential::{base45, frames};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use pin::{Cost, stretch_secret};
use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use crate::backup::words::{self, WORDS};
use crate::screen::Words;

const VERSION: u8 = 1;
const SESSION_BYTES: usize = 16;
const KEY_BYTES: usize = 32;
const TAG_BYTES: usize = 16;
const LABEL: &str = "khyber-pass/transfer/1";

pub(crate) const OFFER_PREFIX: &str = "KPX1:";
pub(crate) const ANSWER_PREFIX: &str = "KPX2:";
pub(crate) const CONFIRMATION_PREFIX: &str = "KPX3:";
/// Frames of the first part of what is sealed, of the second and so on.
const PART_PREFIXES: [&str; 8] = [
    "KPT0:", "KPT1:", "KPT2:", "KPT3:", "KPT4:", "KPT5:", "KPT6:", "KPT7:",
];
/// Largest part: 50 frames with the hash that travels with it.
const PART_BYTES_MAX: usize = frames::PAYLOAD_BYTES_MAX - 32;
/// Most bytes that are sealed. Above, a backup file is the way.
const SEALED_BYTES_MAX: usize = PART_BYTES_MAX * PART_PREFIXES.len();

/// Words to compare: 30 bits, each guess of which costs an Argon2id while the citizen looks.
pub(crate) const WORDS_TO_COMPARE: usize = 3;

type Session = [u8; SESSION_BYTES];

/// Why a code or a content was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TransferError {
    #[error("the code is not one of a move between phones")]
    NotOfAMove,
    #[error("the code was made by a newer version")]
    TooNew,
    #[error("the code belongs to another move")]
    Another,
    #[error("there is more to move than codes can carry")]
    TooLarge,
    #[error("what arrived is not what was sent")]
    Damaged,
    #[error("the key derivation had no memory")]
    Derivation,
}

/// What both phones derive from their keys.
struct Shared {
    transcript: [u8; 32],
    secret: Zeroizing<[u8; 32]>,
    session: Session,
}

impl Shared {
    fn new(
        own: &StaticSecret,
        other: &[u8; KEY_BYTES],
        session: Session,
        (new_key, old_key): (&[u8; KEY_BYTES], &[u8; KEY_BYTES]),
        length: u32,
    ) -> Result<Self, TransferError> {
        let secret = own.diffie_hellman(&PublicKey::from(*other));
        // A point of small order would make the secret one that everybody knows.
        if !secret.was_contributory() {
            return Err(TransferError::NotOfAMove);
        }
        let transcript = Sha256::new()
            .chain_update(LABEL)
            .chain_update([0])
            .chain_update(session)
            .chain_update(new_key)
            .chain_update(old_key)
            .chain_update(length.to_be_bytes())
            .finalize()
            .into();
        Ok(Self {
            transcript,
            secret: Zeroizing::new(*secret.as_bytes()),
            session,
        })
    }

    fn derive<const N: usize>(&self, what: &str) -> Result<Zeroizing<[u8; N]>, TransferError> {
        let mut out = Zeroizing::new([0; N]);
        Hkdf::<Sha256>::new(Some(&self.transcript), self.secret.as_slice())
            .expand(format!("{LABEL}/{what}").as_bytes(), out.as_mut())
            .map_err(|_| TransferError::Derivation)?;
        Ok(out)
    }

    /// The words that the citizen compares. Who stands between the phones has two secrets and would have to make these
    /// words meet while the citizen waits: 2^30 keys, each of which costs 19 MiB of Argon2id.
    fn words(&self) -> Result<[Words; WORDS_TO_COMPARE], TransferError> {
        let mut stretched = [0; 32];
        stretch_secret(&self.transcript, &self.session, Cost::FLOOR, &mut stretched)
            .map_err(|_| TransferError::Derivation)?;
        let pairs = stretched.as_chunks::<2>().0;
        let mut numbers = pairs
            .iter()
            .map(|pair| usize::from(u16::from_be_bytes(*pair)) % WORDS);
        Ok([(); WORDS_TO_COMPARE].map(|()| {
            let number = numbers.next().unwrap_or_default();
            words::word(u16::try_from(number).unwrap_or_default())
        }))
    }

    fn seal(&self, packed: &[u8]) -> Result<Vec<u8>, TransferError> {
        let (cipher, nonce) = self.cipher()?;
        let aad = &self.transcript;
        cipher
            .encrypt(&nonce, Payload { msg: packed, aad })
            .map_err(|_| TransferError::TooLarge)
    }

    fn unseal(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, TransferError> {
        let (cipher, nonce) = self.cipher()?;
        let aad = &self.transcript;
        cipher
            .decrypt(&nonce, Payload { msg: sealed, aad })
            .map(Zeroizing::new)
            .map_err(|_| TransferError::Damaged)
    }

    fn cipher(&self) -> Result<(XChaCha20Poly1305, XNonce), TransferError> {
        let key = self.derive::<32>("content")?;
        let nonce = self.derive::<24>("nonce")?;
        Ok((XChaCha20Poly1305::new(&Key::from(*key)), XNonce::from(*nonce)))
    }

    /// The text of the code that says: everything is here. Nobody else can make it.
    fn confirmation(&self, sealed: &[u8]) -> Result<String, TransferError> {
        let key = self.derive::<32>("confirmation")?;
        let mut mac =
            Hmac::<Sha256>::new_from_slice(key.as_slice()).map_err(|_| TransferError::Derivation)?;
        mac.update(&Sha256::digest(sealed));
        let body = [&[VERSION][..], &self.session, &mac.finalize().into_bytes()].concat();
        Ok(text(CONFIRMATION_PREFIX, &body))
    }
}

/// How many parts there are of so many sealed bytes, and how long each but the last is.
fn parts(length: usize) -> (usize, usize) {
    let count = length.div_ceil(PART_BYTES_MAX).max(1);
    (count, length.div_ceil(count).max(1))
}

fn text(prefix: &str, body: &[u8]) -> String {
    format!("{prefix}{}", base45::encode(body))
}

/// The body of a code under this prefix: of this version and of exactly this many bytes, the version apart.
fn body<const N: usize>(prefix: &str, text: &str) -> Result<[u8; N], TransferError> {
    let coded = text.strip_prefix(prefix).ok_or(TransferError::NotOfAMove)?;
    if coded.len() > 4 * (N + 64) {
        return Err(TransferError::NotOfAMove);
    }
    let bytes = base45::decode(coded).map_err(|_| TransferError::NotOfAMove)?;
    match bytes.split_first() {
        Some((&VERSION, rest)) => rest.try_into().map_err(|_| TransferError::NotOfAMove),
        Some((&version, _)) if version > VERSION => Err(TransferError::TooNew),
        _ => Err(TransferError::NotOfAMove),
    }
}

fn split<const A: usize, const B: usize>(bytes: &[u8]) -> Result<([u8; A], [u8; B]), TransferError> {
    let (first, rest) = bytes.split_first_chunk::<A>().ok_or(TransferError::NotOfAMove)?;
    let second = rest.first_chunk::<B>().ok_or(TransferError::NotOfAMove)?;
    Ok((*first, *second))
}

/// A fresh secret of one move.
fn secret(rng: &mut impl CryptoRng) -> StaticSecret {
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    rng.fill_bytes(bytes.as_mut());
    StaticSecret::from(*bytes)
}
