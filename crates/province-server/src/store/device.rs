//! Table `former_device`, and which devices no longer serve.

use sqlx::AnyConnection;

use super::{StoreError, array, few_lengths, seconds, values};
use crate::sealed::PersonId;

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

/// Those of these devices whose enrolment another one took over, each with the person who had enrolled with it.
///
/// # Errors
/// [`StoreError`].
pub async fn replaced(
    db: &mut AnyConnection,
    keys: &[[u8; 32]],
) -> Result<Vec<([u8; 32], PersonId)>, StoreError> {
    let Some(last) = keys.last() else {
        return Ok(Vec::new());
    };
    let count = few_lengths(keys.len());
    let sql = format!(
        "SELECT device_key, person FROM former_device WHERE device_key IN {}",
        values(1, count)
    );
    // Only numbers of parameters were put in.
    let mut find = sqlx::query(sqlx::AssertSqlSafe(sql));
    for key in keys.iter().chain(std::iter::repeat(last)).take(count) {
        find = find.bind(key.to_vec());
    }
    find.fetch_all(db)
        .await?
        .iter()
        .map(|row| {
            Ok((
                array(row, "device_key")?,
                PersonId::from_bytes(array(row, "person")?),
            ))
        })
        .collect()
}

/// Whether this device was anybody's whose enrolment another one took over, or whose wallet was disabled.
///
/// # Errors
/// [`StoreError`].
pub async fn is_retired(db: &mut AnyConnection, device_key: &[u8; 32]) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "SELECT 1 AS retired FROM former_device WHERE device_key = $1
         UNION ALL SELECT 1 AS retired FROM person_device JOIN person ON person.id = person_device.person
         WHERE person_device.device_key = $1 AND disabled_at IS NOT NULL",
    )
    .bind(device_key.to_vec())
    .fetch_optional(db)
    .await?;
    Ok(row.is_some())
}
