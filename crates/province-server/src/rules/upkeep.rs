//! Looking after what is published and kept: each task by itself, so that one that fails holds up no other.

use std::sync::atomic::Ordering;

use credential::{CLOCK_ALLOWANCE, DAY, RiskRules, Timestamp, Vct};

use super::{Fault, Province, audit, publish, status};
use crate::store::artefact::{self, Artefact, Name};
use crate::store::lock::Lock;

/// A manifest older than this is signed anew, in seconds.
pub const MANIFEST_AGE_MAX: u64 = DAY;
/// Risk rules older than this are signed anew, in seconds.
pub const RULES_AGE_MAX: u64 = 30 * DAY;

/// What one turn of [`Province::upkeep`] did.
#[derive(Debug, Default)]
pub struct Upkept {
    /// The epoch of the new status manifest, if one was due.
    pub epoch: Option<u64>,
    /// The number of the new risk rules, if they were due.
    pub rules: Option<u64>,
    /// The status lists that are nearly full, and how full, in percent.
    pub nearly_full: Vec<(String, u64)>,
    /// What failed; it is tried again at the next turn.
    pub faults: Vec<Fault>,
}

impl Upkept {
    /// What a task gave; its fault is written to the log and kept.
    pub(super) fn of<T: Default>(&mut self, task: &'static str, done: Result<T, Fault>) -> T {
        done.unwrap_or_else(|fault| {
            tracing::error!(task, cause = %fault, "upkeep failed");
            self.faults.push(fault);
            T::default()
        })
    }
}

/// Whether a file's date lies so far ahead that readers whose clocks are right cannot use it.
const fn is_ahead(file: &Artefact, now: Timestamp) -> bool {
    file.issued_at > now.unix().saturating_add(CLOCK_ALLOWANCE)
}

impl Province {
    /// Daily work: forgetting what is no longer needed, a new manifest if the published one is older than
    /// [`MANIFEST_AGE_MAX`] or was signed by a clock that was ahead, the same for risk rules and [`RULES_AGE_MAX`], and a
    /// look at what only people mend. All of it is in the log. A key may be missing for weeks, from the list that
    /// withdrew it to the list that names another: what needs none of it goes on.
    pub async fn upkeep(&self) -> Upkept {
        let now = self.now();
        let mut done = Upkept::default();
        let cut_off = audit::cut_off(self.store(), self.audit_days, now).await;
        done.of("retention of the audit log", cut_off);
        self.forget(now, &mut done).await;
        done.epoch = done.of("status manifest", self.renew_manifest(now).await);
        done.rules = done.of("risk rules", self.renew_rules(now).await);
        done.of("trust list", self.look_at_trust(now).await);
        done.of("audit log", self.chain_audit().await);
        done.of("audit head", audit::sign(self.store(), self.keys(), now).await);
        done.nearly_full = done.of("status lists", self.nearly_full().await);
        done
    }

    /// What is done every second, each by itself: entries of the audit log get their places, what the last turn left to be
    /// forgotten goes on, other servers are told how often callers asked, and SQLite's log is carried over. All of it is in
    /// the log.
    pub async fn tick(&self) {
        let mut done = Upkept::default();
        done.of("audit log", self.chain_audit().await);
        if self.is_forgetting() {
            self.forget(self.now(), &mut done).await;
        }
        done.of("rates", self.share_rates().await);
        let carried = self.store().carry().await;
        self.carries.store(carried.is_ok(), Ordering::Relaxed);
        done.of("database log", carried.map_err(Fault::from));
    }

    async fn renew_manifest(&self, now: Timestamp) -> Result<Option<u64>, Fault> {
        let mut write = self.store().write_with(Lock::Published).await?;
        let manifest = artefact::newest(&mut write, Name::StatusManifest).await?;
        let is_due = manifest.is_none_or(|m| {
            let ahead = is_ahead(&m, now);
            if ahead {
                tracing::error!(
                    epoch = m.sequence,
                    "the status manifest was signed by a clock that was ahead"
                );
            }
            ahead || now.unix().saturating_sub(m.issued_at) > MANIFEST_AGE_MAX
        });
        if !is_due {
            return Ok(None);
        }
        let key = self.keys().current(&mut write, Vct::STATUS_MANIFEST, now).await?;
        let epoch = status::publish(&mut write, &key, now, &[]).await?;
        write.commit().await?;
        tracing::info!(epoch, "status manifest signed anew");
        Ok(Some(epoch))
    }

    /// Signs the rules anew, as they are, before they are too old to be held.
    async fn renew_rules(&self, now: Timestamp) -> Result<Option<u64>, Fault> {
        let mut write = self.store().write_with(Lock::Published).await?;
        let Some(last) = artefact::newest(&mut write, Name::RiskRules).await? else {
            return Ok(None);
        };
        if !is_ahead(&last, now) && now.unix().saturating_sub(last.issued_at) <= RULES_AGE_MAX {
            return Ok(None);
        }
        let content = RiskRules::read_unverified(&last.bytes).map_err(Fault::Rules)?;
        let key = self.keys().current(&mut write, Vct::RISK_RULES, now).await?;
        let sequence = publish::risk_rules(&mut write, &key, content.rules, now).await?;
        write.commit().await?;
        tracing::info!(sequence, "risk rules signed anew");
        Ok(Some(sequence))
    }

    async fn look_at_trust(&self, now: Timestamp) -> Result<(), Fault> {
        let trust = artefact::newest(&mut *self.store().read().await?, Name::TrustList).await?;
        if let Some(list) = trust.filter(|list| is_ahead(list, now)) {
            // Only the roots mend it, and they are not here.
            tracing::error!(
                sequence = list.sequence,
                "the trust list was signed by a clock that was ahead: sign the next one with `trust`"
            );
        }
        Ok(())
    }

    async fn nearly_full(&self) -> Result<Vec<(String, u64)>, Fault> {
        let lists = status::nearly_full(&mut *self.store().read().await?).await?;
        for (list, percent) in &lists {
            tracing::warn!(
                list,
                percent,
                "the status list is nearly full: docs/kinds-and-rules.md says what to do"
            );
        }
        Ok(lists)
    }
}
