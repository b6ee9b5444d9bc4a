//! The seal of a desk's scan log: signed by the desk's key, it says how far the log had come.

use crate::cbor::{Malformed, Reader, Writer};
use crate::code::codes;
use crate::cose::{self, Header, Headers, Sign1, from_cose, typ};
use crate::keys::{PublicKey, SecretKey, sha256};
use crate::time::Timestamp;

/// Longest seal, in bytes.
pub const LOG_SEAL_BYTES_MAX: usize = 512;

codes! {
    /// Why a seal of a scan log is not taken.
    LogSealError {
        /// Larger than any real one.
        TooLarge = "log_seal_too_large",
        /// Not the strict form.
        Malformed = "log_seal_malformed",
        /// Signed with an algorithm that is not taken.
        Algorithm = "log_seal_algorithm",
        /// A signed header that the format does not have.
        UnknownHeader = "log_seal_unknown_header",
        /// Another kind of signed data.
        OtherKind = "log_seal_other_kind",
        /// None of the keys that were given signed it.
        WrongKey = "log_seal_wrong_key",
    }
}

from_cose!(LogSealError);

/// Why a log was sealed at this place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SealReason {
    /// To hold fast what there is so far; the day goes on.
    Head,
    /// The day is over: no entry of it follows.
    Day,
    /// The log was handed out: an exported file ends with such a seal.
    Export,
}

impl SealReason {
    /// `head`, `day` or `export`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Day => "day",
            Self::Export => "export",
        }
    }

    const fn number(self) -> u64 {
        match self {
            Self::Head => 1,
            Self::Day => 2,
            Self::Export => 3,
        }
    }

    fn from_number(number: u64) -> Result<Self, Malformed> {
        [Self::Head, Self::Day, Self::Export]
            .into_iter()
            .find(|reason| reason.number() == number)
            .ok_or(Malformed)
    }
}

/// What a seal says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogSealContent {
    /// Counts the log's seals from 1.
    pub number: u64,
    /// When it was made, a whole minute.
    pub at: Timestamp,
    /// Why.
    pub reason: SealReason,
    /// The day of the last entry: days since 1970-01-01 in Pakistan's time (UTC+5).
    pub day: u32,
    /// Number of the first entry of that day.
    pub first: u64,
    /// Number of the last entry.
    pub last: u64,
    /// Hash of the last entry; through the chain it stands for all entries.
    pub last_hash: [u8; 32],
    /// How many entries the desk has written since the log began.
    pub count: u64,
    /// SHA-256 of the seal before; none in the first.
    pub previous: Option<[u8; 32]>,
}

/// A seal, signed or not: [`LogSeal::verify`] checks who signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSeal {
    content: LogSealContent,
    sha256: [u8; 32],
}

impl LogSeal {
    /// Signs a seal with the desk's key.
    pub fn sign(content: &LogSealContent, key: &SecretKey) -> Vec<u8> {
        let kid = key.public().key_id().0;
        cose::sign1_here(typ::LOG_SEAL, &Header::Kid(kid), &content.encode(), key)
    }

    /// Reads a seal and checks that one of `keys` signed it.
    ///
    /// # Errors
    /// [`LogSealError`].
    pub fn verify(bytes: &[u8], keys: &[PublicKey]) -> Result<Self, LogSealError> {
        let (seal, message) = Self::parse(bytes)?;
        if keys.iter().any(|key| message.verifies(key)) {
            Ok(seal)
        } else {
            Err(LogSealError::WrongKey)
        }
    }

    /// Reads a seal without asking who signed it: for the desk whose own it is, and to say what it claims.
    ///
    /// # Errors
    /// [`LogSealError`] if it is not the strict form.
    pub fn read_unverified(bytes: &[u8]) -> Result<Self, LogSealError> {
        Ok(Self::parse(bytes)?.0)
    }

    fn parse(bytes: &[u8]) -> Result<(Self, Sign1<'_>), LogSealError> {
        if bytes.len() > LOG_SEAL_BYTES_MAX {
            return Err(LogSealError::TooLarge);
        }
        let message = Sign1::parse(bytes, typ::LOG_SEAL, Headers::Kid)?;
        let seal = Self {
            content: LogSealContent::decode(message.payload)?,
            sha256: sha256(bytes),
        };
        Ok((seal, message))
    }

    /// What it says.
    pub const fn content(&self) -> &LogSealContent {
        &self.content
    }

    /// SHA-256 of its bytes, by which the next seal and people name it.
    pub const fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }
}

impl LogSealContent {
    fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.map(if self.previous.is_some() { 9 } else { 8 });
        w.int(1).uint(self.number);
        w.int(2).uint(self.at.unix());
        w.int(3).uint(self.reason.number());
        w.int(4).uint(u64::from(self.day));
        w.int(5).uint(self.first);
        w.int(6).uint(self.last);
        w.int(7).bytes(&self.last_hash);
        w.int(8).uint(self.count);
        if let Some(previous) = &self.previous {
            w.int(9).bytes(previous);
        }
        w.finish()
    }

    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut r = Reader::open(bytes)?;
        let pairs = r.map()?;
        if !(8..=9).contains(&pairs) {
            return Err(Malformed);
        }
        let key = |r: &mut Reader<'_>, want: i64| if r.int()? == want { Ok(()) } else { Err(Malformed) };
        let uint = |r: &mut Reader<'_>, want: i64| {
            key(r, want)?;
            r.uint()
        };
        let number = uint(&mut r, 1)?;
        let at = Timestamp::from_unix(uint(&mut r, 2)?);
        let reason = SealReason::from_number(uint(&mut r, 3)?)?;
        let day = u32::try_from(uint(&mut r, 4)?).map_err(|_| Malformed)?;
        let first = uint(&mut r, 5)?;
        let last = uint(&mut r, 6)?;
        key(&mut r, 7)?;
        let last_hash = r.bytes_of()?;
        let count = uint(&mut r, 8)?;
        let previous = if pairs == 9 {
            key(&mut r, 9)?;
            Some(r.bytes_of()?)
        } else {
            None
        };
        if first > last || number == 0 {
            return Err(Malformed);
        }
        Ok(Self {
            number,
            at,
            reason,
            day,
            first,
            last,
            last_hash,
            count,
            previous,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]

    use super::*;

    fn content() -> LogSealContent {
        LogSealContent {
            number: 2,
            at: Timestamp::from_unix(1_795_219_200),
            reason: SealReason::Day,
            day: 20_778,
            first: 11,
            last: 40,
            last_hash: [4; 32],
            count: 40,
            previous: Some([9; 32]),
        }
    }

    #[test]
    fn a_seal_comes_back_as_it_was_signed_and_only_under_its_own_key() {
        let (desk, other) = (SecretKey::from_seed([1; 32]), SecretKey::from_seed([2; 32]));
        for content in [
            content(),
            LogSealContent {
                number: 1,
                previous: None,
                ..content()
            },
        ] {
            let bytes = LogSeal::sign(&content, &desk);
            let seal = LogSeal::verify(&bytes, &[other.public(), desk.public()]).unwrap();
            assert_eq!(seal.content(), &content);
            assert_eq!(seal.sha256(), &sha256(&bytes));
            assert_eq!(
                LogSeal::verify(&bytes, &[other.public()]),
                Err(LogSealError::WrongKey)
            );
        }
    }

    #[test]
    fn no_byte_of_a_seal_can_be_another() {
        let desk = SecretKey::from_seed([1; 32]);
        let bytes = LogSeal::sign(&content(), &desk);
        for place in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[place] ^= 1 << bit;
                assert!(
                    LogSeal::verify(&changed, &[desk.public()]).is_err(),
                    "byte {place}"
                );
            }
        }
    }

    #[test]
    fn a_seal_that_covers_nothing_is_malformed() {
        let desk = SecretKey::from_seed([1; 32]);
        for wrong in [
            LogSealContent {
                first: 41,
                ..content()
            },
            LogSealContent {
                number: 0,
                ..content()
            },
        ] {
            let bytes = LogSeal::sign(&wrong, &desk);
            assert_eq!(
                LogSeal::verify(&bytes, &[desk.public()]),
                Err(LogSealError::Malformed)
            );
        }
    }
}
