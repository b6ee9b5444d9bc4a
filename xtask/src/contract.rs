//! The province as it runs, held against its own OpenAPI document by schemathesis. What is asked and looked at is in
//! tests/contract.

use std::process::Command;

use crate::workspace::{Profile, Workspace};
use crate::{command, python};

/// Walks through all operations of a real server and tries thousands of other requests.
///
/// # Errors
/// When the packages cannot be had, or an answer is not as the document says.
pub fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let folder = workspace.path("tests/contract");
    let python = python::with_file(
        &workspace.target("tools/contract"),
        &folder.join("requirements.txt"),
    )?;
    let mut walk = Command::new(python);
    walk.env("PYTHONDONTWRITEBYTECODE", "1");
    walk.arg(folder.join("run.py"));
    for program in ["province-server", "sandbox"] {
        walk.arg(workspace.program(Profile::Debug, program));
    }
    command::run(&mut walk)
}
