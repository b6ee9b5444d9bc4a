//! Who signs: a key of this process, or one that lies elsewhere and is asked for each signature.

use crate::code::codes;
use crate::keys::{PublicKey, SecretKey};

codes! {
    /// Why a key did not sign.
    SignError {
        /// Where the key lies did not answer, or refused.
        Unavailable = "issue_key_unavailable",
        /// What came back is no signature of this key over these bytes.
        Wrong = "issue_signature_wrong",
    }
}

/// A key that signs for the province, wherever it lies.
///
/// Whoever gets signatures from outside the process checks each with [`checked`] before it gives it on: what a broken
/// device answers must not reach a credential.
pub trait SigningKey {
    /// The public half.
    fn public(&self) -> PublicKey;

    /// Signs bytes with Ed25519 (RFC 8032, without a context and not prehashed).
    ///
    /// # Errors
    /// [`SignError`]; then nothing was signed that anybody may use.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError>;
}

impl SigningKey for SecretKey {
    fn public(&self) -> PublicKey {
        Self::public(self)
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError> {
        Ok(Self::sign(self, message))
    }
}

/// Takes a signature that was made elsewhere, if it is one of this key over this message.
///
/// # Errors
/// [`SignError::Wrong`].
pub fn checked(key: &PublicKey, message: &[u8], signature: &[u8]) -> Result<[u8; 64], SignError> {
    let signature = signature.try_into().map_err(|_| SignError::Wrong)?;
    if key.verifies(message, &signature) {
        Ok(signature)
    } else {
        Err(SignError::Wrong)
    }
}

/// Why data were not signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSigned<E> {
    /// No reader would take what they say.
    #[error("{0}")]
    Content(E),
    /// The key did not sign.
    #[error("{0}")]
    Key(#[from] SignError),
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_the_keys_own_signature_over_the_message_is_taken() {
        let (key, other) = (SecretKey::from_seed([1; 32]), SecretKey::from_seed([2; 32]));
        let good = key.sign(b"message");
        assert_eq!(checked(&key.public(), b"message", &good), Ok(good));
        for (message, signature) in [
            (&b"massage"[..], &good[..]),
            (b"message", &other.sign(b"message")),
            (b"message", &good[..63]),
            (b"message", &[0; 64]),
            (b"message", &[]),
        ] {
            assert_eq!(checked(&key.public(), message, signature), Err(SignError::Wrong));
        }
    }
}
