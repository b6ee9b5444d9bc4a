//! Table `seen`: signed requests that came, so that a copy is told from a new one.

use sqlx::AnyConnection;

use super::{StoreError, array, few_lengths, seconds, unsigned, values};

/// A signed request, as far as it is told from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Request {
    /// Public key of the device.
    pub device_key: [u8; 32],
    /// What the device signs once.
    pub nonce: [u8; 16],
    /// Until when it would be taken, unix seconds.
    pub until: u64,
}

/// Notes requests; gives those that did not come before, each once.
///
/// # Errors
/// [`StoreError`].
pub async fn add_all(db: &mut AnyConnection, requests: &[Request]) -> Result<Vec<Request>, StoreError> {
    let Some(last) = requests.last() else {
        return Ok(Vec::new());
    };
    let rows = few_lengths(requests.len());
    let sql = format!(
        "INSERT INTO seen (device_key, nonce, until) VALUES {} ON CONFLICT DO NOTHING
         RETURNING device_key, nonce, until",
        values(rows, 3)
    );
    // Only numbers of parameters were put in.
    let mut insert = sqlx::query(sqlx::AssertSqlSafe(sql));
    for one in requests.iter().chain(std::iter::repeat(last)).take(rows) {
        insert = insert
            .bind(one.device_key.to_vec())
            .bind(one.nonce.to_vec())
            .bind(seconds(one.until)?);
    }
    insert
        .fetch_all(db)
        .await?
        .iter()
        .map(|row| {
            Ok(Request {
                device_key: array(row, "device_key")?,
                nonce: array(row, "nonce")?,
                until: unsigned(row, "until")?,
            })
        })
        .collect()
}

/// Forgets requests that are refused by their own end, not more than `most` rows; gives how many went.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_ended(db: &mut AnyConnection, now: u64, most: u32) -> Result<u64, StoreError> {
    let sql = "DELETE FROM seen WHERE (device_key, nonce) IN (SELECT device_key, nonce FROM seen WHERE until < $1 LIMIT $2)";
    super::forget(db, sql, now, most).await
}
