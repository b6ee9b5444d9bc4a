//! The audit log: noting what a transaction does, giving entries their places, and looking whether the log is whole.

use std::collections::BTreeMap;

use credential::{AuditHead, CLOCK_ALLOWANCE, DAY, PublicKey, Timestamp, Vct};
use province_api::audit::{AuditEntry, AuditReply, AuditRequest, PAGE_MAX};
use province_api::problem::ProblemCode;
use province_api::signature::DeviceKey;
use province_api::sync::Event;
use serde_json::{Value, json};
use sqlx::AnyConnection;

use super::{Fault, Province, Refusal};
use crate::audit::{Action, Actor, Chained, Entry, Hash, Head};
use crate::keys::ServingKeys;
use crate::sealed::{DataKeys, Kind as Sealed, PersonId};
use crate::store::audit::{self, SignedHead};
use crate::store::lock::Lock;
use crate::store::{Store, StoreError, person, trusted_key};

/// The detail of an entry that has none, or whose detail is sealed.
const NOTHING: &str = "{}";

/// Years for which entries are kept, in days.
pub const AUDIT_DAYS: u64 = 10 * 365;
/// How often the end of the log is signed at most, in seconds: once in each turn of the hourly upkeep, whichever of several
/// servers has it first.
const SIGNED_EVERY: u64 = 50 * 60;
/// Entries that one transaction puts into their places.
const CHAINED_MAX: u32 = 1_000;
/// Entries and heads that are read at once.
const PAGE: u32 = 1_000;

/// Notes what the caller's transaction does; `detail` is an object that tells of nobody's passes and documents.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn note(
    db: &mut AnyConnection,
    by: &Actor,
    action: Action,
    about: Option<&PersonId>,
    detail: &Value,
    now: Timestamp,
) -> Result<(), StoreError> {
    let entry = Entry {
        at: now.unix(),
        role: by.role.as_str().to_owned(),
        actor: by.id.clone(),
        action: action.as_str().to_owned(),
        about: about.copied(),
        detail: detail.to_string(),
        sealed: Vec::new(),
    };
    audit::wait(db, &entry).await
}

/// Notes what the caller's transaction does about a person's passes and documents; `detail` is sealed to them.
///
/// # Errors
/// [`Fault`].
pub(super) async fn note_sealed(
    db: &mut AnyConnection,
    data: &DataKeys,
    by: &Actor,
    (action, detail): (Action, &Value),
    about: &PersonId,
    now: Timestamp,
) -> Result<(), Fault> {
    let entry = Entry {
        at: now.unix(),
        role: by.role.as_str().to_owned(),
        actor: by.id.clone(),
        action: action.as_str().to_owned(),
        about: Some(*about),
        detail: NOTHING.to_owned(),
        sealed: data.seal_derived(Sealed::Audit, about, detail.to_string().as_bytes())?,
    };
    Ok(audit::wait(db, &entry).await?)
}

/// What the log says of an event in a person's feed: its kind, and of the rest what is not the person's own.
pub(super) fn of_event(what: &Event) -> Option<(Action, Option<Value>)> {
    let said = match what {
        Event::Enrolled => (Action::Enrolled, None),
        Event::PassesIssued { passes } => (Action::PassesIssued, Some(json!({ "passes": passes }))),
        Event::DocumentGranted { vct, no, .. } => {
            (Action::DocumentGranted, Some(json!({ "vct": vct, "no": no })))
        }
        Event::DocumentWithdrawn { vct, no, reason } => (
            Action::DocumentWithdrawn,
            Some(json!({ "vct": vct, "no": no, "reason": reason })),
        ),
        Event::DocumentHandedOver { vct, no } => {
            (Action::DocumentHandedOver, Some(json!({ "vct": vct, "no": no })))
        }
        Event::Suspended { reason } => (Action::Suspended, Some(json!({ "reason": reason }))),
        Event::Resumed => (Action::Resumed, None),
        Event::Revoked { reason } => (Action::Revoked, Some(json!({ "reason": reason }))),
        // The digits are the citizen's.
        Event::MobileChanged { .. } => (Action::MobileChanged, None),
        Event::ProofRaised => (Action::ProofRaised, None),
        Event::DeviceKeyChanged => (Action::DeviceKeyChanged, None),
        Event::DeviceReplaced => (Action::DeviceReplaced, None),
        Event::WalletDisabled => (Action::WalletDisabled, None),
        Event::ApplicationChanged {
            application,
            service,
            state,
            ..
        } => {
            let id = hex::encode(&application.0);
            let detail = json!({ "application": id, "service": service, "state": state });
            (Action::ApplicationChanged, Some(detail))
        }
        // What a newer province says: nothing that this one does.
        Event::Other => return None,
    };
    Some(said)
}

/// Gives entries that wait their places in the log, until none waits; says how many.
///
/// # Errors
/// [`Fault`]; what was chained before it stays.
pub async fn chain(store: &Store) -> Result<u64, Fault> {
    let mut all = 0;
    loop {
        let mut write = store.write_with(Lock::Audit).await?;
        let waiting = audit::waiting(&mut write, CHAINED_MAX).await?;
        let mut head = audit::head(&mut write).await?;
        let mut placed = Vec::with_capacity(waiting.len());
        for (n, entry) in waiting {
            let chained = head.chain(entry);
            head = Head::from(&chained);
            placed.push((n, chained));
        }
        if placed.is_empty() {
            return Ok(all);
        }
        audit::append(&mut write, &placed).await?;
        write.commit().await?;
        let count = u32::try_from(placed.len()).unwrap_or(u32::MAX);
        all += u64::from(count);
        if count < CHAINED_MAX {
            return Ok(all);
        }
    }
}

/// Signs the end of the log, if there is more in it than when it was signed last, an hour ago or earlier.
///
/// # Errors
/// [`Fault::NoKey`] if no key of the published trust list may; [`Fault`].
pub async fn sign(store: &Store, keys: &ServingKeys, now: Timestamp) -> Result<bool, Fault> {
    let mut write = store.write_with(Lock::Audit).await?;
    let head = audit::head(&mut write).await?;
    let last = audit::newest_head(&mut write).await?;
    let (number, at) = last.map_or((0, 0), |last| (last.number, last.at));
    // One that a clock signed that was ahead holds up none of the next.
    let was_ahead = at > now.unix().saturating_add(CLOCK_ALLOWANCE);
    if head.number <= number || (!was_ahead && at.saturating_add(SIGNED_EVERY) > now.unix()) {
        return Ok(false);
    }
    let key = keys.current(&mut write, Vct::AUDIT_LOG, now).await?;
    let said = AuditHead {
        number: head.number,
        at: now,
        hash: head.hash,
    };
    let signed = SignedHead {
        number: head.number,
        at: now.unix(),
        bytes: said.sign(&key)?,
    };
    audit::add_head(&mut write, &signed).await?;
    write.commit().await?;
    Ok(true)
}

/// The keys that may sign, or once might sign, heads of the log, as the database says.
///
/// # Errors
/// [`Fault`].
async fn keys(db: &mut AnyConnection) -> Result<Vec<PublicKey>, Fault> {
    trusted_key::all(db)
        .await?
        .iter()
        .filter(|key| key.allowed.contains(&Vct::AUDIT_LOG) && key.revoked_at != Some(0))
        .map(|key| Ok(PublicKey::parse(&key.key)?))
        .collect()
}

/// What a signed head says, if it is the one that one of these keys signed and stands where and when it says.
pub fn signed_by(keys: &[PublicKey], head: &SignedHead) -> Option<AuditHead> {
    AuditHead::verify(&head.bytes, keys)
        .filter(|said| said.number == head.number && said.at.unix() == head.at)
}

/// Cuts off entries that are older than so many days, up to a signed head, so that they can be forgotten. What the database
/// says of a head's time without its signature cuts nothing off.
///
/// # Errors
/// [`Fault::AuditHead`]; [`Fault`].
pub(super) async fn cut_off(store: &Store, days: u64, now: Timestamp) -> Result<(), Fault> {
    let mut write = store.write_with(Lock::Audit).await?;
    let before = now.minus(days * DAY).unix();
    let Some(head) = audit::signed_before(&mut write, before).await? else {
        return Ok(());
    };
    let cut = audit::cut(&mut write).await?;
    if head.number <= cut.number {
        return Ok(());
    }
    let last = audit::after(&mut write, head.number.saturating_sub(1), 1).await?;
    let said = signed_by(&keys(&mut write).await?, &head);
    let is_it = |one: &Chained| {
        said.as_ref()
            .is_some_and(|said| said.number == one.number && said.hash == one.hash && one.entry.at < before)
    };
    let Some(last) = last.first().filter(|one| is_it(one)) else {
        return Err(Fault::AuditHead);
    };
    audit::cut_at(&mut write, &Head::from(last)).await?;
    Ok(write.commit().await?)
}

/// What was found wrong with the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The entry with this number is missing, was changed, or does not follow the one before it.
    Broken(u64),
    /// The signed head of this entry was not signed by a key of the log, or says another hash.
    Head(u64),
    /// The log ends before this entry, which a signed head or the caller knows.
    Short(u64),
    /// The entry with this number is not the one that the caller knows.
    Other(u64),
    /// The log begins behind this entry, and no signed head says that it ended there when it was old enough to go.
    Cut(u64),
}

impl Wrong {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Broken(_) => "audit_broken",
            Self::Head(_) => "audit_head_wrong",
            Self::Short(_) => "audit_short",
            Self::Other(_) => "audit_other_entry",
            Self::Cut(_) => "audit_cut_wrong",
        }
    }

    /// At which entry.
    pub const fn number(self) -> u64 {
        match self {
            Self::Broken(number)
            | Self::Head(number)
            | Self::Short(number)
            | Self::Other(number)
            | Self::Cut(number) => number,
        }
    }
}

/// What a look at the whole log found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Looked {
    /// Number of the last entry that is kept no longer.
    pub cut: u64,
    /// Where the log ends.
    pub head: Head,
    /// The last entry that a signed head covers.
    pub signed: u64,
    /// How many signed heads there are.
    pub heads: u64,
    /// How many entries have no place yet.
    pub waiting: u64,
    /// How many of the entries that the caller knows are kept no longer, so that nothing is said of them.
    pub gone: u64,
    /// The first thing that is wrong.
    pub wrong: Option<Wrong>,
}

/// An entry's number and hash that somebody wrote down.
pub type Known = (u64, Hash);

/// Looks at every entry and every signed head, under the keys that may sign them. `known` is what the caller wrote down
/// earlier: whoever holds the log's key can sign another history, but not one that leads to the same hash. A log that does
/// not begin with its first entry begins behind a head that was signed [`AUDIT_DAYS`] ago or earlier.
///
/// # Errors
/// [`StoreError`].
pub async fn look(
    db: &mut AnyConnection,
    known: &[Known],
    keys: &[PublicKey],
    now: Timestamp,
) -> Result<Looked, StoreError> {
    let is_signed =
        |head: &SignedHead, hash: &Hash| signed_by(keys, head).is_some_and(|said| said.hash == *hash);
    let cut = audit::cut(db).await?;
    let mut looked = Looked {
        cut: cut.number,
        head: cut,
        signed: 0,
        heads: 0,
        waiting: 0,
        gone: known.iter().filter(|(number, _)| *number < cut.number).count() as u64,
        wrong: None,
    };
    if cut.number > 0 {
        let head = audit::head_at(db, cut.number).await?;
        let is_old = |head: &SignedHead| head.at <= now.minus(AUDIT_DAYS * DAY).unix();
        if !head.is_some_and(|head| is_signed(&head, &cut.hash) && is_old(&head)) {
            looked.wrong = Some(Wrong::Cut(cut.number));
        }
        looked.compare(known, cut);
    }
    let mut heads = audit::heads_after(db, cut.number, PAGE).await?;
    let mut at = 0;
    loop {
        let page = audit::after(db, looked.head.number, PAGE).await?;
        for one in &page {
            if !looked.head.leads_to(one) {
                let expected = looked.head.number.saturating_add(1);
                looked
                    .wrong
                    .get_or_insert(Wrong::Broken(expected.min(one.number)));
            }
            looked.head = Head::from(one);
            if heads.get(at).is_some_and(|head| head.number == one.number) {
                looked.sealed(heads.get(at), one, is_signed);
                at += 1;
            }
            if at == heads.len() && !heads.is_empty() {
                heads = audit::heads_after(db, one.number, PAGE).await?;
                at = 0;
            }
            looked.compare(known, Head::from(one));
        }
        if page.is_empty() {
            break;
        }
    }
    if let Some(head) = heads.get(at) {
        looked.wrong.get_or_insert(Wrong::Short(head.number));
    }
    if let Some((number, _)) = known.iter().find(|(number, _)| *number > looked.head.number) {
        looked.wrong.get_or_insert(Wrong::Short(*number));
    }
    looked.waiting = audit::count_waiting(db).await?;
    Ok(looked)
}

impl Looked {
    fn sealed(
        &mut self,
        head: Option<&SignedHead>,
        one: &Chained,
        is_signed: impl Fn(&SignedHead, &Hash) -> bool,
    ) {
        if head.is_some_and(|head| is_signed(head, &one.hash)) {
            self.heads += 1;
            self.signed = one.number;
        } else {
            self.wrong.get_or_insert(Wrong::Head(one.number));
        }
    }

    fn compare(&mut self, known: &[Known], one: Head) {
        let other = |(number, hash): &Known| *number == one.number && *hash != one.hash;
        if known.iter().any(other) {
            self.wrong.get_or_insert(Wrong::Other(one.number));
        }
    }
}

impl Province {
    /// What the log says about the person of this device, a page.
    ///
    /// # Errors
    /// [`ProblemCode::DeviceUnknown`], [`Refusal::Fault`].
    pub async fn audit_of(&self, device: DeviceKey, request: AuditRequest) -> Result<AuditReply, Refusal> {
        let mut db = self.store().read().await?;
        let person = person::with_device(&mut db, device.as_bytes())
            .await?
            .ok_or(ProblemCode::DeviceUnknown)?;
        let most = u32::try_from(PAGE_MAX + 1).unwrap_or(u32::MAX);
        let before = request.before.unwrap_or(u64::MAX);
        let mut found = audit::about(&mut db, &person.id, before, most).await?;
        let more = found.len() > PAGE_MAX;
        found.truncate(PAGE_MAX);
        let next = found.last().filter(|_| more).map(|last| last.number);
        let data = &self.keys().data;
        let entries: Result<_, Fault> = found.into_iter().map(|one| told(data, one)).collect();
        Ok(AuditReply {
            entries: entries?,
            next,
        })
    }
}

/// What is sealed in an entry; `None` if nothing is.
///
/// # Errors
/// [`Fault`].
pub fn opened(data: &DataKeys, entry: &Entry) -> Result<Option<BTreeMap<String, Value>>, Fault> {
    let (Some(person), false) = (&entry.about, entry.sealed.is_empty()) else {
        return Ok(None);
    };
    let plain = data.open(Sealed::Audit, person, &entry.sealed)?;
    serde_json::from_slice(&plain).map(Some).map_err(Fault::Record)
}

/// An entry as its person is told it.
fn told(data: &DataKeys, one: Chained) -> Result<AuditEntry, Fault> {
    let mut detail: BTreeMap<String, Value> =
        serde_json::from_str(&one.entry.detail).map_err(Fault::Record)?;
    detail.extend(opened(data, &one.entry)?.unwrap_or_default());
    Ok(AuditEntry {
        number: one.number,
        at: one.entry.at,
        role: one.entry.role,
        actor: one.entry.actor,
        action: one.entry.action,
        detail,
    })
}

/// An entry as a line of an export: what is hashed, and what its sealed part says.
pub(crate) fn line(one: &Chained, opened: Option<&BTreeMap<String, Value>>) -> Value {
    let about = one.entry.about.map(|id| hex::encode(id.as_bytes()));
    json!({
        "number": one.number,
        "at": one.entry.at,
        "role": one.entry.role,
        "actor": one.entry.actor,
        "action": one.entry.action,
        "person": about,
        "detail": one.entry.detail,
        "sealed": hex::encode(&one.entry.sealed),
        "opened": opened,
        "hash": hex::encode(one.hash),
    })
}
