//! How often and how fast poor camera pictures are read, beside zxing-cpp on the same pictures.
//!
//! `frames` as an argument measures the time of a camera's frame, `rates` how many of three levels of poor pictures are
//! read; without one, both. Tables go to stderr, figures as one line of JSON to stdout. zxing-cpp is run where
//! `KHYBER_PEER_PYTHON` names a Python that has it (`cargo xtask bench` sees to that); `KHYBER_BLESS=1` writes the table of
//! docs/camera.md anew.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss
)]

#[path = "../tests/camera/mod.rs"]
mod camera;

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use camera::{CODE_PIXELS, Chance, HEIGHT, LEVELS, Level, SHARP, Scene, WIDTH, payloads, picture};
use qr::{Ecc, Qr, decode_luma};
use rxing::common::HybridBinarizer;
use rxing::multi::MultipleBarcodeReader as _;
use rxing::qrcode::cpp_port::QrReader;
use rxing::{BinaryBitmap, DecodeHints, Luma8Source};
use serde_json::{Map, Value, json};

/// Pictures of each payload, width and level.
const PICTURES: u64 = 16;
/// Frames with a code, and without one, whose time is taken.
const FRAMES: u64 = 100;

fn main() {
    let named: Vec<String> = std::env::args()
        .skip(1)
        .filter(|name| !name.starts_with('-'))
        .collect();
    let wants = |name: &str| named.is_empty() || named.iter().any(|asked| asked == name);
    let mut peer = Peer::start();
    let mut figures = Map::new();
    if wants("rates") {
        rates(&mut figures, peer.as_mut());
    }
    if wants("frames") {
        frames(&mut figures, peer.as_mut());
    }
    println!("{}", Value::Object(figures));
}

/// zxing-cpp in a Python of its own, fed through pipes; the time it says is that of the reading alone.
struct Peer {
    child: Child,
    answers: BufReader<std::process::ChildStdout>,
}

impl Peer {
    fn start() -> Option<Self> {
        let python = std::env::var_os("KHYBER_PEER_PYTHON")?;
        let mut child = Command::new(python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/zxing_peer.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the peer starts");
        let answers = BufReader::new(child.stdout.take().unwrap());
        Some(Self { child, answers })
    }

    fn read(&mut self, width: usize, height: usize, luma: &[u8]) -> (Duration, Vec<String>) {
        let to = self.child.stdin.as_mut().unwrap();
        to.write_all(&(width as u32).to_le_bytes()).unwrap();
        to.write_all(&(height as u32).to_le_bytes()).unwrap();
        to.write_all(luma).unwrap();
        to.flush().unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).expect("the peer answers");
        let texts = answer["texts"].as_array().unwrap();
        let texts = texts
            .iter()
            .map(|text| text.as_str().unwrap().to_owned())
            .collect();
        (
            Duration::from_secs_f64(answer["us"].as_f64().unwrap() / 1e6),
            texts,
        )
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// One pass of the library that we build on, as it comes.
fn rxing_once(width: usize, height: usize, luma: &[u8]) -> Vec<String> {
    let read = || {
        let source = Luma8Source::new_with_slice(luma, width as u32, height as u32)?;
        let hints = DecodeHints {
            TryHarder: Some(true),
            ..DecodeHints::default()
        };
        QrReader.decode_multiple_with_hints(&mut BinaryBitmap::new(HybridBinarizer::new(source)), &hints)
    };
    let read = std::panic::catch_unwind(std::panic::AssertUnwindSafe(read));
    let texts = read.into_iter().flatten().flatten();
    texts.map(|result| result.getText().to_owned()).collect()
}

/// Read pictures of one cell of the table, by reader.
#[derive(Clone, Copy, Default)]
struct Cell {
    ours: u64,
    rxing: u64,
    peer: u64,
    count: u64,
}

impl Cell {
    fn add(&mut self, other: Self) {
        self.ours += other.ours;
        self.rxing += other.rxing;
        self.peer += other.peer;
        self.count += other.count;
    }

    fn percent(&self, read: u64) -> f64 {
        read as f64 * 100.0 / self.count.max(1) as f64
    }

    fn text(&self, with_peer: bool) -> String {
        let peer = if with_peer {
            format!("{:.0}", self.percent(self.peer))
        } else {
            "-".to_owned()
        };
        format!(
            "{:.0} / {:.0} / {peer}",
            self.percent(self.ours),
            self.percent(self.rxing)
        )
    }
}

fn cell(level: &Level, payload: (usize, &str), code_pixels: usize, peer: &mut Option<&mut Peer>) -> Cell {
    let (place, text) = payload;
    let qr = Qr::encode(text, Ecc::Low).unwrap();
    let mut cell = Cell::default();
    for seed in 0..PICTURES {
        let mut chance = Chance::new(seed * 1_000 + (place * 10) as u64 + code_pixels as u64);
        let scene = level.scene(WIDTH, HEIGHT, code_pixels as f64, &qr, &mut chance);
        let luma = picture(&[&qr], &scene, &mut chance);
        let has = |texts: Vec<String>| u64::from(texts.iter().any(|read| read == text));
        let one = Cell {
            ours: has(decode_luma(WIDTH as u32, HEIGHT as u32, &luma).unwrap()),
            rxing: has(rxing_once(WIDTH, HEIGHT, &luma)),
            peer: peer
                .as_mut()
                .map_or(0, |peer| has(peer.read(WIDTH, HEIGHT, &luma).1)),
            count: 1,
        };
        cell.add(one);
    }
    cell
}

fn rates(figures: &mut Map<String, Value>, mut peer: Option<&mut Peer>) {
    let with_peer = peer.is_some();
    let mut table =
        String::from("| payload | version | width | mild | moderate | harsh |\n|---|---|---|---|---|---|\n");
    let mut sums = [Cell::default(); 3];
    for (place, (name, text)) in payloads().iter().enumerate() {
        let version = Qr::encode(text, Ecc::Low).unwrap().version();
        for code_pixels in CODE_PIXELS {
            write!(table, "| {name} | {version} | {code_pixels} |").unwrap();
            for (level, sum) in LEVELS.iter().zip(&mut sums) {
                let cell = cell(level, (place, text), code_pixels, &mut peer);
                write!(table, " {} |", cell.text(with_peer)).unwrap();
                sum.add(cell);
            }
            table.push('\n');
        }
    }
    write!(table, "| **all** | | |").unwrap();
    for (level, sum) in LEVELS.iter().zip(&sums) {
        write!(table, " **{}** |", sum.text(with_peer)).unwrap();
        let floor = if with_peer {
            format!(
                "zxing-cpp {:.1} %, rxing {:.1} %",
                sum.percent(sum.peer),
                sum.percent(sum.rxing)
            )
        } else {
            format!("rxing {:.1} %", sum.percent(sum.rxing))
        };
        let value = (sum.percent(sum.ours) * 10.0).round() / 10.0;
        let figure = json!({"value": value, "unit": "%", "limit": null, "better": "higher", "floor": floor});
        figures.insert(format!("camera-read-{}", level.name), figure);
    }
    table.push('\n');
    eprintln!("\nread in %: ours / one pass of rxing / zxing-cpp\n{table}");
    if std::env::var_os("KHYBER_BLESS").is_some_and(|bless| bless == "1") {
        bless(&table);
    }
}

/// Puts the table between its marks in docs/camera.md.
fn bless(table: &str) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/camera.md");
    let page = std::fs::read_to_string(path).expect("docs/camera.md is there");
    let (before, rest) = page
        .split_once("<!-- table -->\n")
        .expect("a mark before the table");
    let (_, after) = rest
        .split_once("<!-- /table -->")
        .expect("a mark after the table");
    std::fs::write(
        path,
        format!("{before}<!-- table -->\n{table}<!-- /table -->{after}"),
    )
    .unwrap();
}

fn frames(figures: &mut Map<String, Value>, mut peer: Option<&mut Peer>) {
    let payloads = payloads();
    for empty in [false, true] {
        let (mut ours, mut peers) = (Vec::new(), Vec::new());
        for seed in 0..FRAMES {
            let (_, text) = &payloads[seed as usize % payloads.len()];
            let qr = Qr::encode(text, Ecc::Low).unwrap();
            let mut chance = Chance::new(seed);
            let scene = if empty {
                Scene {
                    width: 1280,
                    height: 720,
                    noise: 6.0,
                    blur: 1.0,
                    shade: 0.3,
                    ..SHARP
                }
            } else {
                LEVELS[0].scene(1280, 720, 400.0, &qr, &mut chance)
            };
            let codes = [&qr];
            let luma = picture(if empty { &[] } else { &codes }, &scene, &mut chance);
            ours.push(timed(|| {
                decode_luma(1280, 720, &luma).unwrap();
            }));
            if let Some(peer) = peer.as_mut() {
                peers.push(peer.read(1280, 720, &luma).0);
            }
        }
        for (name, part) in [("median", 0.5), ("p95", 0.95)] {
            let value = (milliseconds(&mut ours, part) * 100.0).round() / 100.0;
            let floor =
                (!peers.is_empty()).then(|| format!("zxing-cpp: {:.2} ms", milliseconds(&mut peers, part)));
            let what = if empty {
                "frame-without-code"
            } else {
                "frame-decode"
            };
            let figure =
                json!({"value": value, "unit": "ms", "limit": null, "better": "lower", "floor": floor});
            figures.insert(format!("{what}-1280x720-{name}"), figure);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
fn timed(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

fn milliseconds(times: &mut [Duration], part: f64) -> f64 {
    times.sort();
    let at = ((times.len() as f64 * part) as usize).min(times.len() - 1);
    times[at].as_secs_f64() * 1e3
}
