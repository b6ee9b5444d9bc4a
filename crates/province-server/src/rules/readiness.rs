//! Whether this server can do its work, and what an operator measures of it.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use credential::{Timestamp, Vct};

use super::{Fault, Province, signing};
use crate::metrics::LookedUp;
use crate::nadra::breaker::Standing;
use crate::store::artefact::{self, Name};
use crate::store::{audit, dead_letter, seal_check};

/// Longest time that a part may take to be as it should be.
const TIME_MAX: Duration = Duration::from_secs(3);

/// What has to be as it should be before a server is sent callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Nobody told it to end.
    Staying,
    /// The database can be read, and a trust list is published.
    TrustList,
    /// The database can be written, its disk too.
    Writing,
    /// The key that signs manifests can be used.
    Keys,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Staying, Self::TrustList, Self::Writing, Self::Keys];

    /// The stable code that says that it fails.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Staying => "ending",
            Self::TrustList => "no_trust_list",
            Self::Writing => "not_writable",
            Self::Keys => "no_keys",
        }
    }
}

/// What was found at which second: nobody makes the province write more often by asking.
pub(super) type Found = (Timestamp, Vec<Part>);

impl Province {
    /// Says from now on that it will end.
    pub fn drain(&self) {
        self.ending.store(true, Ordering::Relaxed);
    }

    /// Whether it was told to.
    pub(super) fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Relaxed)
    }

    /// The parts that fail. It is looked once a second.
    pub async fn failing(&self) -> Vec<Part> {
        let _place = self.trying.one().await;
        let now = self.now();
        let before = self.found.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut failing = match before {
            Some((at, failing)) if at == now => failing,
            _ => {
                let failing = self.look_at_parts(now).await;
                *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, failing.clone()));
                failing
            }
        };
        if self.is_ending() {
            failing.insert(0, Part::Staying);
        }
        failing
    }

    async fn look_at_parts(&self, now: Timestamp) -> Vec<Part> {
        let found = [
            fails(Part::TrustList, self.has_a_list()).await,
            fails(Part::Writing, self.writes()).await,
            fails(Part::Keys, self.has_keys(now)).await,
        ];
        found.into_iter().flatten().collect()
    }

    async fn has_a_list(&self) -> Result<bool, Fault> {
        let list = artefact::newest(&mut *self.store().read().await?, Name::TrustList).await?;
        Ok(list.is_some())
    }

    /// Writes a row as it is: a full disk and a database that may only be read are seen by nothing less.
    async fn writes(&self) -> Result<bool, Fault> {
        let mut write = self.store().write().await?;
        seal_check::touch(&mut write).await?;
        write.commit().await?;
        Ok(self.carries.load(Ordering::Relaxed))
    }

    async fn has_keys(&self, now: Timestamp) -> Result<bool, Fault> {
        let key = signing::current(&mut *self.store().read().await?, Vct::STATUS_MANIFEST, now).await?;
        self.keys().are_at_hand(&key)?;
        Ok(true)
    }

    /// How NADRA stands. A server without it is ready: all but proofs goes on, and the next server has the same NADRA.
    pub fn nadra_standing(&self) -> Standing {
        self.breaker.standing().0
    }

    /// What an operator measures, for Prometheus.
    pub async fn measured(&self) -> String {
        let failing = self.failing().await;
        let looked_up = LookedUp {
            pool: self.store().connections(),
            audit_waiting: self.audit_waiting().await.ok(),
            dead_letters: self.dead_letters().await.ok(),
            manifest: self.manifest().await.ok().flatten(),
            nadra: self.breaker.standing(),
            failing: Part::ALL
                .map(|part| (part.code(), failing.contains(&part)))
                .into(),
        };
        self.metrics().page(&looked_up)
    }

    async fn audit_waiting(&self) -> Result<u64, Fault> {
        Ok(audit::count_waiting(&mut *self.store().read().await?).await?)
    }

    async fn dead_letters(&self) -> Result<u64, Fault> {
        Ok(dead_letter::count(&mut *self.store().read().await?, None).await?)
    }

    async fn manifest(&self) -> Result<Option<(u64, u64)>, Fault> {
        let manifest = artefact::newest(&mut *self.store().read().await?, Name::StatusManifest).await?;
        let age = |issued_at| self.now().unix().saturating_sub(issued_at);
        Ok(manifest.map(|manifest| (manifest.sequence, age(manifest.issued_at))))
    }
}

/// This part, if it is not as it should be in time.
async fn fails(part: Part, looked: impl Future<Output = Result<bool, Fault>>) -> Option<Part> {
    let why = match tokio::time::timeout(TIME_MAX, looked).await {
        Ok(Ok(true)) => return None,
        Ok(Ok(false)) => "it is not there".to_owned(),
        Ok(Err(fault)) => fault.to_string(),
        Err(_) => "it did not answer in time".to_owned(),
    };
    tracing::warn!(part = part.code(), why, "not ready");
    Some(part)
}
