//! Commands for desks: what they are certified for, and what is carried to them.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use credential::{Names, PublicKey, Timestamp, Vct};
use province_server::admin::{Desk, Desks, Office};
use province_server::rules::bundle::Reach;
use serde_json::json;

use super::input::{key_bytes, put_in_place, write};
use super::say;

/// Write an update for desks without a network: trust list, status manifest, and the changes of the last days. It is
/// read as a desk reads it before it is put in place.
#[derive(Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "one for each switch of the command line"
)]
pub(super) struct Bundle {
    /// The data folder.
    #[arg(long)]
    data: PathBuf,
    /// From how many days back desks can go on with it.
    #[arg(long, default_value_t = 30)]
    days: u64,
    /// Only what a desk with this epoch does not have: the fewest QR codes.
    #[arg(long, conflicts_with = "days")]
    from: Option<u64>,
    /// With `--from`: the type register too, though it did not change since.
    #[arg(long, requires = "from")]
    types: bool,
    /// With `--from`: the risk rules too, though they did not change since.
    #[arg(long, requires = "from")]
    rules: bool,
    /// Every list whole, for a desk that has none.
    #[arg(long, conflicts_with_all = ["days", "from"])]
    whole: bool,
    /// Write it although desks will not take all of it: the trust list comes first in it, and tells them of a withdrawn key.
    #[arg(long)]
    regardless: bool,
    /// Where to write it.
    #[arg(long)]
    out: PathBuf,
}

/// Certify a counter.
#[derive(Args)]
pub(super) struct CounterCertificate {
    /// The data folder.
    #[arg(long)]
    data: PathBuf,
    /// The counter's public key in hex, as `counter key` prints it.
    #[arg(long)]
    key: String,
    /// Name of the desk in English.
    #[arg(long)]
    name_en: String,
    /// Name of the desk in Urdu.
    #[arg(long, default_value = "")]
    name_ur: String,
    /// Name of the desk in Pashto.
    #[arg(long, default_value = "")]
    name_ps: String,
    /// The audience whose requests it may sign, `kp:desk` for any public counter.
    #[arg(long)]
    audience: String,
    /// Why it asks, in English.
    #[arg(long)]
    purpose_en: String,
    /// Why it asks, in Urdu.
    #[arg(long, default_value = "")]
    purpose_ur: String,
    /// Why it asks, in Pashto.
    #[arg(long, default_value = "")]
    purpose_ps: String,
    /// What it may ask for: pass types, comma between.
    #[arg(long, value_delimiter = ',', required = true)]
    allow: Vec<String>,
    /// How many days the certificate serves, 400 at most.
    #[arg(long, default_value_t = 365)]
    days: u64,
    /// Where to write it.
    #[arg(long)]
    out: PathBuf,
}

impl Bundle {
    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    pub(super) async fn run(self, office: &Office, now: Timestamp) -> anyhow::Result<()> {
        let reach = match self.from {
            _ if self.whole => Reach::Whole,
            Some(from) => Reach::Epoch {
                from,
                types: self.types,
                rules: self.rules,
            },
            None => Reach::Days(self.days),
        };
        let desks = Desks::or_regardless(self.regardless);
        let carried = office.bundle(reach, desks, now).await?;
        let carried = carried.context("the changes since that epoch are not kept: write the lists whole")?;
        let bytes = carried.bundle.encode();
        put_in_place(&self.out, &bytes)?;
        match carried.not_taken {
            None => say(&json!({ "out": self.out, "bytes": bytes.len() })),
            Some(why) => say(&json!({ "out": self.out, "bytes": bytes.len(), "not_taken": why.code() })),
        }
    }
}

impl CounterCertificate {
    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    pub(super) async fn run(self, office: &Office, now: Timestamp) -> anyhow::Result<()> {
        let allowed: Result<_, _> = self.allow.iter().map(|vct| Vct::parse(vct)).collect();
        let desk = Desk {
            key: PublicKey::parse(&key_bytes(&self.key)?).context("the counter's key is no public key")?,
            name: Names::new(self.name_en, self.name_ur, self.name_ps),
            purpose: Names::new(self.purpose_en, self.purpose_ur, self.purpose_ps),
            audience: self.audience,
            allowed: allowed?,
            days: self.days,
        };
        write(&self.out, &office.counter_certificate(&desk, now).await?)
    }
}
