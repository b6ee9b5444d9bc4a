//! System packages: which ones are needed, and installing them on Debian.

use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use crate::command;
use crate::report::say;

/// To compile the app's window and everything else.
const BUILD: &[&str] = &[
    "build-essential",
    "libayatana-appindicator3-dev",
    "librsvg2-dev",
    "libssl-dev",
    "libwebkit2gtk-4.1-dev",
    "libxdo-dev",
    "pkg-config",
];

/// To drive real windows and browsers, to keep keys in a real keyring and in a token and records in a real PostgreSQL, to
/// check the counter's unit, and to hold the province against its contract.
const TEST: &[&str] = &[
    "chromium",
    "dbus-daemon",
    "faketime",
    "ffmpeg",
    "gnome-keyring",
    "python3-venv",
    "postgresql",
    "softhsm2",
    "systemd",
    "webkit2gtk-driver",
    "xauth",
    "xvfb",
];

/// What to do about missing packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packages {
    /// Install them.
    Install,
    /// Believe that they are there.
    Trust,
}

/// What somebody is about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Compile and start the programs.
    Build,
    /// Also test them.
    Test,
}

/// Makes sure that the system packages for a purpose are there.
///
/// # Errors
/// Where there is no apt: with the list of what to install. Else when apt fails.
pub fn ensure(packages: Packages, purpose: Purpose) -> anyhow::Result<()> {
    if packages == Packages::Trust {
        return Ok(());
    }
    let wanted: Vec<&str> = match purpose {
        Purpose::Build => BUILD.to_vec(),
        Purpose::Test => BUILD.iter().chain(TEST).copied().collect(),
    };
    if !command::is_there("apt-get") || !command::is_there("dpkg-query") {
        bail!(
            "this system has no apt. Install what corresponds to these Debian packages, then run again with \
             --skip-packages:\n  {}",
            wanted.join(" ")
        );
    }
    let missing: Vec<&str> = wanted
        .into_iter()
        .filter(|package| !is_installed(package))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    say(&format!("installing with apt-get: {}", missing.join(" ")));
    apt_get(&["update", "--quiet"])?;
    let mut install = vec!["install", "--quiet", "--yes", "--no-install-recommends"];
    install.extend(&missing);
    apt_get(&install).with_context(|| format!("install these yourself: {}", missing.join(" ")))
}

fn is_installed(package: &str) -> bool {
    Command::new("dpkg-query")
        .args(["--show", "--showformat=${db:Status-Status}", package])
        .stderr(Stdio::null())
        .output()
        .is_ok_and(|output| output.stdout == b"installed")
}

fn apt_get(arguments: &[&str]) -> anyhow::Result<()> {
    let mut apt = if is_root() {
        Command::new("apt-get")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.arg("apt-get");
        sudo
    };
    command::run(apt.args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
}

/// `/proc/self` belongs to the user who runs this.
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|self_| self_.uid() == 0)
}
