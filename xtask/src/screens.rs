//! The screens: npm packages and the two built pages, made again only when something changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::Context as _;

use crate::command;
use crate::report::say;
use crate::workspace::Workspace;

/// Folders inside `ui` that are made and not written.
const MADE: &[&str] = &["node_modules", "dist", "paraglide"];

/// Installs the npm packages of a folder exactly as its lock file says, unless that was done already.
///
/// # Errors
/// When there is no npm, or npm fails.
pub fn install(workspace: &Workspace, folder: &str) -> anyhow::Result<()> {
    let folder = workspace.path(folder);
    let lock = fs::read(folder.join("package-lock.json"))
        .with_context(|| format!("{} has no package-lock.json", folder.display()))?;
    // Which lock file the packages were installed from; npm removes it together with them.
    let stamp = folder.join("node_modules/.installed-from");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    say(&format!("installing npm packages in {}", name(&folder)));
    command::run(npm(&folder).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))
        .context("Node 20 or newer with npm is needed")?;
    fs::write(&stamp, lock).with_context(|| format!("{} could not be written", stamp.display()))
}

/// Builds both pages, unless they are newer than everything they are made of.
///
/// # Errors
/// When npm fails.
pub fn build(workspace: &Workspace) -> anyhow::Result<()> {
    install(workspace, "ui")?;
    let ui = workspace.path("ui");
    let pages = ["dist/wallet/index.html", "dist/counter/index.html"];
    let built = pages.iter().map(|page| modified(&ui.join(page))).min().flatten();
    let sources = newest(&ui).max(newest(&workspace.path("assets")));
    if built.is_some() && built >= sources {
        return Ok(());
    }
    say("building the screens of wallet and counter");
    command::run(npm(&ui).args(["run", "--silent", "build"]))
}

/// npm in a folder.
pub fn npm(folder: &Path) -> Command {
    let mut command = Command::new("npm");
    command.current_dir(folder);
    command
}

fn name(folder: &Path) -> String {
    folder
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// When a file was last written; `None` sorts before every time.
fn modified(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).and_then(|data| data.modified()).ok()
}

/// The newest file below a folder. Folders have times too, but building changes those: its tools put files beside the
/// sources for a moment.
fn newest(folder: &Path) -> Option<SystemTime> {
    let mut newest = None;
    let mut waiting: Vec<PathBuf> = vec![folder.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if MADE.iter().any(|made| entry.file_name() == *made) {
                continue;
            }
            let path = entry.path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                newest = newest.max(modified(&path));
            }
        }
    }
    newest
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn made_folders_do_not_count_as_sources() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("src/a")).unwrap();
        fs::write(folder.path().join("src/a/b.ts"), "").unwrap();
        fs::create_dir(folder.path().join("node_modules")).unwrap();
        let before = newest(folder.path());
        let later = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(4_000_000_000);
        let touch = |file: &str| {
            let file = fs::File::create(folder.path().join(file)).unwrap();
            file.set_modified(later).unwrap();
        };
        touch("node_modules/x.js");
        assert_eq!(newest(folder.path()), before);
        touch("src/a/c.ts");
        assert_eq!(newest(folder.path()), Some(later));
    }
}
