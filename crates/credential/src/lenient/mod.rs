//! Other issuers' claim-169 codes (MOSIP identity-data): base45, zlib, and a signed CWT, read as far as they can be.
//!
//! Nothing of this module is used to verify what this province issues, and what comes out is another type. The outcome
//! is never "accepted": such a code is a printed text, which anyone can copy, and says nothing about who holds it.

mod person;
mod value;

use crate::base45;
use crate::code::{Verdict, codes};
use crate::keys::PublicKey;
use crate::time::{CLOCK_ALLOWANCE, Timestamp};
use crate::zlib;

pub use person::OtherIdentity;
use value::Value;

/// Longest text that is read: the largest QR code in alphanumeric mode.
pub const OTHER_TEXT_MAX: usize = 4_296;

/// Largest size that a code inflates to, in bytes.
pub const OTHER_BYTES_MAX: usize = 16 * 1024;

const TAG_ENCRYPT0: u64 = 16;
const TAG_SIGN1: u64 = 18;

codes! {
    /// What can be said about another issuer's code.
    OtherCode {
        /// A given key signed it and it is in date. It is still no proof that its holder is present.
        Signed = "other_signed",
        /// It carries no signature: anyone could have written it.
        Unsigned = "other_unsigned",
        /// No key of its issuer was given.
        UnknownIssuer = "other_unknown_issuer",
        /// It is signed with an algorithm that is not taken.
        Algorithm = "other_algorithm",
        /// It is encrypted for somebody else.
        Encrypted = "other_encrypted",
        /// No key that was given for its issuer made the signature.
        Signature = "other_signature",
        /// It is over.
        Expired = "other_expired",
        /// It has not begun.
        NotYetValid = "other_not_yet_valid",
        /// Longer than any QR code, or it inflates to more than 16 KiB.
        TooLarge = "other_too_large",
        /// The text is not base45.
        NotBase45 = "other_not_base45",
        /// What is in it is not zlib.
        NotZlib = "other_not_zlib",
        /// What was compressed is neither a signed nor an encrypted message.
        NotCose = "other_not_cose",
        /// What was signed is not a map of claims.
        NotClaims = "other_not_claims",
        /// There is no claim 169 in it.
        NoIdentity = "other_no_identity",
    }
}

impl OtherCode {
    /// Refused, or "cannot decide"; never accepted.
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::Signed | Self::Unsigned | Self::UnknownIssuer | Self::Algorithm | Self::Encrypted => {
                Verdict::Undecided
            }
            _ => Verdict::Refused,
        }
    }
}

/// A key of another issuer, from a file or a list that the reader was given.
#[derive(Debug, Clone)]
pub struct OtherKey {
    /// The issuer (`iss`) whose key it is; none for whoever the code names.
    pub iss: Option<String>,
    /// The key.
    pub key: PublicKey,
}

/// What another issuer's code says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherReading {
    /// What can be said about it.
    pub code: OtherCode,
    /// What stands in it, where anything could be read; not to be believed unless `code` is [`OtherCode::Signed`].
    pub content: Option<OtherContent>,
}

/// The claims of another issuer's code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherContent {
    /// Who issued it, by its own words.
    pub iss: Option<String>,
    /// When it was issued.
    pub iat: Option<Timestamp>,
    /// From when it holds.
    pub nbf: Option<Timestamp>,
    /// When it ends.
    pub exp: Option<Timestamp>,
    /// Claim 169.
    pub identity: OtherIdentity,
}

/// Reads the text of another issuer's code.
pub fn read(text: &str, keys: &[OtherKey], now: Timestamp) -> OtherReading {
    match open(text) {
        Err(code) => OtherReading { code, content: None },
        Ok(message) => OtherReading {
            code: message.judge(keys, now),
            content: Some(message.content),
        },
    }
}

/// A message taken apart.
struct Message {
    signed: Signed,
    content: OtherContent,
}

/// What can be checked of a signature.
enum Signed {
    No,
    OtherAlgorithm,
    Ed25519 {
        bytes: Vec<u8>,
        signature: [u8; 64],
    },
    /// `EdDSA`, but not of the length that Ed25519 has.
    Damaged,
}

impl Message {
    /// What is certain comes first: a wrong signature, then a date, then what this reader cannot know.
    fn judge(&self, keys: &[OtherKey], now: Timestamp) -> OtherCode {
        let signature = self.check(keys);
        let latest = now.plus(CLOCK_ALLOWANCE);
        if signature == OtherCode::Signature {
            signature
        } else if self.content.exp.is_some_and(|exp| now >= exp) {
            OtherCode::Expired
        } else if self.content.nbf.is_some_and(|nbf| nbf > latest) {
            OtherCode::NotYetValid
        } else {
            signature
        }
    }

    fn check(&self, keys: &[OtherKey]) -> OtherCode {
        let (bytes, signature) = match &self.signed {
            Signed::No => return OtherCode::Unsigned,
            Signed::OtherAlgorithm => return OtherCode::Algorithm,
            Signed::Damaged => return OtherCode::Signature,
            Signed::Ed25519 { bytes, signature } => (bytes, signature),
        };
        let iss = self.content.iss.as_deref();
        let mut theirs = keys
            .iter()
            .filter(|k| k.iss.is_none() || k.iss.as_deref() == iss)
            .peekable();
        if theirs.peek().is_none() {
            OtherCode::UnknownIssuer
        } else if theirs.any(|k| k.key.verifies(bytes, signature)) {
            OtherCode::Signed
        } else {
            OtherCode::Signature
        }
    }
}

fn open(text: &str) -> Result<Message, OtherCode> {
    if text.len() > OTHER_TEXT_MAX {
        return Err(OtherCode::TooLarge);
    }
    let packed = base45::decode(text).map_err(|_| OtherCode::NotBase45)?;
    let bytes = zlib::inflate(&packed, OTHER_BYTES_MAX).map_err(|e| match e {
        zlib::InflateError::TooLarge => OtherCode::TooLarge,
        zlib::InflateError::Malformed => OtherCode::NotZlib,
    })?;
    // PixelPass packs a text as it is, and some hand it the message as hex digits.
    let bytes = unhex(&bytes).unwrap_or(bytes);
    let outer = Value::read(&bytes).ok_or(OtherCode::NotCose)?;
    if let Value::Map(_) = outer {
        // PixelPass packs a map as it is given, without a signature.
        return bare_map(&outer);
    }
    let message = strip(&outer)?.as_array().ok_or(OtherCode::NotCose)?;
    let [protected, _, payload, signature] = message else {
        return Err(OtherCode::NotCose);
    };
    let parts = (protected.as_bytes(), payload.as_bytes(), signature.as_bytes());
    let (Some(protected), Some(payload), Some(signature)) = parts else {
        return Err(OtherCode::NotCose);
    };
    Ok(Message {
        signed: signed(protected, payload, signature),
        content: content(payload)?,
    })
}

/// The bytes behind hex digits; none for anything else.
fn unhex(digits: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|n| u8::try_from(n).ok());
    let (pairs, rest) = digits.as_chunks::<2>();
    let bytes = pairs
        .iter()
        .map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?));
    if rest.is_empty() { bytes.collect() } else { None }
}

/// Takes the tags off: a CWT (61) around `COSE_Sign1` (18), each of them optional.
fn strip(value: &Value) -> Result<&Value, OtherCode> {
    const TAG_CWT: u64 = 61;
    match value {
        Value::Tag(TAG_CWT | TAG_SIGN1, inner) => strip(inner),
        Value::Tag(TAG_ENCRYPT0, _) => Err(OtherCode::Encrypted),
        Value::Tag(..) => Err(OtherCode::NotCose),
        // COSE_Encrypt0 without its tag: the third part of the three is the ciphertext.
        Value::Array(items) if items.len() == 3 => match items.as_slice() {
            [Value::Bytes(_), Value::Map(_), Value::Bytes(_)] => Err(OtherCode::Encrypted),
            _ => Err(OtherCode::NotCose),
        },
        other => Ok(other),
    }
}

fn signed(protected: &[u8], payload: &[u8], signature: &[u8]) -> Signed {
    const ALG: i64 = 1;
    if signature.is_empty() {
        return Signed::No;
    }
    let headers = Value::read(protected);
    let alg = headers.as_ref().and_then(|h| h.get(ALG)?.as_int());
    if alg != Some(crate::cose::ALG_EDDSA) && alg != Some(crate::cose::ALG_ED25519) {
        return Signed::OtherAlgorithm;
    }
    match signature.try_into() {
        Ok(signature) => Signed::Ed25519 {
            bytes: crate::cose::sign1_bytes(protected, payload),
            signature,
        },
        Err(_) => Signed::Damaged,
    }
}

fn content(payload: &[u8]) -> Result<OtherContent, OtherCode> {
    const IDENTITY: i64 = 169;
    let claims = Value::read(payload).ok_or(OtherCode::NotClaims)?;
    let claims = claims.untagged();
    claims.as_map().ok_or(OtherCode::NotClaims)?;
    let time = |label| {
        let seconds = claims.get(label)?.untagged().as_int()?;
        u64::try_from(seconds).ok().map(Timestamp::from_unix)
    };
    let iss = claims.get(1).and_then(Value::as_text);
    Ok(OtherContent {
        iss: iss.filter(|t| crate::cbor::is_plain(t)).map(str::to_owned),
        exp: time(4),
        nbf: time(5),
        iat: time(6),
        identity: claims
            .get(IDENTITY)
            .and_then(OtherIdentity::read)
            .ok_or(OtherCode::NoIdentity)?,
    })
}

fn bare_map(map: &Value) -> Result<Message, OtherCode> {
    let identity = OtherIdentity::read(map).ok_or(OtherCode::NoIdentity)?;
    if identity.id.is_none() && identity.full_name.is_none() {
        return Err(OtherCode::NoIdentity);
    }
    Ok(Message {
        signed: Signed::No,
        content: OtherContent {
            iss: None,
            iat: None,
            nbf: None,
            exp: None,
            identity,
        },
    })
}
