//! `cargo xtask catalogue check`: what is wrong with the files of the catalogue, for whoever changes one.

use std::process::Command;

use clap::Subcommand;

use crate::workspace::{Profile, Workspace};
use crate::{command, programs};

/// What is done with the catalogue's files.
#[derive(Subcommand)]
pub enum Catalogue {
    /// Say each fault, and how much there is of everything
    Check,
}

impl Catalogue {
    /// Does it.
    ///
    /// # Errors
    /// When the catalogue has a fault.
    pub fn run(&self, workspace: &Workspace) -> anyhow::Result<()> {
        match self {
            Self::Check => {
                programs::build(workspace, Profile::Debug)?;
                let mut check = Command::new(workspace.program(Profile::Debug, "province-server"));
                check
                    .arg("catalogue-check")
                    .arg(workspace.path("assets/catalogue"));
                command::run(&mut check)
            }
        }
    }
}
