//! Refusals as problem documents (RFC 9457).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use province_api::problem::{PROBLEM_JSON, Problem, ProblemCode};

use super::reply::json;
use crate::rules::Refusal;

/// When to ask again that met a database that was not there or let another go first, in seconds.
const PASSING_SECONDS: u32 = 5;

/// An error answer.
pub(super) struct ApiError(Box<Problem>);

impl From<ProblemCode> for ApiError {
    fn from(code: ProblemCode) -> Self {
        Self(Problem::new(code).into())
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self(problem.into())
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let problem = match refusal {
            Refusal::Code(code) => Problem::new(code),
            Refusal::Fields(fields) => Problem {
                fields,
                ..Problem::new(ProblemCode::FieldsInvalid)
            },
            Refusal::Later(code, seconds) => Problem {
                retry_after: Some(seconds),
                ..Problem::new(code)
            },
            Refusal::Detailed(code, detail) => Problem {
                detail: Some(detail),
                ..Problem::new(code)
            },
            Refusal::Fault(fault) if fault.is_passing() => {
                tracing::warn!(cause = %fault, "what the province needs is not there at the moment");
                Problem {
                    retry_after: Some(PASSING_SECONDS),
                    ..Problem::new(ProblemCode::ServerBusy)
                }
            }
            Refusal::Fault(fault) => {
                tracing::error!(cause = %fault, "the province failed");
                Problem::new(ProblemCode::ServerFault)
            }
        };
        Self(problem.into())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.0.into_reply()
    }
}

/// A problem as an answer.
pub(super) trait IntoReply {
    /// The answer, with `Retry-After` where the problem says when.
    fn into_reply(self) -> Response;
}

impl IntoReply for Problem {
    fn into_reply(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = json(status, PROBLEM_JSON, body);
        response.extensions_mut().insert(self.code);
        if let Some(seconds) = self.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
