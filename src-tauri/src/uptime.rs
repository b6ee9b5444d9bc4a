//! How long this phone has been up, asleep or awake: a clock that nobody can turn back.

use std::time::Duration;

use wallet::Uptime;

/// Reads it. Where the system has no such clock it is the time since this program first asked, which is less and therefore
/// never ends a wait too soon.
pub fn uptime() -> Uptime {
    Uptime::from_seconds(stopwatch().as_secs())
}

/// The time since a fixed moment, finer.
#[cfg(unix)]
pub fn stopwatch() -> Duration {
    use rustix::time::{ClockId, clock_gettime};

    // On Apple's systems the monotonic clock goes on while the phone sleeps; elsewhere that is the boot clock.
    #[cfg(not(target_vendor = "apple"))]
    let clock = ClockId::Boottime;
    #[cfg(target_vendor = "apple")]
    let clock = ClockId::Monotonic;
    Duration::try_from(clock_gettime(clock)).unwrap_or_default()
}

/// The time since a fixed moment, finer.
#[cfg(not(unix))]
pub fn stopwatch() -> Duration {
    use std::sync::OnceLock;
    use std::time::Instant;

    static START: OnceLock<Instant> = OnceLock::new();
    #[expect(
        clippy::disallowed_methods,
        reason = "the composition root reads the clock for everybody"
    )]
    let now = Instant::now();
    now.saturating_duration_since(*START.get_or_init(|| now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_forward_and_began_before_this_program() {
        let first = stopwatch();
        assert!(stopwatch() >= first);
        #[cfg(target_os = "linux")]
        assert!(first > Duration::from_secs(1));
    }
}
