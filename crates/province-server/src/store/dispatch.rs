//! Tables `dispatch_service`, `dispatch_reference` and `dispatch_offer`: what platforms carry, and what they said.

use province_api::application::ApplicationState;
use sqlx::{AnyConnection, Row as _};

use super::application::ApplicationId;
use super::{StoreError, array, seconds, unsigned};
use crate::sealed::{BlindIndex, PersonId};

/// The platform that carries this service, if one does.
///
/// # Errors
/// [`StoreError`].
pub async fn carrier_of(db: &mut AnyConnection, service: &str) -> Result<Option<String>, StoreError> {
    sqlx::query("SELECT system FROM dispatch_service WHERE service = $1")
        .bind(service.to_owned())
        .fetch_optional(db)
        .await?
        .map(|row| Ok(row.try_get("system")?))
        .transpose()
}

/// The services that are carried: service, platform, and what that calls it; in the order of the services.
///
/// # Errors
/// [`StoreError`].
pub async fn services(db: &mut AnyConnection) -> Result<Vec<(String, String, String)>, StoreError> {
    sqlx::query("SELECT service, system, code FROM dispatch_service ORDER BY service")
        .fetch_all(db)
        .await?
        .iter()
        .map(|row| {
            Ok((
                row.try_get("service")?,
                row.try_get("system")?,
                row.try_get("code")?,
            ))
        })
        .collect()
}

/// The service of the catalogue that a platform calls so.
///
/// # Errors
/// [`StoreError`].
pub async fn service_of(
    db: &mut AnyConnection,
    system: &str,
    code: &str,
) -> Result<Option<String>, StoreError> {
    sqlx::query("SELECT service FROM dispatch_service WHERE system = $1 AND code = $2")
        .bind(system.to_owned())
        .bind(code.to_owned())
        .fetch_optional(db)
        .await?
        .map(|row| Ok(row.try_get("service")?))
        .transpose()
}

/// Lets a platform carry these services, each under its name there, and no others.
///
/// # Errors
/// [`StoreError`], [`StoreError::is_taken`] if another platform carries one of them.
pub async fn set_services(
    db: &mut AnyConnection,
    system: &str,
    services: &[(String, String)],
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM dispatch_service WHERE system = $1")
        .bind(system.to_owned())
        .execute(&mut *db)
        .await?;
    for (service, code) in services {
        sqlx::query("INSERT INTO dispatch_service (service, system, code) VALUES ($1, $2, $3)")
            .bind(service.clone())
            .bind(system.to_owned())
            .bind(code.clone())
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// An application here, by its person and its id.
pub type Place = (PersonId, ApplicationId);

/// What a platform last said under one of its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Its count of changes; 0 of what began in a wallet.
    pub revision: u64,
    /// The state.
    pub state: ApplicationState,
    /// When it was said, unix seconds.
    pub changed_at: u64,
    /// The application here, if there was one then.
    pub place: Option<Place>,
}

/// What was said under the number with this mark.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: &mut AnyConnection, mark: &BlindIndex) -> Result<Option<Reference>, StoreError> {
    let row =
        sqlx::query("SELECT revision, state, changed_at, person, id FROM dispatch_reference WHERE mark = $1")
            .bind(mark.as_bytes().to_vec())
            .fetch_optional(db)
            .await?;
    let Some(row) = row else { return Ok(None) };
    let person: Option<Vec<u8>> = row.try_get("person")?;
    let place = match person {
        Some(_) => Some((
            PersonId::from_bytes(array(&row, "person")?),
            ApplicationId(array(&row, "id")?),
        )),
        None => None,
    };
    Ok(Some(Reference {
        revision: unsigned(&row, "revision")?,
        state: ApplicationState::parse(row.try_get("state")?).ok_or(StoreError::Form)?,
        changed_at: unsigned(&row, "changed_at")?,
        place,
    }))
}

/// Keeps what was said under a number, in the place of what was said before.
///
/// # Errors
/// [`StoreError`].
pub async fn put(db: &mut AnyConnection, mark: &BlindIndex, said: &Reference) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO dispatch_reference (mark, revision, state, changed_at, person, id) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (mark) DO UPDATE SET revision = excluded.revision, state = excluded.state,
         changed_at = excluded.changed_at, person = excluded.person, id = excluded.id",
    )
    .bind(mark.as_bytes().to_vec())
    .bind(seconds(said.revision)?)
    .bind(said.state.as_str())
    .bind(seconds(said.changed_at)?)
    .bind(said.place.map(|(person, _)| person.as_bytes().to_vec()))
    .bind(said.place.map(|(_, id)| id.0.to_vec()))
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets what was last said before `time`, but for applications that are still here, not more than `most` rows; gives how
/// many went.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_before(db: &mut AnyConnection, time: u64, most: u32) -> Result<u64, StoreError> {
    let sql = "DELETE FROM dispatch_reference WHERE mark IN (SELECT r.mark FROM dispatch_reference r WHERE r.changed_at < $1
         AND NOT EXISTS (SELECT 1 FROM application a WHERE a.person = r.person AND a.id = r.id) LIMIT $2)";
    super::forget(db, sql, time, most).await
}

/// Keeps the catalogue that a platform sent, in the place of the one before.
///
/// # Errors
/// [`StoreError`].
pub async fn put_offer(db: &mut AnyConnection, system: &str, body: &str, now: u64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO dispatch_offer (system, sent_at, body) VALUES ($1, $2, $3)
         ON CONFLICT (system) DO UPDATE SET sent_at = excluded.sent_at, body = excluded.body",
    )
    .bind(system.to_owned())
    .bind(seconds(now)?)
    .bind(body.to_owned())
    .execute(db)
    .await?;
    Ok(())
}

/// The catalogue that a platform sent last.
///
/// # Errors
/// [`StoreError`].
pub async fn offer(db: &mut AnyConnection, system: &str) -> Result<Option<String>, StoreError> {
    sqlx::query("SELECT body FROM dispatch_offer WHERE system = $1")
        .bind(system.to_owned())
        .fetch_optional(db)
        .await?
        .map(|row| Ok(row.try_get("body")?))
        .transpose()
}
