//! `khyber log`: looks at the scan log that a desk handed out.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use credential::{CounterCertificateClaims, LogSeal, Verdict};
use scan_log::{Expected, Finding, Report, day_text};
use serde_json::{Value, json};

use crate::error::CliError;
use crate::{Done, Output, files, hex, moment};

/// Scan logs of desks.
#[derive(Subcommand)]
pub(crate) enum Log {
    Verify(Verify),
}

/// Look for gaps, changes and cut ends in a scan log: whole, or refused, or undecided without a key.
///
/// Prints {"verdict", "code", "findings", "entries", "seals", "last_seal", "days"}. The chain and the seals are checked
/// against the desk's key. A file that was cut back to an earlier export is whole by itself: give --seal-number and
/// --seal-digest, which the desk prints at each export, or an earlier --seal.
#[derive(Args)]
pub(crate) struct Verify {
    /// The exported log.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// A public key of the desk in hex; again for each it has had.
    #[arg(long, value_name = "HEX")]
    key: Vec<String>,
    /// A counter certificate of the desk (raw bytes), for the key in it; again for each it has had.
    #[arg(long, value_name = "FILE")]
    certificate: Vec<PathBuf>,
    /// The number of a seal that was noted.
    #[arg(long, value_name = "NUMBER", requires = "seal_digest")]
    seal_number: Option<u64>,
    /// The beginning of its SHA-256 in hex, 8 digits or more.
    #[arg(long, value_name = "HEX", requires = "seal_number")]
    seal_digest: Option<String>,
    /// A seal that was kept (raw bytes) and must be in the log.
    #[arg(long, value_name = "FILE", conflicts_with = "seal_number")]
    seal: Option<PathBuf>,
    /// The file is no whole log: it begins with the seal of this number, of which --since-digest was noted.
    #[arg(long, value_name = "NUMBER", requires = "since_digest")]
    since_seal: Option<u64>,
    /// The beginning of that seal's SHA-256 in hex, 8 digits or more.
    #[arg(long, value_name = "HEX", requires = "since_seal")]
    since_digest: Option<String>,
}

impl Log {
    pub(crate) fn run(self) -> Result<Done, CliError> {
        match self {
            Self::Verify(command) => command.run(),
        }
    }
}

impl Verify {
    fn run(&self) -> Result<Done, CliError> {
        let mut keys = Vec::new();
        for digits in &self.key {
            keys.push(hex::public_key("key", digits)?);
        }
        for path in &self.certificate {
            keys.push(CounterCertificateClaims::read_unverified(&files::file(path)?)?.holder);
        }
        let noted = self.noted()?;
        let file = files::lines(&self.file)?;
        let expected = Expected {
            keys: &keys,
            seal: noted
                .as_ref()
                .map(|(number, digest)| (*number, digest.as_slice())),
        };
        let report = match (self.since_seal, &self.since_digest) {
            (Some(number), Some(digits)) => {
                let digest = digest("since-digest", digits)?;
                scan_log::verify_since(file, &expected, (number, &digest))
            }
            _ => scan_log::verify(file, &expected),
        };
        let report = report.map_err(|_| CliError::Input)?;
        let verdict = report.code().verdict();
        Ok(Done {
            output: Output::Json(json(&report)),
            exit: match verdict {
                Verdict::Accepted => 0,
                Verdict::Refused => 1,
                Verdict::Undecided => 2,
            },
        })
    }

    /// The seal that must be in the log: its number and the beginning of its hash.
    fn noted(&self) -> Result<Option<(u64, Vec<u8>)>, CliError> {
        if let Some(path) = &self.seal {
            let seal = LogSeal::read_unverified(&files::file(path)?).map_err(|_| CliError::Field {
                field: "seal",
                expected: "a seal of a scan log",
            })?;
            return Ok(Some((seal.content().number, seal.sha256().to_vec())));
        }
        let (Some(number), Some(digits)) = (self.seal_number, &self.seal_digest) else {
            return Ok(None);
        };
        Ok(Some((number, digest("seal-digest", digits)?)))
    }
}

/// The beginning of a SHA-256, as people note it.
fn digest(field: &'static str, digits: &str) -> Result<Vec<u8>, CliError> {
    let digest = ::hex::decode(digits).ok();
    digest
        .filter(|digest| (4..=32).contains(&digest.len()))
        .ok_or(CliError::Field {
            field,
            expected: "8 to 64 hex digits, an even number",
        })
}

fn json(report: &Report) -> Value {
    let findings: Vec<Value> = report.findings.iter().map(finding).collect();
    let days: Vec<Value> = report
        .days
        .iter()
        .map(|(day, counts)| {
            json!({
                "day": day_text(*day),
                "entries": counts.entries,
                "visits": counts.visits,
                "events": counts.events,
                "closed": counts.closed,
            })
        })
        .collect();
    let seal = report.last_seal.map(|seal| {
        json!({
            "number": seal.content.number,
            "sha256": hex::text(&seal.sha256),
            "at": moment::text(seal.content.at),
            "last": seal.content.last,
        })
    });
    json!({
        "verdict": report.code().verdict().as_str(),
        "code": report.code().as_str(),
        "findings": findings,
        "entries": report.entries,
        "seals": report.seals,
        "last_seal": seal,
        "days": days,
    })
}

fn finding(finding: &Finding) -> Value {
    json!({"code": finding.code.as_str(), "line": finding.line, "number": finding.number})
}
