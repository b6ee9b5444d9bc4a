//! What officers do to one citizen: once for each idempotency key, and published in the same transaction.

use credential::Vct;
use province_api::officers::{DocumentWithdrawRequest, Done};
use province_api::person::Cnic;
use province_api::problem::ProblemCode;
use province_api::reason::Reason;
use serde_json::json;

use super::sessions::SignedOfficer;
use crate::audit::Action;
use crate::rules::answered::{Asked, Asker as _};
use crate::rules::document::{self, DocumentError};
use crate::rules::end::{self, Change};
use crate::rules::{Province, Refusal, audit, day_of, rebind, status as publish, withdraw};
use crate::sealed::Subject;
use crate::store::attempt;
use crate::store::lock::Lock;
use crate::store::person;

/// How many citizens one officer may end in a day without a second one: who needs more proposes them, and somebody else
/// approves. So one stolen session ends no crowd one by one.
pub const ENDED_ALONE_MAX: u32 = 20;

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
    /// Its word in the audit log.
    const fn word(&self) -> &'static str {
        match self {
            Self::Change(Change::Revoke(_)) => "revoke",
            Self::Change(Change::Suspend(_)) => "suspend",
            Self::Change(Change::Resume) => "resume",
            Self::Disable => "disable",
            Self::Withdraw(..) => "withdraw",
        }
    }

    /// Whether it can never be undone.
    const fn ends(&self) -> bool {
        matches!(
            self,
            Self::Disable | Self::Withdraw(..) | Self::Change(Change::Revoke(_))
        )
    }

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
    /// [`ProblemCode::FourEyes`] for the one too many of a day, [`Refusal::Fault`]; then nothing changed.
    pub async fn act(&self, asked: &Asked<SignedOfficer>, cnic: &Cnic, act: &Act) -> Result<Done, Refusal> {
        let (data, by, now) = (&self.keys().data, asked.by.actor(), self.now());
        let mut write = self.store().write_with(Lock::Device(asked.by.key())).await?;
        if let Some(done) = self.answered(&mut write, asked).await? {
            return Ok(done);
        }
        if act.ends() {
            let officer = data.blind_index(Subject::Endings, &asked.by.id);
            if attempt::count(&mut write, &officer, day_of(now)).await? > ENDED_ALONE_MAX {
                return Err(ProblemCode::FourEyes.into());
            }
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
        if !done.changed {
            // The officer learnt something about the citizen.
            let what = json!({ "act": act.word() });
            audit::note(&mut write, &by, Action::FoundDone, Some(&person.id), &what, now).await?;
        }
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
