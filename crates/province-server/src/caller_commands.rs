//! Commands about callers besides wallets.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use credential::{PublicKey, Timestamp, Vct};
use province_api::caller::Scope;
use province_server::admin::Office;
use province_server::caller_admin::NewSystemKey;
use province_server::store::system_key::SystemKey;
use serde_json::{Value, json};

use super::input::key_bytes;
use super::say;

/// Keys of departments' and other bodies' systems.
#[derive(Subcommand)]
pub(super) enum System {
    /// Let a system in by its key.
    Add {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
        /// Its name, as the audit log will have it: letters a to z, digits and hyphens.
        #[arg(long)]
        name: String,
        /// The office of the catalogue that it works for.
        #[arg(long)]
        office: Option<String>,
        /// What it may do, comma between: applications:read, applications:answer, webhooks, dispatch, bills.
        #[arg(long, value_delimiter = ',', required = true, value_parser = scope)]
        allow: Vec<Scope>,
        /// Kinds of documents that it may grant with its answers to applications, comma between; none unless they are named.
        #[arg(long, value_delimiter = ',', value_parser = vct)]
        grants: Vec<Vct>,
        /// Its Ed25519 public key in hex. The system makes it and keeps the other half.
        #[arg(long)]
        key: String,
        /// For how many days, 400 at most.
        #[arg(long, default_value_t = 365)]
        days: u64,
    },
    /// Let nobody in by a key any more.
    End {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
        /// The public key in hex.
        #[arg(long)]
        key: String,
    },
    /// Print every key of every system.
    List {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
    },
}

/// Take nothing more from a counter, whatever its certificate says. Wallets go by the certificate until its end.
#[derive(Args)]
pub(super) struct CounterEnd {
    /// The data folder.
    #[arg(long)]
    data: PathBuf,
    /// The counter's public key in hex.
    #[arg(long)]
    key: String,
}

fn scope(word: &str) -> Result<Scope, String> {
    Scope::parse(word).ok_or_else(|| "no such scope".to_owned())
}

fn vct(word: &str) -> Result<Vct, String> {
    Vct::parse(word).map_err(|error| error.to_string())
}

fn public(key: &str) -> anyhow::Result<PublicKey> {
    PublicKey::parse(&key_bytes(key)?).context("this is no public key")
}

impl System {
    pub(super) fn data(&self) -> &Path {
        match self {
            Self::Add { data, .. } | Self::End { data, .. } | Self::List { data } => data,
        }
    }

    pub(super) async fn run(self, office: &Office, now: Timestamp) -> anyhow::Result<()> {
        match self {
            Self::Add {
                name,
                office: works_for,
                allow,
                grants,
                key,
                days,
                ..
            } => {
                let new = NewSystemKey {
                    key: public(&key)?,
                    name,
                    office: works_for,
                    scopes: allow,
                    grants,
                    days,
                };
                say(&described(&office.add_system_key(&new, now).await?))
            }
            Self::End { key, .. } => ended(office.end_system_key(&public(&key)?, now).await?),
            Self::List { .. } => {
                let keys: Vec<Value> = office.system_keys().await?.iter().map(described).collect();
                say(&json!({ "keys": keys }))
            }
        }
    }
}

impl CounterEnd {
    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    pub(super) async fn run(self, office: &Office, now: Timestamp) -> anyhow::Result<()> {
        ended(office.end_counter(&public(&self.key)?, now).await?)
    }
}

fn described(key: &SystemKey) -> Value {
    json!({
        "system": key.name,
        "office": key.office,
        "scopes": key.scopes,
        "grants": key.grants,
        "key": hex::encode(key.key),
        "valid_from": key.valid_from,
        "valid_until": key.valid_until,
        "ended_at": key.ended_at,
    })
}

fn ended(now: bool) -> anyhow::Result<()> {
    say(&if now {
        json!({ "done": true })
    } else {
        json!({ "done": false, "code": "already_done" })
    })
}
