//! Writes that are asked for twice: done once, answered the same each time.
//!
//! What is remembered is what was done. A refusal changed nothing, so it is decided anew. A phone repeats a write under
//! its idempotency key for as long as it has no answer, which may be weeks; a copy that somebody else sends is told from
//! that by its nonce.

use province_api::problem::ProblemCode;
use province_api::signature::{DeviceKey, Verified};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use sqlx::AnyConnection;
use zeroize::Zeroizing;

use super::{Fault, Province, Refusal};
use crate::sealed::Kind;
use crate::store::StoreError;
use crate::store::answer::{self, Answer};
use crate::store::lock::{self, Lock};
use crate::store::person::{self, Person};

/// How long answers are kept for asking again.
pub const ANSWER_DAYS: u64 = 100;

/// A signed request, as far as it is told from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Who asks.
    pub device: DeviceKey,
    /// The path, as the route has it.
    pub path: &'static str,
    /// What the phone repeats it by.
    pub idempotency_key: [u8; 16],
    /// SHA-256 of the body.
    pub body_sha256: [u8; 32],
    /// When it was signed, by the phone's clock, unix seconds.
    pub created: u64,
}

impl Asked {
    /// A request with this body.
    pub fn new(verified: &Verified, path: &'static str, idempotency_key: [u8; 16], body: &[u8]) -> Self {
        Self {
            device: verified.device,
            created: verified.proven.created,
            path,
            idempotency_key,
            body_sha256: Sha256::digest(body).into(),
        }
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
        asked: &Asked,
    ) -> Result<Option<T>, Refusal> {
        let found = answer::find(db, asked.device.as_bytes(), &asked.idempotency_key).await?;
        let Some(answer) = found else {
            let last = answer::last_created(db, asked.device.as_bytes(), asked.path).await?;
            if asked.created < last {
                return Err(ProblemCode::RequestReplayed.into());
            }
            return Ok(None);
        };
        if !answer.is_to(asked) {
            return Err(ProblemCode::IdempotencyConflict.into());
        }
        let plain = self
            .keys()
            .data
            .open(Kind::Answer, asked.device.as_bytes(), &answer.sealed)?;
        Ok(Some(serde_json::from_slice(&plain).map_err(Fault::Record)?))
    }

    /// Keeps the answer to a write, in the transaction that does it.
    ///
    /// # Errors
    /// [`Fault`].
    pub(super) async fn remember(
        &self,
        db: &mut AnyConnection,
        asked: &Asked,
        reply: &impl Serialize,
    ) -> Result<(), Fault> {
        let plain = Zeroizing::new(serde_json::to_vec(reply).map_err(Fault::Record)?);
        let device = asked.device.as_bytes();
        let answer = Answer {
            path: asked.path.to_owned(),
            body_sha256: asked.body_sha256,
            created: asked.created,
            sealed: self
                .keys()
                .data
                .seal(Kind::Answer, device, &plain, self.randomness())?,
        };
        let now = self.now().unix();
        Ok(answer::add(db, device, &asked.idempotency_key, &answer, now).await?)
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
    pub(super) fn is_to(&self, asked: &Asked) -> bool {
        self.path == asked.path && self.body_sha256 == asked.body_sha256
    }
}
