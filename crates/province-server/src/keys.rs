//! The province's secret keys at rest: each a file sealed with age to one X25519 identity.
//!
//! The identity lies beside them (`identity.txt`, readable by its owner only) so that a test or a demonstration starts
//! by itself. In operation it is elsewhere, in a key service or in an operator's hands, and so are the roots, which
//! are needed only to sign a trust list or a configuration.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::{PoisonError, RwLock};

use age::secrecy::ExposeSecret as _;
use credential::{KeyId, PublicKey, SecretKey};
use zeroize::Zeroizing;

use crate::randomness::Randomness;
use crate::sealed::DataKeys;

const IDENTITY_FILE: &str = "identity.txt";
const KEYS_FOLDER: &str = "keys";
/// A sealed key of 32 bytes takes about 232; whatever is much larger is no key.
const SEALED_BYTES_MAX: u64 = 4 * 1024;

/// Why keys were not made or not opened. Never holds key material.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// A file could not be read or written.
    #[error("a key file could not be read or written")]
    File(#[from] std::io::Error),
    /// Others than the owner may read the identity file.
    #[error(
        "others may read the identity file; set its mode to 0600, and make a new province if somebody did"
    )]
    OpenToOthers,
    /// The identity file is not an age X25519 identity.
    #[error("the identity file is not an age identity")]
    Identity,
    /// A key could not be sealed.
    #[error("a key could not be sealed")]
    Seal,
    /// A key file does not open with this identity.
    #[error("a key file does not open with this identity")]
    Locked,
    /// A key file holds something other than a key.
    #[error("a key file does not hold a key")]
    Form,
    /// The folder has keys already.
    #[error("there are keys already")]
    Exists,
    /// A key file holds another key than the province's database names.
    #[error("the {0} key is not the one that this province was made with")]
    Other(KeyName),
    /// The folder has no file of a key that the database names.
    #[error("there is no file of the key that is to sign")]
    NoFile,
}

/// Which key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyName {
    /// Signs citizens' passes.
    Issuer,
    /// Signs counters' certificates.
    CounterCa,
    /// Signs the type register.
    Types,
    /// Signs status manifests.
    Status,
    /// Signs risk rules.
    Rules,
    /// Signs printed cards.
    Cards,
    /// Signs the catalogue of services.
    Catalogue,
    /// A signing key that was added later, by its id.
    Added(KeyId),
    /// Seals records and makes blind indices.
    Data,
    /// One of the three roots, 0 to 2.
    Root(u8),
}

impl KeyName {
    fn file(self) -> String {
        format!("{self}.age")
    }
}

impl std::fmt::Display for KeyName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Issuer => f.write_str("issuer"),
            Self::CounterCa => f.write_str("counter-ca"),
            Self::Types => f.write_str("types"),
            Self::Status => f.write_str("status"),
            Self::Rules => f.write_str("rules"),
            Self::Cards => f.write_str("cards"),
            Self::Catalogue => f.write_str("catalogue"),
            Self::Added(id) => write!(f, "key-{}", hex::encode(id.as_bytes())),
            Self::Data => f.write_str("data"),
            Self::Root(n) => write!(f, "root-{}", n.saturating_add(1)),
        }
    }
}

/// The folder of a province's keys.
#[derive(Clone, Debug)]
pub struct KeyFolder {
    data: PathBuf,
}

impl KeyFolder {
    /// The keys in a data folder.
    pub fn new(data: &Path) -> Self {
        Self {
            data: data.to_owned(),
        }
    }

    /// Makes the identity and every key, and seals the given roots: none where they are kept elsewhere.
    ///
    /// # Errors
    /// [`KeyFileError`], [`KeyFileError::Exists`] if there is an identity already: keys are never written over.
    pub fn make(&self, roots: &[[u8; 32]], randomness: &Randomness) -> Result<(), KeyFileError> {
        if self.exist() {
            return Err(KeyFileError::Exists);
        }
        make_private_folder(&self.data)?;
        make_private_folder(&self.data.join(KEYS_FOLDER))?;
        let identity = age::x25519::Identity::generate();
        let recipient = identity.to_public();
        for name in [
            KeyName::Issuer,
            KeyName::CounterCa,
            KeyName::Types,
            KeyName::Status,
            KeyName::Rules,
            KeyName::Data,
            KeyName::Cards,
            KeyName::Catalogue,
        ] {
            let key = Zeroizing::new(randomness.bytes::<32>());
            self.seal(name, &key, &recipient)?;
        }
        for (number, seed) in (0_u8..).zip(roots) {
            self.seal(KeyName::Root(number), seed, &recipient)?;
        }
        // Last: a folder with an identity is a whole one.
        write_private(
            &self.identity_file(),
            identity.to_string().expose_secret().as_bytes(),
        )
    }

    /// Whether there is an identity.
    pub fn exist(&self) -> bool {
        self.identity_file().exists()
    }

    /// Whether there is a file of this key.
    pub fn has(&self, name: KeyName) -> bool {
        self.file(name).exists()
    }

    fn seal(
        &self,
        name: KeyName,
        key: &[u8; 32],
        recipient: &age::x25519::Recipient,
    ) -> Result<(), KeyFileError> {
        let sealed = age::encrypt(recipient, key).map_err(|_| KeyFileError::Seal)?;
        write_private(&self.file(name), &sealed)
    }

    /// Makes another signing key, and gives its public half.
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub fn make_another(&self, randomness: &Randomness) -> Result<PublicKey, KeyFileError> {
        let seed = Zeroizing::new(randomness.bytes::<32>());
        let public = SecretKey::from_seed(*seed).public();
        self.seal(
            KeyName::Added(public.key_id()),
            &seed,
            &self.identity()?.to_public(),
        )?;
        Ok(public)
    }

    /// Opens the signing key with this public half, whichever file it is in.
    ///
    /// # Errors
    /// [`KeyFileError::NoFile`] if it is in none.
    pub fn signing_of(&self, public: &[u8; 32]) -> Result<SecretKey, KeyFileError> {
        let id = PublicKey::parse(public).map_err(|_| KeyFileError::Form)?.key_id();
        let first = [
            KeyName::Issuer,
            KeyName::CounterCa,
            KeyName::Types,
            KeyName::Status,
            KeyName::Rules,
            KeyName::Cards,
            KeyName::Catalogue,
        ];
        for name in [KeyName::Added(id)].into_iter().chain(first) {
            if self.has(name) {
                let key = self.signing(name)?;
                if key.public().as_bytes() == public {
                    return Ok(key);
                }
            }
        }
        Err(KeyFileError::NoFile)
    }

    fn identity(&self) -> Result<age::x25519::Identity, KeyFileError> {
        only_owner_may_read(&fs::metadata(self.identity_file())?)?;
        let text = Zeroizing::new(fs::read_to_string(self.identity_file())?);
        age::x25519::Identity::from_str(text.trim()).map_err(|_| KeyFileError::Identity)
    }

    /// Opens one key's 32 bytes.
    fn open(&self, name: KeyName) -> Result<Zeroizing<[u8; 32]>, KeyFileError> {
        let identity = self.identity()?;
        let file = self.file(name);
        if fs::metadata(&file)?.len() > SEALED_BYTES_MAX {
            return Err(KeyFileError::Form);
        }
        let plain = age::decrypt(&identity, &fs::read(file)?).map_err(|_| KeyFileError::Locked)?;
        let plain = Zeroizing::new(plain);
        let key: [u8; 32] = plain.as_slice().try_into().map_err(|_| KeyFileError::Form)?;
        Ok(Zeroizing::new(key))
    }

    /// Opens a signing key.
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub fn signing(&self, name: KeyName) -> Result<SecretKey, KeyFileError> {
        Ok(SecretKey::from_seed(*self.open(name)?))
    }

    /// Opens the keys of the data at rest.
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub fn data(&self) -> Result<DataKeys, KeyFileError> {
        Ok(DataKeys::derive(&*self.open(KeyName::Data)?))
    }

    /// Opens what `serve` needs; signing keys are opened when they are first needed.
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub fn serving(&self) -> Result<ServingKeys, KeyFileError> {
        Ok(ServingKeys {
            folder: self.clone(),
            opened: RwLock::default(),
            data: self.data()?,
        })
    }

    fn identity_file(&self) -> PathBuf {
        self.data.join(IDENTITY_FILE)
    }

    fn file(&self, name: KeyName) -> PathBuf {
        self.data.join(KEYS_FOLDER).join(name.file())
    }
}

/// The open keys of a serving province.
#[derive(Debug)]
pub struct ServingKeys {
    folder: KeyFolder,
    opened: RwLock<BTreeMap<[u8; 32], SecretKey>>,
    /// Seals records and makes blind indices.
    pub data: DataKeys,
}

impl ServingKeys {
    /// The signing key with this public half. It is opened once; a key that was added while the province serves is
    /// found too.
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub fn signing(&self, public: &[u8; 32]) -> Result<SecretKey, KeyFileError> {
        let held = self
            .opened
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(public)
            .cloned();
        if let Some(key) = held {
            return Ok(key);
        }
        let key = self.folder.signing_of(public)?;
        let mut opened = self.opened.write().unwrap_or_else(PoisonError::into_inner);
        opened.insert(*public, key.clone());
        Ok(key)
    }
}

fn make_private_folder(folder: &Path) -> Result<(), KeyFileError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    Ok(builder.create(folder)?)
}

#[cfg(unix)]
fn only_owner_may_read(metadata: &fs::Metadata) -> Result<(), KeyFileError> {
    let others = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077;
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

/// Writes a new file that only its owner may read.
fn write_private(file: &Path, bytes: &[u8]) -> Result<(), KeyFileError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(file)?;
    file.write_all(bytes)?;
    Ok(file.sync_all()?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::randomness::tests::counting;

    #[test]
    fn keys_open_with_their_identity_and_with_no_other() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let folder = KeyFolder::new(&one.path().join("province"));
        folder.make(&[[1; 32], [2; 32], [3; 32]], &counting()).unwrap();
        let root = folder.signing(KeyName::Root(1)).unwrap();
        assert_eq!(
            root.public().as_bytes(),
            SecretKey::from_seed([2; 32]).public().as_bytes()
        );
        folder.serving().unwrap();

        let other = KeyFolder::new(two.path());
        other.make(&[[1; 32], [2; 32], [3; 32]], &counting()).unwrap();
        fs::copy(other.identity_file(), folder.identity_file()).unwrap();
        assert!(matches!(folder.serving(), Err(KeyFileError::Locked)));
        fs::write(folder.identity_file(), "AGE-SECRET-KEY-NONE").unwrap();
        assert!(matches!(folder.serving(), Err(KeyFileError::Identity)));
        fs::remove_file(folder.identity_file()).unwrap();
        assert!(matches!(folder.serving(), Err(KeyFileError::File(_))));
    }

    #[test]
    fn no_key_lies_open_in_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyFolder::new(folder.path());
        keys.make(&[[0x51; 32], [0x52; 32], [0x53; 32]], &counting())
            .unwrap();
        for file in fs::read_dir(folder.path().join(KEYS_FOLDER)).unwrap() {
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
        for file in [keys.identity_file(), keys.file(KeyName::Issuer)] {
            assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        for mode in [0o644, 0o640, 0o604] {
            fs::set_permissions(keys.identity_file(), fs::Permissions::from_mode(mode)).unwrap();
            assert!(matches!(keys.serving(), Err(KeyFileError::OpenToOthers)));
        }
    }
}
