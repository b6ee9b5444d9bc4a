//! How long the app waits before it tries again by itself. What the storm of all phones at once depends on, and so what
//! `cargo xtask bench storm` counts with.

/// A sync by itself this often, in seconds, give or take an hour.
const EVERY: u64 = 12 * 3600;
const GIVE_OR_TAKE: u64 = 2 * 3600;
/// The first wait after a try without an answer, in seconds; doubled with each further one.
const FIRST_WAIT: u64 = 30;
/// The longest of these waits, in seconds.
const LONGEST_WAIT: u64 = 6 * 3600;

/// How long to wait after a try that was answered, in seconds. `jitter` is drawn anew each time.
pub fn regular(jitter: u32) -> u64 {
    EVERY - GIVE_OR_TAKE / 2 + part(GIVE_OR_TAKE, jitter)
}

/// How long to wait after so many tries without an answer, in seconds: between half and all of a time that doubles.
pub fn backoff(failures: u32, jitter: u32) -> u64 {
    let doublings = failures.saturating_sub(1).min(16);
    let whole = (FIRST_WAIT << doublings).min(LONGEST_WAIT);
    whole / 2 + part(whole - whole / 2, jitter)
}

/// A part of `whole` by chance.
fn part(whole: u64, jitter: u32) -> u64 {
    whole * u64::from(jitter) / u64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_wait_doubles_up_to_six_hours_and_never_loses_more_than_half_of_itself(failures in 1..200_u32, jitter: u32) {
            let whole = (30_u64 << (failures - 1).min(16)).min(21_600);
            let wait = backoff(failures, jitter);
            prop_assert!(wait >= whole / 2 && wait <= whole);
        }
    }

    #[test]
    fn chance_moves_the_wait_from_half_to_all_of_it() {
        assert_eq!((backoff(1, 0), backoff(1, u32::MAX)), (15, 30));
        assert_eq!((backoff(4, 0), backoff(4, u32::MAX)), (120, 240));
        assert_eq!((backoff(40, 0), backoff(40, u32::MAX)), (10_800, 21_600));
    }

    #[test]
    fn syncs_by_themselves_are_spread_over_two_hours() {
        assert_eq!((regular(0), regular(u32::MAX)), (11 * 3600, 13 * 3600));
    }
}
