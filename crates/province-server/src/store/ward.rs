//! Table `ward`: the children whose documents citizens hold.

use sqlx::AnyConnection;

use super::holding::{self, Holding};
use super::{StoreError, array, unsigned};
use crate::sealed::{BlindIndex, PersonId};

/// The number that a child has with a citizen, if it has one.
///
/// # Errors
/// [`StoreError`].
pub async fn find(
    db: &mut AnyConnection,
    person: &PersonId,
    subject: &BlindIndex,
) -> Result<Option<u32>, StoreError> {
    let row = sqlx::query("SELECT no FROM ward WHERE person = $1 AND subject = $2")
        .bind(person.as_bytes().to_vec())
        .bind(subject.as_bytes().to_vec())
        .fetch_optional(db)
        .await?;
    row.map(|row| unsigned(&row, "no")).transpose()
}

/// The number that a child has with a citizen from now on: the one that it had, or one that no other child ever had.
///
/// # Errors
/// [`StoreError`].
pub async fn number(
    db: &mut AnyConnection,
    person: &PersonId,
    subject: &BlindIndex,
) -> Result<u32, StoreError> {
    if let Some(no) = find(&mut *db, person, subject).await? {
        return Ok(no);
    }
    let row = sqlx::query(
        "INSERT INTO ward (person, no, subject)
         SELECT $1, COALESCE(MAX(no), 0) + 1, $2 FROM ward WHERE person = $1 RETURNING no",
    )
    .bind(person.as_bytes().to_vec())
    .bind(subject.as_bytes().to_vec())
    .fetch_one(db)
    .await?;
    unsigned(&row, "no")
}

/// Every document of a child that somebody holds for it, with whose they are, the newest grant of each kind first.
///
/// # Errors
/// [`StoreError`].
pub async fn documents(
    db: &mut AnyConnection,
    subject: &BlindIndex,
) -> Result<Vec<(PersonId, Holding)>, StoreError> {
    let rows = sqlx::query(
        "SELECT holding.person, vct, holding.no, sealed, status_list, status_index, granted_at
         FROM ward JOIN holding ON holding.person = ward.person AND holding.no = ward.no
         WHERE ward.subject = $1 ORDER BY vct, granted_at DESC, holding.person",
    )
    .bind(subject.as_bytes().to_vec())
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| Ok((PersonId::from_bytes(array(row, "person")?), holding::read(row)?)))
        .collect()
}
