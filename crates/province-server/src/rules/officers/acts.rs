//! What officers do to one citizen: once for each idempotency key, and published in the same transaction.

use credential::Vct;
use province_api::officers::{DocumentWithdrawRequest, Done};
use province_api::person::Cnic;
use province_api::problem::ProblemCode;
use province_api::reason::Reason;

use super::sessions::SignedOfficer;
use crate::rules::answered::{Asked, Asker as _};
use crate::rules::document::{self, DocumentError};
use crate::rules::end::{self, Change};
use crate::rules::{Province, Refusal, rebind, status as publish, withdraw};
use crate::sealed::Subject;
use crate::store::lock::Lock;
use crate::store::person;

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
    pub async fn act(&self, asked: &Asked<SignedOfficer>, cnic: &Cnic, act: &Act) -> Result<Done, Refusal> {
        let (data, by, now) = (&self.keys().data, asked.by.actor(), self.now());
        let mut write = self.store().write_with(Lock::Device(asked.by.key())).await?;
        if let Some(done) = self.answered(&mut write, asked).await? {
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
        self.remember(&mut write, asked, &done).await?;
        write.commit().await?;
        Ok(done)
    }
}

fn refusal(error: DocumentError) -> Refusal {
    match error {
        DocumentError::Fault(fault) => fault.into(),
        _ => ProblemCode::DocumentNotHeld.into(),
    }
}
