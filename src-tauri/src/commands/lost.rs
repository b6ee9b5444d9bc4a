//! A lost phone, told from a phone without an open vault, and what an open vault keeps of such reports.

use tauri::State;
use wallet::screen::lost::{LostPerson, LostTold};
use wallet::screen::{Draft, DraftCheck, OnItsWay, PhotoView};

use super::Reply;
use crate::app::{App, aside};
use crate::{photo as portrait, pictures};

/// What is wrong with a person who is typed in and not kept; `has_photo` counts as it is told.
#[tauri::command]
#[specta::specta]
pub async fn check_person(app: State<'_, App>, person: Draft) -> Reply<DraftCheck> {
    app.unattended(move |wallet, at| Ok(wallet.check_person(&person, at.now)))
        .await
}

/// A picture as it would be sent, kept nowhere: a picture file in base64 or as a `data:` URL.
#[tauri::command]
#[specta::specta]
pub async fn prepare_photo(bytes: String) -> Reply<PhotoView> {
    aside(move || {
        let jpeg = portrait::prepare(&pictures::file_of(&bytes)?)?;
        Ok(PhotoView {
            data_url: wallet::jpeg_url(&jpeg),
        })
    })
    .await
}

/// Tells the province at once that the phone of this person is lost; nothing of it is kept on this one.
#[tauri::command]
#[specta::specta]
pub async fn tell_lost(app: State<'_, App>, person: Draft, photo: String) -> Reply<LostTold> {
    let photo = aside(move || portrait::prepare(&pictures::file_of(&photo)?)).await?;
    app.tell_lost(person, photo).await
}

/// Forgets what was told of a lost phone.
#[tauri::command]
#[specta::specta]
pub async fn forget_lost(app: State<'_, App>) -> Reply<()> {
    app.forget_lost().await;
    Ok(())
}

/// The person of a report that the province refused, to be mended.
#[tauri::command]
#[specta::specta]
pub async fn lost_person(app: State<'_, App>, id: u32) -> Reply<Option<LostPerson>> {
    app.wallet(move |wallet, _| wallet.lost_person(id)).await
}

/// Sends again, as it is, what was refused for a reason that passes by itself.
#[tauri::command]
#[specta::specta]
pub async fn retry_errand(app: State<'_, App>, id: u32) -> Reply<OnItsWay> {
    let way = app
        .wallet(move |wallet, at| {
            wallet.retry_errand(id)?;
            wallet.on_its_way(at.now)
        })
        .await?;
    app.wake();
    Ok(way)
}
