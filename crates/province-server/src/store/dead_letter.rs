//! Table `dead_letter`: changes that a system did not take for a day.

use province_api::webhook::NotTaken;
use sqlx::{AnyConnection, Row as _};

use super::{StoreError, seconds, unsigned};

/// One of them. Times are unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The change's number.
    pub number: u64,
    /// When the change was.
    pub at: u64,
    /// When it was given up.
    pub died_at: u64,
    /// Why it was not taken the last time.
    pub not_taken: NotTaken,
    /// Whether it is about to be sent again.
    pub again: bool,
}

/// Keeps one.
///
/// # Errors
/// [`StoreError`].
pub async fn add(db: &mut AnyConnection, system: &str, letter: &DeadLetter) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO dead_letter (system, number, at, died_at, not_taken, again) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT DO NOTHING",
    )
    .bind(system.to_owned())
    .bind(seconds(letter.number)?)
    .bind(seconds(letter.at)?)
    .bind(seconds(letter.died_at)?)
    .bind(letter.not_taken.as_str())
    .bind(i64::from(letter.again))
    .execute(db)
    .await?;
    Ok(())
}

/// The first of a system behind this number.
///
/// # Errors
/// [`StoreError`].
pub async fn after(
    db: &mut AnyConnection,
    system: &str,
    number: u64,
    most: u32,
) -> Result<Vec<DeadLetter>, StoreError> {
    let rows = sqlx::query(
        "SELECT number, at, died_at, not_taken, again FROM dead_letter
         WHERE system = $1 AND number > $2 ORDER BY number LIMIT $3",
    )
    .bind(system.to_owned())
    .bind(i64::try_from(number).unwrap_or(i64::MAX))
    .bind(i64::from(most))
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            let why: String = row.try_get("not_taken")?;
            Ok(DeadLetter {
                number: unsigned(row, "number")?,
                at: unsigned(row, "at")?,
                died_at: unsigned(row, "died_at")?,
                not_taken: NotTaken::parse(&why).ok_or(StoreError::Form)?,
                again: unsigned::<u64>(row, "again")? == 1,
            })
        })
        .collect()
}

/// The number of the first that is about to be sent again.
///
/// # Errors
/// [`StoreError`].
pub async fn first_again(db: &mut AnyConnection, system: &str) -> Result<Option<u64>, StoreError> {
    let row =
        sqlx::query("SELECT number FROM dead_letter WHERE system = $1 AND again = 1 ORDER BY number LIMIT 1")
            .bind(system.to_owned())
            .fetch_optional(db)
            .await?;
    row.map(|row| unsigned(&row, "number")).transpose()
}

/// Asks for one again, or for all; says how many that are.
///
/// # Errors
/// [`StoreError`].
pub async fn ask_again(db: &mut AnyConnection, system: &str, number: Option<u64>) -> Result<u64, StoreError> {
    let (first, last) = number.map_or((0, i64::MAX), |number| {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        (number, number)
    });
    let done =
        sqlx::query("UPDATE dead_letter SET again = 1 WHERE system = $1 AND number >= $2 AND number <= $3")
            .bind(system.to_owned())
            .bind(first)
            .bind(last)
            .execute(db)
            .await?;
    Ok(done.rows_affected())
}

/// Notes why one was not taken again. None of the system's is sent until it is asked for once more.
///
/// # Errors
/// [`StoreError`].
pub async fn not_again(
    db: &mut AnyConnection,
    system: &str,
    number: u64,
    why: NotTaken,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE dead_letter SET not_taken = $3 WHERE system = $1 AND number = $2")
        .bind(system.to_owned())
        .bind(seconds(number)?)
        .bind(why.as_str())
        .execute(&mut *db)
        .await?;
    sqlx::query("UPDATE dead_letter SET again = 0 WHERE system = $1")
        .bind(system.to_owned())
        .execute(db)
        .await?;
    Ok(())
}

/// Takes one away: it was taken, or what it is about is forgotten.
///
/// # Errors
/// [`StoreError`].
pub async fn remove(db: &mut AnyConnection, system: &str, number: u64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM dead_letter WHERE system = $1 AND number = $2")
        .bind(system.to_owned())
        .bind(seconds(number)?)
        .execute(db)
        .await?;
    Ok(())
}

/// Takes all of a system's away.
///
/// # Errors
/// [`StoreError`].
pub async fn remove_all(db: &mut AnyConnection, system: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM dead_letter WHERE system = $1")
        .bind(system.to_owned())
        .execute(db)
        .await?;
    Ok(())
}

/// How many a system has; of all systems, if none is named.
///
/// # Errors
/// [`StoreError`].
pub async fn count(db: &mut AnyConnection, system: Option<&str>) -> Result<u64, StoreError> {
    let query = match system {
        Some(system) => {
            sqlx::query("SELECT COUNT(*) AS n FROM dead_letter WHERE system = $1").bind(system.to_owned())
        }
        None => sqlx::query("SELECT COUNT(*) AS n FROM dead_letter"),
    };
    unsigned(&query.fetch_one(db).await?, "n")
}

/// Forgets those that were given up before `time`, not more than `most` rows; gives how many went.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_before(db: &mut AnyConnection, time: u64, most: u32) -> Result<u64, StoreError> {
    let sql = "DELETE FROM dead_letter WHERE (system, number) IN (SELECT system, number FROM dead_letter WHERE died_at < $1 LIMIT $2)";
    super::forget(db, sql, time, most).await
}
