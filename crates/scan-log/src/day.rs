//! Minutes and days of the log. Days are those of Pakistan, which is five hours ahead of UTC all year.

use credential::{DAY, Timestamp};
use jiff::civil;
use jiff::tz::{self, TimeZone};

const AHEAD_HOURS: i8 = 5;
const AHEAD_SECONDS: u64 = 5 * 3_600;
const MINUTE: u64 = 60;

/// The minute of a moment: entries carry no seconds, so that a visitor is not found by when they came.
#[must_use]
pub const fn minute_of(at: Timestamp) -> Timestamp {
    Timestamp::from_unix(at.unix() - at.unix() % MINUTE)
}

/// The day of a moment: days since 1970-01-01 in Pakistan. The largest number for a moment beyond it.
#[must_use]
pub fn day_of(at: Timestamp) -> u32 {
    u32::try_from(at.plus(AHEAD_SECONDS).unix() / DAY).unwrap_or(u32::MAX)
}

/// The first moment of a day.
pub(crate) const fn beginning_of(day: u32) -> Timestamp {
    Timestamp::from_unix((day as u64 * DAY).saturating_sub(AHEAD_SECONDS))
}

/// A day as text, `YYYY-MM-DD`; its bare number beyond the year 9999.
#[must_use]
pub fn day_text(day: u32) -> String {
    jiff::Span::new()
        .try_days(i64::from(day))
        .and_then(|days| civil::date(1970, 1, 1).checked_add(days))
        .map_or_else(|_| day.to_string(), |date| date.to_string())
}

/// The day that [`day_text`] wrote.
#[must_use]
pub fn day_from_text(text: &str) -> Option<u32> {
    let date: civil::Date = text.parse().ok()?;
    let days = civil::date(1970, 1, 1).until(date).ok()?.get_days();
    u32::try_from(days).ok().filter(|day| day_text(*day) == text)
}

/// The time of day of a moment in Pakistan, `HH:MM`.
#[must_use]
pub fn clock_text(at: Timestamp) -> String {
    let minutes = (at.plus(AHEAD_SECONDS).unix() % DAY) / MINUTE;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// A moment as RFC 3339 text at Pakistan's hour; none beyond the year 9999.
pub(crate) fn text_of(at: Timestamp) -> Option<String> {
    let at = jiff::Timestamp::from_second(i64::try_from(at.unix()).ok()?).ok()?;
    let zone = TimeZone::fixed(tz::offset(AHEAD_HOURS));
    Some(at.to_zoned(zone).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
}

/// The moment that [`text_of`] wrote.
pub(crate) fn moment_of(text: &str) -> Option<Timestamp> {
    let at: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp::from_unix(u64::try_from(at.as_second()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_pakistan() {
        let evening = Timestamp::from_unix(20_779 * DAY - AHEAD_SECONDS - 1);
        assert_eq!((day_of(evening), day_of(evening.plus(1))), (20_778, 20_779));
        assert_eq!(beginning_of(20_779), evening.plus(1));
        assert_eq!(day_text(20_779), "2026-11-22");
        assert_eq!(day_text(u32::MAX), u32::MAX.to_string());
        assert_eq!(day_from_text("2026-11-22"), Some(20_779));
        for wrong in ["", "2026-11-31", "1969-12-31", "2026-11-22T10:00", "20261122"] {
            assert_eq!(day_from_text(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_moment_is_written_at_pakistans_hour_and_comes_back() {
        let at = Timestamp::from_unix(20_779 * DAY + 34_200);
        let text = text_of(at);
        assert_eq!(text.as_deref(), Some("2026-11-22T14:30:00+05:00"));
        assert_eq!(text.and_then(|text| moment_of(&text)), Some(at));
        assert_eq!(text_of(Timestamp::from_unix(u64::MAX)), None);
        assert_eq!(minute_of(at.plus(59)), at);
        assert_eq!(clock_text(at.plus(59)), "14:30");
    }
}
