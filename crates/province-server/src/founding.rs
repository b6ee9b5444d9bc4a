//! Making a province: its keys, its database, and what it publishes first.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use credential::{
    DAY, PassType, RiskRule, RootKind, RootSet, SecretKey, Shape, StatusPurpose, Timestamp, Vct,
};
use province_api::artefacts::IDENTITY_LIST;
use province_api::rules::RulesFile;

use crate::admin::{AdminError, Desks, KEYS, Office, Published, ROOTS_FILE};
use crate::keys::{KeyFileError, KeyFolder, KeyName};
use crate::public_roots;
use crate::publish_admin::{PACKAGED_CATALOGUE, PACKAGED_TYPES, catalogue_of, types_of};
use crate::randomness::Randomness;
use crate::rules::{Fault, publish, status};
use crate::store::lock::Lock;
use crate::store::trusted_key::{self, TrustedKeyRow};
use crate::store::{Place, Store, seal_check, status as status_store};

/// How long the province's own keys serve.
const KEY_DAYS: u64 = 2 * 365;
/// What the status list of people says of each.
const PEOPLE: [StatusPurpose; 2] = [StatusPurpose::Revoked, StatusPurpose::Suspended];

/// The risk rules that a province begins with.
const FIRST_RULES: &str = include_str!("../../../assets/rules/rules.json");

/// What one of the first keys may sign.
fn allowed(name: KeyName, types: &[PassType]) -> Vec<Vct> {
    match name {
        KeyName::Issuer => types.iter().map(|kind| kind.vct).collect(),
        KeyName::Types => vec![Vct::TYPE_REGISTER],
        KeyName::CounterCa => vec![Vct::COUNTER_CERTIFICATE],
        KeyName::Status => vec![Vct::STATUS_MANIFEST],
        KeyName::Rules => vec![Vct::RISK_RULES],
        KeyName::Cards => vec![Vct::PAPER_CARD],
        KeyName::Catalogue => vec![Vct::CATALOGUE],
        KeyName::Added(_) | KeyName::Data | KeyName::Root(_) => Vec::new(),
    }
}

impl Office {
    /// Makes a province: keys, database, first trust list and status manifest. All of it is made in a folder beside, which
    /// gets its name last: whatever ends this half-way leaves nothing that looks like a province. (What it leaves in a
    /// PostgreSQL database is refused by the next try, which wants an empty one.) Its status lists are as large as
    /// [`Shape::PROVINCE`].
    ///
    /// # Errors
    /// [`AdminError`], [`KeyFileError::Exists`] if the folder holds a province.
    pub async fn make(
        place: impl Into<Place>,
        roots: &[[u8; 32]; 3],
        randomness: &Randomness,
        now: Timestamp,
    ) -> Result<(Self, Published), AdminError> {
        Self::make_with(place, roots, Shape::PROVINCE, randomness, now).await
    }

    /// Makes a province whose status lists have this shape: room for as many people as a list has bits, less a tenth.
    ///
    /// # Errors
    /// As [`Self::make`].
    pub async fn make_with(
        place: impl Into<Place>,
        roots: &[[u8; 32]; 3],
        shape: Shape,
        randomness: &Randomness,
        now: Timestamp,
    ) -> Result<(Self, Published), AdminError> {
        let public = roots.map(|seed| SecretKey::from_seed(seed).public());
        let public = RootSet::new(RootKind::Test, public).map_err(|_| AdminError::Roots)?;
        Self::make_under(place.into(), &public, roots, shape, randomness, now).await
    }

    /// Makes a province whose roots are kept elsewhere: it has no trust list until one that they signed is published.
    ///
    /// # Errors
    /// As [`Office::make`].
    pub async fn make_without_roots(
        place: impl Into<Place>,
        roots: &RootSet,
        randomness: &Randomness,
        now: Timestamp,
    ) -> Result<(Self, Published), AdminError> {
        Self::make_under(place.into(), roots, &[], Shape::PROVINCE, randomness, now).await
    }

    async fn make_under(
        place: Place,
        public: &RootSet,
        roots: &[[u8; 32]],
        shape: Shape,
        randomness: &Randomness,
        now: Timestamp,
    ) -> Result<(Self, Published), AdminError> {
        let folder = place.folder();
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
        let published =
            Self::make_in(&place.in_folder(&beside), public, roots, shape, randomness, now).await?;
        // An empty folder gives way; one that is no longer empty does not.
        match fs::remove_dir(folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(AdminError::Folder(error)),
            _ => {}
        }
        fs::rename(&beside, folder).map_err(AdminError::Folder)?;
        Ok((Self::open_unlisted(place).await?, published))
    }

    async fn make_in(
        place: &Place,
        public: &RootSet,
        roots: &[[u8; 32]],
        shape: Shape,
        randomness: &Randomness,
        now: Timestamp,
    ) -> Result<Published, AdminError> {
        let keys = KeyFolder::new(place.folder());
        keys.make(roots, randomness)?;
        let office = Self {
            folder: place.folder().to_owned(),
            store: Store::create(place).await?,
            keys,
        };
        let published = office.found(public, roots, shape, randomness, now).await;
        // The last connection takes the write-ahead log into the one file that is moved.
        office.close().await;
        published
    }

    async fn found(
        &self,
        public: &RootSet,
        roots: &[[u8; 32]],
        shape: Shape,
        randomness: &Randomness,
        now: Timestamp,
    ) -> Result<Published, AdminError> {
        let pinned = public_roots::write(public);
        fs::write(self.folder.join(ROOTS_FILE), pinned).map_err(AdminError::Folder)?;
        let types = types_of(PACKAGED_TYPES)?;
        let mut write = self.store.write_with(Lock::Published).await?;
        for name in KEYS {
            let row = TrustedKeyRow {
                key: *self.keys.signing(name)?.public().as_bytes(),
                allowed: allowed(name, &types),
                // Passes carry only the day of issue, so a key serves from that day's beginning.
                valid_from: now.start_of_day().unix(),
                valid_until: now.start_of_day().plus(KEY_DAYS * DAY).unix(),
                retired_at: None,
                revoked_at: None,
                listed: Vec::new(),
            };
            trusted_key::add(&mut write, &row).await?;
        }
        let check_value = self.keys.data()?.check_value(randomness).map_err(Fault::Seal)?;
        seal_check::add(&mut write, &check_value).await?;
        status_store::make_list(&mut write, IDENTITY_LIST, shape, &PEOPLE).await?;
        let register = self.keys.signing(KeyName::Types)?;
        publish::types(&mut write, types, &register, now).await?;
        let key = self.keys.signing(KeyName::Status)?;
        let epoch = status::publish(&mut write, &key, now, &[]).await?;
        let rules = self.keys.signing(KeyName::Rules)?;
        publish::risk_rules(&mut write, &rules, first_rules()?, now).await?;
        let catalogue = self.keys.signing(KeyName::Catalogue)?;
        let content = catalogue_of(PACKAGED_CATALOGUE)?.content();
        publish::catalogue(&mut write, &catalogue, content, now).await?;
        write.commit().await?;
        let sequence = match roots {
            [] => None,
            _ => Some(self.publish_trust(Desks::MustDecide, now).await?.sequence),
        };
        Ok(Published { sequence, epoch })
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
