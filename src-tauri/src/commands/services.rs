//! The catalogue of public services.

use tauri::State;
use wallet::screen::{ServiceView, Services};

use super::Reply;
use crate::app::App;

/// The services, by office: all of them, or those that the words of the query name.
#[tauri::command]
#[specta::specta]
pub async fn services(app: State<'_, App>, query: String) -> Reply<Services> {
    app.wallet(move |wallet, _| wallet.services(&query)).await
}

/// One service.
#[tauri::command]
#[specta::specta]
pub async fn service(app: State<'_, App>, id: String) -> Reply<Option<ServiceView>> {
    app.wallet(move |wallet, _| wallet.service(&id)).await
}
