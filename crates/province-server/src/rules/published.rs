//! What is published, in memory: the newest signed files and the kinds in force, as of a moment ago.
//!
//! Every phone and every desk asks for the same few files, and the database is asked for them once. What is held counts
//! for a short lease; then the first who needs it asks whether anything was published since, while the others wait. An
//! operator's command that publishes ends when the lease of whoever serves is over: what it says is done is what
//! everybody is answered from then on.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use credential::{Catalogue, RegisterContent, TrustedKey};
use province_api::catalogue::guide::Guide;
use province_api::definition::Definition;
use province_api::problem::ProblemCode;
use sqlx::AnyConnection;

use super::{Fault, Province, Refusal, kinds, publish};
use crate::store::artefact::{self, Name};
use crate::store::published;

/// For how long a serving province may answer from what it holds.
pub const LEASE: Duration = Duration::from_millis(200);

/// A public file as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewestFile {
    /// The file.
    pub bytes: Bytes,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// The same in lower-case hex and quotation marks, as an entity tag (RFC 9110, section 8.8.3).
    pub tag: Bytes,
}

/// Everything that is published, at one moment.
#[derive(Debug)]
pub(super) struct Published {
    /// Rises with every publication.
    pub(super) version: i64,
    files: BTreeMap<&'static str, NewestFile>,
    /// The keys that the next trust list names.
    pub(super) keys: Vec<TrustedKey>,
    /// The kinds in force; none before there is a type register.
    register: Option<Arc<RegisterContent>>,
    /// The office of each service of the catalogue, and what a source says that it costs, in rupees.
    services: BTreeMap<String, (String, Option<u32>)>,
    /// What it says beside; empty where it says nothing that can be read.
    guide: Guide,
}

impl Published {
    pub(super) fn file(&self, name: &Name) -> Option<&NewestFile> {
        self.files.get(name.word())
    }

    /// The office that has this service in the catalogue.
    pub(super) fn office_of(&self, service: &str) -> Option<&str> {
        self.services.get(service).map(|(office, _)| office.as_str())
    }

    /// What a service costs, in rupees; none where no source says it.
    pub(super) fn fee_of(&self, service: &str) -> Option<u32> {
        self.services.get(service)?.1
    }

    /// What a service asks; none where the catalogue does not say.
    pub(super) fn definition(&self, service: &str) -> Option<Definition<'_>> {
        self.guide.definition(service)
    }
}

/// The last that was read, and when it was right.
#[derive(Debug, Default)]
pub(super) struct Held {
    last: RwLock<Option<(Instant, Arc<Published>)>>,
    /// One asks, the others wait.
    asking: tokio::sync::Mutex<()>,
}

impl Held {
    fn last(&self) -> Option<(Instant, Arc<Published>)> {
        self.last.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Province {
    /// What is published, no older than the lease.
    pub(super) async fn published(&self) -> Result<Arc<Published>, Fault> {
        if let Some(held) = self.leased() {
            return Ok(held);
        }
        let _one = self.published.asking.lock().await;
        if let Some(held) = self.leased() {
            return Ok(held);
        }
        // It is right at the moment before it is asked for.
        let asked_at = now();
        let mut db = self.store().read().await?;
        let version = published::version(&mut db).await?;
        let unchanged = self.published.last().filter(|(_, held)| held.version == version);
        let fresh = match unchanged {
            Some((_, held)) => held,
            None => Arc::new(read(&mut db, version).await?),
        };
        let mut last = self
            .published
            .last
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *last = Some((asked_at, Arc::clone(&fresh)));
        Ok(fresh)
    }

    /// What is held, while its lease lasts.
    fn leased(&self) -> Option<Arc<Published>> {
        let (at, held) = self.published.last()?;
        (now().saturating_duration_since(at) < self.lease).then_some(held)
    }

    /// The kinds in force.
    pub(super) async fn register(&self) -> Result<Arc<RegisterContent>, Fault> {
        self.published().await?.register.clone().ok_or(Fault::NoTypes)
    }

    /// The newest public file of this name.
    ///
    /// # Errors
    /// [`ProblemCode::NotFound`] if there is none, [`Refusal::Fault`].
    pub async fn newest_file(&self, name: &Name) -> Result<NewestFile, Refusal> {
        let published = self.published().await?;
        Ok(published.file(name).cloned().ok_or(ProblemCode::NotFound)?)
    }
}

/// Reads everything that is published.
async fn read(db: &mut AnyConnection, version: i64) -> Result<Published, Fault> {
    let mut files = BTreeMap::new();
    for name in [
        Name::TrustList,
        Name::TypeRegister,
        Name::RiskRules,
        Name::Catalogue,
        Name::StatusManifest,
    ] {
        let word = name.word();
        if let Some(file) = artefact::newest(db, name).await? {
            let newest = NewestFile {
                bytes: file.bytes.into(),
                sha256: file.sha256,
                tag: format!("\"{}\"", hex::encode(file.sha256)).into(),
            };
            files.insert(word, newest);
        }
    }
    let register = match kinds::in_force(db).await {
        Ok(register) => Some(Arc::new(register)),
        Err(Fault::NoTypes) => None,
        Err(fault) => return Err(fault),
    };
    let catalogue = files.get(Name::Catalogue.word());
    let catalogue = catalogue.map(|file: &NewestFile| Catalogue::read_unverified(&file.bytes));
    let (services, guide) = catalogue
        .transpose()
        .map_err(Fault::Catalogue)?
        .map(|content| (content.services, content.guide))
        .unwrap_or_default();
    let guide = Guide::read(&guide, services.iter().map(|service| &*service.id)).unwrap_or_default();
    let services = services.into_iter();
    Ok(Published {
        version,
        services: services
            .map(|one| (one.id, (one.office, one.fee_rupees)))
            .collect(),
        guide,
        files,
        keys: publish::trusted_keys(db).await?,
        register,
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long something was held; no rule sees the time"
)]
fn now() -> Instant {
    Instant::now()
}
