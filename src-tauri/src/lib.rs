//! Khyber Pass, the app: the composition root.
//!
//! It puts the wallet, the network and the screens together and is, beside other programs' entry
//! points, the only place that reads the clock and the source of randomness. It knows no rule of
//! the wallet: each command is one call.

mod app;
mod bindings;
mod citizens;
mod commands;
mod driver;
mod key_store;
mod photo;
mod pictures;
mod settings;
mod trust;
mod uptime;

use tauri::{Builder, Context, Manager, Runtime};

pub use app::App;
pub use settings::Settings;

include!("command_names.rs");

/// Wipes what is given back to the system: libraries copy a PIN on its way here, and none of them wipes its copies.
#[global_allocator]
static MEMORY: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

/// Name of the app's only window.
pub const WINDOW: &str = "main";

/// Files for the citizen, below a data folder that was given: a run in a folder of its own leaves nothing elsewhere.
const DOWNLOADS: &str = "downloads";

/// Puts the commands and their state into an app: a real window's or the preview's.
pub fn configure<R: Runtime>(builder: Builder<R>, settings: Settings) -> Builder<R> {
    let commands = bindings::commands::<R>();
    builder
        .invoke_handler(commands.invoke_handler())
        .setup(move |app| {
            let data = match &settings.data {
                Some(folder) => folder.clone(),
                None => app.path().app_data_dir()?,
            };
            // A system that names neither folder still has a home.
            let public = app.path().download_dir().or_else(|_| app.path().document_dir());
            let downloads = match &settings.data {
                Some(folder) => Some(folder.join(DOWNLOADS)),
                None => public.or_else(|_| app.path().home_dir()).ok(),
            };
            match App::open(&settings, &data, downloads) {
                Ok(state) => {
                    app.manage(state);
                    let handle = app.handle().clone();
                    tauri::async_runtime::spawn(async move { handle.state::<App>().sync_by_itself().await });
                    true
                }
                // Tauri would panic: somebody who starts the app a second time did nothing wrong.
                Err(error) => {
                    eprintln!("Khyber Pass could not start: {error}");
                    std::process::exit(1);
                }
            };
            Ok(())
        })
}

/// The app's configuration, permissions and screens, all of them inside the program.
pub fn context<R: Runtime>() -> Context<R> {
    tauri::generate_context!()
}

/// Opens the app's window and returns when it is closed.
#[cfg_attr(mobile, tauri::mobile_entry_point)]
pub fn run() {
    let app = configure(Builder::default(), Settings::from_environment());
    if let Err(error) = app.run(context()) {
        eprintln!("Khyber Pass could not start: {error}");
        std::process::exit(1);
    }
}

#[cfg(test)]
mod tests;
