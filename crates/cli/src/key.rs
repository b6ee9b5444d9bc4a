//! `khyber key`: Ed25519 keys in files.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use credential::SecretKey;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::error::CliError;
use crate::{Done, Machine, files, hex};

/// Key files: a 32-byte Ed25519 seed as 64 hex digits, not encrypted. For tests and trials.
#[derive(Subcommand)]
pub(crate) enum Key {
    New(New),
    Show(Show),
}

/// Make a key. Prints {"public_key", "key_id"}; the seed goes to the file only, which only its owner can read.
#[derive(Args)]
pub(crate) struct New {
    /// A file that is not there yet.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Print {"public_key", "key_id"} of a key file.
#[derive(Args)]
pub(crate) struct Show {
    /// The key file.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

impl Key {
    pub(crate) fn run(self, machine: &Machine) -> Result<Done, CliError> {
        match self {
            Self::New(command) => command.run(machine),
            Self::Show(command) => Ok(Done::json(shown(&files::key(&command.key)?))),
        }
    }
}

impl New {
    fn run(&self, machine: &Machine) -> Result<Done, CliError> {
        let mut seed = Zeroizing::new([0; 32]);
        (machine.random)(seed.as_mut())?;
        let mut digits = Zeroizing::new(hex::text(seed.as_ref()));
        digits.push('\n');
        files::write_secret(&self.out, digits.as_bytes())?;
        Ok(Done::json(shown(&SecretKey::from_seed(*seed))))
    }
}

fn shown(key: &SecretKey) -> Value {
    let public = key.public();
    json!({"public_key": hex::text(public.as_bytes()), "key_id": hex::text(public.key_id().as_bytes())})
}
