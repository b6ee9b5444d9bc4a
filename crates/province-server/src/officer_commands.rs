//! Commands about officers.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use credential::Timestamp;
use province_api::officers::OfficerRole;
use province_server::admin::Office;
use province_server::randomness::Randomness;
use province_server::rules::officers::{OfficerId, manage};
use serde_json::json;

use super::say;

/// Officers, who sign in with passkeys.
#[derive(Subcommand)]
pub(super) enum Officer {
    /// Make an officer, and print the code with which they register one passkey within 72 hours.
    Invite {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
        /// What they may do: clerk, supervisor, auditor or administrator.
        #[arg(long, value_parser = role)]
        role: OfficerRole,
        /// What the office calls them, such as a staff number.
        #[arg(long, value_parser = name)]
        name: String,
    },
    /// Print the officers, the newest first.
    List {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
    },
    /// End an officer: sessions, passkeys and invites go at once.
    End {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
        /// The officer, as `officer list` prints it.
        #[arg(long, value_parser = id)]
        id: OfficerId,
    },
}

fn role(word: &str) -> Result<OfficerRole, String> {
    OfficerRole::parse(word).ok_or_else(|| "clerk, supervisor, auditor or administrator".to_owned())
}

fn name(text: &str) -> Result<String, String> {
    let is_name = manage::is_name(text).then(|| text.to_owned());
    is_name.ok_or_else(|| "1 to 64 Latin letters, digits, spaces, dots, dashes and underscores".to_owned())
}

fn id(text: &str) -> Result<OfficerId, String> {
    let mut id = [0; 16];
    hex::decode_to_slice(text, &mut id).map_err(|_| "32 hex digits".to_owned())?;
    Ok(id)
}

impl Officer {
    pub(super) fn data(&self) -> &Path {
        match self {
            Self::Invite { data, .. } | Self::List { data } | Self::End { data, .. } => data,
        }
    }

    pub(super) async fn run(
        self,
        office: &Office,
        randomness: &Randomness,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        match self {
            Self::Invite { role, name, .. } => {
                let invited = office.invite_officer(role, &name, randomness, now).await?;
                say(&json!(invited))
            }
            Self::List { .. } => say(&json!(office.officers().await?)),
            Self::End { id, .. } => match office.end_officer(&id, now).await? {
                Some(true) => say(&json!({ "done": true })),
                Some(false) => say(&json!({ "done": false, "code": "already_done" })),
                None => {
                    say(&json!({ "done": false, "code": "no_such_officer" }))?;
                    anyhow::bail!("no officer has this id")
                }
            },
        }
    }
}
