//! A backup of a province whose database is SQLite: a copy that was opened and verified before it is called one.
//!
//! It holds the database alone. Keys and the public roots are backed up apart from it, once for each key: who finds the one
//! can read nothing without the other. A database in PostgreSQL is backed up by PostgreSQL (docs/operations.md).

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use credential::{RootSet, Timestamp, Vct};
use serde_json::json;

use crate::admin::{AdminError, Office};
use crate::audit::{Action, Head};
use crate::rules::applications::{dispatch_reader, reader_of};
use crate::rules::{audit, status};
use crate::store::artefact::{self, Name};
use crate::store::lock::Lock;
use crate::store::{DATABASE_FILE, Place, Store, application, person, system_key};

/// What a backup holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackedUp {
    /// How many bytes it has.
    pub bytes: u64,
    /// Epoch of its status manifest.
    pub epoch: u64,
    /// The last entry of its audit log.
    pub audit: Head,
}

impl Office {
    /// Writes a copy of the database into a new file while services go on, opens it with this province's keys, looks at
    /// every page and at the whole audit log, and only then gives it its name.
    ///
    /// # Errors
    /// [`AdminError::BackupElsewhere`], [`AdminError::BackupExists`], [`AdminError::Backup`], and
    /// [`AdminError::BackupUnsound`]; then there is no file of this name.
    pub async fn back_up(&self, out: &Path, now: Timestamp) -> Result<BackedUp, AdminError> {
        if !self.store.is_one_file().await? {
            return Err(AdminError::BackupElsewhere);
        }
        if out.exists() {
            return Err(AdminError::BackupExists);
        }
        let beside = beside(out);
        make_private(&beside).map_err(AdminError::Backup)?;
        let made = self.copy_and_verify(&beside, now).await;
        let made = made.and_then(|made| {
            put(&beside.join(DATABASE_FILE), out).map_err(AdminError::Backup)?;
            Ok(made)
        });
        // What is left of a copy that is none, or the empty folder of one that is.
        let _ = fs::remove_dir_all(&beside);
        made
    }

    async fn copy_and_verify(&self, folder: &Path, now: Timestamp) -> Result<BackedUp, AdminError> {
        let file = folder.join(DATABASE_FILE);
        self.store.copy_to(&file).await?;
        only_for_its_owner(&file).map_err(AdminError::Backup)?;
        let copy = Self {
            folder: folder.to_owned(),
            keys: self.keys.clone(),
            store: Store::open(&Place::from(folder)).await?,
            by: self.by.clone(),
        };
        let verified = copy.verified(&self.public_roots()?, now).await;
        copy.close().await;
        let (epoch, audit) = verified?;
        let bytes = fs::metadata(&file).map_err(AdminError::Backup)?.len();
        Ok(BackedUp { bytes, epoch, audit })
    }

    async fn verified(&self, roots: &RootSet, now: Timestamp) -> Result<(u64, Head), AdminError> {
        self.look_over().await?;
        if !self.store.is_sound().await? {
            return Err(AdminError::BackupUnsound("database_damaged"));
        }
        let looked = self.look_at_chain(&[], roots, now).await?;
        if let Some(wrong) = looked.wrong {
            return Err(AdminError::BackupUnsound(wrong.code()));
        }
        let manifest = artefact::newest(&mut *self.store.read().await?, Name::StatusManifest).await?;
        let manifest = manifest.ok_or(AdminError::BackupUnsound("no_status_manifest"))?;
        Ok((manifest.sequence, looked.head))
    }
}

/// By how much the numbers of a restored province are raised: more than could have been given since the backup.
const STEP: u64 = 1_000_000;

impl Office {
    /// Raises every number that others go on from, in a database that is older than what they know: the epoch, that of each
    /// office's and platform's feed, and that of each citizen's. What was given out after the backup is never given again
    /// to something else, so nobody who goes on from there misses what is new. Once, before the restored database is
    /// served. Gives the epoch.
    ///
    /// # Errors
    /// [`AdminError`]; then nothing changed.
    pub async fn restored(&self, now: Timestamp) -> Result<u64, AdminError> {
        let key = self.key_for(Vct::STATUS_MANIFEST, now).await?;
        let mut write = self.store.write_with(Lock::Published).await?;
        // Also of who was told of nothing yet: what they were told since is not known here.
        for key in system_key::all(&mut write).await? {
            let office = key.office.as_deref().map(reader_of);
            for reader in office.into_iter().chain([dispatch_reader(&key.name)]) {
                application::begin_reader(&mut write, &reader).await?;
            }
        }
        application::skip(&mut write, STEP).await?;
        person::skip_events(&mut write, STEP).await?;
        let epoch = status::publish_after(&mut write, &key, now, &[], STEP).await?;
        let what = json!({ "step": STEP, "epoch": epoch });
        audit::note(&mut write, &self.by, Action::Restored, None, &what, now).await?;
        write.commit().await?;
        Ok(epoch)
    }
}

/// Where a copy is made: on the same disk, so that it can be given its name at once.
fn beside(out: &Path) -> PathBuf {
    let mut name: OsString = out.as_os_str().to_owned();
    name.push(".unfinished");
    name.into()
}

fn make_private(folder: &Path) -> std::io::Result<()> {
    // Of a backup that broke off.
    if folder.is_dir() {
        fs::remove_dir_all(folder)?;
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn only_for_its_owner(file: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

/// Gives it its name once all of it is on the disk.
fn put(file: &Path, out: &Path) -> std::io::Result<()> {
    File::open(file)?.sync_all()?;
    fs::rename(file, out)?;
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}
