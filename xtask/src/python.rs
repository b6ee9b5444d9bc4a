//! Python packages of others, each set in an environment of its own under target/.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::command;

/// [`with`] what this file asks for.
///
/// # Errors
/// As [`with`], and when the file cannot be read.
pub fn with_file(folder: &Path, requirements: &Path) -> anyhow::Result<PathBuf> {
    let text = fs::read_to_string(requirements)
        .with_context(|| format!("{} cannot be read", requirements.display()))?;
    with(folder, &text).with_context(|| format!("the packages of {} are missing", requirements.display()))
}

/// The Python that has these packages and no others; installed into the folder where they are not there yet. The text is what
/// pip reads as requirements: each package with its version.
///
/// # Errors
/// Where there is no python3 with venv, or pip cannot fetch what is missing.
pub fn with(folder: &Path, requirements: &str) -> anyhow::Result<PathBuf> {
    let python = folder.join("bin").join("python");
    let installed = folder.join("requirements.txt");
    if python.is_file() && fs::read_to_string(&installed).is_ok_and(|there| there == requirements) {
        return Ok(python);
    }
    let mut environment = Command::new("python3");
    environment.args(["-m", "venv", "--clear"]).arg(folder);
    command::output(&mut environment).context("python3 with venv is not there")?;
    let wanted = folder.join("wanted.txt");
    fs::write(&wanted, requirements).with_context(|| format!("{} cannot be written", wanted.display()))?;
    let mut install = Command::new(&python);
    install.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--requirement",
    ]);
    command::output(install.arg(&wanted)).context("pip could not fetch them, which needs a network once")?;
    fs::rename(&wanted, &installed).with_context(|| format!("{} cannot be written", installed.display()))?;
    Ok(python)
}
