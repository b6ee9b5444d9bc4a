//! Commands that print. The CNIC comes on stdin: other users of the machine can read arguments.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use credential::{Timestamp, Vct};
use province_api::person::Cnic;
use province_server::admin::Office;
use province_server::rules::document::Whose;
use province_server::rules::print::CardFormat;
use serde_json::json;

use super::say;

/// Write a citizen's card as a PDF with a claim-169 code; the CNIC comes on stdin.
#[derive(Args)]
pub(super) struct Card {
    /// The data folder.
    #[arg(long)]
    data: PathBuf,
    /// The size.
    #[arg(long, value_enum, default_value_t = Size::A4)]
    size: Size,
    /// Where to write it. Others may read a file's name: nobody's name or number belongs in it.
    #[arg(long)]
    out: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Size {
    /// A sheet to keep, with the card to cut out.
    A4,
    /// Front and back on two pages of 85.6 by 53.98 mm, for a card printer.
    Id1,
}

/// Write a citizen's document as a PDF with its KPD: code; the CNIC comes on stdin, and in a second line the number of the
/// child whose document they hold.
#[derive(Args)]
pub(super) struct Paper {
    /// The data folder.
    #[arg(long)]
    data: PathBuf,
    /// Which kind.
    #[arg(long)]
    vct: String,
    /// Write the signed bytes alone, without a page around them (`khyber paper document` makes a code's text of them).
    #[arg(long)]
    bytes: bool,
    /// Where to write it. Others may read a file's name: nobody's name or number belongs in it.
    #[arg(long)]
    out: PathBuf,
}

impl Card {
    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    pub(super) async fn run(self, office: &Office, cnic: &Cnic, now: Timestamp) -> anyhow::Result<()> {
        let format = match self.size {
            Size::A4 => CardFormat::A4,
            Size::Id1 => CardFormat::Id1,
        };
        write(&self.out, &office.print_card(cnic, format, now).await?)
    }
}

impl Paper {
    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    pub(super) async fn run(self, office: &Office, whose: Whose, now: Timestamp) -> anyhow::Result<()> {
        let vct = Vct::parse(&self.vct)?;
        let bytes = if self.bytes {
            office.paper(whose, &vct, now).await?
        } else {
            office.print_document(whose, &vct, now).await?
        };
        write(&self.out, &bytes)
    }
}

/// Writes a file that only its owner may read.
fn write(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut open = options.open(file).context("could not write the file")?;
    open.write_all(bytes).context("could not write the file")?;
    say(&json!({ "out": file, "bytes": bytes.len() }))
}
