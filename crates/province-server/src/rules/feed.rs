//! The change feed: every rule that changes something about a person notes it in the same transaction, for the person's
//! phone and for the audit log.

use credential::Timestamp;
use province_api::sync::Event;
use serde_json::{Map, Value};
use sqlx::AnyConnection;
use zeroize::Zeroizing;

use super::{Fault, audit};
use crate::audit::Actor;
use crate::randomness::Randomness;
use crate::sealed::{DataKeys, Kind, PersonId};
use crate::store::event;

/// The kind of the events of passes that were drawn.
pub(super) const DRAWN: &str = "passes_issued";

/// For how long a phone is told of passes that were drawn; other events stay as long as the enrolment.
pub const DRAWN_DAYS: u64 = 100;

/// Notes an event that its kind says whole, for the phone and in the audit log.
pub(super) async fn note_bare(
    db: &mut AnyConnection,
    person: &PersonId,
    (what, by): (&Event, &Actor),
    now: Timestamp,
) -> Result<(), Fault> {
    if let Some((action, _)) = audit::of_event(what) {
        audit::note(
            &mut *db,
            by,
            action,
            Some(person),
            &Value::Object(Map::new()),
            now,
        )
        .await?;
    }
    Ok(event::add(db, person, now.unix(), what.kind(), None).await?)
}

/// Notes an event, sealed, for the phone and in the audit log.
pub(super) async fn note(
    db: &mut AnyConnection,
    data: &DataKeys,
    randomness: &Randomness,
    person: &PersonId,
    (what, by): (&Event, &Actor),
    now: Timestamp,
) -> Result<(), Fault> {
    let plain = noted(db, data, person, (what, by), now).await?;
    let sealed = data.seal(Kind::Event, person, &plain, randomness)?;
    Ok(event::add(db, person, now.unix(), what.kind(), Some(sealed)).await?)
}

/// Notes an event, sealed, where no randomness is at hand: it is told that the same was said of a person twice.
pub(super) async fn note_derived(
    db: &mut AnyConnection,
    data: &DataKeys,
    person: &PersonId,
    (what, by): (&Event, &Actor),
    now: Timestamp,
) -> Result<(), Fault> {
    let plain = noted(db, data, person, (what, by), now).await?;
    let sealed = data.seal_derived(Kind::Event, person, &plain)?;
    Ok(event::add(db, person, now.unix(), what.kind(), Some(sealed)).await?)
}

/// Notes an event in the audit log, sealed; gives what is told to the phone.
async fn noted(
    db: &mut AnyConnection,
    data: &DataKeys,
    person: &PersonId,
    (what, by): (&Event, &Actor),
    now: Timestamp,
) -> Result<Zeroizing<Vec<u8>>, Fault> {
    if let Some((action, detail)) = audit::of_event(what) {
        let detail = detail.unwrap_or_else(|| Value::Object(Map::new()));
        audit::note_sealed(db, data, by, (action, &detail), person, now).await?;
    }
    serde_json::to_vec(what)
        .map(Zeroizing::new)
        .map_err(Fault::Record)
}

/// What a stored event says.
pub(super) fn read(data: &DataKeys, person: &PersonId, stored: &event::Event) -> Result<Event, Fault> {
    let read = match &stored.sealed {
        Some(sealed) => serde_json::from_slice(&data.open(Kind::Event, person, sealed)?),
        None => serde_json::from_value(serde_json::json!({ "kind": stored.kind })),
    };
    read.map_err(Fault::Record)
}
