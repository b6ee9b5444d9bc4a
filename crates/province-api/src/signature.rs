//! Who calls: HTTP message signatures (RFC 9421) in one narrow profile, of which each kind of signer has one form.
//!
//! The label says what kind of signer it is: `device` (a wallet), `counter` (a desk, with its certificate) or `system` (a
//! department's or another body's). Covered components, in this order and no other: `@method`, `@path`, of counters and
//! systems `@query` (a wallet's paths have none), `content-digest`, `idempotency-key`, of counters `khyber-certificate`.
//! Parameters, in this order: `created` and `expires` (unix seconds), `nonce` (16 random bytes, base64url), `keyid` (the
//! public key, base64url), `alg` `ed25519`. Every request that is sent has a nonce of its own, also one that is sent again
//! under the same idempotency key: the province takes none twice while its time lasts.
//! The province's own webhooks have a form of their own ([`webhook`]).
//! A profile with one form needs no general parser, so there is nothing in it to confuse; and a signature of one kind is
//! none of another, because label and components differ.

mod form;
pub mod webhook;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use credential::PublicKey;
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest as _, Sha256};

use form::{Form, Unsigned, verify_form};

/// How far a signature's `created` may lie from the province's clock, and for how long it serves, in seconds.
pub const CLOCK_DIFFERENCE_MAX: u64 = 300;

/// Random bytes by which one sent request differs from every other.
pub type Nonce = [u8; 16];

/// `Content-Digest` (RFC 9530).
pub const CONTENT_DIGEST: &str = "content-digest";
/// `Unencoded-Digest` (draft-ietf-httpbis-unencoded-digest) of an answer: the same form, over the body before it is packed
/// on the way. An answer in JSON has no signature; by this a wallet sees a turned bit that is still JSON.
pub const UNENCODED_DIGEST: &str = "unencoded-digest";
/// `Signature-Input` (RFC 9421).
pub const SIGNATURE_INPUT: &str = "signature-input";
/// `Signature` (RFC 9421).
pub const SIGNATURE: &str = "signature";

/// A counter's certificate as it was signed, in base64.
pub const CERTIFICATE: &str = "khyber-certificate";

/// What kind of signer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signer {
    /// A wallet, by its device key.
    Device,
    /// A counter, by the key that its certificate names.
    Counter,
    /// A department's or another body's system, by a key that the province knows.
    System,
}

impl Signer {
    /// The label of its signatures.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Counter => "counter",
            Self::System => "system",
        }
    }

    /// The components that it covers, in their order.
    pub const fn components(self) -> &'static [&'static str] {
        match self {
            Self::Device => &["@method", "@path", CONTENT_DIGEST, crate::IDEMPOTENCY_KEY],
            Self::Counter => &[
                "@method",
                "@path",
                "@query",
                CONTENT_DIGEST,
                crate::IDEMPOTENCY_KEY,
                CERTIFICATE,
            ],
            Self::System => &[
                "@method",
                "@path",
                "@query",
                CONTENT_DIGEST,
                crate::IDEMPOTENCY_KEY,
            ],
        }
    }

    const fn form(self) -> Form {
        Form {
            label: self.label(),
            components: self.components(),
            once: crate::IDEMPOTENCY_KEY,
        }
    }
}

/// What is asked of which resource.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// Such as `POST`.
    pub method: &'a str,
    /// The path.
    pub path: &'a str,
    /// What follows the question mark, if there is one.
    pub query: Option<&'a str>,
}

impl<'a> Target<'a> {
    /// A resource without a query.
    pub const fn new(method: &'a str, path: &'a str) -> Self {
        Self {
            method,
            path,
            query: None,
        }
    }
}

/// Why a request's signature was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A header is missing or not of the profile's form.
    #[error("a signature header is missing or malformed")]
    Malformed,
    /// The body is not the one that was signed.
    #[error("the body does not match its digest")]
    Digest,
    /// The key is weak or the signature does not hold.
    #[error("the signature does not hold")]
    Invalid,
    /// Made too far from now, or no longer in force.
    #[error("the signature was made at another time")]
    Clock,
}

/// A device that has proven itself by a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeviceKey([u8; 32]);

impl DeviceKey {
    /// The public half of a device's key.
    pub fn of(key: &SigningKey) -> Self {
        Self(*key.verifying_key().as_bytes())
    }

    /// A public key of Ed25519 that is no weak one; `None` for anything else.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        PublicKey::parse(bytes).ok().map(|key| Self(*key.as_bytes()))
    }

    /// The public key.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A device's request whose signature holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Who signed.
    pub device: DeviceKey,
    /// The request.
    pub proven: Proven,
}

/// A request whose signature holds, of whatever kind of signer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The public key that signed it.
    pub key: [u8; 32],
    /// What tells it from every other request of this key.
    pub nonce: Nonce,
    /// When it was signed, by the signer's clock, in unix seconds.
    pub created: u64,
    /// Unix seconds after which it is refused anyway: so long the nonce is remembered.
    pub expires: u64,
}

/// The header `Content-Digest` of a body: `sha-256=:...:`.
pub fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(body)))
}

impl Target<'_> {
    /// What is signed of it.
    fn derived(&self, name: &str) -> Option<String> {
        Some(match name {
            "@method" => self.method.to_owned(),
            "@path" => self.path.to_owned(),
            // Section 2.2.7: with its question mark, also where there is no query.
            "@query" => format!("?{}", self.query.unwrap_or_default()),
            _ => return None,
        })
    }
}

/// The headers that sign a device's request, `Idempotency-Key` included. `created` is unix seconds; `nonce` is fresh each
/// time.
pub fn sign(
    key: &SigningKey,
    method: &str,
    path: &str,
    body: &[u8],
    idempotency_key: &str,
    created: u64,
    nonce: &Nonce,
) -> Vec<(&'static str, String)> {
    let first = vec![(crate::IDEMPOTENCY_KEY, idempotency_key.to_owned())];
    sign_as(
        (Signer::Device, key),
        &Target::new(method, path),
        body,
        first,
        created,
        nonce,
    )
}

/// A key that signs requests.
pub trait RequestKey {
    /// The public half.
    fn public_bytes(&self) -> [u8; 32];
    /// Signs, as RFC 8032 says.
    fn signature(&self, message: &[u8]) -> [u8; 64];
}

impl RequestKey for SigningKey {
    fn public_bytes(&self) -> [u8; 32] {
        self.verifying_key().to_bytes()
    }

    fn signature(&self, message: &[u8]) -> [u8; 64] {
        self.sign(message).to_bytes()
    }
}

impl RequestKey for credential::SecretKey {
    fn public_bytes(&self) -> [u8; 32] {
        *self.public().as_bytes()
    }

    fn signature(&self, message: &[u8]) -> [u8; 64] {
        self.sign(message)
    }
}

/// The headers that sign a counter's request. `certificate` is its own, as it was signed.
pub fn sign_as_counter(
    (key, certificate): (&impl RequestKey, &[u8]),
    target: &Target<'_>,
    body: &[u8],
    idempotency_key: &str,
    created: u64,
    nonce: &Nonce,
) -> Vec<(&'static str, String)> {
    let first = vec![
        (crate::IDEMPOTENCY_KEY, idempotency_key.to_owned()),
        (CERTIFICATE, STANDARD.encode(certificate)),
    ];
    sign_as((Signer::Counter, key), target, body, first, created, nonce)
}

/// What [`CERTIFICATE`] holds, unless it is no base64.
pub fn read_certificate(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// The headers that sign a system's request.
pub fn sign_as_system(
    key: &SigningKey,
    target: &Target<'_>,
    body: &[u8],
    idempotency_key: &str,
    created: u64,
    nonce: &Nonce,
) -> Vec<(&'static str, String)> {
    let first = vec![(crate::IDEMPOTENCY_KEY, idempotency_key.to_owned())];
    sign_as((Signer::System, key), target, body, first, created, nonce)
}

fn sign_as(
    (signer, key): (Signer, &impl RequestKey),
    target: &Target<'_>,
    body: &[u8],
    first: Vec<(&'static str, String)>,
    created: u64,
    nonce: &Nonce,
) -> Vec<(&'static str, String)> {
    let unsigned = Unsigned::new(
        signer.form(),
        &key.public_bytes(),
        (body, first),
        (created, nonce),
    );
    let text = unsigned.text(|name| target.derived(name));
    unsigned.signed(&key.signature(text.as_bytes()))
}

/// Checks the signature of a device's request; `header` gives a header's value by its lower-case name, `now` is unix
/// seconds.
///
/// # Errors
/// [`SignatureError`]; the signature is checked before the clock, so `Clock` is said only to a key's holder.
pub fn verify<'a>(
    header: impl Fn(&str) -> Option<&'a str>,
    method: &'a str,
    path: &'a str,
    body: &[u8],
    now: u64,
) -> Result<Verified, SignatureError> {
    let proven = verify_as(Signer::Device, header, &Target::new(method, path), body, now)?;
    Ok(Verified {
        device: DeviceKey(proven.key),
        proven,
    })
}

/// Checks the signature of a request of this kind of signer. What a counter's certificate says is not looked at.
///
/// # Errors
/// As [`verify`].
pub fn verify_as<'a>(
    signer: Signer,
    header: impl Fn(&str) -> Option<&'a str>,
    target: &Target<'a>,
    body: &[u8],
    now: u64,
) -> Result<Proven, SignatureError> {
    verify_form(signer.form(), header, |name| target.derived(name), body, now)
}

#[cfg(test)]
mod tests;
