//! What officers decide about many, and what an auditor reads.

use credential::Vct;
use province_api::officers::{
    BulkList, BulkProposed, BulkRequest, BulkView, Deed, Done, LOG_PAGE_MAX, LogReply, LogRequest, PEOPLE_MAX,
};
use province_api::person::Cnic;
use province_api::problem::ProblemCode;
use province_api::reason::Reason;
use serde_json::json;

use super::sessions::SignedOfficer;
use crate::rules::answered::{Asked, Asker as _};
use crate::rules::bulk::{self, Act, Bulk, BulkError, BulkId};
use crate::rules::{Province, Refusal, audit as log};
use crate::store::audit;
use crate::store::lock::{self, Lock};
use crate::store::page::Behind;

/// What is to be done to many, as far as it can be.
fn act(asked: &BulkRequest) -> Option<Act> {
    match (asked.act, asked.vct.as_deref(), asked.reason) {
        (Deed::Revoke, None, Some(reason)) if reason.may_end() => Some(Act::Revoke(reason)),
        (Deed::Suspend, None, Some(reason)) if reason != Reason::Other => Some(Act::Suspend(reason)),
        (Deed::Resume, None, None) => Some(Act::Resume),
        (Deed::Withdraw, Some(vct), Some(reason)) if reason.may_end() => {
            let vct = Vct::parse(vct).ok()?;
            Some(Act::Withdraw(vct.as_str().to_owned(), reason))
        }
        _ => None,
    }
}

fn refusal(error: BulkError) -> Refusal {
    match error {
        BulkError::Fault(fault) => fault.into(),
        BulkError::Empty => ProblemCode::NotEnrolled.into(),
        BulkError::NotFound => ProblemCode::NotFound.into(),
        BulkError::FourEyes => ProblemCode::FourEyes.into(),
        BulkError::Over => ProblemCode::ProposalOver.into(),
        BulkError::Differs => ProblemCode::ProposalDiffers.into(),
        BulkError::TooMany | BulkError::Unnamed | BulkError::NotForGood => {
            ProblemCode::RequestMalformed.into()
        }
    }
}

fn view(bulk: &Bulk) -> BulkView {
    let approved = bulk.approved.as_ref();
    BulkView {
        id: hex::encode(bulk.id),
        act: bulk.act.as_str().to_owned(),
        vct: bulk.act.vct().map(str::to_owned),
        reason: bulk.act.reason(),
        people: bulk.people,
        people_sha256: bulk.people_sha256.map(hex::encode),
        proposed_by: bulk.proposer.text(),
        proposed_at: bulk.proposed_at,
        expires_at: bulk.expires_at,
        approved_by: approved.map(|(by, _)| by.text()),
        approved_at: approved.map(|(_, at)| *at),
        cancelled_at: bulk.cancelled_at,
        done_at: bulk.done_at,
    }
}

impl Province {
    /// Proposes it, once for each idempotency key.
    ///
    /// # Errors
    /// [`ProblemCode::RequestMalformed`], [`ProblemCode::NotEnrolled`] if nobody of them is,
    /// [`ProblemCode::IdempotencyConflict`], [`Refusal::Fault`].
    pub async fn propose_many(
        &self,
        asked: &Asked<SignedOfficer>,
        request: &BulkRequest,
    ) -> Result<BulkProposed, Refusal> {
        let malformed = ProblemCode::RequestMalformed;
        let act = act(request).ok_or(malformed)?;
        if request.cnics.len() > PEOPLE_MAX {
            return Err(malformed.into());
        }
        let cnics: Result<Vec<Cnic>, _> = request.cnics.iter().map(|text| Cnic::parse(text)).collect();
        let cnics = cnics.map_err(|_| malformed)?;
        let mut write = self.store().write_with(Lock::Device(asked.by.key())).await?;
        if let Some(before) = self.answered(&mut write, asked).await? {
            return Ok(before);
        }
        let (data, by, what) = (&self.keys().data, asked.by.actor(), (act, &cnics[..]));
        let done = bulk::propose_in(&mut write, data, &by, what, self.randomness(), self.now())
            .await
            .map_err(refusal)?;
        let reply = BulkProposed {
            bulk: view(&done.bulk),
            not_enrolled: done.not_enrolled as u64,
        };
        self.remember(&mut write, asked, &reply).await?;
        write.commit().await?;
        Ok(reply)
    }

    /// Approves what somebody else proposed, as it was looked at, once for each idempotency key. It is done by whichever
    /// server looks for it next.
    ///
    /// # Errors
    /// [`ProblemCode::NotFound`], [`ProblemCode::FourEyes`], [`ProblemCode::ProposalOver`],
    /// [`ProblemCode::ProposalDiffers`], [`ProblemCode::IdempotencyConflict`], [`Refusal::Fault`].
    pub async fn approve_many(
        &self,
        asked: &Asked<SignedOfficer>,
        (id, people_sha256): (&BulkId, &[u8; 32]),
    ) -> Result<BulkView, Refusal> {
        let mut write = self.store().write_with(Lock::Bulk(id)).await?;
        lock::take(&mut write, Lock::Device(asked.by.key())).await?;
        if let Some(before) = self.answered(&mut write, asked).await? {
            return Ok(before);
        }
        let by = asked.by.actor();
        let approved = bulk::approve_in(&mut write, &by, (id, people_sha256), self.now()).await;
        let reply = view(&approved.map_err(refusal)?);
        self.remember(&mut write, asked, &reply).await?;
        write.commit().await?;
        Ok(reply)
    }

    /// Cancels what was proposed and not approved, once for each idempotency key.
    ///
    /// # Errors
    /// [`ProblemCode::NotFound`], [`ProblemCode::ProposalOver`], [`ProblemCode::IdempotencyConflict`],
    /// [`Refusal::Fault`].
    pub async fn cancel_many(&self, asked: &Asked<SignedOfficer>, id: &BulkId) -> Result<Done, Refusal> {
        let mut write = self.store().write_with(Lock::Bulk(id)).await?;
        lock::take(&mut write, Lock::Device(asked.by.key())).await?;
        if let Some(before) = self.answered(&mut write, asked).await? {
            return Ok(before);
        }
        let by = asked.by.actor();
        let changed = bulk::cancel_in(&mut write, &by, id, self.now()).await;
        let done = Done {
            changed: changed.map_err(refusal)?,
        };
        self.remember(&mut write, asked, &done).await?;
        write.commit().await?;
        Ok(done)
    }

    /// A page of proposals, the newest first.
    ///
    /// # Errors
    /// [`Refusal::Fault`].
    pub async fn bulks(&self, behind: Behind) -> Result<BulkList, Refusal> {
        let (bulks, next) = bulk::list(self.store(), behind).await?;
        Ok(BulkList {
            bulks: bulks.iter().map(view).collect(),
            next: next.map(|behind| behind.to_string()),
        })
    }

    /// A page of the audit log, as an export has it.
    ///
    /// # Errors
    /// [`Refusal::Fault`].
    pub async fn log_page(&self, asked: LogRequest) -> Result<LogReply, Refusal> {
        // More than a database counts to is behind the end.
        let after = asked.after.unwrap_or(0).min(i64::MAX.unsigned_abs());
        let most = u32::try_from(LOG_PAGE_MAX).unwrap_or(u32::MAX);
        let mut db = self.store().read().await?;
        let page = audit::after(&mut db, after, most).await?;
        let heads = audit::heads_after(&mut db, after, most).await?;
        let mut lines = Vec::with_capacity(page.len());
        for one in &page {
            lines.push(log::line(one, None));
            for head in heads.iter().filter(|head| head.number == one.number) {
                lines.push(json!({
                    "head": head.number, "at": head.at, "signed": hex::encode(&head.bytes)
                }));
            }
        }
        let next = page.last().map(|last| last.number);
        let next = next.filter(|_| page.len() == LOG_PAGE_MAX);
        Ok(LogReply { lines, next })
    }
}
