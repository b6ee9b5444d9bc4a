//! The phone's side: a credential signed over for one desk, now (`kp-kbt`).

use crate::base45;
use crate::cbor::Writer;
use crate::claims::Claims;
use crate::code::codes;
use crate::cose::{self, Header, typ};
use crate::issue::parse_cwt;
use crate::keys::SecretKey;
use crate::request::{AUDIENCE_BYTES_MAX, ReadRequest};
use crate::time::Timestamp;
use crate::trust::is_name;

/// The prefix of a presentation's text.
pub const PRESENTATION_PREFIX: &str = "KP1:";

/// Seconds a timed presentation lives; the phone signs anew every 15.
pub const PRESENTATION_LIFETIME: u64 = 60;

codes! {
    /// Why a presentation is not made.
    PresentError {
        /// The credential cannot be read.
        BadCredential = "present_bad_credential",
        /// The key is not the one that the credential names.
        WrongKey = "present_wrong_key",
        /// Names or a photo need a desk's request.
        RequestRequired = "present_request_required",
        /// The desk may not have what the credential says.
        NotAllowed = "present_not_allowed",
        /// The request asks for another kind of pass.
        WrongPass = "present_wrong_pass",
        /// The name of the desk cannot be written.
        BadAudience = "present_bad_audience",
    }
}

/// Signs a credential over to an audience for the next minute.
///
/// # Errors
/// [`PresentError`]; personal claims are refused, they need a request.
pub fn present_timed(
    credential: &[u8],
    holder: &SecretKey,
    audience: &str,
    now: Timestamp,
) -> Result<String, PresentError> {
    let claims = read(credential, holder)?;
    if claims.is_personal() {
        return Err(PresentError::RequestRequired);
    }
    if !is_name(audience) || audience.len() > AUDIENCE_BYTES_MAX {
        return Err(PresentError::BadAudience);
    }
    let mut w = Writer::new();
    w.map(3).int(3).text(audience);
    w.int(4).uint(now.plus(PRESENTATION_LIFETIME).unix());
    w.int(6).uint(now.unix());
    Ok(present(credential, holder, &w.finish()))
}

/// Signs a credential over in answer to a request. The phone's clock does not matter: `iat` is written as zero, so
/// that a clock that is off does not tell one phone from another.
///
/// # Errors
/// [`PresentError`] if the request asks for another pass, or the asker may not have it.
pub fn present_to_request(
    credential: &[u8],
    holder: &SecretKey,
    request: &ReadRequest,
) -> Result<String, PresentError> {
    let claims = read(credential, holder)?;
    if claims.vct != *request.ask() {
        return Err(PresentError::WrongPass);
    }
    if request.may_ask().is_err() || claims.is_personal() && !request.is_certified() {
        return Err(PresentError::NotAllowed);
    }
    let mut w = Writer::new();
    w.map(4).int(3).text(request.audience());
    w.int(6).uint(0);
    w.int(39).bytes(request.nonce());
    w.int(REQUEST_HASH).bytes(request.hash());
    Ok(present(credential, holder, &w.finish()))
}

/// Claim key of the request's hash in a key-binding token.
pub(crate) const REQUEST_HASH: i64 = -65_604;

fn read(credential: &[u8], holder: &SecretKey) -> Result<Claims, PresentError> {
    let cwt = parse_cwt(credential).map_err(|_| PresentError::BadCredential)?;
    let claims = Claims::decode(cwt.payload).map_err(|_| PresentError::BadCredential)?;
    if claims.holder != Some(holder.public().into()) {
        return Err(PresentError::WrongKey);
    }
    Ok(claims)
}

fn present(credential: &[u8], holder: &SecretKey, payload: &[u8]) -> String {
    let bytes = cose::sign1_here(typ::KBT, &Header::Kcwt(credential), payload, holder);
    let mut text = String::with_capacity(PRESENTATION_PREFIX.len() + base45::encoded_len(bytes.len()));
    text.push_str(PRESENTATION_PREFIX);
    base45::encode_into(&bytes, &mut text);
    text
}
