//! The type register: one signed object that says what each kind of pass and document holds. Adding a kind is adding
//! data: what is issued, asked for and shown follows from here.

mod content;
mod sound;
mod value;
mod wire;

use std::collections::BTreeMap;

pub use content::{ClaimType, Form, Kind, PassType, Place, RegisterContent, ShowRule, StatusRule, Word};
pub use value::{Shown, Value};

use crate::claims::Claims;
use crate::code::{Code, codes};
use crate::cose::{from_cose, typ};
use crate::issue::{IssueError, issue};
use crate::numbered::{self, Numbered, from_numbered};
use crate::signing::{NotSigned, SigningKey};
use crate::time::{DAY, Timestamp};
use crate::trust::TrustList;
use crate::vct::Vct;

/// Longest type register, in bytes.
pub const REGISTER_BYTES_MAX: usize = 64 * 1024;

/// Most types in a register.
pub const TYPES_MAX: usize = 128;

/// Most claims of one type.
pub const CLAIMS_MAX: usize = 32;

codes! {
    /// Why a type register is not taken.
    RegisterError {
        /// Larger than any real one.
        TooLarge = "types_too_large",
        /// Not the strict form.
        Malformed = "types_malformed",
        /// It contradicts itself: a type twice, a value where it cannot stand.
        Unsound = "types_unsound",
        /// Signed with an algorithm that is not taken.
        Algorithm = "types_algorithm",
        /// A signed header that the format does not have.
        UnknownHeader = "types_unknown_header",
        /// Another kind of signed data.
        OtherKind = "types_other_kind",
        /// The trust list does not know the key that signed it.
        UnknownKey = "types_unknown_key",
        /// The signature is wrong.
        Signature = "types_signature",
        /// The key may not sign registers.
        KeyNotAllowed = "types_key_not_allowed",
        /// The key was withdrawn.
        KeyRevoked = "types_key_revoked",
        /// Signed outside the time of its key.
        KeyExpired = "types_key_expired",
        /// Older than the one that is held already.
        Older = "types_older",
        /// Another register with the number of the one that is held.
        SameNumber = "types_same_number",
    }
}

from_cose!(RegisterError);
from_numbered!(RegisterError);

impl Numbered for RegisterContent {
    type Error = RegisterError;
    const TYP: u64 = typ::TYPE_REGISTER;
    const ALLOWED_AS: Vct = Vct::TYPE_REGISTER;
    const BYTES_MAX: usize = REGISTER_BYTES_MAX;

    fn encode(&self) -> Vec<u8> {
        self.to_cbor()
    }

    fn decode(payload: &[u8]) -> Result<Self, RegisterError> {
        Self::from_cbor(payload)
    }

    fn number(&self) -> u64 {
        self.sequence
    }

    fn issued_at(&self) -> Timestamp {
        self.iat
    }
}

/// A type register that a key of the trust list signed. Only [`TypeRegister::verify`] makes one.
#[derive(Debug, Clone)]
pub struct TypeRegister {
    bytes: Vec<u8>,
    content: RegisterContent,
    places: BTreeMap<Vct, usize>,
}

impl TypeRegister {
    /// Signs a register.
    ///
    /// # Errors
    /// [`RegisterError::Unsound`] or [`RegisterError::TooLarge`] if no reader would take it, or the key's.
    pub fn sign(
        content: &RegisterContent,
        key: &dyn SigningKey,
    ) -> Result<Vec<u8>, NotSigned<RegisterError>> {
        content.check().map_err(NotSigned::Content)?;
        numbered::sign(content, key)
    }

    /// Reads a register, checks its signature by the trust list, and that it does not go back behind `previous`, the
    /// register that is held already. An expired one still loads: with it readers say "cannot decide".
    ///
    /// # Errors
    /// [`RegisterError`]; the held register stays in use then.
    pub fn verify(bytes: &[u8], trust: &TrustList, previous: Option<&Self>) -> Result<Self, RegisterError> {
        let held = previous.map(|held| (&held.content, held.bytes()));
        let content = numbered::verify(bytes, trust, held)?;
        content.check()?;
        let places = (0..).zip(&content.types).map(|(place, one)| (one.vct, place));
        Ok(Self {
            bytes: bytes.to_vec(),
            places: places.collect(),
            content,
        })
    }

    /// Its bytes as they were signed.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The register's number.
    pub const fn sequence(&self) -> u64 {
        self.content.sequence
    }

    /// When it was signed.
    pub const fn issued_at(&self) -> Timestamp {
        self.content.iat
    }

    /// When it ends.
    pub const fn expires(&self) -> Timestamp {
        self.content.exp
    }

    /// The types, in the order in which lists show them.
    pub fn types(&self) -> &[PassType] {
        &self.content.types
    }

    /// The type of this name.
    pub fn find(&self, vct: &Vct) -> Option<&PassType> {
        self.content.types.get(*self.places.get(vct)?)
    }
}

impl RegisterContent {
    /// Reads a register without asking who signed it: for whoever signs and issues by it.
    ///
    /// # Errors
    /// [`RegisterError`] but those of the signature.
    pub fn read_unverified(bytes: &[u8]) -> Result<Self, RegisterError> {
        let content: Self = numbered::read_unverified(bytes)?;
        content.check()?;
        Ok(content)
    }

    /// The type of this name.
    pub fn find(&self, vct: &Vct) -> Option<&PassType> {
        self.types.iter().find(|one| one.vct == *vct)
    }
}

impl PassType {
    /// Whether a reader may act on a verified credential of this type. How long it lives and how well its holder was
    /// proofed counted when it was issued: a register may ask for more later, and what is out already stays good.
    ///
    /// # Errors
    /// [`Code::ClaimsMissing`] for a last day that is none, since nobody could say when it ends; [`Code::Expired`] after
    /// the last day that the credential itself names; else as [`Self::check_whole`].
    pub(crate) fn check_read(&self, claims: &Claims, now: Timestamp) -> Result<(), Code> {
        if self.hides_its_end(claims) {
            return Err(Code::ClaimsMissing);
        }
        if self.ends(&claims.facts).is_some_and(|ends| now >= ends) {
            return Err(Code::Expired);
        }
        self.check_whole(claims)
    }

    /// Whether everything is there.
    ///
    /// # Errors
    /// [`Code::ClaimsMissing`] without a claim that the type must have, or with its status elsewhere than the type says:
    /// nobody could revoke it; [`Code::PhotoIncomplete`] without the photo.
    fn check_whole(&self, claims: &Claims) -> Result<(), Code> {
        let form = Form::of(claims);
        let missing = |claim: &&ClaimType| claim.must_stand_in(form) && claim.value(claims).is_none();
        match self.claims.iter().find(missing) {
            Some(claim) if claim.kind == Kind::Photo => Err(Code::PhotoIncomplete),
            Some(_) => Err(Code::ClaimsMissing),
            None if self.photo && form == Form::Phone && claims.facts.photo_sha256.is_none() => {
                Err(Code::PhotoIncomplete)
            }
            None if !self.status_is_in_place(claims) => Err(Code::ClaimsMissing),
            None => Ok(()),
        }
    }

    fn status_is_in_place(&self, claims: &Claims) -> bool {
        self.status
            .allows(claims.status.as_ref().map(|status| status.uri.as_str()))
    }

    /// Signs claims that [`PassType::check`] takes.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn issue(&self, claims: &Claims, key: &dyn SigningKey) -> Result<Vec<u8>, IssueError> {
        self.check(claims)?;
        issue(claims, key)
    }

    /// Whether claims are exactly of this type: what must be there is there, nothing is there that the type does not have,
    /// it lives no longer than the type and its own last day say, and its status is where the type says.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn check(&self, claims: &Claims) -> Result<(), IssueError> {
        if claims.vct != self.vct {
            return Err(IssueError::UnknownType);
        }
        if !self.status_is_in_place(claims) {
            return Err(IssueError::StatusDiffers);
        }
        self.check_whole(claims).map_err(|code| match code {
            Code::PhotoIncomplete => IssueError::NoPhoto,
            _ => IssueError::ClaimMissing,
        })?;
        let form = Form::of(claims);
        let stand = |claim: &&ClaimType| claim.stands_in(form) && claim.value(claims).is_some();
        if self.claims.iter().filter(stand).count() != value::members(claims) {
            return Err(IssueError::UnknownClaim);
        }
        if form == Form::Paper && !self.show.printed {
            return Err(IssueError::NotPrinted);
        }
        let longest = claims.iat.plus(u64::from(self.lifetime_days) * DAY);
        if claims.exp > self.ends(&claims.facts).map_or(longest, |ends| ends.min(longest)) {
            return Err(IssueError::LivesTooLong);
        }
        if claims.facts.assurance.is_some_and(|level| level < self.assurance) {
            return Err(IssueError::AssuranceTooLow);
        }
        Ok(())
    }
}
