//! Another device key on the same phone: the key before asks for it, and the new one proves that somebody holds it.

use credential::PublicKey;
use ed25519_dalek::{Signer as _, SigningKey};
use serde::{Deserialize, Serialize};

use crate::Bytes;
use crate::signature::DeviceKey;

/// Body of `POST /v1/device-key`, signed by the device key that is enrolled now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DeviceKeyRequest {
    /// The new Ed25519 public key, 32 bytes.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Bytes32))]
    pub device_key: Bytes,
    /// Ed25519 signature by the new key over [`proof_message`], 64 bytes.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Bytes64))]
    pub proof: Bytes,
}

impl DeviceKeyRequest {
    /// Asks for `new` in place of the key with these public bytes. The same keys give the same request.
    pub fn new(before: &[u8; 32], new: &SigningKey) -> Self {
        Self {
            device_key: Bytes(new.verifying_key().as_bytes().to_vec()),
            proof: Bytes(new.sign(&proof_message(before)).to_bytes().to_vec()),
        }
    }

    /// The new key, which somebody holds who knows that it takes the place of `before`.
    ///
    /// # Errors
    /// `None` for a weak or malformed key, for the key before, and for a proof that does not hold.
    pub fn verify(&self, before: &DeviceKey) -> Option<[u8; 32]> {
        let new: [u8; 32] = self.device_key.0.as_slice().try_into().ok()?;
        let proof: [u8; 64] = self.proof.0.as_slice().try_into().ok()?;
        let holds = PublicKey::parse(&new)
            .ok()?
            .verifies(&proof_message(before.as_bytes()), &proof);
        (holds && new != *before.as_bytes()).then_some(new)
    }
}

/// Answer 200 to a change of the device key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeviceKeyReply {
    /// Unix seconds at which it was changed.
    pub changed_at: u64,
}

/// What the new key signs. The first line keeps the signature from being taken for any other.
pub fn proof_message(before: &[u8; 32]) -> Vec<u8> {
    [b"khyber-pass device key proof v1\n".as_slice(), before].concat()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;

    #[test]
    fn a_new_key_is_proven_for_the_key_before_and_for_no_other() {
        let [before, new, other] = [1, 2, 3].map(|n| SigningKey::from_bytes(&[n; 32]));
        let public = |key: &SigningKey| *key.verifying_key().as_bytes();
        let request = DeviceKeyRequest::new(&public(&before), &new);
        assert_eq!(request.verify(&DeviceKey::of(&before)), Some(public(&new)));
        assert_eq!(request.verify(&DeviceKey::of(&other)), None);
        let unproven = DeviceKeyRequest {
            device_key: Bytes(public(&other).to_vec()),
            ..request.clone()
        };
        assert_eq!(unproven.verify(&DeviceKey::of(&before)), None);
        assert_eq!(
            DeviceKeyRequest::new(&public(&before), &before).verify(&DeviceKey::of(&before)),
            None
        );
        for place in [0, 63] {
            let mut changed = request.clone();
            changed.proof.0[place] ^= 1;
            assert_eq!(changed.verify(&DeviceKey::of(&before)), None);
        }
        // A key of small order: anybody could sign for it.
        let weak = DeviceKeyRequest {
            device_key: Bytes(vec![0; 32]),
            ..request
        };
        assert_eq!(weak.verify(&DeviceKey::of(&before)), None);
    }
}
