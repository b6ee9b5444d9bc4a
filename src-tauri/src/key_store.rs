//! Where this device keeps its own secret, `K_device`.
//!
//! Without a key store there is no vault: a PIN of six digits alone would protect nothing against
//! whoever copies the folder. The phones' stores are not connected yet, so the app as it is released
//! answers `key_store_unavailable`. Tests and demonstrations are built with the feature
//! `file-key-store`, and even that never serves real roots.

use std::path::Path;

use credential::RootKind;
use wallet::device_key::{DeviceKey, DeviceKeyStore, KeyStoreError};

/// The key store of this device.
pub fn of_this_device(folder: &Path, roots: RootKind) -> Box<dyn DeviceKeyStore> {
    #[cfg(feature = "file-key-store")]
    if roots == RootKind::Test {
        return Box::new(wallet::device_key::FileDeviceKey::new(folder.join("device.key")));
    }
    let _ = (folder, roots);
    Box::new(Absent)
}

/// There is no key store.
struct Absent;

impl DeviceKeyStore for Absent {
    fn get(&self) -> Result<Option<DeviceKey>, KeyStoreError> {
        Err(KeyStoreError { source: None })
    }

    fn get_or_create(&self, _fresh: &DeviceKey) -> Result<DeviceKey, KeyStoreError> {
        Err(KeyStoreError { source: None })
    }
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
    fn real_roots_never_get_a_key_from_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let fresh = DeviceKey::new([7; 32]);
        assert!(
            of_this_device(folder.path(), RootKind::Real)
                .get_or_create(&fresh)
                .is_err()
        );
        let test = of_this_device(folder.path(), RootKind::Test).get_or_create(&fresh);
        assert_eq!(test.is_ok(), cfg!(feature = "file-key-store"));
        assert_eq!(
            std::fs::read_dir(folder.path()).unwrap().count(),
            usize::from(cfg!(feature = "file-key-store"))
        );
    }
}
