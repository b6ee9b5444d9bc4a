//! Sending the errands of a run, and what their answers mean.
//!
//! An answer that settles nothing stops a run only where this phone becomes somebody's: before that nothing can be asked.
//! Any other errand is put off by itself, with a wait that doubles, and the run goes on; so one that is stuck holds up no
//! other, and no sync. Without a network the run ends: the next request would end as this one.

use credential::Timestamp;
use province_api::application::ApplicationReply;
use province_api::enrolment::{EnrolmentReply, EnrolmentRequest};
use province_api::person::Cnic;
use province_api::sync::{LostReply, LostRequest, MobileReply, MobileRequest};
use rand_core::CryptoRng;
use rusqlite::Connection;

use super::errand::{enrols, path};
use super::problem::{Refusal, arrived_damaged};
use super::send::{key_after, post, post_for_another};
use super::{Awaiting, Failure, HttpRequest, HttpResponse, Run, Surroundings, plan, waits};
use crate::code::{UiCode, UiError};
use crate::error::StoreError;
use crate::store::application::{self, Told};
use crate::store::draft as draft_table;
use crate::store::enrolment::{self, State};
use crate::store::outbox::{self, Entry, Kind, PutOff};
use crate::store::setting::{self, Setting};
use crate::store::sync_state;

/// So many tries in a row that did not arrive as they were sent end in a refusal, where no try before them can have been
/// done: the citizen is told, and may try another network, mend what was given or put it away.
pub(super) const DAMAGED_MAX: u32 = 8;

/// An errand that was sent and is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Errand {
    id: i64,
    kind: Kind,
    /// No try before this one can have been done.
    undone: bool,
}

/// Why a try settled nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    /// Nobody can tell whether it was done.
    Unclear,
    /// It did not arrive as it was sent, so nothing was done.
    Damaged,
    /// The province did nothing now, and may another time.
    NotNow,
}

impl Run {
    /// The next errand of this run, if there is one: the first that was put in of those that may be sent now.
    pub(super) fn errand_request(
        &mut self,
        around: &Surroundings<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Option<HttpRequest>, StoreError> {
        let now = plan::clock_of_waits(around)?;
        let over = sync_state::load(around.database)?.is_over();
        let next = outbox::all(around.database)?.into_iter().rev().find(|entry| {
            path(entry.kind).is_some()
                && (!over || entry.kind == Kind::Lost)
                && matches!(entry.state, outbox::State::Waiting | outbox::State::Sent)
                && !self.tried.contains(&entry.id)
                // The pause of how this phone becomes somebody's is that of the whole run.
                && (enrols(entry.kind) || plan::soon(entry.due_at(self.by_hand), now) <= now)
        });
        let Some(next) = next else {
            return Ok(None);
        };
        self.awaiting = Some(Awaiting::Errand(Errand {
            id: next.id,
            kind: next.kind,
            undone: next.state == outbox::State::Waiting,
        }));
        self.tried.insert(next.id);
        if next.kind == Kind::Mobile {
            setting::store(around.database, Setting::MobileSentAt, &now.unix().to_string())?;
        }
        let path = path(next.kind).unwrap_or_default();
        if over && next.kind == Kind::Lost {
            return post_for_another(around, path, &next, rng).map(Some);
        }
        post(around, path, &next, rng).map(Some)
    }

    pub(super) fn on_errand(
        &mut self,
        around: &Surroundings<'_>,
        errand: Errand,
        response: &HttpResponse,
    ) -> Result<(), UiError> {
        let Errand { id, kind, .. } = errand;
        if response.status != 200 {
            let refusal = Refusal::read(response);
            let ahead = self.ahead;
            if !self.signs_anew(around, &refusal) {
                return self.on_errand_refused(around, errand, refusal);
            }
            self.tried.remove(&id);
            // What the province saw before may have been done; what was signed by a wrong clock was not.
            if errand.undone && matches!(refusal, Refusal::Said { .. }) {
                outbox::mark_undone(around.database, id)?;
            }
            if self.ahead != ahead {
                set_reports_right(around, self.ahead.saturating_sub(ahead))?;
            }
            return Ok(());
        }
        if matches!(kind, Kind::Application | Kind::Withdrawal) {
            return self.on_application(around, errand, &response.body);
        }
        let body = &response.body;
        let understood = match kind {
            Kind::Mobile => serde_json::from_slice::<MobileReply>(body).is_ok(),
            Kind::Lost => match serde_json::from_slice::<LostReply>(body) {
                // The report is of a time before that wallet: by a clock that was behind, it may be the lost one all the same.
                Ok(LostReply { newer: true, .. }) => {
                    outbox::refuse(around.database, id, &UiCode::LostNewerWallet.into(), around.now)?;
                    self.tried.remove(&id);
                    self.changed = true;
                    return Ok(());
                }
                reply => reply.is_ok(),
            },
            _ => serde_json::from_slice::<EnrolmentReply>(body).is_ok(),
        };
        if !understood {
            // It may have been done: the same key goes again next time and brings the same answer.
            return self.put_off(around, errand, (Why::Unclear, UiCode::AnswerInvalid.into()));
        }
        let transaction = around.database.unchecked_transaction()?;
        if kind == Kind::Mobile {
            setting::remove(&transaction, Setting::MobileSentAt)?;
        }
        let Some(entry) = outbox::get(&transaction, id)? else {
            // Given up while it was on its way: what became of it is in the feed.
            return Ok(transaction.commit()?);
        };
        if enrols(kind) {
            enrolment::set_state(&transaction, State::Accepted)?;
            take_feed_of(&transaction, &entry)?;
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

    /// The province has an application, or took note that it is taken back.
    fn on_application(
        &mut self,
        around: &Surroundings<'_>,
        errand: Errand,
        body: &[u8],
    ) -> Result<(), UiError> {
        let reply = serde_json::from_slice::<ApplicationReply>(body).ok();
        let told = reply.as_ref().and_then(|reply| {
            Some(Told {
                number: reply.application.0.as_slice().try_into().ok()?,
                submitted_at: Timestamp::from_unix(reply.at),
                state: reply.state.as_str().to_owned(),
                state_at: Timestamp::from_unix(reply.at),
                reason: None,
                said: None,
                amount: None,
                challan: None,
            })
        });
        let (Some(reply), Some(told)) = (reply, told) else {
            return self.put_off(around, errand, (Why::Unclear, UiCode::AnswerInvalid.into()));
        };
        let transaction = around.database.unchecked_transaction()?;
        if let Some(entry) = outbox::get(&transaction, errand.id)? {
            match entry.application {
                Some(id) if errand.kind == Kind::Application => {
                    application::accept(&transaction, id, &told, &reply.office)?;
                }
                // The feed says it once more, and with it whose it is.
                Some(id) => {
                    if let Some(one) = application::get(&transaction, id)? {
                        application::hear(&transaction, &one.service, &told)?;
                    }
                }
                None => {}
            }
            outbox::remove(&transaction, entry.id)?;
        }
        transaction.commit()?;
        self.tried.remove(&errand.id);
        self.changed = true;
        Ok(())
    }

    /// There was no answer. Without a network nothing else is tried in this run.
    pub(super) fn on_errand_unanswered(
        &mut self,
        around: &Surroundings<'_>,
        errand: Errand,
        failure: Failure,
    ) -> Result<(), UiError> {
        let code = failure.code();
        if failure == Failure::Unreachable {
            outbox::note_unreachable(around.database, errand.id, code)?;
            self.fail(code);
            return Ok(());
        }
        self.put_off(around, errand, (Why::Unclear, code.into()))
    }

    /// A clear no ends the errand, unless it passes by itself; what was given stays, to be mended and sent anew.
    fn on_errand_refused(
        &mut self,
        around: &Surroundings<'_>,
        errand: Errand,
        refusal: Refusal,
    ) -> Result<(), UiError> {
        let (code, mut error) = match refusal {
            Refusal::Said { code, error, .. } => (code, error),
            other => return self.put_off(around, errand, (Why::Unclear, other.into_error())),
        };
        // It goes again.
        if arrived_damaged(code) {
            error.code = UiCode::DeviceSignature;
            return self.put_off(around, errand, (Why::Damaged, error));
        }
        // Any errand waits until it passes. Of whoever enrols too many tries mean that what they gave is wrong.
        let waits = if enrols(errand.kind) {
            error.code == UiCode::NadraUnavailable
        } else {
            error.code.passes_by_itself()
        };
        if waits {
            return self.put_off(around, errand, (Why::NotNow, error));
        }
        if errand.kind == Kind::Lost && error.code == UiCode::NotEnrolled {
            // Of somebody else than the one who reads it.
            error.code = UiCode::LostNotEnrolled;
        }
        // Not the errand is refused but this phone. A report of somebody else's goes all the same, in the next run.
        if matches!(error.code, UiCode::WalletDisabled | UiCode::DeviceReplaced) {
            if errand.undone {
                outbox::mark_undone(around.database, errand.id)?;
            }
            return self.end(around, error);
        }
        // No copy of it can be done any more: this one is answered, and nothing came of those before it.
        let entry = outbox::get(around.database, errand.id)?;
        let settled = errand.undone && entry.is_some_and(|entry| entry.damaged == 0);
        if errand.kind == Kind::Mobile && settled {
            setting::remove(around.database, Setting::MobileSentAt)?;
        }
        self.refuse(around, errand, error)
    }

    /// A try settled nothing: the errand goes again under the same key, later.
    fn put_off(
        &mut self,
        around: &Surroundings<'_>,
        errand: Errand,
        (why, error): (Why, UiError),
    ) -> Result<(), UiError> {
        let Some(entry) = outbox::get(around.database, errand.id)? else {
            return Ok(());
        };
        // What may have been done is never called refused: only its answer says.
        if why == Why::Damaged && errand.undone && entry.damaged + 1 >= DAMAGED_MAX {
            return self.refuse(around, errand, UiCode::ErrandDamaged.into());
        }
        let now = plan::clock_of_waits(around)?;
        let pause = u64::from(error.retry_after_seconds.unwrap_or_default());
        // The run's own wait is that of how this phone becomes somebody's.
        let own_wait = if enrols(errand.kind) {
            0
        } else {
            waits::backoff(
                entry.put_off.saturating_add(1),
                self.jitter.unwrap_or(u32::MAX / 2),
            )
        };
        let tried = PutOff {
            code: error.code,
            not_before: now.plus(pause),
            retry_at: now.plus(own_wait.max(pause)),
            damaged: why == Why::Damaged,
            undone: errand.undone && why != Why::Unclear,
        };
        outbox::put_off(around.database, errand.id, &tried)?;
        if enrols(errand.kind) {
            self.fail(error);
        }
        // The citizen reads of any other where the errand is: the sync goes on, and has not failed.
        Ok(())
    }

    fn refuse(&mut self, around: &Surroundings<'_>, errand: Errand, error: UiError) -> Result<(), UiError> {
        let transaction = around.database.unchecked_transaction()?;
        if errand.kind == Kind::Withdrawal {
            // There is nothing to mend: where the application stands is in the feed.
            outbox::remove(&transaction, errand.id)?;
        } else {
            outbox::refuse(&transaction, errand.id, &error, around.now)?;
        }
        if enrols(errand.kind) {
            enrolment::set_state(&transaction, State::Draft)?;
        }
        transaction.commit()?;
        self.tried.remove(&errand.id);
        self.changed = true;
        if enrols(errand.kind) {
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

/// Sets right when lost phones were reported, once the province has said that this phone's clock is off by so many
/// seconds: by a clock that is behind, a report would seem older than the wallet that it is about. A clock that is
/// ahead may have been right when the report was made: only what is still to come by the province's clock was made by
/// such a one. Another body needs another key. It is done once for each report: after it, the time is another one than
/// that at which it was put in.
fn set_reports_right(around: &Surroundings<'_>, off: i64) -> Result<(), StoreError> {
    let said = around.now.unix().saturating_add_signed(off);
    let transaction = around.database.unchecked_transaction()?;
    for entry in outbox::all(&transaction)? {
        let open = matches!(entry.state, outbox::State::Waiting | outbox::State::Sent);
        if entry.kind != Kind::Lost || !open {
            continue;
        }
        let mut request: LostRequest = serde_json::from_slice(&entry.body).map_err(|_| StoreError::Row)?;
        let made_at = entry.made_at.map(Timestamp::unix);
        if made_at != Some(request.lost_at) || request.lost_at > around.now.unix() {
            // It was set right before, or was made by another clock than this one.
            continue;
        }
        if off < 0 && request.lost_at <= said {
            continue;
        }
        request.lost_at = request.lost_at.saturating_add_signed(off);
        let body = serde_json::to_vec(&request).map_err(|_| StoreError::Row)?;
        let key = key_after(&entry.idempotency_key);
        outbox::rewrite(&transaction, entry.id, &body, &key)?;
    }
    Ok(transaction.commit()?)
}

/// Whose feed is taken from here on. An enrolment begins one; a re-bind goes on with it, unless it is of somebody else
/// than was here before: how far that person's was taken says nothing about this one's.
fn take_feed_of(database: &Connection, entry: &Entry) -> Result<(), StoreError> {
    let request: EnrolmentRequest = serde_json::from_slice(&entry.body).map_err(|_| StoreError::Row)?;
    let cnic = Cnic::parse(&request.cnic).map_err(|_| StoreError::Row)?;
    let before = setting::load(database, Setting::FeedOf)?;
    if entry.kind == Kind::Enrolment || before.is_some_and(|before| before != cnic.as_str()) {
        sync_state::begin_feed(database)?;
    }
    setting::store(database, Setting::FeedOf, cnic.as_str())
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
