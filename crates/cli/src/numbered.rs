//! What signing and showing type registers and risk rules share: data with a number, signed by a key of the trust list.

use std::path::{Path, PathBuf};

use clap::Args;
use credential::{SecretKey, Timestamp, TrustList};
use serde::Serialize;
use serde_json::json;

use crate::error::CliError;
use crate::roots::Roots;
use crate::{Done, files, moment, put};

/// What it is signed with, and as which number.
#[derive(Args)]
pub(crate) struct Signing {
    /// The key file of a key that the trust list allows it.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Its number, one more than that of the one before.
    #[arg(long)]
    pub(crate) sequence: u64,
    /// Where it goes (raw bytes).
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Signing {
    pub(crate) fn key(&self) -> Result<SecretKey, CliError> {
        files::key(&self.key)
    }

    /// Writes what was signed, and says how many of `things` are in it.
    pub(crate) fn written(&self, bytes: &[u8], things: &str, count: usize) -> Result<Done, CliError> {
        files::write(&self.out, bytes)?;
        let mut said = json!({ "sequence": self.sequence, "size_bytes": bytes.len() });
        put(&mut said, things, count.into());
        Ok(Done::json(said))
    }
}

/// What it is verified against.
#[derive(Args)]
pub(crate) struct Against {
    /// The one before, to check that this one may follow it.
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,
    /// The trust list (raw bytes) that says who may sign it.
    #[arg(long, value_name = "FILE")]
    trust: PathBuf,
    #[command(flatten)]
    roots: Roots,
}

impl Against {
    /// Verifies a file with the reader of its kind.
    pub(crate) fn read<T, E>(
        &self,
        path: &Path,
        verify: impl Fn(&[u8], &TrustList, Option<&T>) -> Result<T, E>,
    ) -> Result<T, CliError>
    where
        CliError: From<E>,
    {
        let trust = self.roots.verify(&self.trust, None)?;
        let previous = match &self.previous {
            Some(path) => Some(verify(&files::file(path)?, &trust, None)?),
            None => None,
        };
        Ok(verify(&files::file(path)?, &trust, previous.as_ref())?)
    }
}

/// Prints what was verified: its number, its time, and `things`.
pub(crate) fn shown(
    sequence: u64,
    [iat, exp]: [Timestamp; 2],
    things: &str,
    said: impl Serialize,
) -> Result<Done, CliError> {
    let mut shown = json!({
        "verified": true,
        "sequence": sequence,
        "iat": moment::text(iat),
        "exp": moment::text(exp),
    });
    put(&mut shown, things, serde_json::to_value(said)?);
    Ok(Done::json(shown))
}
