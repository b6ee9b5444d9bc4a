//! Table `former_device`, and which devices no longer serve.

use sqlx::AnyConnection;
use sqlx::Row as _;

use super::{StoreError, seconds};
use crate::sealed::PersonId;

/// Why a device is refused, whatever it asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retired {
    /// Another one took its enrolment over.
    Replaced,
    /// Its wallet was disabled.
    Disabled,
}

/// Notes that another device took over from this one.
///
/// # Errors
/// [`StoreError`].
pub async fn replace(
    db: &mut AnyConnection,
    device_key: &[u8; 32],
    person: &PersonId,
    now: u64,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO former_device (device_key, person, replaced_at) VALUES ($1, $2, $3)")
        .bind(device_key.to_vec())
        .bind(person.as_bytes().to_vec())
        .bind(seconds(now)?)
        .execute(db)
        .await?;
    Ok(())
}

/// Whether a device no longer serves, and why.
///
/// # Errors
/// [`StoreError`].
pub async fn retired(db: &mut AnyConnection, device_key: &[u8; 32]) -> Result<Option<Retired>, StoreError> {
    let row = sqlx::query(
        "SELECT 1 AS replaced FROM former_device WHERE device_key = $1
         UNION ALL SELECT 0 AS replaced FROM person_device JOIN person ON person.id = person_device.person
         WHERE person_device.device_key = $1 AND disabled_at IS NOT NULL",
    )
    .bind(device_key.to_vec())
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(match row.try_get::<i64, _>("replaced")? {
            1 => Retired::Replaced,
            _ => Retired::Disabled,
        })
    })
    .transpose()
}
