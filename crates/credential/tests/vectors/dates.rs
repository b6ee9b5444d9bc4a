//! The credential's own dates, whole days.

use credential::*;

use crate::case::{Folder::*, Writer};
use crate::common::*;

pub fn write(w: &Writer<'_>) {
    let day = NOW.start_of_day();
    let with = |iat: Timestamp, nbf: Option<Timestamp>, exp: Timestamp| {
        let claims = Claims {
            iat,
            nbf,
            exp,
            ..age_claims()
        };
        forge::present(&issued(&claims), &holder(1))
    };
    // Midnight of the reader's day, where the dates of credentials lie.
    let midnight =
        |seconds: i64| crate::case::clock(seconds - i64::try_from(NOW.unix() - day.unix()).unwrap());
    let at_midnight = |iat, nbf, exp| {
        let claims = Claims {
            iat,
            nbf,
            exp,
            ..age_claims()
        };
        present_timed(&issued(&claims), &holder(1), DESK, day).unwrap()
    };
    w.put(
        Valid,
        "begun-today",
        "a pass that begins today",
        Code::Accepted,
        &with(day, Some(day), day.plus(days(30))),
        &[],
    );
    w.put(
        Invalid,
        "expired",
        "a pass that has ended",
        Code::Expired,
        &with(day.minus(DAY), None, day),
        &[],
    );
    w.put(
        Invalid,
        "issued-tomorrow",
        "issued tomorrow",
        Code::NotYetValid,
        &with(day.plus(DAY), None, day.plus(days(30))),
        &[],
    );
    w.put(
        Invalid,
        "not-yet-valid",
        "begins tomorrow",
        Code::NotYetValid,
        &with(day, Some(day.plus(DAY)), day.plus(days(30))),
        &[],
    );
    let last = at_midnight(day.minus(DAY), None, day);
    w.put(
        Edge,
        "last-second",
        "the last second of a pass",
        Code::Accepted,
        &last,
        &[&midnight(-1)],
    );
    w.put(
        Edge,
        "first-second-after",
        "the second in which it ends",
        Code::Expired,
        &last,
        &[&midnight(0)],
    );
    let first = at_midnight(day, None, day.plus(DAY));
    w.put(
        Edge,
        "first-second-less-120",
        "120 seconds before its first day: two clocks may differ",
        Code::Accepted,
        &first,
        &[&midnight(-120)],
    );
    let begins = at_midnight(day.minus(DAY), Some(day), day.plus(DAY));
    w.put(
        Edge,
        "begins-less-121",
        "121 seconds before it begins",
        Code::NotYetValid,
        &begins,
        &[&midnight(-121)],
    );
}
