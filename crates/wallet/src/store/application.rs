//! Table `application`: drafts, and what the province said of what was sent.

use credential::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{from_sql, to_sql};
use crate::error::StoreError;
use crate::opaque::opaque_debug;

opaque_debug!(Application, Told);

/// One application.
#[derive(Clone, PartialEq)]
pub(crate) struct Application {
    pub(crate) id: i64,
    pub(crate) service: String,
    /// What was typed, by ids of fields.
    pub(crate) typed: Map<String, Value>,
    /// Which fields the wallet filled, and the kind of document that each is from.
    pub(crate) filled: Map<String, Value>,
    /// The province's number of the application that this one is an appeal against.
    pub(crate) about: Option<[u8; 16]>,
    pub(crate) changed_at: Timestamp,
    /// What the province said of it; nothing before it has it.
    pub(crate) told: Option<Told>,
}

/// What the province said of an application.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// The province's number of it.
    pub(crate) number: [u8; 16],
    pub(crate) submitted_at: Timestamp,
    /// Where it stands, in the province's word.
    pub(crate) state: String,
    pub(crate) state_at: Timestamp,
    pub(crate) reason: Option<String>,
    /// What the office said last.
    pub(crate) said: Option<String>,
    /// The fee that is or was due, in rupees.
    pub(crate) amount: Option<u32>,
    /// By which challan the office noted it as paid.
    pub(crate) challan: Option<String>,
}

const COLUMNS: &str = "id, service, typed, filled, changed_at, number, submitted_at, state, state_at, reason, said, about, \
     amount, challan";

/// Every application, the one that changed last first.
pub(crate) fn all(database: &Connection) -> Result<Vec<Application>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM application ORDER BY changed_at DESC, id DESC");
    let mut statement = database.prepare(&sql)?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(read(row)?);
    }
    Ok(all)
}

/// One application; nothing if it is gone.
pub(crate) fn get(database: &Connection, id: i64) -> Result<Option<Application>, StoreError> {
    one(database, "id = ?1", id)
}

/// The application with this number of the province's.
pub(crate) fn by_number(database: &Connection, number: &[u8]) -> Result<Option<Application>, StoreError> {
    one(database, "number = ?1", number)
}

/// Begins a draft.
pub(crate) fn begin(
    database: &Connection,
    (service, about): (&str, Option<[u8; 16]>),
    (typed, filled): (&Map<String, Value>, &Map<String, Value>),
    now: Timestamp,
) -> Result<i64, StoreError> {
    database.execute(
        "INSERT INTO application (service, typed, filled, begun_at, changed_at, about) \
         VALUES (?1, ?2, ?3, ?4, ?4, ?5)",
        (
            service,
            write(typed)?,
            write(filled)?,
            to_sql(now.unix()),
            about.map(Vec::from),
        ),
    )?;
    Ok(database.last_insert_rowid())
}

/// Keeps what was typed.
pub(crate) fn save(
    database: &Connection,
    id: i64,
    (typed, filled): (&Map<String, Value>, &Map<String, Value>),
    now: Timestamp,
) -> Result<(), StoreError> {
    database.execute(
        "UPDATE application SET typed = ?2, filled = ?3, changed_at = ?4 WHERE id = ?1",
        (id, write(typed)?, write(filled)?, to_sql(now.unix())),
    )?;
    Ok(())
}

/// Forgets an application.
pub(crate) fn delete(database: &Connection, id: i64) -> Result<(), StoreError> {
    database.execute("DELETE FROM application WHERE id = ?1", [id])?;
    Ok(())
}

/// Keeps what the province said of one that this phone sent. Where its feed said so before, that row goes: they are one.
pub(crate) fn accept(database: &Connection, id: i64, told: &Told, office: &str) -> Result<(), StoreError> {
    let by_feed = by_number(database, &told.number)?.filter(|other| other.id != id);
    if let Some(by_feed) = &by_feed {
        delete(database, by_feed.id)?;
    }
    let told = by_feed
        .and_then(|by_feed| by_feed.told)
        .unwrap_or_else(|| told.clone());
    put(database, id, &told)?;
    database.execute("UPDATE application SET office = ?2 WHERE id = ?1", (id, office))?;
    Ok(())
}

/// Keeps what the province's feed said of an application, of this phone's or of one that another phone sent or an office
/// brought. The feed is in order: what it says counts, unless it was said before.
pub(crate) fn hear(database: &Connection, service: &str, told: &Told) -> Result<(), StoreError> {
    let known = by_number(database, &told.number)?;
    let id = match &known {
        Some(known) => known.id,
        None => begin(
            database,
            (service, None),
            (&Map::new(), &Map::new()),
            told.submitted_at,
        )?,
    };
    let before = known.and_then(|known| known.told);
    let told = Told {
        submitted_at: before
            .as_ref()
            .map_or(told.submitted_at, |before| before.submitted_at),
        // What was due stays to be read; each change says only what is new.
        amount: told.amount.or(before.as_ref().and_then(|before| before.amount)),
        challan: told
            .challan
            .clone()
            .or(before.and_then(|before| before.challan.filter(|_| told.amount.is_none()))),
        ..told.clone()
    };
    put(database, id, &told)
}

fn put(database: &Connection, id: i64, told: &Told) -> Result<(), StoreError> {
    database.execute(
        "UPDATE application SET number = ?2, submitted_at = ?3, state = ?4, state_at = ?5, reason = ?6, said = ?7, \
         changed_at = ?5, amount = ?8, challan = ?9 WHERE id = ?1",
        (
            id,
            &told.number[..],
            to_sql(told.submitted_at.unix()),
            &told.state,
            to_sql(told.state_at.unix()),
            &told.reason,
            &told.said,
            told.amount,
            &told.challan,
        ),
    )?;
    Ok(())
}

fn one(
    database: &Connection,
    which: &str,
    parameter: impl rusqlite::ToSql,
) -> Result<Option<Application>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM application WHERE {which}");
    database
        .query_row(&sql, [parameter], |row| Ok(read(row)))
        .optional()?
        .transpose()
}

fn write(object: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(object).map_err(|_| StoreError::Row)
}

fn object<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Row)
}

fn read(row: &Row<'_>) -> Result<Application, StoreError> {
    let time = |at: i64| Timestamp::from_unix(from_sql(at));
    let text = |at: usize| row.get_ref(at)?.as_str().map_err(|_| StoreError::Row);
    let number: Option<Vec<u8>> = row.get(5)?;
    let told = match number {
        None => None,
        Some(number) => Some(Told {
            number: number.try_into().map_err(|_| StoreError::Row)?,
            submitted_at: time(row.get(6)?),
            state: row.get(7)?,
            state_at: time(row.get(8)?),
            reason: row.get(9)?,
            said: row.get(10)?,
            amount: row.get(12)?,
            challan: row.get(13)?,
        }),
    };
    Ok(Application {
        id: row.get(0)?,
        service: row.get(1)?,
        typed: object(text(2)?)?,
        filled: object(text(3)?)?,
        about: row
            .get::<_, Option<Vec<u8>>>(11)?
            .map(|number| number.try_into().map_err(|_| StoreError::Row))
            .transpose()?,
        changed_at: time(row.get(4)?),
        told,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn told(number: u8, state: &str, at: u64) -> Told {
        Told {
            number: [number; 16],
            submitted_at: Timestamp::from_unix(at),
            state: state.to_owned(),
            state_at: Timestamp::from_unix(at),
            reason: None,
            said: None,
            amount: None,
            challan: None,
        }
    }

    #[test]
    fn what_the_feed_says_before_the_answer_is_the_same_application() {
        let database = crate::store::in_memory();
        let empty = Map::new();
        let own = begin(
            &database,
            ("fard", None),
            (&empty, &empty),
            Timestamp::from_unix(5),
        )
        .unwrap();
        for (state, at) in [("submitted", 10), ("in_review", 20)] {
            hear(&database, "fard", &told(1, state, at)).unwrap();
        }
        hear(&database, "mutation", &told(2, "submitted", 15)).unwrap();
        accept(&database, own, &told(1, "submitted", 10), "revenue").unwrap();
        let all = all(&database).unwrap();
        assert_eq!(
            all.iter().map(|one| one.service.as_str()).collect::<Vec<_>>(),
            ["fard", "mutation"]
        );
        let own = get(&database, own).unwrap().unwrap().told.unwrap();
        assert_eq!(
            (own.state.as_str(), own.submitted_at.unix(), own.state_at.unix()),
            ("in_review", 10, 20)
        );
        delete(&database, all[1].id).unwrap();
        assert!(by_number(&database, &[2; 16]).unwrap().is_none());
    }
}
