//! An answer in JSON, with its digest.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use province_api::problem::{Problem, ProblemCode};
use province_api::signature::{UNENCODED_DIGEST, content_digest};
use serde::Serialize;

use super::problem::IntoReply as _;

/// What is answered, as JSON. Who asked sees by the digest whether it arrived as it was written.
pub(super) struct Json<T>(pub(super) T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        let Ok(body) = serde_json::to_vec(&self.0) else {
            return Problem::new(ProblemCode::ServerFault).into_reply();
        };
        let Ok(digest) = HeaderValue::try_from(content_digest(&body)) else {
            return Problem::new(ProblemCode::ServerFault).into_reply();
        };
        let mut response = (StatusCode::OK, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(UNENCODED_DIGEST, digest);
        response
    }
}
