//! A desk that is a gate: when a pass is a coming and when a going, and how often a face is asked for.

use credential::Vct;
use serde::Deserialize;

use super::{FileMode, ProfileError, check};
use crate::gate::Rules;

const AGAIN_MINUTES_MAX: u32 = 60;
const SHIFT_HOURS_MAX: u32 = 24;
const ONE_IN_MAX: u32 = 1_000;

/// The profile's `gate`.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileGate {
    #[serde(default = "again_minutes")]
    again_minutes: u32,
    #[serde(default = "shift_hours")]
    shift_hours: u32,
    #[serde(default)]
    name_photo_one_in: u32,
}

const fn again_minutes() -> u32 {
    5
}

const fn shift_hours() -> u32 {
    16
}

/// A gate waits for what staff show, and asks for a face only if its profile asks for one at all.
pub(super) fn rules(file: FileGate, mode: FileMode, ask: &[Vct]) -> Result<Rules, ProfileError> {
    check(matches!(mode, FileMode::Timed), "mode")?;
    check(
        (1..=AGAIN_MINUTES_MAX).contains(&file.again_minutes),
        "gate.again_minutes",
    )?;
    check(
        (1..=SHIFT_HOURS_MAX).contains(&file.shift_hours),
        "gate.shift_hours",
    )?;
    let may_ask = file.name_photo_one_in == 0 || ask.contains(&Vct::NAME_PHOTO);
    check(
        may_ask && file.name_photo_one_in <= ONE_IN_MAX,
        "gate.name_photo_one_in",
    )?;
    Ok(Rules {
        again_within: u64::from(file.again_minutes) * 60,
        shift_max: u64::from(file.shift_hours) * 3_600,
        face_one_in: file.name_photo_one_in,
    })
}
