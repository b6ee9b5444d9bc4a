//! The API over HTTP: routes on one page with their OpenAPI, limits, and one form for every error.
//!
//! No CORS header is ever sent: no web page may call this. Names, numbers and tokens are never logged; a line holds
//! method, path (a constant), status and duration.

mod caching;
mod caller;
mod connections;
mod contract;
mod document;
mod handlers;
mod officer;
mod officer_routes;
mod probes;
mod problem;
mod routes;
mod signed;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody as _, to_bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{Extensions, HeaderMap, HeaderValue, Method, StatusCode, Version, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use province_api::artefacts::{BITS, STATUS_LIST_TOKEN};
use province_api::delta::ZSTD;
use province_api::paths;
use province_api::problem::{PROBLEM_JSON, Problem, ProblemCode};
use tokio::sync::Semaphore;
use tower::ServiceBuilder;
use tower::limit::GlobalConcurrencyLimitLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

use crate::audit::Actor;
use crate::rules::rates::GUESS_COST;
use crate::rules::{AppParts, Province};
pub use caller::{Proxies, ProxyHeader};
use connections::Network;
pub use connections::{Door, Limits, serve};
pub use document::openapi;
pub use probes::operators;
use problem::{ApiError, IntoReply as _};

/// Largest body of an enrolment and of what takes the same proof, in bytes: it carries a picture.
pub const ENROLMENT_BYTES_MAX: usize = 1 << 20;
/// Largest body of any other request, in bytes.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// Most headers of a request.
const HEADERS_MAX: usize = 64;
/// Most bytes of all header values of a request.
const HEADER_BYTES_MAX: usize = 16 * 1024;
/// Longest time for one answer: NADRA's time limit and some more.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(20);
/// When to ask again that did not answer in time, in seconds.
const BUSY_SECONDS: u32 = 30;
/// Most requests worked on at once, of those that change something and of those that read; the others wait.
const CONCURRENCY_MAX: usize = 128;
/// Most bodies that arrive at once; the others wait.
const ARRIVING_MAX: usize = 1024;
/// Longest time for a body to arrive.
const ARRIVING_TIME_MAX: Duration = Duration::from_secs(8);

/// A serving province, shared by requests.
type App = Arc<Province>;

/// The whole service as one router.
pub fn app(parts: AppParts) -> Router {
    router(Arc::new(Province::new(parts)))
}

/// The router of a province that somebody else holds too, for its upkeep.
pub fn router(province: Arc<Province>) -> Router {
    let around = |places| {
        let around = Around {
            app: Arc::clone(&province),
            places: Arc::new(Semaphore::new(places)),
        };
        // One call of `layer`: each boxes a service and a future for every request.
        ServiceBuilder::new()
            .layer(middleware::from_fn_with_state(around, outside))
            .layer(packing())
    };
    let worked_on = Router::from(routes::writes())
        // The body is here, and its size was looked at, before a place is taken.
        .layer(DefaultBodyLimit::disable())
        .layer(GlobalConcurrencyLimitLayer::new(CONCURRENCY_MAX))
        .layer(middleware::from_fn(whole_body));
    let writes = worked_on.layer(around(ARRIVING_MAX));
    let others = Router::from(routes::reads()).fallback(nowhere);
    let others = others.layer(around(CONCURRENCY_MAX));
    let probes = probes::probes(Arc::clone(&province));
    let api = writes.merge(others).with_state(province);
    // In this order, so that what there is not is answered by the layers of the API.
    probes.merge(api)
}

/// What there is not.
async fn nowhere() -> ApiError {
    ProblemCode::NotFound.into()
}

/// What is around answers.
#[derive(Clone)]
struct Around {
    app: App,
    /// For how many requests there is a place at once; the others wait.
    places: Arc<Semaphore>,
}

impl Around {
    /// An answer, once there is a place, in time.
    async fn answer(&self, answer: impl Future<Output = Response>) -> Response {
        let placed = async {
            // It is never closed. A place that is free is taken without asking for a turn.
            let _place = match self.places.try_acquire() {
                Ok(place) => Some(place),
                Err(_) => self.places.acquire().await.ok(),
            };
            answer.await
        };
        in_time(ANSWER_TIME_MAX, placed).await
    }
}

/// An answer, or word that the service is busy. What is there at once costs no timer.
async fn in_time(most: Duration, answer: impl Future<Output = Response>) -> Response {
    match tokio::time::timeout(most, answer).await {
        Ok(response) => response,
        Err(_) => Problem {
            retry_after: Some(BUSY_SECONDS),
            ..Problem::new(ProblemCode::ServerBusy)
        }
        .into_reply(),
    }
}

/// Largest body that this path takes, in bytes, packed or not.
fn bytes_max(path: &str) -> usize {
    match path {
        // A picture, or ten thousand numbers.
        paths::ENROLMENTS | paths::REBIND | paths::LOST | paths::ASSISTED | paths::BULK_PROPOSE => {
            ENROLMENT_BYTES_MAX
        }
        _ => BODY_BYTES_MAX,
    }
}

/// Takes a body in before its request takes a place among those that are worked on, so that whoever sends slowly keeps
/// nobody else waiting.
async fn whole_body(request: Request, next: Next) -> Response {
    let bytes_max = bytes_max(request.uri().path());
    let (parts, body) = request.into_parts();
    // What says of itself that it is too large is not waited for.
    if usize::try_from(body.size_hint().lower()).map_or(true, |bytes| bytes > bytes_max) {
        return Problem::new(ProblemCode::BodyTooLarge).into_reply();
    }
    match tokio::time::timeout(ARRIVING_TIME_MAX, to_bytes(body, bytes_max)).await {
        Ok(Ok(bytes)) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Ok(Err(_)) => Problem::new(ProblemCode::BodyTooLarge).into_reply(),
        Err(_) => {
            let mut response = Problem::new(ProblemCode::RequestMalformed).into_reply();
            response.extensions_mut().insert(TooSlow);
            response
        }
    }
}

/// Smallest answer that is packed, in bytes: below that, naming the packing costs more than it saves.
const PACKED_MIN: u64 = 512;

/// Marks an answer that is not packed: it holds secrets of several people, and texts that each of them chose.
#[derive(Clone, Copy)]
struct Unpacked;

/// Packs answers for callers that take them packed: lists and JSON shrink by half. What is packed already, or random by
/// nature, stays as it is. What is packed never holds both a secret and a text that somebody else chose, so that its size tells
/// nothing: an answer that holds both is [`Unpacked`].
fn packing() -> CompressionLayer<impl Predicate> {
    let pays = SizeAbove::new(PACKED_MIN)
        .and(NotForContentType::const_new(BITS))
        .and(NotForContentType::const_new(ZSTD))
        .and(NotForContentType::const_new(STATUS_LIST_TOKEN))
        .and(|_: StatusCode, _: Version, _: &HeaderMap, marks: &Extensions| {
            marks.get::<Unpacked>().is_none()
        });
    CompressionLayer::new().compress_when(pays)
}

/// Around every answer, in one layer because each costs a public file as much as finding it: who asks too often, or in
/// too many headers, is refused first; errors of the layers below (no such route, too slow) get the form of all others; a
/// denial is counted for the audit log; and a line is written.
async fn outside(State(around): State<Around>, request: Request, next: Next) -> Response {
    let app = &around.app;
    let in_flight = app.metrics().request();
    let method = method(request.method());
    let route = route(request.uri().path());
    let network = request.extensions().get().copied();
    let mut response = match may_ask(app, &request, network) {
        Ok(()) => only_problem(around.answer(next.run(request)).await),
        Err(refused) => refused.into_response(),
    };
    note_denial(app, &response, route);
    charge(app, &response, network);
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    let status = response.status().as_u16();
    let took = in_flight.answered((route, method, status));
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    // Public files are most of what is asked for, and none of it is news.
    if method == "GET" && status < 400 {
        tracing::debug!(method, route, status, ms, "answered");
    } else {
        tracing::info!(method, route, status, ms, "answered");
    }
    response
}

/// Whether a request is looked at: not from a network that asks too much, and not with too many headers.
fn may_ask(app: &App, request: &Request, network: Option<Network>) -> Result<(), ApiError> {
    if let Some(network) = network {
        app.spend(network.who(), 1)?;
    }
    let headers = request.headers();
    let bytes: usize = headers.values().map(HeaderValue::len).sum();
    if headers.len() > HEADERS_MAX || bytes > HEADER_BYTES_MAX {
        return Err(ProblemCode::RequestMalformed.into());
    }
    Ok(())
}

/// An answer; an error that is none of ours in the form that all others have.
fn only_problem(response: Response) -> Response {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let is_problem = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value == PROBLEM_JSON);
    if is_problem {
        return response;
    }
    let code = match status {
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => ProblemCode::NotFound,
        StatusCode::PAYLOAD_TOO_LARGE => ProblemCode::BodyTooLarge,
        StatusCode::SERVICE_UNAVAILABLE => ProblemCode::ServerBusy,
        _ if status.is_client_error() => ProblemCode::RequestMalformed,
        _ => ProblemCode::ServerFault,
    };
    Problem {
        retry_after: (code == ProblemCode::ServerBusy).then_some(BUSY_SECONDS),
        ..Problem::new(code)
    }
    .into_reply()
}

/// Counts who was not let do something, for the audit log.
fn note_denial(app: &App, response: &Response, route: &'static str) {
    let code = response.extensions().get::<ProblemCode>();
    let Some(code) = code.filter(|code| code.is_denial()) else {
        return;
    };
    let by = response.extensions().get::<Actor>();
    app.deny(by.unwrap_or(&Actor::NOBODY), route, *code);
}

/// Lets a network pay for what proved nothing, or came so slowly that it was given up. Who has nothing left pays nothing more;
/// a phone whose clock is wrong, or that sends a request again, is no guesser: behind its address may be a whole carrier.
fn charge(app: &App, response: &Response, network: Option<Network>) {
    let is_guess = matches!(
        response.extensions().get(),
        Some(
            ProblemCode::DeviceSignature
                | ProblemCode::CallerSignature
                | ProblemCode::CounterCertificate
                | ProblemCode::SystemUnknown
                | ProblemCode::OfficerSession
                | ProblemCode::OfficerInviteInvalid
                | ProblemCode::PasskeyRefused
                | ProblemCode::TooManyAttempts
        )
    );
    let was_slow = response.extensions().get::<TooSlow>().is_some();
    if let Some(network) = network.filter(|_| is_guess || was_slow) {
        let _ = app.spend(network.who(), GUESS_COST - 1);
    }
}

/// On the answer to a body that did not come in time.
#[derive(Clone, Copy)]
struct TooSlow;

/// The name of a method, never one that a caller made up.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "-",
    }
}

/// The route of a path, never the path as it came: that may hold anything.
fn route(path: &str) -> &'static str {
    const ROUTES: &[&str] = &[
        paths::ENROLMENTS,
        paths::CHALLENGES,
        paths::PASSES,
        paths::TRUST_LIST,
        paths::TYPES,
        paths::RISK_RULES,
        paths::CATALOGUE,
        paths::STATUS_MANIFEST,
        paths::HEALTH,
        paths::OPENAPI,
        paths::SYNC,
        paths::AUDIT,
        paths::MOBILE,
        paths::DEVICE_KEY,
        paths::REBIND,
        paths::LOST,
        paths::ASSISTED,
        paths::COUNTER,
        paths::SYSTEM,
        paths::APPLICATIONS,
        paths::WITHDRAW,
        paths::DEPARTMENT_APPLICATIONS,
        paths::DEPARTMENT_ANSWER,
        paths::OFFICERS,
        paths::PASSKEY_BEGIN,
        paths::PASSKEY_FINISH,
        paths::SESSION_BEGIN,
        paths::SESSION_FINISH,
        paths::SESSION_END,
        paths::CITIZEN_DISABLE,
        paths::CITIZEN_SUSPEND,
        paths::CITIZEN_RESUME,
        paths::CITIZEN_REVOKE,
        paths::CITIZEN_WITHDRAW,
        paths::BULKS,
        paths::BULK_PROPOSE,
        paths::BULK_APPROVE,
        paths::BULK_CANCEL,
        paths::OFFICER_LOG,
        paths::OFFICER_INVITES,
        paths::OFFICER_END,
    ];
    for prefix in [paths::STATUS, paths::TRUST_NEXT, paths::DELTAS, paths::FILES] {
        if path.starts_with(prefix) {
            return prefix;
        }
    }
    ROUTES.iter().copied().find(|route| *route == path).unwrap_or("-")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn every_path_of_the_document_has_a_constant_name_in_the_log() {
        for path in routes::document().paths.paths.keys() {
            assert_ne!(route(path), "-", "{path}");
        }
    }

    #[tokio::test]
    async fn who_is_not_answered_in_time_is_told_when_to_ask_again() {
        let reply = in_time(Duration::ZERO, std::future::pending()).await;
        assert_eq!(reply.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(reply.headers()[header::RETRY_AFTER], "30");
        let body = to_bytes(reply.into_body(), 1_000).await.unwrap();
        let problem: Problem = serde_json::from_slice(&body).unwrap();
        assert_eq!(problem.code, ProblemCode::ServerBusy);
    }
}
