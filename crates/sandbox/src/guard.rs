//! Who may call a program on loopback: only its own page and whoever was told its token.
//!
//! Any page of any site may send a request to 127.0.0.1; Host and Origin say where it came from, and a name that
//! somebody pointed at 127.0.0.1 shows in Host.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;

/// The header that carries the token; `Authorization: Bearer` (RFC 6750) does as well.
pub const TOKEN_HEADER: &str = "x-khyber-token";

/// What a caller must know.
pub struct Guard {
    host: String,
    token: String,
}

impl Guard {
    /// A guard of the server bound to `host` (`127.0.0.1:PORT`) with the token made at this start.
    pub fn new(host: String, token: String) -> Self {
        Self { host, token }
    }

    fn is_local(&self, headers: &HeaderMap) -> bool {
        let host = single(headers, header::HOST.as_str()) == Some(self.host.as_bytes());
        let origin = !headers.contains_key(header::ORIGIN)
            || single(headers, header::ORIGIN.as_str()).and_then(|origin| origin.strip_prefix(b"http://"))
                == Some(self.host.as_bytes());
        host && origin
    }

    fn has_token(&self, headers: &HeaderMap) -> bool {
        let bearer = || single(headers, header::AUTHORIZATION.as_str())?.strip_prefix(b"Bearer ");
        let given = single(headers, TOKEN_HEADER).or_else(bearer).unwrap_or_default();
        // No early end: the time must not tell how much of a guess was right.
        let differing = given
            .iter()
            .zip(self.token.as_bytes())
            .fold(0_u8, |sum, (a, b)| sum | (a ^ b));
        given.len() == self.token.len() && differing == 0
    }
}

/// The value of a header that is there exactly once: of two, whoever reads next might take the other.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    values.next().is_none().then_some(first.as_bytes())
}

/// Lets only calls through that name this server as Host, come from no other page and carry the token.
///
/// # Errors
/// 403.
pub async fn with_token(
    State(guard): State<Arc<Guard>>,
    request: Request,
    next: Next,
) -> Result<Response, StatusCode> {
    if guard.is_local(request.headers()) && guard.has_token(request.headers()) {
        Ok(next.run(request).await)
    } else {
        Err(StatusCode::FORBIDDEN)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, value.parse().unwrap());
        }
        map
    }

    #[test]
    fn a_header_that_comes_twice_is_no_header() {
        let guard = Guard::new("127.0.0.1:4000".into(), "ab12".into());
        let host = ("host", "127.0.0.1:4000");
        let token = (TOKEN_HEADER, "ab12");
        assert!(guard.is_local(&headers(&[host])));
        assert!(!guard.is_local(&headers(&[host, host])));
        assert!(!guard.is_local(&headers(&[host, ("host", "evil.example")])));
        let own = ("origin", "http://127.0.0.1:4000");
        assert!(guard.is_local(&headers(&[host, own])));
        assert!(!guard.is_local(&headers(&[host, own, ("origin", "https://evil.example")])));
        assert!(guard.has_token(&headers(&[token])));
        assert!(!guard.has_token(&headers(&[token, token])));
        assert!(guard.has_token(&headers(&[("authorization", "Bearer ab12")])));
        assert!(!guard.has_token(&headers(&[("authorization", "Basic ab12")])));
    }
}
