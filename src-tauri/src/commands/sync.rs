//! Sync, and what is on its way to the province.

use tauri::State;
use wallet::screen::{AppState, Draft, OnItsWay, SyncReport};

use super::Reply;
use crate::app::{App, aside};
use crate::{photo as portrait, pictures};

/// Fetches what is new: trust list, status data, passes.
#[tauri::command]
#[specta::specta]
pub async fn sync(app: State<'_, App>) -> Reply<SyncReport> {
    app.sync().await
}

/// What is on its way between this phone and the province.
#[tauri::command]
#[specta::specta]
pub async fn on_its_way(app: State<'_, App>) -> Reply<OnItsWay> {
    app.wallet(|wallet, at| wallet.on_its_way(at.now)).await
}

/// Queues another mobile number; it is sent as soon as there is a network.
#[tauri::command]
#[specta::specta]
pub async fn change_mobile(app: State<'_, App>, mobile: String) -> Reply<OnItsWay> {
    let way = app
        .wallet(move |wallet, at| {
            wallet.change_mobile(&mobile, at.now, at.rng)?;
            wallet.on_its_way(at.now)
        })
        .await?;
    app.wake();
    Ok(way)
}

/// Queues that the phone of this person is lost. `photo` is a picture file in base64 or as a `data:` URL, `instead` the
/// refused report whose place this one takes.
#[tauri::command]
#[specta::specta]
pub async fn report_lost(
    app: State<'_, App>,
    person: Draft,
    photo: String,
    instead: Option<u32>,
) -> Reply<OnItsWay> {
    let photo = aside(move || portrait::prepare(&pictures::file_of(&photo)?)).await?;
    let way = app
        .wallet(move |wallet, at| {
            wallet.report_lost((&person, photo), instead, at.now, at.rng)?;
            wallet.on_its_way(at.now)
        })
        .await?;
    app.wake();
    Ok(way)
}

/// Puts away what was answered, or takes back what cannot have been done.
#[tauri::command]
#[specta::specta]
pub async fn discard_errand(app: State<'_, App>, id: u32) -> Reply<OnItsWay> {
    app.wallet(move |wallet, at| {
        wallet.discard_errand(id)?;
        wallet.on_its_way(at.now)
    })
    .await
}

/// Sends no more what was sent several times without an answer.
#[tauri::command]
#[specta::specta]
pub async fn give_up_errand(app: State<'_, App>, id: u32) -> Reply<OnItsWay> {
    app.wallet(move |wallet, at| {
        wallet.give_up_errand(id)?;
        wallet.on_its_way(at.now)
    })
    .await
}

/// Whether large files come over a metered network too, and whether the app syncs while nobody looks.
#[tauri::command]
#[specta::specta]
pub async fn set_sync_limits(app: State<'_, App>, on_metered: bool, in_background: bool) -> Reply<OnItsWay> {
    let way = app
        .wallet(move |wallet, at| {
            wallet.set_sync_limits(on_metered, in_background)?;
            wallet.on_its_way(at.now)
        })
        .await?;
    app.wake();
    Ok(way)
}

/// What the page knows of the connection, and whether anybody looks at it: another network is another chance.
#[tauri::command]
#[specta::specta]
pub async fn note_network(app: State<'_, App>, metered: bool, background: bool) -> Reply<()> {
    app.note_network(metered, background);
    Ok(())
}

/// Takes over the enrolment of the person's phone before, with what was typed. `code` as for an enrolment.
#[tauri::command]
#[specta::specta]
pub async fn rebind(app: State<'_, App>, code: Option<String>) -> Reply<AppState> {
    app.rebind(code).await
}

/// Begins anew on a phone that the province does not take any more.
#[tauri::command]
#[specta::specta]
pub async fn start_over(app: State<'_, App>) -> Reply<AppState> {
    app.wallet(|wallet, at| wallet.start_over(at.now, at.rng)).await
}
