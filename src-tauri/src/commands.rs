//! What a screen may call: each command is one call into the wallet.
//!
//! Every command is asynchronous and does its work off the window's thread. A new command also
//! needs its name in `command_names.rs` and in `capabilities/main.json`; tests hold them together.

use tauri::State;
use wallet::UiError;
use wallet::screen::{
    AppState, Choice, Draft, DraftCheck, HistoryItem, Home, Language, PhotoView, RequestView, Showing,
    SyncReport, TestCitizen,
};
use zeroize::Zeroizing;

use crate::app::{App, aside};
use crate::{photo as portrait, pictures};

type Reply<T> = Result<T, UiError>;

/// What the whole app shows.
#[tauri::command]
#[specta::specta]
pub async fn app_state(app: State<'_, App>) -> Reply<AppState> {
    app.wallet(|wallet, at| wallet.app_state(at.now)).await
}

/// Sets the language of the screens.
#[tauri::command]
#[specta::specta]
pub async fn set_language(app: State<'_, App>, language: Language) -> Reply<AppState> {
    app.wallet(move |wallet, at| wallet.set_language(language, at.now))
        .await
}

/// Makes the vault of this phone and opens it.
#[tauri::command]
#[specta::specta]
pub async fn create_vault(app: State<'_, App>, pin: String) -> Reply<AppState> {
    let pin = Zeroizing::new(pin);
    app.wallet(move |wallet, at| wallet.create_vault(&pin, at.now, at.rng))
        .await
}

/// Opens the vault.
#[tauri::command]
#[specta::specta]
pub async fn unlock(app: State<'_, App>, pin: String) -> Reply<AppState> {
    let pin = Zeroizing::new(pin);
    app.wallet(move |wallet, at| wallet.unlock(&pin, at.now)).await
}

/// Closes the vault.
#[tauri::command]
#[specta::specta]
pub async fn lock(app: State<'_, App>) -> Reply<AppState> {
    app.wallet(|wallet, at| wallet.lock(at.now)).await
}

/// What was typed so far.
#[tauri::command]
#[specta::specta]
pub async fn draft(app: State<'_, App>) -> Reply<Draft> {
    app.wallet(|wallet, _| wallet.draft()).await
}

/// Keeps what was typed, right or wrong, and says what is wrong.
#[tauri::command]
#[specta::specta]
pub async fn save_draft(app: State<'_, App>, draft: Draft) -> Reply<DraftCheck> {
    app.wallet(move |wallet, at| wallet.save_draft(draft, at.now))
        .await
}

/// Keeps a photo: a picture file in base64 or as a `data:` URL.
#[tauri::command]
#[specta::specta]
pub async fn set_photo(app: State<'_, App>, bytes: String) -> Reply<PhotoView> {
    let photo = aside(move || portrait::prepare(&pictures::file_of(&bytes)?)).await?;
    app.wallet(move |wallet, at| wallet.set_photo(&photo, at.now))
        .await
}

/// The photo that was kept.
#[tauri::command]
#[specta::specta]
pub async fn photo(app: State<'_, App>) -> Reply<Option<PhotoView>> {
    app.wallet(|wallet, _| wallet.photo()).await
}

/// Sends the enrolment and fetches what comes of it; goes on where it was interrupted.
#[tauri::command]
#[specta::specta]
pub async fn enrol(app: State<'_, App>) -> Reply<AppState> {
    app.enrol().await
}

/// Fetches what is new: trust list, status data, passes.
#[tauri::command]
#[specta::specta]
pub async fn sync(app: State<'_, App>) -> Reply<SyncReport> {
    app.sync().await
}

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
pub async fn answer_request(app: State<'_, App>, id: u32) -> Reply<Showing> {
    app.wallet(move |wallet, at| wallet.answer_request(id, at.now))
        .await
}

/// Says no to a request that was read.
#[tauri::command]
#[specta::specta]
pub async fn decline_request(app: State<'_, App>, id: u32) -> Reply<()> {
    app.wallet(move |wallet, at| wallet.decline_request(id, at.now))
        .await
}

/// Past showings, the newest first.
#[tauri::command]
#[specta::specta]
pub async fn history(app: State<'_, App>) -> Reply<Vec<HistoryItem>> {
    app.wallet(|wallet, _| wallet.history()).await
}

/// Invented people to try the app with; none unless the test mark is shown.
#[tauri::command]
#[specta::specta]
pub async fn test_citizens(app: State<'_, App>) -> Reply<Vec<TestCitizen>> {
    app.test_citizens().await
}
