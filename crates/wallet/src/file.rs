//! Files that are whole or absent, whenever the power goes.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use credential::Timestamp;
use province_api::person::Day;

/// Writes a file so that a reader sees the old one or the new one, never half of it.
///
/// The new one is synced before it takes the name, and the folder after, for the owner's eyes only.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = path.with_added_extension("new");
    let mut file = private(OpenOptions::new().write(true).create(true).truncate(true)).open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(&temporary, path)?;
    sync_folder(path)
}

/// A name in this folder that no file has yet, with the day and nothing of whose it is: an older file is never overwritten.
pub(crate) fn free_name(folder: &Path, stem: &str, extension: &str, now: Timestamp) -> PathBuf {
    let day = Day::at_unix(now.unix());
    let mut path = folder.join(format!("{stem}-{day}.{extension}"));
    let mut number = 1;
    while path.exists() {
        number += 1;
        path = folder.join(format!("{stem}-{day}-{number}.{extension}"));
    }
    path
}

/// The last part of a path, for a screen.
pub(crate) fn last_part(path: &Path) -> String {
    let name = path.file_name();
    name.map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// Syncs the folder that holds `path`, so that a rename in it survives the power.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    // Only Unix lets a folder be opened and synced; elsewhere the rename is all there is.
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Removes a file. One that is not there is removed already.
#[cfg(feature = "file-key-store")]
pub(crate) fn remove_if_there(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Syncs one file that somebody else wrote.
pub(crate) fn sync_file(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Makes the folder, for its owner only.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(path)
}

/// Takes the folder for this program alone, until the file is dropped or the program ends, however it ends.
///
/// # Errors
/// `WouldBlock` when another program has it.
pub(crate) fn take_folder(path: &Path) -> io::Result<File> {
    let file =
        private(OpenOptions::new().write(true).create(true).truncate(false)).open(path.join("in-use"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
        // No such locks on this system, which then runs an app once by itself, as phones do.
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(file),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
}
