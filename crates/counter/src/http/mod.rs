//! The desk's own server on loopback: routes, limits, headers.

mod assisted;
mod download;
mod gate;
mod handlers;
mod lost;
mod officers;
mod page;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use credential::Timestamp;
use loopback::{Guard, Refusal};
use province_api::proofing::FingerReader;

use crate::StationCode;
use crate::province::Province;
use crate::station::Station;
use crate::types::ErrorReply;

pub use officers::OFFICER_HEADER;
pub use page::is_here as page_is_here;

/// Largest camera frame: 1920 by 1080, one byte per pixel.
pub const FRAME_BYTES_MAX: usize = 1920 * 1080;
/// Largest JSON body; a QR code holds at most 4,296 letters.
pub const TEXT_BYTES_MAX: usize = 8 * 1024;

/// Nothing but this program's own files; the camera is not a matter of this policy.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; \
     img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";
const PERMISSIONS: &str = "camera=(self), microphone=(), geolocation=(), payment=(), usb=()";

/// What the composition root gives the server.
pub struct App {
    /// The desk.
    pub station: Mutex<Station>,
    /// Who may call.
    pub guard: Guard,
    /// Reads the clock.
    pub clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    /// Makes 16 random bytes for a request, a salt or half a session's secret; `None` if the machine gives none.
    pub nonce: Box<dyn Fn() -> Option<[u8; 16]> + Send + Sync>,
    /// The way to the province; `None` when started without a network on purpose.
    pub province: Option<Province>,
    /// Reads fingers, where somebody may be enrolled here.
    pub reader: Option<Arc<dyn FingerReader>>,
}

impl App {
    /// The desk, for one short step. A step that panicked left whole values behind, so the lock is taken anyway.
    pub fn station(&self) -> MutexGuard<'_, Station> {
        self.station.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("App").finish_non_exhaustive()
    }
}

/// All routes.
pub fn router(app: Arc<App>) -> Router {
    let limit = DefaultBodyLimit::max;
    let calls = Router::new()
        .route("/api/state", get(handlers::state))
        .route("/api/frame", post(handlers::frame).layer(limit(FRAME_BYTES_MAX)))
        .route(
            "/api/picture",
            post(handlers::picture).layer(limit(qr::PICTURE_BYTES_MAX)),
        )
        .route(
            "/api/update",
            post(handlers::update).layer(limit(credential::BUNDLE_BYTES_MAX)),
        )
        .route(
            "/api/lost",
            post(lost::tell).layer(limit(crate::lost::CALL_BYTES_MAX)),
        )
        .route("/api/lost/check", post(lost::check))
        .route(
            "/api/enrol",
            post(assisted::enrol).layer(limit(crate::lost::CALL_BYTES_MAX)),
        )
        .route("/api/enrol/text", post(assisted::text))
        .route(
            "/api/enrol/frame",
            post(assisted::frame).layer(limit(FRAME_BYTES_MAX)),
        )
        .route("/api/text", post(handlers::text))
        .route("/api/request", post(handlers::request))
        .route("/api/request/cancel", post(handlers::cancel_request))
        .route("/api/face", post(handlers::face))
        .route("/api/next", post(handlers::next))
        .route("/api/sync", post(handlers::sync))
        .route("/api/log/export", post(handlers::export_log))
        .route("/api/gate/day", post(gate::attendance))
        .route("/api/gate/sheet", post(gate::sheet))
        .route("/api/gate/close", post(gate::close))
        .merge(officer_routes())
        .layer(limit(TEXT_BYTES_MAX))
        .route_layer(middleware::from_fn_with_state(
            app.clone(),
            only_our_page_with_token,
        ));
    Router::new()
        .merge(calls)
        .fallback(handlers::file)
        .layer(middleware::from_fn_with_state(app.clone(), only_our_page))
        .layer(middleware::from_fn(safe_headers))
        .with_state(app)
}

fn officer_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/citizen", get(officers::citizen))
        .route("/api/officers", get(officers::list))
        .route("/api/officers/set-up", post(officers::set_up))
        .route("/api/officers/sign-in", post(officers::sign_in))
        .route("/api/officers/sign-out", post(officers::sign_out))
        .route("/api/officers/active", post(officers::active))
        .route("/api/officers/pin", post(officers::change_pin))
        .route("/api/officers/add", post(officers::add))
        .route("/api/officers/set-active", post(officers::set_active))
        .route("/api/officers/reset-pin", post(officers::reset_pin))
}

async fn only_our_page(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    match app.guard.check_page(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => StationCode::from(refusal).into_response(),
    }
}

async fn only_our_page_with_token(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    match app.guard.check_call(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => StationCode::from(refusal).into_response(),
    }
}

async fn safe_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

impl From<Refusal> for StationCode {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::WrongHost => Self::WrongHost,
            Refusal::WrongOrigin => Self::WrongOrigin,
            Refusal::NoToken => Self::NoToken,
        }
    }
}

impl IntoResponse for StationCode {
    fn into_response(self) -> Response {
        (
            self.status(),
            Json(ErrorReply {
                code: self.code().to_owned(),
                wait_seconds: None,
            }),
        )
            .into_response()
    }
}
