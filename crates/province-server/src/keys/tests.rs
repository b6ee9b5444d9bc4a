//! Keys in files: who opens them, and who may read them.
#![allow(clippy::unwrap_used)]

use std::fs;

use super::*;
use crate::randomness::tests::counting;

#[test]
fn keys_open_with_their_identity_and_with_no_other() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let folder = KeyFolder::new(&one.path().join("province"));
    folder.make(&[[1; 32], [2; 32], [3; 32]], &counting()).unwrap();
    let root = folder.root(1).unwrap();
    assert_eq!(
        root.public().as_bytes(),
        SecretKey::from_seed([2; 32]).public().as_bytes()
    );
    folder.serving().unwrap();

    let other = KeyFolder::new(two.path());
    other.make(&[[1; 32], [2; 32], [3; 32]], &counting()).unwrap();
    fs::copy(other.files.identity_file(), folder.files.identity_file()).unwrap();
    assert!(matches!(folder.serving(), Err(KeyFileError::Locked)));
    fs::write(folder.files.identity_file(), "AGE-SECRET-KEY-NONE").unwrap();
    assert!(matches!(folder.serving(), Err(KeyFileError::Identity)));
    fs::remove_file(folder.files.identity_file()).unwrap();
    assert!(matches!(folder.serving(), Err(KeyFileError::File(_))));
}

#[test]
fn an_identity_that_was_moved_elsewhere_opens_them_from_there_and_nothing_in_the_folder_does() {
    let (data, secrets) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let keys = KeyFolder::new(data.path());
    keys.make(&[[1; 32], [2; 32], [3; 32]], &counting()).unwrap();
    let elsewhere = secrets.path().join("identity");
    fs::rename(keys.files.identity_file(), &elsewhere).unwrap();
    let of = |identity| KeyFolder::of(data.path(), identity, None).unwrap();
    of(Some(elsewhere.as_path())).serving().unwrap();
    assert!(matches!(of(None).serving(), Err(KeyFileError::File(_))));
}

#[test]
fn no_key_lies_open_in_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let keys = KeyFolder::new(folder.path());
    keys.make(&[[0x51; 32], [0x52; 32], [0x53; 32]], &counting())
        .unwrap();
    for file in fs::read_dir(folder.path().join("keys")).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        assert!(bytes.starts_with(b"age-encryption.org/v1\n"));
        assert!(!bytes.windows(16).any(|w| w == [0x52; 16]));
    }
}

#[test]
fn keys_are_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let keys = KeyFolder::new(folder.path());
    keys.make(&[[1; 32], [2; 32], [3; 32]], &counting()).unwrap();
    let again = keys.make(&[[1; 32], [2; 32], [3; 32]], &counting());
    assert!(matches!(again, Err(KeyFileError::Exists)));
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_them() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let keys = KeyFolder::new(folder.path());
    keys.make(&[[1; 32], [2; 32], [3; 32]], &counting()).unwrap();
    for file in [keys.files.identity_file(), &keys.files.file(KeyName::Issuer)] {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    for mode in [0o644, 0o640, 0o604] {
        fs::set_permissions(keys.files.identity_file(), fs::Permissions::from_mode(mode)).unwrap();
        assert!(matches!(keys.serving(), Err(KeyFileError::OpenToOthers)));
    }
}
