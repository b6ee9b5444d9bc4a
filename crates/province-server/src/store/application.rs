//! Tables `application`, `application_reader` and `application_feed`: applications, and what their readers are told of them.

use province_api::application::{ApplicationState, RefusalReason};
use province_api::dispatch::Origin;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use super::{StoreError, array, few_lengths, seconds, unsigned, values};
use crate::sealed::PersonId;

/// Rows of one statement.
const ROWS: usize = 100;

/// Random id of an application. Says nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApplicationId(pub [u8; 16]);

/// The platform that carries an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// The name of its system.
    pub by: String,
    /// Where the application began.
    pub origin: Origin,
    /// The platform's own number of it, sealed; none until it said one.
    pub reference: Option<Vec<u8>>,
}

/// One application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// Random id.
    pub id: ApplicationId,
    /// The office of the catalogue that it is addressed to.
    pub office: String,
    /// The service of the catalogue.
    pub service: String,
    /// Where it stands.
    pub state: ApplicationState,
    /// When it was sent, unix seconds.
    pub submitted_at: u64,
    /// Since when it stands there, unix seconds.
    pub changed_at: u64,
    /// The form, sealed.
    pub sealed: Vec<u8>,
    /// Who carries it, if it is not the office alone.
    pub carried: Option<Carried>,
    /// The fee that is or was due, in rupees.
    pub amount_rupees: Option<u32>,
}

/// Adds one.
///
/// # Errors
/// [`StoreError`].
pub async fn add(db: &mut AnyConnection, person: &PersonId, one: &Application) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO application (person, id, office, service, state, is_open, submitted_at, changed_at, sealed, dispatcher,
         origin, reference) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(person.as_bytes().to_vec())
    .bind(one.id.0.to_vec())
    .bind(one.office.clone())
    .bind(one.service.clone())
    .bind(one.state.as_str())
    .bind(i64::from(one.state.is_open()))
    .bind(seconds(one.submitted_at)?)
    .bind(seconds(one.changed_at)?)
    .bind(one.sealed.clone())
    .bind(one.carried.as_ref().map(|carried| carried.by.clone()))
    .bind(one.carried.as_ref().map_or(Origin::Wallet, |carried| carried.origin).as_str())
    .bind(one.carried.as_ref().and_then(|carried| carried.reference.clone()))
    .execute(db)
    .await?;
    Ok(())
}

/// This person's application.
///
/// # Errors
/// [`StoreError`].
pub async fn find(
    db: &mut AnyConnection,
    person: &PersonId,
    id: &ApplicationId,
) -> Result<Option<Application>, StoreError> {
    sqlx::query("SELECT * FROM application WHERE person = $1 AND id = $2")
        .bind(person.as_bytes().to_vec())
        .bind(id.0.to_vec())
        .fetch_optional(db)
        .await?
        .map(|row| read(&row))
        .transpose()
}

fn read(row: &AnyRow) -> Result<Application, StoreError> {
    Ok(Application {
        id: ApplicationId(array(row, "id")?),
        office: row.try_get("office")?,
        service: row.try_get("service")?,
        state: state(row, "state")?,
        submitted_at: unsigned(row, "submitted_at")?,
        changed_at: unsigned(row, "changed_at")?,
        sealed: row.try_get("sealed")?,
        carried: carried(row)?,
        amount_rupees: row
            .try_get::<Option<i64>, _>("amount_rupees")?
            .map(|amount| u32::try_from(amount).map_err(|_| StoreError::Form))
            .transpose()?,
    })
}

fn carried(row: &AnyRow) -> Result<Option<Carried>, StoreError> {
    let Some(by) = row.try_get("dispatcher")? else {
        return Ok(None);
    };
    Ok(Some(Carried {
        by,
        origin: Origin::parse(row.try_get("origin")?).ok_or(StoreError::Form)?,
        reference: row.try_get("reference")?,
    }))
}

fn state(row: &AnyRow, column: &str) -> Result<ApplicationState, StoreError> {
    ApplicationState::parse(row.try_get(column)?).ok_or(StoreError::Form)
}

/// How many of a person's applications that began there are open.
///
/// # Errors
/// [`StoreError`].
pub async fn count_open(
    db: &mut AnyConnection,
    person: &PersonId,
    origin: Origin,
) -> Result<u64, StoreError> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS n FROM application WHERE person = $1 AND is_open = 1 AND origin = $2",
    )
    .bind(person.as_bytes().to_vec())
    .bind(origin.as_str())
    .fetch_one(db)
    .await?;
    unsigned(&row, "n")
}

/// How many applications a person sent from the wallet after `since`, and when the first of these was.
///
/// # Errors
/// [`StoreError`].
pub async fn sent_since(
    db: &mut AnyConnection,
    person: &PersonId,
    since: u64,
) -> Result<(u64, u64), StoreError> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS n, COALESCE(MIN(submitted_at), 0) AS first_at FROM application
         WHERE person = $1 AND submitted_at > $2 AND origin = $3",
    )
    .bind(person.as_bytes().to_vec())
    .bind(seconds(since)?)
    .bind(Origin::Wallet.as_str())
    .fetch_one(db)
    .await?;
    Ok((unsigned(&row, "n")?, unsigned(&row, "first_at")?))
}

/// Moves one on.
///
/// # Errors
/// [`StoreError`].
pub async fn set_state(
    db: &mut AnyConnection,
    person: &PersonId,
    id: &ApplicationId,
    state: ApplicationState,
    now: u64,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE application SET state = $3, is_open = $4, changed_at = $5 WHERE person = $1 AND id = $2",
    )
    .bind(person.as_bytes().to_vec())
    .bind(id.0.to_vec())
    .bind(state.as_str())
    .bind(i64::from(state.is_open()))
    .bind(seconds(now)?)
    .execute(db)
    .await?;
    Ok(())
}

/// Notes which fee is due for one.
///
/// # Errors
/// [`StoreError`].
pub async fn set_amount(
    db: &mut AnyConnection,
    person: &PersonId,
    id: &ApplicationId,
    rupees: u32,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE application SET amount_rupees = $3, challan = NULL WHERE person = $1 AND id = $2")
        .bind(person.as_bytes().to_vec())
        .bind(id.0.to_vec())
        .bind(i64::from(rupees))
        .execute(db)
        .await?;
    Ok(())
}

/// Notes by which challan it was paid.
///
/// # Errors
/// [`StoreError`].
pub async fn set_challan(
    db: &mut AnyConnection,
    person: &PersonId,
    id: &ApplicationId,
    sealed: &[u8],
) -> Result<(), StoreError> {
    sqlx::query("UPDATE application SET challan = $3 WHERE person = $1 AND id = $2")
        .bind(person.as_bytes().to_vec())
        .bind(id.0.to_vec())
        .bind(sealed.to_vec())
        .execute(db)
        .await?;
    Ok(())
}

/// Notes the platform's own number of one.
///
/// # Errors
/// [`StoreError`].
pub async fn set_reference(
    db: &mut AnyConnection,
    person: &PersonId,
    id: &ApplicationId,
    sealed: &[u8],
) -> Result<(), StoreError> {
    sqlx::query("UPDATE application SET reference = $3 WHERE person = $1 AND id = $2")
        .bind(person.as_bytes().to_vec())
        .bind(id.0.to_vec())
        .bind(sealed.to_vec())
        .execute(db)
        .await?;
    Ok(())
}

/// What a reader is told.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// Whose application it is.
    pub person: &'a PersonId,
    /// Which.
    pub id: &'a ApplicationId,
    /// The state that it changed to.
    pub state: ApplicationState,
    /// Why, if it was refused.
    pub reason: Option<RefusalReason>,
}

/// Tells a reader of a change, under its next number. The number is the last thing that a transaction takes: whoever tells
/// the same reader waits for its end.
///
/// # Errors
/// [`StoreError`].
pub async fn tell(db: &mut AnyConnection, reader: &str, told: &Told<'_>, now: u64) -> Result<(), StoreError> {
    let row = sqlx::query(
        "INSERT INTO application_reader (reader, last) VALUES ($1, 1)
         ON CONFLICT (reader) DO UPDATE SET last = application_reader.last + 1 RETURNING last",
    )
    .bind(reader.to_owned())
    .fetch_one(&mut *db)
    .await?;
    sqlx::query(
        "INSERT INTO application_feed (reader, seq, at, person, id, state, reason) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(reader.to_owned())
    .bind(row.try_get::<i64, _>("last")?)
    .bind(seconds(now)?)
    .bind(told.person.as_bytes().to_vec())
    .bind(told.id.0.to_vec())
    .bind(told.state.as_str())
    .bind(told.reason.map(RefusalReason::as_str))
    .execute(db)
    .await?;
    Ok(())
}

/// Whose application this is, if this reader was ever told of it.
///
/// # Errors
/// [`StoreError`].
pub async fn person_of(
    db: &mut AnyConnection,
    reader: &str,
    id: &ApplicationId,
) -> Result<Option<PersonId>, StoreError> {
    sqlx::query("SELECT person FROM application_feed WHERE id = $1 AND reader = $2 LIMIT 1")
        .bind(id.0.to_vec())
        .bind(reader.to_owned())
        .fetch_optional(db)
        .await?
        .map(|row| Ok(PersonId::from_bytes(array(&row, "person")?)))
        .transpose()
}

/// A change as it is stored, with the application as it is now and its person's sealed record.
#[derive(Clone, Debug)]
pub struct Change {
    /// Its number.
    pub seq: u64,
    /// When, unix seconds.
    pub at: u64,
    /// The state that it changed to.
    pub state: ApplicationState,
    /// Why, if it was refused.
    pub reason: Option<RefusalReason>,
    /// Whose it is.
    pub person: PersonId,
    /// What NADRA confirmed of them, sealed.
    pub record: Vec<u8>,
    /// The level of that.
    pub assurance: u8,
    /// The application now.
    pub application: Application,
}

/// The first `most` changes after this number.
///
/// # Errors
/// [`StoreError`].
pub async fn after(
    db: &mut AnyConnection,
    reader: &str,
    seq: u64,
    most: u32,
) -> Result<Vec<Change>, StoreError> {
    sqlx::query(
        "SELECT f.seq, f.at, f.state AS changed_to, f.reason, f.person, p.sealed AS record, p.assurance,
         a.id, a.office, a.service, a.state, a.submitted_at, a.changed_at, a.sealed, a.dispatcher, a.origin, a.reference,
         a.amount_rupees FROM application_feed f JOIN application a ON a.person = f.person AND a.id = f.id JOIN person p ON p.id = f.person
         WHERE f.reader = $1 AND f.seq > $2 ORDER BY f.seq LIMIT $3",
    )
    .bind(reader.to_owned())
    .bind(i64::try_from(seq).unwrap_or(i64::MAX))
    .bind(i64::from(most))
    .fetch_all(db)
    .await?
    .iter()
    .map(|row| {
        let reason: Option<String> = row.try_get("reason")?;
        Ok(Change {
            seq: unsigned(row, "seq")?,
            at: unsigned(row, "at")?,
            state: state(row, "changed_to")?,
            reason: reason.as_deref().and_then(RefusalReason::parse),
            person: PersonId::from_bytes(array(row, "person")?),
            record: row.try_get("record")?,
            assurance: unsigned(row, "assurance")?,
            application: read(row)?,
        })
    })
    .collect()
}

/// The last number that a reader was given; 0 before the first.
///
/// # Errors
/// [`StoreError`].
pub async fn last(db: &mut AnyConnection, reader: &str) -> Result<u64, StoreError> {
    let row = sqlx::query("SELECT last FROM application_reader WHERE reader = $1")
        .bind(reader.to_owned())
        .fetch_optional(db)
        .await?;
    row.map_or(Ok(0), |row| unsigned(&row, "last"))
}

/// Counts the numbers of this reader from now on.
///
/// # Errors
/// [`StoreError`].
pub async fn begin_reader(db: &mut AnyConnection, reader: &str) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO application_reader (reader, last) VALUES ($1, 1) ON CONFLICT (reader) DO NOTHING",
    )
    .bind(reader.to_owned())
    .execute(db)
    .await?;
    Ok(())
}

/// Leaves so many numbers of every reader out.
///
/// # Errors
/// [`StoreError`].
pub async fn skip(db: &mut AnyConnection, step: u64) -> Result<(), StoreError> {
    sqlx::query("UPDATE application_reader SET last = last + $1")
        .bind(seconds(step)?)
        .execute(db)
        .await?;
    Ok(())
}

/// That an application changed, and nothing of what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The change's number.
    pub seq: u64,
    /// When, unix seconds.
    pub at: u64,
    /// Which application.
    pub id: ApplicationId,
    /// The state that it changed to.
    pub state: ApplicationState,
}

/// The first change behind `after` and up to `last`, of an application that is kept.
///
/// # Errors
/// [`StoreError`].
pub async fn mark_after(
    db: &mut AnyConnection,
    reader: &str,
    after: u64,
    last: u64,
) -> Result<Option<Mark>, StoreError> {
    sqlx::query(
        "SELECT f.seq, f.at, f.id, f.state FROM application_feed f JOIN application a ON a.person = f.person AND a.id = f.id
         WHERE f.reader = $1 AND f.seq > $2 AND f.seq <= $3 ORDER BY f.seq LIMIT 1",
    )
    .bind(reader.to_owned())
    .bind(i64::try_from(after).unwrap_or(i64::MAX))
    .bind(i64::try_from(last).unwrap_or(i64::MAX))
    .fetch_optional(db)
    .await?
    .map(|row| {
        Ok(Mark {
            seq: unsigned(&row, "seq")?,
            at: unsigned(&row, "at")?,
            id: ApplicationId(array(&row, "id")?),
            state: state(&row, "state")?,
        })
    })
    .transpose()
}

/// Forgets applications that ended before `time`, not more than `most`, and what readers were told of them; gives how many
/// applications went.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_ended(db: &mut AnyConnection, time: u64, most: u32) -> Result<u64, StoreError> {
    let gone = sqlx::query(
        "DELETE FROM application WHERE (person, id) IN (SELECT person, id FROM application
         WHERE changed_at < $1 AND is_open = 0 LIMIT $2) RETURNING id",
    )
    .bind(seconds(time)?)
    .bind(i64::from(most))
    .fetch_all(&mut *db)
    .await?;
    let gone = gone.iter().map(|row| array(row, "id"));
    let gone = gone.collect::<Result<Vec<[u8; 16]>, StoreError>>()?;
    for some in gone.chunks(ROWS) {
        let Some(last) = some.last() else { continue };
        let count = few_lengths(some.len());
        let sql = format!("DELETE FROM application_feed WHERE id IN {}", values(1, count));
        // Only numbers of parameters were put in.
        let mut delete = sqlx::query(sqlx::AssertSqlSafe(sql));
        for id in some.iter().chain(std::iter::repeat(last)).take(count) {
            delete = delete.bind(id.to_vec());
        }
        delete.execute(&mut *db).await?;
    }
    Ok(gone.len() as u64)
}
