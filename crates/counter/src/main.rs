//! `counter`: the program at the service desk. The only place here that reads the clock and the randomness source.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use counter::province::Province;
use counter::station::{Settings, Station};
use counter::{App, key, roots, sync};
use credential::{ProvinceConfig, RootSet, Timestamp};
use loopback::Guard;
use serde_json::json;
use tokio::net::TcpListener;
use zeroize::Zeroizing;

/// How often newer signed data are asked for.
const SYNC_EVERY: Duration = Duration::from_mins(15);

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
    /// Serve the desk's page on this machine.
    Serve(Serve),
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
    /// Loopback address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Never ask the province for anything.
    #[arg(long)]
    offline: bool,
}

fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
    match Arguments::parse().command {
        Command::Key { data } => print_key(&data),
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
        Some(config) if !arguments.offline => Some(Province::new(config.api_url())?),
        _ => None,
    };
    let settings = Settings {
        roots,
        key: key::load(&arguments.data)?,
        certificate,
        audience: arguments.audience,
        offline: arguments.offline,
        configured: config.is_some(),
    };
    let station = Station::open(&arguments.data, settings)?;

    let listener = TcpListener::bind(arguments.listen)
        .await
        .context("the address cannot be listened on")?;
    let host = listener.local_addr()?.to_string();
    let token = loopback::token(&random()?);
    let app = Arc::new(App {
        station: Mutex::new(station),
        guard: Guard::new(&host, token.clone()),
        clock: Box::new(now),
        nonce: Box::new(|| random().ok()),
        province,
    });
    if !counter::page_is_here() {
        tracing::warn!(
            "this program was built without its page; run `npm run build` in ui and build it again"
        );
    }
    let url = format!("http://{host}");
    println!(
        "{}",
        json!({ "ready": true, "url": url, "page": format!("{url}/?token={token}"), "token": token })
    );

    let background = tokio::spawn(keep_current(app.clone()));
    loopback::serve(listener, counter::router(app)).await?;
    background.abort();
    Ok(())
}

fn read_config(file: &Path, roots: &RootSet) -> anyhow::Result<ProvinceConfig> {
    let bytes = fs::read(file).context("the province's configuration cannot be read")?;
    ProvinceConfig::verify(&bytes, roots, now())
        .context("the province's configuration is not properly signed")
}

async fn keep_current(app: Arc<App>) {
    if app.province.is_none() {
        return;
    }
    let mut ticks = tokio::time::interval(SYNC_EVERY);
    loop {
        ticks.tick().await;
        let report = sync::run(&app).await;
        match report.problem {
            None => tracing::info!(
                trust = report.trust_changed,
                status = report.status_changed,
                "synced"
            ),
            Some(code) => tracing::warn!(
                code = code.code(),
                "not synced; the desk goes on with what it has"
            ),
        }
    }
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

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where this program takes randomness"
)]
fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).context("this machine gives no randomness")?;
    Ok(bytes)
}
