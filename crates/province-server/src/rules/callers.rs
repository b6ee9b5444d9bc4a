//! Callers besides wallets: counters by their certificates, systems by keys that the province knows.

use credential::CounterCertificateClaims;
use province_api::caller::Scope;
use province_api::problem::ProblemCode;
use province_api::signature::{Proven, Signer};

use super::rates::Who;
use super::{Province, Refusal};
use crate::audit::{Actor, Role};
use crate::store::system_key::{self, SystemKey};

/// A counter that has proven itself and is certified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counter {
    /// Its public key.
    pub key: [u8; 32],
    /// What its certificate says.
    pub certificate: CounterCertificateClaims,
}

impl Counter {
    /// Whether its certificate allows this by name.
    pub fn may(&self, what: &str) -> bool {
        self.certificate.allowed.iter().any(|one| one.as_str() == what)
    }

    /// Who it is in the audit log: its audience and the beginning of its key, because many desks share one.
    pub fn actor(&self) -> Actor {
        let key = hex::encode(self.certificate.holder.key_id().as_bytes());
        Actor {
            role: Role::Counter,
            id: format!("{} {key}", self.certificate.audience),
        }
    }
}

/// A system that has proven itself with a key that serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct System {
    /// The key.
    pub key: SystemKey,
}

impl System {
    /// Who it is in the audit log.
    pub fn actor(&self) -> Actor {
        Actor {
            role: Role::System,
            id: self.key.name.clone(),
        }
    }

    /// The office that it works for.
    ///
    /// # Errors
    /// [`ProblemCode::SystemOffice`] if it works for none.
    pub fn office(&self) -> Result<&str, ProblemCode> {
        self.key.office.as_deref().ok_or(ProblemCode::SystemOffice)
    }

    /// Whether its key may do one of these; whatever it is, where none is named.
    pub fn may(&self, scopes: &[Scope]) -> bool {
        scopes.is_empty() || scopes.iter().any(|scope| self.key.scopes.contains(scope))
    }
}

impl Province {
    /// The counter that signed a request and showed this certificate; each request once.
    ///
    /// # Errors
    /// [`ProblemCode::RateLimited`], [`ProblemCode::CounterCertificate`], [`ProblemCode::RequestReplayed`],
    /// [`Refusal::Fault`].
    pub async fn counter(&self, proven: &Proven, certificate: &[u8]) -> Result<Counter, Refusal> {
        self.spend(Who::Key(Signer::Counter, proven.key), 1)?;
        let now = self.now();
        let published = self.published().await?;
        let certificate = CounterCertificateClaims::verify(certificate, &published.keys, now)
            .ok()
            .filter(|certificate| *certificate.holder.as_bytes() == proven.key)
            .ok_or(ProblemCode::CounterCertificate)?;
        let mut db = self.store().read().await?;
        if system_key::is_counter_ended(&mut db, &proven.key).await? {
            return Err(ProblemCode::CounterCertificate.into());
        }
        drop(db);
        self.admit_once(proven).await?;
        Ok(Counter {
            key: proven.key,
            certificate,
        })
    }

    /// The system whose key signed a request; each request once.
    ///
    /// # Errors
    /// [`ProblemCode::RateLimited`], [`ProblemCode::SystemUnknown`], [`ProblemCode::RequestReplayed`],
    /// [`Refusal::Fault`].
    pub async fn system(&self, proven: &Proven) -> Result<System, Refusal> {
        self.spend(Who::Key(Signer::System, proven.key), 1)?;
        let mut db = self.store().read().await?;
        let key = system_key::find(&mut db, &proven.key).await?;
        drop(db);
        let now = self.now().unix();
        let key = key
            .filter(|key| key.serves(now))
            .ok_or(ProblemCode::SystemUnknown)?;
        self.admit_once(proven).await?;
        Ok(System { key })
    }
}
