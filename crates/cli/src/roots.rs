//! The roots that sign trust lists, and trust lists that they signed.

use std::path::{Path, PathBuf};

use clap::Args;
use credential::{RootKind, RootSet, TrustList};
use serde::Deserialize;

use crate::error::CliError;
use crate::{files, hex};

/// The test roots, whose secret halves are public. There are no real roots yet.
const TEST_ROOTS: &str = include_str!("../../../assets/trust/test-roots.json");

/// A trust list and the roots it must be signed by.
#[derive(Args)]
pub(crate) struct Trusted {
    /// Trust list, as the province publishes it (raw bytes). It must verify, or nothing is decided with it.
    #[arg(long = "trust", value_name = "FILE")]
    list: Option<PathBuf>,
    #[command(flatten)]
    roots: Roots,
}

/// Which roots to believe.
#[derive(Args)]
pub(crate) struct Roots {
    /// Roots to believe instead of the test roots: JSON {"kind": "test"|"real", "roots": [three hex public keys]}.
    #[arg(long, value_name = "FILE")]
    roots: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RootsJson {
    kind: Kind,
    roots: [String; 3],
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Test,
    Real,
}

impl Roots {
    pub(crate) fn read(&self) -> Result<RootSet, CliError> {
        match &self.roots {
            Some(path) => Self::from_file(path),
            None => Self::from_json(&serde_json::from_str(TEST_ROOTS)?),
        }
    }

    /// The three roots in a file.
    pub(crate) fn from_file(path: &Path) -> Result<RootSet, CliError> {
        Self::from_json(&serde_json::from_slice(&files::file(path)?)?)
    }

    fn from_json(json: &RootsJson) -> Result<RootSet, CliError> {
        let kind = match json.kind {
            Kind::Test => RootKind::Test,
            Kind::Real => RootKind::Real,
        };
        let [a, b, c] = &json.roots;
        let key = |digits: &str| hex::public_key("roots", digits);
        Ok(RootSet::new(kind, [key(a)?, key(b)?, key(c)?])?)
    }

    pub(crate) fn verify(&self, path: &Path, previous: Option<&TrustList>) -> Result<TrustList, CliError> {
        Ok(TrustList::verify(&files::file(path)?, &self.read()?, previous)?)
    }
}

impl Trusted {
    /// The verified trust list, or none if none was named.
    pub(crate) fn read(&self) -> Result<Option<TrustList>, CliError> {
        match &self.list {
            Some(path) => self.roots.verify(path, None).map(Some),
            None => Ok(None),
        }
    }
}

/// `test` or `real`.
pub(crate) const fn kind_text(kind: RootKind) -> &'static str {
    match kind {
        RootKind::Test => "test",
        RootKind::Real => "real",
    }
}
