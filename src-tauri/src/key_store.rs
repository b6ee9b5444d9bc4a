//! Where this device keeps its own secrets: the system's keyring, for each profile by its random name.
//!
//! Linux desktops have the Secret Service, Windows the Credential Manager, Android the Keystore, Apple's systems protected
//! data. Without one there is no vault: a PIN of six digits alone would protect nothing against whoever copies the folder,
//! so the wallet answers `key_store_unavailable`. Tests and demonstrations are built with the feature `file-key-store`, and
//! even that never serves real roots, nor an optimised build unless a measurement asks for it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use credential::RootKind;
use keyring_core::{CredentialStore, Entry, Error};
use wallet::key_store::{Item, KeyStore, KeyStoreError, ProfileName, Secret};

/// The name under which the system shows the app's entries to its owner.
const SERVICE: &str = "pk.gov.kp.khyberpass";

/// The key store of this device.
pub fn of_this_device(folder: &Path, roots: RootKind) -> Box<dyn KeyStore> {
    #[cfg(feature = "file-key-store")]
    if roots == RootKind::Test && may_use_files(cfg!(debug_assertions)) {
        return Box::new(wallet::key_store::FileKeyStore::new(folder.join("keys")));
    }
    let _ = (folder, roots);
    Box::new(SystemKeys::new(system_store))
}

/// A build for citizens is an optimised one. `cargo xtask bench` measures such a build with test citizens and says so.
#[cfg(feature = "file-key-store")]
fn may_use_files(unoptimised: bool) -> bool {
    unoptimised || std::env::var_os("KHYBER_BENCH").is_some()
}

#[cfg(target_os = "linux")]
fn system_store() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(dbus_secret_service_keyring_store::Store::new()?)
}

#[cfg(target_vendor = "apple")]
fn system_store() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(apple_native_keyring_store::protected::Store::new()?)
}

#[cfg(target_os = "android")]
fn system_store() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(android_native_keyring_store::Store::new()?)
}

#[cfg(windows)]
fn system_store() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(windows_native_keyring_store::Store::new()?)
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple", target_os = "android", windows)))]
fn system_store() -> keyring_core::Result<Arc<CredentialStore>> {
    Err(Error::NoDefaultStore)
}

/// How an entry is to be guarded, where the system can be told: Apple's keeps these on this device, out of every backup, and
/// gives the last of them only to the enrolled finger or face.
fn guard(item: Item) -> Option<HashMap<&'static str, &'static str>> {
    let policy = match item {
        Item::BiometricKey => "require-user-presence",
        Item::DeviceKey | Item::Attempts => "when-unlocked-this-device-only",
    };
    cfg!(target_vendor = "apple").then(|| HashMap::from([("access-policy", policy)]))
}

type Opening = fn() -> keyring_core::Result<Arc<CredentialStore>>;

/// The system's keyring, asked for when it is first needed: a desktop may start it late.
struct SystemKeys {
    open: Opening,
    store: Mutex<Option<Arc<CredentialStore>>>,
}

impl SystemKeys {
    fn new(open: Opening) -> Self {
        Self {
            open,
            store: Mutex::new(None),
        }
    }

    fn entry(&self, profile: &ProfileName, item: Item) -> Result<Entry, KeyStoreError> {
        let mut store = self
            .store
            .lock()
            .map_err(|_| KeyStoreError::Silent { source: None })?;
        let store = match &mut *store {
            Some(store) => store,
            none => none.insert((self.open)().map_err(KeyStoreError::silent)?),
        };
        store
            .build(
                SERVICE,
                &format!("{profile}.{}", item.name()),
                guard(item).as_ref(),
            )
            .map_err(KeyStoreError::silent)
    }
}

impl KeyStore for SystemKeys {
    fn get(&self, profile: &ProfileName, item: Item) -> Result<Option<Secret>, KeyStoreError> {
        match self.entry(profile, item)?.get_secret() {
            Ok(secret) => Ok(Some(Secret::new(secret))),
            Err(Error::NoEntry) => Ok(None),
            // The system has asked for the finger or the face by now: what it says is that person's answer.
            Err(Error::NoStorageAccess(_)) if item == Item::BiometricKey => Err(KeyStoreError::Refused),
            Err(error) => Err(KeyStoreError::silent(error)),
        }
    }

    fn put(&self, profile: &ProfileName, item: Item, secret: &[u8]) -> Result<(), KeyStoreError> {
        self.entry(profile, item)?
            .set_secret(secret)
            .map_err(KeyStoreError::silent)
    }

    fn delete(&self, profile: &ProfileName, item: Item) -> Result<(), KeyStoreError> {
        match self.entry(profile, item)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(KeyStoreError::silent(error)),
        }
    }

    /// Only Apple's store can be told to ask for the finger or the face. Nothing says beforehand whether one is enrolled:
    /// where none is, turning it on is what fails.
    fn has_biometric(&self) -> bool {
        cfg!(target_vendor = "apple")
    }
}

#[cfg(test)]
mod tests;
