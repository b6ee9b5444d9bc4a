//! `cargo xtask test`: every test there is, and the lints, because this is all that continuous integration runs.
//!
//! Lints come last: clippy looks at every dependency once more, and a failed test should be known before that.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};

use crate::packages::{self, Packages, Purpose};
use crate::report::{Watch, say, time};
use crate::workspace::{Profile, Workspace};
use crate::{check, command, contract, programs, screens};

/// Version of the `WebDriver` server for the app's window.
const TAURI_DRIVER: &str = "^2.1";

/// Run every test there is.
#[derive(Args)]
pub struct Test {
    /// Only tests with this in their name
    filter: Option<String>,
    /// Only this part
    #[arg(long, value_enum)]
    only: Option<Part>,
}

/// A part of the tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Tests in Rust
    Rust,
    /// Tests of the screens
    Ui,
    /// The province as it runs, held against its OpenAPI document; the file of its container
    Contract,
    /// Real windows, real servers, a real browser
    E2e,
}

impl Test {
    /// Installs what is missing, builds everything, runs all tests and says how long each part took.
    ///
    /// # Errors
    /// When anything cannot be installed or built, or a test fails.
    pub fn run(&self, workspace: &Workspace, packages: Packages) -> anyhow::Result<()> {
        let watch = Watch::start();
        // Somebody who asks for one test does not ask for lints.
        let whole = self.filter.is_none();
        let mut parts = Parts::default();
        parts.need("system packages", || packages::ensure(packages, Purpose::Test))?;
        parts.need("npm packages", || {
            screens::install(workspace, "ui")?;
            screens::install(workspace, "tests/e2e")
        })?;
        parts.need("screens", || screens::build(workspace))?;
        if self.wants(Part::Rust) {
            if whole {
                parts.run("formatting", || check::formatting(workspace));
            }
            parts.need("build", || build(workspace))?;
            parts.run("tests in Rust", || self.rust(workspace));
        } else if self.wants(Part::E2e) || self.wants(Part::Contract) {
            parts.need("build", || build(workspace))?;
        }
        if whole && self.wants(Part::Contract) {
            parts.run("contract of the province", || contract::run(workspace));
            parts.run("container file", || check::container_file(workspace));
        }
        if self.wants(Part::Ui) {
            if whole {
                let npm = |script| command::run(ui(workspace).args(["run", script]));
                parts.run("types of the screens", || npm("check"));
                parts.run("lints of the screens", || npm("lint"));
            }
            parts.run("tests of the screens", || self.screens(workspace));
        }
        if self.wants(Part::E2e) {
            parts.need("WebDriver", || driver(workspace).map(drop))?;
            parts.run("end to end", || self.end_to_end(workspace));
        }
        if whole && self.wants(Part::Rust) {
            parts.run("released app", || check::released_app(workspace));
            parts.run("lints", || check::lints(workspace));
            parts.run("programs alone", || check::programs_alone(workspace));
        }
        parts.finish(watch)
    }

    fn wants(&self, part: Part) -> bool {
        self.only.is_none_or(|only| only == part)
    }

    fn rust(&self, workspace: &Workspace) -> anyhow::Result<()> {
        let mut cargo = workspace.cargo();
        cargo.args([
            "test",
            "--workspace",
            "--no-fail-fast",
            "--features",
            programs::FEATURES,
        ]);
        cargo.args(&self.filter);
        command::run(&mut cargo)
    }

    fn screens(&self, workspace: &Workspace) -> anyhow::Result<()> {
        let mut vitest = ui(workspace);
        vitest.args(["run", "test", "--"]);
        if let Some(filter) = &self.filter {
            vitest.args(["--testNamePattern", filter, "--passWithNoTests"]);
        }
        command::run(&mut vitest)
    }

    fn end_to_end(&self, workspace: &Workspace) -> anyhow::Result<()> {
        let mut node = Command::new("xvfb-run");
        node.args([
            "--auto-servernum",
            "--server-args=-screen 0 1280x1024x24",
            "node",
            "--test",
        ]);
        // One file at a time: each starts a window and two browsers, and measures nothing but needs the processor.
        node.args(["--test-concurrency=1", "--test-reporter=spec"]);
        if let Some(filter) = &self.filter {
            node.arg(format!("--test-name-pattern={filter}"));
        }
        node.args(journeys(workspace)?);
        node.current_dir(workspace.path("tests/e2e"));
        node.env("KHYBER_XTASK", workspace.program(Profile::Debug, "xtask"));
        node.env("KHYBER_TAURI_DRIVER", driver(workspace)?);
        node.env("KHYBER_ARTEFACTS", workspace.target("e2e"));
        command::run(&mut node)
    }
}

fn ui(workspace: &Workspace) -> Command {
    screens::npm(&workspace.path("ui"))
}

/// Programs and tests in one call, so that nothing is compiled twice with different features.
fn build(workspace: &Workspace) -> anyhow::Result<()> {
    let mut cargo = workspace.cargo();
    cargo.args([
        "build",
        "--workspace",
        "--bins",
        "--tests",
        "--features",
        programs::FEATURES,
    ]);
    command::run(&mut cargo)
}

fn journeys(workspace: &Workspace) -> anyhow::Result<Vec<PathBuf>> {
    let folder = workspace.path("tests/e2e");
    let entries =
        std::fs::read_dir(&folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.to_string_lossy().ends_with(".test.mjs"));
    files.sort();
    Ok(files)
}

/// The `WebDriver` server for the app's window; installed into the target folder where it is not there.
///
/// # Errors
/// When cargo cannot install it.
pub fn driver(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let root = workspace.target("tools");
    let own = root.join("bin/tauri-driver");
    if own.is_file() {
        return Ok(own);
    }
    say("installing tauri-driver");
    let mut cargo = workspace.cargo();
    cargo
        .args([
            "install",
            "tauri-driver",
            "--version",
            TAURI_DRIVER,
            "--locked",
            "--root",
        ])
        .arg(&root);
    command::run(&mut cargo)?;
    Ok(own)
}

/// What was run, how long it took, and how it came out.
#[derive(Default)]
struct Parts(Vec<(&'static str, Duration, bool)>);

impl Parts {
    /// A part without which nothing else makes sense.
    fn need(&mut self, name: &'static str, part: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
        let watch = Watch::start();
        let result = part();
        self.0.push((name, watch.elapsed(), result.is_ok()));
        if result.is_err() {
            self.print();
        }
        result
    }

    /// A part after whose failure the others still tell something.
    fn run(&mut self, name: &'static str, part: impl FnOnce() -> anyhow::Result<()>) {
        say(name);
        let watch = Watch::start();
        let result = part();
        if let Err(error) = &result {
            say(&format!("{name}: {error:#}"));
        }
        self.0.push((name, watch.elapsed(), result.is_ok()));
    }

    fn print(&self) {
        eprintln!();
        for (name, took, good) in &self.0 {
            eprintln!(
                "  {name:<24} {:>14}  {}",
                time(*took),
                if *good { "good" } else { "FAILED" }
            );
        }
    }

    fn finish(&self, watch: Watch) -> anyhow::Result<()> {
        self.print();
        eprintln!("  {:<24} {:>14}", "all", time(watch.elapsed()));
        let failed: Vec<&str> = self
            .0
            .iter()
            .filter(|(.., good)| !good)
            .map(|(name, ..)| *name)
            .collect();
        if !failed.is_empty() {
            bail!("failed: {}", failed.join(", "));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failed_part_fails_the_whole_and_the_others_still_run() {
        let mut parts = Parts::default();
        let mut ran = false;
        parts.run("first", || bail!("no"));
        parts.run("second", || {
            ran = true;
            Ok(())
        });
        let error = parts.finish(Watch::start()).err().map(|error| error.to_string());
        assert!(ran);
        assert_eq!(error.as_deref(), Some("failed: first"));
    }
}
