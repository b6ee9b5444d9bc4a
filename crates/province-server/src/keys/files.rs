//! Keys in files: each sealed with age to one X25519 identity.
//!
//! The identity is made beside them (`identity.txt`, readable by its owner only), so that a test or a demonstration starts
//! by itself. In operation it is moved to where the system keeps secrets, and the setting `identity_file` says where; the
//! roots, which are needed only to sign a trust list or a configuration, are elsewhere altogether.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use age::secrecy::ExposeSecret as _;
use credential::{PublicKey, SecretKey};
use zeroize::Zeroizing;

use super::{KeyFileError, KeyName, SIGNING};
use crate::randomness::Randomness;

const IDENTITY_FILE: &str = "identity.txt";
const KEYS_FOLDER: &str = "keys";
/// A sealed key of 32 bytes takes about 232; whatever is much larger is no key.
const SEALED_BYTES_MAX: u64 = 4 * 1024;

/// The files in a province's data folder that hold keys.
#[derive(Clone, Debug)]
pub(super) struct KeyFiles {
    data: PathBuf,
    identity: PathBuf,
}

impl KeyFiles {
    pub(super) fn new(data: &Path) -> Self {
        Self {
            data: data.to_owned(),
            identity: data.join(IDENTITY_FILE),
        }
    }

    /// The same, opened by the identity in this file.
    pub(super) fn opened_by(self, identity: &Path) -> Self {
        Self {
            identity: identity.to_owned(),
            ..self
        }
    }

    /// Makes the identity and seals these keys. What else belongs to a whole folder is made by `first`.
    pub(super) fn make(
        &self,
        keys: &[(KeyName, Zeroizing<[u8; 32]>)],
        first: impl FnOnce() -> Result<(), KeyFileError>,
    ) -> Result<(), KeyFileError> {
        make_private_folder(&self.data)?;
        make_private_folder(&self.data.join(KEYS_FOLDER))?;
        let identity = age::x25519::Identity::generate();
        let recipient = identity.to_public();
        for (name, key) in keys {
            self.seal(*name, key, &recipient)?;
        }
        first()?;
        // Last: a folder with an identity is a whole one.
        write_private(
            self.identity_file(),
            identity.to_string().expose_secret().as_bytes(),
        )
    }

    /// Whether there is an identity.
    pub(super) fn exist(&self) -> bool {
        self.identity_file().exists()
    }

    /// Whether there is a file of this key.
    pub(super) fn has(&self, name: KeyName) -> bool {
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
    pub(super) fn make_another(&self, randomness: &Randomness) -> Result<PublicKey, KeyFileError> {
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
    pub(super) fn signing_of(&self, public: &PublicKey) -> Result<SecretKey, KeyFileError> {
        for name in [KeyName::Added(public.key_id())].into_iter().chain(SIGNING) {
            if self.has(name) {
                let key = self.signing(name)?;
                if key.public() == *public {
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
    pub(super) fn open(&self, name: KeyName) -> Result<Zeroizing<[u8; 32]>, KeyFileError> {
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
    pub(super) fn signing(&self, name: KeyName) -> Result<SecretKey, KeyFileError> {
        Ok(SecretKey::from_seed(*self.open(name)?))
    }

    pub(super) fn identity_file(&self) -> &Path {
        &self.identity
    }

    pub(super) fn file(&self, name: KeyName) -> PathBuf {
        self.in_folder(&name.file())
    }

    /// A file beside the keys.
    pub(super) fn in_folder(&self, name: &str) -> PathBuf {
        self.data.join(KEYS_FOLDER).join(name)
    }
}

fn make_private_folder(folder: &Path) -> Result<(), KeyFileError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    Ok(builder.create(folder)?)
}

/// Refuses a file that others than its owner may read.
#[cfg(unix)]
pub(crate) fn only_owner_may_read(metadata: &fs::Metadata) -> Result<(), KeyFileError> {
    let others = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077;
    if others == 0 {
        Ok(())
    } else {
        Err(KeyFileError::OpenToOthers)
    }
}

#[cfg(not(unix))]
pub(crate) fn only_owner_may_read(_: &fs::Metadata) -> Result<(), KeyFileError> {
    Ok(())
}

/// Writes a new file that only its owner may read.
pub(super) fn write_private(file: &Path, bytes: &[u8]) -> Result<(), KeyFileError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(file)?;
    file.write_all(bytes)?;
    Ok(file.sync_all()?)
}
