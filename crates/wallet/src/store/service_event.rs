//! Table `service_event`: what the province did for or to this person, as its feed says.

use credential::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row};

use super::credential::Which;
use super::{from_sql, to_sql};
use crate::error::StoreError;
use crate::home::screen_time;
use crate::opaque::opaque_debug;
use crate::screen::ExportEvent;

opaque_debug!(ServiceEvent);

/// One event.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ServiceEvent {
    /// The province's number of it in its feed; they only grow, until the province begins another feed.
    pub(crate) feed_seq: u64,
    pub(crate) at: Timestamp,
    /// What happened, in the province's word; one that this version does not know is kept all the same.
    pub(crate) kind: String,
    /// Which pass or document, if it is about one.
    pub(crate) vct: Option<String>,
    /// A JSON object. It holds no values of claims.
    pub(crate) body: String,
}

impl ServiceEvent {
    /// Whose document it is about: 0 is the citizen's own.
    pub(crate) fn no(&self) -> Result<u32, StoreError> {
        Ok(self.said()?.no)
    }

    /// The number of the application that it is about, with the platform that carries it.
    pub(crate) fn reference(&self) -> Result<Option<String>, StoreError> {
        Ok(self.said()?.reference)
    }

    fn said(&self) -> Result<Said, StoreError> {
        serde_json::from_str(&self.body).map_err(|_| StoreError::Row)
    }
}

/// What is read of an event's body.
#[derive(serde::Deserialize)]
struct Said {
    #[serde(default)]
    no: u32,
    #[serde(default)]
    reference: Option<String>,
}

/// Keeps an event. One that is here already stays as it is: the feed may repeat itself and never changes its mind. Says
/// whether it was new.
pub(crate) fn insert(database: &Connection, event: &ServiceEvent) -> Result<bool, StoreError> {
    let rows = database.execute(
        "INSERT INTO service_event (feed_no, feed_seq, at, kind, vct, body) \
         VALUES ((SELECT feed_no FROM sync_state), ?1, ?2, ?3, ?4, ?5) ON CONFLICT (feed_no, feed_seq) DO NOTHING",
        (
            to_sql(event.feed_seq),
            to_sql(event.at.unix()),
            &event.kind,
            &event.vct,
            &event.body,
        ),
    )?;
    Ok(rows > 0)
}

/// One event by its row's number; nothing if it is gone.
pub(crate) fn load(database: &Connection, id: i64) -> Result<Option<ServiceEvent>, StoreError> {
    let mut statement =
        database.prepare_cached("SELECT feed_seq, at, kind, vct, body FROM service_event WHERE id = ?1")?;
    Ok(statement.query_row([id], read).optional()?)
}

/// Every event, or those about one document, the newest first.
pub(crate) fn export(database: &Connection, which: Option<Which>) -> Result<Vec<ExportEvent>, StoreError> {
    let mut statement = database.prepare(
        "SELECT at, kind, vct FROM service_event WHERE ?1 IS NULL OR (vct = ?1 AND ifnull(body ->> 'no', 0) = ?2) \
         ORDER BY at DESC, id DESC",
    )?;
    let rows = statement.query_map(
        (
            which.as_ref().map(|one| one.vct.as_str()),
            which.map(|one| one.no),
        ),
        |row| {
            Ok(ExportEvent {
                at: screen_time(Timestamp::from_unix(from_sql(row.get(0)?))),
                kind: row.get(1)?,
                vct: row.get(2)?,
            })
        },
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<ServiceEvent> {
    Ok(ServiceEvent {
        feed_seq: from_sql(row.get(0)?),
        at: Timestamp::from_unix(from_sql(row.get(1)?)),
        kind: row.get(2)?,
        vct: row.get(3)?,
        body: row.get(4)?,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn event(feed_seq: u64, kind: &str) -> ServiceEvent {
        ServiceEvent {
            feed_seq,
            at: Timestamp::from_unix(1000 + feed_seq),
            kind: kind.to_owned(),
            vct: Some("domicile".to_owned()),
            body: "{}".to_owned(),
        }
    }

    #[test]
    fn a_repeated_event_is_one_event_and_another_feed_has_its_own_numbers() {
        let database = crate::store::in_memory();
        let count = || -> u32 {
            let sql = "SELECT count(*) FROM service_event WHERE kind = 'document_granted'";
            database.query_row(sql, [], |row| row.get(0)).unwrap()
        };
        for number in [1, 2, 4] {
            assert!(insert(&database, &event(number, "document_granted")).unwrap());
        }
        assert!(!insert(&database, &event(2, "another_word")).unwrap());
        assert_eq!(count(), 3);
        // Another feed of the same person begins at 1 again, and what was is kept.
        database.execute("UPDATE sync_state SET feed_no = 1", []).unwrap();
        assert!(insert(&database, &event(1, "document_granted")).unwrap());
        assert_eq!(count(), 4);
    }
}
