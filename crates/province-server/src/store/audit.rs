//! Tables `audit_waiting`, `audit`, `audit_head` and `audit_cut`: the audit log.
//!
//! What is done is noted in the transaction that does it, as a row that waits. One process at a time then gives the
//! waiting ones their numbers and chains them. Rejected: chaining where it is noted, which would make every transaction
//! of the province wait for the one before.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use super::{StoreError, array, seconds, unsigned, values};
use crate::audit::{Chained, Entry, Hash, Head};
use crate::sealed::PersonId;

/// In the place of a person where an entry is about none.
const NOBODY: [u8; 16] = [0; 16];
/// Rows of one statement.
const ROWS: usize = 100;

/// Notes what the caller's transaction does.
///
/// # Errors
/// [`StoreError`].
pub async fn wait(db: &mut AnyConnection, entry: &Entry) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO audit_waiting (at, role, actor, action, person, detail, sealed) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(seconds(entry.at)?)
    .bind(entry.role.clone())
    .bind(entry.actor.clone())
    .bind(entry.action.clone())
    .bind(person(entry))
    .bind(entry.detail.clone())
    .bind(sealed(entry))
    .execute(db)
    .await?;
    Ok(())
}

fn sealed(entry: &Entry) -> Option<Vec<u8>> {
    (!entry.sealed.is_empty()).then(|| entry.sealed.clone())
}

fn person(entry: &Entry) -> Vec<u8> {
    entry.about.map_or(NOBODY, |id| *id.as_bytes()).to_vec()
}

/// The first `most` that wait, each with its place in the queue.
///
/// # Errors
/// [`StoreError`].
pub async fn waiting(db: &mut AnyConnection, most: u32) -> Result<Vec<(i64, Entry)>, StoreError> {
    sqlx::query(
        "SELECT n, at, role, actor, action, person, detail, sealed FROM audit_waiting ORDER BY n LIMIT $1",
    )
    .bind(i64::from(most))
    .fetch_all(db)
    .await?
    .iter()
    .map(|row| Ok((row.try_get("n")?, entry(row)?)))
    .collect()
}

fn entry(row: &AnyRow) -> Result<Entry, StoreError> {
    let word = |column: &str| row.try_get::<String, _>(column);
    let person = array(row, "person")?;
    Ok(Entry {
        at: unsigned(row, "at")?,
        role: word("role")?,
        actor: word("actor")?,
        action: word("action")?,
        about: (person != NOBODY).then(|| PersonId::from_bytes(person)),
        detail: word("detail")?,
        sealed: row.try_get::<Option<Vec<u8>>, _>("sealed")?.unwrap_or_default(),
    })
}

/// Puts entries that waited at the end of the log, and takes them out of the queue.
///
/// # Errors
/// [`StoreError`].
pub async fn append(db: &mut AnyConnection, chained: &[(i64, Chained)]) -> Result<(), StoreError> {
    for rows in chained.chunks(ROWS) {
        let sql = format!(
            "INSERT INTO audit (seq, at, role, actor, action, person, detail, sealed, hash) VALUES {}",
            values(rows.len(), 9)
        );
        // Only numbers of parameters were put in.
        let mut insert = sqlx::query(sqlx::AssertSqlSafe(sql));
        for (_, one) in rows {
            insert = insert
                .bind(seconds(one.number)?)
                .bind(seconds(one.entry.at)?)
                .bind(one.entry.role.clone())
                .bind(one.entry.actor.clone())
                .bind(one.entry.action.clone())
                .bind(person(&one.entry))
                .bind(one.entry.detail.clone())
                .bind(sealed(&one.entry))
                .bind(one.hash.to_vec());
        }
        insert.execute(&mut *db).await?;
        let sql = format!("DELETE FROM audit_waiting WHERE n IN {}", values(1, rows.len()));
        let mut delete = sqlx::query(sqlx::AssertSqlSafe(sql));
        for (n, _) in rows {
            delete = delete.bind(*n);
        }
        delete.execute(&mut *db).await?;
    }
    Ok(())
}

/// How many wait.
///
/// # Errors
/// [`StoreError`].
pub async fn count_waiting(db: &mut AnyConnection) -> Result<u64, StoreError> {
    let row = sqlx::query("SELECT COUNT(*) AS n FROM audit_waiting")
        .fetch_one(db)
        .await?;
    unsigned(&row, "n")
}

/// The end of the log.
///
/// # Errors
/// [`StoreError`].
pub async fn head(db: &mut AnyConnection) -> Result<Head, StoreError> {
    let last = sqlx::query("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
        .fetch_optional(&mut *db)
        .await?;
    match last {
        Some(row) => read_head(&row),
        None => cut(db).await,
    }
}

/// What stands before the first entry that is kept.
///
/// # Errors
/// [`StoreError`].
pub async fn cut(db: &mut AnyConnection) -> Result<Head, StoreError> {
    let row = sqlx::query("SELECT seq, hash FROM audit_cut WHERE id = 1")
        .fetch_optional(db)
        .await?;
    row.map_or(Ok(Head::NONE), |row| read_head(&row))
}

fn read_head(row: &AnyRow) -> Result<Head, StoreError> {
    Ok(Head {
        number: unsigned(row, "seq")?,
        hash: array::<32>(row, "hash")?,
    })
}

/// The first `most` entries after this number.
///
/// # Errors
/// [`StoreError`].
pub async fn after(db: &mut AnyConnection, number: u64, most: u32) -> Result<Vec<Chained>, StoreError> {
    sqlx::query(
        "SELECT seq, at, role, actor, action, person, detail, sealed, hash FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2",
    )
    .bind(seconds(number)?)
    .bind(i64::from(most))
    .fetch_all(db)
    .await?
    .iter()
    .map(chained)
    .collect()
}

/// The last `most` entries about a person before this number, the newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn about(
    db: &mut AnyConnection,
    person: &PersonId,
    before: u64,
    most: u32,
) -> Result<Vec<Chained>, StoreError> {
    sqlx::query(
        "SELECT seq, at, role, actor, action, person, detail, sealed, hash FROM audit
         WHERE person = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3",
    )
    .bind(person.as_bytes().to_vec())
    .bind(i64::try_from(before).unwrap_or(i64::MAX))
    .bind(i64::from(most))
    .fetch_all(db)
    .await?
    .iter()
    .map(chained)
    .collect()
}

fn chained(row: &AnyRow) -> Result<Chained, StoreError> {
    Ok(Chained {
        number: unsigned(row, "seq")?,
        entry: entry(row)?,
        hash: array(row, "hash")?,
    })
}

/// A signed head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedHead {
    /// The entry that it ends with.
    pub number: u64,
    /// When it was signed, unix seconds.
    pub at: u64,
    /// The seal.
    pub bytes: Vec<u8>,
}

/// Keeps a signed head.
///
/// # Errors
/// [`StoreError`].
pub async fn add_head(db: &mut AnyConnection, head: &SignedHead) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO audit_head (seq, at, bytes) VALUES ($1, $2, $3)")
        .bind(seconds(head.number)?)
        .bind(seconds(head.at)?)
        .bind(head.bytes.clone())
        .execute(db)
        .await?;
    Ok(())
}

/// The signed heads after this number, at most so many.
///
/// # Errors
/// [`StoreError`].
pub async fn heads_after(
    db: &mut AnyConnection,
    number: u64,
    most: u32,
) -> Result<Vec<SignedHead>, StoreError> {
    sqlx::query("SELECT seq, at, bytes FROM audit_head WHERE seq > $1 ORDER BY seq LIMIT $2")
        .bind(seconds(number)?)
        .bind(i64::from(most))
        .fetch_all(db)
        .await?
        .iter()
        .map(signed_head)
        .collect()
}

/// The newest signed head.
///
/// # Errors
/// [`StoreError`].
pub async fn newest_head(db: &mut AnyConnection) -> Result<Option<SignedHead>, StoreError> {
    sqlx::query("SELECT seq, at, bytes FROM audit_head ORDER BY seq DESC LIMIT 1")
        .fetch_optional(db)
        .await?
        .map(|row| signed_head(&row))
        .transpose()
}

fn signed_head(row: &AnyRow) -> Result<SignedHead, StoreError> {
    Ok(SignedHead {
        number: unsigned(row, "seq")?,
        at: unsigned(row, "at")?,
        bytes: row.try_get("bytes")?,
    })
}

/// The last signed head that says of itself that it is from before `time`.
///
/// # Errors
/// [`StoreError`].
pub async fn signed_before(db: &mut AnyConnection, time: u64) -> Result<Option<SignedHead>, StoreError> {
    sqlx::query("SELECT seq, at, bytes FROM audit_head WHERE at < $1 ORDER BY seq DESC LIMIT 1")
        .bind(seconds(time)?)
        .fetch_optional(db)
        .await?
        .map(|row| signed_head(&row))
        .transpose()
}

/// The signed head of this entry.
///
/// # Errors
/// [`StoreError`].
pub async fn head_at(db: &mut AnyConnection, number: u64) -> Result<Option<SignedHead>, StoreError> {
    sqlx::query("SELECT seq, at, bytes FROM audit_head WHERE seq = $1")
        .bind(seconds(number)?)
        .fetch_optional(db)
        .await?
        .map(|row| signed_head(&row))
        .transpose()
}

/// Lets the log begin behind this entry. What is before it is not of the log any more, and goes by [`forget_cut`].
///
/// # Errors
/// [`StoreError`].
pub async fn cut_at(db: &mut AnyConnection, end: &Head) -> Result<(), StoreError> {
    let hash: &Hash = &end.hash;
    sqlx::query(
        "INSERT INTO audit_cut (id, seq, hash) VALUES (1, $1, $2)
         ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash",
    )
    .bind(seconds(end.number)?)
    .bind(hash.to_vec())
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets entries up to the cut and signed heads before it, not more than `most` of each and the oldest first, so that the
/// end of the log never goes back; gives how many went.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_cut(db: &mut AnyConnection, most: u32) -> Result<u64, StoreError> {
    let cut = cut(db).await?.number;
    let entries = "DELETE FROM audit WHERE (person, seq) IN (SELECT person, seq FROM audit WHERE seq <= $1 ORDER BY seq LIMIT $2)";
    let heads = "DELETE FROM audit_head WHERE seq IN (SELECT seq FROM audit_head WHERE seq < $1 ORDER BY seq LIMIT $2)";
    let gone = super::forget(db, entries, cut, most).await?;
    Ok(gone.max(super::forget(db, heads, cut, most).await?))
}
