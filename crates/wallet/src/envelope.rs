//! The envelope: the vault key, sealed by the PIN together with this phone's key.
//!
//! ```text
//! KEK = HKDF-SHA256(ikm = Argon2id(PIN, salt, params) || K_device, salt, info)
//! slot = XChaCha20-Poly1305(KEK, nonce, vault key, AAD = version, profile, purpose, kind, params, salt)
//! ```
//! The file is JSON with a closed schema, so that a person can see which version and parameters a
//! phone has. Changing the PIN makes a new slot and leaves the database alone. A six-digit PIN has
//! a million values: without `K_device` in the mix a copied envelope would fall in a day.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use pin::{Cost, CostError, Pin, SALT_BYTES};
use province_api::Bytes;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::device_key::DeviceKey;

/// Largest envelope file, in bytes.
pub const ENVELOPE_BYTES_MAX: usize = 4096;

/// The key that opens the database.
pub(crate) type VaultKey = Zeroizing<[u8; 32]>;

/// Why an envelope could not be read or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Not an envelope, or a damaged one.
    #[error("the envelope is damaged")]
    Malformed,
    /// Written by a newer version of the app.
    #[error("the envelope is of a newer version")]
    TooNew,
    /// Argon2id parameters outside the limits.
    #[error("the parameters of the key derivation are outside the limits")]
    Parameters,
    /// Sealed on another phone.
    #[error("the envelope belongs to another device key")]
    WrongDevice,
    /// Another PIN (or a damaged slot: the seal does not tell them apart).
    #[error("the PIN does not open the envelope")]
    WrongPin,
    /// The key derivation had no memory.
    #[error("the key derivation failed")]
    Derivation,
}

impl From<CostError> for EnvelopeError {
    fn from(error: CostError) -> Self {
        match error {
            CostError::Parameters => Self::Parameters,
            CostError::Derivation => Self::Derivation,
        }
    }
}

/// A whole envelope, well formed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Envelope {
    version: u32,
    /// Random name of the profile whose vault this is.
    profile: Bytes,
    purpose: String,
    /// Tells a wrong device from a wrong PIN; 8 bytes derived from `K_device`, which is 256 bits.
    device: Bytes,
    slots: Vec<Slot>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Slot {
    kind: SlotKind,
    argon2id: Cost,
    salt: Bytes,
    nonce: Bytes,
    sealed: Bytes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SlotKind {
    Pin,
}

impl Envelope {
    /// Seals a new random vault key.
    pub(crate) fn make(
        pin: &Pin,
        device: &DeviceKey,
        params: Cost,
        rng: &mut impl CryptoRng,
    ) -> Result<(Self, VaultKey), EnvelopeError> {
        let mut vault_key = VaultKey::new([0; 32]);
        rng.fill_bytes(vault_key.as_mut());
        let mut profile = [0; PROFILE_BYTES];
        rng.fill_bytes(&mut profile);
        let mut envelope = Self {
            version: VERSION,
            profile: Bytes(profile.to_vec()),
            purpose: PURPOSE.to_owned(),
            device: Bytes(device_check(device, &profile).to_vec()),
            slots: Vec::new(),
        };
        envelope
            .slots
            .push(envelope.seal(pin, device, params, &vault_key, rng)?);
        Ok((envelope, vault_key))
    }

    /// Reads an envelope file.
    ///
    /// # Errors
    /// [`EnvelopeError`], for any bytes at all.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        if bytes.len() > ENVELOPE_BYTES_MAX {
            return Err(EnvelopeError::Malformed);
        }
        let seen: Seen = serde_json::from_slice(bytes).map_err(|_| EnvelopeError::Malformed)?;
        if seen.version > VERSION {
            return Err(EnvelopeError::TooNew);
        }
        let envelope: Self = serde_json::from_slice(bytes).map_err(|_| EnvelopeError::Malformed)?;
        let sizes_fit = envelope.profile.0.len() == PROFILE_BYTES
            && envelope.device.0.len() == DEVICE_CHECK_BYTES
            && envelope.slots.iter().all(|slot| {
                slot.salt.0.len() == SALT_BYTES
                    && slot.nonce.0.len() == NONCE_BYTES
                    && slot.sealed.0.len() == SEALED_BYTES
            });
        if envelope.version != VERSION || envelope.purpose != PURPOSE || !sizes_fit {
            return Err(EnvelopeError::Malformed);
        }
        for slot in &envelope.slots {
            slot.argon2id.check()?;
        }
        Ok(envelope)
    }

    /// The file's bytes.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, EnvelopeError> {
        serde_json::to_vec_pretty(self).map_err(|_| EnvelopeError::Malformed)
    }

    /// Opens the slot of the PIN.
    ///
    /// # Errors
    /// [`EnvelopeError::WrongDevice`], [`EnvelopeError::WrongPin`], or a damaged envelope.
    pub(crate) fn open(&self, pin: &Pin, device: &DeviceKey) -> Result<VaultKey, EnvelopeError> {
        use subtle::ConstantTimeEq as _;

        let check = device_check(device, &self.profile.0);
        if !bool::from(check.as_slice().ct_eq(self.device.0.as_slice())) {
            return Err(EnvelopeError::WrongDevice);
        }
        let slot = self
            .slots
            .iter()
            .find(|slot| slot.kind == SlotKind::Pin)
            .ok_or(EnvelopeError::Malformed)?;
        let kek = derive_kek(pin, device, slot.argon2id, &slot.salt.0)?;
        let nonce: [u8; NONCE_BYTES] = slot
            .nonce
            .0
            .as_slice()
            .try_into()
            .map_err(|_| EnvelopeError::Malformed)?;
        let aad = self.aad(slot.kind, slot.argon2id, &slot.salt.0);
        let opened = XChaCha20Poly1305::new(&Key::from(*kek))
            .decrypt(
                &XNonce::from(nonce),
                Payload {
                    msg: &slot.sealed.0,
                    aad: &aad,
                },
            )
            .map(Zeroizing::new)
            .map_err(|_| EnvelopeError::WrongPin)?;
        let key = <[u8; 32]>::try_from(opened.as_slice()).map_err(|_| EnvelopeError::Malformed)?;
        Ok(VaultKey::new(key))
    }

    fn seal(
        &self,
        pin: &Pin,
        device: &DeviceKey,
        params: Cost,
        vault_key: &VaultKey,
        rng: &mut impl CryptoRng,
    ) -> Result<Slot, EnvelopeError> {
        let mut salt = [0; SALT_BYTES];
        rng.fill_bytes(&mut salt);
        let mut nonce = [0; NONCE_BYTES];
        rng.fill_bytes(&mut nonce);
        let kek = derive_kek(pin, device, params, &salt)?;
        let aad = self.aad(SlotKind::Pin, params, &salt);
        let sealed = XChaCha20Poly1305::new(&Key::from(*kek))
            .encrypt(
                &XNonce::from(nonce),
                Payload {
                    msg: vault_key.as_slice(),
                    aad: &aad,
                },
            )
            .map_err(|_| EnvelopeError::Derivation)?;
        Ok(Slot {
            kind: SlotKind::Pin,
            argon2id: params,
            salt: Bytes(salt.to_vec()),
            nonce: Bytes(nonce.to_vec()),
            sealed: Bytes(sealed),
        })
    }

    /// What a slot is bound to: moved to another profile, purpose, version or cost, it does not open.
    fn aad(&self, kind: SlotKind, params: Cost, salt: &[u8]) -> Vec<u8> {
        let kind = match kind {
            SlotKind::Pin => "pin",
        };
        let mut aad = b"khyber pass envelope".to_vec();
        for number in [self.version].into_iter().chain(params.numbers()) {
            aad.extend_from_slice(&number.to_be_bytes());
        }
        for part in [
            self.profile.0.as_slice(),
            self.purpose.as_bytes(),
            kind.as_bytes(),
            salt,
        ] {
            // A length before each part: no two bindings give the same bytes.
            aad.extend_from_slice(&(part.len() as u64).to_be_bytes());
            aad.extend_from_slice(part);
        }
        aad
    }
}

/// Only the version, to tell a newer envelope from a damaged one.
#[derive(Deserialize)]
struct Seen {
    version: u32,
}

fn derive_kek(
    pin: &Pin,
    device: &DeviceKey,
    params: Cost,
    salt: &[u8],
) -> Result<Zeroizing<[u8; 32]>, EnvelopeError> {
    let mut ikm = Zeroizing::new([0_u8; 64]);
    let (from_pin, from_device) = ikm.split_at_mut(32);
    pin::stretch(pin, salt, params, from_pin)?;
    from_device.copy_from_slice(device.as_slice());
    let mut kek = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(Some(salt), ikm.as_slice())
        .expand(b"khyber pass vault kek 1", kek.as_mut())
        .map_err(|_| EnvelopeError::Derivation)?;
    Ok(kek)
}

fn device_check(device: &DeviceKey, profile: &[u8]) -> [u8; DEVICE_CHECK_BYTES] {
    let mut check = [0; DEVICE_CHECK_BYTES];
    // Eight bytes are far below HKDF's limit, so this cannot fail.
    let expanded = Hkdf::<Sha256>::new(Some(profile), device.as_slice())
        .expand(b"khyber pass device check 1", &mut check);
    debug_assert!(expanded.is_ok());
    check
}

const VERSION: u32 = 1;
const PURPOSE: &str = "wallet-vault";
const PROFILE_BYTES: usize = 16;
const DEVICE_CHECK_BYTES: usize = 8;
const NONCE_BYTES: usize = 24;
const SEALED_BYTES: usize = 32 + 16;

#[cfg(test)]
mod tests;
