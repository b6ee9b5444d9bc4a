//! `cargo xtask mobile check`: type-checks the whole app for phones on a machine that has neither Xcode nor an NDK.
//!
//! It proves that every line of Rust is sound for the target. It proves nothing about the C parts, which a stand-in
//! compiler builds, and nothing is linked. A machine that has the targets of rustup or an NDK uses those. Everything
//! that is fetched or built lies in `target/mobile`.

mod c_compiler;
mod rust;

use std::time::Instant;

use clap::{Args, Subcommand};

use crate::command;
use crate::report::say;
use crate::workspace::Workspace;

/// The phones: Rust's target and its name in words.
const PHONES: [Phone; 2] = [
    Phone {
        target: "aarch64-linux-android",
        name: "Android",
    },
    Phone {
        target: "aarch64-apple-ios",
        name: "iOS",
    },
];

/// One kind of phone.
#[derive(Clone, Copy, Debug)]
struct Phone {
    target: &'static str,
    name: &'static str,
}

impl Phone {
    /// The target as it is written in the names of environment variables.
    fn variable(self) -> String {
        self.target.replace('-', "_")
    }
}

/// What concerns phones.
#[derive(Args)]
pub struct Mobile {
    #[command(subcommand)]
    command: MobileCommand,
}

#[derive(Subcommand)]
enum MobileCommand {
    /// Type-check the app for Android and iOS
    Check,
}

impl Mobile {
    /// Runs the command.
    ///
    /// # Errors
    /// When something cannot be fetched, or the app does not type-check for a phone.
    pub fn run(&self, workspace: &Workspace) -> anyhow::Result<()> {
        match self.command {
            MobileCommand::Check => check(workspace),
        }
    }
}

fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let folder = workspace.target("mobile");
    std::fs::create_dir_all(&folder)?;
    for phone in PHONES {
        #[expect(clippy::disallowed_methods, reason = "an entry point reads the clock")]
        let started = Instant::now();
        let rust = rust::Rust::find_or_fetch(&folder, phone.target)?;
        let c = c_compiler::find_or_fetch(&folder, phone)?;
        say(&format!(
            "type-checking the app for {} with {} and {}",
            phone.name,
            rust.words(),
            c.words()
        ));
        let mut cargo = rust.cargo();
        cargo.current_dir(workspace.root());
        cargo.args([
            "check",
            "--locked",
            "--package",
            "khyber-pass",
            "--lib",
            "--target",
            phone.target,
        ]);
        cargo.args(rust.arguments());
        cargo.arg("--target-dir").arg(folder.join("target"));
        cargo.envs(c.variables());
        command::run(&mut cargo)?;
        say(&format!(
            "{}: the app type-checks ({} s)",
            phone.name,
            started.elapsed().as_secs()
        ));
    }
    Ok(())
}
