//! Inviting officers and ending them: the administrator's work, and for the first of them the operator's.

use credential::Timestamp;
use province_api::Bytes;
use province_api::officers::{
    Done, InviteRequest, Invited, LIST_PAGE_MAX, NAME_BYTES_MAX, OfficerList, OfficerRole, OfficerView,
};
use province_api::problem::ProblemCode;
use serde_json::json;
use sqlx::AnyConnection;

use super::sessions::SignedOfficer;
use super::{OfficerId, digest, text_of};
use crate::audit::{Action, Actor, Role};
use crate::randomness::Randomness;
use crate::rules::answered::{Asked, Asker as _};
use crate::rules::{Fault, Province, Refusal, audit};
use crate::sealed::{DataKeys, Kind};
use crate::store::lock::{self, Lock};
use crate::store::officer::{self, Officer};
use crate::store::page::{self, Behind};
use crate::store::{Store, StoreError};

/// For how long an invite serves, in seconds.
pub const INVITE_SECONDS: u64 = 72 * 60 * 60;

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
async fn invite_in(
    db: &mut AnyConnection,
    data: &DataKeys,
    by: &Actor,
    (role, name): (OfficerRole, &str),
    randomness: &Randomness,
    now: Timestamp,
) -> Result<Invited, Fault> {
    let id: OfficerId = randomness.bytes();
    let code = new_code(randomness)?;
    let expires_at = now.plus(INVITE_SECONDS).unix();
    let made = Officer {
        id,
        role,
        sealed: data.seal(Kind::Officer, &id, name.as_bytes(), randomness)?,
        invited_by: Some(by.text()),
        created_at: now.unix(),
        ended_at: None,
    };
    officer::add(db, &made).await?;
    officer::invite(db, &digest(code.as_bytes()), &id, expires_at).await?;
    let what = json!({ "officer": hex::encode(id), "role": role });
    audit::note(db, by, Action::OfficerInvited, None, &what, now).await?;
    Ok(Invited {
        officer: hex::encode(id),
        code: Some(code),
        expires_at,
    })
}

fn new_code(randomness: &Randomness) -> Result<String, Fault> {
    text_of(&Bytes(randomness.bytes::<20>().to_vec()))
}

/// What was answered, with another code in the place of the one that nobody kept, if that may still be used.
async fn invite_again(
    db: &mut AnyConnection,
    before: Invited,
    randomness: &Randomness,
    now: Timestamp,
) -> Result<Invited, Fault> {
    let id = id_of(&before.officer).ok_or(StoreError::Form)?;
    let Some(expires_at) = officer::take_open_invite(db, &id, now.unix()).await? else {
        return Ok(before);
    };
    let code = new_code(randomness)?;
    officer::invite(db, &digest(code.as_bytes()), &id, expires_at).await?;
    Ok(Invited {
        code: Some(code),
        ..before
    })
}

/// Whether these are two people, as far as the province can tell: officers are if two others invited them, because who
/// invites somebody may hold their passkey. An operator is whoever they say.
///
/// # Errors
/// [`StoreError`].
pub(in crate::rules) async fn are_two(
    db: &mut AnyConnection,
    one: &Actor,
    other: &Actor,
) -> Result<bool, StoreError> {
    if one.role != Role::Officer || other.role != Role::Officer {
        return Ok(one != other);
    }
    let mut invited_by = Vec::new();
    for actor in [one, other] {
        let id = id_of(&actor.id).ok_or(StoreError::Form)?;
        let found = officer::find(&mut *db, &id).await?;
        invited_by.push(found.and_then(|found| found.invited_by));
    }
    Ok(matches!(&invited_by[..], [Some(first), Some(second)] if first != second))
}

/// Whether this is still who they were: not an officer who was ended.
///
/// # Errors
/// [`StoreError`].
pub(in crate::rules) async fn serves(db: &mut AnyConnection, actor: &Actor) -> Result<bool, StoreError> {
    if actor.role != Role::Officer {
        return Ok(true);
    }
    let id = id_of(&actor.id).ok_or(StoreError::Form)?;
    let found = officer::find(db, &id).await?;
    Ok(found.is_some_and(|found| found.ended_at.is_none()))
}

fn id_of(digits: &str) -> Option<OfficerId> {
    let mut id = [0; 16];
    hex::decode_to_slice(digits, &mut id).ok().map(|()| id)
}

/// Ends an officer; `None` if there is none with this id, `false` if they had been ended before.
///
/// # Errors
/// [`Fault`].
pub async fn end(store: &Store, by: &Actor, id: &OfficerId, now: Timestamp) -> Result<Option<bool>, Fault> {
    let mut write = store.write_with(Lock::Bulk(id)).await?;
    let ended = end_in(&mut write, by, id, now).await?;
    write.commit().await?;
    Ok(ended)
}

/// The same inside the caller's transaction, which holds the officer's lock.
async fn end_in(
    db: &mut AnyConnection,
    by: &Actor,
    id: &OfficerId,
    now: Timestamp,
) -> Result<Option<bool>, Fault> {
    let Some(found) = officer::find(&mut *db, id).await? else {
        return Ok(None);
    };
    if found.ended_at.is_some() {
        return Ok(Some(false));
    }
    officer::end(&mut *db, id, now.unix()).await?;
    let what = json!({ "officer": hex::encode(id) });
    audit::note(db, by, Action::OfficerEnded, None, &what, now).await?;
    Ok(Some(true))
}

/// A page of officers behind this place, [`LIST_PAGE_MAX`] at most, the newest first.
///
/// # Errors
/// [`Fault`].
pub async fn list(store: &Store, data: &DataKeys, behind: Behind) -> Result<OfficerList, Fault> {
    let found = officer::page(&mut *store.read().await?, behind, page::most(LIST_PAGE_MAX)).await?;
    let next = page::next(&found, LIST_PAGE_MAX, |last| Behind {
        at: last.created_at,
        id: last.id,
    });
    let views: Result<Vec<OfficerView>, Fault> = found
        .iter()
        .map(|one| {
            Ok(OfficerView {
                officer: hex::encode(one.id),
                role: one.role,
                name: name_of(data, one)?,
                invited_by: one.invited_by.clone(),
                created_at: one.created_at,
                ended_at: one.ended_at,
            })
        })
        .collect();
    Ok(OfficerList {
        officers: views?,
        next: next.map(|behind| behind.to_string()),
    })
}

fn name_of(data: &DataKeys, officer: &Officer) -> Result<String, Fault> {
    let plain = data.open(Kind::Officer, &officer.id, &officer.sealed)?;
    Ok(String::from_utf8_lossy(&plain).into_owned())
}

impl Province {
    pub(super) fn officer_name(&self, officer: &Officer) -> Result<String, Fault> {
        name_of(&self.keys().data, officer)
    }

    /// A page of officers, asked by an administrator.
    ///
    /// # Errors
    /// [`Refusal::Fault`].
    pub async fn officers(&self, behind: Behind) -> Result<OfficerList, Refusal> {
        Ok(list(self.store(), &self.keys().data, behind).await?)
    }

    /// Invites an officer, once for each idempotency key. The code is not kept with the answer: asked again, another one
    /// takes its place. Administrators are invited by the operator alone: who could make another one of themselves would be
    /// both pairs of eyes.
    ///
    /// # Errors
    /// [`ProblemCode::RequestMalformed`], [`ProblemCode::OfficerForbidden`], [`ProblemCode::IdempotencyConflict`],
    /// [`Refusal::Fault`].
    pub async fn invite_officer(
        &self,
        asked: &Asked<SignedOfficer>,
        request: &InviteRequest,
    ) -> Result<Invited, Refusal> {
        if !is_name(&request.name) {
            return Err(ProblemCode::RequestMalformed.into());
        }
        if request.role == OfficerRole::Administrator {
            return Err(ProblemCode::OfficerForbidden.into());
        }
        let (source, now) = (self.randomness(), self.now());
        let mut write = self.store().write_with(Lock::Device(asked.by.key())).await?;
        let invited = if let Some(before) = self.answered(&mut write, asked).await? {
            invite_again(&mut write, before, source, now).await?
        } else {
            let (data, by) = (&self.keys().data, asked.by.actor());
            let what = (request.role, request.name.as_str());
            let invited = invite_in(&mut write, data, &by, what, source, now).await?;
            let kept = Invited {
                code: None,
                ..invited.clone()
            };
            self.remember(&mut write, asked, &kept).await?;
            invited
        };
        write.commit().await?;
        Ok(invited)
    }

    /// Ends an officer, asked by an administrator, once for each idempotency key.
    ///
    /// # Errors
    /// [`ProblemCode::NotFound`], [`ProblemCode::IdempotencyConflict`], [`Refusal::Fault`].
    pub async fn end_officer(&self, asked: &Asked<SignedOfficer>, id: &OfficerId) -> Result<Done, Refusal> {
        let mut write = self.store().write_with(Lock::Bulk(id)).await?;
        lock::take(&mut write, Lock::Device(asked.by.key())).await?;
        if let Some(before) = self.answered(&mut write, asked).await? {
            return Ok(before);
        }
        let ended = end_in(&mut write, &asked.by.actor(), id, self.now()).await?;
        let done = Done {
            changed: ended.ok_or(ProblemCode::NotFound)?,
        };
        self.remember(&mut write, asked, &done).await?;
        write.commit().await?;
        Ok(done)
    }
}
