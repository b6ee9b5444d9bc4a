//! How long an answer may be kept, and the answer to who keeps it already.

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

/// For how long anybody may keep a public file without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caching {
    /// Not long: a revocation waits for it.
    Newest,
    /// For ever: its path says what is in it.
    Immutable,
}

impl Caching {
    /// The value of `Cache-Control`.
    pub(super) const fn value(self) -> &'static str {
        match self {
            Self::Newest => "public, max-age=60, must-revalidate",
            Self::Immutable => "public, max-age=31536000, immutable",
        }
    }

    /// What the OpenAPI document calls this header.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Newest => "Newest",
            Self::Immutable => "Immutable",
        }
    }
}

/// A public file, or word that the caller has it already.
pub(super) fn file(
    bytes: impl Into<Arc<[u8]>>,
    tag: impl std::fmt::Display,
    caching: Caching,
    media_type: &'static str,
    headers: &HeaderMap,
) -> Response {
    let tag = format!("\"{tag}\"");
    let held = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|tags| tags.split(',').any(|t| t.trim() == tag));
    let mut response = if held {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let kind = HeaderValue::from_static(media_type);
        ([(header::CONTENT_TYPE, kind)], Bytes::from_owner(bytes.into())).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching.value()));
    // A tag is a name of a file: hex, digits and hyphens.
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}
