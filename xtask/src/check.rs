//! `cargo xtask check`: what can be said about the source without running it.

use std::process::Command;

use anyhow::ensure;

use crate::packages::{self, Packages, Purpose};
use crate::report::say;
use crate::workspace::Workspace;
use crate::{command, programs, python, screens};

/// Formatting, lints, dependencies, and what a release build of the app must not contain.
///
/// # Errors
/// When one of them finds something.
pub fn run(workspace: &Workspace, packages: Packages) -> anyhow::Result<()> {
    packages::ensure(packages, Purpose::Build)?;
    // The app's build script wants the screens, and so does clippy.
    screens::build(workspace)?;
    formatting(workspace)?;
    say("lints");
    lints(workspace)?;
    say("the programs without their tests");
    programs_alone(workspace)?;
    say("the released app");
    released_app(workspace)?;
    if command::is_there("cargo-deny") {
        say("dependencies");
        command::run(workspace.cargo().args(["deny", "check"]))?;
    } else {
        say("cargo-deny is not installed: licences and advisories of the dependencies were not looked at");
    }
    Ok(())
}

/// Whether the source is formatted.
///
/// # Errors
/// When it is not.
pub fn formatting(workspace: &Workspace) -> anyhow::Result<()> {
    command::run(workspace.cargo().args(["fmt", "--all", "--check"]))
}

/// What hadolint finds in the file that a container is built by. No container is built: that needs an engine.
///
/// # Errors
/// When it cannot be had, or finds anything.
pub fn container_file(workspace: &Workspace) -> anyhow::Result<()> {
    let folder = workspace.path("packaging/province");
    let python = python::with_file(
        &workspace.target("tools/container"),
        &folder.join("requirements.txt"),
    )?;
    let mut lint = Command::new(python.with_file_name("hadolint"));
    command::run(lint.arg(folder.join("Containerfile")))
}

/// What clippy finds in the programs and their tests.
///
/// # Errors
/// When it finds anything.
pub fn lints(workspace: &Workspace) -> anyhow::Result<()> {
    let mut clippy = workspace.cargo();
    clippy.args(["clippy", "--workspace", "--all-targets", "--keep-going"]);
    clippy.args(["--features", programs::FEATURES, "--", "--deny", "warnings"]);
    command::run(&mut clippy)
}

/// The programs as `demo` builds them: without the features that tests and xtask add to what they share, on which they
/// could come to depend unseen.
///
/// # Errors
/// When they do.
pub fn programs_alone(workspace: &Workspace) -> anyhow::Result<()> {
    let mut check = workspace.cargo();
    check.arg("check").args(programs::SELECTION);
    command::run(&mut check)
}

/// The released app has no mock runtime, whose commands anybody could call, and no device key in a file.
///
/// # Errors
/// When it would have one of them.
pub fn released_app(workspace: &Workspace) -> anyhow::Result<()> {
    let mut tree = workspace.cargo();
    tree.args([
        "tree",
        "--package",
        "khyber-pass",
        "--edges",
        "normal,features",
        "--prefix",
        "none",
    ]);
    let tree = command::output(&mut tree)?;
    for unwanted in ["tauri feature \"test\"", "wallet feature \"file-key-store\""] {
        ensure!(
            !tree.lines().any(|line| line.contains(unwanted)),
            "a release build of the app would contain {unwanted}"
        );
    }
    Ok(())
}
