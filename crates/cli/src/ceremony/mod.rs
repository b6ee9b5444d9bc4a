//! `khyber trust ceremony`: roots that never leave their machines, and lists that two of three sign on separate ones.
//!
//! Every step is a command. On a terminal it asks for what was not given; without one, what is missing is an error and a
//! passphrase is one line of stdin. docs/ceremony.md is the script that is read aloud beside it.

mod digits;
mod part;
mod root_file;
mod roots_file;
mod steps;
mod table;

use clap::Subcommand;

use crate::error::CliError;
use crate::{Done, Machine};

/// Make roots, sign a list with two of three on separate machines, change the roots.
///
/// On a terminal each step asks for what was not given. Without one, a passphrase is one line of stdin. Every step adds
/// a line to the transcript: what was done and the hashes of the files, never a secret.
#[derive(Subcommand)]
pub(crate) enum Ceremony {
    Guide(steps::Guide),
    MakeRoot(root_file::MakeRoot),
    Gather(roots_file::Gather),
    Draft(steps::Draft),
    Change(steps::Change),
    Read(steps::Read),
    Sign(part::Sign),
    Combine(part::Combine),
}

impl Ceremony {
    pub(crate) fn run(self, machine: &Machine) -> Result<Done, CliError> {
        match self {
            Self::Guide(_) => Ok(steps::Guide::run()),
            Self::MakeRoot(step) => step.run(machine),
            Self::Gather(step) => step.run(machine),
            Self::Draft(step) => step.run(machine),
            Self::Change(step) => step.run(machine),
            Self::Read(step) => step.run(machine),
            Self::Sign(step) => step.run(machine),
            Self::Combine(step) => step.run(machine),
        }
    }
}
