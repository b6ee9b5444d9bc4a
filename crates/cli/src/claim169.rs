//! `khyber claim169`: another issuer's claim-169 code, read as far as it can be.

use std::path::PathBuf;

use clap::Args;
use credential::lenient::{self, OtherContent, OtherKey};
use credential::{Timestamp, Verdict};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::CliError;
use crate::{Done, Machine, Output, files, hex, moment};

/// Read the claim-169 code of another issuer on stdin. Never accepted: it is refused or undecided (cannot decide).
///
/// Prints {"verdict", "code", "content"}. Nothing in the content is to be believed unless the code is `other_signed`,
/// and even then it says nothing about who holds the card.
#[derive(Args)]
pub(crate) struct Claim169 {
    /// Keys of other issuers: JSON [{"iss": text, "key": hex}]; without "iss" a key counts for whoever the code names.
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// The moment to decide for, RFC 3339; the machine's clock if it is not given.
    #[arg(long, value_name = "RFC3339", value_parser = moment::argument)]
    now: Option<Timestamp>,
    /// Print the person's number whole instead of masked.
    #[arg(long)]
    reveal: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyJson {
    #[serde(default)]
    iss: Option<String>,
    key: String,
}

impl Claim169 {
    pub(crate) fn run(self, machine: &Machine) -> Result<Done, CliError> {
        let keys = match &self.keys {
            Some(path) => keys(&files::file(path)?)?,
            None => Vec::new(),
        };
        let text = files::stdin_qr_text()?;
        let reading = lenient::read(&text, &keys, self.now.unwrap_or(machine.now));
        let verdict = reading.code.verdict();
        Ok(Done {
            output: Output::Json(json!({
                "verdict": verdict.as_str(),
                "code": reading.code.code(),
                "content": reading.content.map(|content| self.print(&content)),
            })),
            exit: match verdict {
                Verdict::Accepted => 0,
                Verdict::Refused => 1,
                Verdict::Undecided => 2,
            },
        })
    }

    fn print(&self, content: &OtherContent) -> Value {
        let who = &content.identity;
        // Numbers of other countries have forms of their own, so that nothing but the last digits is left.
        let number = |id: &String| {
            let hidden = if self.reveal {
                0
            } else {
                id.chars().count().saturating_sub(2)
            };
            let masked = |(place, letter)| if place < hidden { '*' } else { letter };
            id.chars().enumerate().map(masked).collect::<String>()
        };
        json!({
            "iss": content.iss,
            "iat": content.iat.map(moment::text),
            "nbf": content.nbf.map(moment::text),
            "exp": content.exp.map(moment::text),
            "identity": {
                "id": who.id.as_ref().map(number),
                "full_name": who.full_name,
                "second_name": who.second_name,
                "second_language": who.second_language,
                "guardian": who.guardian,
                "date_of_birth": who.date_of_birth,
                "gender": who.gender,
                "address": who.address,
                "nationality": who.nationality,
                "photo_bytes": who.photo.as_ref().map(Vec::len),
                "biometrics": who.biometrics,
            },
        })
    }
}

fn keys(json: &[u8]) -> Result<Vec<OtherKey>, CliError> {
    let read: Vec<KeyJson> = serde_json::from_slice(json)?;
    let key = |one: KeyJson| {
        Ok(OtherKey {
            key: hex::public_key("key", &one.key)?,
            iss: one.iss,
        })
    };
    read.into_iter().map(key).collect()
}
