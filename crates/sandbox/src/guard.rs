//! Who may call a program on loopback: only its own page and whoever was told its token.
//!
//! Any page of any site may send a request to 127.0.0.1; Host and Origin say where it came from, and a name that
//! somebody pointed at 127.0.0.1 shows in Host.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;

/// The header that carries the token.
pub const TOKEN_HEADER: &str = "x-khyber-token";

/// What a caller must know.
#[derive(Debug)]
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
        let text = |name| headers.get(name).map(|value| value.to_str().ok());
        let host = text(header::HOST) == Some(Some(self.host.as_str()));
        let origin = match text(header::ORIGIN) {
            None => true,
            Some(origin) => origin.and_then(|o| o.strip_prefix("http://")) == Some(self.host.as_str()),
        };
        host && origin
    }

    fn has_token(&self, headers: &HeaderMap) -> bool {
        let given = headers
            .get(TOKEN_HEADER)
            .map_or(&b""[..], |value| value.as_bytes());
        // No early end: the time must not tell how much of a guess was right.
        let differing = given
            .iter()
            .zip(self.token.as_bytes())
            .fold(0_u8, |sum, (a, b)| sum | (a ^ b));
        given.len() == self.token.len() && differing == 0
    }
}

/// Lets only calls through that name this server as Host and come from no other page.
///
/// # Errors
/// 403.
pub async fn local_only(
    State(guard): State<Arc<Guard>>,
    request: Request,
    next: Next,
) -> Result<Response, StatusCode> {
    if guard.is_local(request.headers()) {
        Ok(next.run(request).await)
    } else {
        Err(StatusCode::FORBIDDEN)
    }
}

/// Lets only calls through that also carry the token.
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
