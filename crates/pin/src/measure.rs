//! How much Argon2id this device bears: measured once, when a PIN is chosen, and stored beside what it seals.

use std::time::Duration;

use zeroize::Zeroizing;

use crate::{Cost, CostError, Pin, SALT_BYTES, stretch};

/// How long one guess should take on the device that makes the seal: what somebody still waits for without wondering.
pub const TARGET: Duration = Duration::from_millis(500);

/// Most memory that is chosen, in KiB. An envelope may say more, but a phone of 2 GB ends an app that wants 256 MiB at once.
pub const MEMORY_KIB_OF_CHOICE: u32 = 64 * 1024;

/// The cost of about [`TARGET`] on this device: first more memory, which hurts a guesser's hardware most, then more passes.
/// Never below [`Cost::FLOOR`], however slow the device is. `stopwatch` gives the time since any fixed moment.
///
/// # Errors
/// [`CostError::Derivation`] when there is no memory for the floor.
pub fn measure(mut stopwatch: impl FnMut() -> Duration) -> Result<Cost, CostError> {
    measure_by(|cost| {
        let pin = Pin::parse("000000").map_err(|_| CostError::Parameters)?;
        let mut out = Zeroizing::new([0; 32]);
        let start = stopwatch();
        stretch(&pin, &[0; SALT_BYTES], cost, out.as_mut())?;
        Ok(stopwatch().saturating_sub(start))
    })
}

fn measure_by(mut time: impl FnMut(Cost) -> Result<Duration, CostError>) -> Result<Cost, CostError> {
    let mut chosen = Cost::FLOOR;
    // The first run also pays for memory that the system has to find, so the better of two counts.
    let mut took = time(chosen)?.min(time(chosen)?);
    for memory_kib in [32 * 1024, 48 * 1024, MEMORY_KIB_OF_CHOICE] {
        let [now, passes, lanes] = chosen.numbers();
        let expected = took.mul_f64(f64::from(memory_kib) / f64::from(now));
        if expected > TARGET {
            break;
        }
        let wanted = Cost::new(memory_kib, passes, lanes)?;
        // Short of memory, or slower than it should be: what was found so far is borne for certain.
        match time(wanted) {
            Ok(measured) if measured <= TARGET => (chosen, took) = (wanted, measured),
            _ => break,
        }
    }
    let [_, passes, _] = chosen.numbers();
    let nanos_of_a_pass = (took.as_nanos() / u128::from(passes)).max(1);
    let passes = u32::try_from(TARGET.as_nanos() / nanos_of_a_pass).unwrap_or(u32::MAX);
    Ok(chosen.with_passes(passes))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// A device that does so many KiB in a millisecond, and has so much memory.
    fn device(kib_in_a_ms: u32, memory_kib: u32) -> impl FnMut(Cost) -> Result<Duration, CostError> {
        move |cost| {
            let [memory, passes, _] = cost.numbers();
            if memory > memory_kib {
                return Err(CostError::Derivation);
            }
            Ok(Duration::from_millis(u64::from(memory * passes / kib_in_a_ms)))
        }
    }

    #[test]
    fn a_slow_device_pays_the_floor_and_no_less() {
        assert_eq!(measure_by(device(20, 1 << 20)).unwrap(), Cost::FLOOR);
    }

    #[test]
    fn memory_grows_before_passes_do() {
        assert_eq!(
            measure_by(device(150, 1 << 20)).unwrap().numbers(),
            [32 * 1024, 2, 1]
        );
        assert_eq!(
            measure_by(device(1_000, 1 << 20)).unwrap().numbers(),
            [64 * 1024, 7, 1]
        );
    }

    #[test]
    fn a_device_short_of_memory_makes_more_passes_instead() {
        let [memory, passes, _] = measure_by(device(1_000, 20 * 1024)).unwrap().numbers();
        assert_eq!((memory, passes), (19 * 1024, 16));
        assert_eq!(measure_by(device(1_000, 1024)), Err(CostError::Derivation));
    }

    #[test]
    fn no_device_is_so_fast_that_an_envelope_would_be_refused() {
        let most = measure_by(|_| Ok(Duration::ZERO)).unwrap();
        assert_eq!(most.numbers(), [64 * 1024, 16, 1]);
        assert!(most.check().is_ok());
    }

    #[test]
    fn the_derivation_itself_is_what_is_timed() {
        let mut readings = 0;
        let cost = measure(|| {
            readings += 1;
            Duration::from_millis(readings * 400)
        });
        // Two runs of the floor, 400 ms each: nothing larger is tried.
        assert_eq!((cost.unwrap(), readings), (Cost::FLOOR, 4));
    }
}
