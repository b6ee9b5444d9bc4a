//! Data with a number that one key of the trust list signs: the status manifest, the type register, the risk rules, the
//! catalogue of services.

use crate::code::Code;
use crate::cose::{self, CoseError, Header, Headers, Sign1};
use crate::signing::{NotSigned, SignError, SigningKey};
use crate::time::Timestamp;
use crate::trust::TrustList;
use crate::vct::Vct;

/// Why such data are not taken, beside what their own reader says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NumberedError {
    Cose(CoseError),
    TooLarge,
    UnknownKey,
    KeyNotAllowed,
    KeyRevoked,
    KeyExpired,
    Signature,
    Older,
    SameNumber,
}

/// Lets a reader's error say why numbered data are not taken; it has a variant for each reason.
macro_rules! from_numbered {
    ($error:ty) => {
        impl From<crate::numbered::NumberedError> for $error {
            fn from(e: crate::numbered::NumberedError) -> Self {
                use crate::numbered::NumberedError;
                match e {
                    NumberedError::Cose(e) => e.into(),
                    NumberedError::TooLarge => Self::TooLarge,
                    NumberedError::UnknownKey => Self::UnknownKey,
                    NumberedError::KeyNotAllowed => Self::KeyNotAllowed,
                    NumberedError::KeyRevoked => Self::KeyRevoked,
                    NumberedError::KeyExpired => Self::KeyExpired,
                    NumberedError::Signature => Self::Signature,
                    NumberedError::Older => Self::Older,
                    NumberedError::SameNumber => Self::SameNumber,
                }
            }
        }
    };
}
pub(crate) use from_numbered;

/// Makes the type of data that a key of the trust list signed; only its `verify` makes one.
macro_rules! signed {
    ($(#[$doc:meta])* $name:ident of $content:ty, $error:ty) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name {
            bytes: Vec<u8>,
            content: $content,
        }

        impl $name {
            /// Signs what it says.
            ///
            /// # Errors
            /// Its error if no reader would take the result, or the key's.
            pub fn sign(
                content: &$content,
                key: &dyn crate::signing::SigningKey,
            ) -> Result<Vec<u8>, crate::signing::NotSigned<$error>> {
                crate::numbered::sign(content, key)
            }

            /// Reads bytes, checks their signature by the trust list, and that they do not go back behind `previous`.
            ///
            /// # Errors
            /// Its error; what is held stays in use then.
            pub fn verify(
                bytes: &[u8],
                trust: &crate::trust::TrustList,
                previous: Option<&Self>,
            ) -> Result<Self, $error> {
                let held = previous.map(|held| (&held.content, held.bytes()));
                let content = crate::numbered::verify(bytes, trust, held)?;
                Ok(Self {
                    bytes: bytes.to_vec(),
                    content,
                })
            }

            /// Reads bytes without asking who signed them: for the province whose own they are.
            ///
            /// # Errors
            /// Its error if they are not the strict form.
            pub fn read_unverified(bytes: &[u8]) -> Result<$content, $error> {
                crate::numbered::read_unverified(bytes)
            }

            /// The bytes as they were signed.
            pub fn bytes(&self) -> &[u8] {
                &self.bytes
            }

            /// All that it says.
            pub const fn content(&self) -> &$content {
                &self.content
            }
        }
    };
}
pub(crate) use signed;

/// What is signed.
pub(crate) trait Numbered: Sized {
    /// Its reader's error.
    type Error: From<NumberedError>;
    /// Its `typ`.
    const TYP: u64;
    /// What the trust list calls it.
    const ALLOWED_AS: Vct;
    /// Longest message, in bytes.
    const BYTES_MAX: usize;

    fn encode(&self) -> Vec<u8>;

    /// Reads the strict form.
    fn decode(payload: &[u8]) -> Result<Self, Self::Error>;

    /// Its number, which never goes back.
    fn number(&self) -> u64;

    /// When it was signed.
    fn issued_at(&self) -> Timestamp;
}

/// Signs data, whatever they say.
pub(crate) fn seal<T: Numbered>(content: &T, key: &dyn SigningKey) -> Result<Vec<u8>, SignError> {
    let kid = key.public().key_id().0;
    cose::sign1(T::TYP, &Header::Kid(kid), &content.encode(), key)
}

/// Signs data that a reader can take; who calls has checked what they say. They are read back as readers do, because a
/// number or a text that the format does not have would leave every desk without them.
pub(crate) fn sign<T: Numbered>(content: &T, key: &dyn SigningKey) -> Result<Vec<u8>, NotSigned<T::Error>> {
    T::decode(&content.encode()).map_err(NotSigned::Content)?;
    let bytes = seal(content, key)?;
    if bytes.len() > T::BYTES_MAX {
        return Err(NotSigned::Content(NumberedError::TooLarge.into()));
    }
    Ok(bytes)
}

fn open<T: Numbered>(bytes: &[u8]) -> Result<(Sign1<'_>, T), T::Error> {
    if bytes.len() > T::BYTES_MAX {
        return Err(NumberedError::TooLarge.into());
    }
    let message = Sign1::parse(bytes, T::TYP, Headers::Kid).map_err(NumberedError::Cose)?;
    let content = T::decode(message.payload)?;
    Ok((message, content))
}

/// Reads data, checks their signature by the trust list, and that they do not go back behind those that are held: their
/// content and bytes.
pub(crate) fn verify<T: Numbered>(
    bytes: &[u8],
    trust: &TrustList,
    held: Option<(&T, &[u8])>,
) -> Result<T, T::Error> {
    let (message, content) = open::<T>(bytes)?;
    let signer = trust
        .issuer_of(&message, &T::ALLOWED_AS, content.issued_at())
        .map_err(|code| match code {
            Code::UnknownIssuer => NumberedError::UnknownKey,
            Code::IssuerNotAllowed => NumberedError::KeyNotAllowed,
            Code::IssuerKeyRevoked => NumberedError::KeyRevoked,
            _ => NumberedError::Signature,
        })?;
    // By the data's own date and no clock: how old they are is asked when a pass is decided.
    if !signer.is_current(content.issued_at(), content.issued_at()) {
        return Err(NumberedError::KeyExpired.into());
    }
    if let Some((held, held_bytes)) = held {
        if content.number() < held.number() {
            return Err(NumberedError::Older.into());
        }
        if content.number() == held.number() && bytes != held_bytes {
            return Err(NumberedError::SameNumber.into());
        }
    }
    Ok(content)
}

/// Reads data without asking who signed them.
pub(crate) fn read_unverified<T: Numbered>(bytes: &[u8]) -> Result<T, T::Error> {
    open(bytes).map(|(_, content)| content)
}
