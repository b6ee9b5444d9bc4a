//! `khyber present`: the phone's side.

use std::path::PathBuf;

use clap::Args;
use credential::{Timestamp, present_timed, present_to_request, read_request};
use qr::{Ecc, Qr};
use serde::Deserialize;
use serde_json::json;

use crate::error::CliError;
use crate::roots::Trusted;
use crate::{Done, Machine, files, moment};

/// Present the credential on stdin (what `issue` printed): timed for an audience, or in answer to a request.
///
/// Prints {"text": "KP1:...", "mode", "qr_version"}. A name, CNIC or photo is presented to a certified request only,
/// which needs --trust.
#[derive(Args)]
pub(crate) struct Present {
    /// The holder's key file; see `khyber key`.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The service class to present to, for the next minute.
    #[arg(
        long,
        value_name = "AUDIENCE",
        required_unless_present = "request",
        conflicts_with = "request"
    )]
    audience: Option<String>,
    /// The request (KPR: text) to answer.
    #[arg(long, value_name = "FILE")]
    request: Option<PathBuf>,
    #[command(flatten)]
    trust: Trusted,
    /// The moment to present at, RFC 3339; the machine's clock if it is not given.
    #[arg(long, value_name = "RFC3339", value_parser = moment::argument)]
    now: Option<Timestamp>,
    /// Print the QR text alone.
    #[arg(long)]
    text: bool,
}

#[derive(Deserialize)]
struct Issued {
    credential: String,
}

impl Present {
    pub(crate) fn run(self, machine: &Machine) -> Result<Done, CliError> {
        let key = files::key(&self.key)?;
        let issued: Issued = files::stdin_json()?;
        let credential = files::base64("credential", &issued.credential)?;
        let now = self.now.unwrap_or(machine.now);
        let (text, mode) = match (&self.request, &self.audience) {
            (Some(path), _) => {
                let trust = self.trust.read()?;
                let request = files::qr_text(&files::file(path)?);
                let request = read_request(&request, trust.as_ref(), now)?;
                request.may_ask()?;
                (present_to_request(&credential, &key, &request)?, "request")
            }
            (None, Some(audience)) => (present_timed(&credential, &key, audience, now)?, "timed"),
            (None, None) => return Err(CliError::Usage(String::from("--request or --audience is needed"))),
        };
        let version = Qr::encode(&text, Ecc::Low)?.version();
        let value = json!({"text": text, "mode": mode, "qr_version": version});
        Ok(Done::text_or_json(self.text, text, value))
    }
}
