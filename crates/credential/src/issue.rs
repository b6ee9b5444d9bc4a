//! A credential: signing one at the province, and holding one on the phone.

use crate::cbor::{NUMBER_MAX, is_plain};
use crate::claims::Claims;
use crate::code::{Code, codes};
use crate::cose::{self, Header, Headers, Sign1, typ};
use crate::signing::{SignError, SigningKey};
use crate::trust::{TrustList, TrustedKey};
use crate::vct::Vct;

/// Longest credential, in bytes, so that it still fits into a presentation.
pub const CREDENTIAL_BYTES_MAX: usize = 3 * 1024;

codes! {
    /// Why claims are not signed.
    IssueError {
        /// A time is not midnight UTC: times of day would link passes.
        NotWholeDay = "issue_not_whole_day",
        /// It would be over before it begins.
        NeverValid = "issue_never_valid",
        /// A text holds something that nobody sees, or a date is not eight digits.
        BadText = "issue_bad_text",
        /// More than fits into a presentation.
        TooLarge = "issue_too_large",
        /// It names somebody and has no photo's hash, so no desk could accept it.
        NoPhoto = "issue_no_photo",
        /// More fields than a credential has, or one that is too long, too large or out of place.
        BadField = "issue_bad_field",
        /// The type register has no such kind of pass, or the name is what a trust list calls something else.
        UnknownType = "issue_unknown_type",
        /// It lacks what the type register says every pass of its kind has.
        ClaimMissing = "issue_claim_missing",
        /// It holds what the type register does not have for its kind.
        UnknownClaim = "issue_unknown_claim",
        /// A form without a holder's key, of a kind that is not printed.
        NotPrinted = "issue_not_printed",
        /// Its status is not where the type register says.
        StatusDiffers = "issue_status_differs",
        /// It would live longer than the type register says, or than a number of the format reaches.
        LivesTooLong = "issue_lives_too_long",
        /// The citizen was proofed at a lower level than its kind needs.
        AssuranceTooLow = "issue_assurance_too_low",
        /// Where the key lies did not answer, or refused.
        KeyUnavailable = "issue_key_unavailable",
        /// What came back from where the key lies is no signature of it.
        SignatureWrong = "issue_signature_wrong",
    }
}

impl From<SignError> for IssueError {
    fn from(error: SignError) -> Self {
        match error {
            SignError::Unavailable => Self::KeyUnavailable,
            SignError::Wrong => Self::SignatureWrong,
        }
    }
}

/// Signs claims: the bytes of a `kp-cwt`.
///
/// # Errors
/// [`IssueError`] if a reader would not take the result.
pub fn issue(claims: &Claims, key: &dyn SigningKey) -> Result<Vec<u8>, IssueError> {
    let days = [Some(claims.iat), claims.nbf, Some(claims.exp)];
    if !days.iter().flatten().all(|day| day.is_whole_day()) {
        return Err(IssueError::NotWholeDay);
    }
    if claims.exp <= claims.iat || claims.nbf.is_some_and(|nbf| nbf >= claims.exp) {
        return Err(IssueError::NeverValid);
    }
    if claims.exp.unix() > NUMBER_MAX {
        return Err(IssueError::LivesTooLong);
    }
    if Vct::RESERVED.contains(&claims.vct) {
        return Err(IssueError::UnknownType);
    }
    let texts = [
        Some(&claims.iss),
        claims.facts.district.as_ref(),
        claims.facts.tehsil.as_ref(),
        claims.status.as_ref().map(|s| &s.uri),
    ];
    let plain = texts.iter().flatten().all(|t| is_plain(t));
    if !plain || !claims.identity.as_ref().is_none_or(crate::Identity::is_writable) {
        return Err(IssueError::BadText);
    }
    if !claims.facts.are_writable() {
        return Err(IssueError::BadField);
    }
    if claims.lacks_photo() {
        return Err(IssueError::NoPhoto);
    }
    let kid = key.public().key_id().0;
    let bytes = cose::sign1(typ::CWT, &Header::Kid(kid), &claims.encode(), key)?;
    if bytes.len() > CREDENTIAL_BYTES_MAX {
        return Err(IssueError::TooLarge);
    }
    Ok(bytes)
}

/// A credential that was read and not verified. Its claims are for the wallet's own stock, never for a desk.
#[derive(Clone)]
pub struct Credential {
    bytes: Vec<u8>,
    claims: Claims,
}

/// The bytes may hold a name and a CNIC, so they are not printed.
impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credential({} bytes)", self.bytes.len())
    }
}

impl Credential {
    /// Reads the bytes of a `kp-cwt`.
    ///
    /// # Errors
    /// The [`Code`] a desk would refuse it with: too large, malformed, algorithm, header, kind, weak key.
    pub fn parse(bytes: &[u8]) -> Result<Self, Code> {
        let claims = Claims::decode(parse_cwt(bytes)?.payload)?;
        Ok(Self {
            bytes: bytes.to_vec(),
            claims,
        })
    }

    /// Exactly what the issuer signed.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The claims, not verified.
    pub const fn unverified_claims(&self) -> &Claims {
        &self.claims
    }

    /// Checks that an issuer of the trust list signed it and may issue this kind; says nothing about time or status.
    ///
    /// # Errors
    /// [`Code::UnknownIssuer`], [`Code::IssuerSignature`], [`Code::IssuerNotAllowed`] or [`Code::IssuerKeyRevoked`].
    pub fn verify_issuer(&self, trust: &TrustList) -> Result<(), Code> {
        self.issuer(trust).map(drop)
    }

    /// The key of the trust list that signed it and may issue this kind, with whose key it is.
    ///
    /// # Errors
    /// As [`Credential::verify_issuer`].
    pub fn issuer<'t>(&self, trust: &'t TrustList) -> Result<&'t TrustedKey, Code> {
        let cwt = parse_cwt(&self.bytes)?;
        trust.issuer_of(&cwt, &self.claims.vct, self.claims.iat)
    }
}

pub(crate) fn parse_cwt(bytes: &[u8]) -> Result<Sign1<'_>, Code> {
    if bytes.len() > CREDENTIAL_BYTES_MAX {
        return Err(Code::TooLarge);
    }
    Ok(Sign1::parse(bytes, typ::CWT, Headers::Kid)?)
}
