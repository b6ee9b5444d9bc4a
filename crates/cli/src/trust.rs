//! `khyber trust`: the list of keys that may sign, signed by the roots.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use credential::{ROOTS_NEEDED, TrustContent, TrustList, TrustedKey, sign_trust_list};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::ceremony::Ceremony;
use crate::error::CliError;
use crate::roots::{Roots, kind_text};
use crate::{Done, Machine, claims, files, hex, moment};

/// Trust lists.
#[derive(Subcommand)]
pub(crate) enum Trust {
    Sign(Sign),
    Show(Show),
    #[command(subcommand)]
    Ceremony(Ceremony),
}

/// Sign the trust list (JSON) on stdin with two or three root keys.
///
/// The JSON: {"sequence", "previous": hex SHA-256 of what the list before says, "iat", "exp": RFC 3339, "keys": [{"key":
/// hex public key, "allowed": [vct], "nbf", "exp", "iss", "revoked_at", "retired_at"}], "next_roots": three hex public
/// keys}. "previous" is the "sha256" that `khyber trust show` prints of the list before: that of its payload, without the
/// signatures. Beside passes and documents, "allowed" knows "counter-certificate", "status-manifest", "type-register",
/// "risk-rules", "paper-card" and "catalogue". With "next_roots" two of the old roots and two of the next ones sign, four key files at
/// most.
#[derive(Args)]
pub(crate) struct Sign {
    /// A root's key file; two are needed, and two of the next roots where there are some.
    #[arg(long = "root", value_name = "FILE", required = true)]
    roots: Vec<PathBuf>,
    /// Where the trust list goes (raw bytes).
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Verify a trust list against the roots and print it.
#[derive(Args)]
pub(crate) struct Show {
    /// The trust list (raw bytes).
    #[arg(long, value_name = "FILE")]
    trust: PathBuf,
    /// The list before, to check that this one may follow it.
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,
    #[command(flatten)]
    roots: Roots,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrustJson {
    sequence: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<String>,
    iat: String,
    exp: String,
    keys: Vec<KeyJson>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next_roots: Option<[String; 3]>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyJson {
    key: String,
    allowed: Vec<String>,
    nbf: String,
    exp: String,
    iss: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revoked_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retired_at: Option<String>,
}

impl Trust {
    pub(crate) fn run(self, machine: &Machine) -> Result<Done, CliError> {
        match self {
            Self::Ceremony(command) => command.run(machine),
            Self::Sign(command) => command.run(),
            Self::Show(command) => command.run(),
        }
    }
}

impl Sign {
    fn run(&self) -> Result<Done, CliError> {
        if self.roots.len() < ROOTS_NEEDED || self.roots.len() > 4 {
            return Err(CliError::Usage(String::from(
                "--root is needed two to four times",
            )));
        }
        let keys: Result<Vec<_>, _> = self.roots.iter().map(|path| files::key(path)).collect();
        let keys = keys?;
        let roots: Vec<_> = keys.iter().enumerate().collect();
        let content = files::stdin_json::<TrustJson>()?.read()?;
        let list = sign_trust_list(&content, &roots);
        files::write(&self.out, &list)?;
        Ok(Done::json(json!({
            "sequence": content.sequence,
            "size_bytes": list.len(),
            "signed_by": keys.iter().map(|key| hex::text(key.public().as_bytes())).collect::<Vec<_>>(),
        })))
    }
}

impl Show {
    fn run(&self) -> Result<Done, CliError> {
        let previous = match &self.previous {
            Some(path) => Some(self.roots.verify(path, None)?),
            None => None,
        };
        let list = self.roots.verify(&self.trust, previous.as_ref())?;
        Ok(Done::json(shown(&list)?))
    }
}

fn shown(list: &TrustList) -> Result<Value, CliError> {
    Ok(json!({
        "verified": true,
        "root_kind": kind_text(list.root_kind()),
        "sha256": hex::text(&list.sha256()),
        "trust": content_json(list.content())?,
    }))
}

/// The JSON of what a list says.
pub(crate) fn content_json(content: &TrustContent) -> Result<Value, CliError> {
    Ok(serde_json::to_value(TrustJson::print(content))?)
}

impl TrustJson {
    fn print(content: &TrustContent) -> Self {
        Self {
            sequence: content.sequence,
            previous: content.previous.as_ref().map(|hash| hex::text(hash)),
            iat: moment::text(content.iat),
            exp: moment::text(content.exp),
            keys: content.keys.iter().map(KeyJson::print).collect(),
            next_roots: content
                .next_roots
                .map(|keys| keys.map(|key| hex::text(key.as_bytes()))),
        }
    }

    pub(crate) fn read(self) -> Result<TrustContent, CliError> {
        let hash = |digits: String| hex::fixed("previous", digits.as_bytes());
        let keys: Result<Vec<_>, _> = self.keys.into_iter().map(KeyJson::read).collect();
        let root = |digits: &str| hex::public_key("next_roots", digits);
        let next_roots = match &self.next_roots {
            Some([a, b, c]) => Some([root(a)?, root(b)?, root(c)?]),
            None => None,
        };
        Ok(TrustContent {
            sequence: self.sequence,
            previous: self.previous.map(hash).transpose()?,
            iat: moment::parse("iat", &self.iat)?,
            exp: moment::parse("exp", &self.exp)?,
            keys: keys?,
            next_roots,
        })
    }
}

impl KeyJson {
    fn print(key: &TrustedKey) -> Self {
        Self {
            key: hex::text(key.key.as_bytes()),
            allowed: key.allowed.iter().map(|vct| vct.as_str().to_owned()).collect(),
            nbf: moment::text(key.nbf),
            exp: moment::text(key.exp),
            iss: key.iss.clone(),
            revoked_at: key.revoked_at.map(moment::text),
            retired_at: key.retired_at.map(moment::text),
        }
    }

    fn read(self) -> Result<TrustedKey, CliError> {
        let allowed: Result<Vec<_>, _> = self
            .allowed
            .iter()
            .map(|text| claims::vct("allowed", text))
            .collect();
        Ok(TrustedKey {
            key: hex::public_key("key", &self.key)?,
            allowed: allowed?,
            nbf: moment::parse("nbf", &self.nbf)?,
            exp: moment::parse("exp", &self.exp)?,
            iss: self.iss,
            revoked_at: self
                .revoked_at
                .map(|at| moment::parse("revoked_at", &at))
                .transpose()?,
            retired_at: self
                .retired_at
                .map(|at| moment::parse("retired_at", &at))
                .transpose()?,
        })
    }
}
