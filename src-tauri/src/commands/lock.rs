//! The lock and its profiles, and what the whole app shows.

use tauri::State;
use wallet::Wallet;
use wallet::screen::{AppState, Language, LockView, Sign};
use zeroize::Zeroizing;

use super::Reply;
use crate::app::App;
use crate::uptime;

/// What the whole app shows.
#[tauri::command]
#[specta::specta]
pub async fn app_state(app: State<'_, App>) -> Reply<AppState> {
    app.wallet(|wallet, at| wallet.app_state(at.now)).await
}

/// Sets the language of the screens.
#[tauri::command]
#[specta::specta]
pub async fn set_language(app: State<'_, App>, language: Language) -> Reply<AppState> {
    app.wallet(move |wallet, at| wallet.set_language(language, at.now))
        .await
}

/// The lock screen: profiles by their signs, and what it has to say before anybody types a PIN.
#[tauri::command]
#[specta::specta]
pub async fn lock_screen(app: State<'_, App>) -> Reply<LockView> {
    app.unattended(|wallet, _| wallet.lock_view()).await
}

/// Whether a PIN may be chosen.
#[tauri::command]
#[specta::specta]
pub async fn check_pin(pin: String) -> Reply<()> {
    Wallet::check_pin(&Zeroizing::new(pin))
}

/// Makes the first profile of this phone and opens it.
#[tauri::command]
#[specta::specta]
pub async fn create_vault(app: State<'_, App>, pin: String) -> Reply<AppState> {
    let pin = Zeroizing::new(pin);
    app.wallet(move |wallet, at| {
        measure(wallet);
        wallet.create_vault(&pin, at.now, at.rng)
    })
    .await
}

/// Makes one more profile and opens it.
#[tauri::command]
#[specta::specta]
pub async fn add_profile(app: State<'_, App>, sign: Sign, pin: String) -> Reply<AppState> {
    let pin = Zeroizing::new(pin);
    app.wallet(move |wallet, at| {
        measure(wallet);
        wallet.add_profile(sign, &pin, at.now, at.rng)
    })
    .await
}

/// Opens the vault of this profile, or of the only one.
#[tauri::command]
#[specta::specta]
pub async fn unlock(app: State<'_, App>, pin: String, profile: Option<String>) -> Reply<AppState> {
    let pin = Zeroizing::new(pin);
    let state = app
        .wallet(move |wallet, at| match profile {
            Some(profile) => wallet.unlock_profile(&profile, &pin, at.now),
            None => wallet.unlock(&pin, at.now),
        })
        .await?;
    app.wake();
    Ok(state)
}

/// Opens the vault of this profile by finger or face; the system asks for it.
#[tauri::command]
#[specta::specta]
pub async fn unlock_biometric(app: State<'_, App>, profile: String) -> Reply<AppState> {
    let state = app
        .wallet(move |wallet, at| wallet.unlock_biometric(&profile, at.now))
        .await?;
    app.wake();
    Ok(state)
}

/// Closes the vault.
#[tauri::command]
#[specta::specta]
pub async fn lock(app: State<'_, App>) -> Reply<AppState> {
    app.wallet(|wallet, at| wallet.lock(at.now)).await
}

/// Removes a profile with everything in it.
#[tauri::command]
#[specta::specta]
pub async fn forget_profile(app: State<'_, App>, profile: String) -> Reply<AppState> {
    app.wallet(move |wallet, at| wallet.forget_profile(&profile, at.now))
        .await
}

/// Somebody uses the screens: the wallet stays open a while longer. `locked` where it closed meanwhile.
#[tauri::command]
#[specta::specta]
pub async fn touch(app: State<'_, App>) -> Reply<()> {
    app.wallet(|wallet, _| wallet.must_be_open()).await
}

/// The screens came in sight or went out of it.
#[tauri::command]
#[specta::specta]
pub async fn sight(app: State<'_, App>, visible: bool) -> Reply<()> {
    app.unattended(move |wallet, _| {
        wallet.set_sight(visible);
        Ok(())
    })
    .await
}

/// Finds out what a guess at a PIN may cost on this phone. Keys in plain files protect nothing, whatever a guess costs: there
/// the floor will do, and tests are quick.
fn measure(wallet: &mut Wallet) {
    if wallet.protects()
        && let Ok(cost) = wallet::measure_cost(uptime::stopwatch)
    {
        wallet.set_cost(cost);
    }
}
