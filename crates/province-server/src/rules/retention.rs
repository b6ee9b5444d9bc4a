//! Forgetting what was kept for a time that is over: of each kind a batch, in a transaction of its own.
//!
//! On SQLite a transaction that deletes keeps every other writer waiting, and after weeks in which nobody looked after a
//! province millions of rows may be over. So no more goes at once than takes a moment, and what is left goes with the next
//! ticks, a batch with each. Rejected: one transaction over everything, and going on at once, between which hardly anybody
//! would get his turn.

use std::sync::atomic::Ordering;

use credential::{DAY, Timestamp};

use super::answered::ANSWER_DAYS;
use super::applications::ENDED_DAYS;
use super::bulk::KEPT_DAYS;
use super::feed::{DRAWN, DRAWN_DAYS};
use super::import::IMPORTED_DAYS;
use super::officers::sessions::SESSION_SECONDS;
use super::sim_code::PROVEN_SECONDS;
use super::upkeep::Upkept;
use super::webhooks::DEAD_LETTER_DAYS;
use super::{Fault, Province, day_of, rates, tries};
use crate::store::lock::Lock;
use crate::store::{
    answer, application, attempt, audit, bulk, challenge, dead_letter, dispatch, event, imported, officer,
    seen, session, sim_code,
};

/// Most rows of one table that go in one transaction.
pub const BATCH_ROWS: u32 = 5_000;
/// Most applications, each of which has its changes.
pub const BATCH_APPLICATIONS: u32 = BATCH_ROWS / 5;
/// Most questions, each of which leaves a word in the audit log.
pub const BATCH_QUESTIONS: u32 = BATCH_ROWS / 10;

/// How far servers' clocks may differ, in seconds: what one forgot, another does not take any more.
pub(super) const CLOCKS_DIFFER: u64 = 60;

/// What is forgotten by rule.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Attempts,
    Questions,
    SimCodes,
    Challenges,
    Requests,
    Drawn,
    Answers,
    Invites,
    Ceremonies,
    Sessions,
    PeopleOfProposals,
    Proposals,
    Applications,
    References,
    ImportedRows,
    DeadLetters,
    Rates,
    AuditLog,
}

impl Kind {
    /// What hangs on something else stands before it.
    const ALL: [Self; 18] = [
        Self::Attempts,
        Self::Questions,
        Self::SimCodes,
        Self::Challenges,
        Self::Requests,
        Self::Drawn,
        Self::Answers,
        Self::Invites,
        Self::Ceremonies,
        Self::Sessions,
        Self::PeopleOfProposals,
        Self::Proposals,
        Self::Applications,
        Self::References,
        Self::ImportedRows,
        Self::DeadLetters,
        Self::Rates,
        Self::AuditLog,
    ];

    /// How many go at once.
    const fn most(self) -> u32 {
        match self {
            Self::Questions => BATCH_QUESTIONS,
            Self::Applications => BATCH_APPLICATIONS,
            _ => BATCH_ROWS,
        }
    }
}

impl Province {
    /// Whether more is over than was forgotten.
    pub(super) fn is_forgetting(&self) -> bool {
        self.forgetting.load(Ordering::Relaxed)
    }

    /// Forgets a batch of each kind. What fails is tried again at the next turn.
    pub(super) async fn forget(&self, now: Timestamp, done: &mut Upkept) {
        let mut is_more = false;
        for kind in Kind::ALL {
            let gone = done.of("retention", self.forget_some(kind, now).await);
            is_more |= gone >= u64::from(kind.most());
        }
        self.forgetting.store(is_more, Ordering::Relaxed);
    }

    /// Forgets a batch of a kind; gives how many went.
    async fn forget_some(&self, kind: Kind, now: Timestamp) -> Result<u64, Fault> {
        let most = kind.most();
        let before = |days: u64| now.minus(days * DAY).unix();
        // One server after the other: two that forget the same rows would wait for each other.
        let mut write = self.store().write_with(Lock::Forgetting).await?;
        let db = &mut *write;
        let gone = match kind {
            Kind::Attempts => attempt::forget_before(db, day_of(now), most).await?,
            Kind::Questions => tries::forget(db, now, most).await?,
            Kind::SimCodes => sim_code::forget_before(db, now.minus(PROVEN_SECONDS).unix(), most).await?,
            Kind::Challenges => challenge::forget_expired(db, now.unix(), most).await?,
            Kind::Requests => seen::forget_ended(db, now.minus(CLOCKS_DIFFER).unix(), most).await?,
            Kind::Drawn => event::forget_before(db, DRAWN, before(DRAWN_DAYS), most).await?,
            Kind::Answers => answer::forget_before(db, before(ANSWER_DAYS), most).await?,
            Kind::Invites => officer::forget_invites(db, now.unix(), most).await?,
            Kind::Ceremonies => session::forget_ceremonies(db, now.minus(CLOCKS_DIFFER).unix(), most).await?,
            Kind::Sessions => session::forget_ended(db, now.minus(SESSION_SECONDS).unix(), most).await?,
            Kind::PeopleOfProposals => bulk::forget_people_before(db, before(KEPT_DAYS), most).await?,
            Kind::Proposals => bulk::forget_before(db, before(KEPT_DAYS), most).await?,
            Kind::Applications => application::forget_ended(db, before(ENDED_DAYS), most).await?,
            Kind::References => dispatch::forget_before(db, before(ENDED_DAYS), most).await?,
            Kind::ImportedRows => imported::forget_before(db, before(IMPORTED_DAYS), most).await?,
            Kind::DeadLetters => dead_letter::forget_before(db, before(DEAD_LETTER_DAYS), most).await?,
            Kind::Rates => rates::forget(db, now, most).await?,
            Kind::AuditLog => audit::forget_cut(db, most).await?,
        };
        write.commit().await?;
        Ok(gone)
    }
}
