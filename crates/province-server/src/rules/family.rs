//! Children: a guardian holds their documents until they are of age, and then they hold them themselves.
//!
//! A child cannot enrol: a CNIC is given at 18. Until then its documents are bound to the keys of whoever holds them for
//! it, and end with the day on which the child is 18. When somebody enrols with the child's number, which is its CNIC's
//! then, they go over to that enrolment in the same transaction.

use std::collections::BTreeSet;

use credential::{ClaimType, Field, PassType, Place, StatusPurpose, Timestamp};
use province_api::person::{Cnic, Day};
use province_api::sync::Event;
use serde_json::{Map, Value};
use sqlx::AnyConnection;
use zeroize::Zeroizing;

use super::document::{self, Child, DocumentError, Form};
use super::kinds::{self, Granted};
use super::{Fault, feed, fields, status as publish};
use crate::audit::Actor;
use crate::randomness::Randomness;
use crate::sealed::{BlindIndex, DataKeys, Kind as Sealed, PersonId, Subject};
use crate::store::StoreError;
use crate::store::holding::{self, Holding};
use crate::store::lock::{self, Lock};
use crate::store::person::{self, Person};
use crate::store::status_file::Flip;
use crate::store::ward;

/// A CNIC is given at this age, and a guardian holds nothing of a child any more.
pub const OF_AGE: u16 = 18;

/// Claims of the type register that mean the same in every kind of a child's documents.
mod keys {
    /// What a child is called: kinds that have it may be held for one.
    pub(super) const NAME: &str = "child_name_en";
    /// The child's number.
    pub(super) const NUMBER: &str = "child_number";
    /// Day of birth.
    pub(super) const BORN_ON: &str = "born_on";
    /// What the holder is to the child.
    pub(super) const HOLDER_IS: &str = "holder_is";
    /// The word for a holder who is the one that was the child.
    pub(super) const ITSELF: &str = "itself";
}

/// What finds a child's documents, whoever holds them.
pub(super) fn subject(data: &DataKeys, child: &Cnic) -> BlindIndex {
    data.blind_index(Subject::Ward, child.as_str().as_bytes())
}

/// What is granted to a citizen for a child, and the number that the child has with them.
pub(super) async fn of_child(
    (db, data): (&mut AnyConnection, &DataKeys),
    (guardian, child): (&Person, &Child),
    kind: &PassType,
    form: &Form,
    now: Timestamp,
) -> Result<(u32, Granted), DocumentError> {
    if claim(kind, keys::NAME).is_none() {
        return Err(DocumentError::NotForChildren);
    }
    let today = Day::at_unix(now.unix());
    let impossible = || DocumentError::FieldWrong(keys::BORN_ON.to_owned(), "a day that a child was born on");
    let born_on = child.born_on.not_after(today).map_err(|_| impossible())?;
    if born_on.years_until(today) >= OF_AGE {
        return Err(DocumentError::ChildOfAge);
    }
    let enrolled = data.blind_index(Subject::Cnic, child.number.as_str().as_bytes());
    if person::with_cnic(&mut *db, &enrolled).await?.is_some() {
        return Err(DocumentError::ChildEnrolled);
    }
    let of_age = born_on.after_years(OF_AGE).ok_or_else(impossible)?;
    let mut entered = form.fields.clone();
    enter(kind, &mut entered, keys::NUMBER, child.number.as_str())?;
    enter(kind, &mut entered, keys::BORN_ON, &born_on.to_string())?;
    if entered.get(keys::HOLDER_IS).and_then(Value::as_str) == Some(keys::ITSELF) {
        let wrong = "what a guardian is";
        return Err(DocumentError::FieldWrong(keys::HOLDER_IS.to_owned(), wrong));
    }
    let granted = Granted {
        fields: fields::read(kind, &entered)?,
        status: None,
        until: Some(Timestamp::from_unix(of_age.starts_at())),
    };
    let no = ward::number(db, &guardian.id, &subject(data, &child.number)).await?;
    Ok((no, granted))
}

/// What is granted to a citizen as their own: of a kind that names a child by number, only as the one who was the child.
/// A child's document that is granted as one's own would never be handed over.
pub(super) fn own(kind: &PassType, form: &Form) -> Result<Granted, DocumentError> {
    let mut entered = form.fields.clone();
    if claim(kind, keys::NUMBER).is_some() {
        enter(kind, &mut entered, keys::NUMBER, form.cnic.as_str())?;
        enter(kind, &mut entered, keys::HOLDER_IS, keys::ITSELF)?;
    }
    Ok(Granted {
        fields: fields::read(kind, &entered)?,
        status: None,
        until: None,
    })
}

/// Enters what is known already. A clerk may enter it too, and no other.
fn enter(
    kind: &PassType,
    entered: &mut Map<String, Value>,
    key: &str,
    value: &str,
) -> Result<(), DocumentError> {
    if claim(kind, key).is_none() {
        return Ok(());
    }
    let same = |said: &Value| {
        let said = said.as_str()?;
        let is_same = said == value || Cnic::parse(said).is_ok_and(|cnic| cnic.as_str() == value);
        is_same.then_some(())
    };
    if entered.get(key).map(same) == Some(None) {
        let wrong = "of the one whose document it is";
        return Err(DocumentError::FieldWrong(key.to_owned(), wrong));
    }
    entered.insert(key.to_owned(), value.into());
    Ok(())
}

/// Gives somebody who enrolled now what others held for them, of each kind the newest grant, inside the caller's
/// transaction, which publishes the bits that turned. Who held it is told, and what they drew of it is revoked.
pub(super) async fn hand_over(
    db: &mut AnyConnection,
    (data, randomness): (&DataKeys, &Randomness),
    (child, number): (&Person, &Cnic),
    now: Timestamp,
) -> Result<Vec<Flip>, Fault> {
    let mut flips = Vec::new();
    let mut given = BTreeSet::new();
    let child_is = subject(data, number);
    let found = ward::documents(&mut *db, &child_is).await?;
    if found.is_empty() {
        return Ok(flips);
    }
    lock_guardians(&mut *db, &found).await?;
    // As they are now that nobody changes them any more.
    let documents = ward::documents(&mut *db, &child_is).await?;
    let register = kinds::published(&mut *db).await?;
    for (guardian, one) in documents {
        let place = document::place(&one);
        flips.extend(document::set(&mut *db, place, StatusPurpose::Revoked, now).await?);
        holding::remove(&mut *db, &guardian, &one).await?;
        let what = Event::DocumentHandedOver {
            vct: one.vct.clone(),
            no: one.no,
        };
        feed::note(
            &mut *db,
            data,
            randomness,
            &guardian,
            (&what, &Actor::CITIZEN),
            now,
        )
        .await?;
        // Both parents may have held it.
        if !given.insert(one.vct.clone()) {
            continue;
        }
        let kind = register.types.iter().find(|kind| kind.vct.as_str() == one.vct);
        let mut granted = document::opened(data, &guardian, &one)?;
        granted.until = None;
        if let Some((number, word)) = kind.and_then(itself) {
            granted.fields.insert(number, Field::Number(word));
        }
        let status = match one.status {
            Some((list, _)) => {
                let index = publish::draw(&mut *db, &list, randomness).await?;
                Some((list, index))
            }
            None => None,
        };
        let plain = Zeroizing::new(fields::to_json(&granted)?);
        let kept = Holding {
            no: 0,
            sealed: data.seal(Sealed::Holding, &child.id, &plain, randomness)?,
            status,
            granted_at: now.unix(),
            vct: one.vct,
        };
        holding::put(&mut *db, &child.id, &kept).await?;
        let what = Event::DocumentGranted {
            vct: kept.vct,
            no: 0,
            grant: kept.granted_at,
        };
        feed::note(
            &mut *db,
            data,
            randomness,
            &child.id,
            (&what, &Actor::CITIZEN),
            now,
        )
        .await?;
    }
    Ok(flips)
}

/// Locks whoever holds these documents.
async fn lock_guardians(db: &mut AnyConnection, documents: &[(PersonId, Holding)]) -> Result<(), StoreError> {
    let mut guardians = Vec::new();
    for (id, _) in documents {
        guardians.extend(person::cnic_of(&mut *db, id).await?);
    }
    let locks: Vec<Lock<'_>> = guardians.iter().map(Lock::Citizen).collect();
    lock::take_all(db, &locks).await
}

/// The field of what the holder is, and the word for the one who was the child.
fn itself(kind: &PassType) -> Option<(u8, u64)> {
    let claim = claim(kind, keys::HOLDER_IS)?;
    let word = claim.words.iter().find(|word| word.key == keys::ITSELF)?;
    match claim.at {
        Place::Fact(number) => Some((number, word.code.into())),
        Place::Identity(_) => None,
    }
}

fn claim<'a>(kind: &'a PassType, key: &str) -> Option<&'a ClaimType> {
    kind.claims.iter().find(|claim| claim.key == key)
}
