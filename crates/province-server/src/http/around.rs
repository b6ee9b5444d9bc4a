//! What is around every answer: who may ask, the time it may take, packing, the form of errors, and the log.
//!
//! One layer, written by hand: each of tower's and axum's boxes a service and a future for every request, which costs a
//! public file as much as finding it does.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use province_api::artefacts::{BITS, STATUS_LIST_TOKEN};
use province_api::delta::ZSTD;
use province_api::problem::{PROBLEM_JSON, Problem, ProblemCode};
use province_api::signature::SIGNATURE;
use tower::{Layer, Service};
use tower_http::compression::predicate::{Predicate, SizeAbove};
use tower_http::compression::{Compression, CompressionLayer};

use super::connections::Network;
use super::named::{self, Named};
use super::places::Places;
use super::problem::{ApiError, IntoReply as _};
use super::{App, route};
use crate::audit::Role;

/// Most headers of a request.
const HEADERS_MAX: usize = 64;
/// Most bytes of all header values of a request.
const HEADER_BYTES_MAX: usize = 16 * 1024;
/// Longest time for one answer: NADRA's time limit and some more.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(20);
/// When to ask again that did not answer in time, in seconds.
const BUSY_SECONDS: u32 = 30;
/// Smallest answer that is packed, in bytes: below that, naming the packing costs more than it saves.
const PACKED_MIN: u64 = 512;

/// Marks an answer that is not packed: it holds secrets of several people, and texts that each of them chose.
#[derive(Clone, Copy)]
pub(super) struct Unpacked;

/// Which answers are packed for callers that take them packed: lists and JSON shrink by half. What is packed already, or
/// random by nature, stays as it is. What is packed never holds both a secret and a text that somebody else chose, so that
/// its size tells nothing: an answer that holds both is [`Unpacked`].
#[derive(Clone, Copy)]
struct Pays;

impl Predicate for Pays {
    fn should_compress<B: axum::body::HttpBody>(&self, response: &axum::http::Response<B>) -> bool {
        let is_packed = |kind: &HeaderValue| [BITS, ZSTD, STATUS_LIST_TOKEN].iter().any(|one| kind == one);
        let kind = || response.headers().get(header::CONTENT_TYPE);
        SizeAbove::new(PACKED_MIN).should_compress(response)
            && !kind().is_some_and(is_packed)
            && response.extensions().get::<Unpacked>().is_none()
    }
}

/// The layer.
#[derive(Clone)]
pub(super) struct Around {
    app: App,
    /// For how many requests there is a place at once; the others wait.
    places: Arc<Places>,
}

impl Around {
    pub(super) fn new(app: &App, places: Places) -> Self {
        Self {
            app: Arc::clone(app),
            places: Arc::new(places),
        }
    }

    /// Who asks too often, or in too many headers, is refused first; errors of what is inside (no such route, too slow) get
    /// the form of all others; a denial is counted for the audit log; and a line is written.
    ///
    /// What is inside is pinned where it is: a future that is handed on by value is moved at each hand.
    async fn answer(&self, about: About, inner: Pin<&mut impl Future<Output = Inside>>) -> Response {
        let app = &self.app;
        let in_flight = app.metrics().request();
        let About {
            method,
            route,
            network,
            fits,
            is_odd,
            named,
        } = about;
        let mut response = match may_ask(app, network, fits) {
            Ok(()) if is_odd => Problem::new(ProblemCode::NotFound).into_reply(),
            Ok(()) => {
                let placed = pin!(self.placed(network, inner));
                only_problem(in_time(ANSWER_TIME_MAX, placed).await)
            }
            Err(refused) => refused.into_response(),
        };
        note_denial(app, &response, route, named.as_ref());
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

    /// An answer, once there is a place.
    async fn placed(
        &self,
        network: Option<Network>,
        inner: Pin<&mut impl Future<Output = Inside>>,
    ) -> Response {
        let _place = self.places.one(network).await;
        ok(inner.await)
    }
}

impl<S: Clone> Layer<S> for Around {
    type Service = Answers<S>;

    fn layer(&self, inner: S) -> Answers<S> {
        Answers {
            around: self.clone(),
            inner: CompressionLayer::new().compress_when(Pays).layer(inner),
        }
    }
}

/// The layer around a service.
#[derive(Clone)]
pub(super) struct Answers<S> {
    around: Around,
    inner: Compression<S, Pays>,
}

impl<S> Service<Request> for Answers<S>
where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send + 'static>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.get_mut().poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let around = self.around.clone();
        let about = About::of(&mut request);
        // Nothing is done before it is waited for.
        if request.headers().contains_key(header::ACCEPT_ENCODING) {
            let packed = self.inner.call(request);
            return Box::pin(async move {
                let packed = pin!(async { Ok(ok(packed.await).map(Body::new)) });
                Ok(around.answer(about, packed).await)
            });
        }
        let plain = self.inner.get_mut().call(request);
        Box::pin(async move {
            let mut response = around.answer(about, pin!(plain)).await;
            // As it would be packed for others: what keeps answers must know.
            if Pays.should_compress(&response) {
                let varies = HeaderValue::from_static("accept-encoding");
                response.headers_mut().append(header::VARY, varies);
            }
            Ok(response)
        })
    }
}

/// An answer of what is inside, which has no error of its own.
type Inside = Result<Response, Infallible>;

fn ok<T>(result: Result<T, Infallible>) -> T {
    match result {
        Ok(value) => value,
        Err(never) => match never {},
    }
}

/// What is said of a request after it went inside.
struct About {
    method: &'static str,
    route: &'static str,
    network: Option<Network>,
    /// Whether its headers are not too many.
    fits: bool,
    /// Whether its path holds a character that no database takes as part of a text.
    is_odd: bool,
    named: Option<Named>,
}

impl About {
    fn of(request: &mut Request) -> Self {
        let headers = request.headers();
        // Who shows nothing is never named, and most who ask for public files show nothing.
        let shows_something = headers.contains_key(SIGNATURE) || headers.contains_key(header::AUTHORIZATION);
        let named = shows_something.then(|| Named::beside(request.extensions_mut()));
        let headers = request.headers();
        let bytes: usize = headers.values().map(HeaderValue::len).sum();
        Self {
            method: method(request.method()),
            route: route(request.uri().path()),
            network: request.extensions().get().copied(),
            fits: headers.len() <= HEADERS_MAX && bytes <= HEADER_BYTES_MAX,
            is_odd: request.uri().path().contains("%00"),
            named,
        }
    }
}

/// An answer, or word that the service is busy. What is there at once costs no timer.
async fn in_time(most: Duration, mut answer: Pin<&mut impl Future<Output = Response>>) -> Response {
    if let Poll::Ready(response) = poll_fn(|context| Poll::Ready(answer.as_mut().poll(context))).await {
        return response;
    }
    match tokio::time::timeout(most, answer).await {
        Ok(response) => response,
        Err(_) => Problem {
            retry_after: Some(BUSY_SECONDS),
            ..Problem::new(ProblemCode::ServerBusy)
        }
        .into_reply(),
    }
}

/// Whether a request is looked at: not from a network that asks too much, and not with too many headers.
fn may_ask(app: &App, network: Option<Network>, fits: bool) -> Result<(), ApiError> {
    if let Some(network) = network {
        app.spend(network.who(), 1)?;
    }
    if fits {
        Ok(())
    } else {
        Err(ProblemCode::RequestMalformed.into())
    }
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
fn note_denial(app: &App, response: &Response, route: &'static str, named: Option<&Named>) {
    let code = response.extensions().get::<ProblemCode>();
    let (by, of) = named.map_or_else(named::nobody, Named::who);
    // An officer who tries numbers to learn who has a wallet is seen.
    let is_search = |code: ProblemCode| by.role == Role::Officer && code == ProblemCode::NotEnrolled;
    let Some(code) = code.filter(|code| code.is_denial() || is_search(**code)) else {
        return;
    };
    app.deny((by, of), route, *code);
}

/// Counts against a network what proved nothing, or came so slowly that it was given up. Who has nothing left pays nothing
/// more; a phone whose clock is wrong, or that sends a request again, is no guesser: behind its address may be a whole carrier.
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
                | ProblemCode::PhotoUnreadable
        )
    );
    let was_slow = response.extensions().get::<TooSlow>().is_some();
    if let Some(network) = network.filter(|_| is_guess || was_slow) {
        let _ = app.spend(network.guesses(), 1);
    }
}

/// On the answer to a body that did not come in time.
#[derive(Clone, Copy)]
pub(super) struct TooSlow;

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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use axum::body::to_bytes;

    use super::*;

    #[tokio::test]
    async fn who_is_not_answered_in_time_is_told_when_to_ask_again() {
        let reply = in_time(Duration::ZERO, pin!(std::future::pending())).await;
        assert_eq!(reply.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(reply.headers()[header::RETRY_AFTER], "30");
        let body = to_bytes(reply.into_body(), 1_000).await.unwrap();
        let problem: Problem = serde_json::from_slice(&body).unwrap();
        assert_eq!(problem.code, ProblemCode::ServerBusy);
    }
}
