//! What the citizen asked the province to do: put into the outbox, taken back, mended, given up. `deliver.rs` sends it.

use std::collections::BTreeMap;

use credential::Timestamp;
use province_api::enrolment::EnrolmentRequest;
use province_api::paths;
use province_api::person::Cnic;
use province_api::signature::CLOCK_DIFFERENCE_MAX;
use province_api::sync::{LostRequest, MobileRequest};
use rand_core::CryptoRng;
use rusqlite::Connection;

use super::items::is_unknown;
use super::send::entry;
use super::{Surroundings, plan};
use crate::code::{UiCode, UiError};
use crate::draft::field_error;
use crate::error::StoreError;
use crate::picture;
use crate::screen::lost::LostPerson;
use crate::store::credential as passes;
use crate::store::draft as draft_table;
use crate::store::enrolment::{self, State};
use crate::store::outbox::{self, Entry, Kind};
use crate::store::setting::{self, Setting};
use crate::store::sync_state;
use crate::store::{moving, offer};

/// So many tries without an answer, and the citizen may give an errand up.
const GIVE_UP_AFTER: u32 = 3;

/// How long what was sent may still be done, in seconds by this phone's clock: for as long as its signature is in force,
/// which begins later where that clock is ahead.
const IN_FORCE_MAX: u64 = 2 * CLOCK_DIFFERENCE_MAX;

/// Where an errand is sent; `None` for what is no errand of the citizen's.
pub(super) const fn path(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Enrolment => Some(paths::ENROLMENTS),
        Kind::Rebind => Some(paths::REBIND),
        Kind::Mobile => Some(paths::MOBILE),
        Kind::Lost => Some(paths::LOST),
        Kind::Application => Some(paths::APPLICATIONS),
        Kind::Withdrawal => Some(paths::WITHDRAW),
        Kind::Challenge | Kind::Passes => None,
    }
}

/// Whether this is something that a run sends before it asks anything.
pub(super) const fn is_errand(kind: Kind) -> bool {
    path(kind).is_some()
}

/// Puts a change of the mobile number into the outbox, in place of one that was refused or has not left the phone. It waits
/// until no signature of the one before is in force, if that was sent and is not settled.
pub(crate) fn change_mobile(
    around: &Surroundings<'_>,
    mobile: &str,
    rng: &mut impl CryptoRng,
) -> Result<(), UiError> {
    if enrolment::load(around.database)?.state != State::Complete {
        return Err(UiCode::NotEnrolled.into());
    }
    if let Some(code) = sync_state::load(around.database)?.ended {
        return Err(code.into());
    }
    let request = MobileRequest {
        mobile: mobile.to_owned(),
    };
    if let Err(code) = request.parse() {
        return Err(UiError {
            code: UiCode::FieldsInvalid,
            retry_after_seconds: None,
            fields: vec![field_error("mobile".to_owned(), code)],
        });
    }
    let body = serde_json::to_vec(&request).map_err(|_| StoreError::Row)?;
    let transaction = around.database.unchecked_transaction()?;
    if let Some(before) = outbox::under_way(&transaction, Kind::Mobile)? {
        if before.state != outbox::State::Waiting {
            return Err(UiCode::StillUnderway.into());
        }
        outbox::remove(&transaction, before.id)?;
    }
    outbox::remove_answered(&transaction, Kind::Mobile)?;
    let queued = outbox::insert(&transaction, entry(Kind::Mobile, body, around), rng)?;
    if let Some(sent_at) = setting::load(&transaction, Setting::MobileSentAt)? {
        let sent_at = Timestamp::from_unix(sent_at.parse().map_err(|_| StoreError::Row)?);
        // What was sent before may still be on its way, and would be done after this one. By a clock that was ahead then, it
        // seems to have been sent later than now.
        let sent_at = sent_at.min(plan::clock_of_waits(around)?);
        outbox::hold_back(&transaction, queued.id, sent_at.plus(IN_FORCE_MAX + 1))?;
    }
    transaction.commit()?;
    Ok(())
}

/// Puts a lost phone of some person into the outbox: everything that an enrolment of that person needs, and the time, so
/// that it ends no wallet that they bind before it arrives. It takes the place of `instead`, if that was refused, and of
/// what was reported of the same person and cannot have been done.
pub(crate) fn report_lost(
    around: &Surroundings<'_>,
    person: EnrolmentRequest,
    instead: Option<i64>,
    rng: &mut impl CryptoRng,
) -> Result<(), UiError> {
    let lost_at = around.now.unix();
    let cnic = Cnic::parse(&person.cnic);
    let body = serde_json::to_vec(&LostRequest { lost_at, person }).map_err(|_| StoreError::Row)?;
    let transaction = around.database.unchecked_transaction()?;
    for before in outbox::all(&transaction)? {
        let replaced = before.kind == Kind::Lost
            && match before.state {
                outbox::State::Refused => instead == Some(before.id),
                outbox::State::Waiting => Cnic::parse(&lost_request(&before)?.person.cnic) == cnic,
                outbox::State::Sent | outbox::State::Confirmed => false,
            };
        if replaced {
            outbox::remove(&transaction, before.id)?;
        }
    }
    outbox::insert(&transaction, entry(Kind::Lost, body, around), rng)?;
    transaction.commit()?;
    Ok(())
}

/// Puts an answered entry away, or takes back one that cannot have been done.
pub(crate) fn discard(database: &Connection, id: i64) -> Result<(), UiError> {
    let Some(entry) = outbox::get(database, id)? else {
        return Ok(());
    };
    match entry.state {
        // It may have been done: only its answer says.
        outbox::State::Sent => Err(UiCode::StillUnderway.into()),
        outbox::State::Waiting if path(entry.kind).is_none() || enrols(entry.kind) => {
            Err(UiCode::StillUnderway.into())
        }
        _ => Ok(outbox::remove(database, id)?),
    }
}

/// The application or re-bind that is under way and cannot have been done: what was typed may still be changed.
pub(crate) fn application_undone(database: &Connection) -> Result<Option<i64>, StoreError> {
    let mut entries = outbox::all(database)?.into_iter();
    let found = entries.find(|entry| enrols(entry.kind) && entry.state == outbox::State::Waiting);
    Ok(found.map(|entry| entry.id))
}

/// Takes it back: what was typed is the draft again.
pub(crate) fn take_back_application(database: &Connection, id: i64) -> Result<(), StoreError> {
    outbox::remove(database, id)?;
    enrolment::set_state(database, State::Draft)
}

/// Whether the citizen may give this errand up: it was sent several times, and nobody here knows whether it was done. Not an
/// application: as a draft again it could be sent twice.
pub(super) fn may_give_up(entry: &Entry) -> bool {
    entry.state == outbox::State::Sent
        && path(entry.kind).is_some()
        && !enrols(entry.kind)
        && entry.kind != Kind::Application
        && entry.attempts >= GIVE_UP_AFTER
}

/// Sends an errand no more. It may have been done all the same: the feed of a later sync says so.
pub(crate) fn give_up(database: &Connection, id: i64) -> Result<(), UiError> {
    match outbox::get(database, id)? {
        None => Ok(()),
        Some(entry) if may_give_up(&entry) => Ok(outbox::remove(database, id)?),
        Some(_) => Err(UiCode::StillUnderway.into()),
    }
}

/// Sends again what was refused, as it is and under the same key: a refusal did nothing, and is decided anew.
pub(crate) fn retry(database: &Connection, id: i64) -> Result<(), UiError> {
    let Some(before) = outbox::get(database, id)? else {
        return Ok(());
    };
    let as_it_is = before.error.is_some_and(|error| error.code.may_go_again());
    if before.state != outbox::State::Refused
        || path(before.kind).is_none()
        || enrols(before.kind)
        || !as_it_is
    {
        return Err(UiCode::StillUnderway.into());
    }
    Ok(outbox::again(database, id)?)
}

/// The person of a refused report of a lost phone and their picture, to be mended; `None` where there is none.
pub(crate) fn lost_person(database: &Connection, id: i64) -> Result<Option<LostPerson>, UiError> {
    let refused = outbox::get(database, id)?
        .filter(|entry| entry.kind == Kind::Lost && entry.state == outbox::State::Refused);
    let Some(entry) = refused else {
        return Ok(None);
    };
    let LostRequest { person, .. } = lost_request(&entry)?;
    Ok(Some(LostPerson {
        photo: picture::jpeg_url(&person.photo.0),
        person: person.into(),
    }))
}

fn lost_request(entry: &Entry) -> Result<LostRequest, StoreError> {
    serde_json::from_slice(&entry.body).map_err(|_| StoreError::Row)
}

/// The number that an errand would change the mobile number to; `None` where it is no such errand, or done.
pub(super) fn wanted_mobile(entry: &Entry) -> Option<String> {
    let request = (entry.kind == Kind::Mobile).then(|| serde_json::from_slice::<MobileRequest>(&entry.body));
    Some(request?.ok()?.mobile)
}

/// Whether this phone becomes its person's by taking the place of the one before: it holds what another one had, or the
/// province ended the wallet that was here. Not where the province has said that nobody is enrolled any more.
pub(crate) fn takes_over(database: &Connection) -> Result<bool, StoreError> {
    let nobody = outbox::all(database)?.iter().any(|entry| {
        let refused = entry.kind == Kind::Rebind && entry.state == outbox::State::Refused;
        refused
            && entry
                .error
                .as_ref()
                .is_some_and(|error| error.code == UiCode::NotEnrolled)
    });
    let before =
        moving::restored(database)?.is_some() || setting::load(database, Setting::BegunAnew)?.is_some();
    Ok(before && !nobody)
}

/// Begins anew on a phone that the province does not take any more: another device key, no passes, an application to be
/// typed. What was shown and what happened stays.
pub(crate) fn start_over(database: &Connection, rng: &mut impl CryptoRng) -> Result<(), UiError> {
    let mut state = sync_state::load(database)?;
    if state.ended.is_none() && !is_unknown(database)? {
        return Err(UiCode::EnrolmentUnderway.into());
    }
    let transaction = database.unchecked_transaction()?;
    state.ended = None;
    state.offers_tag.clear();
    // The feed stays: a phone that takes the place of the one before goes on where that one was, if it is its person's.
    sync_state::save(&transaction, &state)?;
    note_whose_feed(&transaction)?;
    enrolment::begin_again(&transaction, rng)?;
    setting::store(&transaction, Setting::BegunAnew, "yes")?;
    outbox::remove_own(&transaction)?;
    offer::replace(&transaction, &BTreeMap::new())?;
    for which in passes::all(&transaction)? {
        passes::delete(&transaction, which)?;
    }
    transaction.commit()?;
    Ok(())
}

/// Notes that the feed which was taken is of the person who is typed in here, where that is not known yet.
pub(crate) fn note_whose_feed(database: &Connection) -> Result<(), StoreError> {
    let typed = draft_table::load(database)?.and_then(|draft| Cnic::parse(&draft.cnic).ok());
    match (setting::load(database, Setting::FeedOf)?, typed) {
        (None, Some(cnic)) => setting::store(database, Setting::FeedOf, cnic.as_str()),
        _ => Ok(()),
    }
}

/// Whether this is how this phone becomes somebody's.
pub(super) const fn enrols(kind: Kind) -> bool {
    matches!(kind, Kind::Enrolment | Kind::Rebind)
}
