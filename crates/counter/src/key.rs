//! The station's key: 32 random bytes in a file that only its owner may read.
//!
//! The counter certificate binds it to the desk's name, so whoever copies it can pose as this desk.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use credential::SecretKey;
use zeroize::Zeroizing;

/// The station's key could not be made or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// There is no key yet.
    #[error("there is no station key yet; make one with `counter key`")]
    Missing,
    /// Others than the owner may read the file.
    #[error(
        "others may read the station key; set its mode to 0600 and have a new certificate made if somebody did"
    )]
    OpenToOthers,
    /// The file does not hold a key.
    #[error("the station key's file is damaged")]
    Damaged,
    /// The file could not be written or read.
    #[error("the station key's file could not be written or read")]
    File(#[from] io::Error),
}

fn path(data: &Path) -> PathBuf {
    data.join("station.key")
}

/// The key in this data folder.
///
/// # Errors
/// [`KeyFileError`].
pub fn load(data: &Path) -> Result<SecretKey, KeyFileError> {
    let path = path(data);
    let metadata = fs::metadata(&path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => KeyFileError::Missing,
        _ => KeyFileError::File(error),
    })?;
    only_owner_may_read(&metadata)?;
    let bytes = Zeroizing::new(fs::read(&path)?);
    let seed: [u8; 32] = bytes.as_slice().try_into().map_err(|_| KeyFileError::Damaged)?;
    let seed = Zeroizing::new(seed);
    Ok(SecretKey::from_seed(*seed))
}

/// The key in this data folder, made from `seed` if there is none yet.
///
/// # Errors
/// [`KeyFileError`].
pub fn load_or_make(data: &Path, seed: &Zeroizing<[u8; 32]>) -> Result<SecretKey, KeyFileError> {
    match load(data) {
        Err(KeyFileError::Missing) => {}
        other => return other,
    }
    fs::create_dir_all(data)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path(data))?;
    file.write_all(seed.as_slice())?;
    file.sync_all()?;
    load(data)
}

#[cfg(unix)]
fn only_owner_may_read(metadata: &fs::Metadata) -> Result<(), KeyFileError> {
    use std::os::unix::fs::PermissionsExt as _;
    let others = metadata.permissions().mode() & 0o077;
    if others == 0 {
        Ok(())
    } else {
        Err(KeyFileError::OpenToOthers)
    }
}

#[cfg(not(unix))]
fn only_owner_may_read(_: &fs::Metadata) -> Result<(), KeyFileError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]

    use super::*;

    #[test]
    fn the_key_is_made_once_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(load(folder.path()), Err(KeyFileError::Missing)));
        let first = load_or_make(folder.path(), &Zeroizing::new([1; 32])).unwrap();
        let again = load_or_make(folder.path(), &Zeroizing::new([2; 32])).unwrap();
        assert_eq!(first.public().as_bytes(), again.public().as_bytes());
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_may_read_is_not_used() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        load_or_make(folder.path(), &Zeroizing::new([1; 32])).unwrap();
        let path = path(folder.path());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(load(folder.path()), Err(KeyFileError::OpenToOthers)));
    }

    #[test]
    fn a_damaged_key_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        load_or_make(folder.path(), &Zeroizing::new([1; 32])).unwrap();
        fs::write(path(folder.path()), [1; 31]).unwrap();
        assert!(matches!(load(folder.path()), Err(KeyFileError::Damaged)));
    }
}
