//! Signing with one root on its own machine, and putting the signatures together.

use std::path::{Path, PathBuf};

use clap::Args;
use credential::{RootSignature, TrustList, combine_trust_list};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::steps::in_words;
use super::table::{self, Transcript};
use super::{digits, root_file};
use crate::error::CliError;
use crate::roots::Roots;
use crate::{Done, Machine, files, hex};

/// One signature as it is carried.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    content_sha256: String,
    root: String,
    signature: String,
}

/// Sign a content with one root, on that root's machine, after its digits were compared aloud with the other machines.
#[derive(Args)]
pub(crate) struct Sign {
    /// The content.
    #[arg(long, value_name = "FILE")]
    content: Option<PathBuf>,
    /// The root's sealed secret.
    #[arg(long, value_name = "FILE")]
    root: Option<PathBuf>,
    /// The digits as another machine shows them, all four lines. On a terminal the last line is asked for.
    #[arg(long, value_name = "DIGITS")]
    compare: Option<String>,
    /// Where the signature goes.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    transcript: Transcript,
}

impl Sign {
    pub(crate) fn run(self, machine: &Machine) -> Result<Done, CliError> {
        let path = table::path(self.content, "content", "File with the content")?;
        let content = files::file(&path)?;
        table::say(&in_words(&content)?);
        let shown = digits::lines(&content);
        let is_same = if let Some(typed) = self.compare {
            digits::same(&typed, &shown.concat())
        } else {
            let typed = table::ask(
                "compare",
                "Let another machine's people read all four lines to you. Type the last line as they read it",
            )?;
            shown.last().is_some_and(|last| digits::same(&typed, last))
        };
        if !is_same {
            return Err(CliError::DigitsDiffer);
        }
        let root = table::path(self.root, "root", "File with this root's sealed secret")?;
        let out = table::path(self.out, "out", "File for the signature, for example part-1.json")?;
        let signed = RootSignature::make(&content, &root_file::open(&root)?)?;
        let part = Part {
            content_sha256: hex::text(&Sha256::digest(&content)),
            root: hex::text(signed.root.as_bytes()),
            signature: hex::text(&signed.signature),
        };
        let bytes = serde_json::to_vec(&part)?;
        files::write(&out, &bytes)?;
        let entries: [(&Path, &[u8]); 2] = [(&path, &content), (&out, &bytes)];
        self.transcript
            .add(machine, "sign", &entries, &json!({ "root": part.root }))?;
        Ok(Done::json(
            json!({ "root": part.root, "content_sha256": part.content_sha256 }),
        ))
    }
}

/// Put a list together from its content and the signatures, and verify it as a reader will.
#[derive(Args)]
pub(crate) struct Combine {
    /// The content.
    #[arg(long, value_name = "FILE")]
    content: Option<PathBuf>,
    /// A signature; once for each root that signed.
    #[arg(long = "part", value_name = "FILE", required = true)]
    parts: Vec<PathBuf>,
    #[command(flatten)]
    roots: Roots,
    /// A list that changed the roots before, oldest first; as often as they were changed.
    #[arg(long = "changed-by", value_name = "FILE")]
    changed_by: Vec<PathBuf>,
    /// The list before this one, to check that this one may follow it.
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,
    /// Where the list goes (raw bytes).
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    transcript: Transcript,
}

impl Combine {
    pub(crate) fn run(self, machine: &Machine) -> Result<Done, CliError> {
        let path = table::path(self.content, "content", "File with the content")?;
        let content = files::file(&path)?;
        let hash = hex::text(&Sha256::digest(&content));
        let mut signatures: Vec<RootSignature> = Vec::new();
        for file in &self.parts {
            let part: Part = serde_json::from_slice(&files::file(file)?)?;
            if part.content_sha256 != hash {
                return Err(CliError::OtherContent(file.display().to_string()));
            }
            let root = hex::public_key("root", &part.root)?;
            if signatures.iter().any(|other| other.root == root) {
                return Err(CliError::SameRoot);
            }
            let signature = hex::fixed("signature", part.signature.as_bytes())?;
            signatures.push(RootSignature { root, signature });
        }
        let list = combine_trust_list(&content, &signatures)?;
        let before: Result<Vec<_>, _> = self
            .changed_by
            .iter()
            .chain(&self.previous)
            .map(|file| files::file(file))
            .collect();
        let pinned = self.roots.read()?;
        let held = TrustList::restore(before?.iter().map(Vec::as_slice), &pinned)?;
        let verified = TrustList::verify(&list, &pinned, held.as_ref())?;
        let out = table::path(self.out, "out", "File for the list")?;
        files::write(&out, &list)?;
        let roots: Vec<String> = signatures.iter().map(|s| hex::text(s.root.as_bytes())).collect();
        let more = json!({ "sequence": verified.sequence(), "signed_by": roots });
        let entries: [(&Path, &[u8]); 2] = [(&path, &content), (&out, &list)];
        self.transcript.add(machine, "combine", &entries, &more)?;
        table::say("The list holds: a program of this province takes it.");
        Ok(Done::json(json!({
            "verified": true,
            "sequence": verified.sequence(),
            "sha256": hex::text(&verified.sha256()),
            "signed_by": roots,
            "next_roots": verified.changes_roots().then(|| verified.successors().fingerprint()),
        })))
    }
}
