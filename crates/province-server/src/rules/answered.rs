//! Writes that are asked for twice: done once, answered the same each time.
//!
//! What is remembered is what was done. A refusal changed nothing, so it is decided anew. A phone repeats a write under
//! its idempotency key for as long as it has no answer, which may be weeks; a copy that somebody else sends is told from
//! that by its nonce.

use province_api::problem::ProblemCode;
use province_api::signature::DeviceKey;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use sqlx::AnyConnection;
use zeroize::Zeroizing;

use super::callers::{Counter, System};
use super::officers::sessions::SignedOfficer;
use super::rates::Who;
use super::{Fault, Province, Refusal};
use crate::sealed::Kind;
use crate::store::StoreError;
use crate::store::answer::{self, Answer};
use crate::store::lock::{self, Lock};
use crate::store::person::{self, Person};

/// How long answers are kept for asking again.
pub const ANSWER_DAYS: u64 = 100;

/// Who asks for writes that are remembered.
pub trait Asker {
    /// Whether its writes on one path take effect in the order in which they were signed. A phone does one thing after
    /// another; a system does many at once, and says with each what it has seen.
    const IN_ORDER: bool;

    /// The public key, or what stands for whoever has none.
    fn key(&self) -> &[u8; 32];
}

impl Asker for DeviceKey {
    const IN_ORDER: bool = true;

    fn key(&self) -> &[u8; 32] {
        self.as_bytes()
    }
}

impl Asker for System {
    const IN_ORDER: bool = false;

    fn key(&self) -> &[u8; 32] {
        &self.key.key
    }
}

impl Asker for Counter {
    const IN_ORDER: bool = false;

    fn key(&self) -> &[u8; 32] {
        &self.key
    }
}

impl Asker for SignedOfficer {
    const IN_ORDER: bool = false;

    fn key(&self) -> &[u8; 32] {
        &self.asker
    }
}

/// A request that somebody proved to be theirs, as far as it is told from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked<By = DeviceKey> {
    /// Who asks.
    pub by: By,
    /// The path, as the route has it.
    pub path: &'static str,
    /// What the caller repeats it by.
    pub idempotency_key: [u8; 16],
    /// SHA-256 of the body.
    pub body_sha256: [u8; 32],
    /// When it was signed, by the signer's clock, or when it came that is not signed; unix seconds.
    pub created: u64,
    /// Where it came from, if that is known.
    pub from: Option<Who>,
}

impl<By> Asked<By> {
    /// A request with this body.
    pub fn new(by: By, created: u64, path: &'static str, idempotency_key: [u8; 16], body: &[u8]) -> Self {
        Self {
            by,
            created,
            path,
            idempotency_key,
            body_sha256: Sha256::digest(body).into(),
            from: None,
        }
    }

    /// The same that came from there.
    #[must_use]
    pub fn from(self, from: Option<Who>) -> Self {
        Self { from, ..self }
    }
}

impl Province {
    /// The answer that was given to the same write.
    ///
    /// # Errors
    /// [`ProblemCode::IdempotencyConflict`] if the key came with something else; [`ProblemCode::RequestReplayed`] if a
    /// write of this device and path was done that was signed later: one that somebody held back undoes nothing;
    /// [`Refusal::Fault`].
    pub(super) async fn answered<T: DeserializeOwned>(
        &self,
        db: &mut AnyConnection,
        asked: &Asked<impl Asker>,
    ) -> Result<Option<T>, Refusal> {
        let found = answer::find(db, asked.by.key(), &asked.idempotency_key).await?;
        let Some(answer) = found else {
            return self.may_come_now(db, asked).await.map(|()| None);
        };
        if !answer.is_to(asked) {
            return Err(ProblemCode::IdempotencyConflict.into());
        }
        let plain = self
            .keys()
            .data
            .open(Kind::Answer, asked.by.key(), &answer.sealed)?;
        Ok(Some(serde_json::from_slice(&plain).map_err(Fault::Record)?))
    }

    /// Refuses a write that was signed before one that was done, of who does one after another.
    async fn may_come_now<By: Asker>(
        &self,
        db: &mut AnyConnection,
        asked: &Asked<By>,
    ) -> Result<(), Refusal> {
        if By::IN_ORDER && asked.created < answer::last_created(db, asked.by.key(), asked.path).await? {
            return Err(ProblemCode::RequestReplayed.into());
        }
        Ok(())
    }

    /// Keeps the answer to a write, in the transaction that does it.
    ///
    /// # Errors
    /// [`Fault`].
    pub(super) async fn remember(
        &self,
        db: &mut AnyConnection,
        asked: &Asked<impl Asker>,
        reply: &impl Serialize,
    ) -> Result<(), Fault> {
        let plain = Zeroizing::new(serde_json::to_vec(reply).map_err(Fault::Record)?);
        let (by, now) = (asked.by.key(), self.now().unix());
        let answer = Answer {
            path: asked.path.to_owned(),
            body_sha256: asked.body_sha256,
            // A clock that was ahead holds up nothing that is signed once it is right.
            created: asked.created.min(now),
            sealed: self
                .keys()
                .data
                .seal(Kind::Answer, by, &plain, self.randomness())?,
        };
        Ok(answer::add(db, by, &asked.idempotency_key, &answer, now).await?)
    }
}

/// The person whose device this is, with both locked to the end of the transaction: nobody else changes anything about
/// them meanwhile.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn locked(db: &mut AnyConnection, device: &DeviceKey) -> Result<Option<Person>, StoreError> {
    lock::take(db, Lock::Device(device.as_bytes())).await?;
    let Some(person) = person::with_device(&mut *db, device.as_bytes()).await? else {
        return Ok(None);
    };
    lock::take(db, Lock::Citizen(&person.cnic_index)).await?;
    // As it is now that nobody changes it any more.
    person::with_device(db, device.as_bytes()).await
}

impl Answer {
    pub(super) fn is_to<By>(&self, asked: &Asked<By>) -> bool {
        self.path == asked.path && self.body_sha256 == asked.body_sha256
    }
}
