//! Argon2id: what one guess costs.

use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::Pin;

/// Bytes of a salt.
pub const SALT_BYTES: usize = 16;
const MEMORY_KIB_MAX: u32 = 256 * 1024;
const PASSES_MAX: u32 = 16;

/// What Argon2id (RFC 9106) costs. Never below [`Cost::FLOOR`], never above what a small phone survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// A PIN could not be stretched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CostError {
    /// The parameters are outside the limits.
    #[error("the parameters of the key derivation are outside the limits")]
    Parameters,
    /// There was not enough memory.
    #[error("the key derivation failed")]
    Derivation,
}

impl Cost {
    /// 19 MiB, 2 passes, 1 lane: the least that OWASP recommends, and bearable on a phone of 2 GB.
    pub const FLOOR: Self = Self {
        memory_kib: 19 * 1024,
        passes: 2,
        lanes: 1,
    };

    /// 64 MiB, 3 passes, 1 lane, for the phrase of a backup: the second choice of RFC 9106 (section 4), which is for
    /// machines short of memory. A backup is opened once in years; a PIN is typed each day.
    pub const BACKUP: Self = Self {
        memory_kib: 64 * 1024,
        passes: 3,
        lanes: 1,
    };

    /// Takes memory in KiB, passes and lanes.
    ///
    /// # Errors
    /// [`CostError::Parameters`] below the floor or above 256 MiB, 16 passes, 4 lanes.
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, CostError> {
        let cost = Self {
            memory_kib,
            passes,
            lanes,
        };
        cost.check()
    }

    /// The same, if it is within the limits; one that was read from a file need not be.
    ///
    /// # Errors
    /// [`CostError::Parameters`].
    pub fn check(self) -> Result<Self, CostError> {
        let floor = Self::FLOOR;
        let fits = (floor.memory_kib..=MEMORY_KIB_MAX).contains(&self.memory_kib)
            && (floor.passes..=PASSES_MAX).contains(&self.passes)
            && (floor.lanes..=4).contains(&self.lanes);
        if fits {
            Ok(self)
        } else {
            Err(CostError::Parameters)
        }
    }

    /// As much with this many passes, at most what the limits allow.
    pub(crate) fn with_passes(self, passes: u32) -> Self {
        Self {
            passes: passes.clamp(Self::FLOOR.passes, PASSES_MAX),
            ..self
        }
    }

    /// Memory in KiB, passes, lanes: what a stored seal or hash is bound to.
    pub const fn numbers(self) -> [u32; 3] {
        [self.memory_kib, self.passes, self.lanes]
    }
}

/// Argon2id of a PIN into `out`, which is 32 bytes long.
///
/// # Errors
/// [`CostError`].
pub fn stretch(pin: &Pin, salt: &[u8], cost: Cost, out: &mut [u8]) -> Result<(), CostError> {
    stretch_secret(pin.as_bytes(), salt, cost, out)
}

/// The same of a secret that is no PIN, such as the number behind a backup's phrase.
///
/// # Errors
/// [`CostError`].
pub fn stretch_secret(secret: &[u8], salt: &[u8], cost: Cost, out: &mut [u8]) -> Result<(), CostError> {
    let params =
        Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32)).map_err(|_| CostError::Parameters)?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(secret, salt, out)
        .map_err(|_| CostError::Derivation)
}

/// A PIN as it is stored where it only has to be recognised.
#[derive(Clone, PartialEq, Eq)]
pub struct PinHash {
    /// What it cost.
    pub cost: Cost,
    /// Random, of its own.
    pub salt: [u8; SALT_BYTES],
    /// Argon2id of the PIN.
    pub hash: [u8; 32],
}

impl PinHash {
    /// Of a new PIN with a random salt.
    ///
    /// # Errors
    /// [`CostError`].
    pub fn make(pin: &Pin, salt: [u8; SALT_BYTES], cost: Cost) -> Result<Self, CostError> {
        let mut hash = [0; 32];
        stretch(pin, &salt, cost, &mut hash)?;
        Ok(Self { cost, salt, hash })
    }

    /// Whether it is this PIN; compared in constant time.
    ///
    /// # Errors
    /// [`CostError`], also for a stored cost outside the limits.
    pub fn is_of(&self, pin: &Pin) -> Result<bool, CostError> {
        let mut hash = Zeroizing::new([0; 32]);
        stretch(pin, &self.salt, self.cost.check()?, hash.as_mut())?;
        Ok(hash.as_slice().ct_eq(&self.hash).into())
    }
}

impl std::fmt::Debug for PinHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PinHash(..)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_hash_knows_its_own_pin_and_no_other_and_depends_on_its_salt() {
        let pin = Pin::parse("730942").unwrap();
        let hash = PinHash::make(&pin, [1; SALT_BYTES], Cost::FLOOR).unwrap();
        assert!(hash.is_of(&Pin::parse("۷۳۰۹۴۲").unwrap()).unwrap());
        assert!(!hash.is_of(&Pin::parse("730943").unwrap()).unwrap());
        let other = PinHash::make(&pin, [2; SALT_BYTES], Cost::FLOOR).unwrap();
        assert_ne!(hash.hash, other.hash);
        assert_eq!(format!("{hash:?}"), "PinHash(..)");
    }

    #[test]
    fn a_stored_cost_below_the_floor_is_not_even_tried() {
        let pin = Pin::parse("730942").unwrap();
        let mut hash = PinHash::make(&pin, [1; SALT_BYTES], Cost::FLOOR).unwrap();
        hash.cost.memory_kib = 8;
        assert_eq!(hash.is_of(&pin), Err(CostError::Parameters));
    }
}
