//! Tables `bulk` and `bulk_person`: proposals to end many at once, and whom each is about.

use province_api::reason::Reason;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use super::page::{Behind, Rows};
use super::{StoreError, array, few_lengths, seconds, unsigned, values};
use crate::audit::Actor;
use crate::sealed::{BlindIndex, PersonId};

/// Random id of a proposal.
pub type BulkId = [u8; 16];

/// Rows of one statement.
const ROWS: usize = 100;

/// What is done to each of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Their passes and documents end for good.
    Revoke(Reason),
    /// Their passes and documents are suspended.
    Suspend(Reason),
    /// A suspension is lifted.
    Resume,
    /// Their own document of this kind is withdrawn.
    Withdraw(String, Reason),
}

impl Act {
    /// The stable word.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Revoke(_) => "revoke",
            Self::Suspend(_) => "suspend",
            Self::Resume => "resume",
            Self::Withdraw(..) => "withdraw",
        }
    }

    /// Why, where there is a reason.
    pub const fn reason(&self) -> Option<Reason> {
        match self {
            Self::Revoke(reason) | Self::Suspend(reason) | Self::Withdraw(_, reason) => Some(*reason),
            Self::Resume => None,
        }
    }

    /// Which kind of document, where it is about one.
    pub fn vct(&self) -> Option<&str> {
        match self {
            Self::Withdraw(vct, _) => Some(vct),
            _ => None,
        }
    }

    fn read(row: &AnyRow) -> Result<Self, StoreError> {
        let reason: Option<String> = row.try_get("reason")?;
        let vct: Option<String> = row.try_get("vct")?;
        let reason = reason.as_deref().and_then(Reason::parse);
        match (row.try_get("act")?, reason, vct) {
            ("revoke", Some(reason), None) => Ok(Self::Revoke(reason)),
            ("suspend", Some(reason), None) => Ok(Self::Suspend(reason)),
            ("resume", None, None) => Ok(Self::Resume),
            ("withdraw", Some(reason), Some(vct)) => Ok(Self::Withdraw(vct, reason)),
            _ => Err(StoreError::Form),
        }
    }
}

/// A proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bulk {
    /// Random id.
    pub id: BulkId,
    /// What is done to each.
    pub act: Act,
    /// How many people it is about.
    pub people: u64,
    /// What stands for what is done, and to whom; none of proposals from before there was one.
    pub people_sha256: Option<[u8; 32]>,
    /// Who proposed it.
    pub proposer: Actor,
    /// When, unix seconds.
    pub proposed_at: u64,
    /// From when on nobody may approve it, unix seconds.
    pub expires_at: u64,
    /// Who approved it, and when.
    pub approved: Option<(Actor, u64)>,
    /// When it was cancelled.
    pub cancelled_at: Option<u64>,
    /// When it was done.
    pub done_at: Option<u64>,
}

fn actor(text: &str) -> Result<Actor, StoreError> {
    Actor::read(text).ok_or(StoreError::Form)
}

/// Adds a proposal about these people.
///
/// # Errors
/// [`StoreError`].
pub async fn add(db: &mut AnyConnection, bulk: &Bulk, people: &[PersonId]) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO bulk (id, act, vct, reason, people, proposer, proposed_at, expires_at, people_sha256)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(bulk.id.to_vec())
    .bind(bulk.act.as_str())
    .bind(bulk.act.vct().map(str::to_owned))
    .bind(bulk.act.reason().map(Reason::as_str))
    .bind(seconds(bulk.people)?)
    .bind(bulk.proposer.text())
    .bind(seconds(bulk.proposed_at)?)
    .bind(seconds(bulk.expires_at)?)
    .bind(bulk.people_sha256.map(|hash| hash.to_vec()))
    .execute(&mut *db)
    .await?;
    for rows in people.chunks(ROWS) {
        let sql = format!(
            "INSERT INTO bulk_person (bulk, person) VALUES {}",
            values(rows.len(), 2)
        );
        // Only numbers of parameters were put in.
        let mut insert = sqlx::query(sqlx::AssertSqlSafe(sql));
        for person in rows {
            insert = insert.bind(bulk.id.to_vec()).bind(person.as_bytes().to_vec());
        }
        insert.execute(&mut *db).await?;
    }
    Ok(())
}

const ROWS_OF: Rows<Bulk> = Rows {
    select: "SELECT id, act, vct, reason, people, proposer, proposed_at, expires_at, approver, approved_at, cancelled_at,
             done_at, people_sha256 FROM bulk",
    time: "proposed_at",
    read,
};

/// The proposal with this id.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: &mut AnyConnection, id: &BulkId) -> Result<Option<Bulk>, StoreError> {
    ROWS_OF.find(db, id).await
}

/// At most `most` proposals behind this place, the newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn page(db: &mut AnyConnection, behind: Behind, most: u32) -> Result<Vec<Bulk>, StoreError> {
    ROWS_OF.page(db, behind, most).await
}

/// The proposals that were approved and are not done.
///
/// # Errors
/// [`StoreError`].
pub async fn under_way(db: &mut AnyConnection) -> Result<Vec<BulkId>, StoreError> {
    sqlx::query("SELECT id FROM bulk WHERE approver IS NOT NULL AND done_at IS NULL ORDER BY approved_at, id")
        .fetch_all(db)
        .await?
        .iter()
        .map(|row| array(row, "id"))
        .collect()
}

fn read(row: &AnyRow) -> Result<Bulk, StoreError> {
    let time = |column: &str| -> Result<Option<u64>, StoreError> {
        let time: Option<i64> = row.try_get(column)?;
        time.map(|time| u64::try_from(time).map_err(|_| StoreError::Form))
            .transpose()
    };
    let approver: Option<String> = row.try_get("approver")?;
    let approver = approver.as_deref().map(actor).transpose()?;
    Ok(Bulk {
        id: array(row, "id")?,
        act: Act::read(row)?,
        people: unsigned(row, "people")?,
        people_sha256: match row.try_get::<Option<Vec<u8>>, _>("people_sha256")? {
            Some(_) => Some(array(row, "people_sha256")?),
            None => None,
        },
        proposer: actor(row.try_get("proposer")?)?,
        proposed_at: unsigned(row, "proposed_at")?,
        expires_at: unsigned(row, "expires_at")?,
        approved: approver.zip(time("approved_at")?),
        cancelled_at: time("cancelled_at")?,
        done_at: time("done_at")?,
    })
}

/// The people of a proposal's list, by their ids.
///
/// # Errors
/// [`StoreError`].
pub async fn listed(db: &mut AnyConnection, id: &BulkId) -> Result<Vec<PersonId>, StoreError> {
    sqlx::query("SELECT person FROM bulk_person WHERE bulk = $1 ORDER BY person")
        .bind(id.to_vec())
        .fetch_all(db)
        .await?
        .iter()
        .map(|row| Ok(PersonId::from_bytes(array(row, "person")?)))
        .collect()
}

/// Notes the approval.
///
/// # Errors
/// [`StoreError`], also where the database does not let it be approved.
pub async fn approve(db: &mut AnyConnection, id: &BulkId, by: &Actor, now: u64) -> Result<(), StoreError> {
    sqlx::query("UPDATE bulk SET approver = $2, approved_at = $3 WHERE id = $1")
        .bind(id.to_vec())
        .bind(by.text())
        .bind(seconds(now)?)
        .execute(db)
        .await?;
    Ok(())
}

/// Notes that nobody may approve it any more.
///
/// # Errors
/// [`StoreError`].
pub async fn cancel(db: &mut AnyConnection, id: &BulkId, now: u64) -> Result<(), StoreError> {
    sqlx::query("UPDATE bulk SET cancelled_at = $2 WHERE id = $1")
        .bind(id.to_vec())
        .bind(seconds(now)?)
        .execute(db)
        .await?;
    Ok(())
}

/// Notes that it is done.
///
/// # Errors
/// [`StoreError`].
pub async fn finish(db: &mut AnyConnection, id: &BulkId, now: u64) -> Result<(), StoreError> {
    sqlx::query("UPDATE bulk SET done_at = $2 WHERE id = $1")
        .bind(id.to_vec())
        .bind(seconds(now)?)
        .execute(db)
        .await?;
    Ok(())
}

/// The first `most` people to whom nothing was done yet.
///
/// # Errors
/// [`StoreError`].
pub async fn waiting(db: &mut AnyConnection, id: &BulkId, most: u32) -> Result<Vec<PersonId>, StoreError> {
    sqlx::query("SELECT person FROM bulk_person WHERE bulk = $1 AND done_at IS NULL ORDER BY person LIMIT $2")
        .bind(id.to_vec())
        .bind(i64::from(most))
        .fetch_all(db)
        .await?
        .iter()
        .map(|row| Ok(PersonId::from_bytes(array(row, "person")?)))
        .collect()
}

/// Notes that it was done to this one.
///
/// # Errors
/// [`StoreError`].
pub async fn done(
    db: &mut AnyConnection,
    id: &BulkId,
    person: &PersonId,
    now: u64,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE bulk_person SET done_at = $3 WHERE bulk = $1 AND person = $2")
        .bind(id.to_vec())
        .bind(person.as_bytes().to_vec())
        .bind(seconds(now)?)
        .execute(db)
        .await?;
    Ok(())
}

/// Who is enrolled with these CNICs, each once.
///
/// # Errors
/// [`StoreError`].
pub async fn people_of(db: &mut AnyConnection, cnics: &[BlindIndex]) -> Result<Vec<PersonId>, StoreError> {
    let mut people = Vec::new();
    for some in cnics.chunks(ROWS) {
        let Some(last) = some.last() else { continue };
        let count = few_lengths(some.len());
        let sql = format!(
            "SELECT person FROM person_cnic WHERE cnic_index IN {}",
            values(1, count)
        );
        // Only numbers of parameters were put in.
        let mut find = sqlx::query(sqlx::AssertSqlSafe(sql));
        for cnic in some.iter().chain(std::iter::repeat(last)).take(count) {
            find = find.bind(cnic.as_bytes().to_vec());
        }
        for row in find.fetch_all(&mut *db).await? {
            people.push(PersonId::from_bytes(array(&row, "person")?));
        }
    }
    people.sort_by_key(|person| *person.as_bytes());
    people.dedup();
    Ok(people)
}

/// Forgets who was in proposals of before `time` (unix seconds) that are not under way, not more than `most`; gives how many
/// went.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_people_before(db: &mut AnyConnection, time: u64, most: u32) -> Result<u64, StoreError> {
    let sql = "DELETE FROM bulk_person WHERE (bulk, person) IN (SELECT p.bulk, p.person FROM bulk_person p
         JOIN bulk b ON b.id = p.bulk WHERE b.expires_at < $1 AND (b.approver IS NULL OR b.done_at IS NOT NULL) LIMIT $2)";
    super::forget(db, sql, time, most).await
}

/// Forgets those proposals, once nobody is in them any more, not more than `most`; gives how many went.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_before(db: &mut AnyConnection, time: u64, most: u32) -> Result<u64, StoreError> {
    let sql = "DELETE FROM bulk WHERE id IN (SELECT b.id FROM bulk b WHERE b.expires_at < $1
         AND (b.approver IS NULL OR b.done_at IS NOT NULL)
         AND NOT EXISTS (SELECT 1 FROM bulk_person p WHERE p.bulk = b.id) LIMIT $2)";
    super::forget(db, sql, time, most).await
}
