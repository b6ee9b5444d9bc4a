//! Signing keys in a token that speaks PKCS#11 2.40 or later: an HSM, a smart card, or `SoftHSM` in tests.
//!
//! Keys are made in the token, are not extractable, and are found by their public half. One session serves all, one
//! signature after another. When the token has gone the session is given up, and the next signature opens another one:
//! a token that came back is found again without a restart.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use credential::{PublicKey, checked};
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::files::only_owner_may_read;

/// `CKA_EC_PARAMS` of Ed25519: the curve's name as a `PrintableString` (PKCS#11 3.0, 2.3.10), which tokens of either
/// version know.
const ED25519: [u8; 14] = *b"\x13\x0cedwards25519";

/// How `CKA_EC_POINT` begins where it is wrapped in a DER OCTET STRING; some tokens give the 32 bytes bare.
const WRAPPED: [u8; 2] = [0x04, 0x20];

/// What a new key signs to show that it does: no message of the format begins like it.
const TRIAL: &[u8] = b"khyber pass new key 1";

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
            Self::Failed(_) => "token_failed",
        }
    }

    /// Whether the token may be there again soon.
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Missing | Self::Failed(_))
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
pub struct TokenPin(Zeroizing<String>);

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

/// A token and how far it is open.
#[derive(Debug)]
pub(super) struct Token {
    place: TokenPlace,
    pin: Option<TokenPin>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Loaded once: a library that was unloaded is not always good a second time.
    library: Option<Pkcs11>,
    open: Option<Open>,
    /// What became of the PIN, if it is not to be tried again.
    pin_refused: bool,
}

#[derive(Debug)]
struct Open {
    session: Session,
    slot: Slot,
    /// Where the private halves are, by the public ones.
    keys: BTreeMap<[u8; 32], ObjectHandle>,
}

impl Token {
    pub(super) fn new(place: TokenPlace, pin: Option<TokenPin>) -> Self {
        Self {
            place,
            pin,
            state: Mutex::default(),
        }
    }

    pub(super) const fn place(&self) -> &TokenPlace {
        &self.place
    }

    /// Makes a key; `id` is its `CKA_ID`, which nobody has used before.
    pub(super) fn make(&self, label: &str, id: [u8; 16]) -> Result<PublicKey, TokenError> {
        let label = format!("khyber-pass {label}");
        self.with(|library, open| {
            let session = library.open_rw_session(open.slot)?;
            let (public, private) = generate(&session, &label, &id)?;
            match fit(&session, public, private) {
                Ok(key) => Ok(key),
                Err(error) => {
                    // As far as the token lets them go.
                    let _ = session.destroy_object(private);
                    let _ = session.destroy_object(public);
                    Err(error)
                }
            }
        })
    }

    /// Whether the token is there and open.
    pub(super) fn is_there(&self) -> Result<(), TokenError> {
        self.with(|_, open| Ok(open.session.get_session_info().map(drop)?))
    }

    /// Whether the token holds this key.
    pub(super) fn look_for(&self, key: &PublicKey) -> Result<(), TokenError> {
        self.with(|_, open| open.find(key.as_bytes()).map(drop))
    }

    /// Whether the token holds one of these keys: another token may have the same label.
    pub(super) fn look_for_any(&self, keys: &[[u8; 32]]) -> Result<(), TokenError> {
        self.with(|_, open| {
            open.look()?;
            if keys.iter().any(|key| open.keys.contains_key(key)) {
                Ok(())
            } else {
                Err(TokenError::NoKey)
            }
        })
    }

    /// Signs. What comes back is not checked yet.
    pub(super) fn sign(&self, key: &PublicKey, message: &[u8]) -> Result<Vec<u8>, TokenError> {
        self.with(|_, open| {
            let private = open.find(key.as_bytes())?;
            Ok(open.session.sign(&eddsa(), private, message)?)
        })
    }

    /// Does something with the open token; once more if the session was one of a token that had gone in between.
    fn with<T>(&self, what: impl Fn(&Pkcs11, &mut Open) -> Result<T, TokenError>) -> Result<T, TokenError> {
        // A panic elsewhere leaves no half-made state: at worst a session that is given up below.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let was_open = state.open.is_some();
        let done = self.once(&mut state, &what);
        match done {
            Err(TokenError::Failed(_)) if was_open => self.once(&mut state, &what),
            done => done,
        }
    }

    fn once<T>(
        &self,
        state: &mut State,
        what: &impl Fn(&Pkcs11, &mut Open) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        let library = self.opened(state)?;
        let Some(open) = &mut state.open else {
            return Err(TokenError::Missing);
        };
        let done = what(&library, open);
        if matches!(done, Err(TokenError::Failed(_))) {
            state.give_up();
        }
        done
    }

    /// Loads the module and opens a session where there is none.
    fn opened(&self, state: &mut State) -> Result<Pkcs11, TokenError> {
        let library = if let Some(library) = &state.library {
            library.clone()
        } else {
            let library = Pkcs11::new(&self.place.module).map_err(TokenError::Module)?;
            state.library.insert(library).clone()
        };
        if state.open.is_none() {
            if state.pin_refused {
                return Err(TokenError::PinWrong);
            }
            let pin = self.pin.as_ref().ok_or(TokenError::NoPin)?;
            let opened = self.session(&library, pin);
            state.pin_refused = matches!(opened, Err(TokenError::PinWrong));
            match opened {
                Ok(open) => state.open = Some(open),
                Err(error) => {
                    state.give_up();
                    return Err(error);
                }
            }
        }
        Ok(library)
    }

    fn session(&self, library: &Pkcs11, pin: &TokenPin) -> Result<Open, TokenError> {
        match library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(error) => return Err(TokenError::Module(error)),
        }
        let slot = self.slot(library)?;
        let session = library.open_ro_session(slot)?;
        match session.login(UserType::User, Some(&AuthPin::from(pin.0.as_str()))) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(Open {
            session,
            slot,
            keys: BTreeMap::new(),
        })
    }

    fn slot(&self, library: &Pkcs11) -> Result<Slot, TokenError> {
        let slots = library.get_slots_with_token()?;
        slots
            .into_iter()
            .find(|slot| {
                let token = library.get_token_info(*slot);
                token.is_ok_and(|token| {
                    token.token_initialized() && token.label().trim_end() == self.place.label
                })
            })
            .ok_or(TokenError::Missing)
    }
}

impl State {
    /// Closes what is open. The module looks for its tokens anew when it is next needed.
    fn give_up(&mut self) {
        self.open = None;
        if let Some(library) = &self.library {
            // It may have been lost with the token.
            let _ = library.clone().finalize();
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.give_up();
    }
}

impl Open {
    /// The private half of a key.
    fn find(&mut self, public: &[u8; 32]) -> Result<ObjectHandle, TokenError> {
        if let Some(handle) = self.keys.get(public) {
            return Ok(*handle);
        }
        // It may have been made since the token was last looked through.
        self.look()?;
        self.keys.get(public).copied().ok_or(TokenError::NoKey)
    }

    /// Looks through the token's keys. Public and private half of one have the same `CKA_ID`.
    fn look(&mut self) -> Result<(), TokenError> {
        self.keys.clear();
        let public = [
            Attribute::Class(ObjectClass::PUBLIC_KEY),
            Attribute::KeyType(KeyType::EC_EDWARDS),
        ];
        for found in self.session.find_objects(&public)? {
            let of = self
                .session
                .get_attributes(found, &[AttributeType::EcPoint, AttributeType::Id])?;
            let (Some(point), Some(id)) = (point_of(&of), id_of(&of)) else {
                continue;
            };
            let private = [
                Attribute::Class(ObjectClass::PRIVATE_KEY),
                Attribute::KeyType(KeyType::EC_EDWARDS),
                Attribute::Id(id),
            ];
            if let [private] = self.session.find_objects(&private)?.as_slice() {
                self.keys.insert(point, *private);
            }
        }
        Ok(())
    }
}

fn generate(
    session: &Session,
    label: &str,
    id: &[u8; 16],
) -> Result<(ObjectHandle, ObjectHandle), TokenError> {
    let named = [
        Attribute::Token(true),
        Attribute::Label(label.as_bytes().to_vec()),
        Attribute::Id(id.to_vec()),
    ];
    let mut public = named.to_vec();
    public.extend([
        Attribute::Private(false),
        Attribute::Verify(true),
        Attribute::EcParams(ED25519.to_vec()),
    ]);
    let mut private = named.to_vec();
    private.extend([
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
    ]);
    Ok(session.generate_key_pair(&Mechanism::EccEdwardsKeyPairGen, &public, &private)?)
}

/// The public half of a new key, if the private one cannot leave the token and signs.
fn fit(session: &Session, public: ObjectHandle, private: ObjectHandle) -> Result<PublicKey, TokenError> {
    let of = session.get_attributes(public, &[AttributeType::EcPoint])?;
    let point = point_of(&of).ok_or(TokenError::UnfitKey)?;
    let key = PublicKey::parse(&point).map_err(|_| TokenError::UnfitKey)?;
    let kept = session.get_attributes(
        private,
        &[
            AttributeType::Sensitive,
            AttributeType::Extractable,
            AttributeType::NeverExtractable,
        ],
    )?;
    let stays = [
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::NeverExtractable(true),
    ];
    let tried = session.sign(&eddsa(), private, TRIAL)?;
    if stays.iter().all(|one| kept.contains(one)) && checked(&key, TRIAL, &tried).is_ok() {
        Ok(key)
    } else {
        Err(TokenError::UnfitKey)
    }
}

fn eddsa() -> Mechanism<'static> {
    Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Pure))
}

fn point_of(attributes: &[Attribute]) -> Option<[u8; 32]> {
    attributes.iter().find_map(|one| match one {
        Attribute::EcPoint(bytes) => match bytes.as_slice().try_into() {
            Ok(bare) => Some(bare),
            Err(_) => bytes.strip_prefix(&WRAPPED)?.try_into().ok(),
        },
        _ => None,
    })
}

fn id_of(attributes: &[Attribute]) -> Option<Vec<u8>> {
    attributes.iter().find_map(|one| match one {
        Attribute::Id(id) if !id.is_empty() => Some(id.clone()),
        _ => None,
    })
}
