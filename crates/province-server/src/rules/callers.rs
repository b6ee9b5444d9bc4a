//! Callers besides wallets: counters by their certificates, systems by keys that the province knows.

use credential::CounterCertificateClaims;
use province_api::caller::Scope;
use province_api::problem::ProblemCode;
use province_api::signature::{Proven, Signer};
use sqlx::AnyConnection;

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
}

/// A system that has proven itself with a key that serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct System {
    /// The key.
    pub key: SystemKey,
}

impl System {
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

/// A caller who has proven who they are, and may or may not be let in.
#[derive(Debug)]
pub struct Presented<T>(T);

/// A kind of caller besides wallets.
pub trait Caller: Sized {
    /// What kind of signer.
    const SIGNER: Signer;

    /// Who it is in the audit log.
    fn actor(&self) -> Actor;

    /// Whether it is still let in.
    fn serves(&self, db: &mut AnyConnection, now: u64) -> impl Future<Output = Result<(), Refusal>> + Send;
}

impl<T: Caller> Presented<T> {
    /// Who it is in the audit log.
    pub fn actor(&self) -> Actor {
        self.0.actor()
    }
}

impl Caller for Counter {
    const SIGNER: Signer = Signer::Counter;

    /// Its audience and the beginning of its key, because many desks share one.
    fn actor(&self) -> Actor {
        let key = hex::encode(self.certificate.holder.key_id().as_bytes());
        Actor {
            role: Role::Counter,
            id: format!("{} {key}", self.certificate.audience),
        }
    }

    async fn serves(&self, db: &mut AnyConnection, _: u64) -> Result<(), Refusal> {
        if system_key::is_counter_ended(db, &self.key).await? {
            return Err(ProblemCode::CounterCertificate.into());
        }
        Ok(())
    }
}

impl Caller for System {
    const SIGNER: Signer = Signer::System;

    fn actor(&self) -> Actor {
        Actor {
            role: Role::System,
            id: self.key.name.clone(),
        }
    }

    async fn serves(&self, _: &mut AnyConnection, now: u64) -> Result<(), Refusal> {
        if self.key.serves(now) {
            Ok(())
        } else {
            Err(ProblemCode::SystemUnknown.into())
        }
    }
}

impl Province {
    /// The counter that signed a request and showed this certificate.
    ///
    /// # Errors
    /// [`ProblemCode::CounterCertificate`], [`Refusal::Fault`].
    pub async fn counter(&self, proven: &Proven, certificate: &[u8]) -> Result<Presented<Counter>, Refusal> {
        let now = self.now();
        let published = self.published().await?;
        let certificate = CounterCertificateClaims::verify(certificate, &published.keys, now)
            .ok()
            .filter(|certificate| *certificate.holder.as_bytes() == proven.key)
            .ok_or(ProblemCode::CounterCertificate)?;
        Ok(Presented(Counter {
            key: proven.key,
            certificate,
        }))
    }

    /// The system whose key signed a request, also one whose key was ended.
    ///
    /// # Errors
    /// [`ProblemCode::SystemUnknown`], [`Refusal::Fault`].
    pub async fn system(&self, proven: &Proven) -> Result<Presented<System>, Refusal> {
        let mut db = self.store().read().await?;
        let key = system_key::find(&mut db, &proven.key).await?;
        let key = key.ok_or(ProblemCode::SystemUnknown)?;
        Ok(Presented(System { key }))
    }

    /// Lets a caller in who still serves and does not ask too often; each request once.
    ///
    /// # Errors
    /// [`ProblemCode::RateLimited`], [`ProblemCode::CounterCertificate`] or [`ProblemCode::SystemUnknown`],
    /// [`ProblemCode::RequestReplayed`], [`Refusal::Fault`].
    pub async fn let_in<T: Caller>(&self, caller: Presented<T>, proven: &Proven) -> Result<T, Refusal> {
        let Presented(caller) = caller;
        let mut db = self.store().read().await?;
        caller.serves(&mut db, self.now().unix()).await?;
        drop(db);
        // A copy of what somebody sent takes nothing from their limit.
        self.admit_once(proven).await?;
        self.spend(Who::Key(T::SIGNER, proven.key), 1)?;
        Ok(caller)
    }
}
