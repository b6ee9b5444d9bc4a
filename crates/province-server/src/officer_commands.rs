//! Commands about officers.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use credential::Timestamp;
use province_api::officers::OfficerRole;
use province_server::admin::Office;
use province_server::bulk_admin::operator;
use province_server::randomness::Randomness;
use province_server::rules::officers::{OfficerId, manage};
use province_server::rules::page::Behind;
use serde_json::json;

use super::{bulk_commands, say};

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
        /// Who invites them: a name that the office knows. It stands in the audit log. Two whom the same one invited do not
        /// decide about many together.
        #[arg(long, value_parser = bulk_commands::name)]
        by: Option<String>,
    },
    /// Print a hundred officers, the newest first.
    List {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
        /// Those behind `next` of the list before.
        #[arg(long, value_parser = bulk_commands::behind)]
        after: Option<Behind>,
    },
    /// End an officer: sessions, passkeys and invites go at once.
    End {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
        /// The officer, as `officer list` prints it.
        #[arg(long, value_parser = bulk_commands::digits::<16>)]
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

impl Officer {
    pub(super) fn data(&self) -> &Path {
        match self {
            Self::Invite { data, .. } | Self::List { data, .. } | Self::End { data, .. } => data,
        }
    }

    pub(super) async fn run(
        self,
        office: &Office,
        randomness: &Randomness,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        match self {
            Self::Invite { role, name, by, .. } => {
                let (by, what) = (operator(by.as_deref().unwrap_or_default()), (role, name.as_str()));
                let invited = office.invite_officer(&by, what, randomness, now).await?;
                say(&json!(invited))
            }
            Self::List { after, .. } => say(&json!(office.officers(after.unwrap_or(Behind::START)).await?)),
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
