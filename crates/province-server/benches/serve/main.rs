//! Serving under load, against bare handlers in processes of their own: public files against the same bytes, an idle sync
//! against one indexed read of the same database, on SQLite and on PostgreSQL. As one line of JSON.
//!
//! The load comes from a process of its own, over connections that stay open. Both servers run all the time and are asked
//! in turns, so that a busy machine slows both; the median of the rounds' own ratios counts. How late the slowest are is
//! measured at half of the rate that was just reached, from the moment at which each request was due.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::panic
)]

mod load;
mod people;
mod process;
mod servers;

use std::path::Path;

use sandbox::postgres::{Cluster, Durability};
use serde_json::{Value, json};

use load::{Load, Pace};
use process::{Process, postgres_worked};

/// Rounds of each comparison.
const ROUNDS: usize = 5;
/// Requests of one round of reads, and of one of syncs.
const READS: usize = 20_000;
const SYNCS: usize = 8_000;
/// Shares of the bare handlers' rates that are to be reached.
const READS_SHARE: f64 = 0.85;
const SYNC_SHARE: f64 = 0.7;
/// How many times the median the slowest of a hundred may take at half of the peak.
const LATE_MAX: f64 = 10.0;
/// Memory in MB.
const REST_MAX: f64 = 60.0;
const PEAK_MAX: f64 = 300.0;

fn main() {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("server") => servers::run(&arguments.next().unwrap()),
        Some("load") => load::run(&arguments.next().unwrap()),
        // `cargo bench` says `--bench`.
        _ => measure(),
    }
}

fn measure() {
    let mut figures = serde_json::Map::new();
    let folder = tempfile::tempdir().unwrap();
    on(folder.path(), "sqlite", None, &mut figures);
    let room = open_folder();
    let cluster = Cluster::start(room.path(), Durability::Full).unwrap();
    cluster.host().create("bench", None).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let url = cluster.host().url("bench");
    on(folder.path(), "postgres", Some(&url), &mut figures);
    println!("{}", Value::Object(figures));
}

/// A folder through which the cluster's own user may pass.
fn open_folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt as _;

    let everybody = std::fs::Permissions::from_mode(0o755);
    tempfile::Builder::new().permissions(everybody).tempdir().unwrap()
}

/// All figures of one database.
fn on(folder: &Path, engine: &str, url: Option<&str>, figures: &mut serde_json::Map<String, Value>) {
    let data = folder.join("province");
    let people = people::make(&data, url);
    let said = json!({ "data": data, "url": url, "people": people.ids() });
    let ours = Process::start("server", &with(&said, "ours"));
    let bare = Process::start("server", &with(&said, "bare"));
    let rest = ours.memory();
    if url.is_none() {
        for path in ["/v1/trust-list", "/v1/status-manifest", "/v1/catalogue"] {
            let load = |of: &Process| Load::reads(of.address(), path, READS).run(Pace::AsFast).rate;
            let compared = compare(|| load(&ours), || load(&bare));
            let name = format!("read{}", path.replace("/v1/", "-"));
            figures.insert(name, compared.figure(READS_SHARE, "bytes from memory"));
        }
    }
    let sync = |of: &Process, pace| Load::syncs(of.address(), &people, SYNCS).run(pace);
    let compared = compare(
        || sync(&ours, Pace::AsFast).rate,
        || sync(&bare, Pace::AsFast).rate,
    );
    figures.insert(
        format!("idle-sync-{engine}"),
        compared.figure(SYNC_SHARE, "one indexed read"),
    );
    let peak = ours.peak();
    let (before, database) = (ours.worked(), postgres_worked());
    sync(&ours, Pace::AsFast);
    let of_one = |seconds: f64| {
        let micros = seconds * 1e6 / f64::from(u32::try_from(SYNCS).unwrap());
        json!({ "value": micros, "unit": "us of one core", "limit": null, "better": "lower" })
    };
    figures.insert(format!("sync-costs-{engine}"), of_one(ours.worked() - before));
    if url.is_some() {
        let all = postgres_worked() - database;
        figures.insert("sync-costs-in-the-database".to_owned(), of_one(all));
    }

    let calm = sync(&ours, Pace::Every(compared.ours / 2.0));
    figures.insert(
        format!("late-at-half-peak-{engine}"),
        json!({
            "value": calm.late / calm.middle, "unit": "x", "limit": LATE_MAX, "better": "lower",
            "floor": format!("median {:.2} ms, p99 {:.2} ms", calm.middle * 1e3, calm.late * 1e3),
        }),
    );
    let megabytes =
        |value: f64, limit: f64| json!({ "value": value, "unit": "MB", "limit": limit, "better": "lower" });
    figures.insert(format!("memory-at-rest-{engine}"), megabytes(rest, REST_MAX));
    figures.insert(format!("memory-at-peak-{engine}"), megabytes(peak, PEAK_MAX));
}

fn with(said: &Value, which: &str) -> String {
    let mut said = said.clone();
    said["which"] = which.into();
    said.to_string()
}

/// What two servers reached in turns.
struct Compared {
    ours: f64,
    bare: f64,
    ratio: f64,
}

impl Compared {
    fn figure(&self, share: f64, of: &str) -> Value {
        json!({
            "value": self.ratio, "unit": "x", "limit": share, "better": "higher",
            "floor": format!("{of}: {:.0} a second; the province: {:.0}", self.bare, self.ours),
        })
    }
}

/// One round of each is not counted: connections, prepared statements and caches are there after it.
fn compare(ours: impl Fn() -> f64, bare: impl Fn() -> f64) -> Compared {
    ours();
    bare();
    let rounds: Vec<(f64, f64)> = (0..ROUNDS).map(|_| (ours(), bare())).collect();
    Compared {
        ours: median(rounds.iter().map(|(ours, _)| *ours).collect()),
        bare: median(rounds.iter().map(|(_, bare)| *bare).collect()),
        ratio: median(rounds.iter().map(|(ours, bare)| ours / bare).collect()),
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
