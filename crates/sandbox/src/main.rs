//! `sandbox`: the simulated NADRA as a program on loopback.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Parser;
use loopback::Guard;
use sandbox::nadra::{Nadra, guarded_router};

/// Stand-ins for what cannot be reached from a test.
#[derive(Parser)]
struct Arguments {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Print the seeds of the three test roots, as `province-server init --roots` reads them, and end.
    #[arg(long)]
    print_roots: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if arguments.print_roots {
        println!("{}", sandbox::roots::root_seeds_json());
        return Ok(());
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

#[expect(
    clippy::disallowed_methods,
    reason = "the program's entry point reads the randomness"
)]
fn random() -> anyhow::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("no randomness")?;
    Ok(bytes)
}
