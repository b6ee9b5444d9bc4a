//! When the province is asked next: regularly, sooner after a failure, and no two desks at the same second.

use std::time::Duration;

/// Between two questions that were answered.
const EVERY: Duration = Duration::from_mins(15);
/// After the first failure; each further one doubles it.
const FIRST_WAIT: Duration = Duration::from_secs(30);
/// A desk without a network asks at least this often.
const LONGEST_WAIT: Duration = Duration::from_mins(30);
/// A province's desks are switched on at the same minute; this spreads their first question.
const FIRST_SPREAD: Duration = Duration::from_mins(1);

/// Counts failures and says how long to wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Schedule {
    failures: u32,
}

impl Schedule {
    /// Until the first question. A desk that knows nothing yet asks at once.
    #[must_use]
    pub fn first(knows_something: bool, dice: u32) -> Duration {
        if knows_something {
            part(FIRST_SPREAD, dice)
        } else {
            Duration::ZERO
        }
    }

    /// Until the next question, after one that was answered or not. `dice` is a random number: it adds up to a quarter.
    #[must_use]
    pub fn next(&mut self, answered: bool, dice: u32) -> Duration {
        let wait = if answered {
            self.failures = 0;
            EVERY
        } else {
            let doubled = FIRST_WAIT.saturating_mul(1 << self.failures.min(16));
            self.failures = self.failures.saturating_add(1);
            doubled.min(LONGEST_WAIT)
        };
        wait + part(wait / 4, dice)
    }
}

/// The part of `whole` that the dice say, from nothing to all of it.
fn part(whole: Duration, dice: u32) -> Duration {
    whole.mul_f64(f64::from(dice) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_desk_asks_regularly_and_no_two_at_the_same_second() {
        let mut schedule = Schedule::default();
        assert_eq!(schedule.next(true, 0), EVERY);
        assert_eq!(schedule.next(true, u32::MAX), EVERY + EVERY / 4);
        assert_eq!(Schedule::first(false, 77), Duration::ZERO);
        assert_eq!(Schedule::first(true, u32::MAX), FIRST_SPREAD);
    }

    #[test]
    fn failures_wait_longer_and_longer_up_to_half_an_hour_and_an_answer_ends_that() {
        let mut schedule = Schedule::default();
        let waits: Vec<u64> = (0..9).map(|_| schedule.next(false, 0).as_secs()).collect();
        assert_eq!(waits, [30, 60, 120, 240, 480, 960, 1800, 1800, 1800]);
        for _ in 0..100 {
            assert!(schedule.next(false, u32::MAX) <= LONGEST_WAIT + LONGEST_WAIT / 4);
        }
        assert_eq!(schedule.next(true, 0), EVERY);
        assert_eq!(schedule.next(false, 0), FIRST_WAIT);
    }
}
