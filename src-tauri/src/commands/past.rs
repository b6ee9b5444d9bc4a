//! What was.

use tauri::State;
use wallet::screen::HistoryItem;

use super::Reply;
use crate::app::App;

/// Past showings, the newest first.
#[tauri::command]
#[specta::specta]
pub async fn history(app: State<'_, App>) -> Reply<Vec<HistoryItem>> {
    app.wallet(|wallet, _| wallet.history()).await
}
