//! Developer commands: `cargo xtask demo | test | check | catalogue | bench | soak | mobile | package`.
//!
//! Small on purpose, because it is compiled before anything else can happen: no async runtime, no TLS, none of our own
//! crates. What it needs from them it asks their programs for.

mod api;
mod bench;
mod catalogue;
mod check;
mod command;
mod contract;
mod demo;
mod headless;
mod mobile;
mod package;
mod packages;
mod peer;
mod picture;
mod process;
mod programs;
mod python;
mod report;
mod screens;
mod soak;
mod stage;
mod stage_shell;
mod test;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

/// Commands for people who work on Khyber Pass.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, about)]
struct Arguments {
    /// Do not look for system packages or install them.
    #[arg(long, global = true)]
    skip_packages: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start everything on this machine: a simulated NADRA, the province, a counter and the wallet
    Demo(demo::Demo),
    /// Run every test there is, after installing what they need
    Test(test::Test),
    /// Look at the source only: formatting, lints, dependencies, what a release build must not contain
    Check,
    /// Look at the files of the catalogue of services
    #[command(subcommand)]
    Catalogue(catalogue::Catalogue),
    /// Measure in release, print a table and write target/bench/AREA.json
    Bench(bench::Bench),
    /// Run the fuzz, kill and simulation tests of one area for a long time
    Soak(soak::Soak),
    /// Look at the app as phones will build it
    Mobile(mobile::Mobile),
    /// Build an archive with all that a desk's computer needs, in target/package
    Package(package::Package),
    /// Start the programs and take orders as lines of JSON; for the end-to-end tests
    #[command(hide = true)]
    Stage(stage_shell::StageShell),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let workspace = Workspace::find()?;
    let packages = if arguments.skip_packages {
        packages::Packages::Trust
    } else {
        packages::Packages::Install
    };
    match &arguments.command {
        Command::Demo(demo) => demo.run(&workspace, packages),
        Command::Test(test) => test.run(&workspace, packages),
        Command::Catalogue(catalogue) => catalogue.run(&workspace),
        Command::Check => check::run(&workspace, packages),
        Command::Bench(bench) => bench.run(&workspace, packages),
        Command::Soak(soak) => soak.run(&workspace, packages),
        Command::Mobile(mobile) => mobile.run(&workspace),
        Command::Package(package) => package.run(&workspace, packages),
        Command::Stage(shell) => shell.run(&workspace),
    }
}
