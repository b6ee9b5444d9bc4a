//! Who may call a server on loopback.
//!
//! Any page in the user's browser and any program on the machine can reach 127.0.0.1, so being
//! local proves nothing. A request must name this server as its host (against DNS rebinding), come
//! from this server's own page or from no page at all (against other sites), and a command must
//! carry the token that was made at this start (against other users of the machine).

use axum::http::{HeaderMap, StatusCode, header};
use subtle::ConstantTimeEq;

/// The header that carries the token.
pub const TOKEN_HEADER: &str = "x-khyber-token";

/// What a request has to show.
#[derive(Clone)]
pub struct Guard {
    host: String,
    origin: String,
    token: String,
}

impl Guard {
    /// A guard for the server at `host` (`address:port`) with this token.
    pub fn new(host: &str, token: String) -> Self {
        Self {
            host: host.to_owned(),
            origin: format!("http://{host}"),
            token,
        }
    }

    /// Checks host and origin: enough to be given the page's files.
    ///
    /// # Errors
    ///
    /// `421 Misdirected Request` for another host, `403 Forbidden` for another origin.
    pub fn check_page(&self, headers: &HeaderMap) -> Result<(), StatusCode> {
        if single(headers, header::HOST.as_str()) != Some(self.host.as_bytes()) {
            return Err(StatusCode::MISDIRECTED_REQUEST);
        }
        if headers.contains_key(header::ORIGIN)
            && single(headers, header::ORIGIN.as_str()) != Some(self.origin.as_bytes())
        {
            return Err(StatusCode::FORBIDDEN);
        }
        Ok(())
    }

    /// Checks host, origin and token: what a command needs.
    ///
    /// # Errors
    ///
    /// As [`Guard::check_page`], and `401 Unauthorized` without the right token.
    pub fn check_command(&self, headers: &HeaderMap) -> Result<(), StatusCode> {
        self.check_page(headers)?;
        let given = single(headers, TOKEN_HEADER).unwrap_or_default();
        if bool::from(given.ct_eq(self.token.as_bytes())) {
            Ok(())
        } else {
            Err(StatusCode::UNAUTHORIZED)
        }
    }
}

/// The value of a header that is there exactly once.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    values.next().is_none().then_some(first.as_bytes())
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]

    use super::*;

    fn guard() -> Guard {
        Guard::new("127.0.0.1:4000", "ab12".into())
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, value.parse().unwrap());
        }
        map
    }

    #[test]
    fn own_page_with_the_token_may_call_commands() {
        let own = headers(&[
            ("host", "127.0.0.1:4000"),
            ("origin", "http://127.0.0.1:4000"),
            ("x-khyber-token", "ab12"),
        ]);
        assert_eq!(guard().check_command(&own), Ok(()));
        assert_eq!(
            guard().check_page(&headers(&[("host", "127.0.0.1:4000")])),
            Ok(())
        );
    }

    #[test]
    fn other_hosts_other_origins_and_wrong_tokens_are_turned_away() {
        let cases: [(&[(&'static str, &'static str)], StatusCode); 8] = [
            (&[], StatusCode::MISDIRECTED_REQUEST),
            (&[("host", "evil.example:4000")], StatusCode::MISDIRECTED_REQUEST),
            (&[("host", "127.0.0.1:4001")], StatusCode::MISDIRECTED_REQUEST),
            (
                &[("host", "127.0.0.1:4000"), ("host", "evil.example")],
                StatusCode::MISDIRECTED_REQUEST,
            ),
            (
                &[("host", "127.0.0.1:4000"), ("origin", "null")],
                StatusCode::FORBIDDEN,
            ),
            (
                &[("host", "127.0.0.1:4000"), ("origin", "https://127.0.0.1:4000")],
                StatusCode::FORBIDDEN,
            ),
            (&[("host", "127.0.0.1:4000")], StatusCode::UNAUTHORIZED),
            (
                &[("host", "127.0.0.1:4000"), ("x-khyber-token", "ab1")],
                StatusCode::UNAUTHORIZED,
            ),
        ];
        for (pairs, status) in cases {
            assert_eq!(guard().check_command(&headers(pairs)), Err(status), "{pairs:?}");
        }
    }
}
