//! The gate at the desk: passes that count as attendance, and the sheet that is handed out.

use credential::{Timestamp, Vct, Verified};

use super::{Movement, Office, Passed, Rules, Staff, StaffNumber, sheet};
use crate::StationCode;
use crate::profile::Profile;
use crate::station::Station;
use crate::store::{Store, StoreError};
use crate::types::{AttendanceView, MovementView, seconds};

/// The kind of pass that staff carry.
pub(crate) const STAFF: &str = "staff";
/// Where a staff pass has the number that the office gave.
const STAFF_NUMBER: u8 = 240;
/// Where a staff pass has the office's short name.
const OFFICE: u8 = 241;

impl Staff {
    /// Whose pass it is; none for other kinds, and for a number that no sheet could hold.
    #[must_use]
    pub fn of(verified: &Verified) -> Option<Self> {
        let claims = verified.claims();
        if Vct::parse(STAFF) != Ok(claims.vct) {
            return None;
        }
        let text = |number: u8| match claims.facts.fields.get(&number) {
            Some(credential::Field::Text(text)) => Some(text.as_str()),
            _ => None,
        };
        Some(Self {
            office: Office::parse(text(OFFICE)?).ok()?,
            number: StaffNumber::parse(text(STAFF_NUMBER)?).ok()?,
        })
    }
}

impl From<Passed> for AttendanceView {
    fn from(passed: Passed) -> Self {
        Self {
            movement: passed.movement.into(),
            at: seconds(passed.at),
            ask_face: passed.ask_face,
        }
    }
}

impl From<Movement> for MovementView {
    fn from(movement: Movement) -> Self {
        match movement {
            Movement::In => Self::In,
            Movement::Out => Self::Out,
            Movement::Again => Self::Again,
        }
    }
}

/// The sheet of a day (days since 1970-01-01 in Pakistan) of a desk whose program may be running or not.
///
/// # Errors
/// [`StoreError`].
pub fn day_sheet(store: &Store, rules: &Rules, day: u32, now: Timestamp) -> Result<Vec<u8>, StoreError> {
    Ok(sheet(&store.stays_of(day)?, rules, now))
}

/// The rules of the profile that the desk was given last; the usual ones without one.
///
/// # Errors
/// [`StoreError`].
pub fn kept_rules(store: &Store) -> Result<Rules, StoreError> {
    let profile = store.profile()?.and_then(|bytes| Profile::parse(&bytes).ok());
    Ok(profile.and_then(|profile| profile.gate()).unwrap_or_default())
}

impl Station {
    /// The sheet of a day; that it was handed out is written down.
    ///
    /// # Errors
    /// [`StationCode::DiskFull`], [`StationCode::StoreFailed`].
    pub fn attendance_sheet(&mut self, day: u32, now: Timestamp) -> Result<Vec<u8>, StationCode> {
        let rules = self.gate_rules();
        let sheet = day_sheet(&self.store, &rules, day, now)?;
        self.log_sheet(day, now)?;
        Ok(sheet)
    }
}
