//! Locks of what a transaction decides about, held to its end, across all processes of one PostgreSQL.
//!
//! On SQLite a transaction that writes holds the one lock that there is, and these do nothing. On PostgreSQL each is an
//! advisory lock of the transaction. Nobody waits in a circle, because all take them in the order in which the kinds stand
//! here, and of one kind by [`take_all`] in the order of their numbers. The rest is left to PostgreSQL, which ends one of
//! two that wait for each other: [`StoreError::is_passing`](super::StoreError::is_passing).

use sha2::{Digest as _, Sha256};
use sqlx::AnyConnection;

use super::StoreError;
use crate::sealed::BlindIndex;

/// What a transaction decides about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock<'a> {
    /// What is done to many at once, by the proposal's id.
    Bulk(&'a [u8; 16]),
    /// What one device asks for: one thing after the other.
    Device(&'a [u8; 32]),
    /// The documents that are held for a child.
    Ward(&'a BlindIndex),
    /// A citizen: their enrolment, standing, documents and feed.
    Citizen(&'a BlindIndex),
    /// What is published: signed files, the lists' bits, and the keys that sign them.
    Published,
    /// The end of the audit log.
    Audit,
    /// What is forgotten when its time is over.
    Forgetting,
}

impl Lock<'_> {
    /// 64 bits of a hash. Two things with the same bits wait for each other and nothing else.
    fn number(self) -> i64 {
        let (kind, of): (u8, &[u8]) = match self {
            Self::Device(key) => (1, key),
            Self::Ward(index) => (2, index.as_bytes()),
            Self::Citizen(index) => (3, index.as_bytes()),
            Self::Published => (4, &[]),
            Self::Audit => (5, &[]),
            Self::Forgetting => (6, &[]),
            Self::Bulk(id) => (7, id),
        };
        let hash = Sha256::new_with_prefix([kind]).chain_update(of).finalize();
        let mut first = [0; 8];
        first.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        i64::from_be_bytes(first)
    }
}

/// Takes a lock, once nobody else has it.
///
/// # Errors
/// [`StoreError`].
pub async fn take(db: &mut AnyConnection, what: Lock<'_>) -> Result<(), StoreError> {
    taken_by(db, "SELECT pg_advisory_xact_lock($1)", what).await
}

/// Takes a lock beside others who share it, once nobody has it alone: what it is about stays as it is.
///
/// # Errors
/// [`StoreError`].
pub async fn share(db: &mut AnyConnection, what: Lock<'_>) -> Result<(), StoreError> {
    taken_by(db, "SELECT pg_advisory_xact_lock_shared($1)", what).await
}

async fn taken_by(db: &mut AnyConnection, sql: &'static str, what: Lock<'_>) -> Result<(), StoreError> {
    if db.backend_name() == "PostgreSQL" {
        sqlx::query(sql).bind(what.number()).execute(db).await?;
    }
    Ok(())
}

/// Takes several locks of one kind.
///
/// # Errors
/// [`StoreError`].
pub async fn take_all(db: &mut AnyConnection, what: &[Lock<'_>]) -> Result<(), StoreError> {
    let mut what = what.to_vec();
    what.sort_by_key(|lock| lock.number());
    what.dedup();
    for lock in what {
        take(db, lock).await?;
    }
    Ok(())
}
