//! `cargo xtask package counter`: an archive that is laid out as a desk's file system.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use clap::{Args, Subcommand};

use crate::packages::{self, Packages, Purpose};
use crate::report::say;
use crate::workspace::{Profile, Workspace};
use crate::{command, screens};

/// Build a program in release and pack it with all that its computer needs.
#[derive(Args)]
pub struct Package {
    #[command(subcommand)]
    what: What,
}

/// What is packed.
#[derive(Subcommand)]
enum What {
    /// The program of a service desk
    Counter(Counter),
}

/// What the province gives to the package of its desks.
#[derive(Args)]
struct Counter {
    /// Signed data for the first day, as `province-server bundle --whole` writes them
    #[arg(long, value_name = "FILE")]
    snapshot: PathBuf,
    /// The province's signed configuration, as `province-server config` writes it
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// Where the program lies on a desk.
const PROGRAM: &str = "usr/bin/khyber-counter";
/// Where the signed data of the first day lie.
const SNAPSHOT: &str = "usr/share/khyber-counter/snapshot.kpu";
/// Where the province's configuration lies.
const CONFIG: &str = "etc/khyber-counter/province.kpc";
/// Every other file: where it is in the repository and on a desk.
const FILES: [(&str, &str); 7] = [
    (
        "packaging/counter/khyber-counter.service",
        "usr/lib/systemd/system/khyber-counter.service",
    ),
    (
        "packaging/counter/khyber-counter-kiosk",
        "usr/bin/khyber-counter-kiosk",
    ),
    (
        "packaging/counter/khyber-counter-kiosk.desktop",
        "etc/xdg/autostart/khyber-counter-kiosk.desktop",
    ),
    (
        "packaging/counter/khyber-counter-policy.json",
        "etc/chromium/policies/managed/khyber-counter.json",
    ),
    (
        "packaging/counter/README.md",
        "usr/share/doc/khyber-counter/README.md",
    ),
    ("docs/counter.md", "usr/share/doc/khyber-counter/counter.md"),
    ("docs/desk.md", "usr/share/doc/khyber-counter/desk.md"),
];

/// What comes from elsewhere than the repository.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// The built program, with its page in it.
    pub program: &'a Path,
    /// The signed data of the first day.
    pub snapshot: &'a Path,
    /// The province's configuration.
    pub config: &'a Path,
}

impl Package {
    /// Builds the program and packs it in `target/package`.
    ///
    /// # Errors
    /// When something cannot be built or copied.
    pub fn run(&self, workspace: &Workspace, packages: Packages) -> anyhow::Result<()> {
        let What::Counter(given) = &self.what;
        packages::ensure(packages, Purpose::Build)?;
        screens::build(workspace)?;
        let mut cargo = workspace.cargo();
        command::run(cargo.args(["build", "--release", "--package", "counter"]))?;
        let parts = Parts {
            program: &workspace.program(Profile::Release, "counter"),
            snapshot: &given.snapshot,
            config: &given.config,
        };
        let archive = pack(workspace, &parts, &workspace.target("package"))?;
        say(&format!(
            "{} is a desk's file system; the README.md in it says how a desk is set up",
            archive.display()
        ));
        Ok(())
    }
}

/// Lays the package out in `folder/khyber-counter` and packs it; gives the archive. The same files make the same archive.
///
/// # Errors
/// When something is missing or cannot be written.
pub fn pack(workspace: &Workspace, parts: &Parts<'_>, folder: &Path) -> anyhow::Result<PathBuf> {
    let laid_out = folder.join("khyber-counter");
    if laid_out.exists() {
        fs::remove_dir_all(&laid_out).context("the folder of an earlier package cannot be removed")?;
    }
    let repository = FILES.map(|(from, to)| (workspace.path(from), to));
    let given = [
        (parts.program, PROGRAM),
        (parts.snapshot, SNAPSHOT),
        (parts.config, CONFIG),
    ];
    let given = given.map(|(from, to)| (from.to_owned(), to));
    for (from, to) in given.iter().chain(&repository) {
        copy(from, &laid_out.join(to))?;
    }
    let archive = folder.join("khyber-counter.tar.gz");
    let mut tar = Command::new("tar");
    tar.args(["--create", "--gzip", "--owner=root:0", "--group=root:0"]);
    tar.args(["--mode=u=rwX,go=rX", "--sort=name", "--mtime=@0", "--directory"]);
    tar.arg(&laid_out)
        .arg("--file")
        .arg(&archive)
        .args(["usr", "etc"]);
    command::run(&mut tar)?;
    Ok(archive)
}

/// Copies a file with its rights.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    fs::copy(from, to).with_context(|| format!("{} cannot be copied to {}", from.display(), to.display()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn every_file_lies_where_the_unit_and_the_manual_say() {
        let workspace = Workspace::find().unwrap();
        let unit = fs::read_to_string(workspace.path("packaging/counter/khyber-counter.service")).unwrap();
        let manual = "usr/share/doc/khyber-counter/counter.md";
        for place in [PROGRAM, SNAPSHOT, CONFIG, manual] {
            assert!(unit.contains(&format!("/{place}")), "{place}");
        }
        let text = fs::read_to_string(workspace.path("docs/counter.md")).unwrap();
        for (_, to) in FILES {
            let (folder, _) = to.rsplit_once('/').unwrap();
            assert!(text.contains(&format!("/{folder}/")), "{to}");
        }
    }
}
