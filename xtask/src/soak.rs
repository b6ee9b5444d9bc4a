//! `cargo xtask soak AREA`: the tests of which `cargo xtask test` runs a short slice, for as long as wanted.

use clap::{Args, ValueEnum};

use crate::packages::{self, Packages, Purpose};
use crate::report::say;
use crate::workspace::{Profile, Workspace};
use crate::{command, programs, screens};

/// How long each of an area's tests with random input goes on; `tests/soak.rs` and `tests/fuzz.rs` read it.
/// The other tests of the same packages run as they always do.
const SECONDS: &str = "KHYBER_SOAK_SECONDS";

/// How often the wallet's program is killed at least; `crates/preview/tests/killed` reads it.
const KILLS: (&str, &str) = ("KHYBER_KILLS", "5000");

/// Run the tests of one area that draw random input, bytes or moments to die, for a long time.
#[derive(Args)]
pub struct Soak {
    #[arg(value_enum)]
    area: Area,
    /// Seconds for each test with random input
    #[arg(long, default_value_t = 3600)]
    seconds: u32,
}

/// What is tested for long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Area {
    /// Hostile bytes at the readers of signed data, of what is to be signed and of exported logs, and hostile pictures of
    /// codes
    Credential,
    /// Hostile bodies under a good signature at the province
    Api,
    /// Two servers on one `PostgreSQL` under load, while they are killed, the database goes and the next version migrates
    Province,
    /// Hostile answers at the wallet, and its death at any step; hostile networks; its program and the province's killed
    /// at any moment, 5,000 times at least
    Wallet,
    /// Hostile texts, frames and pictures at the counter, and its program killed at any moment
    Counter,
}

impl Soak {
    /// Builds in release and runs the area's tests.
    ///
    /// # Errors
    /// When one of them fails.
    pub fn run(&self, workspace: &Workspace, packages: Packages) -> anyhow::Result<()> {
        packages::ensure(packages, Purpose::Build)?;
        if matches!(self.area, Area::Counter | Area::Wallet) {
            screens::build(workspace)?;
        }
        if self.area == Area::Wallet {
            // The province that is killed beside the wallet.
            programs::build(workspace, Profile::Release)?;
        }
        say(&format!(
            "each test with random input goes on for {} seconds",
            self.seconds
        ));
        let mut cargo = workspace.cargo();
        cargo.args(["test", "--release"]);
        for package in self.area.packages() {
            cargo.args(["--package", package]);
        }
        cargo.args(self.area.tests());
        cargo.env(KILLS.0, KILLS.1);
        // An optimised build keeps no keys in files unless a measurement with test citizens asks for it.
        cargo.env("KHYBER_BENCH", "1");
        command::run(cargo.env(SECONDS, self.seconds.to_string()))
    }
}

impl Area {
    fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Credential => &["credential", "province-api", "scan-log", "qr"],
            Self::Api | Self::Province => &["province-server"],
            Self::Wallet => &["wallet", "preview", "journeys"],
            Self::Counter => &["counter"],
        }
    }

    /// Which of their tests, where two areas share a package.
    fn tests(self) -> &'static [&'static str] {
        match self {
            Self::Api => &["--", "--skip", "chaos::"],
            Self::Province => &["--test", "api", "--", "chaos::"],
            Self::Credential | Self::Wallet | Self::Counter => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn contributing_names_every_test_with_random_bytes_and_no_other() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let read = |path: &Path| std::fs::read_to_string(path).unwrap();
        let mut targets = BTreeSet::new();
        for package in std::fs::read_dir(root.join("crates")).unwrap() {
            let file = package.unwrap().path().join("tests/fuzz.rs");
            if !file.exists() {
                continue;
            }
            let names = read(&file);
            let names = names
                .lines()
                .filter_map(|line| line.trim().strip_suffix("(input) {"));
            targets.extend(names.filter(|name| name.starts_with("any_")).map(str::to_owned));
        }
        let table = read(&root.join("CONTRIBUTING.md"));
        let rows = table
            .lines()
            .filter(|line| line.starts_with("| `any_") && !line.contains("crates/"));
        let named: BTreeSet<String> = rows
            .flat_map(|row| row.split('`').skip(1).step_by(2))
            .map(str::to_owned)
            .collect();
        assert!(targets.len() > 30);
        assert_eq!(named, targets);
    }
}
