//! How long an answer may be kept, and the answer to who keeps it already.

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

/// An entity tag, in its quotation marks.
pub(super) struct Tag(Bytes);

impl Tag {
    /// Of a name of a file: hex, digits and hyphens.
    pub(super) fn of(name: impl std::fmt::Display) -> Self {
        Self(format!("\"{name}\"").into())
    }
}

impl From<Bytes> for Tag {
    fn from(quoted: Bytes) -> Self {
        Self(quoted)
    }
}

/// A public file, or word that the caller has it already.
pub(super) fn file(
    bytes: impl Into<Bytes>,
    Tag(tag): Tag,
    caching: Caching,
    media_type: &'static str,
    headers: &HeaderMap,
) -> Response {
    // RFC 9110, section 13.1.2: weakly compared, because who packs an answer on the way weakens its tag.
    let held = headers.get_all(header::IF_NONE_MATCH).iter().any(|value| {
        let mut named = value.as_bytes().split(|b| *b == b',').map(<[u8]>::trim_ascii);
        named.any(|one| one == b"*" || one.strip_prefix(b"W/").unwrap_or(one) == tag)
    });
    let mut response = if held {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let kind = HeaderValue::from_static(media_type);
        ([(header::CONTENT_TYPE, kind)], bytes.into()).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching.value()));
    if let Ok(tag) = HeaderValue::from_maybe_shared(tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}
