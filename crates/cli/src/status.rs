//! `khyber status`: which passes are revoked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use credential::{
    LIST_BITS_MAX, ListEntry, SecretKey, StatusContent, StatusError, StatusManifest, Timestamp,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::bundle::Bundle;
use crate::error::CliError;
use crate::roots::Roots;
use crate::{Done, Machine, files, hex, moment};

/// Status bundles: {"manifest": base64, "lists": {uri: base64 of the raw bits}}.
///
/// Bit i of a list is bit i % 8, least significant first, of byte i / 8, as in the Token Status List draft.
#[derive(Subcommand)]
pub(crate) enum Status {
    Sign(Sign),
    Show(Show),
    Set(Set),
}

/// Make the lists (JSON) on stdin and sign their manifest.
///
/// The JSON: {"epoch", "iat", "exp": RFC 3339, "lists": {uri: {"length_bits", "set": [indices of revoked passes]}}}.
#[derive(Args)]
pub(crate) struct Sign {
    /// The key file of a key that the trust list allows "status-manifest".
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Where the bundle goes.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Verify a bundle and print its epoch, dates and lists.
#[derive(Args)]
pub(crate) struct Show {
    #[command(flatten)]
    held: Held,
}

/// Revoke one pass (or take that back) in a bundle, and sign the next epoch of it in its place.
#[derive(Args)]
pub(crate) struct Set {
    #[command(flatten)]
    held: Held,
    /// The key file of a key that the trust list allows "status-manifest".
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The list.
    #[arg(long, value_name = "URI")]
    uri: String,
    /// The pass's index in it.
    #[arg(long)]
    index: u32,
    /// Clear the bit instead of setting it.
    #[arg(long)]
    clear: bool,
    /// The moment it is signed at, RFC 3339; the machine's clock if it is not given. It will hold as long as the
    /// bundle before.
    #[arg(long, value_name = "RFC3339", value_parser = moment::argument)]
    now: Option<Timestamp>,
}

#[derive(Args)]
struct Held {
    /// The bundle.
    #[arg(long, value_name = "FILE")]
    status: PathBuf,
    /// The trust list (raw bytes) that says who may sign it.
    #[arg(long, value_name = "FILE")]
    trust: PathBuf,
    #[command(flatten)]
    roots: Roots,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignJson {
    epoch: u64,
    iat: String,
    exp: String,
    lists: BTreeMap<String, ListJson>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListJson {
    length_bits: u64,
    #[serde(default)]
    set: Vec<u32>,
}

/// One list's bits and how many of them count.
struct List {
    length_bits: u64,
    bits: Vec<u8>,
}

impl Status {
    pub(crate) fn run(self, machine: &Machine) -> Result<Done, CliError> {
        match self {
            Self::Sign(command) => command.run(),
            Self::Show(command) => command.run(),
            Self::Set(command) => command.run(machine),
        }
    }
}

impl Sign {
    fn run(&self) -> Result<Done, CliError> {
        let key = files::key(&self.key)?;
        let json: SignJson = files::stdin_json()?;
        let mut lists = BTreeMap::new();
        for (uri, list) in json.lists {
            if list.length_bits > LIST_BITS_MAX {
                return Err(StatusError::TooLarge.into());
            }
            let bytes = usize::try_from(list.length_bits.div_ceil(8)).map_err(|_| StatusError::TooLarge)?;
            let mut made = List {
                length_bits: list.length_bits,
                bits: vec![0; bytes],
            };
            for index in list.set {
                made.put(index, true)?;
            }
            lists.insert(uri, made);
        }
        let times = (moment::parse("iat", &json.iat)?, moment::parse("exp", &json.exp)?);
        write(json.epoch, times, &lists, &key, &self.out)
    }
}

impl Show {
    fn run(&self) -> Result<Done, CliError> {
        let trust = self.held.roots.verify(&self.held.trust, None)?;
        let bundle = Bundle::read(&self.held.status)?;
        let set = bundle.verify(&trust)?;
        let held = bundle.lists()?;
        let mut lists = Map::new();
        for (uri, entry) in set.manifest().lists() {
            let revoked = held
                .get(uri)
                .map(|bits| bits.iter().map(|byte| u64::from(byte.count_ones())).sum::<u64>());
            lists.insert(
                uri.clone(),
                json!({
                    "length_bits": entry.length_bits,
                    "sha256": hex::text(&entry.sha256),
                    "revoked": revoked,
                }),
            );
        }
        Ok(Done::json(json!({
            "verified": true,
            "epoch": set.manifest().epoch(),
            "iat": moment::text(set.manifest().issued_at()),
            "exp": moment::text(set.manifest().expires()),
            "lists": Value::Object(lists),
        })))
    }
}

impl Set {
    fn run(self, machine: &Machine) -> Result<Done, CliError> {
        let key = files::key(&self.key)?;
        let trust = self.held.roots.verify(&self.held.trust, None)?;
        let bundle = Bundle::read(&self.held.status)?;
        let set = bundle.verify(&trust)?;
        let manifest = set.manifest();
        let mut held = bundle.lists()?;
        let mut lists = BTreeMap::new();
        for (uri, entry) in manifest.lists() {
            let bits = held.remove(uri).ok_or(StatusError::UnknownList)?;
            let length_bits = entry.length_bits;
            lists.insert(uri.clone(), List { length_bits, bits });
        }
        let list = lists.get_mut(&self.uri).ok_or(StatusError::UnknownList)?;
        list.put(self.index, !self.clear)?;
        let now = self.now.unwrap_or(machine.now);
        let exp = now.plus(manifest.expires().since(manifest.issued_at()));
        write(manifest.epoch() + 1, (now, exp), &lists, &key, &self.held.status)
    }
}

impl List {
    fn put(&mut self, index: u32, revoked: bool) -> Result<(), CliError> {
        let wrong = CliError::Field {
            field: "index",
            expected: "a bit inside the list",
        };
        if u64::from(index) >= self.length_bits {
            return Err(wrong);
        }
        let at = usize::try_from(index / 8).ok();
        let byte = at.and_then(|at| self.bits.get_mut(at)).ok_or(wrong)?;
        let bit = 1 << (index % 8);
        *byte = if revoked { *byte | bit } else { *byte & !bit };
        Ok(())
    }
}

fn write(
    epoch: u64,
    (iat, exp): (Timestamp, Timestamp),
    lists: &BTreeMap<String, List>,
    key: &SecretKey,
    out: &Path,
) -> Result<Done, CliError> {
    let entry = |list: &List| ListEntry {
        length_bits: list.length_bits,
        sha256: Sha256::digest(&list.bits).into(),
    };
    let content = StatusContent {
        epoch,
        iat,
        exp,
        lists: lists
            .iter()
            .map(|(uri, list)| (uri.clone(), entry(list)))
            .collect(),
    };
    let manifest = StatusManifest::sign(&content, key);
    let bits = lists
        .iter()
        .map(|(uri, list)| (uri.clone(), list.bits.clone()))
        .collect();
    Bundle::new(&manifest, &bits).write(out)?;
    Ok(Done::json(json!({
        "epoch": epoch,
        "iat": moment::text(iat),
        "exp": moment::text(exp),
        "lists": lists.len(),
    })))
}
