//! A desk's request (`KPR:`): who asks, for which pass, with a nonce to answer to.

use crate::base45;
use crate::cbor::{Malformed, Reader, Writer};
use crate::certificate::{CERTIFICATE_BYTES_MAX, CounterCertificateClaims};
use crate::claims::read_vct;
use crate::code::{Code, codes};
use crate::cose::{self, CoseError, Header, Headers, Sign1, typ};
use crate::keys::{SecretKey, first_8, sha256};
use crate::names::Names;
use crate::time::{CLOCK_ALLOWANCE, Timestamp};
use crate::trust::{TrustList, is_name};
use crate::vct::Vct;

/// The prefix of a request's text.
pub const REQUEST_PREFIX: &str = "KPR:";

/// Seconds a request may be answered.
pub const REQUEST_LIFETIME: u64 = 60;

/// Longest request, in bytes.
pub const REQUEST_BYTES_MAX: usize = 2048;

/// Longest audience, in bytes.
pub const AUDIENCE_BYTES_MAX: usize = 64;

codes! {
    /// Why a request is not read, not made, or not answered.
    RequestError {
        /// Another kind of code.
        NotARequest = "not_a_request",
        /// Larger than any real one.
        TooLarge = "request_too_large",
        /// Not the strict form.
        Malformed = "request_malformed",
        /// Signed with an algorithm that is not taken.
        Algorithm = "request_algorithm",
        /// A signed header that the format does not have.
        UnknownHeader = "request_unknown_header",
        /// The desk's signature is wrong.
        Signature = "request_signature",
        /// Nobody certified the desk, and it asks for more than facts without a name.
        NotCertified = "request_not_certified",
        /// The phone has no trust list to check the desk's certificate with.
        NoTrustList = "request_no_trust_list",
        /// The phone's trust list is out of date, or the phone's clock is ahead.
        TrustListExpired = "request_trust_list_expired",
        /// The phone's clock is before its own trust list.
        ClockWrong = "request_clock_wrong",
        /// The trust list does not know who certified the desk.
        UnknownCertifier = "request_unknown_certifier",
        /// The certificate's signature is wrong, or its key may not certify.
        CertificateSignature = "request_certificate_signature",
        /// The key that certified the desk was withdrawn.
        CertificateRevoked = "request_certificate_revoked",
        /// The certificate is over, or has not begun.
        CertificateExpired = "request_certificate_expired",
        /// The certificate is for another desk.
        CertificateOtherDesk = "request_certificate_other_desk",
        /// The desk's certificate does not let it ask for this.
        NotAllowed = "request_not_allowed",
    }
}

impl From<CoseError> for RequestError {
    fn from(e: CoseError) -> Self {
        match e {
            CoseError::Malformed => Self::Malformed,
            CoseError::Algorithm => Self::Algorithm,
            CoseError::UnknownHeader => Self::UnknownHeader,
            CoseError::OtherKind => Self::NotARequest,
        }
    }
}

impl From<Malformed> for RequestError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// With what a desk signs its requests.
#[derive(Debug, Clone, Copy)]
pub struct Signer<'a> {
    /// The desk's key.
    pub key: &'a SecretKey,
    /// Its certificate; without one a wallet treats the request like an unsigned one.
    pub certificate: Option<&'a [u8]>,
}

/// What the counter keeps of the request that it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedRequest {
    /// The text of the QR.
    pub text: String,
    /// The nonce; single use.
    pub nonce: [u8; 16],
    /// First 8 bytes of the SHA-256 of the request's bytes, which the answer is bound to.
    pub hash: [u8; 8],
    /// The kind of pass that is asked for.
    pub ask: Vct,
    /// Whose request.
    pub audience: String,
    /// Until when an answer is taken.
    pub expires: Timestamp,
}

impl IssuedRequest {
    /// Reads back the text of a request that this desk made, for tools that keep it in a file. Checks no signature.
    ///
    /// # Errors
    /// [`RequestError`] if the text is not a request.
    pub fn from_text(text: &str) -> Result<Self, RequestError> {
        let bytes = decode_text(text)?;
        let (_, body) = parse(&bytes)?;
        Ok(Self {
            text: text.to_owned(),
            nonce: body.nonce,
            hash: first_8(&sha256(&bytes)),
            ask: body.ask,
            audience: body.audience,
            expires: body.expires,
        })
    }

    /// The two digits that both screens show.
    pub fn check_code(&self) -> String {
        check_code(self.hash)
    }
}

/// Makes a request. The nonce is an argument: the caller has the randomness.
///
/// # Errors
/// [`RequestError::Malformed`] for an audience that cannot be written, [`RequestError::TooLarge`].
pub fn build_request(
    ask: &Vct,
    audience: &str,
    nonce: [u8; 16],
    now: Timestamp,
    signer: Option<Signer<'_>>,
) -> Result<IssuedRequest, RequestError> {
    if !is_name(audience) || audience.len() > AUDIENCE_BYTES_MAX {
        return Err(RequestError::Malformed);
    }
    let expires = now.plus(REQUEST_LIFETIME);
    let mut w = Writer::new();
    // An unsigned request proves no time, so it carries only its end: two modules fewer on the desk's screen.
    w.map(if signer.is_some() { 5 } else { 4 });
    w.int(3).text(audience);
    w.int(4).uint(expires.unix());
    if signer.is_some() {
        w.int(6).uint(now.unix());
    }
    w.int(11).bytes(ask.as_str().as_bytes());
    w.int(39).bytes(&nonce);
    let payload = w.finish();
    let bytes = match signer {
        None => payload,
        Some(Signer { key, certificate }) => {
            let header = certificate.map_or(Header::Bare, Header::Kcwt);
            cose::sign1_here(typ::REQUEST, &header, &payload, key)
        }
    };
    if bytes.len() > REQUEST_BYTES_MAX {
        return Err(RequestError::TooLarge);
    }
    let mut text = String::from(REQUEST_PREFIX);
    base45::encode_into(&bytes, &mut text);
    Ok(IssuedRequest {
        text,
        nonce,
        hash: first_8(&sha256(&bytes)),
        ask: *ask,
        audience: audience.to_owned(),
        expires,
    })
}

/// Who asks, as far as the phone could check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asker {
    /// Nobody signed the request.
    Unsigned,
    /// The province certified the desk.
    Certified {
        /// Name of the desk.
        name: Names,
        /// Why it asks.
        purpose: Names,
        /// What it may ask for.
        allowed: Vec<Vct>,
    },
    /// Signed, but without a certificate that holds; [`ReadRequest::may_ask`] says why.
    Uncertified,
}

/// A request as the phone read it. Only [`read_request`] makes one.
#[derive(Debug, Clone)]
pub struct ReadRequest {
    audience: String,
    ask: Vct,
    nonce: [u8; 16],
    hash: [u8; 8],
    expires: Timestamp,
    asker: Asker,
    why_uncertified: RequestError,
}

impl ReadRequest {
    /// Whom the answer is for.
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// The kind of pass that is asked for.
    pub const fn ask(&self) -> &Vct {
        &self.ask
    }

    /// The nonce to answer to.
    pub const fn nonce(&self) -> &[u8; 16] {
        &self.nonce
    }

    /// First 8 bytes of the SHA-256 of the request's bytes.
    pub const fn hash(&self) -> &[u8; 8] {
        &self.hash
    }

    /// When the desk stops waiting, by the desk's clock. A hint: the phone's clock decides nothing here.
    pub const fn expires(&self) -> Timestamp {
        self.expires
    }

    /// Who asks.
    pub const fn asker(&self) -> &Asker {
        &self.asker
    }

    /// The two digits that both screens show, so that a citizen can see before consenting that it is this desk.
    pub fn check_code(&self) -> String {
        check_code(self.hash)
    }

    /// True if a certificate of the province vouches for the desk.
    pub const fn is_certified(&self) -> bool {
        matches!(self.asker, Asker::Certified { .. })
    }

    /// Whether this asker may have what it asks for: a certified desk what its certificate lists, anyone else the age
    /// and residence passes, which name nobody.
    ///
    /// # Errors
    /// [`RequestError::NotAllowed`] beyond the certificate, or why there is no certificate that holds.
    pub fn may_ask(&self) -> Result<(), RequestError> {
        match &self.asker {
            Asker::Certified { allowed, .. } if allowed.contains(&self.ask) => Ok(()),
            Asker::Certified { .. } => Err(RequestError::NotAllowed),
            Asker::Unsigned | Asker::Uncertified if self.ask == Vct::AGE || self.ask == Vct::RESIDENCE => {
                Ok(())
            }
            Asker::Unsigned | Asker::Uncertified => Err(self.why_uncertified),
        }
    }
}

fn check_code(hash: [u8; 8]) -> String {
    format!("{:02}", u64::from_be_bytes(hash) % 100)
}

/// Reads a request and says who asks. `now_hint` is used for the dates of the trust list and of the
/// certificate only; with a clock that is far off, nobody is certified.
///
/// # Errors
/// [`RequestError`] if the text is not a request in the strict form, or if its signature does not belong to the
/// certificate that it carries.
pub fn read_request(
    text: &str,
    trust: Option<&TrustList>,
    now_hint: Timestamp,
) -> Result<ReadRequest, RequestError> {
    let bytes = decode_text(text)?;
    let (signed, body) = parse(&bytes)?;
    let (asker, why_uncertified) = match &signed {
        None => (Asker::Unsigned, RequestError::NotCertified),
        Some(message) => match message.headers.kcwt {
            None => (Asker::Uncertified, RequestError::NotCertified),
            Some(certificate) => who_asks(message, certificate, &body.audience, trust, now_hint)?,
        },
    };
    Ok(ReadRequest {
        audience: body.audience,
        ask: body.ask,
        nonce: body.nonce,
        hash: first_8(&sha256(&bytes)),
        expires: body.expires,
        asker,
        why_uncertified,
    })
}

fn who_asks(
    message: &Sign1<'_>,
    certificate: &[u8],
    audience: &str,
    trust: Option<&TrustList>,
    now: Timestamp,
) -> Result<(Asker, RequestError), RequestError> {
    if certificate.len() > CERTIFICATE_BYTES_MAX {
        return Err(RequestError::TooLarge);
    }
    let signed = Sign1::parse(certificate, typ::COUNTER_CERTIFICATE, Headers::Kid)?;
    let claims = CounterCertificateClaims::decode(signed.payload)?;
    if !message.verifies(&claims.holder) {
        return Err(RequestError::Signature);
    }
    if let Err(why) = check_certificate(&signed, &claims, audience, trust, now) {
        return Ok((Asker::Uncertified, why));
    }
    let asker = Asker::Certified {
        name: claims.name,
        purpose: claims.purpose,
        allowed: claims.allowed,
    };
    Ok((asker, RequestError::NotAllowed))
}

fn check_certificate(
    signed: &Sign1<'_>,
    claims: &CounterCertificateClaims,
    audience: &str,
    trust: Option<&TrustList>,
    now: Timestamp,
) -> Result<(), RequestError> {
    let trust = trust.ok_or(RequestError::NoTrustList)?;
    let certifier = trust
        .issuer_of(signed, &Vct::COUNTER_CERTIFICATE, claims.iat)
        .map_err(|code| match code {
            Code::UnknownIssuer => RequestError::UnknownCertifier,
            Code::IssuerKeyRevoked => RequestError::CertificateRevoked,
            _ => RequestError::CertificateSignature,
        })?;
    if claims.audience != audience {
        return Err(RequestError::CertificateOtherDesk);
    }
    // A phone whose clock is far off, or that was long without a network, knows of no withdrawal: it cannot check.
    if now.plus(CLOCK_ALLOWANCE) < trust.issued_at() {
        return Err(RequestError::ClockWrong);
    }
    if !trust.is_current(now) {
        return Err(RequestError::TrustListExpired);
    }
    let begun = claims.iat <= now.plus(CLOCK_ALLOWANCE);
    if !begun || now >= claims.exp || !certifier.is_current(claims.iat, now) {
        return Err(RequestError::CertificateExpired);
    }
    Ok(())
}

fn decode_text(text: &str) -> Result<Vec<u8>, RequestError> {
    let body = text
        .strip_prefix(REQUEST_PREFIX)
        .ok_or(RequestError::NotARequest)?;
    if body.len() > base45::encoded_len(REQUEST_BYTES_MAX) {
        return Err(RequestError::TooLarge);
    }
    base45::decode(body).map_err(|_| RequestError::Malformed)
}

struct Body {
    audience: String,
    ask: Vct,
    nonce: [u8; 16],
    expires: Timestamp,
}

/// An unsigned request is the bare map; a signed one is `COSE_Sign1` around it.
fn parse(bytes: &[u8]) -> Result<(Option<Sign1<'_>>, Body), RequestError> {
    if bytes.first().is_some_and(|first| first >> 5 == 5) {
        return Ok((None, parse_body(bytes, false)?));
    }
    let message = Sign1::parse(bytes, typ::REQUEST, Headers::MaybeKcwt)?;
    let body = parse_body(message.payload, true)?;
    Ok((Some(message), body))
}

fn parse_body(bytes: &[u8], signed: bool) -> Result<Body, RequestError> {
    let mut r = Reader::open(bytes)?;
    let (mut audience, mut expires, mut iat) = (None, None, None);
    let (mut ask, mut nonce) = (None, None);
    for _ in 0..r.map()? {
        match r.int()? {
            3 => audience = Some(r.text()?.to_owned()),
            4 => expires = Some(Timestamp::from_unix(r.uint()?)),
            6 => iat = Some(r.uint()?),
            11 => ask = Some(read_vct(&mut r)?),
            39 => nonce = Some(r.bytes_of()?),
            _ => return Err(RequestError::Malformed),
        }
    }
    let audience = audience.ok_or(Malformed)?;
    if iat.is_some() != signed || !is_name(&audience) || audience.len() > AUDIENCE_BYTES_MAX {
        return Err(RequestError::Malformed);
    }
    Ok(Body {
        audience,
        ask: ask.ok_or(Malformed)?,
        nonce: nonce.ok_or(Malformed)?,
        expires: expires.ok_or(Malformed)?,
    })
}
