//! Signed requests: nothing of a body is read before the signature holds and the request is no copy.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::IntoResponse as _;
use province_api::caller::Scope;
use province_api::packed::{self, UnpackError};
use province_api::problem::{Problem, ProblemCode};
use province_api::signature::{self, CERTIFICATE, Proven, SignatureError, Signer, Target};
use serde::de::DeserializeOwned;

use super::App;
use super::connections::Network;
use super::headers::{idempotency_key, the_only};
use super::named::Named;
use super::problem::ApiError;
use crate::rules::admission::Device;
use crate::rules::answered::Asked;
use crate::rules::callers;

/// What a device asks for, and the body, unpacked.
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
        let (parts, sent) = arrived(request, app).await?;
        let now = app.now().unix();
        let header = |name: &str| the_only(&parts.headers, name);
        let verified = signature::verify(header, parts.method.as_str(), parts.uri.path(), &sent, now)
            .map_err(|error| refused(Signer::Device, error, now))?;
        let path = super::route(parts.uri.path());
        let key = idempotency_key(&parts.headers).ok_or(ProblemCode::DeviceSignature)?;
        let body = unpacked(sent, path)?;
        let network = parts.extensions.get::<Network>().map(|network| network.who());
        let asked = Asked::new(verified.device, verified.proven.created, path, key, &body).from(network);
        let arrived = app.look_at(&verified.proven).await?;
        if let Some(person) = arrived.person() {
            Named::of(&parts.extensions).says_it_is_of(person);
        } else if let Some(network) = parts.extensions.get::<Network>() {
            app.may_spend(network.guesses())?;
        }
        let device = app.admit(&asked, arrived)?;
        Ok(Self { asked, device, body })
    }
}

/// A counter that signed, certified.
pub(super) struct ByCounter {
    pub(super) counter: callers::Counter,
}

impl FromRequest<App> for ByCounter {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let SentByCounter { asked, body } = SentByCounter::from_request(request, app).await?;
        let counter = asked.by;
        nothing_in(&body)?;
        Ok(Self { counter })
    }
}

/// What a counter asks for that signed, certified, and the body, unpacked.
pub(super) struct SentByCounter {
    pub(super) asked: Asked<callers::Counter>,
    pub(super) body: Bytes,
}

impl FromRequest<App> for SentByCounter {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let (parts, sent) = arrived(request, app).await?;
        let proven = proven(Signer::Counter, &parts, &sent, app)?;
        let certificate = the_only(&parts.headers, CERTIFICATE).and_then(signature::read_certificate);
        let certificate = certificate.ok_or(ProblemCode::CounterCertificate)?;
        let counter = app.counter(&proven, &certificate).await?;
        Named::of(&parts.extensions).says_it_is(counter.actor());
        let counter = app.let_in(counter, &proven).await?;
        let path = super::route(parts.uri.path());
        let key = idempotency_key(&parts.headers).ok_or(ProblemCode::CallerSignature)?;
        let body = unpacked(sent, path)?;
        let asked = Asked::new(counter, proven.created, path, key, &body);
        Ok(Self { asked, body })
    }
}

/// What a system asks for that signed, with a key that has one of the scopes that the route needs.
pub(super) struct BySystem {
    pub(super) asked: Asked<callers::System>,
    body: Bytes,
}

impl BySystem {
    /// The body, read.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, ProblemCode> {
        serde_json::from_slice(&self.body).map_err(|_| ProblemCode::RequestMalformed)
    }

    /// That there is no body.
    pub(super) fn nothing(&self) -> Result<(), ProblemCode> {
        nothing_in(&self.body)
    }
}

/// The scopes of which a route needs one; of which it needs none, if there is none. Its declaration puts it there.
#[derive(Clone, Copy)]
pub(super) struct Needs(pub(super) &'static [Scope]);

impl FromRequest<App> for BySystem {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let needs = request.extensions().get().copied();
        let (parts, sent) = arrived(request, app).await?;
        let proven = proven(Signer::System, &parts, &sent, app)?;
        let system = app.system(&proven).await?;
        Named::of(&parts.extensions).says_it_is(system.actor());
        let system = app.let_in(system, &proven).await?;
        // A route that was declared in another way lets nobody in.
        if !needs.is_some_and(|Needs(scopes)| system.may(scopes)) {
            return Err(ProblemCode::ScopeMissing.into());
        }
        let is_write = parts.method == Method::POST;
        let path = super::route(parts.uri.path());
        if !is_write {
            nothing_in(&sent)?;
        }
        let key = idempotency_key(&parts.headers).ok_or(ProblemCode::CallerSignature)?;
        let body = unpacked(sent, path)?;
        let asked = Asked::new(system, proven.created, path, key, &body);
        Ok(Self { asked, body })
    }
}

/// A request with its body as it was sent.
async fn arrived(request: Request, app: &App) -> Result<(Parts, Bytes), ApiError> {
    let (parts, body) = request.into_parts();
    let body = Bytes::from_request(Request::from_parts(parts.clone(), body), app).await;
    let body = body.map_err(|rejection| match rejection.into_response().status() {
        StatusCode::PAYLOAD_TOO_LARGE => ProblemCode::BodyTooLarge,
        _ => ProblemCode::RequestMalformed,
    })?;
    Ok((parts, body))
}

fn proven(signer: Signer, parts: &Parts, sent: &[u8], app: &App) -> Result<Proven, ApiError> {
    let now = app.now().unix();
    let target = Target {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query(),
    };
    let header = |name: &str| the_only(&parts.headers, name);
    signature::verify_as(signer, header, &target, sent, now).map_err(|error| refused(signer, error, now))
}

fn refused(signer: Signer, error: SignatureError, now: u64) -> ApiError {
    let (clock, signature) = match signer {
        Signer::Device => (ProblemCode::DeviceClock, ProblemCode::DeviceSignature),
        Signer::Counter | Signer::System => (ProblemCode::CallerClock, ProblemCode::CallerSignature),
    };
    match error {
        SignatureError::Clock => Problem {
            server_time: Some(now),
            ..Problem::new(clock)
        },
        SignatureError::Malformed | SignatureError::Digest | SignatureError::Invalid => {
            Problem::new(signature)
        }
    }
    .into()
}

/// The body of a request that has none.
fn nothing_in(sent: &[u8]) -> Result<(), ProblemCode> {
    if sent.is_empty() {
        Ok(())
    } else {
        Err(ProblemCode::RequestMalformed)
    }
}

/// A body as it was meant. By what is signed: a header may be lost or added on the way.
fn unpacked(sent: Bytes, path: &str) -> Result<Bytes, ProblemCode> {
    if !packed::is_packed(&sent) {
        return Ok(sent);
    }
    let unpacked = packed::unpack(&sent, super::bytes_max(path)).map_err(|error| match error {
        UnpackError::TooLarge => ProblemCode::BodyTooLarge,
        _ => ProblemCode::RequestMalformed,
    })?;
    Ok(unpacked.into())
}
