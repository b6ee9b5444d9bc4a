//! The form of a signature: what is covered, in which order, with which parameters; written and read in one spelling.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use credential::PublicKey;

use super::{
    CLOCK_DIFFERENCE_MAX, CONTENT_DIGEST, Nonce, Proven, SIGNATURE, SIGNATURE_INPUT, SignatureError,
    content_digest,
};

/// The one form of a signature.
#[derive(Clone, Copy)]
pub(super) struct Form {
    pub(super) label: &'static str,
    /// What it covers, in this order.
    pub(super) components: &'static [&'static str],
    /// The header, one of these, whose 16 bytes of hex are the same each time that the same is sent.
    pub(super) once: &'static str,
}

impl Form {
    /// The components as `Signature-Input` has them.
    pub(super) fn covered(self) -> String {
        let quoted: Vec<String> = self.components.iter().map(|name| format!("\"{name}\"")).collect();
        format!("({})", quoted.join(" "))
    }
}

/// What a signature says of itself.
#[derive(Clone, Copy)]
pub(super) struct Parameters<'a> {
    pub(super) created: u64,
    pub(super) expires: u64,
    pub(super) nonce: &'a str,
    pub(super) key_id: &'a str,
}

impl<'a> Parameters<'a> {
    /// In the one form that the profile has.
    pub(super) fn text(self, form: Form) -> String {
        let covered = form.covered();
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
    fn read(form: Form, given: &'a str) -> Option<Self> {
        let rest = given.strip_prefix(&form.covered())?.strip_prefix(";created=")?;
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
        (read.text(form) == given).then_some(read)
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
pub(super) fn base(components: &[(&str, String)], parameters: &str) -> String {
    let lines = components
        .iter()
        .map(|(name, value)| format!("\"{name}\": {value}"));
    let last = format!("\"@signature-params\": {parameters}");
    lines.chain([last]).collect::<Vec<_>>().join("\n")
}

/// What is signed of a request, of which `derived` gives what is no header (RFC 9421 section 2.2); `None` without one that is
/// covered.
fn message<'a>(
    form: Form,
    derived: impl Fn(&str) -> Option<String>,
    header: impl Fn(&str) -> Option<&'a str>,
    parameters: &str,
) -> Option<String> {
    let mut components = Vec::new();
    for name in form.components {
        let value = if name.starts_with('@') {
            derived(name)?
        } else {
            header(name)?.to_owned()
        };
        components.push((*name, value));
    }
    Some(base(&components, parameters))
}

/// A message that is about to be signed.
pub(super) struct Unsigned {
    form: Form,
    headers: Vec<(&'static str, String)>,
    parameters: String,
}

impl Unsigned {
    /// Of this body, with these headers besides what every signature brings.
    pub(super) fn new(
        form: Form,
        key: &[u8; 32],
        (body, mut headers): (&[u8], Vec<(&'static str, String)>),
        (created, nonce): (u64, &Nonce),
    ) -> Self {
        headers.push((CONTENT_DIGEST, content_digest(body)));
        let parameters = Parameters {
            created,
            expires: created.saturating_add(CLOCK_DIFFERENCE_MAX),
            nonce: &URL_SAFE_NO_PAD.encode(nonce),
            key_id: &URL_SAFE_NO_PAD.encode(key),
        }
        .text(form);
        Self {
            form,
            headers,
            parameters,
        }
    }

    /// What is signed.
    pub(super) fn text(&self, derived: impl Fn(&str) -> Option<String>) -> String {
        let of = |name: &str| {
            let found = self.headers.iter().find(|(header, _)| *header == name);
            found.map(|(_, value)| value.as_str())
        };
        // Every component is among them.
        message(self.form, derived, of, &self.parameters).unwrap_or_default()
    }

    /// All headers, with the signature.
    pub(super) fn signed(self, signature: &[u8; 64]) -> Vec<(&'static str, String)> {
        let Self {
            form,
            mut headers,
            parameters,
        } = self;
        let (label, signature) = (form.label, STANDARD.encode(signature));
        headers.push((SIGNATURE_INPUT, format!("{label}={parameters}")));
        headers.push((SIGNATURE, format!("{label}=:{signature}:")));
        headers
    }
}

/// Checks a signature of this form.
pub(super) fn verify_form<'a>(
    form: Form,
    header: impl Fn(&str) -> Option<&'a str>,
    derived: impl Fn(&str) -> Option<String>,
    body: &[u8],
    now: u64,
) -> Result<Proven, SignatureError> {
    let need = |name| header(name).ok_or(SignatureError::Malformed);
    let of_label = |name| {
        let rest = need(name)?.strip_prefix(form.label);
        rest.and_then(|rest| rest.strip_prefix('='))
            .ok_or(SignatureError::Malformed)
    };
    let digest = need(CONTENT_DIGEST)?;
    let once = need(form.once)?;
    let is_once = once.len() == 32 && once.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let given = of_label(SIGNATURE_INPUT)?;
    let parameters = Parameters::read(form, given).ok_or(SignatureError::Malformed)?;
    if !is_once {
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
    let signer = PublicKey::parse(&key).map_err(|_| SignatureError::Invalid)?;
    let text = message(form, derived, &header, given).ok_or(SignatureError::Malformed)?;
    if !signer.verifies(text.as_bytes(), &signature) {
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

pub(super) fn decode<const N: usize>(
    engine: &base64::engine::GeneralPurpose,
    text: &str,
) -> Result<[u8; N], SignatureError> {
    let bytes = engine.decode(text).map_err(|_| SignatureError::Malformed)?;
    bytes.try_into().map_err(|_| SignatureError::Malformed)
}
