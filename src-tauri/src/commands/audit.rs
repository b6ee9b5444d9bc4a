//! Who looked, who issued.

use tauri::State;
use wallet::screen::AuditView;

use super::Reply;
use crate::app::App;

/// What this phone keeps of the province's audit log about this citizen.
#[tauri::command]
#[specta::specta]
pub async fn audit(app: State<'_, App>) -> Reply<AuditView> {
    app.wallet(|wallet, _| wallet.audit()).await
}

/// Asks the province for the newest entries, or for the page behind the oldest that is kept.
#[tauri::command]
#[specta::specta]
pub async fn ask_audit(app: State<'_, App>, earlier: bool) -> Reply<AuditView> {
    app.ask_audit(earlier).await
}
