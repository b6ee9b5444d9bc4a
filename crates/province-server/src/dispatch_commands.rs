//! Commands about platforms that carry applications.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use credential::Timestamp;
use province_server::admin::Office;
use province_server::catalogue_files;
use province_server::dispatch_admin::{Looked, Offer};
use serde_json::json;

use super::input::write;
use super::say;

/// Platforms that carry applications for several departments (docs/dastak.md).
#[derive(Subcommand)]
pub(super) enum Dispatch {
    /// Hold a platform's catalogue against the published one: each fault, each conflict and all that is new is a line of JSON.
    Look {
        #[command(flatten)]
        of: Of,
        /// The file of what is published, as `catalogue` read it.
        #[arg(long, requires = "proposal")]
        base: Option<PathBuf>,
        /// Where to write that file with what is new and contradicts nothing, to be read by people and signed with `catalogue`.
        #[arg(long, requires = "base")]
        proposal: Option<PathBuf>,
    },
    /// Let a platform carry those services of its catalogue that have no fault and contradict nothing, and no others.
    Settle {
        #[command(flatten)]
        of: Of,
    },
}

/// Which platform's catalogue.
#[derive(Args)]
pub(super) struct Of {
    /// The data folder.
    #[arg(long)]
    data: PathBuf,
    /// The platform, by the name of its system.
    #[arg(long)]
    system: String,
    /// Its catalogue, JSON as docs/dispatch-catalogue.schema.json says; without it, the one that it sent last.
    #[arg(long)]
    file: Option<PathBuf>,
}

impl Dispatch {
    pub(super) fn data(&self) -> &Path {
        match self {
            Self::Look { of, .. } | Self::Settle { of } => &of.data,
        }
    }

    pub(super) async fn run(self, office: &Office, now: Timestamp) -> anyhow::Result<()> {
        let (Self::Look { of, .. } | Self::Settle { of }) = &self;
        let file = of.file.as_ref().map(fs::read_to_string).transpose();
        let file = file.context("could not read the platform's catalogue")?;
        let offer = Offer {
            system: &of.system,
            file: file.as_deref(),
        };
        match &self {
            Self::Look { base, proposal, .. } => {
                let base = base.as_deref().map(catalogue_files::read).transpose()?;
                let (looked, proposed) = office.look_at_offer(offer, base).await?;
                if let (Some(out), Some(file)) = (proposal, proposed) {
                    let mut text = serde_json::to_string_pretty(&file)?;
                    text.push('\n');
                    write(out, text.as_bytes())?;
                }
                told(&looked, "clean")
            }
            Self::Settle { .. } => told(&office.settle_dispatch(offer, now).await?, "carried"),
        }
    }
}

fn told(looked: &Looked, as_what: &str) -> anyhow::Result<()> {
    for finding in &looked.findings {
        say(&serde_json::to_value(finding)?)?;
    }
    say(&json!({ as_what: looked.clean.len(), "findings": looked.findings.len() }))
}
