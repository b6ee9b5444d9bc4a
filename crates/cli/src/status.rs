//! `khyber status`: which passes are revoked, suspended or used up.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use credential::{
    Bitmap, ListEntry, SecretKey, Shape, StatusBundle, StatusContent, StatusDelta, StatusError,
    StatusManifest, StatusPurpose, StatusSet, Timestamp, TrustList,
};
use qr::{Ecc, Qr};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::CliError;
use crate::roots::Roots;
use crate::{Done, Machine, Output, files, moment};

/// Pixels for each module of a PNG.
const PIXELS: u32 = 8;

/// Status bundles (docs/format.cddl, status-bundle): a signed manifest and its lists, or the changes that lead to it.
///
/// A list is an index space; each of its bitmaps says revoked, suspended or consumed.
#[derive(Subcommand)]
pub(crate) enum Status {
    Sign(Sign),
    Show(Show),
    Set(Set),
    Changes(Changes),
    Apply(Apply),
    Frames(Frames),
}

/// Make the lists (JSON) on stdin, sign their manifest, and write both as a bundle.
///
/// The JSON: {"epoch", "iat", "exp": RFC 3339, "lists": {name: {"shards", "shard_bits", "revoked": [indices],
/// "suspended": [indices], "consumed": [indices]}}}; a bitmap that is not given is not there, an empty one is. The bits
/// of a shard are a power of two.
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

/// Set one bit (or clear it) in a bundle, and sign the next epoch of it in its place.
#[derive(Args)]
pub(crate) struct Set {
    #[command(flatten)]
    held: Held,
    /// The key file of a key that the trust list allows "status-manifest".
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The list.
    #[arg(long, value_name = "NAME")]
    list: String,
    /// The pass's index in it.
    #[arg(long)]
    index: u32,
    /// What the bit says.
    #[arg(long = "as", value_enum, default_value = "revoked")]
    purpose: Purpose,
    /// Clear the bit instead of setting it.
    #[arg(long)]
    clear: bool,
    /// The moment it is signed at, RFC 3339; the machine's clock if it is not given. It will hold as long as the
    /// bundle before.
    #[arg(long, value_name = "RFC3339", value_parser = moment::argument)]
    now: Option<Timestamp>,
}

/// Write the changes from one whole bundle to a later one, as a small bundle for desks that have the earlier one.
#[derive(Args)]
pub(crate) struct Changes {
    #[command(flatten)]
    held: Held,
    /// The later bundle.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Where the changes go.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Bring a whole bundle forward by another one, as a desk does, in its place.
#[derive(Args)]
pub(crate) struct Apply {
    #[command(flatten)]
    held: Held,
    /// The bundle with the changes, or a whole one.
    #[arg(long, value_name = "FILE")]
    update: PathBuf,
}

/// Print the QR texts (KPU:) that carry a bundle to the camera of a desk, one on each line. Any of them will do, as many
/// as the bundle alone takes.
#[derive(Args)]
pub(crate) struct Frames {
    /// The bundle, 16,668 bytes at most once it is packed: a day's changes, with type register and risk rules or without.
    #[arg(value_name = "FILE")]
    bundle: PathBuf,
    /// How many codes there are beyond those that it takes, so that a reader need not wait for those that it missed.
    #[arg(long, default_value_t = 6)]
    parity: usize,
    /// Also write each as a PNG in this folder: 000.png, 001.png, ...
    #[arg(long, value_name = "FOLDER")]
    png: Option<PathBuf>,
    /// Also write each as an SVG in this folder: 000.svg, 001.svg, ...
    #[arg(long, value_name = "FOLDER")]
    svg: Option<PathBuf>,
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

#[derive(Clone, Copy, ValueEnum)]
enum Purpose {
    Revoked,
    Suspended,
    Consumed,
}

impl From<Purpose> for StatusPurpose {
    fn from(purpose: Purpose) -> Self {
        match purpose {
            Purpose::Revoked => Self::Revoked,
            Purpose::Suspended => Self::Suspended,
            Purpose::Consumed => Self::Consumed,
        }
    }
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
    shards: u32,
    shard_bits: u32,
    revoked: Option<Vec<u32>>,
    suspended: Option<Vec<u32>>,
    consumed: Option<Vec<u32>>,
}

type Lists = BTreeMap<String, BTreeMap<StatusPurpose, Bitmap>>;

impl Status {
    pub(crate) fn run(self, machine: &Machine) -> Result<Done, CliError> {
        match self {
            Self::Sign(command) => command.run(),
            Self::Show(command) => command.run(),
            Self::Set(command) => command.run(machine),
            Self::Changes(command) => command.run(),
            Self::Apply(command) => command.run(),
            Self::Frames(command) => command.run(),
        }
    }
}

/// The whole status data in a bundle, verified.
pub(crate) fn read(path: &Path, trust: &TrustList) -> Result<StatusSet, CliError> {
    Ok(StatusBundle::decode(&files::file(path)?)?.open(trust, None)?)
}

impl Held {
    fn open(&self) -> Result<(TrustList, StatusSet), CliError> {
        let trust = self.roots.verify(&self.trust, None)?;
        let set = read(&self.status, &trust)?;
        Ok((trust, set))
    }
}

impl Sign {
    fn run(&self) -> Result<Done, CliError> {
        let key = files::key(&self.key)?;
        let json: SignJson = files::stdin_json()?;
        let mut lists = Lists::new();
        for (name, list) in json.lists {
            let shape = Shape::new(list.shards, list.shard_bits)?;
            let given = [
                (StatusPurpose::Revoked, list.revoked),
                (StatusPurpose::Suspended, list.suspended),
                (StatusPurpose::Consumed, list.consumed),
            ];
            let mut bitmaps = BTreeMap::new();
            for (purpose, indices) in given {
                if let Some(indices) = indices {
                    bitmaps.insert(purpose, Bitmap::with(shape, indices)?);
                }
            }
            lists.insert(name, bitmaps);
        }
        let times = (moment::parse("iat", &json.iat)?, moment::parse("exp", &json.exp)?);
        write(json.epoch, times, &lists, &key, &self.out)
    }
}

impl Show {
    fn run(&self) -> Result<Done, CliError> {
        let (_, set) = self.held.open()?;
        let mut lists = Map::new();
        for (name, entry) in set.manifest().lists() {
            let mut list = Map::new();
            list.insert("shards".to_owned(), json!(entry.shape.shards()));
            list.insert("shard_bits".to_owned(), json!(entry.shape.shard_bits()));
            for purpose in entry.bitmaps.keys() {
                let count = set.bitmap(name, *purpose).map(|bitmap| bitmap.count());
                list.insert(purpose.as_str().to_owned(), json!(count));
            }
            lists.insert(name.clone(), Value::Object(list));
        }
        Ok(Done::json(json!({
            "verified": true,
            "epoch": set.manifest().epoch(),
            "iat": moment::text(set.manifest().issued_at()),
            "exp": moment::text(set.manifest().expires()),
            "lists": lists,
        })))
    }
}

impl Set {
    fn run(self, machine: &Machine) -> Result<Done, CliError> {
        let key = files::key(&self.key)?;
        let (_, set) = self.held.open()?;
        let manifest = set.manifest();
        let mut lists = lists_of(&set);
        let bitmaps = lists.get_mut(&self.list).ok_or(StatusError::UnknownList)?;
        let bitmap = bitmaps
            .get_mut(&self.purpose.into())
            .ok_or(StatusError::UnknownList)?;
        let is_set = bitmap.get(self.index).ok_or(CliError::Field {
            field: "index",
            expected: "a bit inside the list",
        })?;
        if is_set == self.clear {
            bitmap.flip(&[self.index])?;
        }
        let now = self.now.unwrap_or(machine.now);
        let exp = now.plus(manifest.expires().since(manifest.issued_at()));
        write(manifest.epoch() + 1, (now, exp), &lists, &key, &self.held.status)
    }
}

impl Changes {
    fn run(&self) -> Result<Done, CliError> {
        let (trust, before) = self.held.open()?;
        let after = read(&self.to, &trust)?;
        if before.manifest().epoch() >= after.manifest().epoch() {
            return Err(StatusError::Older.into());
        }
        let mut delta = StatusDelta::new(before.manifest().epoch(), after.manifest().epoch());
        for (name, bitmaps) in lists_of(&after) {
            for (purpose, bitmap) in bitmaps {
                let length = bitmap.shape().length();
                delta.turn(&name, purpose, length, bitmap.indices())?;
                if let Some(before) = before.bitmap(&name, purpose) {
                    delta.turn(&name, purpose, length, before.indices())?;
                }
            }
        }
        // What a desk would do with it: it must lead there.
        before.advance(after.manifest(), &delta)?;
        let changes = delta.count();
        let bundle = StatusBundle {
            manifest: after.manifest().bytes().to_vec(),
            deltas: vec![delta],
            ..StatusBundle::default()
        };
        let bytes = bundle.encode();
        files::write(&self.out, &bytes)?;
        Ok(Done::json(json!({
            "from": before.manifest().epoch(),
            "to": after.manifest().epoch(),
            "changes": changes,
            "size_bytes": bytes.len(),
        })))
    }
}

impl Apply {
    fn run(&self) -> Result<Done, CliError> {
        let (trust, held) = self.held.open()?;
        let update = StatusBundle::decode(&files::file(&self.update)?)?;
        let next = update.open(&trust, Some(&held))?;
        let whole = StatusBundle::whole(&next).ok_or(StatusError::OtherStart)?;
        files::write(&self.held.status, &whole.encode())?;
        Ok(Done::json(json!({
            "from": held.manifest().epoch(),
            "to": next.manifest().epoch(),
        })))
    }
}

impl Frames {
    fn run(&self) -> Result<Done, CliError> {
        let bytes = files::file(&self.bundle)?;
        let texts = StatusBundle::decode(&bytes)?.to_codes(self.parity);
        let texts = texts.ok_or(CliError::Field {
            field: "bundle",
            expected: "16,668 bytes at most once it is packed",
        })?;
        for (number, text) in texts.iter().enumerate() {
            let code = Qr::encode(text, Ecc::Low)?;
            if let Some(folder) = &self.png {
                files::write(&folder.join(format!("{number:03}.png")), &code.png(PIXELS)?)?;
            }
            if let Some(folder) = &self.svg {
                files::write(&folder.join(format!("{number:03}.svg")), code.svg().as_bytes())?;
            }
        }
        Ok(Done {
            output: Output::Lines(texts),
            exit: 0,
        })
    }
}

fn lists_of(set: &StatusSet) -> Lists {
    let lists = set.manifest().lists().iter();
    lists
        .map(|(name, entry)| {
            let bitmap = |purpose: &StatusPurpose| Some((*purpose, set.bitmap(name, *purpose)?));
            (name.clone(), entry.bitmaps.keys().filter_map(bitmap).collect())
        })
        .collect()
}

fn write(
    epoch: u64,
    (iat, exp): (Timestamp, Timestamp),
    lists: &Lists,
    key: &SecretKey,
    out: &Path,
) -> Result<Done, CliError> {
    let mut content = StatusContent {
        epoch,
        iat,
        exp,
        lists: BTreeMap::new(),
    };
    let mut bundle = StatusBundle::default();
    for (name, bitmaps) in lists {
        let shape = bitmaps.values().next().map(Bitmap::shape);
        let entry = ListEntry {
            shape: shape.ok_or(StatusError::Malformed)?,
            bitmaps: bitmaps
                .iter()
                .map(|(purpose, bitmap)| (*purpose, bitmap.root()))
                .collect(),
        };
        let shards = |bitmap: &Bitmap| {
            (0..bitmap.shape().shards())
                .filter_map(|n| bitmap.encoded(n))
                .collect()
        };
        let encoded = bitmaps.iter().map(|(purpose, bitmap)| (*purpose, shards(bitmap)));
        bundle.lists.insert(name.clone(), encoded.collect());
        content.lists.insert(name.clone(), entry);
    }
    bundle.manifest = StatusManifest::sign(&content, key)?;
    let bytes = bundle.encode();
    // A name that no reader takes is refused here, before it is published.
    StatusBundle::decode(&bytes)?;
    files::write(out, &bytes)?;
    Ok(Done::json(json!({
        "epoch": epoch,
        "iat": moment::text(iat),
        "exp": moment::text(exp),
        "lists": lists.len(),
    })))
}
