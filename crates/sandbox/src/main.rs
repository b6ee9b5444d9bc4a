//! `sandbox`: the simulated NADRA and the hostile network as programs on loopback, and the simulated queue at a desk on its
//! own standard input.

use std::io::{BufRead as _, Cursor, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use credential::{PublicKey, Timestamp};
use image::{ImageFormat, Rgb, RgbImage};
use loopback::Guard;
use sandbox::crowd::{Crowd, Show};
use sandbox::nadra::{Nadra, guarded_router};
use sandbox::proxy::{Proxy, Weather, control_router};

/// Stand-ins for what cannot be reached from a test.
#[derive(Parser)]
struct Arguments {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Print the seeds of the three test roots, as `province-server init --roots` reads them, and end.
    #[arg(long)]
    print_roots: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// A queue of citizens: writes a desk's certificate and its update, then reads what the next visitor shows, one JSON
    /// object on each line ({"show": "age", "request": null}), and prints the codes that they show.
    Crowd {
        /// The desk's public key, as `counter key` prints it.
        #[arg(long)]
        desk_key: String,
        /// The folder for `certificate` and `update.kpu`.
        #[arg(long)]
        out: PathBuf,
    },
    /// A hostile network in front of a province. The phone's traffic goes to `url`; the weather is changed and what went
    /// over the wire is read at `control`, with the token.
    Proxy {
        /// Where the province listens.
        #[arg(long)]
        to: SocketAddr,
        /// Everything that goes wrong follows from this number.
        #[arg(long, default_value_t = 0)]
        seed: u64,
        /// Of 1,000 exchanges, how many do not simply pass.
        #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=1000))]
        trouble: u64,
        /// Of 1,000 exchanges, how many others stall and are otherwise well.
        #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=1000))]
        stalls: u64,
        /// How long every request is held back, in milliseconds.
        #[arg(long, default_value_t = 0)]
        delay_ms: u64,
        /// How long a stalled answer pauses, in milliseconds.
        #[arg(long, default_value_t = Weather::GOOD.stall_ms)]
        stall_ms: u64,
    },
}

/// What the next visitor is to do.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Visit {
    show: Show,
    request: Option<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if arguments.print_roots {
        println!("{}", sandbox::roots::root_seeds_json());
        return Ok(());
    }
    match arguments.command {
        Some(Command::Crowd { desk_key, out }) => return crowd(&desk_key, &out),
        Some(Command::Proxy {
            to,
            seed,
            trouble,
            stalls,
            delay_ms,
            stall_ms,
        }) => {
            let weather = Weather {
                seed,
                trouble,
                stalls,
                delay_ms,
                stall_ms,
            };
            return proxy(arguments.listen, to, weather).await;
        }
        None => {}
    }
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    anyhow::ensure!(
        arguments.listen.ip().is_loopback(),
        "the sandbox listens on loopback only"
    );
    let listener = tokio::net::TcpListener::bind(arguments.listen)
        .await
        .context("could not listen")?;
    let host = listener.local_addr()?.to_string();
    let token = loopback::token(&random()?);
    let app = guarded_router(Arc::new(Nadra::new()), Guard::new(&host, token.clone()));
    println!(
        "{}",
        serde_json::json!({ "ready": true, "url": format!("http://{host}"), "token": token })
    );
    loopback::serve(listener, app).await.context("the server ended")
}

async fn proxy(listen: SocketAddr, to: SocketAddr, weather: Weather) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::bind(listen)
        .await
        .context("could not listen")?;
    let proxy = Proxy::start(listener, to, weather).context("the sandbox listens on loopback only")?;
    let control = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .context("could not listen")?;
    let host = control.local_addr()?.to_string();
    let token = loopback::token(&random()?);
    println!(
        "{}",
        serde_json::json!({
            "ready": true, "url": format!("http://{}", proxy.address()),
            "control": format!("http://{host}"), "token": token,
        })
    );
    let app = control_router(Arc::new(proxy), Guard::new(&host, token));
    loopback::serve(control, app).await.context("the server ended")
}

fn crowd(desk_key: &str, out: &Path) -> anyhow::Result<()> {
    let desk = PublicKey::parse(&hex::decode(desk_key).context("the desk's key is not hex")?)?;
    let mut crowd = Crowd::new(portrait()?, now()?)?;
    std::fs::write(out.join("certificate"), crowd.certificate(desk)?)?;
    std::fs::write(out.join("update.kpu"), crowd.update()?)?;
    let mut answers = std::io::stdout().lock();
    writeln!(answers, "{}", serde_json::json!({ "ready": true }))?;
    for line in std::io::stdin().lock().lines() {
        let visit: Visit = serde_json::from_str(&line?).context("a visit cannot be read")?;
        let texts = crowd.show(visit.show, visit.request.as_deref(), now()?)?;
        writeln!(answers, "{}", serde_json::json!({ "texts": texts }))?;
    }
    Ok(())
}

/// Somebody in front of a wall, in 1,000 bytes of WebP at most.
fn portrait() -> anyhow::Result<Vec<u8>> {
    let inside = |x: u32, y: u32, (cx, cy): (i64, i64), (rx, ry): (i64, i64)| {
        let (dx, dy) = (i64::from(x) - cx, i64::from(y) - cy);
        dx * dx * ry * ry + dy * dy * rx * rx <= rx * rx * ry * ry
    };
    let picture = RgbImage::from_fn(90, 120, |x, y| {
        if inside(x, y, (45, 48), (17, 23)) {
            Rgb([0xc8, 0x96, 0x6e])
        } else if inside(x, y, (45, 120), (38, 42)) {
            Rgb([0x2e, 0x5d, 0x4b])
        } else {
            Rgb([0xd9, 0xe2, 0xdc])
        }
    });
    let mut bytes = Vec::new();
    picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::WebP)?;
    anyhow::ensure!(bytes.len() <= 1000, "the portrait takes {} bytes", bytes.len());
    Ok(bytes)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the program's entry point reads the clock"
)]
fn now() -> anyhow::Result<Timestamp> {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .context("the clock is before 1970")?;
    Ok(Timestamp::from_unix(since.as_secs()))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the program's entry point reads the randomness"
)]
fn random() -> anyhow::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("no randomness")?;
    Ok(bytes)
}
