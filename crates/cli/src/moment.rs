//! Moments and days as text: RFC 3339 and `YYYY-MM-DD`, always UTC.

use credential::{DAY, Timestamp};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::error::CliError;

/// Reads a command line's RFC 3339 moment.
pub(crate) fn argument(text: &str) -> Result<Timestamp, String> {
    parse("now", text).map_err(|_| String::from("an RFC 3339 moment expected, such as 2026-03-01T09:30:00Z"))
}

/// Reads an RFC 3339 moment.
pub(crate) fn parse(field: &'static str, text: &str) -> Result<Timestamp, CliError> {
    text.parse::<jiff::Timestamp>()
        .ok()
        .and_then(|moment| u64::try_from(moment.as_second()).ok())
        .map(Timestamp::from_unix)
        .ok_or(CliError::Field {
            field,
            expected: "an RFC 3339 moment such as 2026-03-01T09:30:00Z",
        })
}

/// Reads a day.
pub(crate) fn parse_day(field: &'static str, text: &str) -> Result<Timestamp, CliError> {
    text.parse::<Date>()
        .ok()
        .and_then(|day| day.to_zoned(TimeZone::UTC).ok())
        .and_then(|midnight| u64::try_from(midnight.timestamp().as_second()).ok())
        .map(Timestamp::from_unix)
        .ok_or(CliError::Field {
            field,
            expected: "a day such as 2026-03-01",
        })
}

/// An RFC 3339 moment; the number of seconds where it is beyond the year 9999.
pub(crate) fn text(moment: Timestamp) -> String {
    i64::try_from(moment.unix())
        .ok()
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok())
        .map_or_else(|| moment.unix().to_string(), |moment| moment.to_string())
}

/// A day if it is midnight, as it must be in a credential, else the moment.
pub(crate) fn day_text(moment: Timestamp) -> String {
    let text = text(moment);
    match text.split_once('T') {
        Some((day, _)) if moment.unix().is_multiple_of(DAY) => day.to_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn moments_and_days_come_back() {
        let moment = parse("f", "2026-03-01T14:30:00+05:00").unwrap();
        assert_eq!(text(moment), "2026-03-01T09:30:00Z");
        assert_eq!(day_text(moment), "2026-03-01T09:30:00Z");
        assert_eq!(day_text(parse_day("f", "2026-03-01").unwrap()), "2026-03-01");
        assert_eq!(text(Timestamp::from_unix(u64::MAX)), u64::MAX.to_string());
        for wrong in [
            "",
            "2026",
            "2026-03-01",
            "1969-12-31T23:59:59Z",
            "2026-02-30T00:00:00Z",
        ] {
            assert!(parse("f", wrong).is_err(), "{wrong}");
        }
        assert!(parse_day("f", "2026-02-30").is_err());
    }
}
