//! The province's secret keys.
//!
//! Signing keys lie where it was chosen when the province was made: in files sealed with age, or in a token that speaks
//! PKCS#11 and gives none away. The key of the data at rest, and roots of tests, are files either way.

mod at_hand;
mod files;
mod thread;
mod token;
mod token_said;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use credential::{KeyId, PublicKey, SecretKey, SignError, SigningKey, checked};
use zeroize::Zeroizing;

use crate::randomness::Randomness;
use crate::sealed::DataKeys;
use files::KeyFiles;
pub(crate) use files::only_owner_may_read;
pub use token::TOKEN_LIMIT;
use token::Token;
pub use token_said::{TokenError, TokenPin, TokenPlace};

/// Where the folder of keys says which token holds the signing keys.
const TOKEN_FILE: &str = "token.json";

/// The signing keys that a province begins with.
pub(crate) const SIGNING: [KeyName; 9] = [
    KeyName::Issuer,
    KeyName::CounterCa,
    KeyName::Types,
    KeyName::Status,
    KeyName::Rules,
    KeyName::Cards,
    KeyName::Catalogue,
    KeyName::Audit,
    KeyName::Webhooks,
];

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
    /// The token that holds the signing keys.
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl KeyFileError {
    /// The stable code for an operator.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Token(error) => error.code(),
            _ => "key_files",
        }
    }

    /// Whether the same may do when it is asked again soon.
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Token(error) if error.is_passing())
    }
}

/// Which key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyName {
    /// Signs identities; in a province that was made before each kind had a key of its own, every pass and document.
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
    /// Signs heads of the audit log.
    Audit,
    /// Signs what departments are told.
    Webhooks,
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
            Self::Audit => f.write_str("audit"),
            Self::Webhooks => f.write_str("webhooks"),
            Self::Added(id) => write!(f, "key-{}", hex::encode(id.as_bytes())),
            Self::Data => f.write_str("data"),
            Self::Root(n) => write!(f, "root-{}", n.saturating_add(1)),
        }
    }
}

/// Where a new province keeps its signing keys.
#[derive(Debug, Default)]
pub enum KeyPlace {
    /// In files sealed with age.
    #[default]
    Files,
    /// In a token, which this PIN opens.
    Token(TokenPlace, TokenPin),
}

/// The keys of a province's data folder, wherever they lie.
#[derive(Clone, Debug)]
pub struct KeyFolder {
    files: KeyFiles,
    token: Option<Token>,
}

impl KeyFolder {
    /// Keys in files.
    pub fn new(data: &Path) -> Self {
        Self {
            files: KeyFiles::new(data),
            token: None,
        }
    }

    /// The keys of a folder that is made now.
    pub(crate) fn in_place(data: &Path, place: KeyPlace) -> Result<Self, KeyFileError> {
        let token = match place {
            KeyPlace::Files => None,
            KeyPlace::Token(place, pin) => Some(Token::new(place, Some(pin))?),
        };
        Ok(Self {
            token,
            ..Self::new(data)
        })
    }

    /// The same keys, whose folder has another name now.
    pub(crate) fn moved_to(self, data: &Path) -> Self {
        Self {
            token: self.token,
            ..Self::new(data)
        }
    }

    /// The same keys, whose token, if they are in one, is waited for no longer than this for each answer.
    #[must_use]
    pub fn answering_within(self, limit: Duration) -> Self {
        Self {
            token: self.token.map(|token| token.within(limit)),
            ..self
        }
    }

    /// The keys of a folder that was made, where it says that they are; files open with the identity in this file, or with
    /// the one in the folder. Nothing is opened yet.
    ///
    /// # Errors
    /// [`TokenError::Record`] if the folder does not say it clearly; [`KeyFileError::File`].
    pub fn of(data: &Path, identity: Option<&Path>, pin: Option<TokenPin>) -> Result<Self, KeyFileError> {
        let mut keys = Self::new(data);
        if let Some(identity) = identity {
            keys.files = keys.files.opened_by(identity);
        }
        let record = keys.files.in_folder(TOKEN_FILE);
        if !record.exists() {
            return Ok(keys);
        }
        let place = serde_json::from_slice(&fs::read(record)?).map_err(|_| TokenError::Record)?;
        Ok(Self {
            token: Some(Token::new(place, pin)?),
            ..keys
        })
    }

    /// Makes every key, and seals the given roots: none where they are kept elsewhere. Gives the public halves of the
    /// signing keys.
    ///
    /// # Errors
    /// [`KeyFileError`], [`KeyFileError::Exists`] if there are keys already: none is ever written over.
    pub fn make(
        &self,
        roots: &[[u8; 32]],
        randomness: &Randomness,
    ) -> Result<Vec<(KeyName, PublicKey)>, KeyFileError> {
        if self.exist() {
            return Err(KeyFileError::Exists);
        }
        let mut sealed = vec![(KeyName::Data, Zeroizing::new(randomness.bytes()))];
        let mut public = Vec::with_capacity(SIGNING.len());
        for name in SIGNING {
            public.push((
                name,
                if let Some(token) = &self.token {
                    token.make(&name.to_string(), randomness.bytes())?
                } else {
                    let seed = Zeroizing::new(randomness.bytes::<32>());
                    let key = SecretKey::from_seed(*seed).public();
                    sealed.push((name, seed));
                    key
                },
            ));
        }
        for (number, seed) in (0_u8..).zip(roots) {
            sealed.push((KeyName::Root(number), Zeroizing::new(*seed)));
        }
        self.files.make(&sealed, || {
            let Some(token) = &self.token else {
                return Ok(());
            };
            let record = serde_json::to_vec(token.place()).map_err(|_| TokenError::Record)?;
            files::write_private(&self.files.in_folder(TOKEN_FILE), &record)
        })?;
        Ok(public)
    }

    /// Whether keys were made here.
    pub fn exist(&self) -> bool {
        self.files.exist()
    }

    /// Makes another signing key, and gives its public half. What it is for is said to people who look into a token.
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub fn make_another(&self, is_for: &str, randomness: &Randomness) -> Result<PublicKey, KeyFileError> {
        match &self.token {
            Some(token) => Ok(token.make(is_for, randomness.bytes())?),
            None => self.files.make_another(randomness),
        }
    }

    /// Opens the signing key with this public half.
    ///
    /// # Errors
    /// [`KeyFileError::NoFile`] or [`TokenError::NoKey`] if it is not here.
    pub fn signing_of(&self, public: &[u8; 32]) -> Result<ProvinceKey, KeyFileError> {
        let public = PublicKey::parse(public).map_err(|_| KeyFileError::Form)?;
        let kept = match &self.token {
            Some(token) => {
                token.look_for(&public)?;
                Kept::Token(token.clone())
            }
            None => Kept::Here(Box::new(self.files.signing_of(&public)?)),
        };
        Ok(ProvinceKey { public, kept })
    }

    /// Looks whether the signing keys are those that the database names.
    ///
    /// # Errors
    /// [`KeyFileError::Other`] for a file with another key; [`TokenError`].
    pub(crate) fn look_over(&self, named: &[[u8; 32]]) -> Result<(), KeyFileError> {
        if let Some(token) = &self.token {
            return Ok(token.look_for_any(named)?);
        }
        for name in SIGNING {
            // A machine that only serves need not have the keys that certify counters and sign registers, cards or the
            // catalogue, and a province that was made before there were catalogues, an audit log or webhooks has none of those.
            let elsewhere = matches!(
                name,
                KeyName::CounterCa
                    | KeyName::Types
                    | KeyName::Cards
                    | KeyName::Catalogue
                    | KeyName::Audit
                    | KeyName::Webhooks
            );
            if elsewhere && !self.files.has(name) {
                continue;
            }
            let key = self.files.signing(name)?.public();
            if !named.contains(key.as_bytes()) {
                return Err(KeyFileError::Other(name));
            }
        }
        Ok(())
    }

    /// Opens a root that lies here, 0 to 2.
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub fn root(&self, number: u8) -> Result<SecretKey, KeyFileError> {
        self.files.signing(KeyName::Root(number))
    }

    /// Opens the keys of the data at rest.
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub fn data(&self) -> Result<DataKeys, KeyFileError> {
        Ok(DataKeys::derive(&*self.files.open(KeyName::Data)?))
    }

    /// Opens what serving needs; signing keys are opened when they are first needed.
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
}

/// A signing key of the province, opened.
#[derive(Clone, Debug)]
pub struct ProvinceKey {
    public: PublicKey,
    kept: Kept,
}

#[derive(Clone, Debug)]
enum Kept {
    Here(Box<SecretKey>),
    Token(Token),
}

impl ProvinceKey {
    /// The public half.
    pub const fn public(&self) -> PublicKey {
        self.public
    }
}

impl SigningKey for ProvinceKey {
    fn public(&self) -> PublicKey {
        self.public
    }

    /// Every signature of the province is made here, whatever it is under.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError> {
        match &self.kept {
            Kept::Here(key) => Ok(key.sign(message)),
            Kept::Token(token) => token
                .sign(&self.public, message)
                .map_err(|error| {
                    if !error.is_passing() {
                        tracing::error!(code = error.code(), cause = %error, "the token did not sign");
                    }
                    SignError::Unavailable
                })
                .and_then(|signature| checked(&self.public, message, &signature)),
        }
    }
}

/// The open keys of a serving province.
#[derive(Debug)]
pub struct ServingKeys {
    folder: KeyFolder,
    opened: RwLock<BTreeMap<[u8; 32], ProvinceKey>>,
    /// Seals records and makes blind indices.
    pub data: DataKeys,
}

impl ServingKeys {
    /// The signing key with this public half. It is opened once; a key that was added while the province serves is
    /// found too.
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub fn signing(&self, public: &[u8; 32]) -> Result<ProvinceKey, KeyFileError> {
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

#[cfg(test)]
mod tests;
