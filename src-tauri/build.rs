//! Makes one permission for each command and refuses to build without the screens.

use std::path::Path;

include!("src/command_names.rs");

/// The built screens that become part of the program; the same folder as in `tauri.conf.json`.
const SCREENS: &str = "../ui/dist/wallet";

fn main() {
    println!("cargo:rerun-if-changed={SCREENS}");
    println!("cargo:rerun-if-changed=src/command_names.rs");
    if !Path::new(SCREENS).join("index.html").is_file() {
        eprintln!(
            "The app's screens are not built: run `npm ci && npm run build` in ui/, or let `cargo xtask demo` do it."
        );
        std::process::exit(1);
    }
    let manifest = tauri_build::AppManifest::new().commands(COMMANDS);
    let attributes = tauri_build::Attributes::new().app_manifest(manifest);
    if let Err(error) = tauri_build::try_build(attributes) {
        eprintln!("The app's configuration is not valid: {error:#}");
        std::process::exit(1);
    }
}
