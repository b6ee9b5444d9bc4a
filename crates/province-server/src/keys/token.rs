//! Signing keys in a token that speaks PKCS#11 2.40 or later: an HSM, a smart card, or `SoftHSM` in tests.
//!
//! Keys are made in the token, are not extractable, and are found by their public half. One session serves all, one
//! signature after another, on a thread of the token's own: a module that hangs keeps nobody. When the token has gone the session
//! is given up, and the next signature opens another one: a token that came back is found again without a restart.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use credential::{PublicKey, checked};
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;

use super::thread::DeviceThread;
use super::token_said::{TokenError, TokenPin, TokenPlace};

/// `CKA_EC_PARAMS` of Ed25519: the curve's name as a `PrintableString` (PKCS#11 3.0, 2.3.10), which tokens of either
/// version know.
const ED25519: [u8; 14] = *b"\x13\x0cedwards25519";

/// How `CKA_EC_POINT` begins where it is wrapped in a DER OCTET STRING; some tokens give the 32 bytes bare.
const WRAPPED: [u8; 2] = [0x04, 0x20];

/// What a new key signs to show that it does: no message of the format begins like it.
const TRIAL: &[u8] = b"khyber pass new key 1";

/// How long a serving province waits for one answer of the token, where nothing else was said.
pub const TOKEN_LIMIT: Duration = Duration::from_secs(3);

/// How long a command waits for one answer of the token. Nobody else waits meanwhile, and some tokens take long over a key.
const PATIENCE: Duration = Duration::from_mins(1);

/// A token, behind the thread that speaks with it.
#[derive(Clone, Debug)]
pub(super) struct Token {
    place: TokenPlace,
    thread: Arc<DeviceThread<Device>>,
    limit: Duration,
    /// Whether it was said that nothing comes of it.
    away: Arc<AtomicBool>,
}

/// A token and how far it is open.
#[derive(Debug)]
struct Device {
    place: TokenPlace,
    pin: Option<TokenPin>,
    state: State,
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
    /// Begins its thread. Nothing is opened yet.
    pub(super) fn new(place: TokenPlace, pin: Option<TokenPin>) -> std::io::Result<Self> {
        let device = Device {
            place: place.clone(),
            pin,
            state: State::default(),
        };
        Ok(Self {
            place,
            thread: Arc::new(DeviceThread::begin(device)?),
            limit: PATIENCE,
            away: Arc::default(),
        })
    }

    /// The same token, which is waited for no longer than this.
    pub(super) fn within(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    pub(super) const fn place(&self) -> &TokenPlace {
        &self.place
    }

    /// Makes a key; `id` is its `CKA_ID`, which nobody has used before.
    pub(super) fn make(&self, label: &str, id: [u8; 16]) -> Result<PublicKey, TokenError> {
        let label = format!("khyber-pass {label}");
        self.ask(move |library, open| {
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
        self.ask(|_, open| Ok(open.session.get_session_info().map(drop)?))
    }

    /// Whether the token holds this key.
    pub(super) fn look_for(&self, key: &PublicKey) -> Result<(), TokenError> {
        let key = *key.as_bytes();
        self.ask(move |_, open| open.find(&key).map(drop))
    }

    /// Whether the token holds one of these keys: another token may have the same label.
    pub(super) fn look_for_any(&self, keys: &[[u8; 32]]) -> Result<(), TokenError> {
        let keys = keys.to_vec();
        self.ask(move |_, open| {
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
        let (key, message) = (*key.as_bytes(), message.to_vec());
        let signed = self.ask(move |_, open| {
            let private = open.find(&key)?;
            Ok(open.session.sign(&eddsa(), private, &message)?)
        });
        // Only a signature shows that it is whole: a session may stand that signs nothing.
        if signed.is_ok() && self.away.swap(false, Ordering::Relaxed) {
            tracing::info!("the token signs again");
        }
        signed
    }

    fn ask<T: Send + 'static>(
        &self,
        what: impl Fn(&Pkcs11, &mut Open) -> Result<T, TokenError> + Send + 'static,
    ) -> Result<T, TokenError> {
        let asked = self.thread.ask(self.limit, move |device| device.with(what));
        let said = asked.unwrap_or(Err(TokenError::NoAnswer));
        // Said once when it goes, and once when it is back: whoever needs it asks again and again.
        if let Err(error) = &said
            && error.is_passing()
            && !self.away.swap(true, Ordering::Relaxed)
        {
            tracing::error!(code = error.code(), cause = %error, "the token is away");
        }
        said
    }
}

impl Device {
    /// Does something with the open token; once more if the session was one of a token that had gone in between.
    fn with<T>(
        &mut self,
        what: impl Fn(&Pkcs11, &mut Open) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        let was_open = self.state.open.is_some();
        let done = self.once(&what);
        match done {
            Err(TokenError::Failed(_)) if was_open => self.once(&what),
            done => done,
        }
    }

    fn once<T>(
        &mut self,
        what: &impl Fn(&Pkcs11, &mut Open) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        let library = self.opened()?;
        let Some(open) = &mut self.state.open else {
            return Err(TokenError::Missing);
        };
        let done = what(&library, open);
        if matches!(done, Err(TokenError::Failed(_))) {
            self.state.give_up();
        }
        done
    }

    /// Loads the module and opens a session where there is none.
    fn opened(&mut self) -> Result<Pkcs11, TokenError> {
        let library = if let Some(library) = &self.state.library {
            library.clone()
        } else {
            let library = Pkcs11::new(&self.place.module).map_err(TokenError::Module)?;
            self.state.library.insert(library).clone()
        };
        if self.state.open.is_none() {
            if self.state.pin_refused {
                return Err(TokenError::PinWrong);
            }
            let pin = self.pin.as_ref().ok_or(TokenError::NoPin)?;
            let opened = self.session(&library, pin);
            self.state.pin_refused = matches!(opened, Err(TokenError::PinWrong));
            match opened {
                Ok(open) => self.state.open = Some(open),
                Err(error) => {
                    self.state.give_up();
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
