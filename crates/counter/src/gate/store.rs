//! Table `attendance`.

use credential::Timestamp;
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use scan_log::{day_of, minute_of};

use super::{Movement, Office, Rules, Staff, StaffNumber, Stay};
use crate::store::{Store, StoreError};

fn signed(at: Timestamp) -> i64 {
    i64::try_from(at.unix()).unwrap_or(i64::MAX)
}

/// Writes down that somebody passed the gate, in the transaction of the visit.
pub(crate) fn pass(
    transaction: &Transaction<'_>,
    staff: &Staff,
    rules: &Rules,
    now: Timestamp,
) -> rusqlite::Result<Movement> {
    let last = transaction
        .query_row(
            "SELECT office, staff_number, day, in_at, out_at, id FROM attendance
             WHERE office = ?1 AND staff_number = ?2 ORDER BY id DESC LIMIT 1",
            [staff.office.as_str(), staff.number.as_str()],
            |row| Ok((stay(row)?, row.get::<_, i64>(5)?)),
        )
        .optional()?;
    // The sheet holds minutes; what it says is what counts.
    let now = minute_of(now);
    let known = last.as_ref().and_then(|(stay, _)| stay.as_ref());
    let movement = rules.movement(known, now);
    match (movement, last) {
        (Movement::Out, Some((_, id))) => {
            transaction.execute(
                "UPDATE attendance SET out_at = ?1 WHERE id = ?2",
                params![signed(now), id],
            )?;
        }
        (Movement::In, _) => {
            transaction.execute(
                "INSERT INTO attendance (staff_number, office, day, in_at) VALUES (?1, ?2, ?3, ?4)",
                params![
                    staff.number.as_str(),
                    staff.office.as_str(),
                    day_of(now),
                    signed(now)
                ],
            )?;
        }
        _ => {}
    }
    Ok(movement)
}

/// A row; none if somebody else wrote it.
fn stay(row: &Row<'_>) -> rusqlite::Result<Option<Stay>> {
    let at = |column: i64| Timestamp::from_unix(u64::try_from(column).unwrap_or_default());
    let (office, number): (String, String) = (row.get(0)?, row.get(1)?);
    let (Ok(office), Ok(number)) = (Office::parse(&office), StaffNumber::parse(&number)) else {
        return Ok(None);
    };
    Ok(Some(Stay {
        staff: Staff { office, number },
        day: row.get(2)?,
        came: at(row.get(3)?),
        went: row.get::<_, Option<i64>>(4)?.map(at),
    }))
}

impl Store {
    /// Who came in on a day, by office and number, then in the order of coming.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn stays_of(&self, day: u32) -> Result<Vec<Stay>, StoreError> {
        let rows = self
            .connection
            .prepare(
                "SELECT office, staff_number, day, in_at, out_at FROM attendance
                 WHERE day = ?1 ORDER BY office, staff_number, id",
            )?
            .query_map([day], stay)?
            .collect::<Result<Vec<_>, _>>()?;
        Ok(rows.into_iter().flatten().collect())
    }
}
