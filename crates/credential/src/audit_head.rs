//! The head of a province's audit log, signed: how far the log had come, and what stood in it until there.

use crate::cbor::{Malformed, Reader, Writer};
use crate::cose::{self, Header, Headers, Sign1, typ};
use crate::keys::PublicKey;
use crate::signing::{SignError, SigningKey};
use crate::time::Timestamp;

/// Longest signed head, in bytes.
const BYTES_MAX: usize = 256;

/// The end of an audit log at some time. Through the chain its hash stands for all entries before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditHead {
    /// Number of the last entry, from 1.
    pub number: u64,
    /// When it was signed.
    pub at: Timestamp,
    /// Hash of the last entry.
    pub hash: [u8; 32],
}

impl AuditHead {
    /// Signs it with the key of the log.
    ///
    /// # Errors
    /// [`SignError`].
    pub fn sign(&self, key: &impl SigningKey) -> Result<Vec<u8>, SignError> {
        let mut w = Writer::new();
        w.map(3);
        w.int(1).uint(self.number);
        w.int(2).uint(self.at.unix());
        w.int(3).bytes(&self.hash);
        let kid = key.public().key_id().0;
        cose::sign1(typ::AUDIT_HEAD, &Header::Kid(kid), &w.finish(), key)
    }

    /// Reads a head that one of `keys` signed; `None` for anything else.
    pub fn verify(bytes: &[u8], keys: &[PublicKey]) -> Option<Self> {
        if bytes.len() > BYTES_MAX {
            return None;
        }
        let message = Sign1::parse(bytes, typ::AUDIT_HEAD, Headers::Kid).ok()?;
        let head = Self::decode(message.payload).ok()?;
        keys.iter().any(|key| message.verifies(key)).then_some(head)
    }

    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut r = Reader::open(bytes)?;
        if r.map()? != 3 {
            return Err(Malformed);
        }
        let key = |r: &mut Reader<'_>, want: i64| if r.int()? == want { Ok(()) } else { Err(Malformed) };
        key(&mut r, 1)?;
        let number = r.uint()?;
        key(&mut r, 2)?;
        let at = Timestamp::from_unix(r.uint()?);
        key(&mut r, 3)?;
        let hash = r.bytes_of()?;
        Ok(Self { number, at, hash })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;
    use crate::keys::SecretKey;

    const HEAD: AuditHead = AuditHead {
        number: 70_000,
        at: Timestamp::from_unix(1_795_219_200),
        hash: [4; 32],
    };

    #[test]
    fn a_head_comes_back_as_it_was_signed_and_only_under_its_own_key() {
        let (log, other) = (SecretKey::from_seed([1; 32]), SecretKey::from_seed([2; 32]));
        let bytes = HEAD.sign(&log).unwrap();
        assert_eq!(
            AuditHead::verify(&bytes, &[other.public(), log.public()]),
            Some(HEAD)
        );
        assert_eq!(AuditHead::verify(&bytes, &[other.public()]), None);
        assert_eq!(AuditHead::verify(&[0; BYTES_MAX + 1], &[log.public()]), None);
    }

    #[test]
    fn no_bit_of_a_head_can_be_another() {
        let log = SecretKey::from_seed([1; 32]);
        let bytes = HEAD.sign(&log).unwrap();
        for place in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[place] ^= 1 << bit;
                assert_eq!(AuditHead::verify(&changed, &[log.public()]), None, "byte {place}");
            }
        }
    }
}
