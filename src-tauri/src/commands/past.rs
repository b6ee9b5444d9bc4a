//! What was.

use credential::Timestamp;
use tauri::State;
use wallet::screen::{PastAsk, PastPage};

use super::Reply;
use crate::app::App;

/// A page of the past, the newest first.
#[tauri::command]
#[specta::specta]
pub async fn past(app: State<'_, App>, ask: PastAsk) -> Reply<PastPage> {
    app.wallet(move |wallet, _| wallet.past(ask)).await
}

/// Forgets one row of the past.
#[tauri::command]
#[specta::specta]
pub async fn forget_past(app: State<'_, App>, id: String) -> Reply<()> {
    app.wallet(move |wallet, _| wallet.forget_past(&id)).await
}

/// Forgets the past from a moment on and before another (unix seconds), and says how many rows that were.
#[tauri::command]
#[specta::specta]
pub async fn forget_past_between(app: State<'_, App>, from: u32, before: u32) -> Reply<u32> {
    let at = |seconds: u32| Timestamp::from_unix(u64::from(seconds));
    app.wallet(move |wallet, _| wallet.forget_past_between(at(from), at(before)))
        .await
}
