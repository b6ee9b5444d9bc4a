//! A moment, in whole seconds since 1970-01-01T00:00:00Z.

/// Seconds in a day (UTC has no leap seconds in Unix time).
pub const DAY: u64 = 86_400;

/// How far two honest clocks may differ, in seconds.
pub const CLOCK_ALLOWANCE: u64 = 120;

/// Unix seconds, UTC. This crate never reads a clock: every moment is an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// Takes Unix seconds.
    pub const fn from_unix(seconds: u64) -> Self {
        Self(seconds)
    }

    /// Unix seconds.
    pub const fn unix(self) -> u64 {
        self.0
    }

    /// Midnight (UTC) of the same day. Credentials carry whole days, so that times do not link passes.
    #[must_use]
    pub const fn start_of_day(self) -> Self {
        Self(self.0 - self.0 % DAY)
    }

    /// True at midnight (UTC).
    pub const fn is_whole_day(self) -> bool {
        self.0.is_multiple_of(DAY)
    }

    /// This moment and `seconds` more; stays at the largest moment instead of wrapping.
    #[must_use]
    pub const fn plus(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// This moment less `seconds`; stays at 1970 instead of wrapping.
    #[must_use]
    pub const fn minus(self, seconds: u64) -> Self {
        Self(self.0.saturating_sub(seconds))
    }

    /// Seconds from `earlier` to this moment; zero if `earlier` is later.
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}
