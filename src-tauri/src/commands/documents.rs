//! What the vault holds: looked through, deleted, taken out.

use tauri::State;
use wallet::UiCode;
use wallet::screen::{Documents, Export, ExportFile};

use super::Reply;
use crate::app::App;

/// Everything that this vault holds, by person.
#[tauri::command]
#[specta::specta]
pub async fn documents(app: State<'_, App>) -> Reply<Documents> {
    app.wallet(|wallet, at| wallet.documents(at.now)).await
}

/// Deletes a document from this phone.
#[tauri::command]
#[specta::specta]
pub async fn delete_document(app: State<'_, App>, id: String) -> Reply<()> {
    app.wallet(move |wallet, at| wallet.delete_document(&id, at.now))
        .await
}

/// Wants a deleted document back; the next sync draws it.
#[tauri::command]
#[specta::specta]
pub async fn want_document(app: State<'_, App>, id: String) -> Reply<()> {
    app.wallet(move |wallet, _| wallet.want_document(&id)).await
}

/// What the citizen takes out: everything, or one document with its past.
#[tauri::command]
#[specta::specta]
pub async fn export(app: State<'_, App>, only: Option<String>) -> Reply<Export> {
    app.wallet(move |wallet, at| wallet.export(only.as_deref(), at.now))
        .await
}

/// Writes it where the citizen's files are: the page that the screen made of it, or, without one, data.
#[tauri::command]
#[specta::specta]
pub async fn write_export(
    app: State<'_, App>,
    only: Option<String>,
    page: Option<String>,
) -> Reply<ExportFile> {
    let folder = app.downloads().ok_or(UiCode::StorageFailed)?.to_owned();
    app.wallet(move |wallet, at| wallet.write_export(only.as_deref(), page, &folder, at.now))
        .await
}
