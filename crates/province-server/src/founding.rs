//! Making a province: its keys, its database, and what it publishes first.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use credential::{PublicKey, RiskRule, RootKind, RootSet, SecretKey, Shape, StatusPurpose, Timestamp, Vct};
use province_api::artefacts::IDENTITY_LIST;
use province_api::rules::RulesFile;

use crate::admin::{AdminError, Desks, Office, Published, ROOTS_FILE};
use crate::audit::Actor;
use crate::key_admin::{KEY_DAYS, new_row};
use crate::keys::{KeyFileError, KeyFolder, KeyName, KeyPlace, ProvinceKey};
use province_api::catalogue::packaged::packaged;

use crate::public_roots;
use crate::publish_admin::{PACKAGED_TYPES, types_of};
use crate::randomness::Randomness;
use crate::rules::{Fault, publish, status};
use crate::store::lock::Lock;
use crate::store::trusted_key;
use crate::store::{Place, Store, seal_check, status as status_store};

/// What the status list of people says of each.
const PEOPLE: [StatusPurpose; 2] = [StatusPurpose::Revoked, StatusPurpose::Suspended];

/// The risk rules that a province begins with.
const FIRST_RULES: &str = include_str!("../../../assets/rules/rules.json");

/// The roots of a new province.
#[derive(Clone, Copy, Debug)]
pub enum NewRoots<'a> {
    /// Their seeds, which are kept in the data folder and sign the first trust list: for tests and demonstrations.
    Here(&'a [[u8; 32]; 3]),
    /// Their public halves. They are kept elsewhere, and there is no trust list until one that they signed is published.
    Elsewhere(&'a RootSet),
}

impl NewRoots<'_> {
    fn seeds(&self) -> &[[u8; 32]] {
        match self {
            Self::Here(seeds) => *seeds,
            Self::Elsewhere(_) => &[],
        }
    }

    fn public(&self) -> Result<RootSet, AdminError> {
        match self {
            Self::Here(seeds) => {
                let public = seeds.map(|seed| SecretKey::from_seed(seed).public());
                RootSet::new(RootKind::Test, public).map_err(|_| AdminError::Roots)
            }
            Self::Elsewhere(public) => Ok((*public).clone()),
        }
    }
}

/// What is chosen of a new province, and stays.
#[derive(Debug)]
pub struct NewProvince<'a> {
    /// Its roots.
    pub roots: NewRoots<'a>,
    /// How its status lists are cut: room for as many people as a list has bits, less a tenth.
    pub shape: Shape,
    /// Where its signing keys lie.
    pub keys: KeyPlace,
}

/// What one of the first keys may sign.
fn allowed(name: KeyName) -> Vec<Vct> {
    match name {
        KeyName::Issuer => vec![Vct::IDENTITY],
        KeyName::Types => vec![Vct::TYPE_REGISTER],
        KeyName::CounterCa => vec![Vct::COUNTER_CERTIFICATE],
        KeyName::Status => vec![Vct::STATUS_MANIFEST],
        KeyName::Rules => vec![Vct::RISK_RULES],
        KeyName::Cards => vec![Vct::PAPER_CARD],
        KeyName::Catalogue => vec![Vct::CATALOGUE],
        KeyName::Audit => vec![Vct::AUDIT_LOG],
        KeyName::Webhooks => vec![Vct::WEBHOOK],
        KeyName::Added(_) | KeyName::Data | KeyName::Root(_) => Vec::new(),
    }
}

impl Office {
    /// Makes a province with its roots here, lists as large as [`Shape::PROVINCE`], and keys in files.
    ///
    /// # Errors
    /// As [`Self::found`].
    pub async fn make(
        place: impl Into<Place>,
        roots: &[[u8; 32]; 3],
        randomness: &Randomness,
        now: Timestamp,
    ) -> Result<(Self, Published), AdminError> {
        Self::make_with(place, roots, Shape::PROVINCE, randomness, now).await
    }

    /// The same with status lists of this shape.
    ///
    /// # Errors
    /// As [`Self::found`].
    pub async fn make_with(
        place: impl Into<Place>,
        roots: &[[u8; 32]; 3],
        shape: Shape,
        randomness: &Randomness,
        now: Timestamp,
    ) -> Result<(Self, Published), AdminError> {
        let chosen = NewProvince {
            roots: NewRoots::Here(roots),
            shape,
            keys: KeyPlace::Files,
        };
        Self::found(place, chosen, randomness, now).await
    }

    /// Makes a province in `folder`: keys, database, first trust list and status manifest. All of it is made in a folder
    /// beside, which gets its name last: whatever ends this half-way leaves nothing that looks like a province. Keys
    /// that were made in a token by then stay there and sign nothing.
    ///
    /// # Errors
    /// [`AdminError`], [`KeyFileError::Exists`] if the folder holds a province.
    pub async fn found(
        place: impl Into<Place>,
        chosen: NewProvince<'_>,
        randomness: &Randomness,
        now: Timestamp,
    ) -> Result<(Self, Published), AdminError> {
        let place = place.into();
        let folder = place.folder();
        let NewProvince { roots, shape, keys } = chosen;
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
        let keys = KeyFolder::in_place(&beside, keys)?;
        let published =
            Self::make_in(&place.in_folder(&beside), roots, shape, &keys, randomness, now).await?;
        // An empty folder gives way; one that is no longer empty does not.
        match fs::remove_dir(folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(AdminError::Folder(error)),
            _ => {}
        }
        fs::rename(&beside, folder).map_err(AdminError::Folder)?;
        let office = Self::open_by(&place, keys.moved_to(folder)).await?;
        Ok((office, published))
    }

    async fn make_in(
        place: &Place,
        roots: NewRoots<'_>,
        shape: Shape,
        keys: &KeyFolder,
        randomness: &Randomness,
        now: Timestamp,
    ) -> Result<Published, AdminError> {
        let first = keys.make(roots.seeds(), randomness)?;
        let office = Self {
            folder: place.folder().to_owned(),
            store: Store::create(place).await?,
            keys: keys.clone(),
            by: Actor::OPERATOR,
        };
        let published = office.begin(roots, shape, &first, randomness, now).await;
        // The last connection takes the write-ahead log into the one file that is moved.
        office.close().await;
        published
    }

    async fn begin(
        &self,
        roots: NewRoots<'_>,
        shape: Shape,
        first: &[(KeyName, PublicKey)],
        randomness: &Randomness,
        now: Timestamp,
    ) -> Result<Published, AdminError> {
        let pinned = public_roots::write(&roots.public()?);
        fs::write(self.folder.join(ROOTS_FILE), pinned).map_err(AdminError::Folder)?;
        let types = types_of(PACKAGED_TYPES)?;
        let mut write = self.store.write_with(Lock::Published).await?;
        for (name, key) in first {
            // Passes carry only the day of issue, so a key serves from that day's beginning.
            let row = new_row(key, allowed(*name), now.start_of_day(), KEY_DAYS);
            trusted_key::add(&mut write, &row).await?;
        }
        let check_value = self.keys.data()?.check_value(randomness).map_err(Fault::Seal)?;
        seal_check::add(&mut write, &check_value).await?;
        status_store::make_list(&mut write, IDENTITY_LIST, shape, &PEOPLE).await?;
        let key = |name| self.first_key(first, name);
        publish::types(&mut write, types.clone(), &key(KeyName::Types)?, now).await?;
        self.add_keys_for_new(&mut write, &types, randomness, (now.start_of_day(), now))
            .await?;
        let epoch = status::publish(&mut write, &key(KeyName::Status)?, now, &[]).await?;
        publish::risk_rules(&mut write, &key(KeyName::Rules)?, first_rules()?, now).await?;
        let content = packaged().map_err(AdminError::CatalogueFolder)?.content();
        publish::catalogue(&mut write, &key(KeyName::Catalogue)?, content, now).await?;
        write.commit().await?;
        let sequence = match roots {
            NewRoots::Elsewhere(_) => None,
            NewRoots::Here(_) => Some(self.publish_trust(Desks::MustDecide, now).await?.sequence),
        };
        Ok(Published { sequence, epoch })
    }

    fn first_key(&self, first: &[(KeyName, PublicKey)], name: KeyName) -> Result<ProvinceKey, KeyFileError> {
        let (_, key) = first
            .iter()
            .find(|(of, _)| *of == name)
            .ok_or(KeyFileError::NoFile)?;
        self.keys.signing_of(key.as_bytes())
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

/// The rules that a province begins with.
fn first_rules() -> Result<Vec<RiskRule>, AdminError> {
    let file: RulesFile =
        serde_json::from_str(FIRST_RULES).map_err(|e| AdminError::RulesFile(e.to_string()))?;
    file.rules().map_err(|e| AdminError::RulesFile(e.to_string()))
}
