//! `sandbox`: the simulated NADRA as a program on loopback.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Parser;
use sandbox::guard::Guard;
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
    let token = token()?;
    let app = guarded_router(Arc::new(Nadra::new()), Guard::new(host.clone(), token.clone()));
    println!(
        "{}",
        serde_json::json!({ "ready": true, "url": format!("http://{host}"), "token": token })
    );
    let (signalled, ending) = tokio::sync::oneshot::channel();
    let server = axum::serve(listener, app).with_graceful_shutdown(async {
        stop().await;
        let _ = signalled.send(());
    });
    tokio::select! {
        ended = server.into_future() => ended.context("the server ended"),
        // A connection that is never finished does not keep the program.
        () = async {
            let _ = ending.await;
            tokio::time::sleep(std::time::Duration::from_secs(5)).await;
        } => Ok(()),
    }
}

/// 32 random bytes in hex.
#[expect(
    clippy::disallowed_methods,
    reason = "the program's entry point reads the randomness"
)]
fn token() -> anyhow::Result<String> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).context("no randomness")?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// Ends at Ctrl-C or SIGTERM.
async fn stop() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = interrupt.await;
}
