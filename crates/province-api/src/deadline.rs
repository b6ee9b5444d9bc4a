//! The legal clock of an application: by when an office has to be done, in the unit in which the limit is given, and what is left of
//! it. Days are those of Peshawar. Which days offices are closed is signed data of the catalogue; feasts that the moon decides are
//! provisional in it.
//!
//! The day on which the office got the application does not count (General Clauses Act 1897, section 9): of a limit of ten days the
//! last is the tenth after it. The office may use that whole day.

use std::collections::BTreeMap;

use credential::{LimitUnit, Names, TimeLimit};
use serde::{Deserialize, Serialize};

use crate::person::Day;

/// Days beyond which no limit of working days is counted.
const SPAN_DAYS_MAX: u32 = 4_000;

/// A day on which offices are closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holiday {
    /// Which day, `YYYY-MM-DD`.
    pub on: Day,
    /// What it is called.
    pub name: Names,
    /// Whether the moon may yet move it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub provisional: bool,
}

/// The days on which offices work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    holidays: BTreeMap<Day, bool>,
}

/// By when an office has to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// The last day.
    pub on: Day,
    /// Days that are left after today, in the limit's unit; 0 on the last day, below 0 once it is over: then days of the calendar.
    pub left: i64,
    /// A feast that the moon decides lies between, and may move it.
    pub is_provisional: bool,
}

impl Deadline {
    /// Whether the last day is over.
    pub const fn is_over(&self) -> bool {
        self.left < 0
    }
}

impl Calendar {
    /// The calendar with these holidays.
    pub fn new(holidays: &[Holiday]) -> Self {
        Self {
            holidays: holidays.iter().map(|one| (one.on, one.provisional)).collect(),
        }
    }

    /// Whether offices work on this day. Saturdays and Sundays are free in the province's offices.
    pub fn is_working(&self, day: Day) -> bool {
        !day.is_weekend() && !self.holidays.contains_key(&day)
    }

    /// By when an application that came on `from` has to be done, seen on `today`; none where the calendar ends before.
    pub fn deadline(&self, from: Day, limit: TimeLimit, today: Day) -> Option<Deadline> {
        let days = i64::from(limit.days);
        match limit.unit {
            LimitUnit::Days => {
                let on = from.plus_days(days)?;
                Some(Deadline {
                    on,
                    left: today.days_until(on),
                    is_provisional: false,
                })
            }
            LimitUnit::WorkingDays => {
                let on = self.after(from, limit.days)?;
                let left = if on < today {
                    today.days_until(on)
                } else {
                    self.working_between(today.max(from), on)
                };
                let mut between = self.holidays.range(from..=on);
                Some(Deadline {
                    on,
                    left,
                    is_provisional: between.any(|(_, provisional)| *provisional),
                })
            }
        }
    }

    /// The last of so many working days after a day; that day itself for none.
    fn after(&self, from: Day, working: u16) -> Option<Day> {
        let mut day = from;
        let mut left = working;
        for _ in 0..SPAN_DAYS_MAX {
            if left == 0 {
                return Some(day);
            }
            day = day.plus_days(1)?;
            left -= u16::from(self.is_working(day));
        }
        None
    }

    /// Working days after one day, to another and with it.
    fn working_between(&self, after: Day, to: Day) -> i64 {
        let days = (1..=after.days_until(to)).filter_map(|ahead| after.plus_days(ahead));
        let working = days.filter(|day| self.is_working(*day)).count();
        i64::try_from(working).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn holiday(on: &str, provisional: bool) -> Holiday {
        Holiday {
            on: day(on),
            name: Names::new("A feast", "", ""),
            provisional,
        }
    }

    const TEN: TimeLimit = TimeLimit {
        days: 10,
        unit: LimitUnit::Days,
    };
    const TEN_WORKING: TimeLimit = TimeLimit {
        days: 10,
        unit: LimitUnit::WorkingDays,
    };

    #[test]
    fn days_of_the_calendar_are_counted_one_by_one() {
        let calendar = Calendar::new(&[holiday("2026-11-09", false)]);
        for (today, left) in [
            ("2026-11-02", 10),
            ("2026-11-03", 9),
            ("2026-11-12", 0),
            ("2026-11-13", -1),
            ("2026-12-12", -30),
        ] {
            let deadline = calendar.deadline(day("2026-11-02"), TEN, day(today)).unwrap();
            assert_eq!((deadline.on, deadline.left), (day("2026-11-12"), left), "{today}");
            assert_eq!(deadline.is_over(), left < 0);
        }
    }

    #[test]
    fn working_days_leave_out_weekends_and_holidays_and_say_what_the_moon_may_move() {
        // Monday, the 2nd of November; Iqbal Day is the Monday after.
        let calendar = Calendar::new(&[holiday("2026-11-09", false)]);
        let plain = Calendar::default();
        let seen = |calendar: &Calendar, today: &str| {
            calendar
                .deadline(day("2026-11-02"), TEN_WORKING, day(today))
                .unwrap()
        };
        assert_eq!(seen(&plain, "2026-11-02").on, day("2026-11-16"));
        assert_eq!(seen(&calendar, "2026-11-02").on, day("2026-11-17"));
        for (today, left) in [
            ("2026-11-02", 10),
            ("2026-11-06", 6),
            ("2026-11-07", 6),
            ("2026-11-09", 6),
            ("2026-11-17", 0),
            ("2026-11-18", -1),
        ] {
            assert_eq!(seen(&calendar, today).left, left, "{today}");
        }
        assert!(!seen(&calendar, "2026-11-02").is_provisional);
        let moon = Calendar::new(&[holiday("2026-11-10", true)]);
        assert!(seen(&moon, "2026-11-02").is_provisional);
        // What comes on a day on which nobody works is counted from the next on which somebody does.
        let saturday = plain
            .deadline(day("2026-11-07"), TEN_WORKING, day("2026-11-07"))
            .unwrap();
        assert_eq!((saturday.on, saturday.left), (day("2026-11-20"), 10));
    }

    #[test]
    fn the_day_turns_at_midnight_in_peshawar() {
        // 18:59:59 and 19:00 UTC on the 12th of November: the last day is over a second later.
        let last = Day::at_unix(1_794_509_999);
        let over = Day::at_unix(1_794_510_000);
        assert_eq!((last, over), (day("2026-11-12"), day("2026-11-13")));
        let left = |today| {
            Calendar::default()
                .deadline(day("2026-11-02"), TEN, today)
                .unwrap()
                .left
        };
        assert_eq!((left(last), left(over)), (0, -1));
    }

    #[test]
    fn a_limit_of_no_days_is_the_same_day() {
        let same = TimeLimit {
            days: 0,
            ..TEN_WORKING
        };
        let deadline = Calendar::default()
            .deadline(day("2026-11-02"), same, day("2026-11-02"))
            .unwrap();
        assert_eq!((deadline.on, deadline.left), (day("2026-11-02"), 0));
    }
}
