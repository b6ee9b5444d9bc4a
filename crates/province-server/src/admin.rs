//! What an operator does. Each is one function, so that a test does the same as the command.
//!
//! Every one works while the service runs: the database takes one writer at a time, and the service reads what is
//! published at each request.

use std::fs;
use std::path::{Path, PathBuf};

use credential::{
    ConfigContent, CounterCertificateClaims, DAY, ISSUER, IssueError, Names, PassType, ProvinceConfig,
    PublicKey, RootSet, SecretKey, StatusBundle, StatusRef, Timestamp, TrustContent, Vct,
    issue_counter_certificate, sign_trust_list,
};
use province_api::person::Cnic;
use province_api::rules::RulesFile;

use crate::keys::{KeyFileError, KeyFolder, KeyName};
use crate::public_roots;
use crate::randomness::Randomness;
use crate::rules::document::{self, DocumentError, Form};
use crate::rules::end::{Ended, Ending};
use crate::rules::print::PressError;
use crate::rules::status::{self, Reach};
use crate::rules::{Fault, kinds, publish, signing};
use crate::store::artefact::{self, Name};
use crate::store::trusted_key;
use crate::store::{Store, StoreError, seal_check};

/// The public roots, beside the database: what programs of this province pin.
pub(crate) const ROOTS_FILE: &str = "roots.json";

/// How long a province configuration serves.
const CONFIG_DAYS: u64 = 5 * 365;

/// The keys that a province begins with.
pub(crate) const KEYS: [KeyName; 6] = [
    KeyName::Issuer,
    KeyName::CounterCa,
    KeyName::Types,
    KeyName::Status,
    KeyName::Rules,
    KeyName::Cards,
];

/// Why an operator's command did nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdminError {
    /// The key files.
    #[error("keys: {0}")]
    Keys(#[from] KeyFileError),
    /// The database.
    #[error("store: {0}")]
    Store(#[from] StoreError),
    /// The folder of a new province has something in it.
    #[error("the folder is not empty: a new province gets a folder of its own")]
    NotEmpty,
    /// The folder could not be made or moved.
    #[error("the folder could not be made: {0}")]
    Folder(#[source] std::io::Error),
    /// The province was never made to its end.
    #[error("the folder holds no whole province: {0}")]
    NotWhole(&'static str),
    /// A rule failed.
    #[error("{0}")]
    Fault(#[from] Fault),
    /// A document.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// What was to be printed.
    #[error(transparent)]
    Press(#[from] PressError),
    /// The data file of types.
    #[error("the data file of types cannot be read: line {line}, column {column}")]
    TypesFile {
        /// Where it goes wrong.
        line: usize,
        /// Where in the line.
        column: usize,
    },
    /// The file with the public roots is damaged.
    #[error("the file with the province's public roots is damaged")]
    Roots,
    /// No key has this id.
    #[error("no key has this id")]
    NoSuchKey,
    /// A file of rules is not one.
    #[error("the rules are not used: {0}")]
    RulesFile(String),
    /// The certificate could not be signed.
    #[error("the certificate could not be signed: {0:?}")]
    Certificate(IssueError),
}

/// A province's data folder, for its operator.
#[derive(Debug)]
pub struct Office {
    pub(crate) folder: PathBuf,
    pub(crate) keys: KeyFolder,
    pub(crate) store: Store,
}

/// What was published first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// Number of the trust list; none where the roots are elsewhere and have signed none yet.
    pub sequence: Option<u64>,
    /// Number of the status manifest.
    pub epoch: u64,
}

/// What publishing a type register did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublishedTypes {
    /// Number of the register.
    pub sequence: u64,
    /// Number of the status manifest that names its lists.
    pub epoch: u64,
    /// The register has a kind that the trust list lets nobody sign yet: the next trust list is to be signed.
    pub trust_due: bool,
}

/// The types that a new province begins with.
pub const PACKAGED_TYPES: &str = include_str!("../../../assets/types/types.json");

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct TypesFile {
    types: Vec<PassType>,
}

pub(crate) fn types_of(json: &str) -> Result<Vec<PassType>, AdminError> {
    let file: TypesFile = serde_json::from_str(json).map_err(|error| AdminError::TypesFile {
        line: error.line(),
        column: error.column(),
    })?;
    Ok(file.types)
}

/// What a counter certificate says of its desk.
#[derive(Clone, Debug)]
pub struct Desk {
    /// The desk's key.
    pub key: PublicKey,
    /// Its name on the citizen's screen.
    pub name: Names,
    /// Why it asks.
    pub purpose: Names,
    /// The audience whose requests it may sign.
    pub audience: String,
    /// What it may ask for.
    pub allowed: Vec<Vct>,
    /// How long the certificate serves.
    pub days: u64,
}

impl Office {
    /// Opens a province that was made, and looks whether its files belong together.
    ///
    /// # Errors
    /// [`AdminError::NotWhole`]; [`KeyFileError::Other`] if a key is not the one of this database.
    pub async fn open(folder: &Path) -> Result<Self, AdminError> {
        let office = Self::open_unlisted(folder).await?;
        let mut db = office.store.read().await?;
        if artefact::newest(&mut db, Name::TrustList).await?.is_none() {
            return Err(AdminError::NotWhole("it has no trust list"));
        }
        drop(db);
        Ok(office)
    }

    /// The same for a province whose roots have perhaps signed nothing yet.
    ///
    /// # Errors
    /// As [`Office::open`].
    pub async fn open_unlisted(folder: &Path) -> Result<Self, AdminError> {
        let office = Self {
            folder: folder.to_owned(),
            keys: KeyFolder::new(folder),
            store: Store::open(folder).await?,
        };
        office.look_over().await?;
        Ok(office)
    }

    /// Passes signed by a key that the trust list does not name are worthless, a manifest under such a key revokes
    /// nobody, and under another data key every citizen would be a new one: none of that is to begin.
    async fn look_over(&self) -> Result<(), AdminError> {
        let mut db = self.store.read().await?;
        if artefact::newest(&mut db, Name::TypeRegister).await?.is_none() {
            return Err(AdminError::NotWhole("it has no type register"));
        }
        let check_value = seal_check::find(&mut db).await?;
        let check_value = check_value.ok_or(AdminError::NotWhole("it has no check value of its data key"))?;
        let trusted = trusted_key::all(&mut db).await?;
        for name in KEYS {
            // A machine that only serves need not have the keys that certify counters and sign registers or cards.
            if matches!(name, KeyName::CounterCa | KeyName::Types | KeyName::Cards) && !self.keys.has(name) {
                continue;
            }
            let key = self.keys.signing(name)?.public();
            let is_named = trusted.iter().any(|row| row.key == *key.as_bytes());
            if !is_named {
                return Err(KeyFileError::Other(name).into());
            }
        }
        if self.keys.data()?.opens(&check_value) {
            Ok(())
        } else {
            Err(KeyFileError::Other(KeyName::Data).into())
        }
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The key files.
    pub fn keys(&self) -> &KeyFolder {
        &self.keys
    }

    /// Where the province lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn roots(&self) -> Result<[SecretKey; 2], KeyFileError> {
        Ok([
            self.keys.signing(KeyName::Root(0))?,
            self.keys.signing(KeyName::Root(1))?,
        ])
    }

    /// Signs the configuration that tells programs where the province is.
    ///
    /// # Errors
    /// [`AdminError::Keys`].
    pub fn config(&self, api_url: &str, now: Timestamp) -> Result<Vec<u8>, AdminError> {
        let content = ConfigContent {
            api_url: api_url.trim_end_matches('/').to_owned(),
            name: Names::new(publish::ISSUER_NAME, publish::ISSUER_NAME_UR, "خیبر پښتونخوا"),
            iat: now,
            exp: now.plus(CONFIG_DAYS * DAY),
        };
        let [first, second] = self.roots()?;
        Ok(ProvinceConfig::sign(&content, &[&first, &second]))
    }

    /// Signs the next trust list with the roots that lie here, and publishes it; gives its number.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn publish_trust(&self, now: Timestamp) -> Result<u64, AdminError> {
        let [first, second] = self.roots()?;
        let mut db = self.store.read().await?;
        let content = publish::trust_content(&mut db, None, now).await?;
        drop(db);
        let bytes = sign_trust_list(&content, &[(0, &first), (1, &second)]);
        self.publish_signed(&bytes, now).await
    }

    /// What the next trust list says, for roots that are kept elsewhere.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn draft_trust(
        &self,
        next_roots: Option<[PublicKey; 3]>,
        now: Timestamp,
    ) -> Result<TrustContent, AdminError> {
        let mut db = self.store.read().await?;
        Ok(publish::trust_content(&mut db, next_roots, now).await?)
    }

    /// Publishes a trust list that the roots signed elsewhere; gives its number.
    ///
    /// # Errors
    /// [`Fault::Trust`] if the roots in force did not sign it or it does not follow the published one.
    pub async fn publish_signed(&self, bytes: &[u8], now: Timestamp) -> Result<u64, AdminError> {
        Ok(publish::trust_list(&self.store, &self.public_roots()?, bytes, now).await?)
    }

    /// The roots that programs of this province pin.
    ///
    /// # Errors
    /// [`AdminError::Roots`].
    pub fn public_roots(&self) -> Result<RootSet, AdminError> {
        let text = fs::read_to_string(self.folder.join(ROOTS_FILE)).map_err(|_| AdminError::Roots)?;
        public_roots::read(&text).ok_or(AdminError::Roots)
    }

    /// Signs and publishes risk rules; gives their number.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn publish_rules(&self, file: &RulesFile, now: Timestamp) -> Result<u64, AdminError> {
        let rules = file.rules().map_err(|e| AdminError::RulesFile(e.to_string()))?;
        let mut write = self.store.write().await?;
        let public = signing::current(&mut write, Vct::RISK_RULES, now).await?;
        let key = self.keys.signing_of(&public)?;
        let sequence = publish::risk_rules(&mut write, &key, rules, now).await?;
        write.commit().await?;
        Ok(sequence)
    }

    /// Signs and publishes the next type register from a data file as assets/types/types.json is one.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn publish_types(&self, json: &str, now: Timestamp) -> Result<PublishedTypes, AdminError> {
        let types = types_of(json)?;
        let key = self.key_for(Vct::TYPE_REGISTER, now).await?;
        let status_key = self.key_for(Vct::STATUS_MANIFEST, now).await?;
        let mut write = self.store.write().await?;
        let count = types.len();
        let sequence = publish::types(&mut write, types, &key, now).await?;
        let trust_due = kinds::in_force(&mut write).await?.types.len() < count;
        // A kind may have a status list that the manifest does not name yet.
        let epoch = status::publish(&mut write, &status_key, now, &[]).await?;
        write.commit().await?;
        Ok(PublishedTypes {
            sequence,
            epoch,
            trust_due,
        })
    }

    /// Grants a document to an enrolled citizen.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn grant(
        &self,
        form: &Form,
        randomness: &Randomness,
        now: Timestamp,
    ) -> Result<(), AdminError> {
        Ok(document::grant(&self.store, &self.keys.serving()?, form, now, randomness).await?)
    }

    /// Withdraws a citizen's document.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn withdraw(&self, cnic: &Cnic, vct: &Vct, now: Timestamp) -> Result<(), AdminError> {
        Ok(document::withdraw(&self.store, &self.keys.serving()?, cnic, vct, now).await?)
    }

    /// The bytes of the printed form of a citizen's document.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn paper(&self, cnic: &Cnic, vct: &Vct, now: Timestamp) -> Result<Vec<u8>, AdminError> {
        Ok(document::paper(&self.store, &self.keys.serving()?, cnic, vct, now).await?)
    }

    /// Revokes a citizen's passes.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn revoke(&self, cnic: &Cnic, now: Timestamp) -> Result<Ended, AdminError> {
        self.end(now, async |ending| ending.revoke(cnic, now).await).await
    }

    /// Suspends a citizen's passes until [`Self::resume`].
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn suspend(&self, cnic: &Cnic, now: Timestamp) -> Result<Ended, AdminError> {
        self.end(now, async |ending| ending.suspend(cnic, now).await)
            .await
    }

    /// Lifts the suspension of a citizen's passes.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn resume(&self, cnic: &Cnic, now: Timestamp) -> Result<Ended, AdminError> {
        self.end(now, async |ending| ending.resume(cnic, now).await).await
    }

    /// Ends a citizen's enrolment, so that they may enrol on a new device.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn release(&self, cnic: &Cnic, now: Timestamp) -> Result<Ended, AdminError> {
        self.end(now, async |ending| ending.release(cnic, now).await)
            .await
    }

    /// Uses up a document that holds for one deed.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn consume(&self, at: &StatusRef, now: Timestamp) -> Result<Ended, AdminError> {
        self.end(now, async |ending| ending.consume(at, now).await).await
    }

    async fn end(
        &self,
        now: Timestamp,
        what: impl AsyncFnOnce(&Ending<'_>) -> Result<Ended, Fault>,
    ) -> Result<Ended, AdminError> {
        let (data, status_key) = (self.keys.data()?, self.key_for(Vct::STATUS_MANIFEST, now).await?);
        let ending = Ending {
            store: &self.store,
            data: &data,
            status_key: &status_key,
        };
        Ok(what(&ending).await?)
    }

    /// An update for desks without a network; `None` if changes from there are not kept.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn bundle(&self, reach: Reach, now: Timestamp) -> Result<Option<StatusBundle>, AdminError> {
        Ok(status::bundle(&self.store, reach, now).await?)
    }

    /// The key that signs `vct` now.
    async fn key_for(&self, vct: Vct, now: Timestamp) -> Result<SecretKey, AdminError> {
        let mut db = self.store.read().await?;
        let public = signing::current(&mut db, vct, now).await?;
        Ok(self.keys.signing_of(&public)?)
    }

    /// Signs a counter's certificate.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn counter_certificate(&self, desk: &Desk, now: Timestamp) -> Result<Vec<u8>, AdminError> {
        let claims = CounterCertificateClaims {
            iss: ISSUER.to_owned(),
            name: desk.name.clone(),
            purpose: desk.purpose.clone(),
            audience: desk.audience.clone(),
            allowed: desk.allowed.clone(),
            holder: desk.key,
            iat: now.start_of_day(),
            exp: now.start_of_day().plus(desk.days.saturating_mul(DAY)),
        };
        let ca = self.key_for(Vct::COUNTER_CERTIFICATE, now).await?;
        issue_counter_certificate(&claims, &ca).map_err(AdminError::Certificate)
    }
}
