//! Whether the machine's clock went on further than time did: somebody set it forward, or the machine slept.
//!
//! A clock that is set back shows in the log's own times. One that is set forward does not, so it is held against a clock
//! that nobody can set.

use std::time::Duration;

use credential::Timestamp;

/// Less than this is an ordinary correction over the network.
const ALLOWED: u64 = 120;

/// Compares two clocks, one of which can be set.
#[derive(Debug, Default)]
pub struct Watch {
    last: Option<(Timestamp, Duration)>,
}

impl Watch {
    /// True if `now` moved further than `steady` since the last look. `steady` counts from any moment and never jumps.
    pub fn went_forward(&mut self, now: Timestamp, steady: Duration) -> bool {
        let before = self.last.replace((now, steady));
        before.is_some_and(|(then, steady_then)| {
            let passed = steady.saturating_sub(steady_then).as_secs();
            now.since(then) > passed.saturating_add(ALLOWED)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leap_is_found_once_and_a_correction_and_a_step_back_are_none() {
        let mut watch = Watch::default();
        let mut look = |now: u64, steady: u64| {
            watch.went_forward(Timestamp::from_unix(1_000 + now), Duration::from_secs(steady))
        };
        assert!(!look(0, 0));
        assert!(!look(60, 60));
        assert!(!look(60 + 180, 120), "two minutes are allowed");
        assert!(look(60 + 180 + 181, 180));
        assert!(!look(60 + 180 + 241, 240), "told once");
        assert!(!look(0, 300));
    }
}
