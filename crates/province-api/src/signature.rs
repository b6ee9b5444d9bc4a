//! Who calls: HTTP message signatures (RFC 9421) in one narrow profile, of which each kind of signer has one form.
//!
//! The label says what kind of signer it is: `device` (a wallet), `counter` (a desk, with its certificate) or `system` (a
//! department's or another body's). Covered components, in this order and no other: `@method`, `@path`, of counters and
//! systems `@query` (a wallet's paths have none), `content-digest`, `idempotency-key`, of counters `khyber-certificate`.
//! Parameters, in this order: `created` and `expires` (unix seconds), `nonce` (16 random bytes, base64url), `keyid` (the
//! public key, base64url), `alg` `ed25519`. Every request that is sent has a nonce of its own, also one that is sent again
//! under the same idempotency key: the province takes none twice while its time lasts.
//! A profile with one form needs no general parser, so there is nothing in it to confuse; and a signature of one kind is
//! none of another, because label and components differ.

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

    /// The same as `Signature-Input` has them.
    fn covered(self) -> String {
        let quoted: Vec<String> = self
            .components()
            .iter()
            .map(|name| format!("\"{name}\""))
            .collect();
        format!("({})", quoted.join(" "))
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
        let bytes: [u8; 32] = bytes.try_into().ok()?;
        let key = VerifyingKey::from_bytes(&bytes).ok()?;
        (!key.is_weak()).then_some(Self(bytes))
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

/// What a signature says of itself.
#[derive(Clone, Copy)]
struct Parameters<'a> {
    created: u64,
    expires: u64,
    nonce: &'a str,
    key_id: &'a str,
}

impl<'a> Parameters<'a> {
    /// In the one form that the profile has for a kind of signer.
    fn text(self, signer: Signer) -> String {
        let covered = signer.covered();
        let Self {
            created,
            expires,
            nonce,
            key_id,
        } = self;
        format!(
            r#"{covered};created={created};expires={expires};nonce="{nonce}";keyid="{key_id}";alg="ed25519""#
        )
    }

    /// Reads what [`Self::text`] gave; whatever else it takes is written in another form and so refused.
    fn read(signer: Signer, given: &'a str) -> Option<Self> {
        let rest = given.strip_prefix(&signer.covered())?.strip_prefix(";created=")?;
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
        (read.text(signer) == given).then_some(read)
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
fn base(components: &[(&str, String)], parameters: &str) -> String {
    let lines = components
        .iter()
        .map(|(name, value)| format!("\"{name}\": {value}"));
    let last = format!("\"@signature-params\": {parameters}");
    lines.chain([last]).collect::<Vec<_>>().join("\n")
}

/// What a signer signs of a request; `None` without a header that it covers.
fn message<'a>(
    signer: Signer,
    target: &Target<'a>,
    header: impl Fn(&str) -> Option<&'a str>,
    parameters: &str,
) -> Option<String> {
    let mut components = Vec::new();
    for name in signer.components() {
        let value = match *name {
            "@method" => target.method.to_owned(),
            "@path" => target.path.to_owned(),
            // Section 2.2.7: with its question mark, also where there is no query.
            "@query" => format!("?{}", target.query.unwrap_or_default()),
            name => header(name)?.to_owned(),
        };
        components.push((*name, value));
    }
    Some(base(&components, parameters))
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

/// The headers that sign a counter's request. `certificate` is its own, as it was signed.
pub fn sign_as_counter(
    (key, certificate): (&SigningKey, &[u8]),
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
    (signer, key): (Signer, &SigningKey),
    target: &Target<'_>,
    body: &[u8],
    mut headers: Vec<(&'static str, String)>,
    created: u64,
    nonce: &Nonce,
) -> Vec<(&'static str, String)> {
    headers.push((CONTENT_DIGEST, content_digest(body)));
    let parameters = Parameters {
        created,
        expires: created.saturating_add(CLOCK_DIFFERENCE_MAX),
        nonce: &URL_SAFE_NO_PAD.encode(nonce),
        key_id: &URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes()),
    }
    .text(signer);
    let of = |name: &str| {
        let found = headers.iter().find(|(header, _)| *header == name);
        found.map(|(_, value)| value.as_str())
    };
    // Every component is among them.
    let text = message(signer, target, of, &parameters).unwrap_or_default();
    let signature = STANDARD.encode(key.sign(text.as_bytes()).to_bytes());
    let label = signer.label();
    headers.push((SIGNATURE_INPUT, format!("{label}={parameters}")));
    headers.push((SIGNATURE, format!("{label}=:{signature}:")));
    headers
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
    let need = |name| header(name).ok_or(SignatureError::Malformed);
    let of_label = |name| {
        let rest = need(name)?.strip_prefix(signer.label());
        rest.and_then(|rest| rest.strip_prefix('='))
            .ok_or(SignatureError::Malformed)
    };
    let digest = need(CONTENT_DIGEST)?;
    let idempotency_key = need(crate::IDEMPOTENCY_KEY)?;
    let is_key = idempotency_key.len() == 32
        && idempotency_key
            .bytes()
            .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let given = of_label(SIGNATURE_INPUT)?;
    let parameters = Parameters::read(signer, given).ok_or(SignatureError::Malformed)?;
    if !is_key {
        return Err(SignatureError::Malformed);
    }
    let nonce: Nonce = decode(&URL_SAFE_NO_PAD, parameters.nonce)?;
    let key: [u8; 32] = decode(&URL_SAFE_NO_PAD, parameters.key_id)?;
    let signature: [u8; 64] = decode(
        &STANDARD,
        of_label(SIGNATURE)?
            .strip_prefix(':')
            .and_then(|s| s.strip_suffix(':'))
            .ok_or(SignatureError::Malformed)?,
    )?;
    if digest != content_digest(body) {
        return Err(SignatureError::Digest);
    }
    let verifying = VerifyingKey::from_bytes(&key).map_err(|_| SignatureError::Invalid)?;
    let text = message(signer, target, &header, given).ok_or(SignatureError::Malformed)?;
    if verifying.is_weak()
        || verifying
            .verify_strict(text.as_bytes(), &Signature::from_bytes(&signature))
            .is_err()
    {
        return Err(SignatureError::Invalid);
    }
    if !parameters.serves(now) {
        return Err(SignatureError::Clock);
    }
    Ok(Proven {
        key,
        nonce,
        created: parameters.created,
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
