//! What an operator does. Each is one function, so that a test does the same as the command.
//!
//! Every one works while the service runs: the database takes one writer at a time, and the service reads what is
//! published at each request.

use std::path::{Path, PathBuf};

use credential::{
    ConfigContent, CounterCertificateClaims, DAY, ISSUER, IssueError, Names, ProvinceConfig, PublicKey,
    SecretKey, Timestamp, Vct, issue_counter_certificate,
};
use province_api::person::Cnic;

use crate::keys::{KeyFileError, KeyFolder, KeyName};
use crate::randomness::Randomness;
use crate::rules::end::{self, Ended};
use crate::rules::{Fault, publish};
use crate::store::trusted_key::{self, Purpose, TrustedKeyRow};
use crate::store::{Store, StoreError};

/// How long the province's own keys serve.
const KEY_DAYS: u64 = 2 * 365;
/// How long a province configuration serves.
const CONFIG_DAYS: u64 = 5 * 365;

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
    /// A rule failed.
    #[error("{0}")]
    Fault(#[from] Fault),
    /// The certificate could not be signed.
    #[error("the certificate could not be signed: {0:?}")]
    Certificate(IssueError),
}

/// A province's data folder, for its operator.
#[derive(Debug)]
pub struct Office {
    folder: PathBuf,
    keys: KeyFolder,
    store: Store,
}

/// What was published first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// Number of the trust list.
    pub sequence: u64,
    /// Number of the status manifest.
    pub epoch: u64,
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
    /// Makes a province in `folder`: keys, database, first trust list and status manifest.
    ///
    /// # Errors
    /// [`AdminError`], [`KeyFileError::Exists`] if the folder holds a province.
    pub async fn make(
        folder: &Path,
        roots: &[[u8; 32]; 3],
        randomness: &Randomness,
        now: Timestamp,
    ) -> Result<(Self, Published), AdminError> {
        KeyFolder::new(folder).make(roots, randomness)?;
        let office = Self::open(folder).await?;
        let mut write = office.store.write().await?;
        for (name, purpose) in [
            (KeyName::Issuer, Purpose::Passes),
            (KeyName::CounterCa, Purpose::Counters),
            (KeyName::Status, Purpose::Status),
        ] {
            let row = TrustedKeyRow {
                key: *office.keys.signing(name)?.public().as_bytes(),
                purpose,
                // Passes carry only the day of issue, so a key serves from that day's beginning.
                valid_from: now.start_of_day().unix(),
                valid_until: now.start_of_day().plus(KEY_DAYS * DAY).unix(),
                revoked_at: None,
            };
            trusted_key::add(&mut write, &row).await?;
        }
        let status = office.keys.signing(KeyName::Status)?;
        let epoch = publish::status_manifest(&mut write, &status, now).await?;
        write.commit().await?;
        let sequence = office.publish_trust(now).await?;
        Ok((office, Published { sequence, epoch }))
    }

    /// Opens a province that was made.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn open(folder: &Path) -> Result<Self, AdminError> {
        Ok(Self {
            folder: folder.to_owned(),
            keys: KeyFolder::new(folder),
            store: Store::open(folder).await?,
        })
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
            name: Names::new("Khyber Pakhtunkhwa", "خیبر پختونخوا", "خیبر پښتونخوا"),
            iat: now,
            exp: now.plus(CONFIG_DAYS * DAY),
        };
        let [first, second] = self.roots()?;
        Ok(ProvinceConfig::sign(&content, &[&first, &second]))
    }

    /// Signs and publishes the next trust list; gives its number.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn publish_trust(&self, now: Timestamp) -> Result<u64, AdminError> {
        let [first, second] = self.roots()?;
        Ok(publish::trust_list(&self.store, [&first, &second], now).await?)
    }

    /// Revokes a citizen's passes.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn revoke(&self, cnic: &Cnic, now: Timestamp) -> Result<Ended, AdminError> {
        let (data, status) = self.ending_keys()?;
        Ok(end::revoke(&self.store, &data, &status, cnic, now).await?)
    }

    /// Ends a citizen's enrolment, so that they may enrol on a new device.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn release(&self, cnic: &Cnic, now: Timestamp) -> Result<Ended, AdminError> {
        let (data, status) = self.ending_keys()?;
        Ok(end::release(&self.store, &data, &status, cnic, now).await?)
    }

    fn ending_keys(&self) -> Result<(crate::sealed::DataKeys, SecretKey), KeyFileError> {
        Ok((self.keys.data()?, self.keys.signing(KeyName::Status)?))
    }

    /// Signs a counter's certificate.
    ///
    /// # Errors
    /// [`AdminError`].
    pub fn counter_certificate(&self, desk: &Desk, now: Timestamp) -> Result<Vec<u8>, AdminError> {
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
        let ca = self.keys.signing(KeyName::CounterCa)?;
        issue_counter_certificate(&claims, &ca).map_err(AdminError::Certificate)
    }
}
