//! A simulated NADRA that knows the test citizens and nobody else, with its codes and its BioVerisys.
//!
//! It compares what it is asked with its record as a person at a desk would: letter case, doubled spaces and the Arabic
//! forms of ی and ک do not matter. A face is wrong if it is another test citizen's; with a finger it has to be the own one.
//! Faults can be switched on for everybody to see how a province copes, and some citizens have one of their own
//! ([`crate::citizens::troubled`]).

mod codes;

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router, middleware};
use loopback::Guard;
use province_api::Bytes;
use province_api::enrolment::Particulars;
use province_api::nadra::{
    CHECK_CODE_PATH, CheckCodeRequest, CodeOutcome, FINGER_PATH, FingerRequest, NadraOutcome, Reply,
    SEND_CODE_PATH, SendCodeRequest, SendOutcome, VERIFY_PATH, VerifyRequest,
};
use province_api::person::{Cnic, Day};
use serde::{Deserialize, Serialize};

use crate::TestCitizen;
use crate::faces::Shows;
use codes::Codes;

/// How long `slow` takes to answer.
pub const SLOW: Duration = Duration::from_secs(30);

/// Bytes of the largest nonsense.
pub const NONSENSE_BYTES: usize = 1 << 20;

/// Where faults are switched.
pub const FAULT_PATH: &str = "/control/fault";

/// Where a demonstration reads the message that came to somebody's phone.
pub const MESSAGE_PATH: &str = "/control/message";

/// 1 January 2026.
const RECORDS_MADE_AT: u64 = 1_767_225_600;

/// Largest question: a picture of a face and a page of text.
const QUESTION_BYTES_MAX: usize = 1 << 20;

/// What goes wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// The answer comes after [`SLOW`].
    Slow,
    /// 503 and a closed connection.
    Down,
    /// In turn: text that is no JSON, JSON of wrong types, another question's reference, and [`NONSENSE_BYTES`] of it.
    Nonsense,
    /// Every card that matches has expired.
    Expired,
    /// Every card that matches is blocked.
    Blocked,
    /// Every holder who matches is recorded as dead.
    Deceased,
    /// Nobody matches.
    NotMatched,
    /// Its own word is that it cannot say.
    Unavailable,
    /// No SIM is registered to anybody.
    NoSim,
    /// Codes have expired when they are given.
    CodeExpired,
    /// Too many codes were sent.
    CodesTooMany,
}

impl Fault {
    const ALL: [Self; 12] = [
        Self::None,
        Self::Slow,
        Self::Down,
        Self::Nonsense,
        Self::Expired,
        Self::Blocked,
        Self::Deceased,
        Self::NotMatched,
        Self::Unavailable,
        Self::NoSim,
        Self::CodeExpired,
        Self::CodesTooMany,
    ];
}

/// Body of `POST /control/fault`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRequest {
    /// What shall go wrong from now on.
    pub fault: Fault,
}

/// Body of `POST /control/message`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageRequest {
    /// On whose phone.
    pub cnic: Cnic,
}

/// What stands in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The code.
    pub code: String,
}

/// The simulated NADRA: its records and what goes wrong with it.
#[derive(Debug)]
pub struct Nadra {
    records: Vec<OnRecord>,
    fault: AtomicU8,
    nonsense: AtomicUsize,
    slow: Duration,
    codes: Codes,
}

/// Somebody on record.
#[derive(Debug)]
struct OnRecord {
    is: Particulars,
    /// Which portrait shows their face.
    face: Shows,
    fault: Fault,
}

/// The record of a test citizen.
fn on_record(citizen: &TestCitizen, fault: Fault) -> Option<OnRecord> {
    // Any day after the records were made: it bounds only what a citizen types.
    let today = Day::at_unix(RECORDS_MADE_AT);
    let all = crate::citizens();
    let face = all.iter().position(|one| one.id == citizen.id);
    Some(OnRecord {
        is: citizen.enrolment().parse(today).ok()?,
        face: face.map_or(Shows::Nobody, Shows::Portrait),
        fault,
    })
}

impl Default for Nadra {
    fn default() -> Self {
        Self::new()
    }
}

impl Nadra {
    /// One that knows the test citizens and works.
    pub fn new() -> Self {
        let citizens = crate::citizens()
            .into_iter()
            .map(|citizen| (citizen, Fault::None));
        let records = citizens
            .chain(crate::citizens::troubled())
            .filter_map(|(citizen, fault)| on_record(&citizen, fault))
            .collect();
        Self {
            records,
            fault: AtomicU8::new(0),
            nonsense: AtomicUsize::new(0),
            slow: SLOW,
            codes: Codes::default(),
        }
    }

    /// The same that knows also the [`crate::citizens::numbered`] citizens below this number.
    #[must_use]
    pub fn with_numbered(mut self, count: u32) -> Self {
        let numbered =
            (0..count).filter_map(|number| on_record(&crate::citizens::numbered(number), Fault::None));
        self.records.extend(numbered);
        self
    }

    /// The same with another delay for [`Fault::Slow`], so that a test need not wait [`SLOW`].
    #[must_use]
    pub fn with_delay(self, slow: Duration) -> Self {
        Self { slow, ..self }
    }

    /// Switches a fault on, or off with [`Fault::None`].
    pub fn set_fault(&self, fault: Fault) {
        let position = Fault::ALL.iter().position(|f| *f == fault).unwrap_or(0);
        self.fault
            .store(u8::try_from(position).unwrap_or(0), Ordering::SeqCst);
    }

    /// What goes wrong now.
    pub fn fault(&self) -> Fault {
        let position = usize::from(self.fault.load(Ordering::SeqCst));
        Fault::ALL.get(position).copied().unwrap_or_default()
    }

    fn of(&self, cnic: &Cnic) -> Option<&OnRecord> {
        self.records.iter().find(|record| record.is.cnic == *cnic)
    }

    /// What goes wrong with a question about this CNIC: for everybody, or with this citizen alone.
    fn fault_of(&self, cnic: &Cnic) -> Fault {
        match self.fault() {
            Fault::None => self.of(cnic).map_or(Fault::None, |record| record.fault),
            fault => fault,
        }
    }

    /// What the records say to a question.
    pub fn outcome(&self, question: &VerifyRequest) -> NadraOutcome {
        self.compared(question, |face, is| face == Shows::Nobody || face == is)
    }

    /// What BioVerisys says: the finger, too, is theirs, and the face surely is.
    pub fn outcome_with_finger(&self, question: &FingerRequest) -> NadraOutcome {
        let theirs = crate::fingers::template(&question.person.cnic, question.finger);
        match self.compared(&question.person, |face, is| face == is) {
            NadraOutcome::Matched if question.template != theirs => NadraOutcome::NotMatched,
            outcome => outcome,
        }
    }

    fn compared(&self, question: &VerifyRequest, is_face: impl Fn(Shows, Shows) -> bool) -> NadraOutcome {
        let Some(OnRecord { is: record, face, .. }) = self.of(&question.cnic) else {
            return NadraOutcome::NotFound;
        };
        let agrees = record.cnic_issued_on == question.cnic_issued_on
            && same(record.name_en.as_str(), question.name_en.as_str())
            && same(record.name_ur.as_str(), question.name_ur.as_str())
            && same(
                record.guardian_name_en.as_str(),
                question.guardian_name_en.as_str(),
            )
            && same(
                record.guardian_name_ur.as_str(),
                question.guardian_name_ur.as_str(),
            )
            && record.guardian_relation == question.guardian_relation
            && record.date_of_birth == question.date_of_birth
            && record.gender == question.gender
            && record.district == question.district
            && is_face(crate::faces::shows(question.photo.as_ref()), *face);
        match (agrees, self.fault_of(&question.cnic)) {
            (false, _) | (true, Fault::NotMatched) => NadraOutcome::NotMatched,
            (true, Fault::Expired) => NadraOutcome::Expired,
            (true, Fault::Blocked) => NadraOutcome::Blocked,
            (true, Fault::Deceased) => NadraOutcome::Deceased,
            (true, Fault::Unavailable) => NadraOutcome::Unavailable,
            (true, _) => NadraOutcome::Matched,
        }
    }

    /// Sends a code, and says what came of it. Asked again under the same reference it is the same code.
    pub fn send_code(&self, question: &SendCodeRequest) -> SendOutcome {
        match (self.of(&question.cnic), self.fault_of(&question.cnic)) {
            (None, _) => SendOutcome::NotFound,
            (_, Fault::NoSim) => SendOutcome::NoSim,
            (_, Fault::CodesTooMany) => SendOutcome::TooMany,
            (_, Fault::Unavailable) => SendOutcome::Unavailable,
            _ => {
                self.codes.send(&question.reference, &question.cnic);
                SendOutcome::Sent
            }
        }
    }

    /// Whether this is the code that was sent.
    pub fn check_code(&self, question: &CheckCodeRequest) -> CodeOutcome {
        let cnic = self.codes.whose(&question.reference);
        match cnic.map(|cnic| self.fault_of(&cnic)) {
            None | Some(Fault::CodeExpired) => CodeOutcome::Expired,
            Some(Fault::Unavailable) => CodeOutcome::Unavailable,
            Some(_) => self.codes.check(&question.reference, question.code.as_str()),
        }
    }

    /// The code that was sent last to the SIM of this CNIC, for a test or a demonstration: nobody else reads it here.
    pub fn code_sent_to(&self, cnic: &Cnic) -> Option<String> {
        self.codes.sent_to(cnic)
    }
}

fn same(a: &str, b: &str) -> bool {
    fn plain(text: &str) -> String {
        text.split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .to_lowercase()
            .replace('\u{064A}', "\u{06CC}")
            .replace('\u{0643}', "\u{06A9}")
    }
    plain(a) == plain(b)
}

/// What a province asks.
pub fn router(nadra: Arc<Nadra>) -> Router {
    Router::new()
        .route(VERIFY_PATH, post(verify))
        .route(FINGER_PATH, post(verify_finger))
        .route(SEND_CODE_PATH, post(send_code))
        .route(CHECK_CODE_PATH, post(check_code))
        .layer(DefaultBodyLimit::max(QUESTION_BYTES_MAX))
        .with_state(nadra)
}

/// The simulator, its switch, its messages and a reader of fingers, behind the loopback guard.
pub fn guarded_router(nadra: Arc<Nadra>, guard: Guard) -> Router {
    Router::new()
        .route(FAULT_PATH, post(set_fault))
        .route(MESSAGE_PATH, post(message))
        .with_state(Arc::clone(&nadra))
        .merge(router(nadra))
        .merge(crate::fingers::router())
        .layer(middleware::from_fn_with_state(Arc::new(guard), only_with_token))
}

/// 403 whatever the reason: nobody but tests and demonstrations calls here, and they know the token.
async fn only_with_token(
    State(guard): State<Arc<Guard>>,
    request: Request,
    next: Next,
) -> Result<Response, StatusCode> {
    guard
        .check_call_or_bearer(request.headers())
        .map_err(|_| StatusCode::FORBIDDEN)?;
    Ok(next.run(request).await)
}

async fn set_fault(State(nadra): State<Arc<Nadra>>, Json(request): Json<FaultRequest>) -> Json<FaultRequest> {
    nadra.set_fault(request.fault);
    Json(request)
}

/// The message on somebody's phone.
async fn message(
    State(nadra): State<Arc<Nadra>>,
    Json(request): Json<MessageRequest>,
) -> Result<Json<Message>, StatusCode> {
    let code = nadra.code_sent_to(&request.cnic).ok_or(StatusCode::NOT_FOUND)?;
    Ok(Json(Message { code }))
}

async fn verify(State(nadra): State<Arc<Nadra>>, Json(question): Json<VerifyRequest>) -> Response {
    let fault = nadra.fault_of(&question.cnic);
    let reference = question.reference.clone();
    answer(&nadra, fault, reference, || nadra.outcome(&question)).await
}

async fn verify_finger(State(nadra): State<Arc<Nadra>>, Json(question): Json<FingerRequest>) -> Response {
    let fault = nadra.fault_of(&question.person.cnic);
    let reference = question.person.reference.clone();
    answer(&nadra, fault, reference, || nadra.outcome_with_finger(&question)).await
}

async fn send_code(State(nadra): State<Arc<Nadra>>, Json(question): Json<SendCodeRequest>) -> Response {
    let fault = nadra.fault_of(&question.cnic);
    let reference = question.reference.clone();
    answer(&nadra, fault, reference, || nadra.send_code(&question)).await
}

async fn check_code(State(nadra): State<Arc<Nadra>>, Json(question): Json<CheckCodeRequest>) -> Response {
    let cnic = nadra.codes.whose(&question.reference);
    let fault = cnic.map_or(nadra.fault(), |cnic| nadra.fault_of(&cnic));
    let reference = question.reference.clone();
    answer(&nadra, fault, reference, || nadra.check_code(&question)).await
}

/// The answer, if nothing is wrong with the line.
async fn answer<T: Serialize>(
    nadra: &Nadra,
    fault: Fault,
    reference: Bytes,
    outcome: impl FnOnce() -> T + Send,
) -> Response {
    match fault {
        Fault::Down => {
            return (StatusCode::SERVICE_UNAVAILABLE, [(header::CONNECTION, "close")]).into_response();
        }
        Fault::Nonsense => return nonsense(nadra.nonsense.fetch_add(1, Ordering::SeqCst)),
        Fault::Slow => tokio::time::sleep(nadra.slow).await,
        _ => {}
    }
    let outcome = outcome();
    Json(Reply { reference, outcome }).into_response()
}

fn nonsense(turn: usize) -> Response {
    let json = [(header::CONTENT_TYPE, "application/json")];
    match turn % 4 {
        0 => (json, "<html>Bad gateway</html>").into_response(),
        1 => (json, r#"{"reference":7,"outcome":["matched"]}"#).into_response(),
        2 => (
            json,
            r#"{"reference":"AAAAAAAAAAAAAAAAAAAAAA","outcome":"matched"}"#,
        )
            .into_response(),
        _ => (json, Body::from(vec![b'['; NONSENSE_BYTES])).into_response(),
    }
}

#[cfg(test)]
mod tests;
