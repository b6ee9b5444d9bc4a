//! The Rust standard library for a phone: rustup's where it is, else made from its source.
//!
//! The source comes from rustup's component `rust-src`, or from Debian's package of the same version, which is unpacked
//! beside a copy of the toolchain. The compiler stays the one that is in use.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::command;
use crate::report::say;

/// The suite of Debian that carries recent compilers' sources.
const SUITE: &str = "trixie-backports";
const PACKAGE: &str = "rust-src";
/// Where the source of the standard library is, in a toolchain and in Debian's package.
const SOURCE: &str = "lib/rustlib/src";

/// A toolchain that can check for a phone.
#[derive(Debug)]
pub struct Rust {
    sysroot: PathBuf,
    library: Library,
}

/// Where the standard library comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Library {
    /// It is there, compiled.
    Compiled,
    /// It has to be compiled from its source.
    Source,
}

impl Rust {
    /// The toolchain in use, or a copy of it with the source of its standard library.
    ///
    /// # Errors
    /// When there is no source and none can be fetched.
    pub fn find_or_fetch(folder: &Path, target: &str) -> anyhow::Result<Self> {
        let sysroot =
            PathBuf::from(command::output(Command::new("rustc").args(["--print", "sysroot"]))?.trim());
        if sysroot.join("lib/rustlib").join(target).join("lib").is_dir() {
            return Ok(Self {
                sysroot,
                library: Library::Compiled,
            });
        }
        if has_source(&sysroot) {
            return Ok(Self {
                sysroot,
                library: Library::Source,
            });
        }
        let copy = folder.join("toolchain");
        if !has_source(&copy) {
            let source = fetch(folder)?;
            copy_toolchain(&sysroot, &copy)?;
            add_source(&source, &copy)?;
        }
        if !has_source(&copy) {
            bail!(
                "the source of the standard library did not arrive in {}",
                copy.display()
            );
        }
        Ok(Self {
            sysroot: copy,
            library: Library::Source,
        })
    }

    /// What is used, for the log.
    pub fn words(&self) -> &'static str {
        match self.library {
            Library::Compiled => "the target that rustup installed",
            Library::Source => "a standard library from its source",
        }
    }

    /// Cargo of this toolchain.
    pub fn cargo(&self) -> Command {
        let program = |name: &str| self.sysroot.join("bin").join(name);
        let mut cargo = Command::new(program("cargo"));
        cargo.env("RUSTC", program("rustc"));
        // `cargo run` sets it for whoever it starts, and the copied compiler would load the other's library and take the
        // other's sysroot for its own.
        cargo.env_remove("LD_LIBRARY_PATH");
        if self.library == Library::Source {
            // `-Zbuild-std` is not stable; what it builds here is only ever checked.
            cargo.env("RUSTC_BOOTSTRAP", "1");
        }
        cargo
    }

    /// Arguments that cargo needs beside the target.
    pub fn arguments(&self) -> &'static [&'static str] {
        match self.library {
            Library::Compiled => &[],
            Library::Source => &["-Zbuild-std=std,panic_abort"],
        }
    }
}

fn has_source(sysroot: &Path) -> bool {
    sysroot.join(SOURCE).join("rust/library/std/Cargo.toml").is_file()
}

/// Fetches Debian's package of the compiler's own version and unpacks it; returns the folder `usr` of it.
fn fetch(folder: &Path) -> anyhow::Result<PathBuf> {
    let unpacked = folder.join("rust-src");
    if unpacked.join("usr").is_dir() {
        return Ok(unpacked.join("usr"));
    }
    if !command::is_there("apt-get") || !command::is_there("dpkg") {
        bail!(
            "install the targets with `rustup target add aarch64-linux-android aarch64-apple-ios`, or `rustup component add rust-src`"
        );
    }
    let rust = rust_version()?;
    say(&format!(
        "fetching the source of Rust {rust}'s standard library from Debian's {SUITE}"
    ));
    let apt = Apt::prepare(&folder.join("apt"))?;
    command::run(apt.get().args(["--quiet", "update"]))?;
    let versions = command::output(apt.cache().args(["madison", PACKAGE]))?;
    let version = versions
        .lines()
        .filter_map(|line| line.split('|').nth(1))
        .map(str::trim)
        .find(|version| version.starts_with(&format!("{rust}+")))
        .with_context(|| format!("Debian's {SUITE} has no {PACKAGE} {rust}:\n{versions}"))?;
    command::run(
        apt.get()
            .args(["--quiet", "download", &format!("{PACKAGE}={version}")]),
    )?;
    let package = fs::read_dir(&apt.folder)?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .context("apt-get downloaded nothing")?;
    let arriving = folder.join("rust-src.part");
    fs::create_dir_all(&arriving)?;
    command::run(Command::new("dpkg").arg("-x").arg(package).arg(&arriving))?;
    fs::rename(arriving, &unpacked)?;
    Ok(unpacked.join("usr"))
}

/// `1.95.0` of `rustc 1.95.0 (… 2026-04-14)`.
fn rust_version() -> anyhow::Result<String> {
    let words = command::output(Command::new("rustc").arg("--version"))?;
    words
        .split_whitespace()
        .nth(1)
        .map(str::to_owned)
        .context("rustc does not say its version")
}

/// apt with its own list of sources and its own folders, so that the system's are not touched.
struct Apt {
    folder: PathBuf,
}

impl Apt {
    fn prepare(folder: &Path) -> anyhow::Result<Self> {
        for part in ["lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(folder.join(part))?;
        }
        let list = format!(
            "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {} {SUITE} main\n",
            mirror()?
        );
        fs::write(folder.join("sources.list"), list)?;
        fs::write(folder.join("status"), "")?;
        Ok(Self {
            folder: folder.to_path_buf(),
        })
    }

    fn get(&self) -> Command {
        self.program("apt-get")
    }

    fn cache(&self) -> Command {
        self.program("apt-cache")
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command.current_dir(&self.folder);
        let at = |part: &str| self.folder.join(part).display().to_string();
        for (option, value) in [
            ("Dir::Etc::sourcelist", at("sources.list")),
            ("Dir::Etc::sourceparts", "/dev/null".into()),
            ("Dir::Etc::preferencesparts", "/dev/null".into()),
            ("Dir::State::lists", at("lists")),
            ("Dir::State::status", at("status")),
            ("Dir::Cache", at("cache")),
            // The folder belongs to whoever runs this.
            ("APT::Sandbox::User", "root".into()),
        ] {
            command.arg("-o").arg(format!("{option}={value}"));
        }
        command
    }
}

/// The system's own source of Debian packages.
fn mirror() -> anyhow::Result<String> {
    let known = command::output(Command::new("apt-get").args([
        "indextargets",
        "--format",
        "$(REPO_URI)",
        "Created-By: Packages",
        "Origin: Debian",
        "Label: Debian",
    ]))?;
    known
        .lines()
        .next()
        .map(str::to_owned)
        .context("apt knows no source of Debian packages: run `apt-get update` first")
}

/// The same files under another folder; only their names take room.
fn copy_toolchain(sysroot: &Path, copy: &Path) -> anyhow::Result<()> {
    if copy.is_dir() {
        return Ok(());
    }
    let arriving = copy.with_extension("part");
    if arriving.exists() {
        fs::remove_dir_all(&arriving)?;
    }
    let linked = Command::new("cp")
        .arg("-al")
        .arg(sysroot)
        .arg(&arriving)
        .status()?;
    if !linked.success() {
        // Another file system: copy for real.
        fs::remove_dir_all(&arriving).ok();
        command::run(Command::new("cp").arg("-a").arg(sysroot).arg(&arriving))?;
    }
    fs::rename(arriving, copy)?;
    Ok(())
}

fn add_source(package: &Path, copy: &Path) -> anyhow::Result<()> {
    // In the package `rust` is a relative link, which only holds where it is.
    let real = fs::canonicalize(package.join(SOURCE).join("rust"))
        .context("Debian's package has no source in it")?;
    let folder = copy.join(SOURCE);
    fs::create_dir_all(&folder)?;
    let link = folder.join("rust");
    fs::remove_file(&link).ok();
    std::os::unix::fs::symlink(real, link)?;
    Ok(())
}
