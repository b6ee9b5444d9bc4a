//! Table `outbox`: what was decided to send, until an answer is stored.

use rand_core::CryptoRng;
use rusqlite::{Connection, OptionalExtension as _};

use super::{from_sql, to_sql};
use crate::error::StoreError;
use crate::opaque::opaque_debug;

opaque_debug!(Entry);

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The application.
    Enrolment,
    /// Asking for a challenge.
    Challenge,
    /// Asking for passes.
    Passes,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Enrolment => "enrolment",
            Self::Challenge => "challenge",
            Self::Passes => "passes",
        }
    }
}

/// One entry: the same key and the same bytes every time it is sent.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) idempotency_key: String,
    pub(crate) body: Vec<u8>,
    pub(crate) holder_index: Option<u64>,
}

/// The entry of this kind, if one is waiting.
pub(crate) fn load(database: &Connection, kind: Kind) -> Result<Option<Entry>, StoreError> {
    Ok(database
        .query_row(
            "SELECT idempotency_key, body, holder_index FROM outbox WHERE kind = ?1",
            [kind.as_str()],
            |row| {
                Ok(Entry {
                    idempotency_key: row.get(0)?,
                    body: row.get(1)?,
                    holder_index: row.get::<_, Option<i64>>(2)?.map(from_sql),
                })
            },
        )
        .optional()?)
}

/// Puts an entry in under a new random idempotency key.
pub(crate) fn insert(
    database: &Connection,
    kind: Kind,
    body: Vec<u8>,
    holder_index: Option<u64>,
    rng: &mut impl CryptoRng,
) -> Result<Entry, StoreError> {
    let mut random = [0; 16];
    rng.fill_bytes(&mut random);
    insert_with_key(database, kind, hex::encode(random), body, holder_index)
}

/// Puts an entry in under this idempotency key.
pub(crate) fn insert_with_key(
    database: &Connection,
    kind: Kind,
    idempotency_key: String,
    body: Vec<u8>,
    holder_index: Option<u64>,
) -> Result<Entry, StoreError> {
    database.execute(
        "INSERT INTO outbox (kind, idempotency_key, body, holder_index) VALUES (?1, ?2, ?3, ?4)",
        (kind.as_str(), &idempotency_key, &body, holder_index.map(to_sql)),
    )?;
    Ok(Entry {
        idempotency_key,
        body,
        holder_index,
    })
}

/// Takes an entry out: it is answered.
pub(crate) fn remove(database: &Connection, kind: Kind) -> Result<(), StoreError> {
    database.execute("DELETE FROM outbox WHERE kind = ?1", [kind.as_str()])?;
    Ok(())
}
