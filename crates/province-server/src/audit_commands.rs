//! Commands about the audit log.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use credential::Timestamp;
use province_server::admin::{AdminError, Office};
use province_server::audit_admin::Sealed;
use province_server::rules::audit::{Known, Wrong};
use serde_json::json;

use super::say;

/// The audit log.
#[derive(Subcommand)]
pub(super) enum Audit {
    /// Look whether every entry follows the one before it and every signed head holds.
    Verify {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
        /// An entry that you wrote down earlier, as NUMBER:HASH: whoever holds the log's key could sign another history,
        /// but none that leads to the same hash. Again and again for several.
        #[arg(long, value_name = "NUMBER:HASH", value_parser = known)]
        known: Vec<Known>,
    },
    /// Write the whole log as lines of JSON, for an auditor's own tools.
    Export {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
        /// Show what sealed details say: which passes and documents were issued to whom, by random ids.
        #[arg(long)]
        opened: bool,
        /// Where to write it.
        #[arg(long)]
        out: PathBuf,
    },
}

fn known(text: &str) -> Result<Known, String> {
    let wrong = || "a number, a colon and 64 hex digits".to_owned();
    let (number, hash) = text.split_once(':').ok_or_else(wrong)?;
    let mut bytes = [0; 32];
    hex::decode_to_slice(hash, &mut bytes).map_err(|_| wrong())?;
    Ok((number.parse().map_err(|_| wrong())?, bytes))
}

/// A file that was not there, for its owner alone.
fn new_file(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

impl Audit {
    pub(super) fn data(&self) -> &Path {
        match self {
            Self::Verify { data, .. } | Self::Export { data, .. } => data,
        }
    }

    pub(super) async fn run(self, office: &Office, now: Timestamp) -> anyhow::Result<()> {
        match self {
            Self::Verify { known, .. } => {
                let found = office.look_at_audit(&known, now).await?;
                say(&json!({
                    "whole": found.wrong.is_none(),
                    "code": found.wrong.map(Wrong::code),
                    "at": found.wrong.map(Wrong::number),
                    "first": found.cut + 1,
                    "last": found.head.number,
                    "hash": hex::encode(found.head.hash),
                    "heads": found.heads,
                    "signed_until": found.signed,
                    "waiting": found.waiting,
                    "known_kept_no_longer": found.gone,
                }))?;
                anyhow::ensure!(found.wrong.is_none(), "the audit log is not whole");
                Ok(())
            }
            Self::Export { opened, out, .. } => {
                let sealed = if opened { Sealed::Opened } else { Sealed::Closed };
                let mut file = BufWriter::new(new_file(&out).map_err(AdminError::Export)?);
                let last = office.export_audit(&mut file, sealed, now).await?;
                file.flush().map_err(AdminError::Export)?;
                say(&json!({ "last": last, "out": out }))
            }
        }
    }
}
