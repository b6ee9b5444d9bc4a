//! Officers: who is one, how they sign in, and what they do.
//!
//! Nobody says a name to sign in: the passkey itself says whose it is, so that no answer tells whether somebody is an
//! officer. The state of a ceremony is sealed and handed to the caller, and its end is noted once; so beginning one
//! writes nothing, and nobody fills the database by beginning many.

pub mod acts;
pub mod manage;
mod many;
pub mod roles;
pub mod sessions;

use province_api::Bytes;
use province_api::officers::Begun;
use province_api::problem::ProblemCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use webauthn_rs::prelude::{DiscoverableAuthentication, PasskeyRegistration, Url, Webauthn, WebauthnBuilder};

pub(in crate::rules) use self::manage::{are_two, serves};
use super::{Fault, Province, Refusal};
use crate::sealed::Kind;
pub use crate::store::officer::OfficerId;

/// For how long a ceremony may be finished, in seconds.
const CEREMONY_SECONDS: u64 = 5 * 60;
/// In whose name ceremonies are sealed: it is not known yet.
const ANYBODY: [u8; 16] = [0; 16];

/// Where officers sign in.
pub struct PasskeyDesk(Webauthn);

impl std::fmt::Debug for PasskeyDesk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasskeyDesk(..)")
    }
}

impl PasskeyDesk {
    /// One for the web page at `origin`, whose passkeys are of the domain `rp_id`. `None` if the page is not in that domain,
    /// or neither HTTPS nor on this machine.
    pub fn new(rp_id: &str, origin: &str) -> Option<Self> {
        let url = Url::parse(origin).ok()?;
        let is_private =
            url.scheme() == "https" || (url.scheme() == "http" && url.host_str() == Some("localhost"));
        let is_origin = is_private && url.path() == "/" && url.query().is_none() && url.username().is_empty();
        let built =
            WebauthnBuilder::new(rp_id, &url).and_then(|builder| builder.rp_name("Khyber Pass").build());
        built.ok().filter(|_| is_origin && !rp_id.is_empty()).map(Self)
    }
}

/// What is sealed until a ceremony is finished.
#[derive(Serialize, Deserialize)]
struct Ceremony {
    id: [u8; 16],
    until: u64,
    state: State,
}

#[derive(Serialize, Deserialize)]
enum State {
    Register {
        officer: OfficerId,
        invite: [u8; 32],
        state: PasskeyRegistration,
    },
    SignIn(DiscoverableAuthentication),
}

/// SHA-256 of what opens something.
fn digest(secret: &[u8]) -> [u8; 32] {
    Sha256::digest(secret).into()
}

impl Province {
    fn desk(&self) -> Result<&Webauthn, Refusal> {
        let desk = self.passkeys.as_ref().ok_or(ProblemCode::NotFound)?;
        Ok(&desk.0)
    }

    fn begun(&self, state: State, options: Value) -> Result<Begun, Refusal> {
        let ceremony = Ceremony {
            id: self.randomness().bytes(),
            until: self.now().plus(CEREMONY_SECONDS).unix(),
            state,
        };
        let plain = serde_json::to_vec(&ceremony).map_err(Fault::Record)?;
        let sealed = self
            .keys()
            .data
            .seal(Kind::Ceremony, &ANYBODY, &plain, self.randomness())?;
        let ceremony = text_of(&Bytes(sealed))?;
        Ok(Begun { ceremony, options })
    }

    /// A ceremony that may still be finished.
    fn opened(&self, ceremony: &str) -> Result<Ceremony, Refusal> {
        let refused = || Refusal::from(ProblemCode::PasskeyRefused);
        let sealed: Bytes = serde_json::from_value(Value::from(ceremony)).map_err(|_| refused())?;
        let plain = self
            .keys()
            .data
            .open(Kind::Ceremony, &ANYBODY, &sealed.0)
            .map_err(|_| refused())?;
        let ceremony: Ceremony = serde_json::from_slice(&plain).map_err(Fault::Record)?;
        if ceremony.until <= self.now().unix() {
            return Err(refused());
        }
        Ok(ceremony)
    }
}

/// Bytes in base64url, as JSON has them.
fn text_of(bytes: &Bytes) -> Result<String, Fault> {
    let value = serde_json::to_value(bytes).map_err(Fault::Record)?;
    Ok(value.as_str().unwrap_or_default().to_owned())
}
