//! What one person chooses for the safety of their own profile.

use tauri::State;
use wallet::screen::{Safety, Sign};
use zeroize::Zeroizing;

use super::Reply;
use crate::app::App;

/// What was chosen.
#[tauri::command]
#[specta::specta]
pub async fn safety(app: State<'_, App>) -> Reply<Safety> {
    app.wallet(|wallet, _| wallet.safety()).await
}

/// Another PIN in place of the old one.
#[tauri::command]
#[specta::specta]
pub async fn change_pin(app: State<'_, App>, old: String, fresh: String) -> Reply<()> {
    let (old, fresh) = (Zeroizing::new(old), Zeroizing::new(fresh));
    app.wallet(move |wallet, at| wallet.change_pin(&old, &fresh, at.rng))
        .await
}

/// Lets finger or face open the profile, which needs the PIN; without a PIN it is turned off.
#[tauri::command]
#[specta::specta]
pub async fn set_biometric(app: State<'_, App>, pin: Option<String>) -> Reply<Safety> {
    let pin = pin.map(Zeroizing::new);
    app.wallet(move |wallet, at| match pin {
        Some(pin) => wallet.add_biometric(&pin, at.rng),
        None => wallet.remove_biometric(),
    })
    .await
}

/// After how many seconds without use the wallet locks.
#[tauri::command]
#[specta::specta]
pub async fn set_auto_lock(app: State<'_, App>, seconds: u32) -> Reply<Safety> {
    app.wallet(move |wallet, _| wallet.set_auto_lock(seconds)).await
}

/// Whether 20 wrong PINs remove the profile.
#[tauri::command]
#[specta::specta]
pub async fn set_wipe(app: State<'_, App>, wipe: bool) -> Reply<Safety> {
    app.wallet(move |wallet, _| wallet.set_wipe(wipe)).await
}

/// The sign on the lock screen.
#[tauri::command]
#[specta::specta]
pub async fn set_sign(app: State<'_, App>, sign: Sign) -> Reply<Safety> {
    app.wallet(move |wallet, _| wallet.set_sign(sign)).await
}
