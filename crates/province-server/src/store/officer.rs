//! Tables `officer`, `passkey` and `invite`: who may sign in, with what, and who is invited to.

use province_api::officers::OfficerRole;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use super::page::{Behind, Rows};
use super::{StoreError, array, seconds, unsigned};

/// Random id of an officer.
pub type OfficerId = [u8; 16];
/// SHA-256 of what opens something.
pub type Digest = [u8; 32];

/// One officer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Officer {
    /// Random id.
    pub id: OfficerId,
    /// What they may do.
    pub role: OfficerRole,
    /// What the office calls them, sealed.
    pub sealed: Vec<u8>,
    /// Who invited them, as [`Actor::text`](crate::audit::Actor::text) says it; none of officers from before it was kept.
    pub invited_by: Option<String>,
    /// Since when, unix seconds.
    pub created_at: u64,
    /// Since when they are none any more.
    pub ended_at: Option<u64>,
}

const ROWS_OF: Rows<Officer> = Rows {
    select: "SELECT id, role, sealed, invited_by, created_at, ended_at FROM officer",
    time: "created_at",
    read,
};

/// Adds an officer.
///
/// # Errors
/// [`StoreError`].
pub async fn add(db: &mut AnyConnection, officer: &Officer) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO officer (id, role, sealed, created_at, invited_by) VALUES ($1, $2, $3, $4, $5)")
        .bind(officer.id.to_vec())
        .bind(officer.role.as_str())
        .bind(officer.sealed.clone())
        .bind(seconds(officer.created_at)?)
        .bind(officer.invited_by.clone())
        .execute(db)
        .await?;
    Ok(())
}

/// The officer with this id.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: &mut AnyConnection, id: &OfficerId) -> Result<Option<Officer>, StoreError> {
    ROWS_OF.find(db, id).await
}

/// At most `most` officers behind this place, the newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn page(db: &mut AnyConnection, behind: Behind, most: u32) -> Result<Vec<Officer>, StoreError> {
    ROWS_OF.page(db, behind, most).await
}

fn read(row: &AnyRow) -> Result<Officer, StoreError> {
    let ended: Option<i64> = row.try_get("ended_at")?;
    Ok(Officer {
        id: array(row, "id")?,
        role: OfficerRole::parse(row.try_get("role")?).ok_or(StoreError::Form)?,
        sealed: row.try_get("sealed")?,
        invited_by: row.try_get("invited_by")?,
        created_at: unsigned(row, "created_at")?,
        ended_at: ended
            .map(|time| u64::try_from(time).map_err(|_| StoreError::Form))
            .transpose()?,
    })
}

/// Ends an officer: sessions, passkeys and open invites go.
///
/// # Errors
/// [`StoreError`].
pub async fn end(db: &mut AnyConnection, id: &OfficerId, now: u64) -> Result<(), StoreError> {
    sqlx::query("UPDATE officer SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL")
        .bind(id.to_vec())
        .bind(seconds(now)?)
        .execute(&mut *db)
        .await?;
    for sql in [
        "DELETE FROM session WHERE officer = $1",
        "DELETE FROM passkey WHERE officer = $1",
        "DELETE FROM invite WHERE officer = $1",
    ] {
        sqlx::query(sql).bind(id.to_vec()).execute(&mut *db).await?;
    }
    Ok(())
}

/// A passkey as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// SHA-256 of the credential's id.
    pub credential: Digest,
    /// Whose it is.
    pub officer: OfficerId,
    /// The public key and its counter, sealed.
    pub sealed: Vec<u8>,
}

/// Keeps a passkey, or what became of it.
///
/// # Errors
/// [`StoreError`].
pub async fn put_passkey(db: &mut AnyConnection, kept: &Kept, now: u64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO passkey (credential, officer, sealed, made_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (credential) DO UPDATE SET sealed = excluded.sealed
         WHERE passkey.officer = excluded.officer",
    )
    .bind(kept.credential.to_vec())
    .bind(kept.officer.to_vec())
    .bind(kept.sealed.clone())
    .bind(seconds(now)?)
    .execute(db)
    .await?;
    Ok(())
}

/// The passkey with this credential.
///
/// # Errors
/// [`StoreError`].
pub async fn passkey(db: &mut AnyConnection, credential: &Digest) -> Result<Option<Kept>, StoreError> {
    sqlx::query("SELECT credential, officer, sealed FROM passkey WHERE credential = $1")
        .bind(credential.to_vec())
        .fetch_optional(db)
        .await?
        .map(|row| kept(&row))
        .transpose()
}

/// An officer's passkeys.
///
/// # Errors
/// [`StoreError`].
pub async fn passkeys(db: &mut AnyConnection, officer: &OfficerId) -> Result<Vec<Kept>, StoreError> {
    sqlx::query("SELECT credential, officer, sealed FROM passkey WHERE officer = $1")
        .bind(officer.to_vec())
        .fetch_all(db)
        .await?
        .iter()
        .map(kept)
        .collect()
}

fn kept(row: &AnyRow) -> Result<Kept, StoreError> {
    Ok(Kept {
        credential: array(row, "credential")?,
        officer: array(row, "officer")?,
        sealed: row.try_get("sealed")?,
    })
}

/// Invites an officer; the same code again is the same invite.
///
/// # Errors
/// [`StoreError`].
pub async fn invite(
    db: &mut AnyConnection,
    code: &Digest,
    officer: &OfficerId,
    expires_at: u64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO invite (code, officer, expires_at) VALUES ($1, $2, $3) ON CONFLICT (code) DO NOTHING",
    )
    .bind(code.to_vec())
    .bind(officer.to_vec())
    .bind(seconds(expires_at)?)
    .execute(db)
    .await?;
    Ok(())
}

/// Whom this code invites now.
///
/// # Errors
/// [`StoreError`].
pub async fn invited(
    db: &mut AnyConnection,
    code: &Digest,
    now: u64,
) -> Result<Option<OfficerId>, StoreError> {
    sqlx::query("SELECT officer FROM invite WHERE code = $1 AND used_at IS NULL AND expires_at > $2")
        .bind(code.to_vec())
        .bind(seconds(now)?)
        .fetch_optional(db)
        .await?
        .map(|row| array(&row, "officer"))
        .transpose()
}

/// Until when the open invite of this officer serves, if there is one now; it serves no more from here on.
///
/// # Errors
/// [`StoreError`].
pub async fn take_open_invite(
    db: &mut AnyConnection,
    officer: &OfficerId,
    now: u64,
) -> Result<Option<u64>, StoreError> {
    let found = sqlx::query(
        "DELETE FROM invite WHERE officer = $1 AND used_at IS NULL AND expires_at > $2 RETURNING expires_at",
    )
    .bind(officer.to_vec())
    .bind(seconds(now)?)
    .fetch_optional(db)
    .await?;
    found.map(|row| unsigned(&row, "expires_at")).transpose()
}

/// Uses an invite up; `false` if it serves no more.
///
/// # Errors
/// [`StoreError`].
pub async fn use_invite(db: &mut AnyConnection, code: &Digest, now: u64) -> Result<bool, StoreError> {
    let done =
        sqlx::query("UPDATE invite SET used_at = $2 WHERE code = $1 AND used_at IS NULL AND expires_at > $2")
            .bind(code.to_vec())
            .bind(seconds(now)?)
            .execute(db)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets invites that ended before `time`, not more than `most` rows; gives how many went.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_invites(db: &mut AnyConnection, time: u64, most: u32) -> Result<u64, StoreError> {
    let sql = "DELETE FROM invite WHERE code IN (SELECT code FROM invite WHERE expires_at < $1 LIMIT $2)";
    super::forget(db, sql, time, most).await
}
