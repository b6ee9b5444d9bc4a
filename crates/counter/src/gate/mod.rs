//! Staff attendance at a gate: who came in and went out, and the sheet of a day.
//!
//! The first pass of a shift is the coming in, the next the going out, and so on. Kept apart from the scan log, because
//! it names staff by their office's number. Nothing is invented: whoever forgot to show the pass on the way out has no
//! going out, and the sheet says so.

mod day;
mod desk;
mod face;
mod opening;
mod sheet;
mod staff;
mod store;

pub(crate) use desk::STAFF;
pub use desk::{day_sheet, kept_rules};
pub use face::FaceAsked;
pub(crate) use face::FaceCheck;
pub(crate) use opening::Opening;
pub use sheet::sheet;
pub use staff::{Office, Staff, StaffNumber};
pub(crate) use store::pass;

use credential::Timestamp;

/// How a gate tells a coming from a going.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Seconds within which the same pass is the same event, shown twice.
    pub again_within: u64,
    /// Seconds after which a coming in is over though nobody went out: the longest shift.
    pub shift_max: u64,
    /// One in so many comings and goings is asked for a face; 0 for none.
    pub face_one_in: u32,
}

/// A desk that is a gate.
#[derive(Debug)]
pub(crate) struct Gate {
    rules: Rules,
    opening: Option<Opening>,
    /// The visit for which a face was drawn or not.
    drawn: Option<u32>,
    /// The face that is to be asked for.
    check: Option<FaceCheck>,
}

/// A staff pass that was shown here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Passed {
    /// Which way.
    pub movement: Movement,
    /// The row of the stay.
    pub stay: i64,
    /// The minute that is written down.
    pub at: Timestamp,
    /// A face is to be asked for.
    pub ask_face: bool,
}

impl Default for Rules {
    /// Five minutes and sixteen hours: a double shift ends within its own day or the next morning.
    fn default() -> Self {
        Self {
            again_within: 5 * 60,
            shift_max: 16 * 3_600,
            face_one_in: 0,
        }
    }
}

/// One stay: a coming in and perhaps its going out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    /// Whose.
    pub staff: Staff,
    /// The day of the coming in: days since 1970-01-01 in Pakistan.
    pub day: u32,
    /// When they came in.
    pub came: Timestamp,
    /// When they went out.
    pub went: Option<Timestamp>,
    /// The face that the gate asked for on the way in.
    pub came_face: Option<FaceAsked>,
    /// The face that it asked for on the way out.
    pub went_face: Option<FaceAsked>,
}

/// What a pass at the gate means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Movement {
    /// A coming in.
    In,
    /// A going out, of the stay that is open.
    Out,
    /// The same pass again; nothing is written.
    Again,
}

impl Rules {
    /// What a pass at `now` means after the last stay that is known of its holder.
    ///
    /// A clock that was set back is no reason to lose somebody: the movement counts, and the sheet marks the times.
    #[must_use]
    pub fn movement(&self, last: Option<&Stay>, now: Timestamp) -> Movement {
        let Some(last) = last else {
            return Movement::In;
        };
        let moved = last.went.unwrap_or(last.came);
        if now >= moved && now.since(moved) < self.again_within {
            return Movement::Again;
        }
        if last.went.is_none() && now.since(last.came) <= self.shift_max {
            Movement::Out
        } else {
            Movement::In
        }
    }

    /// Whether a stay without a going out may still end, seen from `now`.
    #[must_use]
    pub const fn is_open(&self, stay: &Stay, now: Timestamp) -> bool {
        stay.went.is_none() && now.since(stay.came) <= self.shift_max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600;
    const MORNING: Timestamp = Timestamp::from_unix(1_795_000_000);

    fn stay(came: Timestamp, went: Option<Timestamp>) -> Stay {
        Stay {
            staff: Staff::example(),
            day: 0,
            came,
            went,
            came_face: None,
            went_face: None,
        }
    }

    #[test]
    fn comings_and_goings_take_turns() {
        let rules = Rules::default();
        assert_eq!(rules.movement(None, MORNING), Movement::In);
        let open = stay(MORNING, None);
        assert_eq!(rules.movement(Some(&open), MORNING.plus(8 * HOUR)), Movement::Out);
        let over = stay(MORNING, Some(MORNING.plus(4 * HOUR)));
        assert_eq!(rules.movement(Some(&over), MORNING.plus(5 * HOUR)), Movement::In);
    }

    #[test]
    fn a_pass_shown_twice_is_one_event() {
        let rules = Rules::default();
        let open = stay(MORNING, None);
        assert_eq!(rules.movement(Some(&open), MORNING), Movement::Again);
        assert_eq!(rules.movement(Some(&open), MORNING.plus(299)), Movement::Again);
        assert_eq!(rules.movement(Some(&open), MORNING.plus(300)), Movement::Out);
        let over = stay(MORNING, Some(MORNING.plus(HOUR)));
        assert_eq!(
            rules.movement(Some(&over), MORNING.plus(HOUR + 299)),
            Movement::Again
        );
    }

    #[test]
    fn a_night_shift_ends_after_midnight_and_a_forgotten_going_out_does_not() {
        let rules = Rules::default();
        let open = stay(MORNING, None);
        assert_eq!(
            rules.movement(Some(&open), MORNING.plus(16 * HOUR)),
            Movement::Out
        );
        assert_eq!(
            rules.movement(Some(&open), MORNING.plus(16 * HOUR + 1)),
            Movement::In
        );
        assert!(rules.is_open(&open, MORNING.plus(16 * HOUR)));
        assert!(!rules.is_open(&open, MORNING.plus(24 * HOUR)));
    }

    #[test]
    fn a_clock_that_was_set_back_loses_nobody() {
        let rules = Rules::default();
        let open = stay(MORNING, None);
        assert_eq!(rules.movement(Some(&open), MORNING.minus(HOUR)), Movement::Out);
        let over = stay(MORNING, Some(MORNING.plus(HOUR)));
        assert_eq!(rules.movement(Some(&over), MORNING.minus(HOUR)), Movement::In);
    }
}
