//! Who may call this program.
//!
//! Any page in the desk's browser and any program on the machine can reach 127.0.0.1, so being
//! local proves nothing. A request must name this server as its host (against DNS rebinding), come
//! from this server's own page or from no page at all (against other sites), and a call must carry
//! the token that was made at this start (against other users of the machine).

use axum::http::{HeaderMap, header};
use subtle::ConstantTimeEq;

use crate::StationCode;

/// The header that carries the token.
pub const TOKEN_HEADER: &str = "x-khyber-token";

/// What a request has to show.
#[derive(Clone, Debug)]
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

    /// Checks host and origin: enough to be given the page's files, which hold nothing secret.
    ///
    /// # Errors
    /// [`StationCode::WrongHost`] and [`StationCode::WrongOrigin`].
    pub fn check_page(&self, headers: &HeaderMap) -> Result<(), StationCode> {
        if single(headers, header::HOST.as_str()) != Some(self.host.as_bytes()) {
            return Err(StationCode::WrongHost);
        }
        if headers.contains_key(header::ORIGIN)
            && single(headers, header::ORIGIN.as_str()) != Some(self.origin.as_bytes())
        {
            return Err(StationCode::WrongOrigin);
        }
        Ok(())
    }

    /// Checks host, origin and token: what a call needs.
    ///
    /// # Errors
    /// As [`Guard::check_page`], and [`StationCode::NoToken`].
    pub fn check_call(&self, headers: &HeaderMap) -> Result<(), StationCode> {
        self.check_page(headers)?;
        let given = single(headers, TOKEN_HEADER).unwrap_or_default();
        if bool::from(given.ct_eq(self.token.as_bytes())) {
            Ok(())
        } else {
            Err(StationCode::NoToken)
        }
    }
}

/// The value of a header that is there exactly once.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    values.next().is_none().then_some(first.as_bytes())
}
