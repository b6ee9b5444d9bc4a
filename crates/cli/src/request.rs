//! `khyber request`: the desk's question.

use std::path::PathBuf;

use clap::Args;
use credential::{Signer, Timestamp, Vct, build_request};
use qr::{Ecc, Qr};
use serde_json::json;

use crate::error::CliError;
use crate::{Done, Machine, files, hex, moment};

/// Make a request (KPR: text) for a presentation.
///
/// Prints {"text", "ask", "audience", "nonce", "check_code", "expires", "qr_version"}. Keep the text in a file for
/// `verify --request`, and use it once: the nonce is what makes an old answer worthless.
#[derive(Args)]
pub(crate) struct Request {
    /// The kind of pass to ask for, such as age, residence or identity.
    #[arg(long, value_name = "VCT", value_parser = |text: &str| Vct::parse(text))]
    ask: Vct,
    /// The desk's service class, such as kp:test-desk.
    #[arg(long, value_name = "AUDIENCE")]
    audience: String,
    /// 16 bytes as hex, never used before; random if not given.
    #[arg(long, value_name = "HEX")]
    nonce: Option<String>,
    /// The desk's key file, to sign the request.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// The desk's certificate (raw bytes), without which only age and residence are answered.
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,
    /// The moment it is made at, RFC 3339; the machine's clock if it is not given.
    #[arg(long, value_name = "RFC3339", value_parser = moment::argument)]
    now: Option<Timestamp>,
    /// Print the QR text alone.
    #[arg(long)]
    text: bool,
}

impl Request {
    pub(crate) fn run(self, machine: &Machine) -> Result<Done, CliError> {
        let nonce = if let Some(digits) = &self.nonce {
            hex::fixed::<16>("--nonce", digits.as_bytes())?
        } else {
            let mut nonce = [0; 16];
            (machine.random)(&mut nonce)?;
            nonce
        };
        let key = self.key.as_deref().map(files::key).transpose()?;
        let certificate = self.certificate.as_deref().map(files::file).transpose()?;
        let signer = key.as_ref().map(|key| Signer {
            key,
            certificate: certificate.as_deref(),
        });
        let now = self.now.unwrap_or(machine.now);
        let request = build_request(&self.ask, &self.audience, nonce, now, signer)?;
        let value = json!({
            "text": request.text,
            "ask": request.ask.as_str(),
            "audience": request.audience,
            "nonce": hex::text(&request.nonce),
            "check_code": request.check_code(),
            "expires": moment::text(request.expires),
            "qr_version": Qr::encode(&request.text, Ecc::Low)?.version(),
        });
        Ok(Done::text_or_json(self.text, request.text, value))
    }
}
