//! What officers do to one citizen: once for each idempotency key, and published in the same transaction.

use credential::Vct;
use province_api::officers::{DocumentWithdrawRequest, Done};
use province_api::person::Cnic;
use province_api::problem::ProblemCode;
use province_api::reason::Reason;
use sha2::{Digest as _, Sha256};
use sqlx::AnyConnection;

use super::sessions::SignedOfficer;
use crate::rules::document::{self, DocumentError};
use crate::rules::end::{self, Change};
use crate::rules::{Fault, Province, Refusal, rebind, status as publish, withdraw};
use crate::sealed::{Kind, Subject};
use crate::store::answer::{self, Answer};
use crate::store::lock::{self, Lock};
use crate::store::person;

/// What an officer asks for, as far as it is told from others.
#[derive(Clone, Debug)]
pub struct OfficerAsked {
    /// Who.
    pub officer: SignedOfficer,
    /// The path, as the route has it.
    pub path: &'static str,
    /// What it is repeated by.
    pub idempotency_key: [u8; 16],
    /// SHA-256 of the body.
    pub body_sha256: [u8; 32],
}

impl OfficerAsked {
    /// A request with this body.
    pub fn new(officer: SignedOfficer, path: &'static str, idempotency_key: [u8; 16], body: &[u8]) -> Self {
        Self {
            officer,
            path,
            idempotency_key,
            body_sha256: Sha256::digest(body).into(),
        }
    }

    /// Whose answers are kept: as long as a device's key, and the key of none.
    pub(super) fn caller(&self) -> [u8; 32] {
        Sha256::new_with_prefix(b"officer\0")
            .chain_update(self.officer.id)
            .finalize()
            .into()
    }
}

/// What is done to a citizen.
#[derive(Clone, Debug)]
pub enum Act {
    /// What their passes and documents are worth changes.
    Change(Change),
    /// Their lost wallet is disabled.
    Disable,
    /// A document is withdrawn, a child's or their own.
    Withdraw(Vct, Option<Cnic>, Reason),
}

impl Act {
    /// A withdrawal.
    ///
    /// # Errors
    /// [`ProblemCode::RequestMalformed`].
    pub fn withdrawal(asked: &DocumentWithdrawRequest) -> Result<Self, ProblemCode> {
        let malformed = ProblemCode::RequestMalformed;
        let vct = Vct::parse(&asked.vct).map_err(|_| malformed)?;
        let child = asked.child.as_deref().map(Cnic::parse).transpose();
        if !asked.reason.may_end() {
            return Err(malformed);
        }
        Ok(Self::Withdraw(vct, child.map_err(|_| malformed)?, asked.reason))
    }
}

impl Province {
    /// Does it.
    ///
    /// # Errors
    /// [`ProblemCode::NotEnrolled`], [`ProblemCode::DocumentNotHeld`], [`ProblemCode::IdempotencyConflict`],
    /// [`Refusal::Fault`]; then nothing changed.
    pub async fn act(&self, asked: &OfficerAsked, cnic: &Cnic, act: &Act) -> Result<Done, Refusal> {
        let (data, by, now) = (&self.keys().data, asked.officer.actor(), self.now());
        let caller = asked.caller();
        let mut write = self.store().write().await?;
        lock::take(&mut write, Lock::Device(&caller)).await?;
        if let Some(done) = self.officer_answered(&mut write, asked).await? {
            return Ok(done);
        }
        let child = match act {
            Act::Withdraw(_, child, _) => child.as_ref(),
            _ => None,
        };
        document::lock_both(&mut write, data, cnic, child).await?;
        let index = data.blind_index(Subject::Cnic, cnic.as_str().as_bytes());
        let found = person::with_cnic(&mut write, &index).await?;
        let person = found.ok_or(ProblemCode::NotEnrolled)?;
        let flips = match act {
            Act::Change(change) => end::change(&mut write, data, &person, *change, &by, now).await?,
            Act::Disable if person.disabled_at.is_some() => None,
            Act::Disable => Some(rebind::disable_wallet(&mut write, &person, &by, now).await?),
            Act::Withdraw(vct, child, reason) => {
                let what = (vct.as_str(), child.as_ref(), *reason);
                let by = (self.randomness(), &by);
                let taken = withdraw::take_back(&mut write, data, &person, what, by, now).await;
                Some(taken.map_err(refusal)?.into_iter().collect())
            }
        };
        let done = Done {
            changed: flips.is_some(),
        };
        if let Some(flips) = flips.filter(|flips| !flips.is_empty()) {
            let key = self.keys().current(&mut write, Vct::STATUS_MANIFEST, now).await?;
            publish::publish(&mut write, &key, now, &flips).await?;
        }
        self.officer_remember(&mut write, asked, &done).await?;
        write.commit().await?;
        Ok(done)
    }

    /// The answer that was given to the same request.
    pub(super) async fn officer_answered<T: serde::de::DeserializeOwned>(
        &self,
        db: &mut AnyConnection,
        asked: &OfficerAsked,
    ) -> Result<Option<T>, Refusal> {
        let caller = asked.caller();
        let Some(answer) = answer::find(db, &caller, &asked.idempotency_key).await? else {
            return Ok(None);
        };
        if answer.path != asked.path || answer.body_sha256 != asked.body_sha256 {
            return Err(ProblemCode::IdempotencyConflict.into());
        }
        let plain = self.keys().data.open(Kind::Answer, &caller, &answer.sealed)?;
        Ok(Some(serde_json::from_slice(&plain).map_err(Fault::Record)?))
    }

    /// Keeps the answer, in the transaction that does it.
    pub(super) async fn officer_remember(
        &self,
        db: &mut AnyConnection,
        asked: &OfficerAsked,
        reply: &impl serde::Serialize,
    ) -> Result<(), Fault> {
        let plain = serde_json::to_vec(reply).map_err(Fault::Record)?;
        let caller = asked.caller();
        let answer = Answer {
            path: asked.path.to_owned(),
            body_sha256: asked.body_sha256,
            created: self.now().unix(),
            sealed: self
                .keys()
                .data
                .seal(Kind::Answer, &caller, &plain, self.randomness())?,
        };
        let now = self.now().unix();
        Ok(answer::add(db, &caller, &asked.idempotency_key, &answer, now).await?)
    }
}

fn refusal(error: DocumentError) -> Refusal {
    match error {
        DocumentError::Fault(fault) => fault.into(),
        _ => ProblemCode::DocumentNotHeld.into(),
    }
}
