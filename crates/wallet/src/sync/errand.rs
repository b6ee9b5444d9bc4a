//! What the citizen asked the province to do: put into the outbox, sent before anything else, answered or mended.

use std::collections::BTreeMap;

use province_api::enrolment::{EnrolmentReply, EnrolmentRequest};
use province_api::paths;
use province_api::problem::ProblemCode;
use province_api::sync::{LostReply, LostRequest, MobileReply, MobileRequest};
use rand_core::CryptoRng;
use rusqlite::Connection;

use super::problem::Refusal;
use super::send::{entry, key_after, post};
use super::{Awaiting, HttpRequest, HttpResponse, Run, Surroundings};
use crate::code::{UiCode, UiError};
use crate::draft::{draft_of, field_error};
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

/// Where an errand is sent; `None` for what is no errand of the citizen's.
const fn path(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Enrolment => Some(paths::ENROLMENTS),
        Kind::Rebind => Some(paths::REBIND),
        Kind::Mobile => Some(paths::MOBILE),
        Kind::Lost => Some(paths::LOST),
        Kind::Challenge | Kind::Passes => None,
    }
}

/// Whether this is something that a run sends before it asks anything.
pub(super) const fn is_errand(kind: Kind) -> bool {
    path(kind).is_some()
}

/// Puts a change of the mobile number into the outbox, in place of one that was refused or has not left the phone.
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
    outbox::insert(&transaction, entry(Kind::Mobile, body, around), rng)?;
    transaction.commit()?;
    Ok(())
}

/// Puts a lost phone of some person into the outbox: everything that an enrolment of that person needs, and the time, so
/// that it ends no wallet that they bind before it arrives.
pub(crate) fn report_lost(
    around: &Surroundings<'_>,
    person: EnrolmentRequest,
    rng: &mut impl CryptoRng,
) -> Result<(), UiError> {
    let lost_at = around.now.unix();
    let body = serde_json::to_vec(&LostRequest { lost_at, person }).map_err(|_| StoreError::Row)?;
    outbox::insert(around.database, entry(Kind::Lost, body, around), rng)?;
    Ok(())
}

/// Puts an answered entry away, or takes back one that never left the phone.
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

/// Sends again what was refused, as it is: under a new key, because the province decided about the old one.
pub(crate) fn retry(around: &Surroundings<'_>, id: i64, rng: &mut impl CryptoRng) -> Result<(), UiError> {
    let Some(before) = outbox::get(around.database, id)? else {
        return Ok(());
    };
    if before.state != outbox::State::Refused || path(before.kind).is_none() || enrols(before.kind) {
        return Err(UiCode::StillUnderway.into());
    }
    let transaction = around.database.unchecked_transaction()?;
    outbox::remove(&transaction, id)?;
    outbox::insert(&transaction, entry(before.kind, before.body, around), rng)?;
    transaction.commit()?;
    Ok(())
}

/// The person of a refused report of a lost phone and their picture, to be mended; `None` where there is none.
pub(crate) fn lost_person(database: &Connection, id: i64) -> Result<Option<LostPerson>, UiError> {
    let refused = outbox::get(database, id)?
        .filter(|entry| entry.kind == Kind::Lost && entry.state == outbox::State::Refused);
    let Some(entry) = refused else {
        return Ok(None);
    };
    let LostRequest { person, .. } = serde_json::from_slice(&entry.body).map_err(|_| StoreError::Row)?;
    Ok(Some(LostPerson {
        photo: picture::jpeg_url(&person.photo.0),
        person: draft_of(person),
    }))
}

/// Sets right when lost phones were reported, once the province has said that this phone's clock is off by so many
/// seconds: by a clock that is behind, a report would seem older than the wallet that it is about. Another body needs
/// another key.
fn set_reports_right(around: &Surroundings<'_>, off: i64) -> Result<(), StoreError> {
    let transaction = around.database.unchecked_transaction()?;
    // The first that was put in stays the first.
    for before in outbox::all(&transaction)?.into_iter().rev() {
        let open = matches!(before.state, outbox::State::Waiting | outbox::State::Sent);
        if before.kind != Kind::Lost || !open {
            continue;
        }
        let mut request: LostRequest = serde_json::from_slice(&before.body).map_err(|_| StoreError::Row)?;
        if request.lost_at > around.now.unix() {
            // Made by another clock than this one.
            continue;
        }
        request.lost_at = request.lost_at.saturating_add_signed(off);
        let body = serde_json::to_vec(&request).map_err(|_| StoreError::Row)?;
        outbox::remove(&transaction, before.id)?;
        let key = key_after(&before.idempotency_key);
        outbox::insert_with_key(&transaction, entry(Kind::Lost, body, around), key)?;
    }
    Ok(transaction.commit()?)
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
    if state.ended.is_none() {
        return Err(UiCode::EnrolmentUnderway.into());
    }
    let transaction = database.unchecked_transaction()?;
    state.ended = None;
    state.offers_tag.clear();
    // The feed stays: a phone that takes the place of the one before goes on where that one was.
    sync_state::save(&transaction, &state)?;
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

/// Whether this is how this phone becomes somebody's.
const fn enrols(kind: Kind) -> bool {
    matches!(kind, Kind::Enrolment | Kind::Rebind)
}

impl Run {
    /// The next errand of this run, if there is one: the first that was put in of those that may be sent now.
    pub(super) fn errand_request(
        &mut self,
        around: &Surroundings<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Option<HttpRequest>, StoreError> {
        let next = outbox::all(around.database)?.into_iter().rev().find(|entry| {
            path(entry.kind).is_some()
                && matches!(entry.state, outbox::State::Waiting | outbox::State::Sent)
                && !self.tried.contains(&entry.id)
        });
        let Some(next) = next else {
            return Ok(None);
        };
        self.awaiting = Some(Awaiting::Errand {
            id: next.id,
            kind: next.kind,
        });
        self.tried.insert(next.id);
        post(around, path(next.kind).unwrap_or_default(), &next, rng).map(Some)
    }

    pub(super) fn on_errand(
        &mut self,
        around: &Surroundings<'_>,
        (id, kind): (i64, Kind),
        response: &HttpResponse,
    ) -> Result<(), UiError> {
        if response.status != 200 {
            let refusal = Refusal::read(response);
            let ahead = self.ahead;
            if self.signs_anew(around, &refusal) {
                self.tried.remove(&id);
                if self.ahead != ahead {
                    set_reports_right(around, self.ahead.saturating_sub(ahead))?;
                }
                return Ok(());
            }
            return self.on_errand_refused(around, (id, kind), refusal);
        }
        let body = &response.body;
        let understood = match kind {
            Kind::Mobile => serde_json::from_slice::<MobileReply>(body).is_ok(),
            Kind::Lost => serde_json::from_slice::<LostReply>(body).is_ok(),
            _ => serde_json::from_slice::<EnrolmentReply>(body).is_ok(),
        };
        if !understood {
            // It may have been done: the same key goes again next time and brings the same answer.
            self.fail(UiCode::AnswerInvalid);
            return Ok(());
        }
        let transaction = around.database.unchecked_transaction()?;
        let entry = outbox::get(&transaction, id)?.ok_or(StoreError::Row)?;
        if enrols(kind) {
            enrolment::set_state(&transaction, State::Accepted)?;
        }
        if kind == Kind::Enrolment {
            sync_state::begin_feed(&transaction)?;
        }
        if kind == Kind::Mobile {
            keep_mobile(&transaction, &entry)?;
        }
        outbox::confirm(&transaction, id, around.now)?;
        transaction.commit()?;
        self.tried.remove(&id);
        self.changed = true;
        Ok(())
    }

    /// A clear no ends the errand; what was given stays, to be mended and sent under a new key.
    fn on_errand_refused(
        &mut self,
        around: &Surroundings<'_>,
        (id, kind): (i64, Kind),
        refusal: Refusal,
    ) -> Result<(), UiError> {
        let (code, mut error) = match refusal {
            Refusal::Said { code, error, .. } => (code, error),
            other => {
                self.fail(other.into_error());
                return Ok(());
            }
        };
        // What arrived is not what left the phone, or not all of it in time: it goes again.
        if matches!(code, ProblemCode::DeviceSignature | ProblemCode::RequestMalformed) {
            error.code = UiCode::DeviceSignature;
            self.fail(error);
            return Ok(());
        }
        if kind == Kind::Lost && error.code == UiCode::NotEnrolled {
            // Of somebody else than the one who reads it.
            error.code = UiCode::LostNotEnrolled;
        }
        // Not the errand is refused but this phone.
        if matches!(error.code, UiCode::WalletDisabled | UiCode::DeviceReplaced) {
            return self.end(around, error);
        }
        let transaction = around.database.unchecked_transaction()?;
        outbox::refuse(&transaction, id, &error, around.now)?;
        if enrols(kind) {
            enrolment::set_state(&transaction, State::Draft)?;
        }
        transaction.commit()?;
        self.tried.remove(&id);
        self.changed = true;
        if enrols(kind) {
            self.fail(error);
        }
        // The citizen reads of any other refusal where the errand is; the sync goes on.
        Ok(())
    }

    /// The province does not take this phone any more: it shows nothing from now on, and keeps what was.
    pub(super) fn end(&mut self, around: &Surroundings<'_>, error: UiError) -> Result<(), UiError> {
        let mut state = sync_state::load(around.database)?;
        self.disabled = error.code == UiCode::WalletDisabled && state.ended != Some(error.code);
        state.ended = Some(error.code);
        sync_state::save(around.database, &state)?;
        self.changed = true;
        self.fail(error);
        Ok(())
    }
}

/// The number that the province has now is the one that the citizen sees.
fn keep_mobile(database: &Connection, entry: &Entry) -> Result<(), StoreError> {
    let request: MobileRequest = serde_json::from_slice(&entry.body).map_err(|_| StoreError::Row)?;
    if let Some(mut draft) = draft_table::load(database)? {
        draft.mobile = request.mobile;
        draft_table::save(database, &draft)?;
    }
    Ok(())
}
