//! Inviting officers and ending them: the administrator's work, and for the first of them the operator's.

use credential::Timestamp;
use province_api::Bytes;
use province_api::officers::{Done, Invited, NAME_BYTES_MAX, OfficerList, OfficerRole, OfficerView};
use province_api::problem::ProblemCode;
use serde_json::json;
use sqlx::AnyConnection;

use super::sessions::SignedOfficer;
use super::{OfficerId, digest, text_of};
use crate::audit::{Action, Actor};
use crate::randomness::Randomness;
use crate::rules::{Fault, Province, Refusal, audit};
use crate::sealed::{DataKeys, Kind};
use crate::store::Store;
use crate::store::officer::{self, Officer};

/// For how long an invite serves, in seconds.
pub const INVITE_SECONDS: u64 = 72 * 60 * 60;
/// Most officers of one list.
const LISTED_MAX: u32 = 1_000;

/// Whether an office may call an officer so: a staff number, or a name in Latin letters.
pub fn is_name(name: &str) -> bool {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || " ._-".contains(letter);
    (1..=NAME_BYTES_MAX).contains(&name.len()) && name.chars().all(fits)
}

/// Makes an officer and invites them. The code is said once and kept as its SHA-256.
///
/// # Errors
/// [`Fault`].
pub async fn invite(
    store: &Store,
    data: &DataKeys,
    by: &Actor,
    (role, name): (OfficerRole, &str),
    randomness: &Randomness,
    now: Timestamp,
) -> Result<Invited, Fault> {
    let mut write = store.write().await?;
    let invited = invite_in(&mut write, data, by, (role, name), randomness, now).await?;
    write.commit().await?;
    Ok(invited)
}

/// The same inside the caller's transaction.
pub(super) async fn invite_in(
    db: &mut AnyConnection,
    data: &DataKeys,
    by: &Actor,
    (role, name): (OfficerRole, &str),
    randomness: &Randomness,
    now: Timestamp,
) -> Result<Invited, Fault> {
    let id: OfficerId = randomness.bytes();
    let code = text_of(&Bytes(randomness.bytes::<20>().to_vec()))?;
    let expires_at = now.plus(INVITE_SECONDS).unix();
    let made = Officer {
        id,
        role,
        sealed: data.seal(Kind::Officer, &id, name.as_bytes(), randomness)?,
        created_at: now.unix(),
        ended_at: None,
    };
    officer::add(db, &made).await?;
    officer::invite(db, &digest(code.as_bytes()), &id, expires_at).await?;
    let what = json!({ "officer": hex::encode(id), "role": role });
    audit::note(db, by, Action::OfficerInvited, None, &what, now).await?;
    Ok(Invited {
        officer: hex::encode(id),
        code,
        expires_at,
    })
}

/// Ends an officer; `None` if there is none with this id, `false` if they had been ended before.
///
/// # Errors
/// [`Fault`].
pub async fn end(store: &Store, by: &Actor, id: &OfficerId, now: Timestamp) -> Result<Option<bool>, Fault> {
    let mut write = store.write().await?;
    let Some(found) = officer::find(&mut write, id).await? else {
        return Ok(None);
    };
    if found.ended_at.is_some() {
        return Ok(Some(false));
    }
    officer::end(&mut write, id, now.unix()).await?;
    let what = json!({ "officer": hex::encode(id) });
    audit::note(&mut write, by, Action::OfficerEnded, None, &what, now).await?;
    write.commit().await?;
    Ok(Some(true))
}

/// The officers, the newest first.
///
/// # Errors
/// [`Fault`].
pub async fn list(store: &Store, data: &DataKeys) -> Result<OfficerList, Fault> {
    let found = officer::newest(&mut *store.read().await?, LISTED_MAX).await?;
    let views: Result<Vec<OfficerView>, Fault> = found
        .iter()
        .map(|one| {
            Ok(OfficerView {
                officer: hex::encode(one.id),
                role: one.role,
                name: name_of(data, one)?,
                created_at: one.created_at,
                ended_at: one.ended_at,
            })
        })
        .collect();
    Ok(OfficerList { officers: views? })
}

fn name_of(data: &DataKeys, officer: &Officer) -> Result<String, Fault> {
    let plain = data.open(Kind::Officer, &officer.id, &officer.sealed)?;
    Ok(String::from_utf8_lossy(&plain).into_owned())
}

impl Province {
    pub(super) fn officer_name(&self, officer: &Officer) -> Result<String, Fault> {
        name_of(&self.keys().data, officer)
    }

    /// The officers, asked by an administrator.
    ///
    /// # Errors
    /// [`Refusal::Fault`].
    pub async fn officers(&self) -> Result<OfficerList, Refusal> {
        Ok(list(self.store(), &self.keys().data).await?)
    }

    /// Ends an officer, asked by an administrator.
    ///
    /// # Errors
    /// [`ProblemCode::NotFound`], [`Refusal::Fault`].
    pub async fn end_officer(&self, by: &SignedOfficer, id: &OfficerId) -> Result<Done, Refusal> {
        let ended = end(self.store(), &by.actor(), id, self.now()).await?;
        let changed = ended.ok_or(ProblemCode::NotFound)?;
        Ok(Done { changed })
    }
}
