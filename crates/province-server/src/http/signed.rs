//! A request that a device signed: nothing of its body is read before the signature holds and it is no copy.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use province_api::IDEMPOTENCY_KEY;
use province_api::packed::{self, UnpackError};
use province_api::problem::{Problem, ProblemCode};
use province_api::signature::{self, SignatureError};
use serde::de::DeserializeOwned;

use super::App;
use super::problem::ApiError;
use crate::rules::admission::Device;
use crate::rules::answered::Asked;

/// Who asks for what, and the body, unpacked.
pub(super) struct Signed {
    pub(super) asked: Asked,
    /// What the province knows of the device.
    pub(super) device: Device,
    pub(super) body: Bytes,
}

impl Signed {
    /// The body, read.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, ProblemCode> {
        serde_json::from_slice(&self.body).map_err(|_| ProblemCode::RequestMalformed)
    }
}

impl FromRequest<App> for Signed {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let body = Bytes::from_request(Request::from_parts(parts.clone(), body), app)
            .await
            .map_err(|rejection| match rejection.into_response().status() {
                StatusCode::PAYLOAD_TOO_LARGE => ProblemCode::BodyTooLarge,
                _ => ProblemCode::RequestMalformed,
            })?;
        let now = super::Province::now(app).unix();
        // Two values of one header leave open which was meant.
        let header = |name: &str| {
            let mut values = parts.headers.get_all(name).iter();
            let value = values.next()?.to_str().ok()?;
            values.next().is_none().then_some(value)
        };
        let verified = signature::verify(header, parts.method.as_str(), parts.uri.path(), &body, now)
            .map_err(|error| match error {
                SignatureError::Clock => Problem {
                    server_time: Some(now),
                    ..Problem::new(ProblemCode::DeviceClock)
                },
                SignatureError::Malformed | SignatureError::Digest | SignatureError::Invalid => {
                    Problem::new(ProblemCode::DeviceSignature)
                }
            })?;
        let idempotency_key = header(IDEMPOTENCY_KEY)
            .and_then(read_hex)
            .ok_or(ProblemCode::DeviceSignature)?;
        let path = super::route(parts.uri.path());
        // By what is signed: a header may be lost or added on the way.
        let body = if packed::is_packed(&body) {
            packed::unpack(&body, super::bytes_max(path))
                .map_err(|error| match error {
                    UnpackError::TooLarge => ProblemCode::BodyTooLarge,
                    _ => ProblemCode::RequestMalformed,
                })?
                .into()
        } else {
            body
        };
        let asked = Asked::new(verified.device, path, idempotency_key, &body);
        let device = app.admit(&asked, &verified).await?;
        Ok(Self { asked, device, body })
    }
}

/// 16 bytes of hex.
fn read_hex(digits: &str) -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    hex::decode_to_slice(digits, &mut bytes).ok()?;
    Some(bytes)
}
