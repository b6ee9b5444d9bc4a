//! Who calls: HTTP message signatures (RFC 9421) by a device key, in one narrow profile.
//!
//! Covered components, in this order and no other: `@method`, `@path`, `content-digest`, `idempotency-key`.
//! Parameters: `created` (unix seconds), `keyid` (the public key, base64url), `alg` `ed25519`. The label is `device`.
//! A profile with one form needs no general parser, so there is nothing in it to confuse.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

/// How far a signature's `created` may lie from the province's clock, in seconds.
pub const CLOCK_DIFFERENCE_MAX: u64 = 300;

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
    /// `created` is too far from now.
    #[error("the signature was made at another time")]
    Clock,
}

/// A device that has proven itself by a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeviceKey([u8; 32]);

impl DeviceKey {
    /// The public key.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The header `Content-Digest` of a body: `sha-256=:...:`.
pub fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(body)))
}

const COMPONENTS: &str = r#"("@method" "@path" "content-digest" "idempotency-key")"#;

fn parameters(created: u64, key_id: &str) -> String {
    format!(r#"{COMPONENTS};created={created};keyid="{key_id}";alg="ed25519""#)
}

/// The signature base of RFC 9421 section 2.5.
fn base(method: &str, path: &str, digest: &str, idempotency_key: &str, parameters: &str) -> String {
    format!(
        "\"@method\": {method}\n\"@path\": {path}\n\"content-digest\": {digest}\n\
         \"idempotency-key\": {idempotency_key}\n\"@signature-params\": {parameters}"
    )
}

/// The headers that sign a request, `Idempotency-Key` included. `created` is unix seconds.
pub fn sign(
    key: &SigningKey,
    method: &str,
    path: &str,
    body: &[u8],
    idempotency_key: &str,
    created: u64,
) -> Vec<(&'static str, String)> {
    let digest = content_digest(body);
    let parameters = parameters(created, &URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes()));
    let signature = key.sign(base(method, path, &digest, idempotency_key, &parameters).as_bytes());
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
) -> Result<DeviceKey, SignatureError> {
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
    let (created, key_id) = read_parameters(given).ok_or(SignatureError::Malformed)?;
    if !is_key || given != parameters(created, key_id) {
        return Err(SignatureError::Malformed);
    }
    let key: [u8; 32] = decode(&URL_SAFE_NO_PAD, key_id)?;
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
    let message = base(method, path, digest, idempotency_key, given);
    if verifying.is_weak()
        || verifying
            .verify_strict(message.as_bytes(), &Signature::from_bytes(&signature))
            .is_err()
    {
        return Err(SignatureError::Invalid);
    }
    if now.abs_diff(created) > CLOCK_DIFFERENCE_MAX {
        return Err(SignatureError::Clock);
    }
    Ok(DeviceKey(key))
}

fn read_parameters(given: &str) -> Option<(u64, &str)> {
    let rest = given.strip_prefix(COMPONENTS)?.strip_prefix(";created=")?;
    let (created, rest) = rest.split_once(";keyid=\"")?;
    let (key_id, _) = rest.split_once('"')?;
    Some((created.parse().ok()?, key_id))
}

fn decode<const N: usize>(
    engine: &base64::engine::GeneralPurpose,
    text: &str,
) -> Result<[u8; N], SignatureError> {
    let bytes = engine.decode(text).map_err(|_| SignatureError::Malformed)?;
    bytes.try_into().map_err(|_| SignatureError::Malformed)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use proptest::prelude::*;

    use super::*;

    const IDEMPOTENCY: &str = "000102030405060708090a0b0c0d0e0f";

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn check(
        headers: &[(&'static str, String)],
        path: &str,
        body: &[u8],
        now: u64,
    ) -> Result<DeviceKey, SignatureError> {
        let find = |name: &str| headers.iter().find(|(n, _)| *n == name).map(|(_, v)| v.as_str());
        verify(find, "POST", path, body, now)
    }

    #[test]
    fn a_signed_request_names_its_device() {
        let headers = sign(&key(), "POST", "/v1/passes", b"{}", IDEMPOTENCY, 1000);
        let device = check(&headers, "/v1/passes", b"{}", 1300).unwrap();
        assert_eq!(device.as_bytes(), key().verifying_key().as_bytes());
    }

    #[test]
    fn another_body_path_time_or_key_is_refused() {
        let headers = sign(&key(), "POST", "/v1/passes", b"{}", IDEMPOTENCY, 1000);
        assert_eq!(
            check(&headers, "/v1/passes", b"{ }", 1000),
            Err(SignatureError::Digest)
        );
        assert_eq!(
            check(&headers, "/v1/enrolments", b"{}", 1000),
            Err(SignatureError::Invalid)
        );
        assert_eq!(
            check(&headers, "/v1/passes", b"{}", 1301),
            Err(SignatureError::Clock)
        );
        let mut other = headers.clone();
        other[0].1 = "ff0102030405060708090a0b0c0d0e0f".into();
        assert_eq!(
            check(&other, "/v1/passes", b"{}", 1000),
            Err(SignatureError::Invalid)
        );
        for missing in 0..headers.len() {
            let mut fewer = headers.clone();
            fewer.remove(missing);
            assert_eq!(
                check(&fewer, "/v1/passes", b"{}", 1000),
                Err(SignatureError::Malformed)
            );
        }
    }

    #[test]
    fn a_weak_key_signs_nothing() {
        let mut headers = sign(&key(), "POST", "/", b"", IDEMPOTENCY, 1000);
        // The neutral element: a key for which a signature over anything can be made up.
        let mut weak = [0_u8; 32];
        weak[0] = 1;
        headers[2].1 = format!("device={}", parameters(1000, &URL_SAFE_NO_PAD.encode(weak)));
        assert_eq!(check(&headers, "/", b"", 1000), Err(SignatureError::Invalid));
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(input in "\\PC{0,120}", signature in "\\PC{0,120}", digest in "\\PC{0,60}") {
            let headers = vec![
                (crate::IDEMPOTENCY_KEY, IDEMPOTENCY.to_owned()),
                (CONTENT_DIGEST, digest),
                (SIGNATURE_INPUT, input),
                (SIGNATURE, signature),
            ];
            prop_assert!(check(&headers, "/", b"", 0).is_err());
        }
    }
}
