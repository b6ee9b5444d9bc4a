//! The lock, and what the whole app shows.

use tauri::State;
use wallet::screen::{AppState, Language};
use zeroize::Zeroizing;

use super::Reply;
use crate::app::App;

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
