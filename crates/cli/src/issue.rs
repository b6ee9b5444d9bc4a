//! `khyber issue`: claims in, a signed credential out.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use serde_json::json;

use crate::claims::ClaimsJson;
use crate::error::CliError;
use crate::{Done, files, hex};

/// Sign the claims (JSON) on stdin as a credential.
///
/// The JSON has the members that `verify` prints under "claims": iss, iat, nbf, exp (days), holder (hex public key),
/// vct, identity, status, facts. Prints {"credential": base64, "size_bytes", "key_id"}, which `present` reads.
#[derive(Args)]
pub(crate) struct Issue {
    /// The issuer's key file; see `khyber key`.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

impl Issue {
    pub(crate) fn run(&self) -> Result<Done, CliError> {
        let key = files::key(&self.key)?;
        let claims = files::stdin_json::<ClaimsJson>()?.read()?;
        let credential = credential::issue(&claims, &key)?;
        Ok(Done::json(json!({
            "credential": STANDARD.encode(&credential),
            "size_bytes": credential.len(),
            "key_id": hex::text(key.public().key_id().as_bytes()),
        })))
    }
}
