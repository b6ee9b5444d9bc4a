//! A simulated NADRA that knows the test citizens and nobody else.
//!
//! It compares what it is asked with its record as a person at a desk would: letter case, doubled spaces and the Arabic
//! forms of ی and ک do not matter. It does not compare faces. Faults can be switched on to see how a province copes.

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
use province_api::enrolment::Particulars;
use province_api::nadra::{NadraOutcome, VERIFY_PATH, VerifyReply, VerifyRequest};
use province_api::person::Day;
use serde::{Deserialize, Serialize};

/// How long `slow` takes to answer.
pub const SLOW: Duration = Duration::from_secs(30);

/// Bytes of the largest nonsense.
pub const NONSENSE_BYTES: usize = 1 << 20;

/// Where faults are switched.
pub const FAULT_PATH: &str = "/control/fault";

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
}

impl Fault {
    const ALL: [Self; 7] = [
        Self::None,
        Self::Slow,
        Self::Down,
        Self::Nonsense,
        Self::Expired,
        Self::Blocked,
        Self::Deceased,
    ];
}

/// Body of `POST /control/fault`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRequest {
    /// What shall go wrong from now on.
    pub fault: Fault,
}

/// The simulated NADRA: its records and what goes wrong with it.
#[derive(Debug)]
pub struct Nadra {
    records: Vec<Particulars>,
    fault: AtomicU8,
    nonsense: AtomicUsize,
    slow: Duration,
}

impl Default for Nadra {
    fn default() -> Self {
        Self::new()
    }
}

impl Nadra {
    /// One that knows the test citizens and works.
    pub fn new() -> Self {
        // Any day after the records were made: it bounds only what a citizen types.
        let today = Day::at_unix(RECORDS_MADE_AT);
        let records = crate::citizens()
            .iter()
            .filter_map(|citizen| citizen.enrolment().parse(today).ok())
            .collect();
        Self {
            records,
            fault: AtomicU8::new(0),
            nonsense: AtomicUsize::new(0),
            slow: SLOW,
        }
    }

    /// The same that knows also the [`crate::citizens::numbered`] citizens below this number.
    #[must_use]
    pub fn with_numbered(mut self, count: u32) -> Self {
        let today = Day::at_unix(RECORDS_MADE_AT);
        let numbered =
            (0..count).filter_map(|number| crate::citizens::numbered(number).enrolment().parse(today).ok());
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

    /// What the records say to a question.
    pub fn outcome(&self, question: &VerifyRequest) -> NadraOutcome {
        let Some(record) = self.records.iter().find(|r| r.cnic == question.cnic) else {
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
            && record.district == question.district;
        match (agrees, self.fault()) {
            (false, _) => NadraOutcome::NotMatched,
            (true, Fault::Expired) => NadraOutcome::Expired,
            (true, Fault::Blocked) => NadraOutcome::Blocked,
            (true, Fault::Deceased) => NadraOutcome::Deceased,
            (true, _) => NadraOutcome::Matched,
        }
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

/// `POST /nadra/v1/verify`.
pub fn router(nadra: Arc<Nadra>) -> Router {
    Router::new()
        .route(VERIFY_PATH, post(verify))
        .layer(DefaultBodyLimit::max(QUESTION_BYTES_MAX))
        .with_state(nadra)
}

/// The simulator and its switch, behind the loopback guard.
pub fn guarded_router(nadra: Arc<Nadra>, guard: Guard) -> Router {
    Router::new()
        .route(FAULT_PATH, post(set_fault))
        .with_state(Arc::clone(&nadra))
        .merge(router(nadra))
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

async fn verify(State(nadra): State<Arc<Nadra>>, Json(question): Json<VerifyRequest>) -> Response {
    match nadra.fault() {
        Fault::Down => {
            return (StatusCode::SERVICE_UNAVAILABLE, [(header::CONNECTION, "close")]).into_response();
        }
        Fault::Nonsense => return nonsense(nadra.nonsense.fetch_add(1, Ordering::SeqCst)),
        Fault::Slow => tokio::time::sleep(nadra.slow).await,
        Fault::None | Fault::Expired | Fault::Blocked | Fault::Deceased => {}
    }
    Json(VerifyReply {
        outcome: nadra.outcome(&question),
        reference: question.reference,
    })
    .into_response()
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
