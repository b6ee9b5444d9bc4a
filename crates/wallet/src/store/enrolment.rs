//! Table `enrolment`: who this phone is to the province, and how far it got.

use credential::{SecretKey, Timestamp, derive_holder_key};
use rand_core::CryptoRng;
use rusqlite::{Connection, OptionalExtension as _};
use zeroize::Zeroizing;

use super::{from_sql, to_sql};
use crate::code::{UiCode, UiError};
use crate::error::StoreError;

/// How far the enrolment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Nothing was sent.
    Draft,
    /// The application is in the outbox or on its way.
    Applying,
    /// The province said yes; passes are outstanding.
    Accepted,
    /// The card is on the phone.
    Complete,
}

impl State {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Applying => "applying",
            Self::Accepted => "accepted",
            Self::Complete => "complete",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Draft, Self::Applying, Self::Accepted, Self::Complete]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// The row, without the seeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) state: State,
    pub(crate) error: Option<UiError>,
    pub(crate) retry_at: Option<Timestamp>,
    pub(crate) last_sync_at: Option<Timestamp>,
}

/// Makes the row with two new seeds; part of making the vault.
pub(crate) fn create(database: &Connection, rng: &mut impl CryptoRng) -> Result<(), StoreError> {
    let mut device = Zeroizing::new([0_u8; 32]);
    let mut holder = Zeroizing::new([0_u8; 32]);
    rng.fill_bytes(device.as_mut());
    rng.fill_bytes(holder.as_mut());
    database.execute(
        "INSERT INTO enrolment (id, device_seed, holder_seed) VALUES (1, ?1, ?2)",
        (device.as_slice(), holder.as_slice()),
    )?;
    Ok(())
}

/// Reads the row.
pub(crate) fn load(database: &Connection) -> Result<Row, StoreError> {
    let (state, code, fields, retry_at, last_sync_at) = database.query_row(
        "SELECT state, error_code, error_fields, retry_at, last_sync_at FROM enrolment WHERE id = 1",
        [],
        |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, Option<String>>(1)?,
                row.get::<_, Option<String>>(2)?,
                row.get::<_, Option<i64>>(3)?,
                row.get::<_, Option<i64>>(4)?,
            ))
        },
    )?;
    let fields = fields.map_or(Ok(Vec::new()), |text| {
        serde_json::from_str(&text).map_err(|_| StoreError::Row)
    })?;
    // A code that a later version wrote and this one does not know is no reason to lock anybody out.
    let error = code.as_deref().and_then(UiCode::from_code).map(|code| UiError {
        code,
        retry_after_seconds: None,
        fields,
    });
    Ok(Row {
        state: State::parse(&state).ok_or(StoreError::Row)?,
        error,
        retry_at: retry_at.map(|at| Timestamp::from_unix(from_sql(at))),
        last_sync_at: last_sync_at.map(|at| Timestamp::from_unix(from_sql(at))),
    })
}

/// Back to the draft under a device key that the province has never seen.
pub(crate) fn begin_again(database: &Connection, rng: &mut impl CryptoRng) -> Result<(), StoreError> {
    let mut device = Zeroizing::new([0_u8; 32]);
    rng.fill_bytes(device.as_mut());
    database.execute(
        "UPDATE enrolment SET state = 'draft', device_seed = ?1, device_key_since = NULL, next_device_seed = NULL, \
         next_device_idempotency_key = NULL, error_code = NULL, error_fields = NULL, retry_at = NULL WHERE id = 1",
        [device.as_slice()],
    )?;
    Ok(())
}

/// Moves on.
pub(crate) fn set_state(database: &Connection, state: State) -> Result<(), StoreError> {
    database.execute("UPDATE enrolment SET state = ?1 WHERE id = 1", [state.as_str()])?;
    Ok(())
}

/// Keeps why the last run ended, or that it ended well.
pub(crate) fn set_error(
    database: &Connection,
    error: Option<&UiError>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let fields = match error {
        Some(error) if !error.fields.is_empty() => {
            Some(serde_json::to_string(&error.fields).map_err(|_| StoreError::Row)?)
        }
        _ => None,
    };
    let retry_at = error
        .and_then(|error| error.retry_after_seconds)
        .map(|seconds| to_sql(now.plus(u64::from(seconds)).unix()));
    database.execute(
        "UPDATE enrolment SET error_code = ?1, error_fields = ?2, retry_at = ?3 WHERE id = 1",
        (error.map(|error| error.code.code()), fields, retry_at),
    )?;
    Ok(())
}

/// Keeps when the last sync ended.
pub(crate) fn set_last_sync(database: &Connection, now: Timestamp) -> Result<(), StoreError> {
    database.execute(
        "UPDATE enrolment SET last_sync_at = ?1 WHERE id = 1",
        [to_sql(now.unix())],
    )?;
    Ok(())
}

/// The key that signs this phone's requests.
pub(crate) fn device_key(database: &Connection) -> Result<Zeroizing<[u8; 32]>, StoreError> {
    seed(database, "SELECT device_seed FROM enrolment WHERE id = 1")
}

/// The key that is to sign this phone's requests next, until the province has taken it.
pub(crate) struct NextDeviceKey {
    pub(crate) seed: Zeroizing<[u8; 32]>,
    /// The same each time it is sent.
    pub(crate) idempotency_key: String,
}

/// The next key, if there is one under way.
pub(crate) fn next_device_key(database: &Connection) -> Result<Option<NextDeviceKey>, StoreError> {
    let sql = "SELECT next_device_seed, next_device_idempotency_key FROM enrolment \
               WHERE id = 1 AND next_device_seed IS NOT NULL";
    let found = database.query_row(sql, [], |row| {
        Ok(NextDeviceKey {
            seed: Zeroizing::new(row.get(0)?),
            idempotency_key: row.get(1)?,
        })
    });
    Ok(found.optional()?)
}

/// Draws the next key and keeps it: before it is sent anywhere.
pub(crate) fn make_next_device_key(
    database: &Connection,
    rng: &mut impl CryptoRng,
) -> Result<NextDeviceKey, StoreError> {
    let mut seed = Zeroizing::new([0_u8; 32]);
    rng.fill_bytes(seed.as_mut());
    let mut random = [0_u8; 16];
    rng.fill_bytes(&mut random);
    let idempotency_key = hex::encode(random);
    database.execute(
        "UPDATE enrolment SET next_device_seed = ?1, next_device_idempotency_key = ?2 WHERE id = 1",
        (seed.as_slice(), &idempotency_key),
    )?;
    Ok(NextDeviceKey {
        seed,
        idempotency_key,
    })
}

/// From here on the next key signs, and the one before is gone.
pub(crate) fn take_next_device_key(database: &Connection, now: Timestamp) -> Result<(), StoreError> {
    database.execute(
        "UPDATE enrolment SET device_seed = coalesce(next_device_seed, device_seed), device_key_since = ?1, \
         next_device_seed = NULL, next_device_idempotency_key = NULL WHERE id = 1",
        [to_sql(now.unix())],
    )?;
    Ok(())
}

/// The key in use goes on, as if it were new.
pub(crate) fn drop_next_device_key(database: &Connection, now: Timestamp) -> Result<(), StoreError> {
    database.execute(
        "UPDATE enrolment SET device_key_since = ?1, next_device_seed = NULL, next_device_idempotency_key = NULL \
         WHERE id = 1",
        [to_sql(now.unix())],
    )?;
    Ok(())
}

/// From when the age of the key in use is counted.
pub(crate) fn device_key_since(database: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT device_key_since FROM enrolment WHERE id = 1";
    let since: Option<i64> = database.query_row(sql, [], |row| row.get(0))?;
    Ok(since.map(|at| Timestamp::from_unix(from_sql(at))))
}

/// Counts the age of the key in use from now.
pub(crate) fn set_device_key_since(database: &Connection, now: Timestamp) -> Result<(), StoreError> {
    database.execute(
        "UPDATE enrolment SET device_key_since = ?1 WHERE id = 1",
        [to_sql(now.unix())],
    )?;
    Ok(())
}

/// The holder's key of one pass.
pub(crate) fn holder_key(database: &Connection, index: u64) -> Result<SecretKey, StoreError> {
    let seed = seed(database, "SELECT holder_seed FROM enrolment WHERE id = 1")?;
    Ok(derive_holder_key(&seed, index))
}

/// Reserves `count` indices that no pass had or will have, and gives the first.
pub(crate) fn reserve_holder_indices(database: &Connection, count: u64) -> Result<u64, StoreError> {
    let first: i64 = database.query_row(
        "UPDATE enrolment SET next_holder_index = next_holder_index + ?1 WHERE id = 1 \
         RETURNING next_holder_index - ?1",
        [to_sql(count)],
        |row| row.get(0),
    )?;
    Ok(from_sql(first))
}

fn seed(database: &Connection, sql: &str) -> Result<Zeroizing<[u8; 32]>, StoreError> {
    Ok(Zeroizing::new(database.query_row(sql, [], |row| row.get(0))?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::testing::TestRng;

    #[test]
    fn no_holder_index_is_given_twice() {
        let database = crate::store::in_memory();
        create(&database, &mut TestRng::new(1)).unwrap();
        assert_eq!(reserve_holder_indices(&database, 27).unwrap(), 0);
        assert_eq!(reserve_holder_indices(&database, 2).unwrap(), 27);
        assert_eq!(reserve_holder_indices(&database, 1).unwrap(), 29);
    }

    #[test]
    fn the_reason_of_a_refusal_is_kept_and_cleared() {
        let database = crate::store::in_memory();
        create(&database, &mut TestRng::new(1)).unwrap();
        let error = UiError {
            code: UiCode::NadraUnavailable,
            retry_after_seconds: Some(30),
            fields: vec![],
        };
        set_error(&database, Some(&error), Timestamp::from_unix(100)).unwrap();
        let row = load(&database).unwrap();
        assert_eq!(row.error.unwrap().code, UiCode::NadraUnavailable);
        assert_eq!(row.retry_at, Some(Timestamp::from_unix(130)));
        set_error(&database, None, Timestamp::from_unix(100)).unwrap();
        assert_eq!(load(&database).unwrap().error, None);
    }
}
