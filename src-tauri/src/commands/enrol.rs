//! Typing and sending an enrolment.

use tauri::State;
use wallet::screen::{AppState, CounterCode, Draft, DraftCheck, PhotoView, TestCitizen};

use super::Reply;
use crate::app::{App, aside};
use crate::{photo as portrait, pictures};

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

/// Sends the enrolment and fetches what comes of it; goes on where it was interrupted. `code`: what came to the citizen's
/// SIM, once it was asked for.
#[tauri::command]
#[specta::specta]
pub async fn enrol(app: State<'_, App>, code: Option<String>) -> Reply<AppState> {
    app.enrol(code).await
}

/// What this phone shows at a counter, to be enrolled there; from then on a sync asks whether it was.
#[tauri::command]
#[specta::specta]
pub async fn show_at_counter(app: State<'_, App>) -> Reply<CounterCode> {
    app.wallet(|wallet, at| wallet.show_at_counter(at.now)).await
}

/// Invented people to try the app with; none unless the test mark is shown.
#[tauri::command]
#[specta::specta]
pub async fn test_citizens(app: State<'_, App>) -> Reply<Vec<TestCitizen>> {
    app.test_citizens().await
}
