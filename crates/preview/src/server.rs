//! The page's files and the commands, over HTTP on loopback.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use loopback::Guard;
use serde_json::Value;
use tauri::AppHandle;
use tauri::test::MockRuntime;

use crate::bridge;

/// A picture of 12 MB in base64 with room for the JSON round it.
const COMMAND_BYTES_MAX: usize = 20 * 1024 * 1024;

/// What every handler needs.
#[derive(Clone)]
pub struct Server {
    /// The app behind the page.
    pub app: AppHandle<MockRuntime>,
    /// Who may call.
    pub guard: Guard,
}

/// All routes.
pub fn router(server: Server) -> Router {
    // Layers, not a line in each handler: they run before the first byte of a body is read.
    let commands = Router::new()
        .route("/invoke/{command}", post(command))
        .layer(DefaultBodyLimit::max(COMMAND_BYTES_MAX))
        .layer(from_fn_with_state(server.clone(), guard_command));
    let files = Router::new()
        .fallback(get(file))
        .layer(from_fn_with_state(server.clone(), guard_page));
    commands.merge(files).with_state(server)
}

async fn guard_command(
    State(server): State<Server>,
    request: Request,
    next: Next,
) -> Result<Response, StatusCode> {
    server.guard.check_call(request.headers())?;
    Ok(next.run(request).await)
}

async fn guard_page(
    State(server): State<Server>,
    request: Request,
    next: Next,
) -> Result<Response, StatusCode> {
    server.guard.check_page(request.headers())?;
    Ok(next.run(request).await)
}

async fn command(
    State(server): State<Server>,
    Path(command): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, StatusCode> {
    let arguments = if body.is_empty() {
        Value::Object(serde_json::Map::new())
    } else {
        serde_json::from_slice(&body).map_err(|_| StatusCode::BAD_REQUEST)?
    };
    // The message handler is entered on a blocking thread: a command that is not asynchronous runs there.
    bridge::invoke(&server.app, command, arguments)
        .await
        .map(Json)
        .map_err(|_| StatusCode::SERVICE_UNAVAILABLE)
}

async fn file(State(server): State<Server>, uri: Uri) -> Result<Response, StatusCode> {
    let asset = server
        .app
        .asset_resolver()
        .get(uri.path().to_owned())
        .ok_or(StatusCode::NOT_FOUND)?;
    let mut answer = asset.bytes.into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, value(&asset.mime_type)?);
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(policy) = asset.csp_header {
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            value(&policy_for_browser(&policy))?,
        );
    }
    Ok(answer)
}

fn value(text: &str) -> Result<HeaderValue, StatusCode> {
    HeaderValue::from_str(text).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

/// The app's policy, but the page talks to this server where the window talks to Tauri.
pub fn policy_for_browser(policy: &str) -> String {
    policy
        .split(';')
        .map(str::trim)
        .filter(|directive| !directive.is_empty())
        .map(|directive| {
            if directive.starts_with("connect-src ") {
                "connect-src 'self'"
            } else {
                directive
            }
        })
        .collect::<Vec<_>>()
        .join("; ")
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]

    use super::*;

    #[test]
    fn only_the_place_the_page_talks_to_differs_from_the_app() {
        assert_eq!(
            policy_for_browser(
                "default-src 'self'; connect-src ipc: http://ipc.localhost; object-src 'none'"
            ),
            "default-src 'self'; connect-src 'self'; object-src 'none'"
        );
    }
}
