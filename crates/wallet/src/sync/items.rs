//! What is on its way, as a screen sees it.

use credential::{RootSet, Timestamp};
use rusqlite::Connection;

use super::errand::{may_give_up, wanted_mobile};
use super::{Network, load_status, load_trust, offered, plan, types_here};
use crate::claims;
use crate::code::UiCode;
use crate::error::StoreError;
use crate::home::screen_time;
use crate::screen::{Item, ItemKind, ItemState, OnItsWay, Trouble};
use crate::store::credential as passes;
use crate::store::draft as draft_table;
use crate::store::enrolment::{self, State};
use crate::store::outbox::{self, Entry, Kind};
use crate::store::{child, sync_state};

/// From how far on a clock is called wrong, in seconds: what the province allows for a signature.
const CLOCK_OFF_BY: u64 = province_api::signature::CLOCK_DIFFERENCE_MAX;

/// Everything that is on its way.
pub(crate) fn on_its_way(
    (database, roots): (&Connection, &RootSet),
    now: Timestamp,
) -> Result<OnItsWay, StoreError> {
    let person = enrolment::load(database)?;
    let state = sync_state::load(database)?;
    let draft = draft_table::load(database)?;
    let mut items: Vec<Item> = outbox::all(database)?.iter().map(item).collect();
    if person.state == State::Draft && draft_table::is_begun(database)? {
        // What was refused is the draft again: one line for both.
        let refused = items.iter().any(|item| {
            item.state == ItemState::Refused && matches!(item.what, ItemKind::Enrolment | ItemKind::Rebind)
        });
        if !refused {
            items.push(Item {
                can_mend: true,
                ..line(ItemKind::Enrolment, ItemState::OnPhone)
            });
        }
    }
    if person.state != State::Draft {
        items.extend(documents(database, roots)?);
    }
    items.sort_by_key(|item| match item.state {
        ItemState::Refused => 0,
        ItemState::Waiting => 1,
        ItemState::Sent => 2,
        ItemState::OnPhone => 3,
        ItemState::Confirmed => 4,
    });
    let trust = load_trust(database, roots)?;
    let status = match &trust {
        Some(trust) => load_status(database, trust)?,
        None => None,
    };
    Ok(OnItsWay {
        items,
        last_sync_at: person.last_sync_at.map(screen_time),
        trust_as_of: trust.as_ref().map(|trust| screen_time(trust.issued_at())),
        status_as_of: status.map(|status| screen_time(status.manifest().issued_at())),
        next_try_in: plan((database, roots), now, Network::default())?.wait_seconds,
        waits_for_free_network: state.pieces_wanted,
        on_metered: state.on_metered,
        in_background: state.in_background,
        mobile: draft
            .filter(|_| person.state == State::Complete)
            .map(|draft| draft.mobile),
    })
}

/// Whether the province said, when it was last asked, that it does not know the phone of a citizen who has a card here.
pub(super) fn is_unknown(database: &Connection) -> Result<bool, StoreError> {
    let person = enrolment::load(database)?;
    let unknown = person
        .error
        .is_some_and(|error| error.code == UiCode::DeviceUnknown);
    Ok(person.state == State::Complete && unknown)
}

/// What stands between this phone and showing anything.
pub(crate) fn trouble(database: &Connection, clock: Timestamp) -> Result<Trouble, StoreError> {
    let state = sync_state::load(database)?;
    let behind = state.time_floor.since(clock);
    let off_by = if behind > CLOCK_OFF_BY {
        // Set back since the last sync.
        Some(-i64::try_from(behind).unwrap_or(i64::MAX))
    } else {
        // What the last sync found, while it can still be so.
        Some(state.clock_off_by)
            .filter(|off| *off > 0 && off.unsigned_abs() > CLOCK_OFF_BY)
            .filter(|off| clock.minus(off.unsigned_abs()).plus(CLOCK_OFF_BY) >= state.time_floor)
    };
    Ok(Trouble {
        ended: state.ended,
        unknown: is_unknown(database)?,
        clock_off_by: off_by
            .map(|off| i32::try_from(off).unwrap_or(if off < 0 { i32::MIN } else { i32::MAX })),
    })
}

/// The documents that the province offers: here, or on their way here.
fn documents(database: &Connection, roots: &RootSet) -> Result<Vec<Item>, StoreError> {
    let Some(types) = types_here(database, roots)? else {
        return Ok(Vec::new());
    };
    let mut items = Vec::new();
    let offered = offered(database, &types)?;
    for (kind, which) in offered.into_iter().filter(|(kind, _)| claims::is_document(kind)) {
        let here = passes::newest(database, which)?.is_some();
        let state = if here {
            ItemState::Confirmed
        } else {
            ItemState::Waiting
        };
        items.push(Item {
            kind: Some(claims::kind_view(Some(kind))),
            child: child::find(database, which.no)?,
            ..line(ItemKind::Document, state)
        });
    }
    Ok(items)
}

fn line(what: ItemKind, state: ItemState) -> Item {
    Item {
        id: None,
        what,
        state,
        kind: None,
        child: None,
        at: None,
        error: None,
        attempts: 0,
        can_mend: false,
        can_retry: false,
        can_discard: false,
        can_give_up: false,
        mobile: None,
        application: None,
    }
}

fn item(entry: &Entry) -> Item {
    let what = match entry.kind {
        Kind::Enrolment => ItemKind::Enrolment,
        Kind::Rebind => ItemKind::Rebind,
        Kind::Mobile => ItemKind::Mobile,
        Kind::Lost => ItemKind::Lost,
        Kind::Application => ItemKind::Application,
        Kind::Withdrawal => ItemKind::Withdrawal,
        Kind::Challenge | Kind::Passes => ItemKind::Refill,
    };
    let state = match entry.state {
        outbox::State::Waiting => ItemState::Waiting,
        outbox::State::Sent => ItemState::Sent,
        outbox::State::Confirmed => ItemState::Confirmed,
        outbox::State::Refused => ItemState::Refused,
    };
    let refused = state == ItemState::Refused;
    let of_citizen = matches!(
        what,
        ItemKind::Mobile | ItemKind::Lost | ItemKind::Application | ItemKind::Withdrawal
    );
    let as_it_is = entry
        .error
        .as_ref()
        .is_some_and(|error| error.code.may_go_again());
    Item {
        id: u32::try_from(entry.id).ok(),
        at: entry.answered_at.or(entry.made_at).map(screen_time),
        error: entry.error.clone(),
        attempts: entry.attempts,
        can_mend: refused,
        can_retry: refused && of_citizen && as_it_is,
        can_give_up: may_give_up(entry),
        mobile: wanted_mobile(entry),
        application: entry.application.and_then(|id| u32::try_from(id).ok()),
        can_discard: refused || state == ItemState::Confirmed || (of_citizen && state == ItemState::Waiting),
        ..line(what, state)
    }
}
