//! Who may call a server on loopback.
//!
//! Any page in the user's browser and any program on the machine can reach 127.0.0.1, so being local proves nothing. A
//! request must name this server as its host (against DNS rebinding), come from this server's own page or from no page
//! at all (against other sites), and a call must carry the token that was made at this start (against other users of
//! the machine).

use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use subtle::ConstantTimeEq as _;

/// The header that carries the token.
pub const TOKEN_HEADER: HeaderName = HeaderName::from_static("x-khyber-token");

/// The token of one start: the given random bytes as 64 digits of lower-case hex.
pub fn token(random: &[u8; 32]) -> String {
    hex::encode(random)
}

/// Why a request is turned away; the first reason that is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It names another host, none, or more than one.
    WrongHost,
    /// Another page than this server's own sent it.
    WrongOrigin,
    /// It does not carry the token of this start.
    NoToken,
}

impl From<Refusal> for StatusCode {
    /// What HTTP has for it: 421 for another host (RFC 9110, 15.5.20), 403 for another origin, 401 without the token.
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::WrongHost => Self::MISDIRECTED_REQUEST,
            Refusal::WrongOrigin => Self::FORBIDDEN,
            Refusal::NoToken => Self::UNAUTHORIZED,
        }
    }
}

/// What a request has to show. There is no `Debug`: the token is not for logs.
#[derive(Clone)]
pub struct Guard {
    host: String,
    origin: String,
    token: String,
}

impl Guard {
    /// A guard for the server bound to `host` (`address:port`) with the [`token`] of this start.
    pub fn new(host: &str, token: String) -> Self {
        Self {
            host: host.to_owned(),
            origin: format!("http://{host}"),
            token,
        }
    }

    /// Checks host and origin: enough to be given a page's files, which hold nothing secret.
    ///
    /// # Errors
    /// [`Refusal::WrongHost`] and [`Refusal::WrongOrigin`].
    pub fn check_page(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        if single(headers, &header::HOST) != Some(self.host.as_bytes()) {
            return Err(Refusal::WrongHost);
        }
        if headers.contains_key(header::ORIGIN)
            && single(headers, &header::ORIGIN) != Some(self.origin.as_bytes())
        {
            return Err(Refusal::WrongOrigin);
        }
        Ok(())
    }

    /// Checks host, origin and the token in [`TOKEN_HEADER`]: what a call of the page needs. A token anywhere else,
    /// such as in the address that opened the page, does not count: addresses are kept and passed on.
    ///
    /// # Errors
    /// As [`Guard::check_page`], and [`Refusal::NoToken`].
    pub fn check_call(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        self.check_page(headers)?;
        self.check_token(single(headers, &TOKEN_HEADER))
    }

    /// As [`Guard::check_call`], for a server that other programs call: without our header they may give the token as
    /// `Authorization: Bearer` (RFC 6750).
    ///
    /// # Errors
    /// As [`Guard::check_call`].
    pub fn check_call_or_bearer(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        self.check_page(headers)?;
        let bearer = || single(headers, &header::AUTHORIZATION)?.strip_prefix(b"Bearer ");
        self.check_token(single(headers, &TOKEN_HEADER).or_else(bearer))
    }

    /// In constant time: how long it takes must not tell how much of a guess was right.
    fn check_token(&self, given: Option<&[u8]>) -> Result<(), Refusal> {
        let is_right = bool::from(given.unwrap_or_default().ct_eq(self.token.as_bytes()));
        is_right.then_some(()).ok_or(Refusal::NoToken)
    }
}

/// The value of a header that is there exactly once: of two, whoever reads next might take the other.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a [u8]> {
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

    type Pair = (&'static str, &'static str);

    const HOST: Pair = ("host", "127.0.0.1:4000");
    const ORIGIN: Pair = ("origin", "http://127.0.0.1:4000");
    const TOKEN: Pair = ("x-khyber-token", "ab12");
    const BEARER: Pair = ("authorization", "Bearer ab12");

    fn guard() -> Guard {
        Guard::new("127.0.0.1:4000", "ab12".into())
    }

    fn headers(pairs: &[Pair]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, value.parse().unwrap());
        }
        map
    }

    #[test]
    fn a_token_is_64_lower_case_hex_digits() {
        let random = std::array::from_fn(|at| u8::try_from(at * 8).unwrap());
        let token = token(&random);
        assert!(
            token.starts_with("00081018") && token.ends_with("e8f0f8"),
            "{token}"
        );
        assert_eq!(token.len(), 64);
    }

    #[test]
    fn files_need_the_host_but_no_token() {
        assert_eq!(guard().check_page(&headers(&[HOST])), Ok(()));
        assert_eq!(guard().check_page(&headers(&[HOST, ORIGIN])), Ok(()));
        assert_eq!(guard().check_page(&headers(&[TOKEN])), Err(Refusal::WrongHost));
    }

    #[test]
    fn own_page_and_no_page_may_call_with_the_token() {
        for pairs in [&[HOST, ORIGIN, TOKEN][..], &[HOST, TOKEN]] {
            assert_eq!(guard().check_call(&headers(pairs)), Ok(()));
            assert_eq!(guard().check_call_or_bearer(&headers(pairs)), Ok(()));
        }
    }

    #[test]
    fn other_hosts_other_origins_and_wrong_tokens_are_turned_away() {
        let cases: [(&[Pair], Refusal); 16] = [
            (&[], Refusal::WrongHost),
            (&[TOKEN], Refusal::WrongHost),
            (&[("host", ""), TOKEN], Refusal::WrongHost),
            (&[("host", "evil.example:4000"), TOKEN], Refusal::WrongHost),
            (&[("host", "localhost:4000"), TOKEN], Refusal::WrongHost),
            (&[("host", "127.0.0.1:4001"), TOKEN], Refusal::WrongHost),
            (&[("host", "127.0.0.1"), TOKEN], Refusal::WrongHost),
            (&[HOST, ("origin", "null"), TOKEN], Refusal::WrongOrigin),
            (
                &[HOST, ("origin", "https://evil.example"), TOKEN],
                Refusal::WrongOrigin,
            ),
            (
                &[HOST, ("origin", "https://127.0.0.1:4000"), TOKEN],
                Refusal::WrongOrigin,
            ),
            (
                &[HOST, ("origin", "http://127.0.0.1:4001"), TOKEN],
                Refusal::WrongOrigin,
            ),
            (&[HOST], Refusal::NoToken),
            (&[HOST, ("x-khyber-token", "")], Refusal::NoToken),
            (&[HOST, ("x-khyber-token", "ab1")], Refusal::NoToken),
            (&[HOST, ("x-khyber-token", "ab13")], Refusal::NoToken),
            (&[HOST, ("x-khyber-token", "AB12")], Refusal::NoToken),
        ];
        for (pairs, refusal) in cases {
            let headers = headers(pairs);
            assert_eq!(guard().check_call(&headers), Err(refusal), "{pairs:?}");
            assert_eq!(guard().check_call_or_bearer(&headers), Err(refusal), "{pairs:?}");
        }
    }

    #[test]
    fn a_header_that_comes_twice_is_no_header() {
        let cases: [(&[Pair], Refusal); 5] = [
            (&[HOST, HOST, TOKEN], Refusal::WrongHost),
            (&[HOST, ("host", "evil.example"), TOKEN], Refusal::WrongHost),
            (&[HOST, ORIGIN, ORIGIN, TOKEN], Refusal::WrongOrigin),
            (
                &[HOST, ORIGIN, ("origin", "https://evil.example"), TOKEN],
                Refusal::WrongOrigin,
            ),
            (&[HOST, TOKEN, TOKEN], Refusal::NoToken),
        ];
        for (pairs, refusal) in cases {
            let headers = headers(pairs);
            assert_eq!(guard().check_call(&headers), Err(refusal), "{pairs:?}");
            assert_eq!(guard().check_call_or_bearer(&headers), Err(refusal), "{pairs:?}");
        }
    }

    #[test]
    fn a_bearer_token_counts_only_where_programs_call() {
        let bearer = headers(&[HOST, BEARER]);
        assert_eq!(guard().check_call(&bearer), Err(Refusal::NoToken));
        assert_eq!(guard().check_call_or_bearer(&bearer), Ok(()));
        for pairs in [
            &[HOST, BEARER, BEARER][..],
            &[HOST, ("authorization", "Basic ab12")],
            &[HOST, ("authorization", "bearer ab12")],
            &[HOST, ("authorization", "Bearer ab13")],
            &[HOST, ("x-khyber-token", "ab13"), BEARER],
        ] {
            let headers = headers(pairs);
            assert_eq!(
                guard().check_call_or_bearer(&headers),
                Err(Refusal::NoToken),
                "{pairs:?}"
            );
        }
        let foreign = headers(&[HOST, ("origin", "https://evil.example"), BEARER]);
        assert_eq!(guard().check_call_or_bearer(&foreign), Err(Refusal::WrongOrigin));
    }

    #[test]
    fn each_refusal_has_a_status_of_its_own() {
        assert_eq!(StatusCode::from(Refusal::WrongHost).as_u16(), 421);
        assert_eq!(StatusCode::from(Refusal::WrongOrigin).as_u16(), 403);
        assert_eq!(StatusCode::from(Refusal::NoToken).as_u16(), 401);
    }
}
