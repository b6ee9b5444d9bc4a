//! Passes: the phone asks for a batch, proves each holder key, and receives signed credentials.

use serde::{Deserialize, Serialize};

use crate::Bytes;

/// Most passes in one request.
pub const PASSES_MAX: usize = 50;

/// Answer to `POST /v1/challenges`: what the holder keys sign, so that a proof cannot be an old one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Challenge {
    /// 16 random bytes, good once, for this device.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Bytes16))]
    pub challenge: Bytes,
    /// Unix seconds after which it no longer serves.
    pub expires_at: u64,
    /// What this citizen may draw now, in the type register's order: passes that everybody has, and their documents.
    pub offers: Vec<Offer>,
}

/// A kind of pass that a citizen may draw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Offer {
    /// Pass type, such as `age` or `domicile`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::PassTypeName))]
    pub vct: String,
    /// Whose document it is: 0 is the citizen's own; each child whose documents they hold has a number from 1, the same
    /// for all kinds and for good.
    #[serde(default, skip_serializing_if = "is_own")]
    pub no: u32,
    /// Of a document, which grant of it: another number means that passes drawn before are of the old one. 0 for passes.
    pub grant: u64,
}

/// One pass that the phone wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct WantedPass {
    /// Pass type, such as `age`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::PassTypeName))]
    pub vct: String,
    /// Whose, as in [`Offer::no`].
    #[serde(default, skip_serializing_if = "is_own")]
    pub no: u32,
    /// The holder's public key for this one pass, 32 bytes.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Bytes32))]
    pub holder_key: Bytes,
    /// Ed25519 signature by that key over [`proof_message`], 64 bytes.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Bytes64))]
    pub proof: Bytes,
}

/// Body of `POST /v1/passes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PassesRequest {
    /// The province's challenge.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Bytes16))]
    pub challenge: Bytes,
    /// What is wanted, at most [`PASSES_MAX`], no holder key twice.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 50))]
    pub passes: Vec<WantedPass>,
}

/// Answer to `POST /v1/passes`: all that was wanted, in the same order, or none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PassesReply {
    /// Signed `kp-cwt` bytes, one for each wanted pass.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 50))]
    pub credentials: Vec<Bytes>,
    /// The small picture (WebP, at most 1,000 bytes) that the identity passes are bound to by SHA-256.
    pub photo: Bytes,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
pub(crate) fn is_own(no: &u32) -> bool {
    *no == 0
}

/// What a holder key signs to prove that the phone holds it.
///
/// The first line keeps the signature from being taken for any other; vct and number keep a proof from serving another
/// type or another person's document.
pub fn proof_message(challenge: &[u8], (vct, no): (&str, u32), holder_key: &[u8]) -> Vec<u8> {
    let mut message = b"khyber-pass holder proof v2\n".to_vec();
    for part in [challenge, vct.as_bytes(), &no.to_be_bytes(), holder_key] {
        // A length before each part: no two questions give one message.
        message.extend_from_slice(&(part.len() as u64).to_be_bytes());
        message.extend_from_slice(part);
    }
    message
}
