//! `khyber issue`: claims in, a signed credential out.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use credential::IssueError;
use serde_json::json;

use crate::claims::{ClaimsJson, Cnic};
use crate::error::CliError;
use crate::put;
use crate::{Done, files, hex, types};

/// Sign the claims (JSON) on stdin as a credential.
///
/// The JSON has the members that `verify` prints under "claims": iss, iat, nbf, exp (days), holder (hex public key),
/// vct, identity, status, facts (a document's own fields by their numbers under "fields"). Prints {"credential": base64, "size_bytes", "key_id"}, which `present` reads.
#[derive(Args)]
pub(crate) struct Issue {
    /// The issuer's key file; see `khyber key`.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The type register (raw bytes) that the claims must fit. Its own signature is not looked at.
    #[arg(long, value_name = "FILE")]
    types: Option<PathBuf>,
}

impl Issue {
    pub(crate) fn run(&self) -> Result<Done, CliError> {
        let key = files::key(&self.key)?;
        let claims = files::stdin_json::<ClaimsJson>()?.read()?;
        let mut done = json!({ "key_id": hex::text(key.public().key_id().as_bytes()) });
        let credential = match &self.types {
            None => credential::issue(&claims, &key)?,
            Some(path) => {
                let register = types::unverified(path)?;
                let kind = register.find(&claims.vct).ok_or(IssueError::UnknownType)?;
                put(&mut done, "shown", types::shown(kind, &claims, Cnic::Masked));
                kind.issue(&claims, &key)?
            }
        };
        put(&mut done, "credential", STANDARD.encode(&credential).into());
        put(&mut done, "size_bytes", credential.len().into());
        Ok(Done::json(done))
    }
}
