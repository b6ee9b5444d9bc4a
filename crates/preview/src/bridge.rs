//! From an HTTP request to a command of the app and back.
//!
//! The request goes through Tauri's own message handling, so the permission of each command, the
//! parsing of its arguments and the shape of its errors are the real ones.

use axum::http::HeaderMap;
use serde_json::{Value, json};
use tauri::ipc::{CallbackFn, InvokeBody, InvokeResponse, InvokeResponseBody};
use tauri::test::{INVOKE_KEY, MockRuntime};
use tauri::webview::InvokeRequest;
use tauri::{AppHandle, Manager};
use tokio::sync::oneshot;

/// Where the app's own page lives inside Tauri.
const OWN_PAGE: &str = "tauri://localhost";

/// Calls one command: `{"ok": …}` or `{"error": …}`.
///
/// A command that does not exist or is not permitted is an `error` that is a text, as in the window.
///
/// # Errors
///
/// Only when the app is not ready or went away.
pub async fn invoke(
    app: &AppHandle<MockRuntime>,
    command: String,
    arguments: Value,
) -> anyhow::Result<Value> {
    let Some(window) = app.get_webview_window(khyber_pass::WINDOW) else {
        anyhow::bail!("the app has no window yet");
    };
    let request = InvokeRequest {
        cmd: command,
        callback: CallbackFn(0),
        error: CallbackFn(1),
        url: OWN_PAGE.parse()?,
        body: InvokeBody::Json(arguments),
        headers: HeaderMap::new(),
        invoke_key: INVOKE_KEY.to_owned(),
    };
    let (answer, answered) = oneshot::channel();
    window.on_message(
        request,
        Box::new(move |_webview, _command, response, _callback, _error| {
            // Nobody waits any more when the browser closed its connection.
            let _ = answer.send(response);
        }),
    );
    Ok(match answered.await? {
        InvokeResponse::Ok(InvokeResponseBody::Json(text)) => {
            json!({ "ok": serde_json::from_str::<Value>(&text)? })
        }
        InvokeResponse::Ok(InvokeResponseBody::Raw(bytes)) => json!({ "ok": bytes }),
        InvokeResponse::Err(error) => json!({ "error": error.0 }),
    })
}
