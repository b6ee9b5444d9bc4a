//! Status lists of the province's size: bytes against what information needs, time and memory, zlib beside.
//!
//! Prints one JSON object. Indices are drawn at random, as the province draws them, from a fixed seed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::wildcard_imports
)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use common::*;
use credential::*;
use serde_json::{Map, Value, json};

/// Places for 40.8 million people, in as many shards as the province has.
const SHARDS: u32 = Shape::PROVINCE.shards();
const LOOKUPS: u32 = 10_000_000;
const CHANGES: usize = 1_360;

fn main() {
    let mut arguments = std::env::args()
        .skip_while(|argument| argument != RESIDENT)
        .skip(1);
    if let Some(folder) = arguments.next() {
        println!("{}", held_by(Path::new(&folder)));
        return;
    }
    let mut figures = Map::new();
    let shape = Shape::PROVINCE;
    for (name, share) in [("0.1", 0.001), ("1", 0.01), ("5", 0.05)] {
        list(&mut figures, name, shape, share);
    }
    day(&mut figures, shape);
    println!("{}", Value::Object(figures));
}

/// The same numbers every time (Knuth's MMIX constants).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 32) as u32
    }

    fn below(&mut self, limit: u64) -> u32 {
        ((u64::from(self.next()) * limit) >> 32) as u32
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a bench reads the clock: that is what it is for"
)]
fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let start = Instant::now();
    let done = work();
    (start.elapsed().as_secs_f64() * 1e3, done)
}

fn list(figures: &mut Map<String, Value>, name: &str, shape: Shape, density: f64) {
    let mut numbers = Numbers(1);
    let threshold = (density * 4_294_967_296.0) as u32;
    let indices: Vec<u32> = (0..shape.length() as u32)
        .filter(|_| numbers.next() < threshold)
        .collect();

    let (build, (content, shards, bitmap)) = timed(|| {
        let bitmap = Bitmap::with(shape, indices.iter().copied()).unwrap();
        let shards: Vec<Vec<u8>> = (0..SHARDS)
            .map(|number| bitmap.encoded(number).unwrap())
            .collect();
        (content_of(&[(StatusPurpose::Revoked, &bitmap)]), shards, bitmap)
    });
    let bytes: usize = shards.iter().map(Vec::len).sum();
    let p = bitmap.count() as f64 / shape.length() as f64;
    let bound = -(p * p.log2() + (1.0 - p) * (1.0 - p).log2()) * shape.length() as f64 / 8.0;

    let raw: Vec<u8> = (0..SHARDS)
        .flat_map(|number| bitmap.shard(number).unwrap().to_vec())
        .collect();
    let (zlib_time, zlib) = timed(|| miniz_oxide::deflate::compress_to_vec_zlib(&raw, 9).len());
    drop((raw, bitmap));

    let manifest = manifest_of(&content);
    let table: Vec<u8> = {
        let whole = Bitmap::decode(shape, &shards.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
        whole.table()
    };
    let memory = resident_of_another(manifest.bytes(), &table, &shards);
    let (load, set) = timed(|| {
        let mut set = StatusSet::new(manifest);
        let first = set.missing().remove(0);
        set.add(&first, &table).unwrap();
        for piece in set.missing() {
            set.add(&piece, &shards[piece.shard.unwrap() as usize]).unwrap();
        }
        assert!(set.is_whole());
        set
    });
    let mut at = StatusRef {
        index: 0,
        uri: LIST.to_owned(),
    };
    let mut numbers = Numbers(2);
    let (look, found) = timed(|| {
        let mut found = 0_u32;
        for _ in 0..LOOKUPS {
            at.index = numbers.below(shape.length());
            found += u32::from(black_box(set.standing(&at)) == Some(Standing::Revoked));
        }
        found
    });
    assert!((f64::from(found) / f64::from(LOOKUPS) - p).abs() < 0.002);

    let mut put = |what: &str, value: f64, unit: &str, limit: Option<f64>, floor: Option<String>| {
        let mut figure = json!({"value": value, "unit": unit, "limit": limit, "better": "lower"});
        if let Some(floor) = floor {
            figure["floor"] = json!(floor);
        }
        figures.insert(format!("status-{name}-percent-{what}"), figure);
    };
    let against = format!("{bytes} bytes, entropy {bound:.0}");
    put(
        "bytes",
        bytes as f64 / bound,
        "x the entropy",
        Some(1.02),
        Some(against),
    );
    let peer = format!("zlib level 9: {zlib} bytes in {zlib_time:.0} ms");
    put(
        "against-zlib",
        bytes as f64 / zlib as f64,
        "x zlib 9",
        Some(1.0),
        Some(peer),
    );
    put(
        "build",
        build,
        "ms",
        None,
        Some("indices to shards, hashes and manifest".to_owned()),
    );
    put(
        "load",
        load,
        "ms",
        Some(2_000.0),
        Some("shards to proven bits in memory".to_owned()),
    );
    put("lookups", look, "ms for 10 million", None, None);
    put(
        "memory",
        memory as f64 / 1e6,
        "MB",
        Some(6.0),
        Some("resident, in a process that holds nothing else".to_owned()),
    );
}

/// Says to hold the list in a folder and tell what that takes.
const RESIDENT: &str = "--resident";

/// What a list takes that another process holds: this one has memory to spare of what it did before.
fn resident_of_another(manifest: &[u8], table: &[u8], shards: &[Vec<u8>]) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("manifest", manifest);
    write("table", table);
    for (number, shard) in shards.iter().enumerate() {
        write(&number.to_string(), shard);
    }
    let program = std::env::current_exe().unwrap();
    let output = Command::new(program)
        .arg(RESIDENT)
        .arg(folder.path())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

/// Bytes that the list in a folder takes in memory.
fn held_by(folder: &Path) -> u64 {
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let mut set = StatusSet::new(StatusManifest::verify(&read("manifest"), &trust(), None).unwrap());
    let first = set.missing().remove(0);
    let before = resident();
    set.add(&first, &read("table")).unwrap();
    for piece in set.missing() {
        set.add(&piece, &read(&piece.shard.unwrap().to_string())).unwrap();
    }
    assert!(black_box(&set).is_whole());
    let held = resident() - before;
    let bits = u64::from(SHARDS) << 20;
    assert!(held >= bits / 8, "a list cannot take less than its bits");
    held
}

/// Memory of this process, in bytes, as Linux counts it.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}

/// A day's changes: among the revoked alone, and with three in ten among the suspended.
fn day(figures: &mut Map<String, Value>, shape: Shape) {
    let mut numbers = Numbers(3);
    let mut changes: Vec<u32> = (0..CHANGES).map(|_| numbers.below(shape.length())).collect();
    changes.sort_unstable();
    changes.dedup();
    for (name, suspended) in [("one-bitmap", 0), ("two-bitmaps", CHANGES * 3 / 10)] {
        let mut delta = StatusDelta::new(1_000_000, 1_001_360);
        let (paused, ended): (Vec<_>, Vec<_>) = changes
            .iter()
            .enumerate()
            .partition(|(n, _)| n * 7 % CHANGES < suspended);
        let mut turn = |purpose, of: Vec<(usize, &u32)>| {
            let indices = of.into_iter().map(|(_, index)| *index);
            delta.turn("id", purpose, shape.length(), indices).unwrap();
        };
        turn(StatusPurpose::Revoked, ended);
        turn(StatusPurpose::Suspended, paused);
        let bytes = delta.encode().len();
        let floor = format!("{} changes", delta.count());
        let figure =
            json!({"value": bytes, "unit": "bytes", "limit": 3072, "better": "lower", "floor": floor});
        figures.insert(format!("status-day-{name}"), figure);
    }
}
