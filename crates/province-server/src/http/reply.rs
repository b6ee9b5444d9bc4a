//! An answer in JSON, with its digest.

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use province_api::problem::{Problem, ProblemCode};
use province_api::signature::{UNENCODED_DIGEST, content_digest};
use serde::Serialize;

use super::problem::IntoReply as _;

/// What is answered, as JSON. Who asked sees by the digest whether it arrived as it was written.
pub(super) struct Json<T>(pub(super) T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => json(StatusCode::OK, "application/json", body),
            Err(_) => Problem::new(ProblemCode::ServerFault).into_reply(),
        }
    }
}

/// An answer of this body, with its digest.
pub(super) fn json(status: StatusCode, media_type: &'static str, body: Vec<u8>) -> Response {
    let digest = content_digest(&body);
    let headers = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (HeaderName::from_static(UNENCODED_DIGEST), digest),
    ];
    (status, headers, body).into_response()
}
