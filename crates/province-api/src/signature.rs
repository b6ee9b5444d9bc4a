//! Who calls: HTTP message signatures (RFC 9421) by a device key, in one narrow profile.
//!
//! Covered components, in this order and no other: `@method`, `@path`, `content-digest`, `idempotency-key`.
//! Parameters, in this order: `created` and `expires` (unix seconds), `nonce` (16 random bytes, base64url), `keyid` (the
//! public key, base64url), `alg` `ed25519`. The label is `device`. Every request that is sent has a nonce of its own, also
//! one that is sent again under the same idempotency key: the province takes none twice while its time lasts.
//! A profile with one form needs no general parser, so there is nothing in it to confuse.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

/// How far a signature's `created` may lie from the province's clock, and for how long it serves, in seconds.
pub const CLOCK_DIFFERENCE_MAX: u64 = 300;

/// Random bytes by which one sent request differs from every other.
pub type Nonce = [u8; 16];

/// `Content-Digest` (RFC 9530).
pub const CONTENT_DIGEST: &str = "content-digest";
/// `Signature-Input` (RFC 9421).
pub const SIGNATURE_INPUT: &str = "signature-input";
/// `Signature` (RFC 9421).
pub const SIGNATURE: &str = "signature";

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

    /// The public key.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A request whose signature holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Who signed.
    pub device: DeviceKey,
    /// What tells it from every other request of this device.
    pub nonce: Nonce,
    /// Unix seconds after which it is refused anyway: so long the nonce is remembered.
    pub expires: u64,
}

/// The header `Content-Digest` of a body: `sha-256=:...:`.
pub fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(body)))
}

const COMPONENTS: &str = r#"("@method" "@path" "content-digest" "idempotency-key")"#;

/// What a signature says of itself.
#[derive(Clone, Copy)]
struct Parameters<'a> {
    created: u64,
    expires: u64,
    nonce: &'a str,
    key_id: &'a str,
}

impl<'a> Parameters<'a> {
    /// In the one form that the profile has.
    fn text(self) -> String {
        let Self {
            created,
            expires,
            nonce,
            key_id,
        } = self;
        format!(
            r#"{COMPONENTS};created={created};expires={expires};nonce="{nonce}";keyid="{key_id}";alg="ed25519""#
        )
    }

    /// Reads what [`Self::text`] gave; whatever else it takes is written in another form and so refused.
    fn read(given: &'a str) -> Option<Self> {
        let rest = given.strip_prefix(COMPONENTS)?.strip_prefix(";created=")?;
        let (created, rest) = rest.split_once(";expires=")?;
        let (expires, rest) = rest.split_once(";nonce=\"")?;
        let (nonce, rest) = rest.split_once("\";keyid=\"")?;
        let (key_id, _) = rest.split_once('"')?;
        let read = Self {
            created: created.parse().ok()?,
            expires: expires.parse().ok()?,
            nonce,
            key_id,
        };
        (read.text() == given).then_some(read)
    }

    /// Whether it was made for a time that it may serve, and serves now. A phone's clock may be off by as much either way.
    fn serves(self, now: u64) -> bool {
        self.created < self.expires
            && self.expires - self.created <= CLOCK_DIFFERENCE_MAX
            && self.created <= now.saturating_add(CLOCK_DIFFERENCE_MAX)
            && now <= self.expires
    }
}

/// The signature base of RFC 9421 section 2.5.
fn base(components: &[(&str, &str)], parameters: &str) -> String {
    let lines = components
        .iter()
        .map(|(name, value)| format!("\"{name}\": {value}"));
    let last = format!("\"@signature-params\": {parameters}");
    lines.chain([last]).collect::<Vec<_>>().join("\n")
}

/// What a device signs of a request.
fn device_base(method: &str, path: &str, digest: &str, idempotency_key: &str, parameters: &str) -> String {
    let components = [
        ("@method", method),
        ("@path", path),
        (CONTENT_DIGEST, digest),
        (crate::IDEMPOTENCY_KEY, idempotency_key),
    ];
    base(&components, parameters)
}

/// The headers that sign a request, `Idempotency-Key` included. `created` is unix seconds; `nonce` is fresh each time.
pub fn sign(
    key: &SigningKey,
    method: &str,
    path: &str,
    body: &[u8],
    idempotency_key: &str,
    created: u64,
    nonce: &Nonce,
) -> Vec<(&'static str, String)> {
    let digest = content_digest(body);
    let parameters = Parameters {
        created,
        expires: created.saturating_add(CLOCK_DIFFERENCE_MAX),
        nonce: &URL_SAFE_NO_PAD.encode(nonce),
        key_id: &URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes()),
    }
    .text();
    let signature = key.sign(device_base(method, path, &digest, idempotency_key, &parameters).as_bytes());
    vec![
        (crate::IDEMPOTENCY_KEY, idempotency_key.to_owned()),
        (CONTENT_DIGEST, digest),
        (SIGNATURE_INPUT, format!("device={parameters}")),
        (
            SIGNATURE,
            format!("device=:{}:", STANDARD.encode(signature.to_bytes())),
        ),
    ]
}

/// Checks a request's signature; `header` gives a header's value by its lower-case name, `now` is unix seconds.
///
/// # Errors
/// [`SignatureError`]; the signature is checked before the clock, so `Clock` is said only to a key's holder.
pub fn verify<'a>(
    header: impl Fn(&str) -> Option<&'a str>,
    method: &str,
    path: &str,
    body: &[u8],
    now: u64,
) -> Result<Verified, SignatureError> {
    let need = |name| header(name).ok_or(SignatureError::Malformed);
    let digest = need(CONTENT_DIGEST)?;
    let idempotency_key = need(crate::IDEMPOTENCY_KEY)?;
    let is_key = idempotency_key.len() == 32
        && idempotency_key
            .bytes()
            .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let given = need(SIGNATURE_INPUT)?
        .strip_prefix("device=")
        .ok_or(SignatureError::Malformed)?;
    let parameters = Parameters::read(given).ok_or(SignatureError::Malformed)?;
    if !is_key {
        return Err(SignatureError::Malformed);
    }
    let nonce: Nonce = decode(&URL_SAFE_NO_PAD, parameters.nonce)?;
    let key: [u8; 32] = decode(&URL_SAFE_NO_PAD, parameters.key_id)?;
    let signature: [u8; 64] = decode(
        &STANDARD,
        need(SIGNATURE)?
            .strip_prefix("device=:")
            .and_then(|s| s.strip_suffix(':'))
            .ok_or(SignatureError::Malformed)?,
    )?;
    if digest != content_digest(body) {
        return Err(SignatureError::Digest);
    }
    let verifying = VerifyingKey::from_bytes(&key).map_err(|_| SignatureError::Invalid)?;
    let message = device_base(method, path, digest, idempotency_key, given);
    if verifying.is_weak()
        || verifying
            .verify_strict(message.as_bytes(), &Signature::from_bytes(&signature))
            .is_err()
    {
        return Err(SignatureError::Invalid);
    }
    if !parameters.serves(now) {
        return Err(SignatureError::Clock);
    }
    Ok(Verified {
        device: DeviceKey(key),
        nonce,
        expires: parameters.expires,
    })
}

fn decode<const N: usize>(
    engine: &base64::engine::GeneralPurpose,
    text: &str,
) -> Result<[u8; N], SignatureError> {
    let bytes = engine.decode(text).map_err(|_| SignatureError::Malformed)?;
    bytes.try_into().map_err(|_| SignatureError::Malformed)
}

#[cfg(test)]
mod tests;
