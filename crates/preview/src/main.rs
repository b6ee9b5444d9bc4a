//! The app's own commands behind loopback HTTP, so that a browser can show the same screens.
//!
//! Tauri's mock runtime stands in for the window; everything else is the app: its configuration,
//! its permissions, its embedded screens and its commands. For demonstrations and tests only, never
//! released.

mod bridge;
mod server;

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Parser;
use loopback::Guard;
use serde_json::json;
use tauri::AppHandle;
use tauri::test::MockRuntime;
use tokio::net::TcpListener;

use crate::server::Server;

/// Serve the app's screens and commands on loopback.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    /// Loopback address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The app's data folder.
    #[arg(long)]
    data: PathBuf,
    /// The province's signed configuration.
    #[arg(long)]
    config: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    anyhow::ensure!(
        arguments.listen.ip().is_loopback(),
        "the preview listens on loopback only"
    );
    let settings = khyber_pass::Settings {
        data: Some(arguments.data),
        config: arguments.config,
    };
    let app = khyber_pass::configure(tauri::test::mock_builder(), settings)
        .build(khyber_pass::context())
        .context("the app could not be put together")?;

    let listen = arguments.listen;
    // The app is set up when its loop starts; only then are its commands ready.
    app.run(move |app, event| {
        if matches!(event, tauri::RunEvent::Ready) {
            let app = app.clone();
            tauri::async_runtime::spawn(async move {
                if let Err(error) = serve(app, listen).await {
                    eprintln!("preview: {error:#}");
                    std::process::exit(1);
                }
                std::process::exit(0);
            });
        }
    });
    Ok(())
}

async fn serve(app: AppHandle<MockRuntime>, listen: SocketAddr) -> anyhow::Result<()> {
    let listener = TcpListener::bind(listen)
        .await
        .context("the address cannot be listened on")?;
    let host = listener.local_addr()?.to_string();
    let token = loopback::token(&random()?);
    let router = server::router(Server {
        app,
        guard: Guard::new(&host, token.clone()),
    });
    let url = format!("http://{host}");
    println!(
        "{}",
        json!({ "ready": true, "url": url, "page": format!("{url}/?token={token}"), "token": token })
    );
    loopback::serve(listener, router).await?;
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "an entry point reads the source of randomness"
)]
fn random() -> anyhow::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("this machine gives no randomness")?;
    Ok(bytes)
}
