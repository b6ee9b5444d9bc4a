//! What Argon2id costs when a vault is opened, in milliseconds on this machine, as one line of JSON.
//!
//! Everything else of an unlock is in the second figure, so that the cost of the PIN can be told apart.
#![allow(clippy::unwrap_used, clippy::print_stdout)]
#![allow(clippy::disallowed_methods)] // a bench is an entry point: it reads the clock

use std::sync::Mutex;
use std::time::Instant;

use credential::{RootKind, RootSet, SecretKey, Timestamp};
use pin::{Cost, Pin, stretch};
use wallet::Wallet;
use wallet::key_store::{Item, KeyStore, KeyStoreError, ProfileName, Secret};

const ROUNDS: usize = 15;

/// Costs nothing, and forgets every wrong PIN.
#[derive(Default)]
struct FixedKey(Mutex<Vec<u8>>);

impl KeyStore for FixedKey {
    fn get(&self, _: &ProfileName, item: Item) -> Result<Option<Secret>, KeyStoreError> {
        Ok((item == Item::DeviceKey).then(|| {
            let key = self.0.lock().unwrap().clone();
            Secret::new(key)
        }))
    }

    fn put(&self, _: &ProfileName, item: Item, secret: &[u8]) -> Result<(), KeyStoreError> {
        if item == Item::DeviceKey {
            *self.0.lock().unwrap() = secret.to_vec();
        }
        Ok(())
    }

    fn delete(&self, _: &ProfileName, _: Item) -> Result<(), KeyStoreError> {
        Ok(())
    }
}

/// Counts: a vault that is thrown away needs no secret.
struct Counter(u64);

impl rand_core::TryRng for Counter {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.try_next_u64().map(|number| (number & 0xffff_ffff) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        self.0 += 1;
        Ok(self.0)
    }

    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), Self::Error> {
        for byte in destination {
            self.0 += 1;
            *byte = (self.0 & 0xff) as u8;
        }
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Counter {}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let keys = [1, 2, 3].map(|n| SecretKey::from_seed([n; 32]).public());
    let roots = RootSet::new(RootKind::Test, keys).unwrap();
    let now = Timestamp::from_unix(1_795_316_400);
    let mut wallet = Wallet::open(folder.path(), roots, None, Box::new(FixedKey::default())).unwrap();
    wallet.create_vault("246810", now, &mut Counter(0)).unwrap();

    let pin = Pin::parse("246810").unwrap();
    let mut argon2id = Vec::with_capacity(ROUNDS);
    let mut unlock = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        // Interleaved, so that both meet the same weather.
        let start = Instant::now();
        let mut out = [0; 32];
        stretch(&pin, &[7; 16], Cost::FLOOR, &mut out).unwrap();
        argon2id.push(start.elapsed().as_secs_f64() * 1000.0);

        wallet.lock(now).unwrap();
        let start = Instant::now();
        wallet.unlock("246810", now).unwrap();
        unlock.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    let (argon2id, unlock) = (median(&mut argon2id), median(&mut unlock));
    println!(
        r#"{{"argon2id":{{"value":{argon2id:.2},"unit":"ms","limit":null,"better":"lower","floor":"19 MiB, 2 passes, 1 lane"}},"unlock":{{"value":{unlock:.2},"unit":"ms","limit":null,"better":"lower","floor":"Argon2id alone: {argon2id:.1} ms"}}}}"#
    );
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
