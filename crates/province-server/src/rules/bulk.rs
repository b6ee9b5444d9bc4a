//! Many at once: one proposes, another approves, and then it is done in pieces that can break off anywhere.
//!
//! Each piece is one transaction: marks, feed, audit notes and the manifest that publishes them, so that nobody is ended
//! and not published. Rejected: publishing once at the end, because a machine that stops in between would leave people
//! ended for whom no reader has the bit.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use credential::{Timestamp, Vct};
use province_api::officers::LIST_PAGE_MAX;
/// All of them are ended and published within a minute of the approval.
pub use province_api::officers::PEOPLE_MAX;
use province_api::person::Cnic;
use province_api::reason::Reason;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sqlx::AnyConnection;

use super::document::DocumentError;
use super::end::{self, Change};
use super::{Fault, Province, audit, officers, status as publish, withdraw};
use crate::audit::{Action, Actor};
use crate::keys::ServingKeys;
use crate::randomness::Randomness;
use crate::sealed::{BlindIndex, DataKeys, PersonId, Subject};
pub use crate::store::bulk::{Act, Bulk, BulkId};
use crate::store::lock::{self, Lock};
use crate::store::page::{self, Behind};
use crate::store::person::{self, Person};
use crate::store::status_file::Flip;
use crate::store::{Store, StoreError, bulk};

/// For how long a proposal may be approved, in seconds.
pub const OPEN_SECONDS: u64 = 72 * 60 * 60;
/// For how many days it is told what became of a proposal; the audit log says it for longer.
pub const KEPT_DAYS: u64 = 400;
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
    /// Whoever proposes does not approve, nor does somebody whom the same one invited.
    #[error("whoever proposed it, or was invited by the same, does not approve it")]
    FourEyes,
    /// It is about other people than those who were looked at.
    #[error("the proposal is not the one that was looked at")]
    Differs,
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
            Self::Differs => "proposal_differs",
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
        people: people.len() as u64,
        people_sha256: Some(people_sha256(&act, &people)),
        act,
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

/// SHA-256 of what is proposed: the domain, the act, the kind of document and the reason, each behind its length in 8 bytes
/// (big-endian), and the random ids of the people, the lower first, 16 bytes each.
fn people_sha256(act: &Act, people: &[PersonId]) -> [u8; 32] {
    let mut hash = Sha256::new_with_prefix(b"khyber-pass bulk v1\n");
    let reason = act.reason().map_or("", Reason::as_str);
    for word in [act.as_str(), act.vct().unwrap_or_default(), reason] {
        hash.update((word.len() as u64).to_be_bytes());
        hash.update(word);
    }
    let mut people: Vec<&[u8; 16]> = people.iter().map(PersonId::as_bytes).collect();
    people.sort_unstable();
    for person in people {
        hash.update(person);
    }
    hash.finalize().into()
}

/// Whether the list of a proposal is still the one that was proposed.
async fn is_as_proposed(db: &mut AnyConnection, bulk: &Bulk) -> Result<bool, StoreError> {
    let people = bulk::listed(db, &bulk.id).await?;
    // What an older process proposed has no hash; it approved it too.
    let is_same = |hash| hash == people_sha256(&bulk.act, &people);
    Ok(people.len() as u64 == bulk.people && bulk.people_sha256.is_none_or(is_same))
}

/// Approves a proposal of somebody else, as it was looked at: with this hash. What was approved by the same before is
/// approved.
///
/// # Errors
/// [`BulkError`]; then it is not approved.
pub async fn approve(
    store: &Store,
    by: &Actor,
    (id, people_sha256): (&BulkId, &[u8; 32]),
    now: Timestamp,
) -> Result<Bulk, BulkError> {
    let mut write = store.write_with(Lock::Bulk(id)).await?;
    let approved = approve_in(&mut write, by, (id, people_sha256), now).await?;
    write.commit().await?;
    Ok(approved)
}

/// The same inside the caller's transaction, which holds the proposal's lock.
pub(super) async fn approve_in(
    write: &mut AnyConnection,
    by: &Actor,
    (id, people_sha256): (&BulkId, &[u8; 32]),
    now: Timestamp,
) -> Result<Bulk, BulkError> {
    let found = bulk::find(&mut *write, id).await?.ok_or(BulkError::NotFound)?;
    if by.id.is_empty() {
        return Err(BulkError::Unnamed);
    }
    if found.proposer == *by || !officers::are_two(&mut *write, &found.proposer, by).await? {
        return Err(BulkError::FourEyes);
    }
    if found.approved.as_ref().is_some_and(|(before, _)| before == by) {
        return Ok(found);
    }
    let serves = officers::serves(&mut *write, &found.proposer).await?;
    if !serves || found.approved.is_some() || found.cancelled_at.is_some() || found.expires_at <= now.unix() {
        return Err(BulkError::Over);
    }
    match &found.people_sha256 {
        // Nobody can say what they looked at.
        None => return Err(BulkError::Over),
        Some(hash) if hash != people_sha256 => return Err(BulkError::Differs),
        Some(_) => {}
    }
    if !is_as_proposed(&mut *write, &found).await? {
        // Somebody wrote in the list behind the proposer's back.
        return Err(Fault::ListChanged.into());
    }
    bulk::approve(&mut *write, id, by, now.unix()).await?;
    note(write, by, Action::BulkApproved, &found, now).await?;
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
    cancel_in(&mut write, by, id, now).await?;
    Ok(write.commit().await?)
}

/// The same inside the caller's transaction, which holds the proposal's lock; says whether it was not cancelled before.
pub(super) async fn cancel_in(
    write: &mut AnyConnection,
    by: &Actor,
    id: &BulkId,
    now: Timestamp,
) -> Result<bool, BulkError> {
    let found = bulk::find(&mut *write, id).await?.ok_or(BulkError::NotFound)?;
    if found.approved.is_some() {
        return Err(BulkError::Over);
    }
    if found.cancelled_at.is_some() {
        return Ok(false);
    }
    bulk::cancel(&mut *write, id, now.unix()).await?;
    note(write, by, Action::BulkCancelled, &found, now).await?;
    Ok(true)
}

/// A page of proposals behind this place, [`LIST_PAGE_MAX`] at most, the newest first; and where the next one begins.
///
/// # Errors
/// [`Fault`].
pub async fn list(store: &Store, behind: Behind) -> Result<(Vec<Bulk>, Option<Behind>), Fault> {
    let bulks = bulk::page(&mut *store.read().await?, behind, page::most(LIST_PAGE_MAX)).await?;
    let next = page::next(&bulks, LIST_PAGE_MAX, |last| Behind {
        at: last.proposed_at,
        id: last.id,
    });
    Ok((bulks, next))
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
    let Some((approver, approved_at)) = found.approved.clone() else {
        return Ok(false);
    };
    if !is_as_proposed(&mut write, &found).await? {
        return Err(Fault::ListChanged);
    }
    let waiting = bulk::waiting(&mut write, id, PIECE).await?;
    if waiting.is_empty() {
        // The clock of this server may be behind that of the one that approved it.
        bulk::finish(&mut write, id, now.unix().max(approved_at)).await?;
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
        "people_sha256": bulk.people_sha256.map(hex::encode),
    });
    audit::note(db, by, action, None, &what, now).await
}

impl Province {
    /// Goes on with every proposal that was approved and is not done, also by another process that stopped, and says how
    /// many are done now. One that fails holds up no other: it is in the log, is counted, and comes again at the next turn.
    ///
    /// # Errors
    /// [`Fault`] where nobody can say what there is to do.
    pub async fn end_many(&self) -> Result<usize, Fault> {
        let ids = bulk::under_way(&mut *self.store().read().await?).await?;
        let mut done = 0;
        for id in &ids {
            match self.end_one(id).await {
                Ok(()) => done += 1,
                Err(fault) => {
                    let (bulk, code) = (hex::encode(id), fault.code());
                    tracing::error!(bulk, code, cause = %fault, "what was approved for many is not done");
                    self.metrics().bulk_failures.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        Ok(done)
    }

    async fn end_one(&self, id: &BulkId) -> Result<(), Fault> {
        while step(self.store(), self.keys(), id, self.randomness(), self.now()).await? {}
        Ok(())
    }
}
