//! The counter certificate: the province names a desk, its purpose, and what it may ask for.

use crate::cbor::{Malformed, Reader, Writer};
use crate::claims::{read_cnf, read_vct, write_cnf};
use crate::cose::{self, Header, Headers, Sign1, typ};
use crate::issue::IssueError;
use crate::keys::PublicKey;
use crate::names::Names;
use crate::request::RequestError;
use crate::signing::SigningKey;
use crate::time::{CLOCK_ALLOWANCE, Timestamp};
use crate::trust::TrustedKey;
use crate::trust::is_name;
use crate::vct::Vct;

/// Longest certificate, in bytes: a request that carries it is still read off a desk's screen, as version 19 at most.
pub const CERTIFICATE_BYTES_MAX: usize = 544;

/// Longest name of a desk or a purpose, in bytes of UTF-8, in one language.
pub const NAME_BYTES_MAX: usize = 96;

const DESK: i64 = -65_605;

/// What a counter certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CounterCertificateClaims {
    /// Who certified it, normally [`crate::ISSUER`].
    pub iss: String,
    /// Name of the desk, as the citizen's consent screen shows it.
    pub name: Names,
    /// Why it asks.
    pub purpose: Names,
    /// The audience whose requests it may sign.
    pub audience: String,
    /// What it may ask for.
    pub allowed: Vec<Vct>,
    /// The desk's key.
    pub holder: PublicKey,
    /// When it was signed.
    pub iat: Timestamp,
    /// From when it holds no longer.
    pub exp: Timestamp,
}

/// Signs a counter certificate with a key that the trust list allows [`Vct::COUNTER_CERTIFICATE`].
///
/// # Errors
/// [`IssueError`] if a wallet would not take the result.
pub fn issue_counter_certificate(
    cert: &CounterCertificateClaims,
    ca: &dyn SigningKey,
) -> Result<Vec<u8>, IssueError> {
    if cert.exp <= cert.iat {
        return Err(IssueError::NeverValid);
    }
    let names = [&cert.name, &cert.purpose];
    let there = [&cert.name.en, &cert.purpose.en, &cert.audience, &cert.iss];
    let texts = names.iter().flat_map(|n| [&n.en, &n.ur, &n.ps]);
    if !there.iter().all(|t| is_name(t)) || !texts.clone().all(|t| crate::cbor::is_plain(t)) {
        return Err(IssueError::BadText);
    }
    let kid = ca.public().key_id().0;
    let bytes = cose::sign1(typ::COUNTER_CERTIFICATE, &Header::Kid(kid), &cert.encode(), ca)?;
    if bytes.len() > CERTIFICATE_BYTES_MAX || texts.clone().any(|t| t.len() > NAME_BYTES_MAX) {
        return Err(IssueError::TooLarge);
    }
    Ok(bytes)
}

impl CounterCertificateClaims {
    fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.map(6);
        w.int(1).text(&self.iss);
        w.int(3).text(&self.audience);
        w.int(4).uint(self.exp.unix());
        w.int(6).uint(self.iat.unix());
        w.int(8);
        write_cnf(&mut w, &self.holder.into());
        w.int(DESK).array(7);
        for names in [&self.name, &self.purpose] {
            w.text(&names.en).text(&names.ur).text(&names.ps);
        }
        w.array(self.allowed.len());
        for vct in &self.allowed {
            w.bytes(vct.as_str().as_bytes());
        }
        w.finish()
    }

    /// Reads a certificate without asking who signed it: for the desk whose own it is. What a desk may ask for is
    /// decided by the wallet, with [`crate::read_request`].
    ///
    /// # Errors
    /// [`RequestError`] if it is not the strict form.
    pub fn read_unverified(bytes: &[u8]) -> Result<Self, RequestError> {
        if bytes.len() > CERTIFICATE_BYTES_MAX {
            return Err(RequestError::TooLarge);
        }
        let signed = Sign1::parse(bytes, typ::COUNTER_CERTIFICATE, Headers::Kid)?;
        Ok(Self::decode(signed.payload)?)
    }

    /// Reads a certificate for whoever knows the keys that may certify: the province, which made it. `keys` are those of
    /// the newest trust list.
    ///
    /// # Errors
    /// [`RequestError`] if it is not the strict form, no key of these may have signed it, or its time is over or has not
    /// begun.
    pub fn verify(bytes: &[u8], keys: &[TrustedKey], now: Timestamp) -> Result<Self, RequestError> {
        let claims = Self::read_unverified(bytes)?;
        let signed = Sign1::parse(bytes, typ::COUNTER_CERTIFICATE, Headers::Kid)?;
        let hint = signed.headers.kid;
        let mut candidates = keys.iter().filter(|key| Some(key.key.key_id().0) == hint);
        let certifier = candidates
            .find(|key| signed.verifies(&key.key))
            .ok_or(RequestError::UnknownCertifier)?;
        if !certifier.allowed.contains(&Vct::COUNTER_CERTIFICATE) {
            return Err(RequestError::CertificateSignature);
        }
        if certifier.is_revoked_for(claims.iat) {
            return Err(RequestError::CertificateRevoked);
        }
        let begun = claims.iat <= now.plus(CLOCK_ALLOWANCE);
        if !begun || now >= claims.exp || !certifier.is_current(claims.iat, now) {
            return Err(RequestError::CertificateExpired);
        }
        Ok(claims)
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut r = Reader::open(bytes)?;
        let (mut iss, mut audience, mut exp, mut iat) = (None, None, None, None);
        let (mut holder, mut desk) = (None, None);
        for _ in 0..r.map()? {
            match r.int()? {
                1 => iss = Some(r.text()?.to_owned()),
                3 => audience = Some(r.text()?.to_owned()),
                4 => exp = Some(Timestamp::from_unix(r.uint()?)),
                6 => iat = Some(Timestamp::from_unix(r.uint()?)),
                8 => holder = Some(read_cnf(&mut r)?.public().map_err(|_| Malformed)?),
                DESK => desk = Some(read_desk(&mut r)?),
                _ => return Err(Malformed),
            }
        }
        let (name, purpose, allowed) = desk.ok_or(Malformed)?;
        Ok(Self {
            iss: iss.ok_or(Malformed)?,
            name,
            purpose,
            audience: audience.ok_or(Malformed)?,
            allowed,
            holder: holder.ok_or(Malformed)?,
            iat: iat.ok_or(Malformed)?,
            exp: exp.ok_or(Malformed)?,
        })
    }
}

fn read_names(r: &mut Reader<'_>) -> Result<Names, Malformed> {
    let names = Names::new(r.text()?, r.text()?, r.text()?);
    let short = [&names.en, &names.ur, &names.ps]
        .iter()
        .all(|t| t.len() <= NAME_BYTES_MAX);
    if short && !names.en.is_empty() {
        Ok(names)
    } else {
        Err(Malformed)
    }
}

fn read_desk(r: &mut Reader<'_>) -> Result<(Names, Names, Vec<Vct>), Malformed> {
    r.array_of(7)?;
    let (name, purpose) = (read_names(r)?, read_names(r)?);
    let count = r.array()?;
    let allowed: Result<Vec<_>, _> = (0..count).map(|_| read_vct(r)).collect();
    Ok((name, purpose, allowed?))
}
