//! The sending half: what to ask for next.

use credential::{DAY, PassType, Timestamp, TrustList, TypeRegister};
use ed25519_dalek::SigningKey;
use hkdf::Hkdf;
use province_api::enrolment::EnrolmentRequest;
use province_api::passes::{Challenge, PASSES_MAX, PassesRequest, WantedPass, proof_message};
use province_api::{Bytes, artefacts, packed, paths, signature};
use rand_core::CryptoRng;
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::file::File;
use super::reply::keep_tag;
use super::{Awaiting, HttpRequest, Purpose, Run, Stage, Surroundings, accept};
use crate::code::UiError;
use crate::error::StoreError;
use crate::store::credential::{self as passes, Which};
use crate::store::enrolment::{self, State};
use crate::store::offer;
use crate::store::outbox::{self, Kind};
use crate::store::setting::{self, Setting};
use crate::store::sync_state;

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
        if self.jitter.is_none() {
            self.jitter = Some(rng.next_u32());
        }
        let around = &self.at_its_time(around);
        let request = self.next(around, rng)?;
        if let Some(request) = &request {
            self.bytes += bytes_of(request);
        }
        Ok(request)
    }

    fn next(
        &mut self,
        around: &Surroundings<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Option<HttpRequest>, UiError> {
        loop {
            match self.stage {
                Stage::DeviceKey => {
                    // Of a wallet that is over no key is changed any more, and its reports do not wait for that.
                    if !sync_state::load(around.database)?.is_over()
                        && let Some(request) = self.device_key_request(around, rng)?
                    {
                        return Ok(Some(request));
                    }
                    self.stage = Stage::Errands;
                }
                Stage::Errands => {
                    // Once it has the key that signs, such a run does nothing else.
                    if let Purpose::Audit { before } = self.purpose {
                        return Ok(Some(self.audit_request(around, before, rng)?));
                    }
                    if let Some(request) = self.errand_request(around, rng)? {
                        return Ok(Some(request));
                    }
                    self.stage = match enrolment::load(around.database)?.state {
                        // Its key may be enrolled though it sent nothing.
                        State::Draft if super::waits_at_counter(around.database)? => Stage::Ask,
                        State::Draft | State::Applying => Stage::Done,
                        State::Accepted | State::Complete => Stage::Ask,
                    };
                }
                Stage::Ask => return Ok(Some(self.ask(around, rng)?)),
                Stage::TrustList => {
                    let missing = accept::load_trust(around.database, around.roots)?.is_none();
                    if missing || self.told.contains_key(&File::Trust) {
                        return Ok(Some(self.file_request(around, File::Trust)?));
                    }
                    self.stage = Stage::Types;
                }
                Stage::NextRoots => {
                    self.awaiting = Some(Awaiting::NextRoots);
                    let held = super::load_trust(around.database, around.roots)?;
                    let roots = held.as_ref().map_or(around.roots, TrustList::successors);
                    let path = format!("{}{}", paths::TRUST_NEXT, roots.fingerprint());
                    return Ok(Some(get(around, path, artefacts::TRUST_LIST_BYTES_MAX)));
                }
                Stage::Types => {
                    // A newer trust list may have ended the key of the register that is here.
                    let missing = accept::types_here(around.database, around.roots)?.is_none();
                    if missing || self.told.contains_key(&File::Types) {
                        return Ok(Some(self.file_request(around, File::Types)?));
                    }
                    self.store_offers(around)?;
                    self.stage = Stage::Passes;
                }
                Stage::Passes => match self.passes_request(around, rng)? {
                    Some(request) => return Ok(Some(request)),
                    None => self.stage = Stage::Manifest,
                },
                Stage::Manifest => {
                    let held = match accept::load_trust(around.database, around.roots)? {
                        Some(trust) => accept::load_status(around.database, &trust)?,
                        None => None,
                    };
                    match held {
                        // New passes may have their bits where nothing was fetched yet.
                        Some(held) if !self.told.contains_key(&File::Status) => {
                            self.stage_status(around, held.manifest().clone())?;
                        }
                        _ => return Ok(Some(self.file_request(around, File::Status)?)),
                    }
                }
                Stage::Pieces => match self.piece_wanted() {
                    Some(_) if self.bytes_left() == Some(0) => self.leave_out(),
                    Some(piece) => {
                        self.awaiting = Some(Awaiting::Piece);
                        let path = format!("{}{}", paths::STATUS_PIECES, piece.name());
                        let left = self.bytes_left().and_then(|left| usize::try_from(left).ok());
                        let most = left.map_or(piece.bytes_max, |left| left.min(piece.bytes_max));
                        return Ok(Some(get(around, path, most)));
                    }
                    None => self.store_status(around)?,
                },
                Stage::Catalogue => match self.catalogue_request(around)? {
                    Some(request) => return Ok(Some(request)),
                    None => self.stage = Stage::Done,
                },
                Stage::Done => return Ok(None),
            }
        }
    }

    fn passes_request(
        &mut self,
        around: &Surroundings<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Option<HttpRequest>, UiError> {
        if self.no_passes {
            return Ok(None);
        }
        if let Some(entry) = outbox::under_way(around.database, Kind::Passes)? {
            self.awaiting = Some(Awaiting::Passes);
            return Ok(Some(post(around, paths::PASSES, &entry, rng)?));
        }
        let entry = match outbox::under_way(around.database, Kind::Challenge)? {
            Some(entry) => entry,
            None => match accept::types_here(around.database, around.roots)? {
                Some(types) if !wanted(around.database, &types, around.now)?.is_empty() => {
                    outbox::insert(around.database, entry(Kind::Challenge, Vec::new(), around), rng)?
                }
                _ => return Ok(None),
            },
        };
        self.awaiting = Some(Awaiting::Challenge);
        Ok(Some(post(around, paths::CHALLENGES, &entry, rng)?))
    }
}

/// Puts the application into the outbox.
pub(super) fn decide_to_apply(
    around: &Surroundings<'_>,
    kind: Kind,
    request: &EnrolmentRequest,
    rng: &mut impl CryptoRng,
) -> Result<(), UiError> {
    let body = serde_json::to_vec(request).map_err(|_| StoreError::Row)?;
    let transaction = around.database.unchecked_transaction()?;
    for before in [Kind::Enrolment, Kind::Rebind] {
        outbox::remove_answered(&transaction, before)?;
    }
    outbox::insert(&transaction, entry(kind, body, around), rng)?;
    enrolment::set_state(&transaction, State::Applying)?;
    // From here on it is their own word again that the passes have to agree with.
    setting::remove(&transaction, Setting::AtCounter)?;
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
    accept::offers(&transaction, &types, &challenge.offers, around.now)?;
    keep_tag(&transaction, &challenge.offers)?;
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
    for (index, which) in (first..).zip(wanted) {
        let key = enrolment::holder_key(&transaction, index)?;
        let public = *key.public().as_bytes();
        let message = proof_message(&challenge.challenge.0, (which.vct.as_str(), which.no), &public);
        request.passes.push(WantedPass {
            vct: which.vct.as_str().to_owned(),
            no: which.no,
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

/// Which passes to ask for. A kind is filled up, for each person by themselves, when it falls under a third of its stock,
/// or when some that are left come to their end: weeks before it for what lives long, so that somebody without a network
/// for as long has them still.
pub(super) fn wanted(
    database: &Connection,
    types: &TypeRegister,
    now: Timestamp,
) -> Result<Vec<Which>, StoreError> {
    let mut wanted = Vec::new();
    for (kind, which) in offered(database, types)? {
        let margin = margin(kind);
        let left = passes::stock(database, which, now)?.left;
        // One that was signed lately and ends soon all the same cannot be had with a later end.
        let ending = passes::ending(database, which, (now, now.plus(margin)), now.minus(margin / 2))?;
        if left * 3 < kind.stock || ending > 0 {
            let missing = kind.stock.saturating_sub(left.saturating_sub(ending));
            wanted.extend(std::iter::repeat_n(which, missing as usize));
        }
    }
    wanted.truncate(PASSES_MAX);
    Ok(wanted)
}

/// What this citizen may draw and wants on this phone, in the register's order.
pub(crate) fn offered<'a>(
    database: &Connection,
    types: &'a TypeRegister,
) -> Result<Vec<(&'a PassType, Which)>, StoreError> {
    let offers = offer::wanted(database)?;
    let of = |kind: &'a PassType| {
        let own = offers.keys().filter(|which| which.vct == kind.vct);
        own.map(|which| (kind, *which)).collect::<Vec<_>>()
    };
    Ok(types.types().iter().flat_map(of).collect())
}

/// How long before its end a pass of this kind is replaced, in seconds: a seventh of its life, from 3 days to 4 weeks.
fn margin(kind: &PassType) -> u64 {
    (u64::from(kind.lifetime_days) * DAY / 7).clamp(3 * DAY, 28 * DAY)
}

pub(super) fn get(around: &Surroundings<'_>, path: String, response_bytes_max: usize) -> HttpRequest {
    HttpRequest {
        method: "GET",
        url: url(around.api_url, &path),
        path,
        headers: Vec::new(),
        body: Vec::new(),
        response_bytes_max,
        time_limit_seconds: TIME_LIMIT_SECONDS,
    }
}

/// An entry of now.
pub(super) fn entry(kind: Kind, body: Vec<u8>, around: &Surroundings<'_>) -> outbox::New {
    outbox::New {
        kind,
        body,
        holder_index: None,
        application: None,
        made_at: around.now,
    }
}

/// Sends an entry of the outbox: from here on nobody can know that it never left.
pub(super) fn post(
    around: &Surroundings<'_>,
    path: &str,
    entry: &outbox::Entry,
    rng: &mut impl CryptoRng,
) -> Result<HttpRequest, StoreError> {
    outbox::mark_sent(around.database, entry.id)?;
    signed(around, path, (&entry.idempotency_key, entry.body.clone()), rng)
}

/// Sends a report of a lost phone from a wallet whose own key the province takes no more, under a key of this report alone,
/// as a phone that is nobody's does it. The same key each time, so that the report is done once; one that was done before
/// under this wallet's key is answered as done.
pub(super) fn post_for_another(
    around: &Surroundings<'_>,
    path: &str,
    entry: &outbox::Entry,
    rng: &mut impl CryptoRng,
) -> Result<HttpRequest, StoreError> {
    outbox::mark_sent(around.database, entry.id)?;
    let key = report_key(&*enrolment::device_key(around.database)?, &entry.idempotency_key);
    let write = (entry.idempotency_key.as_str(), entry.body.clone());
    Ok(signed_by(&key, (around.api_url, path), write, around.now, rng))
}

fn report_key(device_seed: &[u8; 32], idempotency_key: &str) -> SigningKey {
    let mut seed = Zeroizing::new([0; 32]);
    let label = [&b"khyber pass lost report 1"[..], idempotency_key.as_bytes()];
    // 32 bytes are far below HKDF's limit of 255 blocks, so this cannot fail.
    let expanded = Hkdf::<Sha256>::new(None, device_seed).expand_multi_info(&label, seed.as_mut());
    debug_assert!(expanded.is_ok());
    SigningKey::from_bytes(&seed)
}

/// A request that this phone's device key signs.
pub(super) fn signed(
    around: &Surroundings<'_>,
    path: &str,
    (idempotency_key, body): (&str, Vec<u8>),
    rng: &mut impl CryptoRng,
) -> Result<HttpRequest, StoreError> {
    let seed = enrolment::device_key(around.database)?;
    let key = SigningKey::from_bytes(&seed);
    let request = (around.api_url, path);
    Ok(signed_by(&key, request, (idempotency_key, body), around.now, rng))
}

/// A `POST` to this path of the province that this key signs.
pub(crate) fn signed_by(
    key: &SigningKey,
    (api_url, path): (&str, &str),
    (idempotency_key, body): (&str, Vec<u8>),
    now: Timestamp,
    rng: &mut impl CryptoRng,
) -> HttpRequest {
    // Fresh each time: the province takes no sent request twice, and this one may be sent again.
    let mut nonce = signature::Nonce::default();
    rng.fill_bytes(&mut nonce);
    let body = packed::pack(&body).unwrap_or(body);
    let mut headers: Vec<(String, String)> =
        signature::sign(key, "POST", path, &body, idempotency_key, now.unix(), &nonce)
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
    if !body.is_empty() {
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    HttpRequest {
        method: "POST",
        url: url(api_url, path),
        path: path.to_owned(),
        headers,
        body,
        response_bytes_max: JSON_BYTES_MAX,
        time_limit_seconds: TIME_LIMIT_SECONDS,
    }
}

/// What a request costs on the wire: its line, its headers and its body.
fn bytes_of(request: &HttpRequest) -> u64 {
    let headers: usize = request
        .headers
        .iter()
        .map(|(name, value)| name.len() + value.len() + 4)
        .sum();
    (request.method.len() + request.url.len() + headers + request.body.len()) as u64
}

fn url(api_url: &str, path: &str) -> String {
    format!("{}{path}", api_url.trim_end_matches('/'))
}

/// The idempotency key of the request that follows an answered one. Derived, because answers come
/// in without a source of randomness; as unguessable as the random key that it is derived from.
pub(crate) fn key_after(idempotency_key: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"khyber pass passes after challenge\n");
    hash.update(idempotency_key.as_bytes());
    hex::encode(hash.finalize().get(..16).unwrap_or_default())
}
