//! Randomness as an argument: the source is chosen where a program starts.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use rand_core::CryptoRng;

/// A source of random bytes that requests share.
pub struct Randomness(Mutex<Box<dyn CryptoRng + Send>>);

impl Randomness {
    /// Draws from `source`.
    pub fn new(source: impl CryptoRng + Send + 'static) -> Self {
        Self(Mutex::new(Box::new(source)))
    }

    /// The next `N` bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        // A panic elsewhere leaves the source as good as it was.
        let mut source = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        source.fill_bytes(&mut bytes);
        bytes
    }

    /// A number below `bound`, each as likely as any other. 0 if `bound` is 0.
    pub fn below(&self, bound: u32) -> u32 {
        // 64 bits over at most 32: the bias is below one in 2^32.
        let draw = u64::from_be_bytes(self.bytes());
        draw.checked_rem(u64::from(bound))
            .and_then(|n| u32::try_from(n).ok())
            .unwrap_or(0)
    }
}

impl fmt::Debug for Randomness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Randomness(..)")
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::convert::Infallible;

    use rand_core::{TryCryptoRng, TryRng};

    use super::*;

    /// Bytes that follow from a number: for tests only.
    pub(crate) struct Counting(pub u64);

    impl TryRng for Counting {
        type Error = Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            self.try_next_u64().map(|n| (n >> 32) as u32)
        }

        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            // SplitMix64.
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            Ok(z ^ (z >> 31))
        }

        fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), Infallible> {
            for chunk in target.chunks_mut(8) {
                let bytes = self.try_next_u64()?.to_le_bytes();
                chunk.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
            }
            Ok(())
        }
    }

    impl TryCryptoRng for Counting {}

    pub(crate) fn counting() -> Randomness {
        Randomness::new(Counting(7))
    }

    #[test]
    fn numbers_stay_below_the_bound_and_reach_it() {
        let randomness = counting();
        let mut seen = [false; 5];
        for _ in 0..200 {
            if let Some(slot) = seen.get_mut(randomness.below(5) as usize) {
                *slot = true;
            }
        }
        assert_eq!(seen, [true; 5]);
        assert_eq!(randomness.below(0), 0);
    }
}
