//! What the tests share: a repeatable source of bytes and a key store in memory.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest as _, Sha256};

use crate::device_key::{DeviceKey, DeviceKeyStore, KeyStoreError};

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

/// A key store that lives as long as the test; clones share one key.
#[derive(Clone, Default)]
pub(crate) struct MemoryKey(pub(crate) Arc<Mutex<Option<[u8; 32]>>>);

impl DeviceKeyStore for MemoryKey {
    fn get(&self) -> Result<Option<DeviceKey>, KeyStoreError> {
        Ok(self.0.lock().unwrap().map(DeviceKey::new))
    }

    fn get_or_create(&self, fresh: &DeviceKey) -> Result<DeviceKey, KeyStoreError> {
        Ok(DeviceKey::new(*self.0.lock().unwrap().get_or_insert(**fresh)))
    }
}
