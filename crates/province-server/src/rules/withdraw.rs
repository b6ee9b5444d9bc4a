//! Taking a document back, of one citizen or as one of many.

use credential::{StatusPurpose, Timestamp, Vct};
use province_api::person::Cnic;
use province_api::reason::Reason;
use province_api::sync::Event;
use sqlx::AnyConnection;

use super::document::{DocumentError, Whose, find, held, lock_both, place, set};
use super::{feed, status as publish};
use crate::audit::Actor;
use crate::keys::ServingKeys;
use crate::randomness::Randomness;
use crate::sealed::DataKeys;
use crate::store::person::Person;
use crate::store::status_file::Flip;
use crate::store::{Store, holding};

/// Withdraws a document: it is revoked, and phones drop it at their next sync.
///
/// # Errors
/// [`DocumentError`]; then nothing changed.
pub async fn withdraw(
    store: &Store,
    keys: &ServingKeys,
    whose: &Whose,
    (vct, reason): (&Vct, Reason),
    now: Timestamp,
    randomness: &Randomness,
    by: &Actor,
) -> Result<(), DocumentError> {
    let mut write = store.write().await?;
    lock_both(&mut write, &keys.data, &whose.cnic, whose.child.as_ref()).await?;
    let person = find(&mut write, &keys.data, &whose.cnic).await?;
    let what = (vct.as_str(), whose.child.as_ref(), reason);
    let taken = take_back(&mut write, &keys.data, &person, what, (randomness, by), now).await?;
    if let Some(flip) = taken {
        let status = keys.current(&mut write, Vct::STATUS_MANIFEST, now).await?;
        publish::publish(&mut write, &status, now, &[flip]).await?;
    }
    write.commit().await?;
    Ok(())
}

/// Takes a document back inside the caller's transaction, which locked the citizen and publishes the bit if one turned.
///
/// # Errors
/// [`DocumentError::NotHeld`], [`DocumentError::Fault`].
pub(super) async fn take_back(
    db: &mut AnyConnection,
    data: &DataKeys,
    person: &Person,
    (vct, child, reason): (&str, Option<&Cnic>, Reason),
    (randomness, by): (&Randomness, &Actor),
    now: Timestamp,
) -> Result<Option<Flip>, DocumentError> {
    let one = held(db, data, person, (vct, child)).await?;
    holding::remove(db, &person.id, &one).await?;
    let what = Event::DocumentWithdrawn {
        vct: one.vct.clone(),
        no: one.no,
        reason: Some(reason),
    };
    feed::note(db, data, randomness, &person.id, (&what, by), now).await?;
    Ok(set(db, place(&one), StatusPurpose::Revoked, now).await?)
}
