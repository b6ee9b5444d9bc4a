//! Home, codes on the screen, a desk's request.

use tauri::State;
use wallet::screen::{Choice, Home, RequestView, Showing};

use super::Reply;
use crate::app::{App, aside};
use crate::pictures;

/// The home screen.
#[tauri::command]
#[specta::specta]
pub async fn home(app: State<'_, App>) -> Reply<Home> {
    app.wallet(|wallet, at| wallet.home(at.now)).await
}

/// What may be shown without a request.
#[tauri::command]
#[specta::specta]
pub async fn timed_choices(app: State<'_, App>) -> Reply<Vec<Choice>> {
    app.wallet(|wallet, at| wallet.timed_choices(at.now)).await
}

/// Begins to show a pass that renews itself.
#[tauri::command]
#[specta::specta]
pub async fn show_timed(app: State<'_, App>, vct: String, audience: Option<String>) -> Reply<Showing> {
    app.wallet(move |wallet, at| wallet.show_timed(&vct, audience.as_deref(), at.now))
        .await
}

/// The codes to show now.
#[tauri::command]
#[specta::specta]
pub async fn showing_frames(app: State<'_, App>, id: u32) -> Reply<Showing> {
    app.wallet(move |wallet, at| wallet.showing_frames(id, at.now))
        .await
}

/// Ends a showing.
#[tauri::command]
#[specta::specta]
pub async fn end_showing(app: State<'_, App>, id: u32) -> Reply<()> {
    app.wallet(move |wallet, at| wallet.end_showing(id, at.now)).await
}

/// Reads a desk's request from a picture file in base64 or as a `data:` URL.
#[tauri::command]
#[specta::specta]
pub async fn read_request_picture(app: State<'_, App>, bytes: String) -> Reply<RequestView> {
    let text = aside(move || pictures::code_in_file(&bytes)).await?;
    app.wallet(move |wallet, at| wallet.read_request_text(&text, at.now))
        .await
}

/// Reads a desk's request from a camera frame: base64 of one byte per pixel. Nothing, if there is no code in it.
#[tauri::command]
#[specta::specta]
pub async fn read_request_frame(
    app: State<'_, App>,
    width: u32,
    height: u32,
    luma: String,
) -> Reply<Option<RequestView>> {
    let Some(text) = aside(move || pictures::code_in_frame(width, height, &luma)).await? else {
        return Ok(None);
    };
    app.wallet(move |wallet, at| wallet.read_request_text(&text, at.now))
        .await
        .map(Some)
}

/// Reads a desk's request from its text.
#[tauri::command]
#[specta::specta]
pub async fn read_request_text(app: State<'_, App>, text: String) -> Reply<RequestView> {
    app.wallet(move |wallet, at| wallet.read_request_text(&text, at.now))
        .await
}

/// Answers a request that was read.
#[tauri::command]
#[specta::specta]
pub async fn answer_request(app: State<'_, App>, id: u32, no: Option<u32>) -> Reply<Showing> {
    app.wallet(move |wallet, at| wallet.answer_request(id, no, at.now))
        .await
}

/// Says no to a request that was read.
#[tauri::command]
#[specta::specta]
pub async fn decline_request(app: State<'_, App>, id: u32) -> Reply<()> {
    app.wallet(move |wallet, at| wallet.decline_request(id, at.now))
        .await
}
