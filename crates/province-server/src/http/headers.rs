//! Headers that may stand once.

use axum::http::HeaderMap;
use province_api::IDEMPOTENCY_KEY;

/// A header's value. Two values of one header leave open which was meant.
pub(super) fn the_only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// The key under which a write is done once: 16 bytes of hex.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    hex::decode_to_slice(the_only(headers, IDEMPOTENCY_KEY)?, &mut bytes).ok()?;
    Some(bytes)
}
