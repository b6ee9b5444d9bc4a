//! Table `attendance`.

use credential::Timestamp;
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use scan_log::{day_of, minute_of};

use super::{FaceAsked, Movement, Office, Passed, Rules, Staff, StaffNumber, Stay};
use crate::store::{Store, StoreError};

fn signed(at: Timestamp) -> i64 {
    i64::try_from(at.unix()).unwrap_or(i64::MAX)
}

/// Columns of a stay, in the order of [`stay`].
const COLUMNS: &str = "office, staff_number, day, in_at, out_at, in_face, out_face";

/// Writes down that somebody passed the gate, in the transaction of the visit.
pub(crate) fn pass(
    transaction: &Transaction<'_>,
    staff: &Staff,
    rules: &Rules,
    now: Timestamp,
) -> rusqlite::Result<Passed> {
    let last = transaction
        .query_row(
            &format!(
                "SELECT {COLUMNS}, id FROM attendance
                 WHERE office = ?1 AND staff_number = ?2 ORDER BY id DESC LIMIT 1"
            ),
            [staff.office.as_str(), staff.number.as_str()],
            |row| Ok((stay(row)?, row.get::<_, i64>("id")?)),
        )
        .optional()?;
    // The sheet holds minutes; what it says is what counts.
    let at = minute_of(now);
    let known = last.as_ref().and_then(|(stay, _)| stay.as_ref());
    let passed = |movement, stay| Passed {
        movement,
        stay,
        at,
        ask_face: false,
    };
    match (rules.movement(known, at), last) {
        (Movement::Out, Some((_, id))) => {
            transaction.execute(
                "UPDATE attendance SET out_at = ?1 WHERE id = ?2",
                params![signed(at), id],
            )?;
            Ok(passed(Movement::Out, id))
        }
        (Movement::Again, Some((_, id))) => Ok(passed(Movement::Again, id)),
        _ => {
            transaction.execute(
                "INSERT INTO attendance (staff_number, office, day, in_at) VALUES (?1, ?2, ?3, ?4)",
                params![
                    staff.number.as_str(),
                    staff.office.as_str(),
                    day_of(at),
                    signed(at)
                ],
            )?;
            Ok(passed(Movement::In, transaction.last_insert_rowid()))
        }
    }
}

/// A row; none if somebody else wrote it.
fn stay(row: &Row<'_>) -> rusqlite::Result<Option<Stay>> {
    let at = |column: i64| Timestamp::from_unix(u64::try_from(column).unwrap_or_default());
    let face = |column: &str| -> rusqlite::Result<Option<FaceAsked>> {
        let name: Option<String> = row.get(column)?;
        Ok(name.and_then(|name| FaceAsked::from_name(&name)))
    };
    let (office, number): (String, String) = (row.get("office")?, row.get("staff_number")?);
    let (Ok(office), Ok(number)) = (Office::parse(&office), StaffNumber::parse(&number)) else {
        return Ok(None);
    };
    Ok(Some(Stay {
        staff: Staff { office, number },
        day: row.get("day")?,
        came: at(row.get("in_at")?),
        went: row.get::<_, Option<i64>>("out_at")?.map(at),
        came_face: face("in_face")?,
        went_face: face("out_face")?,
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
            .prepare(&format!(
                "SELECT {COLUMNS} FROM attendance WHERE day = ?1 ORDER BY office, staff_number, id"
            ))?
            .query_map([day], stay)?
            .collect::<Result<Vec<_>, _>>()?;
        Ok(rows.into_iter().flatten().collect())
    }
}
