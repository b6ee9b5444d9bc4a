//! Backup, restore, and the move from phone to phone.

use tauri::State;
use wallet::UiCode;
use wallet::screen::moving::{BackupFile, BackupPhrase, MoveView, RestoredView};
use wallet::screen::{AppState, Words};
use zeroize::Zeroizing;

use super::Reply;
use crate::app::{App, aside};
use crate::pictures;

/// Draws the phrase of a new backup.
#[tauri::command]
#[specta::specta]
pub async fn make_phrase(app: State<'_, App>) -> Reply<BackupPhrase> {
    app.wallet(|wallet, at| wallet.make_phrase(at.rng)).await
}

/// Writes the backup file, given the two words that were asked for, and reads it again.
#[tauri::command]
#[specta::specta]
pub async fn make_backup(app: State<'_, App>, two: Vec<String>) -> Reply<BackupFile> {
    let folder = app.downloads().ok_or(UiCode::StorageFailed)?.to_owned();
    app.wallet(move |wallet, at| wallet.make_backup(&two, &folder, at.now, at.rng))
        .await
}

/// Forgets the phrase.
#[tauri::command]
#[specta::specta]
pub async fn forget_phrase(app: State<'_, App>) -> Reply<()> {
    app.wallet(|wallet, _| wallet.forget_phrase()).await
}

/// Words of the list that begin with what was typed.
#[tauri::command]
#[specta::specta]
pub async fn complete_word(typed: String) -> Reply<Vec<Words>> {
    Ok(wallet::complete_word(&typed))
}

/// Puts what is in a backup file (base64 or a `data:` URL) into this new wallet.
#[tauri::command]
#[specta::specta]
pub async fn restore_backup(app: State<'_, App>, bytes: String, phrase: String) -> Reply<AppState> {
    let phrase = Zeroizing::new(phrase);
    let file = aside(move || pictures::file_of(&bytes).map_err(|_| UiCode::NotABackup.into())).await?;
    app.wallet(move |wallet, at| wallet.restore_backup(&file, &phrase, at.now))
        .await
}

/// What this wallet has of the phone before.
#[tauri::command]
#[specta::specta]
pub async fn restored(app: State<'_, App>) -> Reply<Option<RestoredView>> {
    app.wallet(|wallet, _| wallet.restored()).await
}

/// Begins to receive what another phone has.
#[tauri::command]
#[specta::specta]
pub async fn begin_receiving(app: State<'_, App>) -> Reply<MoveView> {
    app.wallet(|wallet, at| wallet.begin_receiving(at.rng)).await
}

/// Where a move stands.
#[tauri::command]
#[specta::specta]
pub async fn move_view(app: State<'_, App>) -> Reply<MoveView> {
    app.wallet(|wallet, _| wallet.move_view()).await
}

/// Reads a code of the other phone from a picture file in base64 or as a `data:` URL.
#[tauri::command]
#[specta::specta]
pub async fn read_move_picture(app: State<'_, App>, bytes: String) -> Reply<MoveView> {
    let text = aside(move || pictures::code_in_file(&bytes)).await?;
    app.wallet(move |wallet, at| wallet.read_move_code(&text, at.now, at.rng))
        .await
}

/// Reads a code of the other phone from a camera frame: base64 of one byte per pixel. Nothing, if there is no code in it.
#[tauri::command]
#[specta::specta]
pub async fn read_move_frame(
    app: State<'_, App>,
    width: u32,
    height: u32,
    luma: String,
) -> Reply<Option<MoveView>> {
    let Some(text) = aside(move || pictures::code_in_frame(width, height, &luma)).await? else {
        return Ok(None);
    };
    app.wallet(move |wallet, at| wallet.read_move_code(&text, at.now, at.rng))
        .await
        .map(Some)
}

/// The citizen says that both phones show the same words.
#[tauri::command]
#[specta::specta]
pub async fn words_agree(app: State<'_, App>) -> Reply<MoveView> {
    app.wallet(|wallet, at| wallet.words_agree(at.now)).await
}

/// Ends this phone's part of a move.
#[tauri::command]
#[specta::specta]
pub async fn end_move(app: State<'_, App>) -> Reply<AppState> {
    app.wallet(|wallet, at| wallet.end_move(at.now)).await
}
