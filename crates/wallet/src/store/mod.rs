//! The tables of the vault, one module each: row structs and the only SQL there is.

pub(crate) mod application;
pub(crate) mod artefact;
pub(crate) mod audit;
pub(crate) mod child;
pub(crate) mod credential;
pub(crate) mod draft;
pub(crate) mod enrolment;
pub(crate) mod history;
pub(crate) mod moving;
pub(crate) mod offer;

pub(crate) mod outbox;

pub(crate) mod past_document;
pub(crate) mod put_away;
pub(crate) mod service_event;
pub(crate) mod setting;
pub(crate) mod showing;

pub(crate) mod sync_state;

#[cfg(test)]
pub(crate) fn in_memory() -> rusqlite::Connection {
    #![allow(clippy::unwrap_used)]
    let mut database = rusqlite::Connection::open_in_memory().unwrap();
    crate::vault::prepare(&database).unwrap();
    crate::vault::migrate(&mut database).unwrap();
    database
}

/// A number for SQLite, which has signed ones only. Times and indices of ours are far below the edge.
pub(crate) fn to_sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number from SQLite.
pub(crate) fn from_sql(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
