//! The switch of a hostile network that runs as a program, behind the loopback guard.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::post;
use axum::{Json, Router};
use loopback::Guard;
use serde::Serialize;

use super::{Fate, Proxy, Weather};

/// `POST` [`Weather`]: what the network is like from now on.
pub const WEATHER_PATH: &str = "/control/weather";
/// `POST`: what went over the wire since it was asked last, without anything that was said.
pub const EXCHANGES_PATH: &str = "/control/exchanges";

/// An exchange for whoever counts.
#[derive(Debug, Serialize)]
struct Counted {
    method: String,
    path: String,
    fate: Fate,
    bytes_up: u64,
    bytes_down: u64,
}

/// The two switches.
pub fn control_router(proxy: Arc<Proxy>, guard: Guard) -> Router {
    Router::new()
        .route(WEATHER_PATH, post(set_weather))
        .route(EXCHANGES_PATH, post(take_exchanges))
        .with_state(proxy)
        .layer(middleware::from_fn_with_state(Arc::new(guard), only_with_token))
}

async fn only_with_token(
    State(guard): State<Arc<Guard>>,
    request: Request,
    next: Next,
) -> Result<Response, StatusCode> {
    guard.check_call(request.headers())?;
    Ok(next.run(request).await)
}

async fn set_weather(State(proxy): State<Arc<Proxy>>, Json(weather): Json<Weather>) -> Json<Weather> {
    proxy.set_weather(weather);
    Json(weather)
}

async fn take_exchanges(State(proxy): State<Arc<Proxy>>) -> Json<Vec<Counted>> {
    let exchanges = proxy.take_exchanges().into_iter().map(|one| Counted {
        method: one.method,
        path: one.path,
        fate: one.fate,
        bytes_up: one.bytes_up,
        bytes_down: one.bytes_down,
    });
    Json(exchanges.collect())
}
