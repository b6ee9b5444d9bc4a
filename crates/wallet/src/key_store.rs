//! The port to the phone's own key store, which holds what a copy of the folder must not have.
//!
//! On a phone the Android Keystore or the Apple Keychain stands behind it, on a desktop the system's keyring. For each
//! profile it keeps three things: `K_device`, the record of wrong PINs, and a key that the system gives out only to the
//! enrolled finger or face. They are kept under the profile's random name, which says nothing about anybody.

use zeroize::Zeroizing;

/// 32 secret bytes of one profile.
pub type DeviceKey = Zeroizing<[u8; 32]>;

/// What a key store keeps, wiped when it is dropped.
pub type Secret = Zeroizing<Vec<u8>>;

/// The random name of a profile: 16 bytes, in file names and key stores as 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProfileName([u8; 16]);

impl ProfileName {
    /// From the bytes that an envelope holds.
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Reads 32 hexadecimal digits in small letters; anything else is no name.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        let name = Self(bytes);
        // One way to write a name, so that two folders never have the same one.
        (name.to_string() == text).then_some(name)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl std::fmt::Display for ProfileName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// What is kept for each profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Item {
    /// `K_device`: 32 bytes.
    DeviceKey,
    /// How many wrong PINs there were and how long to wait: `attempts.rs`. Not secret, but not to be turned back.
    Attempts,
    /// 32 bytes that the system gives out only to the enrolled finger or face, and forgets when another is enrolled.
    BiometricKey,
}

impl Item {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::DeviceKey, Self::Attempts, Self::BiometricKey];

    /// Its name in a key store. Never to be changed: phones out there have such entries.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DeviceKey => "device-key",
            Self::Attempts => "attempts",
            Self::BiometricKey => "biometric-key",
        }
    }
}

/// The phone's key store. Implemented by the app for each system.
pub trait KeyStore: Send + Sync {
    /// What is kept; `None` when nothing is. For [`Item::BiometricKey`] the system asks for the finger or the face first.
    ///
    /// # Errors
    /// [`KeyStoreError`]. Never an error for what is absent.
    fn get(&self, profile: &ProfileName, item: Item) -> Result<Option<Secret>, KeyStoreError>;

    /// Keeps this in place of what was kept. When it returns, a power cut does not lose it.
    ///
    /// # Errors
    /// [`KeyStoreError`].
    fn put(&self, profile: &ProfileName, item: Item, secret: &[u8]) -> Result<(), KeyStoreError>;

    /// Forgets it. What is absent is forgotten already.
    ///
    /// # Errors
    /// [`KeyStoreError`].
    fn delete(&self, profile: &ProfileName, item: Item) -> Result<(), KeyStoreError>;

    /// Whether it can keep a [`Item::BiometricKey`] on this phone now: there is a sensor, and somebody is enrolled.
    fn has_biometric(&self) -> bool {
        false
    }

    /// Whether it keeps its keys from somebody who copies the phone's storage. Where it does not, a PIN of six digits
    /// protects nothing, and the screens say so.
    fn protects(&self) -> bool {
        true
    }
}

/// The key store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum KeyStoreError {
    /// It did not answer, or holds something that cannot be.
    #[error("the key store did not answer")]
    Silent {
        /// What the system said.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The finger or the face was not the enrolled one, or the person said no.
    #[error("the finger or the face was refused")]
    Refused,
}

impl KeyStoreError {
    /// With what the system said.
    pub fn silent(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Silent {
            source: Some(source.into()),
        }
    }
}

/// 32 bytes under this name.
pub(crate) fn key(
    store: &dyn KeyStore,
    profile: &ProfileName,
    item: Item,
) -> Result<Option<DeviceKey>, KeyStoreError> {
    let Some(secret) = store.get(profile, item)? else {
        return Ok(None);
    };
    let key = <[u8; 32]>::try_from(secret.as_slice()).map_err(KeyStoreError::silent)?;
    Ok(Some(DeviceKey::new(key)))
}

/// A key store in plain files: for tests and demonstrations only.
///
/// Whoever copies the folder has the keys too, and a PIN of six digits is then found in a day. Release builds of the app
/// are made without the feature that this stands behind.
#[cfg(feature = "file-key-store")]
pub struct FileKeyStore {
    folder: std::path::PathBuf,
}

#[cfg(feature = "file-key-store")]
impl FileKeyStore {
    /// Keeps its files in `folder`, which is made when the first is written, readable by its owner only.
    pub fn new(folder: impl Into<std::path::PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    fn path(&self, profile: &ProfileName, item: Item) -> std::path::PathBuf {
        self.folder.join(format!("{profile}.{}", item.name()))
    }
}

#[cfg(feature = "file-key-store")]
impl KeyStore for FileKeyStore {
    fn get(&self, profile: &ProfileName, item: Item) -> Result<Option<Secret>, KeyStoreError> {
        match std::fs::read(self.path(profile, item)) {
            Ok(bytes) => Ok(Some(Secret::new(bytes))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(KeyStoreError::silent(error)),
        }
    }

    fn put(&self, profile: &ProfileName, item: Item, secret: &[u8]) -> Result<(), KeyStoreError> {
        crate::file::make_folder(&self.folder)
            .and_then(|()| crate::file::write_atomically(&self.path(profile, item), secret))
            .map_err(KeyStoreError::silent)
    }

    fn delete(&self, profile: &ProfileName, item: Item) -> Result<(), KeyStoreError> {
        crate::file::remove_if_there(&self.path(profile, item)).map_err(KeyStoreError::silent)
    }

    fn protects(&self) -> bool {
        false
    }
}
