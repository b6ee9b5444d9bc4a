//! Commands about many citizens at once.

use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};
use credential::{Timestamp, Vct};
use province_api::reason::Reason;
use province_server::admin::Office;
use province_server::bulk_admin::operator;
use province_server::randomness::Randomness;
use province_server::rules::bulk::{self, Act, BulkId};
use province_server::rules::page::Behind;
use serde_json::json;

use super::input::{cnics_from_stdin, reason};
use super::say;

/// Many citizens at once: one proposes, another approves within 72 hours.
#[derive(Subcommand)]
pub(super) enum Bulk {
    /// Propose it: CSV comes on stdin, a CNIC in its first column.
    Propose {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
        /// What is done to each.
        #[arg(long)]
        act: Deed,
        /// With `withdraw`: which kind of document.
        #[arg(long, required_if_eq("act", "withdraw"))]
        vct: Option<String>,
        /// Why: one of the words of docs/revocation.md. Not where a suspension is lifted.
        #[arg(long, value_parser = reason, required_if_eq_any([("act", "revoke"), ("act", "suspend"), ("act", "withdraw")]))]
        reason: Option<Reason>,
        /// Who proposes it: a name that the office knows, such as a staff number. It stands in the audit log.
        #[arg(long, value_parser = name)]
        by: String,
    },
    /// Approve it, and do it. A command that broke off is begun again with the same words.
    Approve {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
        /// The proposal, as `bulk list` prints it.
        #[arg(long, value_parser = digits::<16>)]
        id: BulkId,
        /// What was looked at: `people_sha256` of the proposal, as `bulk list` prints it.
        #[arg(long, value_parser = digits::<32>)]
        people_sha256: [u8; 32],
        /// Who approves it: not who proposed it.
        #[arg(long, value_parser = name)]
        by: String,
    },
    /// Cancel it, as long as nobody approved it.
    Cancel {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
        /// The proposal.
        #[arg(long, value_parser = digits::<16>)]
        id: BulkId,
        /// Who cancels it.
        #[arg(long, value_parser = name)]
        by: String,
    },
    /// Print a hundred proposals and what became of them, the newest first.
    List {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
        /// Those behind `next` of the list before.
        #[arg(long, value_parser = behind)]
        after: Option<Behind>,
    },
}

/// What is done to each.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Deed {
    /// Their passes and documents end for good.
    Revoke,
    /// Their passes and documents are suspended.
    Suspend,
    /// A suspension is lifted.
    Resume,
    /// Their own document of one kind is withdrawn.
    Withdraw,
}

/// Reads so many bytes of hex.
pub(super) fn digits<const N: usize>(text: &str) -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| format!("{} hex digits", 2 * N))?;
    Ok(bytes)
}

/// Reads where a list goes on.
pub(super) fn behind(text: &str) -> Result<Behind, String> {
    Behind::parse(text).ok_or_else(|| "`next` of a list".to_owned())
}

/// Reads what somebody at the command line calls themselves.
pub(super) fn name(text: &str) -> Result<String, String> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    if (1..=32).contains(&text.len()) && text.chars().all(fits) {
        Ok(text.to_owned())
    } else {
        Err("1 to 32 letters, digits, dots, dashes and underscores".to_owned())
    }
}

impl Bulk {
    pub(super) fn data(&self) -> &Path {
        match self {
            Self::Propose { data, .. }
            | Self::Approve { data, .. }
            | Self::Cancel { data, .. }
            | Self::List { data, .. } => data,
        }
    }

    pub(super) const fn publishes(&self) -> bool {
        matches!(self, Self::Approve { .. })
    }

    pub(super) async fn run(
        self,
        office: &Office,
        randomness: &Randomness,
        now: fn() -> Timestamp,
    ) -> anyhow::Result<()> {
        match self {
            Self::Propose {
                act, vct, reason, by, ..
            } => {
                let act = proposed(act, vct, reason)?;
                let cnics = cnics_from_stdin()?;
                let done = office
                    .propose(&operator(&by), (act, &cnics), randomness, now())
                    .await?;
                say(&json!({ "bulk": line(&done.bulk), "not_enrolled": done.not_enrolled }))
            }
            Self::Approve {
                id,
                people_sha256,
                by,
                ..
            } => {
                let bulk = office
                    .approve(&operator(&by), (&id, &people_sha256), now())
                    .await?;
                while office.end_some(&id, randomness, now()).await? {}
                say(&json!({ "done": true, "people": bulk.people }))
            }
            Self::Cancel { id, by, .. } => {
                office.cancel(&operator(&by), &id, now()).await?;
                say(&json!({ "done": true }))
            }
            Self::List { after, .. } => {
                let (bulks, next) = office.bulks(after.unwrap_or(Behind::START)).await?;
                let next = next.map(|next| next.to_string());
                say(&json!({ "bulks": bulks.iter().map(line).collect::<Vec<_>>(), "next": next }))
            }
        }
    }
}

fn proposed(act: Deed, vct: Option<String>, reason: Option<Reason>) -> anyhow::Result<Act> {
    Ok(match (act, vct, reason) {
        (Deed::Revoke, None, Some(reason)) => Act::Revoke(reason),
        (Deed::Suspend, None, Some(reason)) => Act::Suspend(reason),
        (Deed::Resume, None, None) => Act::Resume,
        (Deed::Withdraw, Some(vct), Some(reason)) => {
            Act::Withdraw(Vct::parse(&vct)?.as_str().to_owned(), reason)
        }
        _ => anyhow::bail!("--vct goes with withdraw alone, and --reason with all but resume"),
    })
}

fn line(bulk: &bulk::Bulk) -> serde_json::Value {
    json!({
        "id": hex::encode(bulk.id),
        "act": bulk.act.as_str(),
        "vct": bulk.act.vct(),
        "reason": bulk.act.reason(),
        "people": bulk.people,
        "people_sha256": bulk.people_sha256.map(hex::encode),
        "proposed_by": bulk.proposer.id,
        "proposed_at": bulk.proposed_at,
        "expires_at": bulk.expires_at,
        "approved_by": bulk.approved.as_ref().map(|(by, _)| &by.id),
        "approved_at": bulk.approved.as_ref().map(|(_, at)| at),
        "cancelled_at": bulk.cancelled_at,
        "done_at": bulk.done_at,
    })
}
