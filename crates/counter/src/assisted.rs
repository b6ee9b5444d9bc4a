//! A citizen enrolled at the desk: the phone's code is read, the card typed, a picture taken and a finger read; the province
//! asks BioVerisys and enrols that phone, at the level that only a counter gives.
//!
//! Finger and face are in this program's memory for as long as the province takes to answer, are overwritten then, and go
//! nowhere else. The scan log says that somebody was enrolled here, and how that came out.

use std::sync::Arc;

use axum::body::Bytes as Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use province_api::enrolment::EnrolmentReply;
use province_api::person::Day;
use province_api::phone_code::{phone_code, phone_letters, read_phone_code};
use province_api::problem::{Problem, ProblemCode};
use province_api::proofing::{AssistedRequest, Finger, ReaderError};
use province_api::signature::Target;
use province_api::{Biometric, Bytes, paths};
use zeroize::{Zeroize as _, Zeroizing};

use crate::lost::{replies, request};
use crate::province::Province;
use crate::types::{AssistedCall, AssistedReply, FieldReply, PhoneReply};
use crate::{App, StationCode};

/// Longest answer of the province.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// The phone whose code this is.
///
/// # Errors
/// [`StationCode::PhoneCodeUnknown`] for any other text.
pub fn phone(text: &str) -> Result<PhoneReply, StationCode> {
    let device = read_phone_code(text).ok_or(StationCode::PhoneCodeUnknown)?;
    Ok(PhoneReply {
        phone: phone_code(&device),
        letters: phone_letters(&device),
    })
}

/// Reads the finger and has the province enrol whoever this is. What the reader or the province says is in the reply, and
/// without personal data in the log.
///
/// # Errors
/// [`StationCode::MayNotEnrol`] where the desk's certificate does not allow it, [`StationCode::PhoneCodeUnknown`],
/// [`StationCode::BadCall`] for a picture or a finger that is none, [`StationCode::Offline`], [`StationCode::StoreFailed`].
pub async fn enrol(app: &Arc<App>, call: AssistedCall) -> Result<AssistedReply, StationCode> {
    let now = app.now();
    let province = app.province.as_ref().ok_or(StationCode::Offline)?;
    app.station().check_may_enrol(now)?;
    let device = read_phone_code(&call.phone).ok_or(StationCode::PhoneCodeUnknown)?;
    let finger: Finger = serde_json::from_value(call.finger.into()).map_err(|_| StationCode::BadCall)?;
    let photo = Zeroizing::new(STANDARD.decode(&call.photo).map_err(|_| StationCode::BadCall)?);
    let person = request(call.person, photo.to_vec());
    if let Err(problems) = person.parse(Day::at_unix(now.unix())) {
        return Ok(AssistedReply {
            fields: replies(problems),
            ..refused(ProblemCode::FieldsInvalid.code())
        });
    }
    // Nobody is asked for their finger before everything else is in order.
    let reply = match read(app, finger).await {
        Ok(template) => {
            let mut assisted = AssistedRequest {
                device: Bytes::from(&device.as_bytes()[..]),
                person,
                finger,
                template,
            };
            let body = serde_json::to_vec(&assisted).map_err(|_| StationCode::BadCall)?;
            // Wiped with the last copy of it, as what it is made of is.
            let body = Body::from_owner(Zeroizing::new(body));
            assisted.person.photo.0.zeroize();
            drop(assisted);
            send(app, province, body).await?
        }
        Err(code) => refused(code),
    };
    let now = app.now();
    app.station().note_enrolled(reply.code.as_deref(), now)?;
    Ok(reply)
}

/// The finger, on a thread that may wait for it.
async fn read(app: &Arc<App>, finger: Finger) -> Result<Biometric, &'static str> {
    let missing = ReaderError::NoReader.code();
    let reader = app.reader.clone().ok_or(missing)?;
    let read = tokio::task::spawn_blocking(move || reader.read(finger)).await;
    read.map_err(|_| missing)?.map_err(ReaderError::code)
}

async fn send(app: &Arc<App>, province: &Province, body: Body) -> Result<AssistedReply, StationCode> {
    let random = || (app.nonce)().ok_or(StationCode::StoreFailed);
    let idempotency_key = hex::encode(random()?);
    let mut at = app.now().unix();
    // Once more by the province's clock, where this desk's is wrong.
    for last in [false, true] {
        let headers = app.station().sign_request(
            &Target::new("POST", paths::ASSISTED),
            &body,
            (&idempotency_key, at, random()?),
        )?;
        let answer = province
            .post(paths::ASSISTED, &headers, body.clone(), ANSWER_BYTES_MAX)
            .await;
        return Ok(match answer {
            Err(code) => refused(code.code()),
            Ok((200, body)) => match serde_json::from_slice::<EnrolmentReply>(&body) {
                Ok(told) => AssistedReply {
                    enrolled_at: Some(u32::try_from(told.confirmed_at).unwrap_or(u32::MAX)),
                    code: None,
                    fields: Vec::new(),
                    wait_seconds: None,
                },
                Err(_) => refused(StationCode::BadAnswer.code()),
            },
            Ok((_, body)) => match serde_json::from_slice::<Problem>(&body) {
                Ok(problem) if problem.code == ProblemCode::CallerClock && !last => {
                    at = problem.server_time.unwrap_or(at);
                    continue;
                }
                Ok(problem) => said(problem),
                Err(_) => refused(StationCode::BadAnswer.code()),
            },
        });
    }
    Err(StationCode::BadAnswer)
}

/// A problem of the province in codes that the page has words for.
fn said(problem: Problem) -> AssistedReply {
    let code = match problem.code {
        ProblemCode::AlreadyEnrolled => StationCode::EnrolPhoneOther.code(),
        ProblemCode::DeviceTaken => StationCode::EnrolPhoneTaken.code(),
        ProblemCode::NadraNotMatched => StationCode::EnrolNotMatched.code(),
        ProblemCode::CounterCertificate | ProblemCode::ScopeMissing => StationCode::MayNotEnrol.code(),
        ProblemCode::FieldsInvalid
        | ProblemCode::PhotoUnreadable
        | ProblemCode::NadraExpired
        | ProblemCode::NadraBlocked
        | ProblemCode::NadraDeceased
        | ProblemCode::NadraNotFound
        | ProblemCode::NadraUnavailable
        | ProblemCode::TooManyAttempts
        | ProblemCode::PersonRevoked
        | ProblemCode::PersonSuspended
        | ProblemCode::ServerBusy
        | ProblemCode::ServerFault => problem.code.code(),
        _ => StationCode::BadAnswer.code(),
    };
    AssistedReply {
        fields: replies(problem.fields),
        wait_seconds: problem.retry_after,
        ..refused(code)
    }
}

fn refused(code: &str) -> AssistedReply {
    AssistedReply {
        enrolled_at: None,
        code: Some(code.to_owned()),
        fields: Vec::<FieldReply>::new(),
        wait_seconds: None,
    }
}
