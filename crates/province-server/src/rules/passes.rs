//! Passes: a batch of signed credentials for an enrolled device, all or none.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use credential::{PassType, PublicKey, RegisterContent, Vct};
use province_api::Bytes;
use province_api::passes::{Challenge, Offer, PASSES_MAX, PassesReply, PassesRequest, proof_message};
use province_api::problem::ProblemCode;
use province_api::proofing::level;
use province_api::signature::DeviceKey;
use province_api::sync::Event;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sqlx::AnyConnection;

use super::answered::{Asked, locked};
use super::batch::Batch;
use super::kinds::{self, Citizen, Granted};
use super::signing::Choice;
use super::status::may_draw;
use super::{Province, Refusal, audit, day_of, document, feed};
use crate::audit::{Action, Actor};
use crate::keys::ProvinceKey;
use crate::sealed::Subject;
use crate::store::holding::{self, Holding};
use crate::store::lock::{self, Lock};
use crate::store::person::Person;
use crate::store::{answer, attempt, challenge, person};

/// How long a challenge serves, in seconds.
pub const CHALLENGE_LIFETIME: u64 = 300;

/// Most unused challenges of one device.
const CHALLENGES_MAX: u32 = 50;

/// Most batches that one device draws in a day. A phone that is used at fifty desks a day draws about four.
pub const BATCHES_MAX: u32 = 20;

/// Batches of a device that are kept for asking again: a batch is large, and a phone waits for one at a time.
const BATCHES_KEPT: u32 = 4;

/// A holder key that has been proven, and what it is for: which kind, and whose of it.
type Proven<'a> = (&'a PassType, u32, PublicKey);

impl Province {
    /// A fresh challenge for an enrolled device; asked for again, the same one until it is used or over.
    ///
    /// # Errors
    /// [`Refusal`]: the device is unknown, or its person's passes were revoked.
    pub async fn challenge(&self, asked: &Asked) -> Result<Challenge, Refusal> {
        let now = self.now();
        let device = asked.by;
        let person = self.person_of(device).await?;
        let (register, held) = self.kinds_of(&person).await?;
        let fresh: [u8; 16] = self.randomness().bytes();
        let expires_at = now.plus(CHALLENGE_LIFETIME).unix();
        let mut write = self.store().write().await?;
        lock::take(&mut write, Lock::Device(device.as_bytes())).await?;
        challenge::forget_expired_of(&mut write, device.as_bytes(), now.unix()).await?;
        let given = challenge::given(&mut write, device.as_bytes(), &asked.idempotency_key).await?;
        if let Some((challenge, expires_at)) = given {
            return Ok(Challenge {
                challenge: Bytes::from(&challenge[..]),
                expires_at,
                offers: offers(&register, &held, &person),
            });
        }
        if challenge::held(&mut write, device.as_bytes()).await? >= CHALLENGES_MAX {
            return Err(Refusal::Later(ProblemCode::TooManyAttempts, 60));
        }
        let (key, asked_by) = (&asked.idempotency_key, device.as_bytes());
        challenge::add(&mut write, &fresh, asked_by, key, expires_at).await?;
        write.commit().await?;
        Ok(Challenge {
            challenge: Bytes::from(&fresh[..]),
            expires_at,
            offers: offers(&register, &held, &person),
        })
    }

    /// Issues a batch. `body` is the request as it arrived: asking again with the same key and body gives the same
    /// batch, byte for byte.
    ///
    /// # Errors
    /// [`Refusal`]; then nothing was issued.
    pub async fn issue_passes(&self, asked: &Asked, body: &[u8]) -> Result<PassesReply, Refusal> {
        let device = asked.by;
        let person = self.person_of(device).await?;
        if let Some(reply) = self.answered(&mut *self.store().read().await?, asked).await? {
            return Ok(reply);
        }
        let request: PassesRequest =
            serde_json::from_slice(body).map_err(|_| ProblemCode::RequestMalformed)?;
        let (register, held) = self.kinds_of(&person).await?;
        let wanted = proven(&request, &register, person.assurance)?;
        let mut signed = self
            .sign(&mut *self.store().read().await?, &person, &wanted, &held)
            .await?;
        let now = self.now();
        let mut write = self.store().write().await?;
        let still = locked(&mut write, &device).await?;
        if !challenge::take(&mut write, &request.challenge.0, device.as_bytes(), now.unix()).await? {
            // The same request may have been answered while this one was signing.
            let before = self.answered(&mut write, asked).await?;
            return before.ok_or(ProblemCode::ChallengeInvalid.into());
        }
        // Revoked or released since it was read: nothing leaves.
        let Some(still) = still.filter(|still| still.id == person.id) else {
            return Err(ProblemCode::DeviceUnknown.into());
        };
        may_draw(&mut write, still.status_index).await?;
        let drawing = self.keys().data.blind_index(Subject::Drawing, device.as_bytes());
        if attempt::count(&mut write, &drawing, day_of(now)).await? > BATCHES_MAX {
            return Err(self.tomorrow());
        }
        // A list that was published since may have ended a key: what it signed would be worth nothing. The next list waits
        // for this batch.
        lock::share(&mut write, Lock::Published).await?;
        if !signed.holds(&Choice::read(&mut write, now).await?) {
            signed = self.sign(&mut write, &person, &wanted, &held).await?;
        }
        let Signed { reply, said, .. } = signed;
        self.remember(&mut write, asked, &reply).await?;
        // A phone asks for a batch when it has the one before.
        answer::keep_newest(&mut write, device.as_bytes(), asked.path, BATCHES_KEPT).await?;
        let (data, randomness) = (&self.keys().data, self.randomness());
        let (by, signed) = (&Actor::CITIZEN, (Action::Signed, &said));
        audit::note_sealed(&mut write, data, by, signed, &person.id, now).await?;
        let what = issued(&wanted);
        feed::note(
            &mut write,
            data,
            randomness,
            &person.id,
            (&what, &Actor::CITIZEN),
            now,
        )
        .await?;
        write.commit().await?;
        Ok(reply)
    }

    /// The person whose device this is.
    async fn person_of(&self, device: DeviceKey) -> Result<Person, Refusal> {
        let mut db = self.store().read().await?;
        let person = person::with_device(&mut db, device.as_bytes())
            .await?
            .ok_or(ProblemCode::DeviceUnknown)?;
        may_draw(&mut db, person.status_index).await?;
        Ok(person)
    }

    /// The kinds that may be drawn, and which documents this citizen holds that have not ended and fit their kind. One
    /// that the register outgrew is for the operator to grant anew; the citizen's other passes do not wait for it.
    pub(super) async fn kinds_of(
        &self,
        person: &Person,
    ) -> Result<(Arc<RegisterContent>, Vec<Holding>), Refusal> {
        // First what may need a connection of its own: who holds one waits for no other.
        let register = self.register().await?;
        let mut db = self.store().read().await?;
        let all = holding::all(&mut db, &person.id).await?;
        if all.is_empty() {
            return Ok((register, all));
        }
        let record = self.open_record(&person.id, &person.sealed)?;
        let now = self.now();
        let stand_in = kinds::stand_in();
        let mut held = Vec::with_capacity(all.len());
        for one in all {
            let kind = register.types.iter().find(|kind| kind.vct.as_str() == one.vct);
            let Some(kind) = kind.filter(|kind| kinds::is_on_phones(kind, person.assurance)) else {
                continue;
            };
            let granted = document::opened(&self.keys().data, &person.id, &one)?;
            if kinds::has_ended(kind, &granted, now) {
                continue;
            }
            let holder = Some(stand_in.public().into());
            let claims = kinds::claims(kind, &Citizen::new(person, &record), &granted, holder, now);
            match kind.issue(&claims, &stand_in) {
                Ok(_) => held.push(one),
                Err(why) => tracing::warn!(
                    kind = kind.vct.as_str(),
                    reason = why.code(),
                    "a granted document does not fit its kind any more: grant it anew"
                ),
            }
        }
        Ok((register, held))
    }

    async fn sign(
        &self,
        db: &mut AnyConnection,
        person: &Person,
        wanted: &[Proven<'_>],
        held: &[Holding],
    ) -> Result<Signed, Refusal> {
        let record = self.open_record(&person.id, &person.sealed)?;
        let now = self.now();
        let choice = Choice::read(db, now).await?;
        let mut keys = BTreeMap::new();
        let mut batch = Batch::new(Citizen::new(person, &record), now);
        let mut credentials = Vec::with_capacity(wanted.len());
        for (kind, no, holder) in wanted {
            let key = match keys.entry(kind.vct) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(self.keys().chosen(&choice, kind.vct)?),
            };
            let granted = || self.granted(person, (kind, *no), held);
            credentials.push(Bytes(batch.issue((kind, *no), granted, (*holder).into(), key)?));
        }
        let said = signed(&keys, &credentials);
        Ok(Signed {
            reply: PassesReply {
                credentials,
                photo: record.photo,
            },
            keys,
            said,
        })
    }

    /// What this document was granted with; nothing for a pass, which everybody has once.
    fn granted(
        &self,
        person: &Person,
        (kind, no): (&PassType, u32),
        held: &[Holding],
    ) -> Result<Granted, Refusal> {
        if kinds::is_document(kind) {
            let mut held = held.iter();
            let one = held.find(|one| one.vct == kind.vct.as_str() && one.no == no);
            let one = one.ok_or(ProblemCode::PassTypeUnknown)?;
            Ok(document::opened(&self.keys().data, &person.id, one)?)
        } else if no == 0 {
            Ok(Granted::default())
        } else {
            Err(ProblemCode::PassTypeUnknown.into())
        }
    }
}

/// A batch, and what signed each kind of it.
struct Signed {
    reply: PassesReply,
    keys: BTreeMap<Vct, ProvinceKey>,
    /// What the audit log says of it.
    said: Value,
}

impl Signed {
    /// Whether the same keys would sign it now.
    fn holds(&self, choice: &Choice) -> bool {
        let mut keys = self.keys.iter();
        keys.all(|(vct, key)| {
            choice
                .signs(*vct)
                .is_ok_and(|now| now == *key.public().as_bytes())
        })
    }
}

/// Every wanted pass with its type and a holder key that the phone has proven to hold.
fn proven<'a>(
    request: &PassesRequest,
    register: &'a RegisterContent,
    assurance: u8,
) -> Result<Vec<Proven<'a>>, ProblemCode> {
    if request.passes.is_empty() || request.passes.len() > PASSES_MAX {
        return Err(ProblemCode::RequestMalformed);
    }
    let mut seen = HashSet::new();
    request
        .passes
        .iter()
        .map(|wanted| {
            let named = register.types.iter().find(|kind| kind.vct.as_str() == wanted.vct);
            let kind = named
                .filter(|kind| kinds::is_on_phones(kind, assurance))
                .ok_or(ProblemCode::PassTypeUnknown)?;
            let unproven = ProblemCode::HolderKeyUnproven;
            let holder = PublicKey::parse(&wanted.holder_key.0).map_err(|_| unproven)?;
            let proof: &[u8; 64] = wanted.proof.0.as_slice().try_into().map_err(|_| unproven)?;
            let message = proof_message(
                &request.challenge.0,
                (&wanted.vct, wanted.no),
                &wanted.holder_key.0,
            );
            if holder.verifies(&message, proof) && seen.insert(*holder.as_bytes()) {
                Ok((kind, wanted.no, holder))
            } else {
                Err(unproven)
            }
        })
        .collect()
}

/// What the audit log says of signatures: under which keys, how many, and a hash of all, from which no single pass can
/// be told.
fn signed(keys: &BTreeMap<Vct, ProvinceKey>, credentials: &[Bytes]) -> Value {
    let id = |key: &ProvinceKey| hex::encode(key.public().key_id().as_bytes());
    let keys: BTreeMap<&str, String> = keys.iter().map(|(vct, key)| (vct.as_str(), id(key))).collect();
    let mut all = Sha256::new();
    for one in credentials {
        all.update(&one.0);
    }
    json!({ "keys": keys, "count": credentials.len(), "sha256": hex::encode(all.finalize()) })
}

/// What is told of a batch: how many of each kind, never which.
fn issued(wanted: &[Proven<'_>]) -> Event {
    let mut passes = BTreeMap::new();
    for (kind, ..) in wanted {
        *passes.entry(kind.vct.as_str().to_owned()).or_insert(0) += 1;
    }
    Event::PassesIssued { passes }
}

/// What a citizen with these documents may draw.
pub(super) fn offers(register: &RegisterContent, held: &[Holding], person: &Person) -> Vec<Offer> {
    let (assurance, raised_at) = (person.assurance, person.nadra_at);
    // Passes of before somebody was raised say less of them: phones draw them anew.
    let grant = if assurance > level::SUBSTANTIAL {
        raised_at
    } else {
        0
    };
    let mut offers = Vec::new();
    let kinds = register.types.iter();
    for kind in kinds.filter(|kind| kinds::is_on_phones(kind, assurance)) {
        let offer = |no, grant| Offer {
            vct: kind.vct.as_str().to_owned(),
            no,
            grant,
        };
        if kinds::is_document(kind) {
            let of_kind = held.iter().filter(|one| one.vct == kind.vct.as_str());
            offers.extend(of_kind.map(|one| offer(one.no, one.granted_at)));
        } else {
            offers.push(offer(0, grant));
        }
    }
    offers
}
