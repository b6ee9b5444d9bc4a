//! What the province sends to departments by itself: one form of RFC 9421, with the label `province`.
//!
//! Covered components, in this order: `@method`, `@target-uri` (the URL as it was given to the province, so that what was
//! meant for one receiver is nothing at another), `content-digest` (RFC 9530) and `webhook-id` (16 bytes of hex, the same
//! however often the same is sent: by it a receiver knows what it has taken already). Parameters are those of all signed
//! requests; `created` and `nonce` are new with each try. A receiver knows the province's keys from
//! [`WEBHOOK_KEY`](crate::paths::WEBHOOK_KEY).
//!
//! The names of Standard Webhooks (`webhook-id`) are kept where they mean the same. Its `webhook-timestamp` and
//! `webhook-signature` are not sent: RFC 9421 has both, and two signatures of one message are one too many to verify.

use super::form::{Form, Unsigned, verify_form};
use super::{CONTENT_DIGEST, Nonce, Proven, SignatureError};

/// By what a message is the same, however often it is sent.
pub const WEBHOOK_ID: &str = "webhook-id";

const METHOD: &str = "POST";
const FORM: Form = Form {
    label: "province",
    components: &["@method", "@target-uri", CONTENT_DIGEST, WEBHOOK_ID],
    once: WEBHOOK_ID,
};

/// What is sent where.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// The receiver's URL, as it was given to the province and the province says it back.
    pub url: &'a str,
    /// What the message is known by.
    pub id: &'a [u8; 16],
    /// The body.
    pub body: &'a [u8],
}

fn derived(url: &str) -> impl Fn(&str) -> Option<String> {
    move |name| match name {
        "@method" => Some(METHOD.to_owned()),
        "@target-uri" => Some(url.to_owned()),
        _ => None,
    }
}

/// The headers that sign a message, by whoever has the private half of `key`. `created` is unix seconds; `nonce` is fresh each
/// time.
///
/// # Errors
/// What `by` fails with.
pub fn sign<E>(
    key: &[u8; 32],
    by: impl FnOnce(&[u8]) -> Result<[u8; 64], E>,
    sent: &Sent<'_>,
    (created, nonce): (u64, &Nonce),
) -> Result<Vec<(&'static str, String)>, E> {
    let first = vec![(WEBHOOK_ID, hex::encode(sent.id))];
    let unsigned = Unsigned::new(FORM, key, (sent.body, first), (created, nonce));
    let signature = by(unsigned.text(derived(sent.url)).as_bytes())?;
    Ok(unsigned.signed(&signature))
}

/// Checks what came as a `POST` to the receiver's own `url`; `header` gives a header's value by its lower-case name, `now` is
/// unix seconds. Whether the key is one of the province's, and whether the `webhook-id` was taken before, is for the receiver to
/// look at next.
///
/// # Errors
/// [`SignatureError`].
pub fn verify<'a>(
    header: impl Fn(&str) -> Option<&'a str>,
    url: &str,
    body: &[u8],
    now: u64,
) -> Result<Proven, SignatureError> {
    verify_form(FORM, header, derived(url), body, now)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use ed25519_dalek::{Signer as _, SigningKey};

    use super::super::{CLOCK_DIFFERENCE_MAX, SIGNATURE};
    use super::*;

    const URL: &str = "https://crms.example/khyber?office=home";
    const NOW: u64 = 1_795_323_600;

    fn signed(url: &str, body: &[u8]) -> Vec<(&'static str, String)> {
        let key = SigningKey::from_bytes(&[7; 32]);
        let sent = Sent {
            url,
            id: &[9; 16],
            body,
        };
        let by = |text: &[u8]| Ok::<_, ()>(key.sign(text).to_bytes());
        sign(key.verifying_key().as_bytes(), by, &sent, (NOW, &[1; 16])).unwrap()
    }

    fn verified(
        headers: &[(&str, String)],
        url: &str,
        body: &[u8],
        now: u64,
    ) -> Result<Proven, SignatureError> {
        let of = |name: &str| {
            let found = headers.iter().find(|(header, _)| *header == name);
            found.map(|(_, value)| value.as_str())
        };
        verify(of, url, body, now)
    }

    #[test]
    fn a_message_is_good_at_its_own_url_with_its_own_body_in_its_time() {
        let headers = signed(URL, b"{}");
        let key = SigningKey::from_bytes(&[7; 32]);
        assert_eq!(
            verified(&headers, URL, b"{}", NOW).unwrap().key,
            *key.verifying_key().as_bytes()
        );
        let other = "https://excise.example/khyber?office=home";
        for (url, body, now, error) in [
            (other, &b"{}"[..], NOW, SignatureError::Invalid),
            (URL, b"{ }", NOW, SignatureError::Digest),
            (URL, b"{}", NOW + CLOCK_DIFFERENCE_MAX + 1, SignatureError::Clock),
        ] {
            assert_eq!(verified(&headers, url, body, now), Err(error));
        }
        let id = headers.iter().find(|(name, _)| *name == WEBHOOK_ID).unwrap();
        assert_eq!(id.1, "09".repeat(16));
        let mut changed = headers.clone();
        changed
            .iter_mut()
            .find(|(name, _)| *name == WEBHOOK_ID)
            .unwrap()
            .1 = "08".repeat(16);
        assert_eq!(verified(&changed, URL, b"{}", NOW), Err(SignatureError::Invalid));
        changed.retain(|(name, _)| *name != WEBHOOK_ID);
        assert_eq!(
            verified(&changed, URL, b"{}", NOW),
            Err(SignatureError::Malformed)
        );
        // A signature of another kind of signer is none of the province's.
        let mut system = headers;
        system.iter_mut().find(|(name, _)| *name == SIGNATURE).unwrap().1 = "system=:AA==:".to_owned();
        assert_eq!(verified(&system, URL, b"{}", NOW), Err(SignatureError::Malformed));
    }
}
