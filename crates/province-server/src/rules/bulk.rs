//! Many at once: one proposes, another approves, and then it is done in pieces that can break off anywhere.
//!
//! Each piece is one transaction: marks, feed, audit notes and the manifest that publishes them, so that nobody is ended
//! and not published. Rejected: publishing once at the end, because a machine that stops in between would leave people
//! ended for whom no reader has the bit.

use std::collections::BTreeSet;

use credential::{Timestamp, Vct};
/// All of them are ended and published within a minute of the approval.
pub use province_api::officers::PEOPLE_MAX;
use province_api::person::Cnic;
use serde_json::json;
use sqlx::AnyConnection;

use super::document::DocumentError;
use super::end::{self, Change};
use super::{Fault, Province, audit, status as publish, withdraw};
use crate::audit::{Action, Actor};
use crate::keys::ServingKeys;
use crate::randomness::Randomness;
use crate::sealed::{BlindIndex, DataKeys, PersonId, Subject};
pub use crate::store::bulk::{Act, Bulk, BulkId};
use crate::store::lock::{self, Lock};
use crate::store::person::{self, Person};
use crate::store::status_file::Flip;
use crate::store::{Store, StoreError, bulk};

/// For how long a proposal may be approved, in seconds.
pub const OPEN_SECONDS: u64 = 72 * 60 * 60;
/// For how many days it is told what became of a proposal; the audit log says it for longer.
pub const KEPT_DAYS: u64 = 400;
/// Most proposals of one list.
pub const LISTED_MAX: u32 = 100;
/// People of one transaction: as many locks of PostgreSQL's shared table are held at once.
const PIECE: u32 = 200;

/// Why nothing was done about a proposal.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BulkError {
    /// Nobody of the list is enrolled.
    #[error("nobody of the list is enrolled")]
    Empty,
    /// More people than one proposal is about.
    #[error("a proposal is about {} people at most: propose several", PEOPLE_MAX)]
    TooMany,
    /// Nobody said who proposes or approves.
    #[error("say who you are")]
    Unnamed,
    /// The reason is none for which something ends for good.
    #[error("nothing is ended for good for this reason")]
    NotForGood,
    /// There is no such proposal.
    #[error("there is no such proposal")]
    NotFound,
    /// Whoever proposes does not approve.
    #[error("whoever proposed it does not approve it")]
    FourEyes,
    /// It was decided, or its time is over.
    #[error("the proposal was decided before, or its time is over")]
    Over,
    /// The province's side.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl BulkError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "bulk_empty",
            Self::TooMany => "bulk_too_many",
            Self::Unnamed => "bulk_unnamed",
            Self::NotForGood => "reason_not_for_good",
            Self::NotFound => "bulk_not_found",
            Self::FourEyes => "four_eyes",
            Self::Over => "proposal_over",
            Self::Fault(fault) => fault.code(),
        }
    }
}

impl From<StoreError> for BulkError {
    fn from(error: StoreError) -> Self {
        Self::Fault(error.into())
    }
}

/// What was proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposed {
    /// The proposal.
    pub bulk: Bulk,
    /// How many of the CNICs nobody is enrolled with.
    pub not_enrolled: usize,
}

/// Proposes to do this to all of them. Whoever stands in the list twice is one.
///
/// # Errors
/// [`BulkError`]; then nothing was proposed.
pub async fn propose(
    store: &Store,
    data: &DataKeys,
    by: &Actor,
    (act, cnics): (Act, &[Cnic]),
    randomness: &Randomness,
    now: Timestamp,
) -> Result<Proposed, BulkError> {
    let mut write = store.write().await?;
    let proposed = propose_in(&mut write, data, by, (act, cnics), randomness, now).await?;
    write.commit().await?;
    Ok(proposed)
}

/// The same inside the caller's transaction.
pub(super) async fn propose_in(
    db: &mut AnyConnection,
    data: &DataKeys,
    by: &Actor,
    (act, cnics): (Act, &[Cnic]),
    randomness: &Randomness,
    now: Timestamp,
) -> Result<Proposed, BulkError> {
    if by.id.is_empty() {
        return Err(BulkError::Unnamed);
    }
    if matches!(&act, Act::Revoke(reason) | Act::Withdraw(_, reason) if !reason.may_end()) {
        return Err(BulkError::NotForGood);
    }
    let each: BTreeSet<&str> = cnics.iter().map(Cnic::as_str).collect();
    if each.len() > PEOPLE_MAX {
        return Err(BulkError::TooMany);
    }
    let index = |cnic: &&str| data.blind_index(Subject::Cnic, cnic.as_bytes());
    let indices: Vec<BlindIndex> = each.iter().map(index).collect();
    let people = bulk::people_of(db, &indices).await?;
    if people.is_empty() {
        return Err(BulkError::Empty);
    }
    let proposal = Bulk {
        id: randomness.bytes(),
        act,
        people: people.len() as u64,
        proposer: by.clone(),
        proposed_at: now.unix(),
        expires_at: now.plus(OPEN_SECONDS).unix(),
        approved: None,
        cancelled_at: None,
        done_at: None,
    };
    bulk::add(db, &proposal, &people).await?;
    note(db, by, Action::BulkProposed, &proposal, now).await?;
    Ok(Proposed {
        bulk: proposal,
        not_enrolled: indices.len().saturating_sub(people.len()),
    })
}

/// Approves a proposal of somebody else. What was approved by the same before is approved.
///
/// # Errors
/// [`BulkError`]; then it is not approved.
pub async fn approve(store: &Store, by: &Actor, id: &BulkId, now: Timestamp) -> Result<Bulk, BulkError> {
    let mut write = store.write_with(Lock::Bulk(id)).await?;
    let found = bulk::find(&mut write, id).await?.ok_or(BulkError::NotFound)?;
    if by.id.is_empty() {
        return Err(BulkError::Unnamed);
    }
    if found.proposer == *by {
        return Err(BulkError::FourEyes);
    }
    if found.approved.as_ref().is_some_and(|(before, _)| before == by) {
        return Ok(found);
    }
    if found.approved.is_some() || found.cancelled_at.is_some() || found.expires_at <= now.unix() {
        return Err(BulkError::Over);
    }
    if bulk::listed(&mut write, id).await? != found.people {
        // Somebody wrote in the list behind the proposer's back.
        return Err(Fault::Store(StoreError::Form).into());
    }
    bulk::approve(&mut write, id, by, now.unix()).await?;
    note(&mut write, by, Action::BulkApproved, &found, now).await?;
    write.commit().await?;
    Ok(Bulk {
        approved: Some((by.clone(), now.unix())),
        ..found
    })
}

/// Cancels a proposal that was not approved. What was cancelled before is cancelled.
///
/// # Errors
/// [`BulkError::NotFound`], [`BulkError::Over`] if it was approved, [`BulkError`].
pub async fn cancel(store: &Store, by: &Actor, id: &BulkId, now: Timestamp) -> Result<(), BulkError> {
    let mut write = store.write_with(Lock::Bulk(id)).await?;
    let found = bulk::find(&mut write, id).await?.ok_or(BulkError::NotFound)?;
    if found.approved.is_some() {
        return Err(BulkError::Over);
    }
    if found.cancelled_at.is_none() {
        bulk::cancel(&mut write, id, now.unix()).await?;
        note(&mut write, by, Action::BulkCancelled, &found, now).await?;
        write.commit().await?;
    }
    Ok(())
}

/// The newest proposals, [`LISTED_MAX`] at most.
///
/// # Errors
/// [`Fault`].
pub async fn list(store: &Store) -> Result<Vec<Bulk>, Fault> {
    Ok(bulk::newest(&mut *store.read().await?, LISTED_MAX).await?)
}

/// Does the next piece of a proposal that was approved, and publishes it; `false` when there is no more to do.
///
/// # Errors
/// [`Fault`]; then nothing of this piece is done, and the same call does it later.
pub async fn step(
    store: &Store,
    keys: &ServingKeys,
    id: &BulkId,
    randomness: &Randomness,
    now: Timestamp,
) -> Result<bool, Fault> {
    let mut write = store.write_with(Lock::Bulk(id)).await?;
    let found = bulk::find(&mut write, id).await?;
    let Some(found) = found.filter(|one| one.done_at.is_none()) else {
        return Ok(false);
    };
    let Some((approver, _)) = found.approved.clone() else {
        return Ok(false);
    };
    let waiting = bulk::waiting(&mut write, id, PIECE).await?;
    if waiting.is_empty() {
        bulk::finish(&mut write, id, now.unix()).await?;
        note(&mut write, &approver, Action::BulkDone, &found, now).await?;
        write.commit().await?;
        return Ok(false);
    }
    lock_all(&mut write, &waiting).await?;
    let mut flips: Vec<Flip> = Vec::new();
    for person in &waiting {
        // Somebody who was released since is nobody any more.
        if let Some(person) = person::with_id(&mut write, person).await? {
            let to = To {
                keys,
                bulk: &found,
                by: &approver,
            };
            flips.extend(to.one(&mut write, &person, randomness, now).await?);
        }
        bulk::done(&mut write, id, person, now.unix()).await?;
    }
    if !flips.is_empty() {
        let key = keys.current(&mut write, Vct::STATUS_MANIFEST, now).await?;
        publish::publish(&mut write, &key, now, &flips).await?;
    }
    write.commit().await?;
    Ok(true)
}

/// Locks these people as everybody does who decides about one of them.
async fn lock_all(db: &mut AnyConnection, people: &[PersonId]) -> Result<(), Fault> {
    let mut cnics = Vec::with_capacity(people.len());
    for person in people {
        cnics.extend(person::cnic_of(db, person).await?);
    }
    let locks: Vec<Lock<'_>> = cnics.iter().map(Lock::Citizen).collect();
    Ok(lock::take_all(db, &locks).await?)
}

/// What is done, and in whose name.
struct To<'a> {
    keys: &'a ServingKeys,
    bulk: &'a Bulk,
    by: &'a Actor,
}

impl To<'_> {
    /// Does it to one; what had been done before turns nothing.
    async fn one(
        &self,
        db: &mut AnyConnection,
        person: &Person,
        randomness: &Randomness,
        now: Timestamp,
    ) -> Result<Vec<Flip>, Fault> {
        let data = &self.keys.data;
        let change = match &self.bulk.act {
            Act::Revoke(reason) => Change::Revoke(*reason),
            Act::Suspend(reason) => Change::Suspend(*reason),
            Act::Resume => Change::Resume,
            Act::Withdraw(vct, reason) => {
                let what = (vct.as_str(), None, *reason);
                let taken = withdraw::take_back(db, data, person, what, (randomness, self.by), now).await;
                return match taken {
                    Ok(flip) => Ok(flip.into_iter().collect()),
                    Err(DocumentError::NotHeld) => Ok(Vec::new()),
                    Err(DocumentError::Fault(fault)) => Err(fault),
                    // Nothing else is refused of a document that is held.
                    Err(_) => Err(Fault::Store(StoreError::Form)),
                };
            }
        };
        let turned = end::change(db, data, person, change, self.by, now).await?;
        Ok(turned.unwrap_or_default())
    }
}

async fn note(
    db: &mut AnyConnection,
    by: &Actor,
    action: Action,
    bulk: &Bulk,
    now: Timestamp,
) -> Result<(), StoreError> {
    let what = json!({
        "bulk": hex::encode(bulk.id),
        "act": bulk.act.as_str(),
        "vct": bulk.act.vct(),
        "reason": bulk.act.reason(),
        "people": bulk.people,
    });
    audit::note(db, by, action, None, &what, now).await
}

impl Province {
    /// Goes on with every proposal that was approved and is not done, also by another process that stopped, and says how
    /// many there were.
    ///
    /// # Errors
    /// [`Fault`]; it goes on at the next turn.
    pub async fn end_many(&self) -> Result<usize, Fault> {
        let ids = bulk::under_way(&mut *self.store().read().await?).await?;
        for id in &ids {
            while step(self.store(), self.keys(), id, self.randomness(), self.now()).await? {}
        }
        Ok(ids.len())
    }
}
