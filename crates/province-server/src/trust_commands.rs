//! Commands about trust: the trust list, signing keys, risk rules.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use credential::{PublicKey, Timestamp, Vct};
use province_server::admin::{Desks, Office};
use province_server::key_admin::{Standing, key_id};
use province_server::public_roots;
use province_server::randomness::Randomness;
use province_server::store::trusted_key::TrustedKeyRow;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::say;

/// The next trust list. Without --draft and --signed the roots that lie in the data folder sign it, which is for tests
/// and demonstrations.
#[derive(Args)]
pub(super) struct Trust {
    /// The data folder.
    #[arg(long)]
    data: PathBuf,
    /// Write what the list says to this file, for the roots to sign elsewhere (`khyber trust ceremony`).
    #[arg(long, value_name = "FILE")]
    draft: Option<PathBuf>,
    /// With --draft: the roots (JSON, public halves) that sign every list after this one.
    #[arg(long, value_name = "FILE", requires = "draft")]
    next_roots: Option<PathBuf>,
    /// Publish the list in this file, which the roots signed.
    #[arg(long, value_name = "FILE", conflicts_with = "draft")]
    signed: Option<PathBuf>,
    /// Publish the list although it ends the key of something that desks need and no other key can sign that anew: a
    /// leaked key has to go at once. Desks say "cannot decide" until a list names another one.
    #[arg(long, conflicts_with = "draft")]
    regardless: bool,
}

/// Signing keys.
#[derive(Subcommand)]
pub(super) enum Key {
    /// Make a signing key; the next trust list names it.
    Add {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
        /// What it may sign: kinds of passes and documents, comma between; or one alone of counter-certificate,
        /// type-register, status-manifest, risk-rules, paper-card, catalogue, audit-log, webhook.
        #[arg(long, value_delimiter = ',', required = true)]
        allow: Vec<String>,
        /// How long it serves.
        #[arg(long, default_value_t = 730)]
        days: u64,
    },
    /// End a key in order: it signs nothing from a day on, and what it signed before stays good until its end.
    Retire {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
        /// The key's id, as `key list` prints it.
        #[arg(long)]
        key: String,
        /// The first day on which it signs nothing, YYYY-MM-DD (UTC).
        #[arg(long)]
        from: String,
    },
    /// Withdraw a key that others may have. Everything it signed falls, since a thief dates what they sign as they
    /// like; with --keep-before what is dated before the day stays, forged or not.
    Compromise {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
        /// The key's id, as `key list` prints it.
        #[arg(long)]
        key: String,
        /// The day since which others may have had it, YYYY-MM-DD (UTC).
        #[arg(long)]
        from: String,
        /// Let what is dated before that day stand.
        #[arg(long)]
        keep_before: bool,
    },
    /// Print every key: its id, what it may sign, and its time.
    List {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
    },
}

/// Sign and publish risk rules.
#[derive(Args)]
pub(super) struct Rules {
    /// The data folder.
    #[arg(long)]
    data: PathBuf,
    /// The rules, JSON as in assets/rules/rules.json.
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
}

impl Trust {
    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    pub(super) async fn run(self, office: &Office, now: Timestamp) -> anyhow::Result<()> {
        if let Some(file) = &self.draft {
            let next = self.next_roots.as_deref().map(read_roots).transpose()?;
            let content = office.draft_trust(next, now).await?;
            let bytes = content.to_bytes();
            fs::write(file, &bytes).context("could not write the file")?;
            return say(&json!({
                "sequence": content.sequence,
                "out": file,
                "sha256": hex::encode(Sha256::digest(&bytes)),
            }));
        }
        let desks = Desks::or_regardless(self.regardless);
        let done = match &self.signed {
            Some(file) => {
                let bytes = fs::read(file).context("could not read the file")?;
                office.publish_signed(&bytes, desks, now).await?
            }
            None => office.publish_trust(desks, now).await?,
        };
        let mut said = serde_json::Map::new();
        said.insert("sequence".into(), json!(done.sequence));
        said.insert("signed_anew".into(), json!(done.signed_anew));
        if !done.fallen.is_empty() {
            said.insert("fallen".into(), json!(done.fallen));
            let todo =
                "phones go without it until a list names another key for it: key add, then trust again";
            said.insert("todo".into(), json!(todo));
        }
        if !done.undecided.is_empty() {
            said.insert("undecided".into(), json!(done.undecided));
            let todo = "desks say \"cannot decide\" until a list names another key for it: key add, then trust again";
            said.insert("todo".into(), json!(todo));
        }
        say(&said.into())
    }
}

fn read_roots(file: &Path) -> anyhow::Result<[PublicKey; 3]> {
    let text = fs::read_to_string(file).context("could not read the roots")?;
    let roots = public_roots::read(&text).context("the file does not hold three public roots")?;
    Ok(*roots.keys())
}

impl Key {
    pub(super) fn data(&self) -> &Path {
        match self {
            Self::Add { data, .. }
            | Self::Retire { data, .. }
            | Self::Compromise { data, .. }
            | Self::List { data } => data,
        }
    }

    pub(super) async fn run(
        self,
        office: &Office,
        randomness: &Randomness,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        match self {
            Self::Add { allow, days, .. } => {
                let allowed: Vec<Vct> = allow
                    .iter()
                    .map(|vct| Vct::parse(vct))
                    .collect::<Result<_, _>>()?;
                let key = office.add_key(&allowed, days, randomness, now).await?;
                say(&json!({
                    "key": hex::encode(key.key_id().as_bytes()),
                    "public_key": hex::encode(key.as_bytes()),
                    "in_force": "with the next trust list",
                }))
            }
            Self::Retire { key, from, .. } => {
                let id = key_id(&office.list_keys().await?, &key)?;
                office.retire_key(id, day(&from)?, now).await?;
                say(&json!({ "key": key, "retired": from, "in_force": "with the next trust list" }))
            }
            Self::Compromise {
                key,
                from,
                keep_before,
                ..
            } => {
                let id = key_id(&office.list_keys().await?, &key)?;
                let (standing, falls) = if keep_before {
                    (Standing::DatedBefore, "what is dated then or later")
                } else {
                    (Standing::Nothing, "everything")
                };
                office.withdraw_key(id, day(&from)?, standing, now).await?;
                say(
                    &json!({ "key": key, "from": from, "falls": falls, "in_force": "with the next trust list" }),
                )
            }
            Self::List { .. } => {
                let keys = office.list_keys().await?;
                say(&json!({ "keys": keys.iter().map(said_of).collect::<Vec<Value>>() }))
            }
        }
    }
}

fn said_of(row: &TrustedKeyRow) -> Value {
    let id = PublicKey::parse(&row.key).map(|key| hex::encode(key.key_id().as_bytes()));
    json!({
        "key": id.unwrap_or_default(),
        "allowed": row.allowed,
        "from": moment(row.valid_from),
        "until": moment(row.valid_until),
        "retired": row.retired_at.map(moment),
        "withdrawn": row.revoked_at.map(moment),
        "listed": row.listed,
    })
}

impl Rules {
    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    pub(super) async fn run(self, office: &Office, now: Timestamp) -> anyhow::Result<()> {
        let text = fs::read_to_string(&self.file).context("could not read the rules")?;
        let file = serde_json::from_str(&text).context("the file is not JSON of risk rules")?;
        let sequence = office.publish_rules(&file, now).await?;
        say(&json!({ "sequence": sequence }))
    }
}

fn day(text: &str) -> anyhow::Result<Timestamp> {
    let day: jiff::civil::Date = text.parse().context("a day such as 2026-03-01 expected")?;
    let midnight = day.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp().as_second();
    Ok(Timestamp::from_unix(
        u64::try_from(midnight).context("the day is before 1970")?,
    ))
}

/// RFC 3339; the number of seconds where it is beyond the year 9999.
fn moment(seconds: u64) -> String {
    i64::try_from(seconds)
        .ok()
        .and_then(|at| jiff::Timestamp::from_second(at).ok())
        .map_or_else(|| seconds.to_string(), |at| at.to_string())
}
