//! The sending half: what to ask for next.

use credential::{PassType, Timestamp, TrustList, TypeRegister, Vct};
use ed25519_dalek::SigningKey;
use province_api::enrolment::EnrolmentRequest;
use province_api::passes::{Challenge, PASSES_MAX, PassesRequest, WantedPass, proof_message};
use province_api::{Bytes, artefacts, paths, signature};
use rand_core::CryptoRng;
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

use super::{Awaiting, HttpRequest, Run, Stage, Surroundings, accept};
use crate::code::UiError;
use crate::error::StoreError;
use crate::store::credential as passes;
use crate::store::enrolment::{self, State};
use crate::store::offer;
use crate::store::outbox::{self, Kind};

/// Passes that end sooner than this are replaced: a person may be without a network for days.
const RENEW_BEFORE_SECONDS: u64 = 3 * 86_400;

/// Time for one answer, in seconds; the province itself waits for NADRA.
const TIME_LIMIT_SECONDS: u32 = 30;

/// Largest answer in JSON: 50 passes and a small photo.
const JSON_BYTES_MAX: usize = 512 * 1024;

impl Run {
    /// What to ask for next; `None` when the run is over.
    pub(crate) fn next_request(
        &mut self,
        around: &Surroundings<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Option<HttpRequest>, UiError> {
        loop {
            let state = enrolment::load(around.database)?.state;
            match self.stage {
                Stage::Application if state == State::Applying => {
                    return self.apply(around, rng).map(Some);
                }
                Stage::Application => self.stage = Stage::TrustList,
                Stage::TrustList => {
                    self.awaiting = Some(Awaiting::TrustList);
                    let max = artefacts::TRUST_LIST_BYTES_MAX;
                    return Ok(Some(get(around, paths::TRUST_LIST.to_owned(), max)));
                }
                Stage::Types => {
                    self.awaiting = Some(Awaiting::Types);
                    let max = artefacts::TYPE_REGISTER_BYTES_MAX;
                    return Ok(Some(get(around, paths::TYPES.to_owned(), max)));
                }
                Stage::NextRoots => {
                    self.awaiting = Some(Awaiting::NextRoots);
                    let held = super::load_trust(around.database, around.roots)?;
                    let roots = held.as_ref().map_or(around.roots, TrustList::successors);
                    let path = format!("{}{}", paths::TRUST_NEXT, roots.fingerprint());
                    return Ok(Some(get(around, path, artefacts::TRUST_LIST_BYTES_MAX)));
                }
                Stage::Passes => match self.passes_request(around, rng)? {
                    Some(request) => return Ok(Some(request)),
                    None => self.stage = Stage::Manifest,
                },
                Stage::Manifest => {
                    self.awaiting = Some(Awaiting::Manifest);
                    let max = artefacts::STATUS_MANIFEST_BYTES_MAX;
                    return Ok(Some(get(around, paths::STATUS_MANIFEST.to_owned(), max)));
                }
                Stage::Pieces => match self.piece_wanted() {
                    Some(piece) => {
                        self.awaiting = Some(Awaiting::Piece);
                        let path = format!("{}{}", paths::STATUS_PIECES, piece.name());
                        return Ok(Some(get(around, path, piece.bytes_max)));
                    }
                    None => self.store_status(around)?,
                },
                Stage::Done => return Ok(None),
            }
        }
    }

    fn apply(&mut self, around: &Surroundings<'_>, rng: &mut impl CryptoRng) -> Result<HttpRequest, UiError> {
        let entry = outbox::under_way(around.database, Kind::Enrolment)?.ok_or(StoreError::Row)?;
        self.awaiting = Some(Awaiting::Application);
        Ok(post(around, paths::ENROLMENTS, &entry, rng)?)
    }

    fn passes_request(
        &mut self,
        around: &Surroundings<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Option<HttpRequest>, UiError> {
        if let Some(entry) = outbox::under_way(around.database, Kind::Passes)? {
            self.awaiting = Some(Awaiting::Passes);
            return Ok(Some(post(around, paths::PASSES, &entry, rng)?));
        }
        let entry = match outbox::under_way(around.database, Kind::Challenge)? {
            Some(entry) => entry,
            None if self.nothing_wanted => return Ok(None),
            None => outbox::insert(around.database, entry(Kind::Challenge, Vec::new(), around), rng)?,
        };
        self.awaiting = Some(Awaiting::Challenge);
        Ok(Some(post(around, paths::CHALLENGES, &entry, rng)?))
    }
}

/// Puts the application into the outbox.
pub(super) fn decide_to_apply(
    around: &Surroundings<'_>,
    request: &EnrolmentRequest,
    rng: &mut impl CryptoRng,
) -> Result<(), UiError> {
    let body = serde_json::to_vec(request).map_err(|_| StoreError::Row)?;
    let transaction = around.database.unchecked_transaction()?;
    outbox::remove_answered(&transaction, Kind::Enrolment)?;
    outbox::insert(&transaction, entry(Kind::Enrolment, body, around), rng)?;
    enrolment::set_state(&transaction, State::Applying)?;
    enrolment::set_error(&transaction, None, around.now)?;
    transaction.commit()?;
    Ok(())
}

/// Turns an answered challenge into the request for passes: one transaction, so that neither is lost. Says whether there
/// is anything to ask for.
pub(super) fn decide_to_ask_for_passes(
    around: &Surroundings<'_>,
    challenge: &Challenge,
) -> Result<bool, UiError> {
    let transaction = around.database.unchecked_transaction()?;
    let answered = outbox::under_way(&transaction, Kind::Challenge)?.ok_or(StoreError::Row)?;
    outbox::remove(&transaction, answered.id)?;
    let Some(types) = accept::types_here(&transaction, around.roots)? else {
        transaction.commit()?;
        return Ok(false);
    };
    accept::offers(&transaction, &types, &challenge.offers)?;
    let wanted = wanted(&transaction, &types, around.now)?;
    if wanted.is_empty() {
        transaction.commit()?;
        return Ok(false);
    }
    let first = enrolment::reserve_holder_indices(&transaction, wanted.len() as u64)?;
    let mut request = PassesRequest {
        challenge: challenge.challenge.clone(),
        passes: Vec::with_capacity(wanted.len()),
    };
    for (index, vct) in (first..).zip(wanted) {
        let key = enrolment::holder_key(&transaction, index)?;
        let public = *key.public().as_bytes();
        let message = proof_message(&challenge.challenge.0, vct.as_str(), &public);
        request.passes.push(WantedPass {
            vct: vct.as_str().to_owned(),
            holder_key: Bytes(public.to_vec()),
            proof: Bytes(key.sign(&message).to_vec()),
        });
    }
    let body = serde_json::to_vec(&request).map_err(|_| StoreError::Row)?;
    let key = key_after(&answered.idempotency_key);
    let wanted = outbox::New {
        holder_index: Some(first),
        ..entry(Kind::Passes, body, around)
    };
    outbox::insert_with_key(&transaction, wanted, key)?;
    transaction.commit()?;
    Ok(true)
}

/// Which passes to ask for. A kind is filled up when it falls under a third of its stock, or when some
/// that are left end within three days.
pub(super) fn wanted(
    database: &Connection,
    types: &TypeRegister,
    now: Timestamp,
) -> Result<Vec<Vct>, StoreError> {
    let mut wanted = Vec::new();
    let offers = offer::all(database)?;
    let offered = |kind: &&PassType| offers.contains_key(kind.vct.as_str());
    for (vct, full) in types
        .types()
        .iter()
        .filter(offered)
        .map(|kind| (kind.vct, kind.stock))
    {
        let left = passes::stock(database, vct, now)?.left;
        let lasting = passes::stock(database, vct, now.plus(RENEW_BEFORE_SECONDS))?.left;
        if left * 3 < full || lasting < left {
            let missing = full.saturating_sub(lasting);
            wanted.extend(std::iter::repeat_n(vct, missing as usize));
        }
    }
    wanted.truncate(PASSES_MAX);
    Ok(wanted)
}

fn get(around: &Surroundings<'_>, path: String, response_bytes_max: usize) -> HttpRequest {
    HttpRequest {
        method: "GET",
        url: url(around, &path),
        path,
        headers: Vec::new(),
        body: Vec::new(),
        response_bytes_max,
        time_limit_seconds: TIME_LIMIT_SECONDS,
    }
}

/// An entry of now.
fn entry(kind: Kind, body: Vec<u8>, around: &Surroundings<'_>) -> outbox::New {
    outbox::New {
        kind,
        body,
        holder_index: None,
        made_at: around.now,
    }
}

fn post(
    around: &Surroundings<'_>,
    path: &str,
    entry: &outbox::Entry,
    rng: &mut impl CryptoRng,
) -> Result<HttpRequest, StoreError> {
    outbox::mark_sent(around.database, entry.id)?;
    // Fresh each time: the province takes no sent request twice, and this one may be sent again.
    let mut nonce = signature::Nonce::default();
    rng.fill_bytes(&mut nonce);
    let seed = enrolment::device_key(around.database)?;
    let key = SigningKey::from_bytes(&seed);
    let mut headers: Vec<(String, String)> = signature::sign(
        &key,
        "POST",
        path,
        &entry.body,
        &entry.idempotency_key,
        around.now.unix(),
        &nonce,
    )
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    if !entry.body.is_empty() {
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    Ok(HttpRequest {
        method: "POST",
        url: url(around, path),
        path: path.to_owned(),
        headers,
        body: entry.body.clone(),
        response_bytes_max: JSON_BYTES_MAX,
        time_limit_seconds: TIME_LIMIT_SECONDS,
    })
}

fn url(around: &Surroundings<'_>, path: &str) -> String {
    format!("{}{path}", around.api_url.trim_end_matches('/'))
}

/// The idempotency key of the request that follows an answered challenge. Derived, because answers come
/// in without a source of randomness; as unguessable as the random key that it is derived from.
fn key_after(idempotency_key: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"khyber pass passes after challenge\n");
    hash.update(idempotency_key.as_bytes());
    hex::encode(hash.finalize().get(..16).unwrap_or_default())
}
