//! The home screen: the card, the stock and how old everything is.

use credential::{Credential, DAY, PassType, RootSet, Standing, StatusSet, Timestamp, TypeRegister, Vct};
use province_api::person::Day;
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

use crate::code::UiError;
use crate::error::StoreError;
use crate::screen::{Card, CardStanding, Choice, Home, PassStock};
use crate::store::child;
use crate::store::credential::{self as passes, Which};
use crate::store::draft::{self as draft_table, PhotoKind};
use crate::store::enrolment::{self, State};
use crate::store::sync_state;
use crate::sync::{load_status, load_trust, load_types, offered, trouble, types_here};
use crate::{claims, picture};

/// Everything that the home screen shows.
/// `clock` is what the phone's clock says, `now` what time it is at least.
pub(crate) fn home(
    database: &Connection,
    roots: &RootSet,
    (now, clock): (Timestamp, Timestamp),
) -> Result<Home, UiError> {
    let enrolment = enrolment::load(database)?;
    let trust = load_trust(database, roots)?;
    let status = match &trust {
        Some(trust) => load_status(database, trust)?,
        None => None,
    };
    let identity = match passes::newest(database, Vct::IDENTITY)? {
        Some(stored) => Some(Credential::parse(&stored.raw).map_err(|_| StoreError::Row)?),
        None => None,
    };
    let standing = match (&identity, &status) {
        (Some(identity), Some(status)) => standing(identity, status),
        _ => CardStanding::Valid,
    };
    let card = match &identity {
        Some(identity) if enrolment.state == State::Complete => Some(card(database, identity)?),
        _ => None,
    };
    let types = match &trust {
        Some(trust) => load_types(database, trust)?,
        None => None,
    };
    let mut stock = Vec::new();
    for (kind, which) in drawn(database, types.as_ref())? {
        // What the province took back is no longer something to show. The card itself says so of the identity.
        if claims::is_document(kind) && is_taken_back(database, status.as_ref(), which)? {
            continue;
        }
        let here = passes::stock(database, which, now)?;
        stock.push(PassStock {
            vct: kind.vct.as_str().to_owned(),
            kind: claims::kind_view(Some(kind)),
            child: child::find(database, which.no)?,
            document: claims::is_document(kind),
            left: here.left,
            total: here.total,
            expires_on: here.expires_at.map(last_day),
        });
    }
    Ok(Home {
        card,
        passes: stock,
        last_sync_at: enrolment.last_sync_at.map(screen_time),
        trust_as_of: trust.as_ref().map(|trust| screen_time(trust.issued_at())),
        status_as_of: status
            .as_ref()
            .map(|status| screen_time(status.manifest().issued_at())),
        standing,
        trouble: trouble(database, clock)?,
    })
}

/// What this citizen may draw, in the register's order.
fn drawn<'a>(
    database: &Connection,
    types: Option<&'a TypeRegister>,
) -> Result<Vec<(&'a PassType, Which)>, StoreError> {
    types.map_or_else(|| Ok(Vec::new()), |types| offered(database, types))
}

/// What may be shown to any desk at once.
pub(crate) fn timed_choices(
    database: &Connection,
    roots: &RootSet,
    now: Timestamp,
) -> Result<Vec<Choice>, UiError> {
    let mut choices = Vec::new();
    if sync_state::load(database)?.ended.is_some() {
        return Ok(choices);
    }
    let types = types_here(database, roots)?;
    // What is shown without a request names nobody: of children there is none.
    for (kind, which) in drawn(database, types.as_ref())?
        .into_iter()
        .filter(|(kind, which)| kind.show.timed && which.no == 0)
    {
        if let Some(stored) = passes::next_to_show(database, which, now)? {
            let credential = Credential::parse(&stored.raw).map_err(|_| StoreError::Row)?;
            choices.push(Choice {
                vct: which.vct.as_str().to_owned(),
                kind: claims::kind_view(Some(kind)),
                claims: claims::views(Some(kind), credential.unverified_claims()),
                left: passes::stock(database, which, now)?.left,
            });
        }
    }
    Ok(choices)
}

/// Unix seconds for a screen.
pub(crate) fn screen_time(at: Timestamp) -> u32 {
    u32::try_from(at.unix()).unwrap_or(u32::MAX)
}

pub(crate) fn card(database: &Connection, identity: &Credential) -> Result<Card, UiError> {
    let claims = identity.unverified_claims();
    let who = claims.identity.as_ref().ok_or(StoreError::Row)?;
    let photo = draft_table::photo(database, PhotoKind::Card)?;
    Ok(Card {
        name_en: who.full_name.clone().unwrap_or_default(),
        name_ur: who.full_name_local.clone().unwrap_or_default(),
        cnic: claims::grouped(who.id.as_deref().unwrap_or_default()),
        photo_data_url: photo.map(|photo| picture::data_url("image/webp", &photo)),
        issued_on: Day::at_unix(claims.iat.unix()).to_string(),
        expires_on: last_day(claims.exp),
        pattern: hex::encode(Sha256::digest(identity.bytes())),
        district: claims.facts.district.clone(),
    })
}

/// The last day on which something holds that ends at this moment (midnight UTC).
pub(crate) fn last_day(ends: Timestamp) -> String {
    Day::at_unix(ends.minus(DAY).unix()).to_string()
}

/// Whether the status data say that the newest of these passes was revoked or consumed.
pub(crate) fn is_taken_back(
    database: &Connection,
    status: Option<&StatusSet>,
    which: Which,
) -> Result<bool, StoreError> {
    let (Some(status), Some(stored)) = (status, passes::newest(database, which)?) else {
        return Ok(false);
    };
    let credential = Credential::parse(&stored.raw).map_err(|_| StoreError::Row)?;
    Ok(standing(&credential, status) == CardStanding::Revoked)
}

/// What the status data say of a pass.
pub(crate) fn standing(identity: &Credential, status: &StatusSet) -> CardStanding {
    let at = identity.unverified_claims().status.as_ref();
    match at.and_then(|at| status.standing(at)) {
        Some(Standing::Revoked | Standing::Consumed) => CardStanding::Revoked,
        Some(Standing::Suspended) => CardStanding::Suspended,
        Some(Standing::Valid) | None => CardStanding::Valid,
    }
}
