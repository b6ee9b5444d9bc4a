//! The printed card: a plain claim-169 CWT that any claim-169 verifier reads, zlib and base45, no prefix.
//!
//! It is signed by a key that the trust list allows [`Vct::PAPER_CARD`] and nothing else here, and its `typ` is that of
//! a plain CWT (61), so that no card can be taken for a pass and no pass for a card.

use crate::base45;
use crate::cbor::{NUMBER_MAX, Reader, Writer};
use crate::claims::{Claims, Identity, StatusRef, read_day, read_status, write_status};
use crate::code::Code;
use crate::cose::{self, Header, Headers, Sign1, typ};
use crate::facts::Facts;
use crate::issue::IssueError;
use crate::signing::SigningKey;
use crate::time::Timestamp;
use crate::vct::Vct;
use crate::zlib::{self, InflateError};

/// Largest card, in bytes before compression: far more than the longest texts of an enrolment.
pub const CARD_BYTES_MAX: usize = 2 * 1024;

/// Longest text of a card: the largest QR code in alphanumeric mode.
const CARD_TEXT_MAX: usize = 4_296;

const ISS: i64 = 1;
const EXP: i64 = 4;
const IAT: i64 = 6;
const IDENTITY: i64 = 169;
const STATUS: i64 = 65_535;

/// What a printed card says. There is no holder's key and no photo's hash in it: paper proves neither.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardClaims {
    /// Who issued it, normally [`crate::ISSUER`].
    pub iss: String,
    /// Day of issue (midnight UTC).
    pub iat: Timestamp,
    /// The moment from which it holds no longer (midnight UTC).
    pub exp: Timestamp,
    /// Whose card it is. The guardian's local name has no place in claim 169 and is not carried.
    pub identity: Identity,
    /// Where to look whether it was revoked. Every card has it.
    pub status: StatusRef,
}

impl CardClaims {
    fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.map(5).int(ISS).text(&self.iss);
        w.int(EXP).uint(self.exp.unix());
        w.int(IAT).uint(self.iat.unix());
        w.int(IDENTITY);
        self.identity.encode(&mut w);
        w.int(STATUS);
        write_status(&mut w, &self.status);
        w.finish()
    }

    fn decode(bytes: &[u8]) -> Result<Self, Code> {
        let mut r = Reader::open(bytes)?;
        let (mut iss, mut exp, mut iat) = (None, None, None);
        let (mut identity, mut status) = (None, None);
        for _ in 0..r.map()? {
            match r.int()? {
                ISS => iss = Some(r.text()?.to_owned()),
                EXP => exp = Some(read_day(&mut r)?),
                IAT => iat = Some(read_day(&mut r)?),
                IDENTITY => identity = Some(Identity::decode(&mut r)?),
                STATUS => status = Some(read_status(&mut r)?),
                _ => return Err(Code::Malformed),
            }
        }
        Ok(Self {
            iss: iss.ok_or(Code::Malformed)?,
            iat: iat.ok_or(Code::Malformed)?,
            exp: exp.ok_or(Code::Malformed)?,
            identity: identity.ok_or(Code::Malformed)?,
            status: status.ok_or(Code::Malformed)?,
        })
    }

    /// The same as the claims of a credential, for whoever shows them.
    pub(crate) fn into_claims(self) -> Claims {
        Claims {
            iss: self.iss,
            iat: self.iat,
            nbf: None,
            exp: self.exp,
            holder: None,
            vct: Vct::PAPER_CARD,
            identity: Some(self.identity),
            status: Some(self.status),
            facts: Facts::default(),
        }
    }
}

/// Signs a card: the text of its QR code.
///
/// # Errors
/// [`IssueError`] if a reader would not take the result.
pub fn issue_card(claims: &CardClaims, key: &dyn SigningKey) -> Result<String, IssueError> {
    if !claims.iat.is_whole_day() || !claims.exp.is_whole_day() {
        return Err(IssueError::NotWholeDay);
    }
    if claims.exp <= claims.iat {
        return Err(IssueError::NeverValid);
    }
    if claims.exp.unix() > NUMBER_MAX {
        return Err(IssueError::LivesTooLong);
    }
    let plain = [&claims.iss, &claims.status.uri]
        .iter()
        .all(|t| crate::cbor::is_plain(t));
    if !plain || !claims.identity.is_writable() || claims.identity.guardian_local.is_some() {
        return Err(IssueError::BadText);
    }
    let kid = key.public().key_id().0;
    let bytes = cose::sign1(typ::PLAIN_CWT, &Header::Kid(kid), &claims.encode(), key)?;
    if bytes.len() > CARD_BYTES_MAX {
        return Err(IssueError::TooLarge);
    }
    Ok(base45::encode(&zlib::deflate(&bytes)))
}

/// True if a text has no prefix of ours and begins as base45 of a zlib stream does.
pub(crate) fn looks_like(text: &str) -> bool {
    text.get(..3)
        .and_then(|head| base45::decode(head).ok())
        .is_some_and(|head| zlib::looks_like(&head))
}

/// Reads a card without verifying it: what was signed, and its claims. For tools that show what stands there.
///
/// # Errors
/// The [`Code`] a desk would refuse it with: too large, malformed, another kind.
pub fn read_unverified(text: &str) -> Result<(Vec<u8>, Claims), Code> {
    let bytes = unpack(text)?;
    let claims = parse(&bytes)?.1.into_claims();
    Ok((bytes, claims))
}

/// The bytes of a card.
pub(crate) fn unpack(text: &str) -> Result<Vec<u8>, Code> {
    if text.len() > CARD_TEXT_MAX {
        return Err(Code::TooLarge);
    }
    let packed = base45::decode(text).map_err(|_| Code::Malformed)?;
    zlib::inflate(&packed, CARD_BYTES_MAX).map_err(|e| match e {
        InflateError::TooLarge => Code::TooLarge,
        InflateError::Malformed => Code::Malformed,
    })
}

/// A card taken apart and not verified. A code of another issuer, which has other headers, is [`Code::WrongCode`].
pub(crate) fn parse(bytes: &[u8]) -> Result<(Sign1<'_>, CardClaims), Code> {
    let message = Sign1::parse(bytes, typ::PLAIN_CWT, Headers::Kid).map_err(|e| match e.into() {
        Code::UnknownHeader | Code::AlgorithmNotAllowed => Code::WrongCode,
        code => code,
    })?;
    let claims = CardClaims::decode(message.payload)?;
    Ok((message, claims))
}
