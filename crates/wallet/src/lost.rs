//! A lost phone, told from a phone that is nobody's: without a vault, under a key that is made for this one report.
//!
//! ```text
//! while let Some(request) = report.next_request(now, rng) { report.on_response(answer, now) or report.on_failure(why) }
//! report.finish()
//! ```
//! The report lives in memory. Until the province has answered, the same report may be sent again: it is done once. What
//! goes through an open vault instead waits in its outbox for a network (`sync/errand.rs`).

use credential::Timestamp;
use ed25519_dalek::SigningKey;
use province_api::enrolment::EnrolmentRequest;
use province_api::paths;
use province_api::problem::ProblemCode;
use province_api::sync::{LostReply, LostRequest};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::code::{UiCode, UiError};
use crate::error::StoreError;
use crate::home::screen_time;
use crate::opaque::opaque_debug;
use crate::screen::lost::LostTold;
use crate::sync::{Failure, HttpRequest, HttpResponse, Refusal, key_after, signed_by};

opaque_debug!(LostReport);

/// Most times that one try is signed anew: once for the clock, once because it was seen before.
const SIGNED_ANEW_MAX: u8 = 2;

/// One report of a lost phone.
pub struct LostReport {
    api_url: String,
    /// Signs this report and nothing else; no phone keeps it.
    key: SigningKey,
    idempotency_key: String,
    body: Zeroizing<Vec<u8>>,
    /// Seconds by which the province's clock is ahead of this phone's.
    ahead: i64,
    signed_anew: u8,
    /// The province said that a wallet was bound after the time of this report.
    too_early: bool,
    state: State,
}

enum State {
    ToSend,
    Sent,
    Over(Result<LostTold, UiError>),
}

impl LostReport {
    /// A report of this time about a person, for the province at this address.
    ///
    /// # Errors
    /// None that a request has which was checked.
    pub(crate) fn new(
        api_url: &str,
        person: EnrolmentRequest,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, UiError> {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(seed.as_mut());
        let mut random = [0; 16];
        rng.fill_bytes(&mut random);
        let lost_at = now.unix();
        Ok(Self {
            api_url: api_url.to_owned(),
            key: SigningKey::from_bytes(&seed),
            idempotency_key: hex::encode(random),
            body: written(&LostRequest { lost_at, person })?,
            ahead: 0,
            signed_anew: 0,
            too_early: false,
            state: State::ToSend,
        })
    }

    /// Whether this report says the same of the same person as that one, so that the first of them may go on. One of too
    /// early a time is answered the same for ever, so that the other one goes.
    pub fn says_the_same(&self, other: &Self) -> bool {
        !self.too_early
            && matches!((self.request(), other.request()), (Ok(one), Ok(other)) if one.person == other.person)
    }

    fn request(&self) -> Result<LostRequest, StoreError> {
        serde_json::from_slice(&self.body).map_err(|_| StoreError::Row)
    }

    /// The report of another time, by the province's clock: by a clock that is behind, it would seem older than the wallet
    /// that it is about. Another body needs another key.
    fn set_right(&mut self, off: i64) -> Result<(), StoreError> {
        let mut request = self.request()?;
        request.lost_at = request.lost_at.saturating_add_signed(off);
        self.body = written(&request)?;
        self.idempotency_key = key_after(&self.idempotency_key);
        Ok(())
    }

    /// The next request; `None` when the try is over.
    pub fn next_request(&mut self, now: Timestamp, rng: &mut impl CryptoRng) -> Option<HttpRequest> {
        if !matches!(self.state, State::ToSend) {
            return None;
        }
        self.state = State::Sent;
        let ahead = self.ahead.unsigned_abs();
        let now = if self.ahead < 0 {
            now.minus(ahead)
        } else {
            now.plus(ahead)
        };
        let body = (self.idempotency_key.as_str(), self.body.to_vec());
        Some(signed_by(&self.key, (&self.api_url, paths::LOST), body, now, rng))
    }

    /// The answer to the request that was given last.
    pub fn on_response(&mut self, response: &HttpResponse, now: Timestamp) {
        if !matches!(self.state, State::Sent) {
            return;
        }
        let response = &response.as_it_was_written();
        self.state = if response.status == 200 {
            State::Over(match serde_json::from_slice::<LostReply>(&response.body) {
                Ok(LostReply { newer: true, .. }) => {
                    self.too_early = true;
                    Err(UiCode::LostNewerWallet.into())
                }
                Ok(reply) => Ok(LostTold {
                    disabled_at: screen_time(Timestamp::from_unix(reply.disabled_at)),
                }),
                Err(_) => Err(UiCode::AnswerInvalid.into()),
            })
        } else {
            self.refused(Refusal::read(response), now)
        };
    }

    /// There was no answer to the request that was given last.
    pub fn on_failure(&mut self, failure: Failure) {
        if matches!(self.state, State::Sent) {
            self.state = State::Over(Err(failure.code().into()));
        }
    }

    /// Ends this try and says how it went; another one may be made with the same report.
    ///
    /// # Errors
    /// A code of the network or of the province. Where nobody knows whether it was done, a further try tells.
    pub fn finish(&mut self) -> Result<LostTold, UiError> {
        self.signed_anew = 0;
        match std::mem::replace(&mut self.state, State::ToSend) {
            State::Over(outcome) => outcome,
            State::ToSend | State::Sent => Err(UiCode::NetworkDown.into()),
        }
    }

    fn refused(&mut self, refusal: Refusal, now: Timestamp) -> State {
        let before = self.ahead;
        let anew = match &refusal {
            Refusal::Said {
                code: ProblemCode::DeviceClock,
                server_time: Some(time),
                ..
            } => {
                let difference = i128::from(*time) - i128::from(now.unix());
                self.ahead = i64::try_from(difference).unwrap_or(0);
                true
            }
            Refusal::Replayed(_) => true,
            _ => false,
        };
        if anew && self.signed_anew < SIGNED_ANEW_MAX {
            self.signed_anew += 1;
            let off = self.ahead.saturating_sub(before);
            return match (off != 0).then(|| self.set_right(off)).transpose() {
                Ok(_) => State::ToSend,
                Err(error) => State::Over(Err(error.into())),
            };
        }
        let mut error = refusal.into_error();
        if error.code == UiCode::NotEnrolled {
            // Of somebody else than the one who reads it.
            error.code = UiCode::LostNotEnrolled;
        }
        State::Over(Err(error))
    }
}

fn written(request: &LostRequest) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let body = serde_json::to_vec(request).map_err(|_| StoreError::Row)?;
    Ok(Zeroizing::new(body))
}
