//! Tables `person`, `person_cnic` and `person_device`: enrolled citizens, and who has which CNIC and which device.

use credential::StatusPurpose;
use province_api::artefacts::IDENTITY_LIST;
use sqlx::AnyConnection;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{StoreError, answer, array, few_lengths, seconds, unsigned, values};
use crate::proofing::Way;
use crate::sealed::{BlindIndex, PersonId};

/// One enrolled citizen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Random id.
    pub id: PersonId,
    /// Finds the CNIC.
    pub cnic_index: BlindIndex,
    /// Public key of the one device.
    pub device_key: [u8; 32],
    /// What the citizen gave, sealed.
    pub sealed: Vec<u8>,
    /// Index in the status list `identity`.
    pub status_index: u32,
    /// When NADRA confirmed, unix seconds.
    pub nadra_at: u64,
    /// The level at which they were proofed then, 1 to 4.
    pub assurance: u8,
    /// And how.
    pub way: Way,
    /// Number of the last event in the person's feed.
    pub events: u64,
    /// When the province revoked them for good, unix seconds.
    pub revoked_at: Option<u64>,
    /// When the wallet was disabled, unix seconds; none while a device serves.
    pub disabled_at: Option<u64>,
}

/// The person with this CNIC.
///
/// # Errors
/// [`StoreError`].
pub async fn with_cnic(db: &mut AnyConnection, index: &BlindIndex) -> Result<Option<Person>, StoreError> {
    let sql = "SELECT id, person.cnic_index, device_key, sealed, status_index, nadra_at, assurance, way, events,
         revoked_at, disabled_at FROM person_cnic JOIN person ON person.id = person_cnic.person WHERE person_cnic.cnic_index = $1";
    one(db, sql, index.as_bytes()).await
}

/// The person with this id.
///
/// # Errors
/// [`StoreError`].
pub async fn with_id(db: &mut AnyConnection, id: &PersonId) -> Result<Option<Person>, StoreError> {
    let sql = "SELECT id, cnic_index, device_key, sealed, status_index, nadra_at, assurance, way, events, revoked_at,
         disabled_at FROM person WHERE id = $1";
    one(db, sql, id.as_bytes()).await
}

/// The person who enrolled with this device.
///
/// # Errors
/// [`StoreError`].
pub async fn with_device(
    db: &mut AnyConnection,
    device_key: &[u8; 32],
) -> Result<Option<Person>, StoreError> {
    let sql = "SELECT id, cnic_index, person.device_key, sealed, status_index, nadra_at, assurance, way, events,
         revoked_at, disabled_at FROM person_device JOIN person ON person.id = person_device.person WHERE person_device.device_key = $1";
    one(db, sql, device_key).await
}

/// Leaves so many numbers of every person's feed out.
///
/// # Errors
/// [`StoreError`].
pub async fn skip_events(db: &mut AnyConnection, step: u64) -> Result<(), StoreError> {
    sqlx::query("UPDATE person SET events = events + $1")
        .bind(seconds(step)?)
        .execute(db)
        .await?;
    Ok(())
}

/// What a request needs to know of the person whose device sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Random id.
    pub id: PersonId,
    /// Number of the last event in the person's feed.
    pub events: u64,
    /// Whether the wallet was disabled.
    pub is_disabled: bool,
    /// Whether the person's passes are revoked.
    pub is_revoked: bool,
    /// Whether the person's passes are suspended.
    pub is_suspended: bool,
}

/// What is known of the people who enrolled with these devices, each with their device.
///
/// # Errors
/// [`StoreError`].
pub async fn known(
    db: &mut AnyConnection,
    devices: &[[u8; 32]],
) -> Result<Vec<([u8; 32], Known)>, StoreError> {
    let Some(last) = devices.last() else {
        return Ok(Vec::new());
    };
    let count = few_lengths(devices.len());
    // The list of people and its purposes stand behind the devices, so that these are numbered from 1.
    let (people, revoked, suspended) = (count + 1, count + 2, count + 3);
    let sql = format!(
        "SELECT d.device_key, p.id, p.events, p.disabled_at,
         (SELECT COUNT(*) FROM status_mark m
          WHERE m.list = ${people} AND m.purpose = ${revoked} AND m.idx = p.status_index) AS revoked,
         (SELECT COUNT(*) FROM status_mark m
          WHERE m.list = ${people} AND m.purpose = ${suspended} AND m.idx = p.status_index) AS suspended
         FROM (VALUES {}) AS k JOIN person_device d ON d.device_key = k.column1 JOIN person p ON p.id = d.person",
        values(count, 1)
    );
    // Only numbers of parameters were put in.
    let mut find = sqlx::query(sqlx::AssertSqlSafe(sql));
    for key in devices.iter().chain(std::iter::repeat(last)).take(count) {
        find = find.bind(key.to_vec());
    }
    find.bind(IDENTITY_LIST)
        .bind(StatusPurpose::Revoked.as_str())
        .bind(StatusPurpose::Suspended.as_str())
        .fetch_all(db)
        .await?
        .iter()
        .map(|row| {
            let known = Known {
                id: PersonId::from_bytes(array(row, "id")?),
                events: unsigned(row, "events")?,
                is_disabled: time(row, "disabled_at")?.is_some(),
                is_revoked: row.try_get::<i64, _>("revoked")? > 0,
                is_suspended: row.try_get::<i64, _>("suspended")? > 0,
            };
            Ok((array(row, "device_key")?, known))
        })
        .collect()
}

/// The CNIC's index of the person with this id.
///
/// # Errors
/// [`StoreError`].
pub async fn cnic_of(db: &mut AnyConnection, id: &PersonId) -> Result<Option<BlindIndex>, StoreError> {
    sqlx::query("SELECT cnic_index FROM person WHERE id = $1")
        .bind(id.as_bytes().to_vec())
        .fetch_optional(db)
        .await?
        .map(|row| Ok(BlindIndex::from_bytes(array(&row, "cnic_index")?)))
        .transpose()
}

async fn one(db: &mut AnyConnection, sql: &'static str, value: &[u8]) -> Result<Option<Person>, StoreError> {
    sqlx::query(sql)
        .bind(value.to_vec())
        .fetch_optional(db)
        .await?
        .map(|row| read(&row))
        .transpose()
}

fn read(row: &AnyRow) -> Result<Person, StoreError> {
    Ok(Person {
        id: PersonId::from_bytes(array(row, "id")?),
        cnic_index: BlindIndex::from_bytes(array(row, "cnic_index")?),
        device_key: array(row, "device_key")?,
        sealed: row.try_get("sealed")?,
        status_index: unsigned(row, "status_index")?,
        nadra_at: unsigned(row, "nadra_at")?,
        assurance: unsigned(row, "assurance")?,
        way: Way::parse(row.try_get("way")?).ok_or(StoreError::Form)?,
        events: unsigned(row, "events")?,
        revoked_at: time(row, "revoked_at")?,
        disabled_at: time(row, "disabled_at")?,
    })
}

/// A time that need not be there.
fn time(row: &AnyRow, column: &str) -> Result<Option<u64>, StoreError> {
    let time: Option<i64> = row.try_get(column)?;
    time.map(|time| u64::try_from(time).map_err(|_| StoreError::Form))
        .transpose()
}

/// Writes what may change of a person: all but id, CNIC and feed.
///
/// # Errors
/// [`StoreError`], [`StoreError::is_taken`] if the device is enrolled already.
pub async fn update(db: &mut AnyConnection, person: &Person) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE person_device SET device_key = $2
         WHERE device_key = (SELECT device_key FROM person WHERE id = $1) AND device_key <> $2",
    )
    .bind(person.id.as_bytes().to_vec())
    .bind(person.device_key.to_vec())
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "UPDATE person SET device_key = $2, sealed = $3, status_index = $4, nadra_at = $5, revoked_at = $6,
         disabled_at = $7, assurance = $8, way = $9 WHERE id = $1",
    )
    .bind(person.id.as_bytes().to_vec())
    .bind(person.device_key.to_vec())
    .bind(person.sealed.clone())
    .bind(i64::from(person.status_index))
    .bind(seconds(person.nadra_at)?)
    .bind(person.revoked_at.map(seconds).transpose()?)
    .bind(person.disabled_at.map(seconds).transpose()?)
    .bind(i64::from(person.assurance))
    .bind(person.way.as_str())
    .execute(db)
    .await?;
    Ok(())
}

/// Adds a person, whose feed is empty.
///
/// # Errors
/// [`StoreError`], [`StoreError::is_taken`] if CNIC or device is enrolled already.
pub async fn add(db: &mut AnyConnection, person: &Person) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO person (id, cnic_index, device_key, sealed, status_index, nadra_outcome, nadra_at,
         assurance, way) VALUES ($1, $2, $3, $4, $5, 'matched', $6, $7, $8)",
    )
    .bind(person.id.as_bytes().to_vec())
    .bind(person.cnic_index.as_bytes().to_vec())
    .bind(person.device_key.to_vec())
    .bind(person.sealed.clone())
    .bind(i64::from(person.status_index))
    .bind(seconds(person.nadra_at)?)
    .bind(i64::from(person.assurance))
    .bind(person.way.as_str())
    .execute(&mut *db)
    .await?;
    for (sql, key) in [
        (
            "INSERT INTO person_cnic (cnic_index, person) VALUES ($1, $2)",
            person.cnic_index.as_bytes(),
        ),
        (
            "INSERT INTO person_device (device_key, person) VALUES ($1, $2)",
            &person.device_key,
        ),
    ] {
        sqlx::query(sql)
            .bind(key.to_vec())
            .bind(person.id.as_bytes().to_vec())
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// Ends an enrolment. What was sealed goes with it, the documents, the feed and the stored answers.
///
/// # Errors
/// [`StoreError`].
pub async fn remove(db: &mut AnyConnection, person: &Person) -> Result<(), StoreError> {
    answer::forget_device(&mut *db, &person.device_key).await?;
    // Not left to ON DELETE CASCADE alone, which an engine may have switched off.
    for sql in [
        "DELETE FROM holding WHERE person = $1",
        "DELETE FROM ward WHERE person = $1",
        "DELETE FROM event WHERE person = $1",
        "DELETE FROM application_feed WHERE person = $1",
        "DELETE FROM application WHERE person = $1",
        "DELETE FROM former_device WHERE person = $1",
        "DELETE FROM person_cnic WHERE cnic_index = (SELECT cnic_index FROM person WHERE id = $1)",
        "DELETE FROM person_device WHERE device_key = (SELECT device_key FROM person WHERE id = $1)",
        "DELETE FROM person WHERE id = $1",
    ] {
        sqlx::query(sql)
            .bind(person.id.as_bytes().to_vec())
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// How many citizens are enrolled.
///
/// # Errors
/// [`StoreError`].
pub async fn count(db: &mut AnyConnection) -> Result<u64, StoreError> {
    let row = sqlx::query("SELECT COUNT(*) AS n FROM person")
        .fetch_one(db)
        .await?;
    unsigned(&row, "n")
}
