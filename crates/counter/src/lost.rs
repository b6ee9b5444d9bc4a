//! A lost phone, told at the desk: typed from the citizen's card, with a picture taken here, and proven by NADRA as an
//! enrolment is. The desk has no rights of its own in this, so the report is signed by a key that is made for it alone.
//! Nothing of it stays here; the scan log says that somebody told a lost phone, and how that came out.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use credential::Timestamp;
use ed25519_dalek::SigningKey;
use province_api::enrolment::{EnrolmentRequest, FieldProblem};
use province_api::person::Day;
use province_api::problem::{Problem, ProblemCode};
use province_api::sync::{LostReply as Told, LostRequest};
use province_api::{Bytes, paths, signature};
use zeroize::Zeroizing;

use crate::types::{FieldReply, LostCall, LostReply, PersonCall, PersonReply};
use crate::{App, StationCode};

/// Largest call: a picture in base64 and a few texts.
pub const CALL_BYTES_MAX: usize = 1024 * 1024;
/// Longest answer of the province.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// What is wrong with what was typed so far.
pub fn check(person: PersonCall, now: Timestamp) -> PersonReply {
    // The rules ask whether there is a photo, not what is in it.
    let photo = if person.has_photo { vec![0] } else { Vec::new() };
    let problems = request(person, photo).parse(Day::at_unix(now.unix())).err();
    PersonReply {
        errors: replies(problems.unwrap_or_default()),
    }
}

/// Tells the province. What it says is in the reply, and without personal data in the log.
///
/// # Errors
/// [`StationCode::BadCall`] for a picture that is none, [`StationCode::Offline`], [`StationCode::StoreFailed`].
pub async fn tell(app: &Arc<App>, call: LostCall) -> Result<LostReply, StationCode> {
    let province = app.province.as_ref().ok_or(StationCode::Offline)?;
    let photo = STANDARD.decode(&call.photo).map_err(|_| StationCode::BadCall)?;
    let person = request(call.person, photo);
    if let Err(problems) = person.parse(Day::at_unix(app.now().unix())) {
        return Ok(LostReply {
            fields: replies(problems),
            ..refused(ProblemCode::FieldsInvalid.code())
        });
    }
    let random = || (app.nonce)().ok_or(StationCode::StoreFailed);
    let seed = Zeroizing::new([random()?, random()?].concat());
    let key = SigningKey::from_bytes(seed.as_slice().try_into().map_err(|_| StationCode::StoreFailed)?);
    let idempotency_key = hex::encode(random()?);
    let lost_at = app.now().unix();
    let mut report = LostRequest { lost_at, person };
    // Once more by the province's clock, where this desk's is wrong.
    for last in [false, true] {
        let (nonce, at) = (random()?, report.lost_at);
        let body = Zeroizing::new(serde_json::to_vec(&report).map_err(|_| StationCode::BadCall)?);
        let headers = signature::sign(&key, "POST", paths::LOST, &body, &idempotency_key, at, &nonce);
        let answer = province
            .post(paths::LOST, &headers, body.to_vec(), ANSWER_BYTES_MAX)
            .await;
        let reply = match answer {
            Err(code) => refused(code.code()),
            Ok((200, body)) => match serde_json::from_slice::<Told>(&body) {
                Ok(Told { newer: true, .. }) => refused("lost_newer_wallet"),
                Ok(told) => LostReply {
                    disabled_at: Some(u32::try_from(told.disabled_at).unwrap_or(u32::MAX)),
                    code: None,
                    fields: Vec::new(),
                    wait_seconds: None,
                },
                Err(_) => refused(StationCode::BadAnswer.code()),
            },
            Ok((_, body)) => match serde_json::from_slice::<Problem>(&body) {
                Ok(problem) if problem.code == ProblemCode::DeviceClock && !last => {
                    report.lost_at = problem.server_time.unwrap_or(at);
                    continue;
                }
                Ok(problem) => said(problem),
                Err(_) => refused(StationCode::BadAnswer.code()),
            },
        };
        let now = app.now();
        app.station().note_lost(reply.code.as_deref(), now)?;
        return Ok(reply);
    }
    Err(StationCode::BadAnswer)
}

/// A problem of the province in codes that the page has words for.
fn said(problem: Problem) -> LostReply {
    let code = match problem.code {
        ProblemCode::NotEnrolled => "lost_not_enrolled",
        ProblemCode::FieldsInvalid
        | ProblemCode::PhotoUnreadable
        | ProblemCode::NadraNotMatched
        | ProblemCode::NadraExpired
        | ProblemCode::NadraBlocked
        | ProblemCode::NadraDeceased
        | ProblemCode::NadraNotFound
        | ProblemCode::NadraUnavailable
        | ProblemCode::TooManyAttempts
        | ProblemCode::PersonRevoked
        | ProblemCode::ServerBusy
        | ProblemCode::ServerFault => problem.code.code(),
        _ => StationCode::BadAnswer.code(),
    };
    LostReply {
        fields: replies(problem.fields),
        wait_seconds: problem.retry_after,
        ..refused(code)
    }
}

fn refused(code: &str) -> LostReply {
    LostReply {
        disabled_at: None,
        code: Some(code.to_owned()),
        fields: Vec::new(),
        wait_seconds: None,
    }
}

pub(crate) fn replies(problems: Vec<FieldProblem>) -> Vec<FieldReply> {
    let reply = |problem: FieldProblem| {
        let code = serde_json::to_value(problem.code).ok()?;
        Some(FieldReply {
            field: problem.field,
            code: code.as_str()?.to_owned(),
        })
    };
    problems.into_iter().filter_map(reply).collect()
}

pub(crate) fn request(person: PersonCall, photo: Vec<u8>) -> EnrolmentRequest {
    EnrolmentRequest {
        cnic: person.cnic,
        cnic_issued_on: person.cnic_issued_on,
        name_en: person.name_en,
        name_ur: person.name_ur,
        guardian_name_en: person.guardian_name_en,
        guardian_name_ur: person.guardian_name_ur,
        guardian_relation: person.guardian_relation,
        date_of_birth: person.date_of_birth,
        gender: person.gender,
        address: person.address,
        district: person.district,
        mobile: person.mobile,
        photo: Bytes(photo),
        sim_code: None,
    }
}
