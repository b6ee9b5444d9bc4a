//! Three public halves in one file: what programs pin, and what replaces them.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use credential::{RootKind, RootSet};
use serde_json::json;

use super::root_file;
use super::table::{self, Transcript};
use crate::error::CliError;
use crate::roots::kind_text;
use crate::{Done, Machine, files, hex};

/// Put the public halves of three roots into one file. Everybody compares its digits with those of their own root.
#[derive(Args)]
pub(crate) struct Gather {
    /// Whether these are roots of a test or real ones.
    #[arg(long)]
    kind: Kind,
    /// A root's public half; three times.
    #[arg(long = "root", value_name = "FILE", required = true)]
    roots: Vec<PathBuf>,
    /// Where the roots go (JSON).
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    transcript: Transcript,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// Whatever they sign carries the mark of a test.
    Test,
    /// Real.
    Real,
}

impl Gather {
    pub(crate) fn run(self, machine: &Machine) -> Result<Done, CliError> {
        let [a, b, c] = self.roots.as_slice() else {
            return Err(CliError::Usage(String::from("--root is needed three times")));
        };
        let (a, b, c) = (
            root_file::public(a)?,
            root_file::public(b)?,
            root_file::public(c)?,
        );
        let kind = match self.kind {
            Kind::Test => RootKind::Test,
            Kind::Real => RootKind::Real,
        };
        let roots = RootSet::new(kind, [a.0, b.0, c.0]).map_err(|_| CliError::SameRoot)?;
        let keys = roots.keys().map(|key| hex::text(key.as_bytes()));
        let text = serde_json::to_vec(&json!({ "kind": kind_text(kind), "roots": keys }))?;
        let out = table::path(
            self.out,
            "out",
            "File for the three roots, for example roots.json",
        )?;
        files::write(&out, &text)?;
        let more = json!({ "fingerprint": roots.fingerprint(), "roots": keys });
        self.transcript.add(machine, "gather", &[(&out, &text)], &more)?;
        Ok(Done::json(more))
    }
}
