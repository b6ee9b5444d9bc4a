//! When the app tries by itself, and what it may fetch then.

use credential::{DAY, RootSet, Timestamp};
use province_api::signature;
use rusqlite::Connection;

use super::waits::{backoff, regular};
use super::{Run, Surroundings, accept, errand, send, waits_at_counter};
use crate::code::{UiCode, UiError};
use crate::error::StoreError;
use crate::store::enrolment::{self, State};
use crate::store::outbox::{self, Kind};
use crate::store::sync_state::{self, Row};

/// What the app knows of its connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// Bytes cost money.
    pub metered: bool,
    /// Nobody looks at the app.
    pub background: bool,
}

/// When to try next by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncPlan {
    /// Seconds until then; 0 is now. `None`: not before something changes.
    pub wait_seconds: Option<u32>,
    /// Most bytes that a try may cost now, if there is a limit.
    pub bytes_max: Option<u64>,
}

/// In the background at most this often, in seconds.
const BACKGROUND_EVERY: u64 = 6 * 3600;
/// What a day may cost on a metered network: idle syncs, a batch of passes and a trust list, and no large shard.
const METERED_BYTES_A_DAY: u64 = 512 * 1024;
/// What a day may cost while nobody looks.
const BACKGROUND_BYTES_A_DAY: u64 = 256 * 1024;
/// A stock that is used up is filled this soon after the sync before, in seconds.
const REFILL_AFTER: u64 = 15 * 60;
/// No wait is longer, in seconds: one that seems so was written by a clock that was set back since.
const WAIT_MAX: u64 = DAY;
/// How far the province's word alone moves the floor of the phone's clock beyond what is signed, in seconds. A status
/// manifest is never older, so an honest province's time always fits.
const FLOOR_BEYOND_SIGNED: u64 = 8 * DAY;

/// When the app should try next by itself, and what it may fetch then.
pub(crate) fn plan(
    (database, roots): (&Connection, &RootSet),
    now: Timestamp,
    network: Network,
) -> Result<SyncPlan, StoreError> {
    let state = sync_state::load(database)?;
    let bytes_max = bytes_left(&state, now, network);
    let due = due((database, roots), &state, now)?.and_then(|due| {
        if !network.background {
            return Some(due);
        }
        let next_in_background = state.background_at.plus(BACKGROUND_EVERY);
        let next_day = Timestamp::from_unix((now.unix() / DAY + 1) * DAY);
        let budget = if bytes_max == Some(0) { next_day } else { now };
        state
            .in_background
            .then(|| due.max(soon(next_in_background, now)).max(budget))
    });
    Ok(SyncPlan {
        wait_seconds: due.and_then(|due| u32::try_from(due.since(now)).ok()),
        bytes_max,
    })
}

/// When something is to be asked or sent; `None` when there is nothing.
fn due(
    (database, roots): (&Connection, &RootSet),
    state: &Row,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    // Somebody else's lost phone is all that a wallet which is over still sends.
    let over = state.is_over();
    let person = enrolment::load(database)?;
    let pause = soon(state.province_pause, now);
    let backoff = if state.failures > 0 {
        soon(state.not_before, now)
    } else {
        now
    };
    let errand = outbox::all(database)?
        .into_iter()
        .filter(|entry| errand::is_errand(entry.kind) && (!over || entry.kind == Kind::Lost))
        .filter(|entry| matches!(entry.state, outbox::State::Waiting | outbox::State::Sent))
        .map(|entry| soon(entry.due_at(false), now))
        .min();
    let regular = match person.state {
        _ if over => None,
        State::Draft if waits_at_counter(database)? => Some(soon(state.not_before, now)),
        State::Draft => None,
        // One that was cut short goes on at once: only a run that ended says when the next one is.
        State::Applying | State::Accepted => Some(soon(state.not_before, now)),
        State::Complete => {
            // The last sync was noted by the province's clock, and passes end by it.
            let said = now.minus(ahead(state, now));
            let refill = person.last_sync_at.map_or(said, |at| at.plus(REFILL_AFTER));
            if state.failures == 0 && is_short(database, roots, said)? {
                Some(now.plus(soon(refill, said).since(said)))
            } else {
                Some(soon(state.not_before, now))
            }
        }
    };
    let first = errand.map(|at| at.max(backoff)).into_iter().chain(regular).min();
    Ok(first.map(|at| at.max(pause)))
}

/// Seconds by which the phone's clock is ahead of the province's, as the last sync found it and while it can still be so.
fn ahead(state: &Row, now: Timestamp) -> u64 {
    let ahead = u64::try_from(state.clock_off_by).unwrap_or(0);
    if now.minus(ahead).plus(signature::CLOCK_DIFFERENCE_MAX) >= state.time_floor {
        ahead
    } else {
        0
    }
}

/// The time that waits are counted by: the phone's own, since a run learns in the middle how far its clock is ahead and the
/// next one begins by that clock again.
pub(super) fn clock_of_waits(around: &Surroundings<'_>) -> Result<Timestamp, StoreError> {
    let state = sync_state::load(around.database)?;
    Ok(around.now.max(going_on(&state, around.clock)))
}

/// What the phone's clock says; where it is behind what is known to be past, what it would say as the last sync found it.
/// The newest known time alone stands still between two syncs, and no wait would ever end.
pub(crate) fn going_on(state: &Row, clock: Timestamp) -> Timestamp {
    let behind = u64::try_from(state.clock_off_by.saturating_neg()).unwrap_or(0);
    if clock < state.time_floor {
        clock.plus(behind)
    } else {
        clock
    }
}

/// Whether passes are wanted that the province offers.
fn is_short(database: &Connection, roots: &RootSet, now: Timestamp) -> Result<bool, StoreError> {
    Ok(match accept::types_here(database, roots)? {
        Some(types) => !send::wanted(database, &types, now)?.is_empty(),
        None => false,
    })
}

/// A moment to wait for, or now where no honest wait is as long.
pub(super) fn soon(at: Timestamp, now: Timestamp) -> Timestamp {
    if at.since(now) > WAIT_MAX {
        now
    } else {
        at.max(now)
    }
}

/// Bytes that may still go today over this network.
pub(super) fn bytes_left(state: &Row, now: Timestamp, network: Network) -> Option<u64> {
    let used = |bytes: u64| {
        if state.budget_day == now.unix() / DAY {
            bytes
        } else {
            0
        }
    };
    let metered = (network.metered && !state.on_metered)
        .then(|| METERED_BYTES_A_DAY.saturating_sub(used(state.metered_bytes)));
    let background = network
        .background
        .then(|| BACKGROUND_BYTES_A_DAY.saturating_sub(used(state.background_bytes)));
    metered.into_iter().chain(background).min()
}

/// Says that the province asked for a pause that is not over.
pub(super) fn must_not_pause(around: &Surroundings<'_>) -> Result<(), UiError> {
    let state = sync_state::load(around.database)?;
    let now = around.now.max(going_on(&state, around.clock));
    let wait = soon(state.province_pause, now).since(now);
    match u32::try_from(wait) {
        Ok(0) | Err(_) => Ok(()),
        Ok(seconds) => Err(UiError {
            retry_after_seconds: Some(seconds),
            ..UiCode::ProvincePause.into()
        }),
    }
}

/// Notes how a run ended: what it cost, when the next try makes sense, and what time it is at least.
pub(super) fn note_end(state: &mut Row, run: &Run, around: &Surroundings<'_>, proven: Option<Timestamp>) {
    let now = around.now.max(going_on(state, around.clock));
    let today = now.unix() / DAY;
    if state.budget_day != today {
        state.budget_day = today;
        state.metered_bytes = 0;
        state.background_bytes = 0;
    }
    if run.network.metered {
        state.metered_bytes = state.metered_bytes.saturating_add(run.bytes);
    }
    if run.network.background {
        state.background_bytes = state.background_bytes.saturating_add(run.bytes);
        state.background_at = now;
    }
    state.pieces_wanted = run.left_out;
    let jitter = run.jitter.unwrap_or(u32::MAX / 2);
    let error = run.error.as_ref();
    if error.is_some_and(|error| is_no_answer(error.code)) {
        state.failures = state.failures.saturating_add(1);
        state.not_before = now.plus(backoff(state.failures, jitter));
    } else {
        state.failures = 0;
        state.not_before = now.plus(regular(jitter));
    }
    let pause = error
        .and_then(|error| error.retry_after_seconds)
        .unwrap_or_default();
    state.province_pause = now.plus(u64::from(pause));
    if let (Some(said), Some(proven)) = (run.server_time, proven) {
        let floor = said.min(proven.plus(FLOOR_BEYOND_SIGNED)).max(proven);
        state.time_floor = state.time_floor.max(floor);
    }
}

/// Whether the province was not reached, did not say what it did, or could do nothing yet.
fn is_no_answer(code: UiCode) -> bool {
    matches!(
        code,
        UiCode::NetworkDown
            | UiCode::NetworkTimeout
            | UiCode::AnswerInvalid
            | UiCode::ServerFault
            | UiCode::ServerBusy
            | UiCode::NadraUnavailable
            | UiCode::TooManyAttempts
            | UiCode::TrustRefused
            | UiCode::TypesRefused
            | UiCode::StatusRefused
            | UiCode::PassRefused
            | UiCode::PhotoRefused
            | UiCode::DeviceClock
            | UiCode::DeviceSignature
            | UiCode::AppRefused
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_wait_of_a_clock_that_was_set_back_is_none() {
        let now = Timestamp::from_unix(1_000_000);
        assert_eq!(soon(now.plus(60), now), now.plus(60));
        assert_eq!(soon(now.minus(60), now), now);
        assert_eq!(soon(now.plus(400 * DAY), now), now);
    }
}
