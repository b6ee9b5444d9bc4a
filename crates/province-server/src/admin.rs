//! What an operator does. Each is one function, so that a test does the same as the command.
//!
//! Every one works while the service runs: the database takes one writer at a time, and the service reads what is
//! published at each request.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use credential::{
    ConfigContent, CounterCertificateClaims, DAY, ISSUER, IssueError, Names, ProvinceConfig, PublicKey,
    SecretKey, Shape, StatusBundle, StatusPurpose, StatusRef, Timestamp, Vct, issue_counter_certificate,
};
use province_api::artefacts::IDENTITY_LIST;
use province_api::person::Cnic;

use crate::keys::{KeyFileError, KeyFolder, KeyName};
use crate::randomness::Randomness;
use crate::rules::document::{self, DocumentError, DocumentKeys, Form};
use crate::rules::end::{Ended, Ending};
use crate::rules::status::{self, Reach};
use crate::rules::{Fault, kinds, publish};
use crate::store::artefact::{self, Name};
use crate::store::trusted_key::{self, Purpose, TrustedKeyRow};
use crate::store::{Store, StoreError, seal_check, status as status_store};

/// How long the province's own keys serve.
const KEY_DAYS: u64 = 2 * 365;
/// How long a province configuration serves.
const CONFIG_DAYS: u64 = 5 * 365;

/// The keys that a trust list names.
const KEYS: [(KeyName, Purpose); 4] = [
    (KeyName::Issuer, Purpose::Passes),
    (KeyName::CounterCa, Purpose::Counters),
    (KeyName::Types, Purpose::Types),
    (KeyName::Status, Purpose::Status),
];

/// What the status list of people says of each.
const PEOPLE: [StatusPurpose; 2] = [StatusPurpose::Revoked, StatusPurpose::Suspended];

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
    /// The data file of types.
    #[error("the data file of types cannot be read: line {line}, column {column}")]
    TypesFile {
        /// Where it goes wrong.
        line: usize,
        /// Where in the line.
        column: usize,
    },
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
    types: Vec<credential::PassType>,
}

fn types_of(json: &str) -> Result<Vec<credential::PassType>, AdminError> {
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
    /// Makes a province in `folder`: keys, database, first trust list and status manifest. All of it is made in a folder
    /// beside, which gets its name last: whatever ends this half-way leaves nothing that looks like a province. Its
    /// status lists are as large as [`Shape::PROVINCE`].
    ///
    /// # Errors
    /// [`AdminError`], [`KeyFileError::Exists`] if the folder holds a province.
    pub async fn make(
        folder: &Path,
        roots: &[[u8; 32]; 3],
        randomness: &Randomness,
        now: Timestamp,
    ) -> Result<(Self, Published), AdminError> {
        Self::make_with(folder, roots, Shape::PROVINCE, randomness, now).await
    }

    /// Makes a province whose status lists have this shape: room for as many people as a list has bits, less a tenth.
    ///
    /// # Errors
    /// As [`Self::make`].
    pub async fn make_with(
        folder: &Path,
        roots: &[[u8; 32]; 3],
        shape: Shape,
        randomness: &Randomness,
        now: Timestamp,
    ) -> Result<(Self, Published), AdminError> {
        if KeyFolder::new(folder).exist() {
            return Err(KeyFileError::Exists.into());
        }
        if fs::read_dir(folder).is_ok_and(|mut inside| inside.next().is_some()) {
            return Err(AdminError::NotEmpty);
        }
        let beside = beside(folder)?;
        // What an earlier try left.
        match fs::remove_dir_all(&beside) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(AdminError::Folder(error)),
            _ => {}
        }
        let published = Self::make_in(&beside, roots, shape, randomness, now).await?;
        // An empty folder gives way; one that is no longer empty does not.
        match fs::remove_dir(folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(AdminError::Folder(error)),
            _ => {}
        }
        fs::rename(&beside, folder).map_err(AdminError::Folder)?;
        Ok((Self::open(folder).await?, published))
    }

    async fn make_in(
        folder: &Path,
        roots: &[[u8; 32]; 3],
        shape: Shape,
        randomness: &Randomness,
        now: Timestamp,
    ) -> Result<Published, AdminError> {
        let keys = KeyFolder::new(folder);
        keys.make(roots, randomness)?;
        let office = Self {
            folder: folder.to_owned(),
            store: Store::create(folder).await?,
            keys,
        };
        let mut write = office.store.write().await?;
        for (name, purpose) in KEYS {
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
        let check_value = office.keys.data()?.check_value(randomness).map_err(Fault::Seal)?;
        seal_check::add(&mut write, &check_value).await?;
        status_store::make_list(&mut write, IDENTITY_LIST, shape, &PEOPLE).await?;
        let types = office.keys.signing(KeyName::Types)?;
        publish::types(&mut write, types_of(PACKAGED_TYPES)?, &types, now).await?;
        let key = office.keys.signing(KeyName::Status)?;
        let epoch = status::publish(&mut write, &key, now, &[]).await?;
        write.commit().await?;
        let sequence = office.publish_trust(now).await?;
        // The last connection takes the write-ahead log into the one file that is moved.
        office.store.close().await;
        Ok(Published { sequence, epoch })
    }

    /// Opens a province that was made, and looks whether its files belong together.
    ///
    /// # Errors
    /// [`AdminError::NotWhole`]; [`KeyFileError::Other`] if a key is not the one of this database.
    pub async fn open(folder: &Path) -> Result<Self, AdminError> {
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
        if artefact::newest(&mut db, Name::TrustList).await?.is_none() {
            return Err(AdminError::NotWhole("it has no trust list"));
        }
        if artefact::newest(&mut db, Name::TypeRegister).await?.is_none() {
            return Err(AdminError::NotWhole("it has no type register"));
        }
        let check_value = seal_check::find(&mut db).await?;
        let check_value = check_value.ok_or(AdminError::NotWhole("it has no check value of its data key"))?;
        let trusted = trusted_key::all(&mut db).await?;
        for (name, purpose) in KEYS {
            // A machine that only serves need not have the keys that certify counters and sign registers.
            if matches!(name, KeyName::CounterCa | KeyName::Types) && !self.keys.has(name) {
                continue;
            }
            let key = self.keys.signing(name)?.public();
            let is_named = trusted
                .iter()
                .any(|row| row.purpose == purpose && row.key == *key.as_bytes());
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

    /// Signs and publishes the next type register from a data file as assets/types/types.json is one.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn publish_types(&self, json: &str, now: Timestamp) -> Result<PublishedTypes, AdminError> {
        let types = types_of(json)?;
        let key = self.keys.signing(KeyName::Types)?;
        let mut write = self.store.write().await?;
        let before = kinds::published(&mut write).await?;
        let is_new = types.iter().any(|kind| before.find(&kind.vct).is_none());
        let sequence = publish::types(&mut write, types, &key, now).await?;
        // A kind may have a status list that the manifest does not name yet.
        let key = self.keys.signing(KeyName::Status)?;
        let epoch = status::publish(&mut write, &key, now, &[]).await?;
        write.commit().await?;
        Ok(PublishedTypes {
            sequence,
            epoch,
            trust_due: is_new,
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
        Ok(document::grant(&self.store, &self.document_keys()?, form, now, randomness).await?)
    }

    /// Withdraws a citizen's document.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn withdraw(&self, cnic: &Cnic, vct: &Vct, now: Timestamp) -> Result<(), AdminError> {
        Ok(document::withdraw(&self.store, &self.document_keys()?, cnic, vct, now).await?)
    }

    /// The bytes of the printed form of a citizen's document.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn paper(&self, cnic: &Cnic, vct: &Vct, now: Timestamp) -> Result<Vec<u8>, AdminError> {
        Ok(document::paper(&self.store, &self.document_keys()?, cnic, vct, now).await?)
    }

    fn document_keys(&self) -> Result<DocumentKeys, KeyFileError> {
        Ok(DocumentKeys {
            issuer: self.keys.signing(KeyName::Issuer)?,
            status: self.keys.signing(KeyName::Status)?,
            data: self.keys.data()?,
        })
    }

    /// Revokes a citizen's passes.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn revoke(&self, cnic: &Cnic, now: Timestamp) -> Result<Ended, AdminError> {
        self.end(async |ending| ending.revoke(cnic, now).await).await
    }

    /// Suspends a citizen's passes until [`Self::resume`].
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn suspend(&self, cnic: &Cnic, now: Timestamp) -> Result<Ended, AdminError> {
        self.end(async |ending| ending.suspend(cnic, now).await).await
    }

    /// Lifts the suspension of a citizen's passes.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn resume(&self, cnic: &Cnic, now: Timestamp) -> Result<Ended, AdminError> {
        self.end(async |ending| ending.resume(cnic, now).await).await
    }

    /// Ends a citizen's enrolment, so that they may enrol on a new device.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn release(&self, cnic: &Cnic, now: Timestamp) -> Result<Ended, AdminError> {
        self.end(async |ending| ending.release(cnic, now).await).await
    }

    /// Uses up a document that holds for one deed.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn consume(&self, at: &StatusRef, now: Timestamp) -> Result<Ended, AdminError> {
        self.end(async |ending| ending.consume(at, now).await).await
    }

    async fn end(
        &self,
        what: impl AsyncFnOnce(&Ending<'_>) -> Result<Ended, Fault>,
    ) -> Result<Ended, AdminError> {
        let (data, status_key) = (self.keys.data()?, self.keys.signing(KeyName::Status)?);
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

/// The folder in which a new province is made: beside its own, so that one move brings it there.
fn beside(folder: &Path) -> Result<PathBuf, AdminError> {
    let no_name = || AdminError::Folder(ErrorKind::InvalidInput.into());
    let mut name = std::ffi::OsString::from(".");
    name.push(folder.file_name().ok_or_else(no_name)?);
    name.push(".unfinished");
    Ok(folder.with_file_name(name))
}
