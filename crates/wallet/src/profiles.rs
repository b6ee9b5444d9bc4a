//! The people of one phone: a folder for each, under a random name that says nothing about anybody.
//!
//! ```text
//! profiles/<32 hexadecimal digits>/envelope.kpe   seals the key         docs/keys.md
//!                                  vault.sqlite   encrypted
//!                                  sign           the picture on the lock screen that its owner chose
//! ```
//! A folder without an envelope is a set-up that was cut short, and one whose name ends in `.gone` a removal that was. Both
//! hold nothing that can be opened, and are cleared away.

use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::envelope::Envelope;
use crate::error::OpenError;
use crate::file;
use crate::key_store::{Item, KeyStore, ProfileName};
use crate::screen::Sign;
use crate::vault::{DATABASE, ENVELOPE, VaultFiles};

/// Ending of the folder of a profile that is being removed.
const GONE: &str = ".gone";
const SIGN: &str = "sign";

/// The folder that holds the profiles' folders.
pub(crate) struct Profiles {
    folder: PathBuf,
}

impl Profiles {
    /// Those in the wallet's folder. Ends removals that were cut short, and takes in a vault of version 1, which lay in the
    /// wallet's folder itself.
    pub(crate) fn open(root: &Path, keys: &dyn KeyStore) -> Result<Self, OpenError> {
        let profiles = Self {
            folder: root.join("profiles"),
        };
        file::make_folder(&profiles.folder)?;
        for name in profiles.names_ending_in(GONE)? {
            // A key store that does not answer now is asked again at the next start: nothing else may hang on it.
            let _ = profiles.clear(&name, keys);
        }
        profiles.take_in(root)?;
        Ok(profiles)
    }

    /// Everybody's, in the order of their signs, so that each keeps its place on the screen.
    pub(crate) fn list(&self) -> io::Result<Vec<ProfileName>> {
        let mut names = self.names_ending_in("")?;
        names.retain(|name| self.files(name).exist());
        names.sort_by_key(|name| (self.sign(name), *name));
        Ok(names)
    }

    /// The vault of one.
    pub(crate) fn files(&self, name: &ProfileName) -> VaultFiles {
        VaultFiles::in_folder(&self.path(name))
    }

    /// Makes the folder of a new profile, and clears away those of set-ups that were cut short.
    pub(crate) fn make(&self, name: &ProfileName, sign: Sign, keys: &dyn KeyStore) -> Result<(), OpenError> {
        for leftover in self.names_ending_in("")? {
            if !self.files(&leftover).exist() {
                self.remove(&leftover, keys)?;
            }
        }
        file::make_folder(&self.path(name))?;
        file::sync_folder(&self.path(name))?;
        Ok(self.set_sign(name, sign)?)
    }

    /// The sign of one. One that was never chosen or cannot be read is the first: it is only a picture.
    pub(crate) fn sign(&self, name: &ProfileName) -> Sign {
        std::fs::read_to_string(self.path(name).join(SIGN))
            .ok()
            .and_then(|text| Sign::from_word(&text))
            .unwrap_or_default()
    }

    pub(crate) fn set_sign(&self, name: &ProfileName, sign: Sign) -> io::Result<()> {
        file::write_atomically(&self.path(name).join(SIGN), sign.word().as_bytes())
    }

    /// Removes a profile for good: from here on nobody sees it, and when this returns nobody can open a copy either.
    pub(crate) fn remove(&self, name: &ProfileName, keys: &dyn KeyStore) -> Result<(), OpenError> {
        let gone = self.gone(name);
        match std::fs::rename(self.path(name), &gone) {
            // Something was left of an earlier removal of the same name: it is that one's end.
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {
                std::fs::remove_dir_all(&gone)?;
                std::fs::rename(self.path(name), &gone)?;
            }
            other => other?,
        }
        file::sync_folder(&gone)?;
        self.clear(name, keys)
    }

    /// The rest of a removal: `K_device` first, without which whatever is left is noise.
    fn clear(&self, name: &ProfileName, keys: &dyn KeyStore) -> Result<(), OpenError> {
        for item in Item::ALL {
            keys.delete(name, item)?;
        }
        std::fs::remove_dir_all(self.gone(name))?;
        Ok(file::sync_folder(&self.gone(name))?)
    }

    /// Takes the vault of version 1 into a profile of its own name. The envelope moves last, so that a phone that dies in
    /// between goes on here; a journal moves before its database, so that neither is ever opened without the other.
    fn take_in(&self, root: &Path) -> Result<(), OpenError> {
        let envelope = root.join(ENVELOPE);
        let bytes = match std::fs::read(&envelope) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        // A damaged envelope still is somebody's: it gets a name that is the same at each start, and is reported when opened.
        let name = Envelope::parse(&bytes)
            .and_then(|envelope| envelope.profile())
            .unwrap_or_else(|_| {
                let digest: [u8; 32] = Sha256::digest(&bytes).into();
                let mut name = [0; 16];
                name.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
                ProfileName::new(name)
            });
        let folder = self.path(&name);
        if self.files(&name).exist() {
            // An old copy was put back beside the profile that it became: what is used goes on, the copy stays untouched.
            return Ok(());
        }
        file::make_folder(&folder)?;
        for part in [&format!("{DATABASE}-journal"), DATABASE, ENVELOPE] {
            match std::fs::rename(root.join(part), folder.join(part)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => file::sync_folder(&folder.join(part))?,
            }
        }
        file::sync_folder(&folder)?;
        Ok(file::sync_folder(&envelope)?)
    }

    fn names_ending_in(&self, ending: &str) -> io::Result<Vec<ProfileName>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            let name = name.to_str().and_then(|name| name.strip_suffix(ending));
            names.extend(name.and_then(ProfileName::parse));
        }
        Ok(names)
    }

    fn path(&self, name: &ProfileName) -> PathBuf {
        self.folder.join(name.to_string())
    }

    fn gone(&self, name: &ProfileName) -> PathBuf {
        self.folder.join(format!("{name}{GONE}"))
    }
}
