//! Sync.

use tauri::State;
use wallet::screen::SyncReport;

use super::Reply;
use crate::app::App;

/// Fetches what is new: trust list, status data, passes.
#[tauri::command]
#[specta::specta]
pub async fn sync(app: State<'_, App>) -> Reply<SyncReport> {
    app.sync().await
}
