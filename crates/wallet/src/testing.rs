//! What the tests share: a repeatable source of bytes and a key store in memory.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest as _, Sha256};

use crate::key_store::{Item, KeyStore, KeyStoreError, ProfileName, Secret};

/// SHA-256 of a counter: the same bytes in every run.
pub(crate) struct TestRng {
    seed: u64,
    counter: u64,
}

impl TestRng {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, counter: 0 }
    }
}

impl TryRng for TestRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), Infallible> {
        for chunk in destination.chunks_mut(32) {
            let mut input = [0; 16];
            input[..8].copy_from_slice(&self.seed.to_be_bytes());
            input[8..].copy_from_slice(&self.counter.to_be_bytes());
            self.counter += 1;
            chunk.copy_from_slice(&Sha256::digest(input)[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for TestRng {}

/// A key store that lives as long as the test; clones share it. With a finger that a test can take away.
#[derive(Clone, Default)]
pub(crate) struct MemoryKey(pub(crate) Arc<Mutex<Kept>>);

#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) items: HashMap<(ProfileName, Item), Vec<u8>>,
    /// A sensor with somebody enrolled at it.
    pub(crate) sensor: bool,
    /// The finger on the sensor is another one.
    pub(crate) stranger: bool,
    /// Puts that still succeed; after them the phone is dead.
    pub(crate) puts_left: Option<usize>,
}

impl KeyStore for MemoryKey {
    fn get(&self, profile: &ProfileName, item: Item) -> Result<Option<Secret>, KeyStoreError> {
        let kept = self.0.lock().unwrap();
        if item == Item::BiometricKey && kept.stranger {
            return Err(KeyStoreError::Refused);
        }
        Ok(kept.items.get(&(*profile, item)).cloned().map(Secret::new))
    }

    fn put(&self, profile: &ProfileName, item: Item, secret: &[u8]) -> Result<(), KeyStoreError> {
        let mut kept = self.0.lock().unwrap();
        if let Some(left) = &mut kept.puts_left {
            *left = left
                .checked_sub(1)
                .ok_or(KeyStoreError::Silent { source: None })?;
        }
        kept.items.insert((*profile, item), secret.to_vec());
        Ok(())
    }

    fn delete(&self, profile: &ProfileName, item: Item) -> Result<(), KeyStoreError> {
        self.0.lock().unwrap().items.remove(&(*profile, item));
        Ok(())
    }

    fn has_biometric(&self) -> bool {
        self.0.lock().unwrap().sensor
    }
}
