//! Another device key, twice a year: the province takes the new one on the word of the one before.
//!
//! The new key is kept before it is sent, and the one before until the answer is here. While nobody knows which of the
//! two the province goes by, nothing else is signed: the same question goes again, and an answer ends it. It begins
//! only while no write waits for an answer, because the province knows a repeated write by the key that signed it.

use credential::DAY;
use ed25519_dalek::SigningKey;
use province_api::device_key::{DeviceKeyReply, DeviceKeyRequest};
use province_api::paths;
use province_api::problem::ProblemCode;
use rand_core::CryptoRng;

use super::problem::Refusal;
use super::send::signed;
use super::{Awaiting, HttpRequest, HttpResponse, Run, Stage, Surroundings};
use crate::code::{UiCode, UiError};
use crate::error::StoreError;
use crate::store::enrolment::{self, State};
use crate::store::outbox;

/// How long one key signs, in days.
const KEY_DAYS: u64 = 180;

impl Run {
    /// Asks for another key if one is under way, or the one in use is old and nothing waits for an answer.
    pub(super) fn device_key_request(
        &mut self,
        around: &Surroundings<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Option<HttpRequest>, StoreError> {
        let state = enrolment::load(around.database)?.state;
        if !matches!(state, State::Accepted | State::Complete) {
            return Ok(None);
        }
        let next = match enrolment::next_device_key(around.database)? {
            Some(next) => next,
            None if is_due(around)? => enrolment::make_next_device_key(around.database, rng)?,
            None => return Ok(None),
        };
        let before = SigningKey::from_bytes(&*enrolment::device_key(around.database)?);
        let request = DeviceKeyRequest::new(
            before.verifying_key().as_bytes(),
            &SigningKey::from_bytes(&next.seed),
        );
        let body = serde_json::to_vec(&request).map_err(|_| StoreError::Row)?;
        self.awaiting = Some(Awaiting::DeviceKey);
        signed(around, paths::DEVICE_KEY, (&next.idempotency_key, body), rng).map(Some)
    }

    pub(super) fn on_device_key(
        &mut self,
        around: &Surroundings<'_>,
        response: &HttpResponse,
    ) -> Result<(), UiError> {
        if response.status == 200 {
            if serde_json::from_slice::<DeviceKeyReply>(&response.body).is_err() {
                self.fail(UiCode::AnswerInvalid);
                return Ok(());
            }
            enrolment::take_next_device_key(around.database, around.now)?;
            self.changed = true;
            self.stage = Stage::Errands;
            return Ok(());
        }
        let refusal = Refusal::read(response);
        if self.signs_anew(around, &refusal) {
            return Ok(());
        }
        let Refusal::Said { code, error, .. } = refusal else {
            self.fail(refusal.into_error());
            return Ok(());
        };
        match code {
            ProblemCode::WalletDisabled | ProblemCode::DeviceReplaced => return self.end(around, error),
            // What arrived is not what left the phone, or not all of it in time. A try before this one may have been done: it
            // goes again.
            ProblemCode::DeviceSignature
            | ProblemCode::DeviceClock
            | ProblemCode::RequestMalformed
            | ProblemCode::BodyTooLarge => self.fail(error),
            // It was done so long ago that the answer is gone, or this person was released: the new key asks, and is told.
            ProblemCode::DeviceUnknown => {
                enrolment::take_next_device_key(around.database, around.now)?;
                self.stage = Stage::Errands;
            }
            // A refusal changed nothing: this key goes on, and another time is tried.
            _ => {
                enrolment::drop_next_device_key(around.database, around.now)?;
                self.stage = Stage::Errands;
            }
        }
        Ok(())
    }
}

/// Whether the key in use is old enough, and nothing waits for an answer.
fn is_due(around: &Surroundings<'_>) -> Result<bool, StoreError> {
    let Some(since) = enrolment::device_key_since(around.database)? else {
        enrolment::set_device_key_since(around.database, around.now)?;
        return Ok(false);
    };
    Ok(around.now >= since.plus(KEY_DAYS * DAY) && !outbox::is_any_under_way(around.database)?)
}
