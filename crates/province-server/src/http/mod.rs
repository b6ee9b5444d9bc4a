//! The API over HTTP: routes on one page with their OpenAPI, limits, and one form for every error.
//!
//! No CORS header is ever sent: no page of another site may call this, and officers' page is served from the same address. Names, numbers and tokens are never logged; a line holds
//! method, path (a constant), status and duration.

mod around;
mod arriving;
mod caching;
mod caller;
mod connections;
mod contract;
mod dispatch;
mod document;
mod handlers;
mod headers;
mod named;
mod officer;
mod officer_routes;
mod places;
mod probes;
mod problem;
mod reply;
mod routes;
mod signed;
mod webhook_routes;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use province_api::dispatch::catalogue::CATALOGUE_OFFER_BYTES_MAX;
use province_api::paths;
use province_api::problem::{Problem, ProblemCode};
use tower::limit::GlobalConcurrencyLimitLayer;

use crate::rules::{AppParts, Province};
use around::{Around, TooSlow};
use arriving::{Arriving, NotTaken};
pub use caller::{Proxies, ProxyHeader};
pub use connections::{Door, Limits, serve};
pub use document::openapi;
use places::Places;
pub use probes::operators;
use problem::{ApiError, IntoReply as _};

/// Largest body of an enrolment and of what takes the same proof, in bytes: it carries a picture.
pub const ENROLMENT_BYTES_MAX: usize = 1 << 20;
/// Largest body of any other request, in bytes.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// Most requests worked on at once, of those that change something and of those that read; the others wait.
const CONCURRENCY_MAX: usize = 128;
/// Most bodies that arrive at once; the others wait.
const ARRIVING_MAX: usize = 1024;
/// Most of them from one network: a carrier may be behind one address, and it is twice as many as are worked on at once, so
/// that it holds nobody up who sends at the pace of a phone; but who sends slowly takes places from their own network alone.
const ARRIVING_OF_NETWORK_MAX: usize = ARRIVING_MAX / 4;
/// When to send again what there was no room for, in seconds.
const NO_ROOM_SECONDS: u32 = 10;
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
    let around = |places| Around::new(&province, places);
    let worked_on = Router::from(routes::writes())
        // The body is here, and its size was looked at, before a place is taken.
        .layer(DefaultBodyLimit::disable())
        .layer(GlobalConcurrencyLimitLayer::new(CONCURRENCY_MAX))
        .layer(middleware::from_fn_with_state(Arriving::default(), whole_body));
    let writes = worked_on.layer(around(Places::shared(ARRIVING_MAX, ARRIVING_OF_NETWORK_MAX)));
    let others = Router::from(routes::reads()).fallback(nowhere);
    let others = others.layer(around(Places::new(CONCURRENCY_MAX)));
    let probes = probes::probes(Arc::clone(&province));
    let api = writes.merge(others).with_state(province);
    // In this order, so that what there is not is answered by the layers of the API.
    probes.merge(api)
}

/// What there is not.
async fn nowhere() -> ApiError {
    ProblemCode::NotFound.into()
}

/// Largest body that this path takes, in bytes, packed or not.
fn bytes_max(path: &str) -> usize {
    match path {
        // A picture, or ten thousand numbers.
        paths::ENROLMENTS | paths::REBIND | paths::LOST | paths::ASSISTED | paths::BULK_PROPOSE => {
            ENROLMENT_BYTES_MAX
        }
        paths::DISPATCH_CATALOGUE => CATALOGUE_OFFER_BYTES_MAX,
        _ => BODY_BYTES_MAX,
    }
}

/// Takes a body in before its request takes a place among those that are worked on, so that whoever sends slowly keeps
/// nobody else waiting.
async fn whole_body(State(arriving): State<Arriving>, request: Request, next: Next) -> Response {
    let bytes_max = bytes_max(request.uri().path());
    let (parts, body) = request.into_parts();
    // What says of itself that it is too large is not waited for.
    if usize::try_from(body.size_hint().lower()).map_or(true, |bytes| bytes > bytes_max) {
        return Problem::new(ProblemCode::BodyTooLarge).into_reply();
    }
    let network = parts.extensions.get().copied();
    let whole = arriving.whole(body, bytes_max, network);
    match tokio::time::timeout(ARRIVING_TIME_MAX, whole).await {
        Ok(Ok((bytes, _room))) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Ok(Err(NotTaken::TooLarge)) => Problem::new(ProblemCode::BodyTooLarge).into_reply(),
        Ok(Err(NotTaken::NoRoom)) => Problem {
            retry_after: Some(NO_ROOM_SECONDS),
            ..Problem::new(ProblemCode::ServerBusy)
        }
        .into_reply(),
        Err(_) => {
            let mut response = Problem::new(ProblemCode::RequestMalformed).into_reply();
            response.extensions_mut().insert(TooSlow);
            response
        }
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
        paths::WEBHOOK,
        paths::WEBHOOK_END,
        paths::DEAD_LETTERS,
        paths::REDELIVER,
        paths::WEBHOOK_KEY,
        paths::DISPATCH_CATALOGUE,
        paths::DISPATCH_APPLICATIONS,
        paths::DISPATCH_STATE,
        paths::DISPATCH_REPORT,
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
    const PREFIXES: &[&str] = &[paths::STATUS, paths::TRUST_NEXT, paths::DELTAS, paths::FILES];
    let whole = ROUTES.iter().find(|route| **route == path);
    let found = whole.or_else(|| PREFIXES.iter().find(|prefix| path.starts_with(**prefix)));
    found.copied().unwrap_or("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_of_the_document_has_a_constant_name_in_the_log() {
        for path in routes::document().paths.paths.keys() {
            assert_ne!(route(path), "-", "{path}");
        }
    }
}
