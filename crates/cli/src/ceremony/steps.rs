//! The steps around signing: what to do next, the content of a list, other roots in it, reading it.

use std::path::PathBuf;

use clap::Args;
use credential::{RootSet, TrustContent};
use serde_json::{Value, json};

use super::digits;
use super::table::{self, Transcript};
use crate::error::CliError;
use crate::roots::Roots;
use crate::trust::{TrustJson, content_json};
use crate::{Done, Machine, files, hex, moment};

/// Print what is done in which order, on which machine.
#[derive(Args)]
pub(crate) struct Guide {}

const GUIDE: [&str; 7] = [
    "Three machines that were never on a network, one for each root; an office machine; a stick to carry files.",
    "On each root's machine: khyber trust ceremony make-root. The .age file stays, the .json file is carried.",
    "At the office, once: khyber trust ceremony gather, then province-server init --roots with its file.",
    "At the office, for every list: province-server trust --draft (or khyber trust ceremony draft). To change roots: \
     --next-roots, or khyber trust ceremony change.",
    "On two roots' machines, and on two of the next roots' where they change: khyber trust ceremony sign. Read the \
     digits aloud to each other; sign only if all of them are the same.",
    "At the office: khyber trust ceremony combine, then province-server trust --signed.",
    "Keep the transcript, the list and docs/ceremony.md, signed by all who were there.",
];

impl Guide {
    pub(crate) fn run() -> Done {
        let lines = GUIDE
            .iter()
            .zip(1..)
            .map(|(step, number)| format!("{number}. {step}"));
        Done::lines(lines.collect())
    }
}

/// Write what a list is to say, from JSON as `khyber trust sign` reads it, for the roots to sign.
#[derive(Args)]
pub(crate) struct Draft {
    /// The list (JSON).
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Where the content goes.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    transcript: Transcript,
}

impl Draft {
    pub(crate) fn run(self, machine: &Machine) -> Result<Done, CliError> {
        let json = table::path(self.json, "json", "File with the list in JSON")?;
        let out = table::path(self.out, "out", "File for the content, for example list.content")?;
        let content = serde_json::from_slice::<TrustJson>(&files::file(&json)?)?.read()?;
        let bytes = content.to_bytes();
        files::write(&out, &bytes)?;
        self.transcript.add(
            machine,
            "draft",
            &[(&out, &bytes)],
            &json!({ "sequence": content.sequence }),
        )?;
        shown(&bytes)
    }
}

/// Put the roots into a content that sign every list after it. Two of the roots in force and two of these sign it.
#[derive(Args)]
pub(crate) struct Change {
    /// The content.
    #[arg(long, value_name = "FILE")]
    content: Option<PathBuf>,
    /// The next three roots, as `gather` wrote them.
    #[arg(long, value_name = "FILE")]
    next: Option<PathBuf>,
    /// Where the changed content goes.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    transcript: Transcript,
}

impl Change {
    pub(crate) fn run(self, machine: &Machine) -> Result<Done, CliError> {
        let content = table::path(self.content, "content", "File with the content")?;
        let next = table::path(self.next, "next", "File with the next three roots")?;
        let out = table::path(self.out, "out", "File for the changed content")?;
        let next: RootSet = Roots::from_file(&next)?;
        let mut content = TrustContent::from_bytes(&files::file(&content)?)?;
        content.next_roots = Some(*next.keys());
        let bytes = content.to_bytes();
        files::write(&out, &bytes)?;
        let more = json!({ "sequence": content.sequence, "next": next.fingerprint() });
        self.transcript.add(machine, "change", &[(&out, &bytes)], &more)?;
        shown(&bytes)
    }
}

/// Print what a content says, and the digits that are compared aloud before anybody signs it.
#[derive(Args)]
pub(crate) struct Read {
    /// The content.
    #[arg(long, value_name = "FILE")]
    content: Option<PathBuf>,
}

impl Read {
    pub(crate) fn run(self, _machine: &Machine) -> Result<Done, CliError> {
        let path = table::path(self.content, "content", "File with the content")?;
        let bytes = files::file(&path)?;
        table::say(&in_words(&bytes)?);
        shown(&bytes)
    }
}

fn shown(content: &[u8]) -> Result<Done, CliError> {
    Ok(Done::json(json!({
        "digits": digits::lines(content),
        "trust": content_json(&TrustContent::from_bytes(content)?)?,
    })))
}

/// What a content says, in words for whoever is asked to sign it.
pub(crate) fn in_words(content: &[u8]) -> Result<String, CliError> {
    let said = TrustContent::from_bytes(content)?;
    let mut lines = vec![format!(
        "Trust list number {}, good from {} to {}, with {} keys:",
        said.sequence,
        moment::text(said.iat),
        moment::text(said.exp),
        said.keys.len()
    )];
    for key in &said.keys {
        let allowed: Vec<&str> = key.allowed.iter().map(credential::Vct::as_str).collect();
        let mut line = format!(
            "  {} {} may sign {} from {} until {}",
            hex::text(key.key.key_id().as_bytes()),
            Value::from(key.iss.as_str()),
            allowed.join(", "),
            moment::text(key.nbf),
            moment::text(key.exp)
        );
        if let Some(at) = key.retired_at {
            line.push_str("; retired on ");
            line.push_str(&moment::text(at));
        }
        if let Some(at) = key.revoked_at {
            line.push_str("; WITHDRAWN: nothing ");
            if at.unix() > 0 {
                line.push_str("dated ");
                line.push_str(&moment::text(at));
                line.push_str(" or later is believed");
            } else {
                line.push_str("that it signed is believed");
            }
        }
        lines.push(line);
    }
    if let Some(roots) = &said.next_roots {
        lines.push(String::from(
            "IT CHANGES THE ROOTS: every list after it is signed by these roots. Keepers, find the one that your own \
             machine showed:",
        ));
        lines.extend(
            roots
                .iter()
                .map(|root| format!("  {}", hex::text(root.as_bytes()))),
        );
    }
    lines.push(String::from(
        "Its digits, to be read aloud and compared, all four lines:",
    ));
    lines.extend(digits::lines(content).into_iter().map(|line| format!("  {line}")));
    Ok(lines.join("\n"))
}
