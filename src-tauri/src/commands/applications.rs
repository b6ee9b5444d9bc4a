//! Applications for public services.

use tauri::State;
use wallet::screen::{ApplicationLine, ApplicationView, FieldError};

use super::Reply;
use crate::app::App;

/// Every application, the one that changed last first.
#[tauri::command]
#[specta::specta]
pub async fn applications(app: State<'_, App>) -> Reply<Vec<ApplicationLine>> {
    app.wallet(|wallet, at| wallet.applications(at.now)).await
}

/// One application with its form.
#[tauri::command]
#[specta::specta]
pub async fn application(app: State<'_, App>, id: u32) -> Reply<ApplicationView> {
    app.wallet(move |wallet, at| wallet.application(id, at.now)).await
}

/// Begins an application for a service, or goes on with its draft.
#[tauri::command]
#[specta::specta]
pub async fn begin_application(app: State<'_, App>, service: String) -> Reply<ApplicationView> {
    app.wallet(move |wallet, at| wallet.begin_application(&service, at.now))
        .await
}

/// Begins the appeal against an application that is late or was refused, already filled in.
#[tauri::command]
#[specta::specta]
pub async fn begin_appeal(app: State<'_, App>, id: u32, story: String) -> Reply<ApplicationView> {
    app.wallet(move |wallet, at| wallet.begin_appeal(id, &story, at.now))
        .await
}

/// Keeps what was typed (a JSON object by ids of fields) and says what is still wrong.
#[tauri::command]
#[specta::specta]
pub async fn save_application(app: State<'_, App>, id: u32, typed: String) -> Reply<Vec<FieldError>> {
    app.wallet(move |wallet, at| wallet.save_application(id, &typed, at.now))
        .await
}

/// Queues a whole application; it is sent as soon as there is a network.
#[tauri::command]
#[specta::specta]
pub async fn submit_application(app: State<'_, App>, id: u32) -> Reply<ApplicationView> {
    let view = app
        .wallet(move |wallet, at| wallet.submit_application(id, at.now, at.rng))
        .await?;
    app.wake();
    Ok(view)
}

/// Takes an application back, here or at the office.
#[tauri::command]
#[specta::specta]
pub async fn take_back_application(app: State<'_, App>, id: u32) -> Reply<ApplicationView> {
    let view = app
        .wallet(move |wallet, at| wallet.take_back_application(id, at.now, at.rng))
        .await?;
    app.wake();
    Ok(view)
}

/// Forgets a draft, or an application that is over.
#[tauri::command]
#[specta::specta]
pub async fn delete_application(app: State<'_, App>, id: u32) -> Reply<()> {
    app.wallet(move |wallet, at| wallet.delete_application(id, at.now))
        .await
}
