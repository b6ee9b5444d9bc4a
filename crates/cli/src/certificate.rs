//! `khyber certificate`: who a desk is and what it may ask for.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use credential::{CounterCertificateClaims, ISSUER, Names, issue_counter_certificate};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::error::CliError;
use crate::{Done, claims, files, hex, moment};

/// Counter certificates.
#[derive(Subcommand)]
pub(crate) enum Certificate {
    Sign(Sign),
    Show(Show),
}

/// Sign the certificate (JSON) on stdin with a key that the trust list allows "counter-certificate".
///
/// The JSON: {"iss", "name": {"en", "ur", "ps"}, "purpose": {...}, "audience", "allowed": [vct], "holder": hex public
/// key of the desk, "iat", "exp": RFC 3339}.
#[derive(Args)]
pub(crate) struct Sign {
    /// The certifying key file.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Where the certificate goes (raw bytes).
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Print a certificate, without asking who signed it.
#[derive(Args)]
pub(crate) struct Show {
    /// The certificate (raw bytes).
    #[arg(long, value_name = "FILE")]
    certificate: PathBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CertificateJson {
    #[serde(default = "issuer")]
    iss: String,
    name: NamesJson,
    purpose: NamesJson,
    audience: String,
    allowed: Vec<String>,
    holder: String,
    iat: String,
    exp: String,
}

/// English is needed; an empty Urdu or Pashto text means "as in English".
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NamesJson {
    en: String,
    #[serde(default)]
    ur: String,
    #[serde(default)]
    ps: String,
}

fn issuer() -> String {
    ISSUER.to_owned()
}

impl Certificate {
    pub(crate) fn run(self) -> Result<Done, CliError> {
        match self {
            Self::Sign(command) => command.run(),
            Self::Show(command) => command.run(),
        }
    }
}

impl Sign {
    fn run(&self) -> Result<Done, CliError> {
        let key = files::key(&self.key)?;
        let certificate = issue_counter_certificate(&files::stdin_json::<CertificateJson>()?.read()?, &key)?;
        files::write(&self.out, &certificate)?;
        Ok(Done::json(json!({
            "size_bytes": certificate.len(),
            "key_id": hex::text(key.public().key_id().as_bytes()),
        })))
    }
}

impl Show {
    fn run(&self) -> Result<Done, CliError> {
        let claims = CounterCertificateClaims::read_unverified(&files::file(&self.certificate)?)?;
        Ok(Done::json(
            json!({"verified": false, "certificate": CertificateJson::print(&claims)}),
        ))
    }
}

impl CertificateJson {
    pub(crate) fn print(claims: &CounterCertificateClaims) -> Self {
        Self {
            iss: claims.iss.clone(),
            name: NamesJson::print(&claims.name),
            purpose: NamesJson::print(&claims.purpose),
            audience: claims.audience.clone(),
            allowed: claims.allowed.iter().map(|vct| vct.as_str().to_owned()).collect(),
            holder: hex::text(claims.holder.as_bytes()),
            iat: moment::text(claims.iat),
            exp: moment::text(claims.exp),
        }
    }

    fn read(self) -> Result<CounterCertificateClaims, CliError> {
        let allowed: Result<Vec<_>, _> = self
            .allowed
            .iter()
            .map(|text| claims::vct("allowed", text))
            .collect();
        Ok(CounterCertificateClaims {
            iss: self.iss,
            name: self.name.read(),
            purpose: self.purpose.read(),
            audience: self.audience,
            allowed: allowed?,
            holder: hex::public_key("holder", &self.holder)?,
            iat: moment::parse("iat", &self.iat)?,
            exp: moment::parse("exp", &self.exp)?,
        })
    }
}

impl NamesJson {
    fn print(names: &Names) -> Self {
        Self {
            en: names.en.clone(),
            ur: names.ur.clone(),
            ps: names.ps.clone(),
        }
    }

    fn read(self) -> Names {
        Names::new(self.en, self.ur, self.ps)
    }
}
