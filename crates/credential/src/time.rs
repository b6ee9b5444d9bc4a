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

    /// Midnight (UTC) of a day of the Gregorian calendar from 1970 on; 1970 for one before. A day that its month does
    /// not have is counted on into the next.
    #[must_use]
    pub const fn start_of(year: u16, month: u8, day: u8) -> Self {
        // Years begin with March here, so that the day a leap year has more is its last.
        let (year, month) = (year as u64, month as u64);
        let (year, months) = if month > 2 {
            (year, month - 3)
        } else {
            (year.saturating_sub(1), month + 9)
        };
        let days = year * 365 + year / 4 - year / 100 + year / 400 + (months * 153 + 2) / 5 + day as u64;
        Self(days.saturating_sub(Self::DAYS_TO_1970) * DAY)
    }

    /// Days from the first of March of the year 0 to 1970-01-01, and one, since months begin with day 1.
    const DAYS_TO_1970: u64 = 719_469;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_the_calendar() {
        for ((year, month, day), unix) in [
            ((1970, 1, 1), 0),
            ((1970, 1, 2), 1),
            ((1970, 3, 1), 59),
            ((2000, 2, 29), 11_016),
            ((2000, 3, 1), 11_017),
            ((2026, 11, 22), 20_779),
            ((2100, 2, 28), 47_540),
            ((2100, 3, 1), 47_541),
            ((9999, 12, 31), 2_932_896),
            ((1969, 12, 31), 0),
            ((0, 1, 1), 0),
        ] {
            assert_eq!(
                Timestamp::start_of(year, month, day).unix(),
                unix * DAY,
                "{year}-{month}-{day}"
            );
        }
    }
}
