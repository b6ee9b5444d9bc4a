//! Documents: granting one to an enrolled citizen, and its printed form.

use credential::{PassType, RegisterContent, StatusPurpose, Timestamp, Vct};
use province_api::artefacts::IDENTITY_LIST;
use province_api::person::{Cnic, Day};
use province_api::sync::Event;
use serde_json::{Map, Value};
use sqlx::AnyConnection;
use zeroize::Zeroizing;

pub use super::document_error::DocumentError;
use super::kinds::{self, Citizen, Granted};
use super::record::Record;
use super::{Fault, audit, family, feed, fields, status as publish};
use crate::audit::{Action, Actor};
use crate::keys::ServingKeys;
use crate::randomness::Randomness;
use crate::sealed::{DataKeys, Kind as Sealed, PersonId, Subject};
use crate::store::holding::{self, Holding};
use crate::store::lock::{self, Lock};
use crate::store::person::{self, Person};
use crate::store::status_file::{self, Flip};
use crate::store::{Store, StoreError, status, ward};

/// What a clerk enters of a document: the citizen, the kind, and its own fields by the keys of the type register.
#[derive(Clone)]
pub struct Form {
    /// Who holds it.
    pub cnic: Cnic,
    /// The child whose it is, if a guardian holds it for one.
    pub child: Option<Child>,
    /// Which kind.
    pub vct: Vct,
    /// Texts, numbers, `true` and `false`; days as `YYYY-MM-DD`, money in paisa, words by their keys.
    pub fields: Map<String, Value>,
}

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Form(..)")
    }
}

/// A child for whom a guardian holds a document.
#[derive(Clone)]
pub struct Child {
    /// The number of its registration, which will be its CNIC's.
    pub number: Cnic,
    /// Day of birth.
    pub born_on: Day,
}

impl std::fmt::Debug for Child {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Child(..)")
    }
}

/// Who holds a document, and for which child, if it is not their own.
#[derive(Clone)]
pub struct Whose {
    /// Who holds it.
    pub cnic: Cnic,
    /// The child whose it is.
    pub child: Option<Cnic>,
}

impl From<&Cnic> for Whose {
    fn from(cnic: &Cnic) -> Self {
        Self {
            cnic: cnic.clone(),
            child: None,
        }
    }
}

impl std::fmt::Debug for Whose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Whose(..)")
    }
}

/// Grants a document. One of the same kind and person that was held before is revoked; phones draw the new one at their
/// next sync.
///
/// # Errors
/// [`DocumentError`]; then nothing changed.
pub async fn grant(
    store: &Store,
    keys: &ServingKeys,
    form: &Form,
    now: Timestamp,
    randomness: &Randomness,
    by: &Actor,
) -> Result<(), DocumentError> {
    let mut write = store.write().await?;
    let child = form.child.as_ref().map(|child| &child.number);
    lock_both(&mut write, &keys.data, &form.cnic, child).await?;
    grant_in(&mut write, keys, form, now, randomness, by).await?;
    write.commit().await?;
    Ok(())
}

/// The same inside the caller's transaction, which holds the locks of the citizen and of the child.
///
/// # Errors
/// [`DocumentError`]; then the caller's transaction is undone.
pub(super) async fn grant_in(
    write: &mut AnyConnection,
    keys: &ServingKeys,
    form: &Form,
    now: Timestamp,
    randomness: &Randomness,
    by: &Actor,
) -> Result<(), DocumentError> {
    let person = find_in_good_standing(&mut *write, &keys.data, &form.cnic).await?;
    let register = kinds::published(&mut *write).await?;
    let kind = register
        .find(&form.vct)
        .filter(|kind| kinds::is_document(kind))
        .ok_or(DocumentError::UnknownType)?;
    let list = kind.status.list().filter(|_| has_own_list(kind));
    let (no, mut granted) = match &form.child {
        Some(child) => family::of_child((&mut *write, &keys.data), (&person, child), kind, form, now).await?,
        None => (0, family::own(kind, form)?),
    };
    may_issue(kind, &granted, person.assurance, now)?;
    if let Some(list) = list {
        granted.status = Some((
            list.to_owned(),
            publish::draw(&mut *write, list, randomness).await?,
        ));
    }
    try_issue(write, keys, kind, (&person, &granted), now).await?;

    let held = holding::all(&mut *write, &person.id).await?;
    let before = held
        .iter()
        .find(|one| one.vct == form.vct.as_str() && one.no == no);
    let revoked = set(&mut *write, before.and_then(place), StatusPurpose::Revoked, now).await?;
    let plain = Zeroizing::new(fields::to_json(&granted)?);
    let kept = Holding {
        vct: form.vct.as_str().to_owned(),
        no,
        sealed: keys.data.seal(Sealed::Holding, &person.id, &plain, randomness)?,
        status: granted.status,
        // Two grants within a second are two all the same.
        granted_at: before.map_or(now.unix(), |one| now.unix().max(one.granted_at.saturating_add(1))),
    };
    holding::put(&mut *write, &person.id, &kept).await?;
    let what = Event::DocumentGranted {
        vct: kept.vct,
        no,
        grant: kept.granted_at,
    };
    feed::note(&mut *write, &keys.data, randomness, &person.id, (&what, by), now).await?;
    if let Some(flip) = revoked {
        let status = keys.current(&mut *write, Vct::STATUS_MANIFEST, now).await?;
        publish::publish(&mut *write, &status, now, &[flip]).await?;
    }
    Ok(())
}

/// Signs a document once before it is kept: what could not be issued is not granted.
async fn try_issue(
    db: &mut AnyConnection,
    keys: &ServingKeys,
    kind: &PassType,
    (person, granted): (&Person, &Granted),
    now: Timestamp,
) -> Result<(), DocumentError> {
    let record = open(&keys.data, person)?;
    let on_phone = kind.show.timed || kind.show.request;
    keys.current(db, kind.vct, now).await?;
    let stand_in = kinds::stand_in();
    let holder = on_phone.then(|| stand_in.public());
    let citizen = Citizen::new(person, &record);
    let claims = kinds::claims(kind, &citizen, granted, holder.map(Into::into), now);
    kind.issue(&claims, &stand_in).map_err(DocumentError::Issue)?;
    Ok(())
}

/// Whether a citizen's own document could be granted now, as far as nothing has to be changed to know it.
pub(super) async fn check(
    db: &mut AnyConnection,
    keys: &ServingKeys,
    register: &RegisterContent,
    form: &Form,
    now: Timestamp,
) -> Result<(), DocumentError> {
    let person = find_in_good_standing(&mut *db, &keys.data, &form.cnic).await?;
    let kind = register.find(&form.vct).filter(|kind| kinds::is_document(kind));
    let kind = kind.ok_or(DocumentError::UnknownType)?;
    let mut granted = family::own(kind, form)?;
    may_issue(kind, &granted, person.assurance, now)?;
    let list = kind.status.list().filter(|_| has_own_list(kind));
    granted.status = list.map(|list| (list.to_owned(), u32::MAX));
    try_issue(db, keys, kind, (&person, &granted), now).await
}

/// Locks a citizen, and the child whose document it is about.
pub(super) async fn lock_both(
    db: &mut AnyConnection,
    data: &DataKeys,
    cnic: &Cnic,
    child: Option<&Cnic>,
) -> Result<(), StoreError> {
    if let Some(child) = child {
        lock::take(db, Lock::Ward(&family::subject(data, child))).await?;
    }
    let citizen = data.blind_index(Subject::Cnic, cnic.as_str().as_bytes());
    lock::take(db, Lock::Citizen(&citizen)).await
}

/// Whether the province may issue a document of this kind with these fields today, to somebody who was proofed at this level.
fn may_issue(kind: &PassType, granted: &Granted, assurance: u8, now: Timestamp) -> Result<(), DocumentError> {
    if kind.assurance > assurance {
        return Err(DocumentError::AssuranceTooLow);
    }
    if kinds::has_ended(kind, granted, now) {
        return Err(DocumentError::Ended);
    }
    Ok(())
}

/// The bytes of a document's printed form: signed claims without a holder's key.
///
/// # Errors
/// [`DocumentError`].
pub async fn paper(
    store: &Store,
    keys: &ServingKeys,
    by: &Actor,
    (whose, vct): (&Whose, &Vct),
    now: Timestamp,
) -> Result<Vec<u8>, DocumentError> {
    let mut db = store.write().await?;
    let person = find_in_good_standing(&mut db, &keys.data, &whose.cnic).await?;
    let register = kinds::published(&mut db).await?;
    let kind = register.find(vct).ok_or(DocumentError::UnknownType)?;
    let one = held(&mut db, &keys.data, &person, (vct.as_str(), whose.child.as_ref())).await?;
    let granted = opened(&keys.data, &person.id, &one)?;
    may_issue(kind, &granted, person.assurance, now)?;
    let record = open(&keys.data, &person)?;
    let claims = kinds::claims(kind, &Citizen::new(&person, &record), &granted, None, now);
    let issuer = keys.current(&mut db, kind.vct, now).await?;
    let signed = kind.issue(&claims, &issuer).map_err(DocumentError::Issue)?;
    let what = serde_json::json!({
        "vct": vct.as_str(), "no": one.no, "key": hex::encode(issuer.public().key_id().as_bytes())
    });
    let printed = (Action::DocumentPrinted, &what);
    audit::note_sealed(&mut db, &keys.data, by, printed, &person.id, now).await?;
    db.commit().await?;
    Ok(signed)
}

/// The document of this kind that a citizen holds, their own or a child's.
pub(super) async fn held(
    db: &mut AnyConnection,
    data: &DataKeys,
    person: &Person,
    (vct, child): (&str, Option<&Cnic>),
) -> Result<Holding, DocumentError> {
    let no = match child {
        Some(child) => ward::find(&mut *db, &person.id, &family::subject(data, child))
            .await?
            .ok_or(DocumentError::NotHeld)?,
        None => 0,
    };
    let all = holding::all(db, &person.id).await?;
    all.into_iter()
        .find(|one| one.vct == vct && one.no == no)
        .ok_or(DocumentError::NotHeld)
}

/// Sets this bit of all documents of a citizen that have one, inside the caller's transaction, which publishes the bits
/// that turned.
pub(super) async fn set_all(
    db: &mut AnyConnection,
    person: &Person,
    purpose: StatusPurpose,
    now: Timestamp,
) -> Result<Vec<Flip>, Fault> {
    let mut flips = Vec::new();
    for one in holding::all(db, &person.id).await? {
        flips.extend(set(db, place(&one), purpose, now).await?);
    }
    Ok(flips)
}

/// Clears this bit of all documents of a citizen, as [`set_all`] sets it.
pub(super) async fn clear_all(
    db: &mut AnyConnection,
    person: &Person,
    purpose: StatusPurpose,
) -> Result<Vec<Flip>, Fault> {
    let mut flips = Vec::new();
    for one in holding::all(db, &person.id).await? {
        if let Some((list, index)) = place(&one)
            && status::clear(db, list, purpose, index).await?
        {
            flips.push(flip(list, purpose, index));
        }
    }
    Ok(flips)
}

/// Gives the documents of a citizen that have bits of their own new places, inside the caller's transaction. Each is a
/// grant of its own: what was drawn before is of the old places.
pub(super) async fn move_all(
    db: &mut AnyConnection,
    person: &Person,
    randomness: &Randomness,
    now: Timestamp,
) -> Result<Vec<Flip>, Fault> {
    let mut flips = Vec::new();
    for mut one in holding::all(db, &person.id).await? {
        flips.extend(set(db, place(&one), StatusPurpose::Revoked, now).await?);
        let Some((list, _)) = one.status else { continue };
        let index = publish::draw(db, &list, randomness).await?;
        one.status = Some((list, index));
        one.granted_at = now.unix().max(one.granted_at.saturating_add(1));
        holding::put(db, &person.id, &one).await?;
    }
    Ok(flips)
}

/// What was granted, opened.
pub(super) fn opened(data: &DataKeys, person: &PersonId, one: &Holding) -> Result<Granted, Fault> {
    let plain = data.open(Sealed::Holding, person, &one.sealed)?;
    Ok(Granted {
        status: one.status.clone(),
        ..fields::from_json(&plain)?
    })
}

pub(super) fn open(data: &DataKeys, person: &Person) -> Result<Record, Fault> {
    let plain = data.open(Sealed::Record, &person.id, &person.sealed)?;
    serde_json::from_slice(&plain).map_err(Fault::Record)
}

pub(super) async fn find(
    db: &mut AnyConnection,
    data: &DataKeys,
    cnic: &Cnic,
) -> Result<Person, DocumentError> {
    let index = data.blind_index(Subject::Cnic, cnic.as_str().as_bytes());
    let person = person::with_cnic(db, &index)
        .await?
        .ok_or(DocumentError::NotEnrolled)?;
    if person.revoked_at.is_some() {
        return Err(DocumentError::Revoked);
    }
    Ok(person)
}

/// The citizen, whom something is to be handed: not while they are suspended or their wallet is disabled.
pub(super) async fn find_in_good_standing(
    db: &mut AnyConnection,
    data: &DataKeys,
    cnic: &Cnic,
) -> Result<Person, DocumentError> {
    let person = find(db, data, cnic).await?;
    if person.disabled_at.is_some() {
        return Err(DocumentError::Disabled);
    }
    let purpose = StatusPurpose::Suspended;
    if status::is_set(db, IDENTITY_LIST, purpose, person.status_index).await? {
        return Err(DocumentError::Suspended);
    }
    Ok(person)
}

fn has_own_list(kind: &PassType) -> bool {
    matches!(kind.status, credential::StatusRule::List(_))
}

/// Where the bits of a document are that has some of its own.
pub(super) fn place(one: &Holding) -> Option<(&str, u32)> {
    one.status.as_ref().map(|(list, index)| (list.as_str(), *index))
}

fn flip(list: &str, purpose: StatusPurpose, index: u32) -> Flip {
    Flip {
        list: list.to_owned(),
        purpose,
        index,
    }
}

/// Sets a bit of a document, if its list has that bitmap; gives it if it was clear.
pub(super) async fn set(
    db: &mut AnyConnection,
    place: Option<(&str, u32)>,
    purpose: StatusPurpose,
    now: Timestamp,
) -> Result<Option<Flip>, Fault> {
    let Some((list, index)) = place else {
        return Ok(None);
    };
    if !status_file::bitmaps(db, list).await?.contains_key(&purpose) {
        return Ok(None);
    }
    let turned = status::set(db, list, purpose, index, now.unix()).await?;
    Ok(turned.then(|| flip(list, purpose, index)))
}
