//! The backup command.

use std::path::{Path, PathBuf};

use clap::Args;
use credential::Timestamp;
use province_server::admin::Office;
use serde_json::json;

use super::say;

/// Write a backup of an SQLite database into a new file, while the province serves, and verify it.
#[derive(Args)]
pub(super) struct Backup {
    /// The data folder.
    #[arg(long)]
    data: PathBuf,
    /// Where to write it; there must be no file of this name.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Go on from an older copy of the database: raise the numbers that phones, desks, departments and platforms go on from
/// above all that were given out since. Once, before the copy is served.
#[derive(Args)]
pub(super) struct Restored {
    /// The data folder.
    #[arg(long)]
    data: PathBuf,
}

impl Restored {
    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    pub(super) async fn run(self, office: &Office, now: Timestamp) -> anyhow::Result<()> {
        let epoch = office.restored(now).await?;
        say(&json!({ "done": true, "epoch": epoch }))
    }
}

impl Backup {
    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    pub(super) async fn run(self, office: &Office, now: Timestamp) -> anyhow::Result<()> {
        let made = office.back_up(&self.out, now).await?;
        say(&json!({
            "done": true,
            "out": self.out,
            "bytes": made.bytes,
            "epoch": made.epoch,
            "audit": { "last": made.audit.number, "hash": hex::encode(made.audit.hash) },
        }))
    }
}
