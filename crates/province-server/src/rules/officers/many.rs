//! What officers decide about many, and what an auditor reads.

use credential::Vct;
use province_api::officers::{
    BulkList, BulkProposed, BulkRequest, BulkView, Deed, Done, InviteRequest, Invited, LOG_PAGE_MAX,
    LogReply, LogRequest, PEOPLE_MAX,
};
use province_api::person::Cnic;
use province_api::problem::ProblemCode;
use province_api::reason::Reason;
use serde_json::json;

use super::acts::OfficerAsked;
use super::manage;
use super::sessions::SignedOfficer;
use crate::audit::Actor;
use crate::rules::bulk::{self, Act, Bulk, BulkError, BulkId};
use crate::rules::{Province, Refusal, audit as log};
use crate::store::audit;
use crate::store::lock::{self, Lock};

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
        BulkError::TooMany | BulkError::Unnamed | BulkError::NotForGood => {
            ProblemCode::RequestMalformed.into()
        }
    }
}

fn view(bulk: &Bulk) -> BulkView {
    let name = |by: &Actor| format!("{}:{}", by.role.as_str(), by.id);
    let approved = bulk.approved.as_ref();
    BulkView {
        id: hex::encode(bulk.id),
        act: bulk.act.as_str().to_owned(),
        vct: bulk.act.vct().map(str::to_owned),
        reason: bulk.act.reason(),
        people: bulk.people,
        proposed_by: name(&bulk.proposer),
        proposed_at: bulk.proposed_at,
        expires_at: bulk.expires_at,
        approved_by: approved.map(|(by, _)| name(by)),
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
        asked: &OfficerAsked,
        request: &BulkRequest,
    ) -> Result<BulkProposed, Refusal> {
        let malformed = ProblemCode::RequestMalformed;
        let act = act(request).ok_or(malformed)?;
        if request.cnics.len() > PEOPLE_MAX {
            return Err(malformed.into());
        }
        let cnics: Result<Vec<Cnic>, _> = request.cnics.iter().map(|text| Cnic::parse(text)).collect();
        let cnics = cnics.map_err(|_| malformed)?;
        let mut write = self.store().write().await?;
        lock::take(&mut write, Lock::Device(&asked.caller())).await?;
        if let Some(before) = self.officer_answered(&mut write, asked).await? {
            return Ok(before);
        }
        let (data, by, what) = (&self.keys().data, asked.officer.actor(), (act, &cnics[..]));
        let done = bulk::propose_in(&mut write, data, &by, what, self.randomness(), self.now())
            .await
            .map_err(refusal)?;
        let reply = BulkProposed {
            bulk: view(&done.bulk),
            not_enrolled: done.not_enrolled as u64,
        };
        self.officer_remember(&mut write, asked, &reply).await?;
        write.commit().await?;
        Ok(reply)
    }

    /// Approves what somebody else proposed. It is done by whichever server looks for it next.
    ///
    /// # Errors
    /// [`ProblemCode::NotFound`], [`ProblemCode::FourEyes`], [`ProblemCode::ProposalOver`], [`Refusal::Fault`].
    pub async fn approve_many(&self, by: &SignedOfficer, id: &BulkId) -> Result<BulkView, Refusal> {
        let approved = bulk::approve(self.store(), &by.actor(), id, self.now()).await;
        Ok(view(&approved.map_err(refusal)?))
    }

    /// Cancels what was proposed and not approved.
    ///
    /// # Errors
    /// [`ProblemCode::NotFound`], [`ProblemCode::ProposalOver`], [`Refusal::Fault`].
    pub async fn cancel_many(&self, by: &SignedOfficer, id: &BulkId) -> Result<Done, Refusal> {
        let done = bulk::cancel(self.store(), &by.actor(), id, self.now()).await;
        done.map_err(refusal)?;
        Ok(Done { changed: true })
    }

    /// The newest proposals.
    ///
    /// # Errors
    /// [`Refusal::Fault`].
    pub async fn bulks(&self) -> Result<BulkList, Refusal> {
        let bulks = bulk::list(self.store()).await?;
        Ok(BulkList {
            bulks: bulks.iter().map(view).collect(),
        })
    }

    /// Invites an officer, once for each idempotency key.
    ///
    /// # Errors
    /// [`ProblemCode::RequestMalformed`], [`ProblemCode::IdempotencyConflict`], [`Refusal::Fault`].
    pub async fn invite_officer(
        &self,
        asked: &OfficerAsked,
        request: &InviteRequest,
    ) -> Result<Invited, Refusal> {
        if !manage::is_name(&request.name) {
            return Err(ProblemCode::RequestMalformed.into());
        }
        let mut write = self.store().write().await?;
        lock::take(&mut write, Lock::Device(&asked.caller())).await?;
        if let Some(before) = self.officer_answered(&mut write, asked).await? {
            return Ok(before);
        }
        let (data, by) = (&self.keys().data, asked.officer.actor());
        let what = (request.role, request.name.as_str());
        let invited = manage::invite_in(&mut write, data, &by, what, self.randomness(), self.now()).await?;
        self.officer_remember(&mut write, asked, &invited).await?;
        write.commit().await?;
        Ok(invited)
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
