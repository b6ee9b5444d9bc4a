//! `serve`: the API until Ctrl-C or SIGTERM.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use province_server::admin::Office;
use province_server::nadra::{HttpNadra, TIME_LIMIT};
use province_server::rules::published::LEASE;
use province_server::{AppParts, Limits, Province, router};
use serde_json::json;

use super::commands::place;
use super::{now, randomness, say, token_pin};

/// How often the published data are looked after.
const UPKEEP_EVERY: Duration = Duration::from_hours(1);

/// How often entries of the audit log get their places.
const AUDIT_EVERY: Duration = Duration::from_secs(1);

/// Serve the API until Ctrl-C or SIGTERM.
#[derive(Args)]
pub(super) struct Serve {
    /// The data folder.
    #[arg(long)]
    data: PathBuf,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Address of NADRA. What the province proves itself there with comes from the environment, as `NADRA_TOKEN`:
    /// a list of processes shows no secret.
    #[arg(long)]
    nadra: String,
}

impl Serve {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let office = Office::open_with(place(&self.data)?, token_pin()?).await?;
        let served = self.with(&office).await;
        office.close().await;
        served
    }

    async fn with(self, office: &Office) -> anyhow::Result<()> {
        let token = std::env::var("NADRA_TOKEN").ok().map(zeroize::Zeroizing::new);
        let province = Arc::new(
            Province::new(AppParts {
                store: office.store().clone(),
                keys: office.keys().serving()?,
                nadra: Arc::new(HttpNadra::new(&self.nadra, token, TIME_LIMIT)?),
                clock: Arc::new(now),
                randomness: randomness(),
            })
            .leasing(LEASE),
        );
        province.upkeep().await;
        let upkeep = tokio::spawn(look_after(Arc::clone(&province)));
        let audit = tokio::spawn(keep_audit(Arc::clone(&province)));
        let listener = tokio::net::TcpListener::bind(self.listen)
            .await
            .context("could not listen")?;
        let address = listener.local_addr()?;
        say(&json!({ "ready": true, "url": format!("http://{address}") }))?;
        province_server::serve(listener, router(Arc::clone(&province)), Limits::default(), stop()).await;
        upkeep.abort();
        audit.abort();
        // What a phone began and did not wait for; each takes no longer than NADRA's time limit.
        let _ = tokio::time::timeout(TIME_LIMIT, province.settled()).await;
        chain_audit(&province).await;
        Ok(())
    }
}

/// Gives entries of the audit log their places, again and again.
async fn keep_audit(province: Arc<Province>) {
    let mut every = tokio::time::interval(AUDIT_EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        chain_audit(&province).await;
    }
}

async fn chain_audit(province: &Province) {
    if let Err(fault) = province.chain_audit().await {
        tracing::warn!(cause = %fault, "the audit log waits");
    }
}

/// Looks after the published data again and again; what failed is in the log and tried again at the next turn.
async fn look_after(province: Arc<Province>) {
    let mut every = tokio::time::interval(UPKEEP_EVERY);
    // The first turn was before the province was ready.
    every.tick().await;
    loop {
        every.tick().await;
        province.upkeep().await;
    }
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
