//! Building our own programs, all in one call.
//!
//! One call, because cargo unites the features of what it builds together: building the programs one by one would
//! compile Tauri and SQLCipher several times.

use crate::command;
use crate::report::{Watch, say, time};
use crate::workspace::{Profile, Workspace};

/// `K_device` in a file, so that the app starts where there is no keyring; a release build for citizens has no such thing.
pub const FEATURES: &str = "khyber-pass/file-key-store";

/// All programs but xtask, which is running and up to date.
pub const SELECTION: [&str; 6] = [
    "--workspace",
    "--exclude",
    "xtask",
    "--bins",
    "--features",
    FEATURES,
];

/// Builds every program; cargo shows its own progress.
///
/// # Errors
/// When cargo fails.
pub fn build(workspace: &Workspace, profile: Profile) -> anyhow::Result<()> {
    let watch = Watch::start();
    say("building the programs (the first time takes several minutes)");
    let mut cargo = workspace.cargo();
    cargo.arg("build").args(SELECTION);
    if profile == Profile::Release {
        cargo.arg("--release");
    }
    command::run(&mut cargo)?;
    say(&format!("built in {}", time(watch.elapsed())));
    Ok(())
}
