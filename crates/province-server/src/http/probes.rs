//! What balancers and operators ask: is it alive, is it ready, what was measured. No part of the versioned API.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::App;
use crate::metrics;
use crate::rules::readiness::Part;

/// The process is alive; it looks at nothing else, so that nobody starts it anew for its database's sake.
const HEALTHZ: &str = "/healthz";
/// Whether it should be sent callers.
const READYZ: &str = "/readyz";
/// What was measured.
const METRICS: &str = "/metrics";

/// For a balancer, at the address of the API.
pub(super) fn probes(app: App) -> Router {
    Router::new()
        .route(HEALTHZ, get(async || kept_by_nobody("ok")))
        .route(READYZ, get(readyz))
        .with_state(app)
}

/// For operators, at an address of their own.
pub fn operators(app: App) -> Router {
    let measured = async |State(app): State<App>| {
        let kind = (header::CONTENT_TYPE, metrics::MEDIA_TYPE);
        ([kind], kept_by_nobody(app.measured().await))
    };
    let page = Router::new()
        .route(METRICS, get(measured))
        .with_state(App::clone(&app));
    page.merge(probes(app))
}

/// How ready it is.
#[derive(Serialize)]
struct Said {
    ready: bool,
    /// The codes of the parts that fail.
    failing: Vec<&'static str>,
    /// How NADRA stands; for reading, it makes nothing unready.
    nadra: &'static str,
}

async fn readyz(State(app): State<App>) -> Response {
    let failing: Vec<_> = app.failing().await.into_iter().map(Part::code).collect();
    let ready = failing.is_empty();
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let nadra = app.nadra_standing().as_str();
    let said = Json(Said {
        ready,
        failing,
        nadra,
    });
    (status, kept_by_nobody(said)).into_response()
}

fn kept_by_nobody(body: impl IntoResponse) -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "no-store")], body)
}
