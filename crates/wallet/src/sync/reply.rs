//! The one question after everything that may have changed, and its answer.

use credential::Timestamp;
use province_api::Bytes;
use province_api::passes::Offer;
use province_api::paths;
use province_api::problem::ProblemCode;
use province_api::sync::{Event, FeedEvent, Standing, SyncReply, SyncRequest, offers_tag};
use rand_core::CryptoRng;
use rusqlite::Connection;

use super::file::{self, File};
use super::problem::Refusal;
use super::send::signed;
use super::{Awaiting, HttpRequest, HttpResponse, Run, Stage, Surroundings, accept};
use crate::code::{UiCode, UiError};
use crate::error::StoreError;
use crate::store::application::{self, Told};
use crate::store::enrolment::{self, State};
use crate::store::service_event::{self, ServiceEvent};
use crate::store::sync_state;

/// Most parts of one answer that are asked for in a run: 20 times 50 events.
const PAGES_MAX: u8 = 20;

impl Run {
    pub(super) fn ask(
        &mut self,
        around: &Surroundings<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<HttpRequest, StoreError> {
        let state = sync_state::load(around.database)?;
        let request = SyncRequest {
            feed: state.feed_cursor,
            held: file::held(around.database)?,
            offers: Bytes(state.offers_tag),
        };
        self.awaiting = Some(Awaiting::Reply {
            cursor: state.feed_cursor,
        });
        let body = serde_json::to_vec(&request).map_err(|_| StoreError::Row)?;
        // A question changes nothing, so it has no key to be kept.
        let mut key = [0; 16];
        rng.fill_bytes(&mut key);
        signed(around, paths::SYNC, (&hex::encode(key), body), rng)
    }

    pub(super) fn on_reply(
        &mut self,
        around: &Surroundings<'_>,
        cursor: u64,
        response: &HttpResponse,
    ) -> Result<(), UiError> {
        if response.status != 200 {
            let refusal = Refusal::read(response);
            if self.signs_anew(around, &refusal) {
                return Ok(());
            }
            return self.on_reply_refused(around, refusal);
        }
        let reply = serde_json::from_slice::<SyncReply>(&response.body).ok();
        let Some(reply) = reply.filter(|reply| leads_on(reply, cursor)) else {
            self.fail(UiCode::AnswerInvalid);
            return Ok(());
        };
        self.take_time(around, reply.server_time);
        self.pages += 1;
        let transaction = around.database.unchecked_transaction()?;
        let mut state = sync_state::load(&transaction)?;
        if reply.cursor < cursor {
            state.feed_no += 1;
            sync_state::save(&transaction, &state)?;
        }
        for event in &reply.feed {
            if service_event::insert(&transaction, &stored(event)?)? {
                self.changed = true;
                hear_application(&transaction, event)?;
            }
        }
        state.feed_cursor = reply.cursor;
        let off_by = i128::from(around.clock.unix()) - i128::from(reply.server_time);
        state.clock_off_by = i64::try_from(off_by).unwrap_or(i64::MAX);
        match reply.standing {
            Standing::Revoked => state.ended = Some(UiCode::PersonRevoked),
            // The province takes this phone, so whatever ended it before is over.
            Standing::Good | Standing::Suspended => state.ended = None,
        }
        sync_state::save(&transaction, &state)?;
        if enrolment::load(&transaction)?.state == State::Draft {
            // A counter enrolled whoever showed this phone there.
            enrolment::set_state(&transaction, State::Accepted)?;
            self.changed = true;
        }
        transaction.commit()?;

        let refused = match reply.standing {
            Standing::Good => None,
            Standing::Suspended => Some(UiCode::PersonSuspended),
            Standing::Revoked => Some(UiCode::PersonRevoked),
        };
        if let Some(code) = refused {
            self.error = Some(code.into());
            self.no_passes = true;
        }
        if reply.offers.is_some() {
            self.offers = reply.offers;
        }
        for now in reply.files {
            if let Some(which) = File::ALL.into_iter().find(|which| which.name() == now.name) {
                self.told.insert(which, now);
            }
        }
        let more = reply.more && self.pages < PAGES_MAX;
        self.stage = if more { Stage::Ask } else { Stage::TrustList };
        Ok(())
    }

    fn on_reply_refused(&mut self, around: &Surroundings<'_>, refusal: Refusal) -> Result<(), UiError> {
        let Refusal::Said { code, error, .. } = refusal else {
            self.fail(refusal.into_error());
            return Ok(());
        };
        match code {
            ProblemCode::WalletDisabled | ProblemCode::DeviceReplaced => return self.end(around, error),
            // Shown at a counter, and not enrolled there yet.
            ProblemCode::DeviceUnknown if enrolment::load(around.database)?.state == State::Draft => {
                self.stage = Stage::Done;
            }
            ProblemCode::DeviceUnknown => {
                if enrolment::load(around.database)?.state == State::Accepted {
                    enrolment::set_state(around.database, State::Draft)?;
                }
                // The public files still say how things stand.
                self.error = Some(error);
                self.no_passes = true;
                self.stage = Stage::TrustList;
            }
            _ => self.fail(error),
        }
        Ok(())
    }

    /// Whether a request is to be signed once more: this phone's clock is off, or the province saw the request before.
    pub(super) fn signs_anew(&mut self, around: &Surroundings<'_>, refusal: &Refusal) -> bool {
        if self.signed_anew >= 2 {
            return false;
        }
        match refusal {
            Refusal::Said {
                code: ProblemCode::DeviceClock,
                server_time: Some(time),
                ..
            } if self.server_time.is_none() => self.take_time(around, *time),
            Refusal::Replayed(_) => {}
            _ => return false,
        }
        self.signed_anew += 1;
        true
    }

    /// From here on this run goes by the province's clock.
    fn take_time(&mut self, around: &Surroundings<'_>, server_time: u64) {
        let difference = i128::from(server_time) - i128::from(around.now.unix());
        self.ahead = self.ahead.saturating_add(i64::try_from(difference).unwrap_or(0));
        self.server_time = Some(Timestamp::from_unix(server_time));
    }

    /// Keeps what may be drawn, once the register is here that says what is a document.
    pub(super) fn store_offers(&mut self, around: &Surroundings<'_>) -> Result<(), StoreError> {
        let Some(offers) = self.offers.take() else {
            return Ok(());
        };
        let transaction = around.database.unchecked_transaction()?;
        if let Some(types) = accept::types_here(&transaction, around.roots)? {
            accept::offers(&transaction, &types, &offers, around.now)?;
            keep_tag(&transaction, &offers)?;
        }
        transaction.commit()?;
        Ok(())
    }
}

/// Whether the next question goes on behind the events that are here. An answer that was damaged on its way may be read and
/// lack its events: with its number they would never be told again.
fn leads_on(reply: &SyncReply, asked: u64) -> bool {
    match reply.feed.last() {
        Some(last) => last.seq == reply.cursor,
        // Another feed begins at its start.
        None => reply.cursor == asked || reply.cursor == 0,
    }
}

/// Keeps what the province calls these offers.
pub(super) fn keep_tag(database: &Connection, offers: &[Offer]) -> Result<(), StoreError> {
    let mut state = sync_state::load(database)?;
    state.offers_tag = offers_tag(offers).0;
    sync_state::save(database, &state)
}

/// Keeps where an application stands.
fn hear_application(database: &Connection, event: &FeedEvent) -> Result<(), StoreError> {
    let Event::ApplicationChanged {
        application,
        service,
        state,
        reason,
        text,
        amount_rupees,
        challan,
        ..
    } = &event.what
    else {
        return Ok(());
    };
    // A number of another length is one of a newer province: the past shows it, and nothing can be done with it here.
    let Ok(number) = application.0.as_slice().try_into() else {
        return Ok(());
    };
    let at = Timestamp::from_unix(event.at);
    let told = Told {
        number,
        submitted_at: at,
        state: state.clone(),
        state_at: at,
        reason: reason.clone(),
        said: text.clone(),
        amount: *amount_rupees,
        challan: challan.clone(),
    };
    application::hear(database, service, &told)
}

/// An event as it is kept: everything that the province said of it, which is no value of a claim.
fn stored(event: &FeedEvent) -> Result<ServiceEvent, StoreError> {
    let vct = match &event.what {
        Event::DocumentGranted { vct, .. }
        | Event::DocumentWithdrawn { vct, .. }
        | Event::DocumentHandedOver { vct, .. } => Some(vct.clone()),
        _ => None,
    };
    Ok(ServiceEvent {
        feed_seq: event.seq,
        at: Timestamp::from_unix(event.at),
        kind: event.what.kind().to_owned(),
        vct,
        body: serde_json::to_string(&event.what).map_err(|_| StoreError::Row)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_answer_leads_nowhere_but_to_where_the_phone_is_or_to_another_feeds_start() {
        let reply = |cursor| SyncReply {
            server_time: 1,
            standing: Standing::Good,
            feed: Vec::new(),
            cursor,
            more: false,
            files: Vec::new(),
            offers: None,
        };
        let taken: Vec<u64> = (0..40).filter(|cursor| leads_on(&reply(*cursor), 17)).collect();
        assert_eq!(taken, [0, 17]);
    }
}
