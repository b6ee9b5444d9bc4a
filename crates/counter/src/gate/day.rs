//! The list of a day on the gate's page, for the officer.

use credential::Timestamp;
use scan_log::{day_of, day_text};

use super::Rules;
use super::sheet::remarks;
use crate::StationCode;
use crate::station::Station;
use crate::types::{AttendanceDay, StayView, seconds};

impl Station {
    /// Who came and went on a day (days since 1970-01-01 in Pakistan), the latest movement first; today without one.
    ///
    /// # Errors
    /// [`StationCode::StoreFailed`].
    pub fn attendance_day(&self, day: Option<u32>, now: Timestamp) -> Result<AttendanceDay, StationCode> {
        let rules = self.gate_rules();
        let day = day.unwrap_or_else(|| day_of(now));
        let mut stays = self.store.stays_of(day)?;
        stays.sort_by_key(|stay| std::cmp::Reverse(stay.went.unwrap_or(stay.came)));
        let inside = stays.iter().filter(|stay| rules.is_open(stay, now)).count();
        let view = |stay: &super::Stay| StayView {
            office: stay.staff.office.as_str().to_owned(),
            number: stay.staff.number.as_str().to_owned(),
            came: seconds(stay.came),
            went: stay.went.map(seconds),
            remarks: remarks(stay, &rules, now)
                .into_iter()
                .map(str::to_owned)
                .collect(),
        };
        Ok(AttendanceDay {
            day: day_text(day),
            inside: u32::try_from(inside).unwrap_or(u32::MAX),
            stays: stays.iter().map(view).collect(),
        })
    }

    pub(super) fn gate_rules(&self) -> Rules {
        self.gate.as_ref().map(|gate| gate.rules).unwrap_or_default()
    }
}
