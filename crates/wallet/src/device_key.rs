//! The port to the phone's own key store, which holds `K_device`.
//!
//! On a phone the Android Keystore or the Apple Keychain stands behind it, on a desktop the
//! system's keyring. A key in a plain file gives a 6-digit PIN no protection against whoever copies
//! the folder, so that adapter is behind the feature `file-key-store`, for tests only.

use zeroize::Zeroizing;

/// The 32 secret bytes that never leave this phone by any copy or backup.
pub type DeviceKey = Zeroizing<[u8; 32]>;

/// The phone's key store. Implemented by the app for each system.
pub trait DeviceKeyStore: Send + Sync {
    /// The key, if there is one.
    ///
    /// # Errors
    /// [`KeyStoreError`] when the store does not answer. Never an error for an absent key.
    fn get(&self) -> Result<Option<DeviceKey>, KeyStoreError>;

    /// The key; when there is none, `fresh` (random bytes of the caller) is stored first.
    ///
    /// # Errors
    /// [`KeyStoreError`] when the store does not answer or does not keep what it was given.
    fn get_or_create(&self, fresh: &DeviceKey) -> Result<DeviceKey, KeyStoreError>;
}

/// The key store did not answer.
#[derive(Debug, thiserror::Error)]
#[error("the key store did not answer")]
pub struct KeyStoreError {
    /// What the system said.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// A device key in a file: for tests only. It gives a PIN no protection against copying.
#[cfg(feature = "file-key-store")]
pub struct FileDeviceKey {
    path: std::path::PathBuf,
}

#[cfg(feature = "file-key-store")]
impl FileDeviceKey {
    /// A key kept in this file, readable by its owner only.
    pub fn new(path: impl Into<std::path::PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

#[cfg(feature = "file-key-store")]
impl DeviceKeyStore for FileDeviceKey {
    fn get(&self) -> Result<Option<DeviceKey>, KeyStoreError> {
        match std::fs::read(&self.path) {
            Ok(bytes) => {
                let bytes = Zeroizing::new(bytes);
                <[u8; 32]>::try_from(bytes.as_slice())
                    .map(|key| Some(DeviceKey::new(key)))
                    .map_err(|error| KeyStoreError {
                        source: Some(Box::new(error)),
                    })
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(KeyStoreError {
                source: Some(Box::new(error)),
            }),
        }
    }

    fn get_or_create(&self, fresh: &DeviceKey) -> Result<DeviceKey, KeyStoreError> {
        if let Some(key) = self.get()? {
            return Ok(key);
        }
        crate::file::write_atomically(&self.path, fresh.as_slice()).map_err(|error| KeyStoreError {
            source: Some(Box::new(error)),
        })?;
        self.get()?.ok_or(KeyStoreError { source: None })
    }
}
