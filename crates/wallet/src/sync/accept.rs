//! Nothing that came over the network is stored before it passed here.

use std::collections::BTreeMap;

use credential::{
    CLOCK_ALLOWANCE, Catalogue, Claims, Credential, PassType, PublicKey, RootSet, StatusManifest, StatusRef,
    StatusSet, Timestamp, TrustList, TypeRegister, Vct,
};
use province_api::passes::{Offer, PassesReply, PassesRequest};
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

use super::Surroundings;
use crate::claims;
use crate::code::UiCode;
use crate::draft::{self, Expected};
use crate::error::StoreError;
use crate::store::artefact;
use crate::store::child;
use crate::store::credential::{self as table, Which};
use crate::store::draft::{self as draft_table, PhotoKind};
use crate::store::enrolment;
use crate::store::moving;
use crate::store::offer;
use crate::store::outbox;
use crate::store::past_document::{self, Why};
use crate::store::put_away;

/// The trust list on the phone, verified again: what is on a disk is not believed either.
pub(crate) fn load_trust(database: &Connection, roots: &RootSet) -> Result<Option<TrustList>, StoreError> {
    let changes = artefact::root_changes(database)?;
    let newest = artefact::load(database, artefact::TRUST_LIST)?;
    let stored = changes.iter().chain(&newest).map(Vec::as_slice);
    Ok(TrustList::restore(stored, roots).unwrap_or_default())
}

/// Keeps a trust list; one that changed the roots for good, since later lists are verified through it.
pub(super) fn save_trust(database: &Connection, list: &TrustList, now: Timestamp) -> Result<(), StoreError> {
    let transaction = database.unchecked_transaction()?;
    if list.changes_roots() {
        let name = artefact::root_change(list.sequence());
        artefact::save(&transaction, &name, list.bytes(), now)?;
    }
    artefact::save(&transaction, artefact::TRUST_LIST, list.bytes(), now)?;
    transaction.commit()?;
    Ok(())
}

/// The type register on the phone, verified again.
pub(crate) fn load_types(
    database: &Connection,
    trust: &TrustList,
) -> Result<Option<TypeRegister>, StoreError> {
    let bytes = artefact::load(database, artefact::TYPES)?;
    Ok(bytes.and_then(|bytes| TypeRegister::verify(&bytes, trust, None).ok()))
}

/// The same where the trust list is not at hand.
pub(crate) fn types_here(database: &Connection, roots: &RootSet) -> Result<Option<TypeRegister>, StoreError> {
    match load_trust(database, roots)? {
        Some(trust) => load_types(database, &trust),
        None => Ok(None),
    }
}

/// The catalogue on the phone, verified again.
pub(super) fn load_catalogue(
    database: &Connection,
    trust: &TrustList,
) -> Result<Option<Catalogue>, StoreError> {
    let bytes = artefact::load(database, artefact::CATALOGUE)?;
    Ok(bytes.and_then(|bytes| Catalogue::verify(&bytes, trust, None).ok()))
}

/// The same where the trust list is not at hand.
pub(crate) fn catalogue_here(
    database: &Connection,
    roots: &RootSet,
) -> Result<Option<Catalogue>, StoreError> {
    match load_trust(database, roots)? {
        Some(trust) => load_catalogue(database, &trust),
        None => Ok(None),
    }
}

/// Keeps what the province says may be drawn. Passes go that may be drawn anew because they would say more. Passes of a
/// document that was withdrawn or granted anew go: the province has revoked them. The last of them stays to be looked at.
pub(super) fn offers(
    database: &Connection,
    types: &TypeRegister,
    offers: &[Offer],
    now: Timestamp,
) -> Result<(), StoreError> {
    let before = offer::all(database)?;
    // Of a kind whose name cannot be, there is nothing in the register either.
    let which = |one: &Offer| {
        let vct = Vct::parse(&one.vct).ok()?;
        Some(Which { vct, no: one.no })
    };
    let after: BTreeMap<Which, u64> = offers
        .iter()
        .filter_map(|one| Some((which(one)?, one.grant)))
        .collect();
    for which in table::all(database)? {
        let document = types.find(&which.vct).is_some_and(claims::is_document);
        let (old, new) = (before.get(&which), after.get(&which));
        // Passes of before the person was proofed better say less of them.
        if !document && old.is_some() && new.is_some() && old != new {
            table::delete(database, which)?;
        }
        if document && before.get(&which) != after.get(&which) {
            if let Some(last) = table::newest(database, which)? {
                let why = match after.get(&which) {
                    Some(_) => Why::Replaced,
                    None => Why::Withdrawn,
                };
                past_document::insert(database, which, &last.raw, (now, why))?;
            }
            table::delete(database, which)?;
        }
    }
    offer::replace(database, &after)
}

/// The status data on the phone, as far as they fit together.
pub(crate) fn load_status(database: &Connection, trust: &TrustList) -> Result<Option<StatusSet>, StoreError> {
    let Some(bytes) = artefact::load(database, artefact::STATUS_MANIFEST)? else {
        return Ok(None);
    };
    let Ok(manifest) = StatusManifest::verify(&bytes, trust, None) else {
        return Ok(None);
    };
    let mut set = StatusSet::new(manifest);
    for at in status_places_of_own(database)? {
        // A piece of another day is not asked for: it has another name.
        set.fill(Some(&at), |sha256| artefact::load_piece(database, sha256))?;
    }
    Ok(Some(set))
}

/// The latest moment that something signed on this phone proves to be past.
pub(super) fn proven_time(database: &Connection, roots: &RootSet) -> Result<Option<Timestamp>, StoreError> {
    let Some(trust) = load_trust(database, roots)? else {
        return Ok(None);
    };
    let status = load_status(database, &trust)?.map(|status| status.manifest().issued_at());
    Ok(status.max(Some(trust.issued_at())))
}

/// Where this person's passes have their bits.
pub(super) fn status_places_of_own(database: &Connection) -> Result<Vec<StatusRef>, StoreError> {
    let mut places: Vec<StatusRef> = Vec::new();
    for which in table::all(database)? {
        let Some(stored) = table::newest(database, which)? else {
            continue;
        };
        let credential = Credential::parse(&stored.raw).map_err(|_| StoreError::Row)?;
        if let Some(status) = &credential.unverified_claims().status
            && !places.contains(status)
        {
            places.push(status.clone());
        }
    }
    Ok(places)
}

/// Stores a batch: all of it, or a code and nothing (the caller rolls back).
pub(super) fn passes(
    database: &Connection,
    around: &Surroundings<'_>,
    entry: &outbox::Entry,
    reply: &PassesReply,
) -> Result<Result<(), UiCode>, StoreError> {
    let request: PassesRequest = serde_json::from_slice(&entry.body).map_err(|_| StoreError::Row)?;
    let first = entry.holder_index.ok_or(StoreError::Row)?;
    let expected = draft::expected(database)?;
    let Some(trust) = load_trust(database, around.roots)? else {
        return Ok(Err(UiCode::TrustRefused));
    };
    let Some(types) = load_types(database, &trust)? else {
        return Ok(Err(UiCode::TypesRefused));
    };
    if reply.credentials.len() != request.passes.len() {
        return Ok(Err(UiCode::PassRefused));
    }
    let photo_sha256: [u8; 32] = Sha256::digest(&reply.photo.0).into();
    let mut photo_wanted = false;
    for ((index, wanted), raw) in (first..).zip(&request.passes).zip(&reply.credentials) {
        let vct = Vct::parse(&wanted.vct).map_err(|_| StoreError::Row)?;
        let holder = enrolment::holder_key(database, index)?.public();
        let Ok(credential) = Credential::parse(&raw.0) else {
            return Ok(Err(UiCode::PassRefused));
        };
        let says = credential.unverified_claims();
        let genuine = credential.verify_issuer(&trust).is_ok();
        let kind = types
            .find(&vct)
            .filter(|kind| is_as_asked(kind, says, &holder, expected.as_ref()));
        let Some(kind) = kind.filter(|_| genuine && says.exp > around.now) else {
            return Ok(Err(UiCode::PassRefused));
        };
        if let Some(child) = claims::child(kind, wanted.no, says) {
            child::save(database, &child)?;
        }
        match says.facts.photo_sha256 {
            Some(hash) if hash != photo_sha256 => return Ok(Err(UiCode::PhotoRefused)),
            Some(_) => photo_wanted = true,
            None => {}
        }
        let starts_at = says.nbf.unwrap_or(says.iat).minus(CLOCK_ALLOWANCE);
        table::insert(
            database,
            &table::New {
                which: Which { vct, no: wanted.no },
                raw: &raw.0,
                holder_index: index,
                starts_at,
                expires_at: says.exp,
            },
        )?;
    }
    // What was asked for before the citizen deleted it.
    for gone in put_away::all(database)? {
        table::delete(database, gone.which)?;
    }
    // Of the phone before: what the province offers no more has ended, and stays to be looked at.
    let offered = offer::all(database)?;
    for (which, raw) in moving::kept(database)? {
        let document = types.find(&which.vct).is_some_and(claims::is_document);
        if document && !offered.contains_key(&which) {
            past_document::insert(database, which, &raw, (around.now, Why::Withdrawn))?;
            moving::delete_kept(database, which)?;
        }
    }
    if photo_wanted {
        if reply.photo.0.len() > CARD_PHOTO_BYTES_MAX {
            return Ok(Err(UiCode::PhotoRefused));
        }
        draft_table::save_photo(database, PhotoKind::Card, &reply.photo.0)?;
    }
    Ok(Ok(()))
}

/// Whether a pass is this phone's, is exactly of the kind that was asked for, and says of this citizen what they gave:
/// a predicate that carried a name would hand the name to every desk.
fn is_as_asked(kind: &PassType, claims: &Claims, holder: &PublicKey, expected: Option<&Expected>) -> bool {
    claims.vct == kind.vct
        && claims.holder == Some((*holder).into())
        && kind.check(claims).is_ok()
        && (!kind.show.timed || !claims.is_personal())
        && expected.is_none_or(|expected| is_of(claims, expected))
}

/// Whether what the claims say of their holder is what the citizen gave.
fn is_of(claims: &Claims, expected: &Expected) -> bool {
    let same = |said: Option<&str>, given: &str| said.is_none_or(|said| said == given);
    let identity = claims.identity.as_ref().is_none_or(|identity| {
        same(identity.id.as_deref(), expected.cnic.as_str())
            && same(identity.full_name.as_deref(), expected.name_en.as_str())
            && same(identity.full_name_local.as_deref(), expected.name_ur.as_str())
            && same(
                identity.date_of_birth.as_deref(),
                &expected.date_of_birth.compact(),
            )
    });
    identity && same(claims.facts.district.as_deref(), expected.district.as_str())
}

/// Largest picture that the province signs, in bytes; the passes' frames are made for 1,000.
const CARD_PHOTO_BYTES_MAX: usize = 2_000;
