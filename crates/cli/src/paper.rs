//! `khyber paper`: the texts of printed codes.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use credential::paper::{CardClaims, issue_card};
use credential::{IssueError, Vct, document_text};
use qr::{Ecc, Qr};
use serde::Deserialize;
use serde_json::json;

use crate::claims::ClaimsJson;
use crate::error::CliError;
use crate::{Done, files};

/// Printed documents and cards. Paper can be copied: it says nothing about who holds it.
#[derive(Subcommand)]
pub(crate) enum Paper {
    Document(Document),
    Card(Card),
}

/// The KPD: text of the credential on stdin (what `issue` printed), which names no holder.
///
/// Prints {"text": "KPD:...", "qr_version"}, the version at error correction M.
#[derive(Args)]
pub(crate) struct Document {
    /// Print the QR text alone.
    #[arg(long)]
    text: bool,
}

/// Sign the claims (JSON) on stdin as a printed claim-169 card, which other claim-169 verifiers read too.
///
/// The JSON has iss, iat, exp (days), vct "paper-card", identity and status, as for `issue`, and nothing else. Prints
/// {"text", "qr_version"}, the version at error correction M.
#[derive(Args)]
pub(crate) struct Card {
    /// A key file; the trust list must allow its key "paper-card".
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Print the QR text alone.
    #[arg(long)]
    text: bool,
}

#[derive(Deserialize)]
struct Issued {
    credential: String,
}

impl Paper {
    pub(crate) fn run(self) -> Result<Done, CliError> {
        match self {
            Self::Document(command) => command.run(),
            Self::Card(command) => command.run(),
        }
    }
}

impl Document {
    fn run(self) -> Result<Done, CliError> {
        let issued: Issued = files::stdin_json()?;
        let credential = files::base64("credential", &issued.credential)?;
        printed(
            self.text,
            document_text(&credential).map_err(CliError::Unreadable)?,
        )
    }
}

impl Card {
    fn run(self) -> Result<Done, CliError> {
        let key = files::key(&self.key)?;
        let claims = files::stdin_json::<ClaimsJson>()?.read()?;
        let nothing_else = claims.holder.is_none()
            && claims.nbf.is_none()
            && claims.facts == credential::Facts::default()
            && claims.vct == Vct::PAPER_CARD;
        let (Some(identity), Some(status), true) = (claims.identity, claims.status, nothing_else) else {
            return Err(CliError::Field {
                field: "claims",
                expected: "iss, iat, exp, vct \"paper-card\", identity and status, and nothing else",
            });
        };
        if identity.guardian_local.is_some() {
            return Err(IssueError::BadText.into());
        }
        let card = CardClaims {
            iss: claims.iss,
            iat: claims.iat,
            exp: claims.exp,
            identity,
            status,
        };
        printed(self.text, issue_card(&card, &key)?)
    }
}

fn printed(text_only: bool, text: String) -> Result<Done, CliError> {
    let version = Qr::encode(&text, Ecc::Medium)?.version();
    let value = json!({"text": text, "qr_version": version});
    Ok(Done::text_or_json(text_only, text, value))
}
