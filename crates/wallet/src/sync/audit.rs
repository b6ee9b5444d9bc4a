//! The citizen asks what the province's audit log says about them: one signed question a page, kept as it was told.
//!
//! A run of its own kind, so that the key that signs, the clock and the province's pauses are as in every run. What is kept
//! lies one behind the other in the log. A newest page that does not reach what is here takes its place: a gap would look
//! as if nothing had been done. Rejected: asking on until the gap is closed, which is more requests than anybody looks at;
//! the earlier ones come when they are asked for.

use credential::Timestamp;
use province_api::audit::{AuditEntry, AuditReply, AuditRequest, PAGE_MAX};
use province_api::paths;
use province_api::problem::ProblemCode;
use rand_core::CryptoRng;

use super::problem::Refusal;
use super::send::signed;
use super::{Awaiting, HttpRequest, HttpResponse, Network, Purpose, Run, Stage, Surroundings, plan};
use crate::code::{UiCode, UiError};
use crate::error::StoreError;
use crate::screen::SyncReport;
use crate::store::audit::{self, Asked, Entry};
use crate::store::enrolment::{self, State};
use crate::store::sync_state;

/// Most entries that a phone keeps: years of somebody's, and a list that is still read at once.
pub(crate) const KEPT_MAX: u32 = 1_000;
/// Longest role, actor or action, in bytes; ours have under 40.
const WORD_BYTES_MAX: usize = 200;
/// Largest detail that is kept, in bytes; of a larger one nothing is.
const DETAIL_BYTES_MAX: usize = 4_096;

/// Begins a run that asks: for the newest entries, or with `earlier` for the page behind the oldest that is here.
pub(crate) fn start_audit(around: &Surroundings<'_>, earlier: bool) -> Result<Run, UiError> {
    let state = sync_state::load(around.database)?;
    if let Some(ended) = state.ended.filter(|_| state.is_over()) {
        return Err(ended.into());
    }
    if !matches!(
        enrolment::load(around.database)?.state,
        State::Accepted | State::Complete
    ) {
        return Err(UiCode::NotEnrolled.into());
    }
    plan::must_not_pause(around)?;
    let before = match audit::asked(around.database)? {
        Some(asked) if earlier => asked.earlier,
        _ => None,
    };
    Ok(Run {
        purpose: Purpose::Audit { before },
        ..Run::new(Network::default(), None, true)
    })
}

impl Run {
    pub(super) fn audit_request(
        &mut self,
        around: &Surroundings<'_>,
        before: Option<u64>,
        rng: &mut impl CryptoRng,
    ) -> Result<HttpRequest, StoreError> {
        self.awaiting = Some(Awaiting::Audit { before });
        let body = serde_json::to_vec(&AuditRequest { before }).map_err(|_| StoreError::Row)?;
        // A question changes nothing, so it has no key to be kept.
        let mut key = [0; 16];
        rng.fill_bytes(&mut key);
        signed(around, paths::AUDIT, (&hex::encode(key), body), rng)
    }

    pub(super) fn on_audit(
        &mut self,
        around: &Surroundings<'_>,
        before: Option<u64>,
        response: &HttpResponse,
    ) -> Result<(), UiError> {
        if response.status != 200 {
            let refusal = Refusal::read(response);
            if self.signs_anew(around, &refusal) {
                return Ok(());
            }
            if let Refusal::Said {
                code: ProblemCode::WalletDisabled | ProblemCode::DeviceReplaced,
                error,
                ..
            } = refusal
            {
                return self.end(around, error);
            }
            self.fail(refusal.into_error());
            return Ok(());
        }
        let reply = serde_json::from_slice::<AuditReply>(&response.body).ok();
        let Some(reply) = reply.filter(|reply| leads_on(reply, before)) else {
            self.fail(UiCode::AnswerInvalid);
            return Ok(());
        };
        keep(around, before, &reply)?;
        self.changed = true;
        self.stage = Stage::Done;
        Ok(())
    }

    /// Ends a run that asked this alone: it says nothing of how fresh the rest is, nor when the next sync is due.
    pub(super) fn finish_audit(self, around: &Surroundings<'_>) -> Result<SyncReport, UiError> {
        let Some(error) = self.error else {
            return Ok(SyncReport {
                changed: self.changed,
                at: crate::home::screen_time(around.now),
            });
        };
        if let Some(pause) = error.retry_after_seconds {
            let mut state = sync_state::load(around.database)?;
            state.province_pause = plan::clock_of_waits(around)?.plus(pause.into());
            sync_state::save(around.database, &state)?;
        }
        Err(error)
    }
}

/// Whether an answer is one to this question: from below its number downwards, each number once, and the next page behind.
fn leads_on(reply: &AuditReply, before: Option<u64>) -> bool {
    let numbers = || reply.entries.iter().map(|entry| entry.number);
    let top = before.unwrap_or(i64::MAX as u64);
    let falls = std::iter::once(top)
        .chain(numbers())
        .zip(numbers())
        .all(|(above, number)| number < above && number > 0);
    let words = |entry: &AuditEntry| {
        [&entry.role, &entry.actor, &entry.action]
            .into_iter()
            .all(|word| word.len() <= WORD_BYTES_MAX)
    };
    falls
        && reply.entries.len() <= PAGE_MAX
        && reply.entries.iter().all(words)
        && reply.next.is_none_or(|next| numbers().next_back() == Some(next))
}

fn keep(around: &Surroundings<'_>, before: Option<u64>, reply: &AuditReply) -> Result<(), StoreError> {
    let transaction = around.database.unchecked_transaction()?;
    let mut asked = Asked {
        at: around.now,
        earlier: reply.next,
    };
    if let (Some(before), held) = (before, audit::asked(&transaction)?) {
        let Some(held) = held.filter(|held| held.earlier == Some(before)) else {
            return Ok(());
        };
        // The newest of what is here were told then.
        asked.at = held.at;
    } else {
        let newest = audit::newest(&transaction)?;
        let reaches = reply.entries.iter().any(|entry| Some(entry.number) == newest);
        match reply.entries.last() {
            // From its lowest number on the page is all there is.
            Some(last) if reaches => {
                audit::delete_from(&transaction, last.number)?;
                asked.earlier = match audit::newest(&transaction)? {
                    Some(_) => held_earlier(&transaction)?,
                    None => reply.next,
                };
            }
            _ => audit::delete_all(&transaction)?,
        }
    }
    for entry in &reply.entries {
        audit::put(&transaction, &stored(entry)?)?;
    }
    if let Some(lowest) = audit::trim(&transaction, KEPT_MAX)? {
        asked.earlier = Some(lowest);
    }
    audit::set_asked(&transaction, asked)?;
    transaction.commit()?;
    Ok(())
}

/// Where the entries that are here end.
fn held_earlier(database: &rusqlite::Connection) -> Result<Option<u64>, StoreError> {
    Ok(audit::asked(database)?.and_then(|asked| asked.earlier))
}

fn stored(entry: &AuditEntry) -> Result<Entry, StoreError> {
    let detail = serde_json::to_string(&entry.detail).map_err(|_| StoreError::Row)?;
    Ok(Entry {
        number: entry.number,
        at: Timestamp::from_unix(entry.at),
        role: entry.role.clone(),
        actor: entry.actor.clone(),
        action: entry.action.clone(),
        detail: if detail.len() > DETAIL_BYTES_MAX {
            "{}".to_owned()
        } else {
            detail
        },
    })
}
