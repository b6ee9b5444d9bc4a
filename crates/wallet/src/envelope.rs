//! The envelope: the vault key, sealed once for each way to open the vault.
//!
//! ```text
//! slot pin        KEK = HKDF-SHA256(ikm = Argon2id(PIN, salt, params) || K_device, salt, info)
//! slot biometric  KEK = HKDF-SHA256(ikm = key that the finger or the face releases || K_device, salt, info)
//! sealed = XChaCha20-Poly1305(KEK, nonce, vault key, AAD = version, params, profile, purpose, kind, salt)
//! ```
//! The file is JSON with a closed schema, so that a person can see which version and parameters a
//! phone has. Changing the PIN or adding a slot seals anew and leaves the database alone. A six-digit PIN has
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

use crate::key_store::{DeviceKey, ProfileName};

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
    /// There is no slot for a finger or a face, or the phone's key for it is another one now.
    #[error("the envelope has no slot that this finger or face opens")]
    NoBiometric,
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

/// The vault key, sealed for one way to open the vault. There is one slot of a kind at most, and always one for the PIN.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Slot {
    Pin(PinSlot),
    Biometric(BiometricSlot),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PinSlot {
    argon2id: Cost,
    salt: Bytes,
    nonce: Bytes,
    sealed: Bytes,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BiometricSlot {
    salt: Bytes,
    nonce: Bytes,
    sealed: Bytes,
}

impl Slot {
    fn parts(&self) -> [&Bytes; 3] {
        match self {
            Self::Pin(slot) => [&slot.salt, &slot.nonce, &slot.sealed],
            Self::Biometric(slot) => [&slot.salt, &slot.nonce, &slot.sealed],
        }
    }
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
        let slot = envelope.seal_for_pin(pin, device, params, &vault_key, rng)?;
        envelope.slots.push(Slot::Pin(slot));
        Ok((envelope, vault_key))
    }

    /// The profile whose vault this is.
    pub(crate) fn profile(&self) -> Result<ProfileName, EnvelopeError> {
        let name = self.profile.0.as_slice().try_into();
        name.map(ProfileName::new).map_err(|_| EnvelopeError::Malformed)
    }

    /// The same vault key under another PIN, at the cost of the one before.
    pub(crate) fn change_pin(
        &mut self,
        pin: &Pin,
        device: &DeviceKey,
        vault_key: &VaultKey,
        rng: &mut impl CryptoRng,
    ) -> Result<(), EnvelopeError> {
        let cost = self.pin_slot()?.argon2id;
        let fresh = self.seal_for_pin(pin, device, cost, vault_key, rng)?;
        for slot in &mut self.slots {
            if let Slot::Pin(slot) = slot {
                *slot = fresh.clone();
            }
        }
        Ok(())
    }

    /// Adds the slot of the finger or the face, in place of one that is there.
    pub(crate) fn add_biometric(
        &mut self,
        biometric: &DeviceKey,
        device: &DeviceKey,
        vault_key: &VaultKey,
        rng: &mut impl CryptoRng,
    ) -> Result<(), EnvelopeError> {
        let mut salt = [0; SALT_BYTES];
        rng.fill_bytes(&mut salt);
        let kek = derive_kek(&HARDWARE, biometric, device, &salt)?;
        let (nonce, sealed) = seal(&kek, vault_key, &self.aad(BIOMETRIC, NO_COST, &salt), rng)?;
        self.remove_biometric();
        self.slots.push(Slot::Biometric(BiometricSlot {
            salt: Bytes(salt.to_vec()),
            nonce,
            sealed,
        }));
        Ok(())
    }

    /// Takes the slot of the finger or the face away.
    pub(crate) fn remove_biometric(&mut self) {
        self.slots.retain(|slot| matches!(slot, Slot::Pin(_)));
    }

    /// Whether there is a slot for a finger or a face.
    pub(crate) fn has_biometric(&self) -> bool {
        self.biometric_slot().is_some()
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
                let [salt, nonce, sealed] = slot.parts();
                salt.0.len() == SALT_BYTES && nonce.0.len() == NONCE_BYTES && sealed.0.len() == SEALED_BYTES
            });
        let pins = envelope.slots.iter().filter(|slot| matches!(slot, Slot::Pin(_)));
        let one_of_each = pins.count() == 1 && envelope.slots.len() <= 2;
        if envelope.version != VERSION || envelope.purpose != PURPOSE || !sizes_fit || !one_of_each {
            return Err(EnvelopeError::Malformed);
        }
        envelope.pin_slot()?.argon2id.check()?;
        Ok(envelope)
    }

    /// The file's bytes.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, EnvelopeError> {
        serde_json::to_vec_pretty(self).map_err(|_| EnvelopeError::Malformed)
    }

    /// Whether this phone sealed it; what opens it is tried only then.
    ///
    /// # Errors
    /// [`EnvelopeError::WrongDevice`].
    pub(crate) fn check_device(&self, device: &DeviceKey) -> Result<(), EnvelopeError> {
        use subtle::ConstantTimeEq as _;

        let check = device_check(device, &self.profile.0);
        if bool::from(check.as_slice().ct_eq(self.device.0.as_slice())) {
            Ok(())
        } else {
            Err(EnvelopeError::WrongDevice)
        }
    }

    /// Opens the slot of the PIN.
    ///
    /// # Errors
    /// [`EnvelopeError::WrongDevice`], [`EnvelopeError::WrongPin`], or a damaged envelope.
    pub(crate) fn open(&self, pin: &Pin, device: &DeviceKey) -> Result<VaultKey, EnvelopeError> {
        self.check_device(device)?;
        let slot = self.pin_slot()?;
        let kek = derive_pin_kek(pin, device, slot.argon2id, &slot.salt.0)?;
        let aad = self.aad(PIN, slot.argon2id.numbers(), &slot.salt.0);
        open(&kek, &slot.nonce.0, &slot.sealed.0, &aad, EnvelopeError::WrongPin)
    }

    /// Opens the slot of the finger or the face with the key that the system released.
    ///
    /// # Errors
    /// [`EnvelopeError::WrongDevice`], [`EnvelopeError::NoBiometric`], or a damaged envelope.
    pub(crate) fn open_by_biometric(
        &self,
        biometric: &DeviceKey,
        device: &DeviceKey,
    ) -> Result<VaultKey, EnvelopeError> {
        self.check_device(device)?;
        let slot = self.biometric_slot().ok_or(EnvelopeError::NoBiometric)?;
        let kek = derive_kek(&HARDWARE, biometric, device, &slot.salt.0)?;
        let aad = self.aad(BIOMETRIC, NO_COST, &slot.salt.0);
        open(
            &kek,
            &slot.nonce.0,
            &slot.sealed.0,
            &aad,
            EnvelopeError::NoBiometric,
        )
    }

    fn pin_slot(&self) -> Result<&PinSlot, EnvelopeError> {
        self.slots
            .iter()
            .find_map(|slot| match slot {
                Slot::Pin(slot) => Some(slot),
                Slot::Biometric(_) => None,
            })
            .ok_or(EnvelopeError::Malformed)
    }

    fn biometric_slot(&self) -> Option<&BiometricSlot> {
        self.slots.iter().find_map(|slot| match slot {
            Slot::Biometric(slot) => Some(slot),
            Slot::Pin(_) => None,
        })
    }

    fn seal_for_pin(
        &self,
        pin: &Pin,
        device: &DeviceKey,
        params: Cost,
        vault_key: &VaultKey,
        rng: &mut impl CryptoRng,
    ) -> Result<PinSlot, EnvelopeError> {
        let mut salt = [0; SALT_BYTES];
        rng.fill_bytes(&mut salt);
        let kek = derive_pin_kek(pin, device, params, &salt)?;
        let (nonce, sealed) = seal(&kek, vault_key, &self.aad(PIN, params.numbers(), &salt), rng)?;
        Ok(PinSlot {
            argon2id: params,
            salt: Bytes(salt.to_vec()),
            nonce,
            sealed,
        })
    }

    /// What a slot is bound to: moved to another profile, purpose, version or cost, it does not open.
    fn aad(&self, kind: &str, params: [u32; 3], salt: &[u8]) -> Vec<u8> {
        let mut aad = b"khyber pass envelope".to_vec();
        for number in [self.version].into_iter().chain(params) {
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

type Kek = Zeroizing<[u8; 32]>;

fn derive_pin_kek(pin: &Pin, device: &DeviceKey, params: Cost, salt: &[u8]) -> Result<Kek, EnvelopeError> {
    let mut stretched = DeviceKey::new([0; 32]);
    pin::stretch(pin, salt, params, stretched.as_mut())?;
    derive_kek(&STRETCHED, &stretched, device, salt)
}

/// Both secrets are needed: what the person has in mind or at hand, and what this phone holds.
fn derive_kek(
    info: &[u8],
    person: &DeviceKey,
    device: &DeviceKey,
    salt: &[u8],
) -> Result<Kek, EnvelopeError> {
    let mut ikm = Zeroizing::new([0_u8; 64]);
    let (from_person, from_device) = ikm.split_at_mut(32);
    from_person.copy_from_slice(person.as_slice());
    from_device.copy_from_slice(device.as_slice());
    let mut kek = Kek::new([0; 32]);
    Hkdf::<Sha256>::new(Some(salt), ikm.as_slice())
        .expand(info, kek.as_mut())
        .map_err(|_| EnvelopeError::Derivation)?;
    Ok(kek)
}

fn seal(
    kek: &Kek,
    vault_key: &VaultKey,
    aad: &[u8],
    rng: &mut impl CryptoRng,
) -> Result<(Bytes, Bytes), EnvelopeError> {
    let mut nonce = [0; NONCE_BYTES];
    rng.fill_bytes(&mut nonce);
    let payload = Payload {
        msg: vault_key.as_slice(),
        aad,
    };
    let sealed = XChaCha20Poly1305::new(&Key::from(**kek))
        .encrypt(&XNonce::from(nonce), payload)
        .map_err(|_| EnvelopeError::Derivation)?;
    Ok((Bytes(nonce.to_vec()), Bytes(sealed)))
}

fn open(
    kek: &Kek,
    nonce: &[u8],
    sealed: &[u8],
    aad: &[u8],
    refused: EnvelopeError,
) -> Result<VaultKey, EnvelopeError> {
    let nonce = <[u8; NONCE_BYTES]>::try_from(nonce).map_err(|_| EnvelopeError::Malformed)?;
    let opened = XChaCha20Poly1305::new(&Key::from(**kek))
        .decrypt(&XNonce::from(nonce), Payload { msg: sealed, aad })
        .map(Zeroizing::new)
        .map_err(|_| refused)?;
    let key = <[u8; 32]>::try_from(opened.as_slice()).map_err(|_| EnvelopeError::Malformed)?;
    Ok(VaultKey::new(key))
}

fn device_check(device: &DeviceKey, profile: &[u8]) -> [u8; DEVICE_CHECK_BYTES] {
    let mut check = [0; DEVICE_CHECK_BYTES];
    // Eight bytes are far below HKDF's limit, so this cannot fail.
    let expanded = Hkdf::<Sha256>::new(Some(profile), device.as_slice())
        .expand(b"khyber pass device check 1", &mut check);
    debug_assert!(expanded.is_ok());
    check
}

/// HKDF's `info` of each kind of slot. Never to be changed.
const STRETCHED: [u8; 23] = *b"khyber pass vault kek 1";
const HARDWARE: [u8; 33] = *b"khyber pass vault biometric kek 1";
/// Names of the kinds in the associated data, as in the file.
const PIN: &str = "pin";
const BIOMETRIC: &str = "biometric";
/// In the associated data of a slot that stretches nothing; no cost is like it.
const NO_COST: [u32; 3] = [0; 3];
const VERSION: u32 = 1;
const PURPOSE: &str = "wallet-vault";
const PROFILE_BYTES: usize = 16;
const DEVICE_CHECK_BYTES: usize = 8;
const NONCE_BYTES: usize = 24;
const SEALED_BYTES: usize = 32 + 16;

#[cfg(test)]
mod tests;
