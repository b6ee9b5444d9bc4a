//! What is said of a token: which it is, what opens it, and why it did not do what was asked.

use std::fs;
use std::path::{Path, PathBuf};

use cryptoki::error::{Error, RvError};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::files::only_owner_may_read;

/// Longest PIN file, in bytes.
const PIN_BYTES_MAX: u64 = 1024;

/// Why a token did not do what was asked. Never holds a PIN.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The data folder does not say clearly which token.
    #[error("what the keys' folder says of the token cannot be read")]
    Record,
    /// The module is not there, or is none.
    #[error("the PKCS#11 module cannot be loaded: {0}")]
    Module(#[source] Error),
    /// No slot has a token with this label.
    #[error("no token with this label is in any slot of the module")]
    Missing,
    /// There is no PIN to open it with.
    #[error(
        "the token needs a PIN: name a file that only its owner may read in KHYBER_TOKEN_PIN_FILE, or set KHYBER_TOKEN_PIN"
    )]
    NoPin,
    /// The file with the PIN cannot be used.
    #[error("the file with the token's PIN is not there, others may read it, or it is no text")]
    PinFile,
    /// The PIN is wrong. It is not tried again: tokens lock after a few wrong ones.
    #[error("the token's PIN is wrong; it is not tried again before the program is started anew")]
    PinWrong,
    /// The token takes no PIN any more.
    #[error("the token's PIN is locked: its security officer has to set another one")]
    PinLocked,
    /// The token has no such key.
    #[error("the token does not hold the key that is to sign")]
    NoKey,
    /// The token does not know Ed25519.
    #[error("the token makes no Ed25519 keys or signatures")]
    NoEd25519,
    /// The token gave a key that could leave it, or that is none.
    #[error(
        "the token made a key that could leave it, or that does not sign as Ed25519 does; it was not used"
    )]
    UnfitKey,
    /// It has not answered in time, hangs, or too many wait for it.
    #[error("the token did not answer in time")]
    NoAnswer,
    /// Whatever else the module answered: mostly that the token has gone.
    #[error("the token did not answer as it should: {0}")]
    Failed(#[source] Error),
}

impl TokenError {
    /// The stable code for an operator.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Record => "token_record",
            Self::Module(_) => "token_module",
            Self::Missing => "token_missing",
            Self::NoPin => "token_pin_missing",
            Self::PinFile => "token_pin_file",
            Self::PinWrong => "token_pin_wrong",
            Self::PinLocked => "token_pin_locked",
            Self::NoKey => "token_key_missing",
            Self::NoEd25519 => "token_no_ed25519",
            Self::UnfitKey => "token_key_unfit",
            Self::NoAnswer => "token_no_answer",
            Self::Failed(_) => "token_failed",
        }
    }

    /// Whether the token may be there again soon.
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Missing | Self::NoAnswer | Self::Failed(_))
    }
}

impl From<Error> for TokenError {
    fn from(error: Error) -> Self {
        match error {
            Error::Pkcs11(RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange, _) => {
                Self::PinWrong
            }
            Error::Pkcs11(RvError::PinLocked | RvError::PinExpired | RvError::UserPinNotInitialized, _) => {
                Self::PinLocked
            }
            Error::Pkcs11(RvError::MechanismInvalid, _) => Self::NoEd25519,
            other => Self::Failed(other),
        }
    }
}

/// Which token: what the keys' folder says of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenPlace {
    /// The PKCS#11 module, a library of the token's maker.
    pub module: PathBuf,
    /// The token's label.
    pub label: String,
}

/// What opens a token.
#[derive(Clone)]
pub struct TokenPin(pub(super) Zeroizing<String>);

impl std::fmt::Debug for TokenPin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenPin(..)")
    }
}

impl TokenPin {
    /// Takes a PIN.
    pub fn new(pin: Zeroizing<String>) -> Self {
        Self(pin)
    }

    /// Reads one from a file that only its owner may read; white space around it is not part of it.
    ///
    /// # Errors
    /// [`TokenError::PinFile`].
    pub fn read(file: &Path) -> Result<Self, TokenError> {
        let found = fs::metadata(file).map_err(|_| TokenError::PinFile)?;
        only_owner_may_read(&found).map_err(|_| TokenError::PinFile)?;
        if found.len() > PIN_BYTES_MAX {
            return Err(TokenError::PinFile);
        }
        let text = Zeroizing::new(fs::read_to_string(file).map_err(|_| TokenError::PinFile)?);
        Ok(Self(Zeroizing::new(text.trim().to_owned())))
    }
}
