//! `counter`: the program at the service desk. The only place here that reads the clock and the randomness source.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use commands::OfficerCommand;
use counter::clock::Watch;
use counter::province::Province;
use counter::reader::LocalReader;
use counter::schedule::Schedule;
use counter::station::{Settings, Station};
use counter::store::Store;
use counter::{App, gate, key, page_file, roots, sync};
use credential::{BUNDLE_BYTES_MAX, ProvinceConfig, RootSet, Timestamp};
use loopback::Guard;
use province_api::proofing::FingerReader;
use scan_log::Event;
use serde_json::json;
use tokio::net::TcpListener;
use zeroize::Zeroizing;

/// How often the scan log is looked after.
const LOG_EVERY: Duration = Duration::from_mins(1);

mod commands;

/// Checks Khyber Pass codes at a service desk, with or without a network.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make the station's key if there is none, and print its public half for the counter certificate.
    Key {
        /// The desk's data folder.
        #[arg(long)]
        data: PathBuf,
    },
    /// Take over an update that was carried here, for a desk that is not running; a running one takes it on its page.
    Import {
        /// The desk's data folder.
        #[arg(long)]
        data: PathBuf,
        /// The update, as `province-server bundle` writes it.
        file: PathBuf,
    },
    /// Add, list or repair the officers of a desk.
    Officer {
        #[command(subcommand)]
        command: OfficerCommand,
    },
    /// Serve the desk's page on this machine.
    Serve(Serve),
    /// What the desk is for.
    #[command(subcommand)]
    Profile(ProfileCommand),
    /// The scan log.
    #[command(subcommand)]
    Log(Log),
    /// Staff attendance.
    #[command(subcommand)]
    Gate(Gate),
}

#[derive(Debug, Subcommand)]
enum ProfileCommand {
    /// Check a service profile and keep it; it holds from the desk's next start.
    Set {
        /// The desk's data folder.
        #[arg(long)]
        data: PathBuf,
        /// The profile, as docs/desk.md describes it.
        #[arg(long)]
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
enum Log {
    /// Hand the whole scan log out as a file, one JSON object on each line; `khyber log verify` looks at it. Works while
    /// the desk serves.
    Export {
        /// The desk's data folder.
        #[arg(long)]
        data: PathBuf,
        /// Where to write it.
        #[arg(long)]
        out: PathBuf,
        /// Only what came behind the seal with this number, for `khyber log verify --since-seal`.
        #[arg(long, value_name = "NUMBER")]
        since_seal: Option<u64>,
    },
}

#[derive(Debug, Subcommand)]
enum Gate {
    /// Write who came and went on a day as CSV. Works while the gate serves.
    Sheet {
        /// The desk's data folder.
        #[arg(long)]
        data: PathBuf,
        /// The day in Pakistan, YYYY-MM-DD.
        #[arg(long)]
        day: String,
        /// Where to write it.
        #[arg(long)]
        out: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
struct Serve {
    /// The desk's data folder.
    #[arg(long)]
    data: PathBuf,
    /// The province's signed configuration; without it the desk works with what it holds.
    #[arg(long)]
    config: Option<PathBuf>,
    /// The counter certificate.
    #[arg(long, required_unless_present = "audience")]
    certificate: Option<PathBuf>,
    /// The service class of a desk without a certificate.
    #[arg(long, conflicts_with = "certificate")]
    audience: Option<String>,
    /// An update that came with the program: taken over at the start where it is newer than what the desk holds, so that
    /// the first day needs no network.
    #[arg(long)]
    snapshot: Option<PathBuf>,
    /// Loopback address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Where to write the address of the page with its token, for the desk's browser; readable by user and group.
    #[arg(long)]
    page_file: Option<PathBuf>,
    /// What the desk is for (docs/desk.md); kept for the next start.
    #[arg(long)]
    profile: Option<PathBuf>,
    /// Never ask the province for anything.
    #[arg(long)]
    offline: bool,
    /// The file that names the reader of fingers on this machine (docs/desk.md), for a desk that enrols citizens.
    #[arg(long)]
    reader: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
    match Arguments::parse().command {
        Command::Key { data } => print_key(&data),
        Command::Import { data, file } => import(&data, &file),
        Command::Log(Log::Export {
            data,
            out,
            since_seal,
        }) => commands::export_log(&data, &out, since_seal, now()),
        Command::Gate(Gate::Sheet { data, day, out }) => attendance_sheet(&data, &day, &out),
        Command::Officer { command } => command.run(random, now()),
        Command::Profile(ProfileCommand::Set { data, file }) => {
            commands::keep_profile(&data, &file, None, now())?;
            say_misfits(&data)
        }
        Command::Serve(arguments) => {
            anyhow::ensure!(
                arguments.listen.ip().is_loopback(),
                "the counter listens on loopback only"
            );
            tokio::runtime::Runtime::new()?.block_on(serve(arguments))
        }
    }
}

fn print_key(data: &Path) -> anyhow::Result<()> {
    let key = key::load_or_make(data, &Zeroizing::new(random()?))?;
    println!(
        "{}",
        json!({ "public_key": hex::encode(key.public().as_bytes()) })
    );
    Ok(())
}

fn read_update(file: &Path) -> anyhow::Result<Vec<u8>> {
    let length = fs::metadata(file).context("the update cannot be read")?.len();
    anyhow::ensure!(
        length <= BUNDLE_BYTES_MAX as u64,
        "the file is too large for an update"
    );
    fs::read(file).context("the update cannot be read")
}

/// A desk starts without its snapshot too, with what it holds; what became of it is said where the program's start is.
fn take_snapshot(station: &mut Station, file: &Path) -> &'static str {
    let taken = match read_update(file) {
        Ok(bytes) => station.take_snapshot(&bytes, now()),
        Err(error) => {
            tracing::error!("{error:#}");
            Err(counter::StationCode::UpdateUnreadable)
        }
    };
    match taken {
        Ok(Some(_)) => "taken",
        Ok(None) => "older",
        Err(code) => {
            tracing::error!(code = code.code(), "the snapshot was not taken over");
            code.code()
        }
    }
}

/// The desk for a command: it asks nobody and verifies no visitor.
fn open_unasked(data: &Path) -> anyhow::Result<Station> {
    let settings = Settings {
        roots: roots::pinned()?,
        key: key::load(data)?,
        certificate: None,
        audience: Some(String::new()),
        asks: false,
        offline: true,
        configured: false,
    };
    Ok(Station::open(data, settings)?)
}

/// A profile is kept also where it contradicts the province's rule, which may change any day; whoever set it is told.
fn say_misfits(data: &Path) -> anyhow::Result<()> {
    let misfits = open_unasked(data)?.misfits();
    println!("{}", json!({ "kept": true, "misfits": misfits }));
    Ok(())
}

fn warn_of_misfits(station: &Station) {
    for misfit in station.misfits() {
        let about = misfit.ask.as_deref().unwrap_or("mode");
        tracing::warn!(
            code = misfit.code,
            about,
            "the profile wants what the service's rule refuses"
        );
    }
}

fn import(data: &Path, file: &Path) -> anyhow::Result<()> {
    let bytes = read_update(file)?;
    let mut station = open_unasked(data)?;
    let taken = station
        .take_carried(&bytes, now())
        .map_err(|code| anyhow::anyhow!("{}: the desk goes on with what it has", code.code()))?;
    println!(
        "{}",
        json!({
            "trust_changed": taken.trust,
            "types_changed": taken.types,
            "status_changed": taken.status,
            "rules_changed": taken.rules,
        })
    );
    Ok(())
}

fn attendance_sheet(data: &Path, day: &str, out: &Path) -> anyhow::Result<()> {
    let day = scan_log::day_from_text(day).context("a day is written as 2026-03-01")?;
    let store = Store::open(&data.join("counter.sqlite"), &key::load(data)?)?;
    let sheet = gate::day_sheet(&store, &gate::kept_rules(&store)?, day, now())?;
    fs::write(out, sheet).context("the file cannot be written")?;
    println!("{}", json!({ "out": out }));
    Ok(())
}

async fn serve(arguments: Serve) -> anyhow::Result<()> {
    let roots = roots::pinned()?;
    fs::create_dir_all(&arguments.data).context("the data folder cannot be made")?;
    let config = arguments
        .config
        .as_deref()
        .map(|file| read_config(file, &roots))
        .transpose()?;
    let certificate = match &arguments.certificate {
        Some(file) => Some(fs::read(file).context("the counter certificate cannot be read")?),
        None => None,
    };
    let province = match &config {
        Some(config) if !arguments.offline => Some(Province::new(config.api_url(), config.tls_roots())?),
        _ => None,
    };
    if let Some(file) = &arguments.profile {
        commands::keep_profile(&arguments.data, file, certificate.as_deref(), now())?;
    }
    let reader = arguments
        .reader
        .as_deref()
        .map(|file| LocalReader::of_file(file, tokio::runtime::Handle::current()))
        .transpose()?;
    let settings = Settings {
        roots,
        key: key::load(&arguments.data)?,
        certificate,
        audience: arguments.audience,
        asks: true,
        offline: arguments.offline,
        configured: config.is_some(),
    };
    let mut station = Station::open(&arguments.data, settings)?;
    if let Err(code) = station.start_log(now()) {
        // The page opens anyway and says so at the first visitor: nothing is decided that cannot be written down.
        tracing::error!(
            code = code.code(),
            "that the desk started could not be written down"
        );
    }
    warn_of_misfits(&station);
    let snapshot = arguments.snapshot.as_deref();
    let snapshot = snapshot.map(|file| take_snapshot(&mut station, file));
    let setup_code = random::<4>()?;
    let setup = station.open_officers(
        || format!("{:08}", u32::from_be_bytes(setup_code) % 100_000_000),
        now(),
    )?;

    let listener = TcpListener::bind(arguments.listen)
        .await
        .context("the address cannot be listened on")?;
    let host = listener.local_addr()?.to_string();
    let page_file = arguments.page_file.as_deref();
    let held = page_file.and_then(|file| page_file::held_token(file, &host));
    let token = match held {
        Some(token) => token,
        None => loopback::token(&random()?),
    };
    let app = Arc::new(App {
        station: Mutex::new(station),
        guard: Guard::new(&host, token.clone()),
        clock: Box::new(now),
        nonce: Box::new(|| random().ok()),
        province,
        reader: reader.map(|reader| Arc::new(reader) as Arc<dyn FingerReader>),
    });
    if !counter::page_is_here() {
        tracing::warn!(
            "this program was built without its page; run `npm run build` in ui and build it again"
        );
    }
    if let Some(file) = page_file {
        page_file::write(file, &host, &token).context("the page's address cannot be written")?;
    }
    let page = page_file::address(&host, &token);
    println!(
        "{}",
        json!({
            "ready": true,
            "url": format!("http://{host}"),
            "page": page,
            "citizen": format!("http://{host}/citizen?token={token}"),
            "token": token,
            // The first supervisor is made on the screen with this code, or by `counter officer add`.
            "setup": setup,
            // `taken`, `older` than what is held, or why it was refused.
            "snapshot": snapshot,
        })
    );

    let background = [
        tokio::spawn(keep_current(app.clone())),
        tokio::spawn(look_after_log(app.clone())),
    ];
    loopback::serve(listener, counter::router(app.clone())).await?;
    for task in background {
        task.abort();
    }
    app.station()
        .stop_log(now())
        .context("that the desk stopped could not be written down")?;
    Ok(())
}

fn read_config(file: &Path, roots: &RootSet) -> anyhow::Result<ProvinceConfig> {
    let bytes = fs::read(file).context("the province's configuration cannot be read")?;
    ProvinceConfig::verify(&bytes, roots, now())
        .context("the province's configuration is not properly signed")
}

/// Closes the log's days and seals what waited for long, though nobody comes.
async fn look_after_log(app: Arc<App>) {
    let mut ticks = tokio::time::interval(LOG_EVERY);
    let began = steady();
    let mut watch = Watch::default();
    loop {
        ticks.tick().await;
        let now = now();
        let went_forward = watch.went_forward(now, began.elapsed());
        let mut station = app.station();
        let noted = if went_forward {
            station.log_event(Event::ClockSetForward, None, now)
        } else {
            Ok(())
        };
        if let Err(code) = noted.and_then(|()| station.look_after_log(now)) {
            tracing::error!(code = code.code(), "the scan log was not sealed");
        }
    }
}

async fn keep_current(app: Arc<App>) {
    if app.province.is_none() {
        return;
    }
    let mut schedule = Schedule::default();
    let knows_something = app.station().knows_something();
    let mut wait = Schedule::first(knows_something, dice());
    loop {
        tokio::time::sleep(wait).await;
        let report = sync::run(&app).await;
        match report.problem {
            None => tracing::info!(
                trust = report.trust_changed,
                status = report.status_changed,
                rules = report.rules_changed,
                "synced"
            ),
            Some(code) => tracing::warn!(
                code = code.code(),
                "not synced; the desk goes on with what it has"
            ),
        }
        wait = schedule.next(report.problem.is_none(), dice());
    }
}

/// A random number; the middle where the machine gives none, which spreads no desks and stops none.
fn dice() -> u32 {
    random().map_or(u32::MAX / 2, u32::from_ne_bytes)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where this program reads the clock"
)]
fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_unix(since.as_secs())
}

/// A clock that nobody can set, to hold the other one against.
#[expect(clippy::disallowed_methods, reason = "this program's entry point")]
fn steady() -> Instant {
    Instant::now()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where this program takes randomness"
)]
fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).context("this machine gives no randomness")?;
    Ok(bytes)
}

#[cfg(test)]
#[path = "../../../tests/documented.rs"]
mod documented;

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    #[test]
    fn the_documents_show_only_commands_that_there_are() {
        super::documented::all_parse(&["counter", "khyber-counter"], 6, |words| {
            super::Arguments::try_parse_from(words)
        });
    }
}
