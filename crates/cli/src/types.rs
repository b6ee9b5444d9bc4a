//! `khyber types`: the register of kinds of passes and documents.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use credential::{Claims, Kind, PassType, RegisterContent, Shown, Timestamp, TypeRegister, Value as Said};
use province_api::person;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::claims::Cnic;
use crate::error::CliError;
use crate::numbered::{self, Against, Signing};
use crate::{Done, files, moment};

/// Type registers: which kinds of passes and documents there are, and what each holds.
#[derive(Subcommand)]
pub(crate) enum Types {
    Sign(Sign),
    Show(Show),
}

/// Sign the types (JSON) on stdin as a register, with a key that the trust list allows "type-register".
///
/// The JSON: {"types": [{"vct", "name": {"en", "ur", "ps"}, "icon", "lifetime_days", "stock", "status", "photo",
/// "assurance", "show", "claims": [{"key", "at", "kind", "label", "required", "form", "words"}]}]}, as in
/// assets/types/types.json.
#[derive(Args)]
pub(crate) struct Sign {
    #[command(flatten)]
    signing: Signing,
    /// When it is signed, RFC 3339.
    #[arg(long, value_name = "RFC3339", value_parser = moment::argument)]
    iat: Timestamp,
    /// When it ends, RFC 3339.
    #[arg(long, value_name = "RFC3339", value_parser = moment::argument)]
    exp: Timestamp,
}

/// Verify a register and print it.
#[derive(Args)]
pub(crate) struct Show {
    /// The register (raw bytes).
    #[arg(long, value_name = "FILE")]
    types: PathBuf,
    #[command(flatten)]
    against: Against,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    types: Vec<PassType>,
}

impl Types {
    pub(crate) fn run(self) -> Result<Done, CliError> {
        match self {
            Self::Sign(command) => command.run(),
            Self::Show(command) => command.run(),
        }
    }
}

impl Sign {
    fn run(self) -> Result<Done, CliError> {
        let key = self.signing.key()?;
        let content = RegisterContent {
            sequence: self.signing.sequence,
            iat: self.iat,
            exp: self.exp,
            types: files::stdin_json::<File>()?.types,
        };
        let bytes = TypeRegister::sign(&content, &key)?;
        self.signing.written(&bytes, "types", content.types.len())
    }
}

impl Show {
    fn run(&self) -> Result<Done, CliError> {
        let register = self.against.read(&self.types, TypeRegister::verify)?;
        let time = [register.issued_at(), register.expires()];
        numbered::shown(register.sequence(), time, "types", register.types())
    }
}

/// The types of a register that is not verified, for whoever holds the issuer's key anyway.
pub(crate) fn unverified(path: &Path) -> Result<RegisterContent, CliError> {
    Ok(RegisterContent::read_unverified(&files::file(path)?)?)
}

/// What a pass says in the register's order and words.
pub(crate) fn shown(kind: &PassType, claims: &Claims, cnic: Cnic) -> Value {
    kind.shown(claims)
        .map(|one| json!({"key": one.claim.key, "label": one.claim.label, "value": value(&one, cnic)}))
        .collect()
}

fn value(shown: &Shown<'_>, cnic: Cnic) -> Value {
    match (shown.value, shown.claim.kind) {
        (Said::Truth(truth), _) => truth.into(),
        (Said::Word(word), _) => json!({"key": word.key, "label": word.label}),
        (Said::Number(paisa), Kind::Money) => format!("{}.{:02}", paisa / 100, paisa % 100).into(),
        (Said::Number(number), _) => number.into(),
        (Said::Cnic(_), _) if cnic == Cnic::Masked => person::Cnic::mask(&shown.value.text()).into(),
        _ => shown.value.text().into(),
    }
}
