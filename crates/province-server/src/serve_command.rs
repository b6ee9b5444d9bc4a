//! `serve`: the API until Ctrl-C or SIGTERM; and what its configuration says.

use std::future::pending;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use province_server::admin::Office;
use province_server::config::{Faults, Given, Settings};
use province_server::courier::{self, Courier, SystemNames};
use province_server::nadra::HttpNadra;
use province_server::rules::officers::PasskeyDesk;
use province_server::rules::published::LEASE;
use province_server::tls::{Looked, Tls};
use province_server::{AppParts, Door, Limits, Province, operators, router};
use serde_json::json;
use tokio::net::TcpListener;

use super::{log_as, now, randomness, say};

/// How often the published data are looked after.
const UPKEEP_EVERY: Duration = Duration::from_hours(1);

/// How often entries of the audit log get their places.
const TICK: Duration = Duration::from_secs(1);
/// How often it is looked for what was approved for many.
const BULK_EVERY: Duration = Duration::from_secs(5);

/// How often the files of the certificate are looked at.
const CERTIFICATE_EVERY: Duration = Duration::from_secs(30);

/// Where the settings are.
#[derive(Args)]
pub(super) struct Sources {
    /// The configuration, a file of TOML (docs/operations.md lists the settings). What stands in the environment holds
    /// against it, what is an argument against both.
    #[arg(long, value_name = "FILE", env = "KHYBER_CONFIG")]
    config: Option<PathBuf>,
    /// The data folder.
    #[arg(long)]
    data: Option<String>,
    /// Where to listen; port 0 takes a free one. Again and again for several.
    #[arg(long, value_name = "ADDRESS")]
    listen: Vec<String>,
    /// Address of NADRA. What the province proves itself there with is never an argument: a list of processes shows those.
    #[arg(long, value_name = "URL")]
    nadra: Option<String>,
}

impl Sources {
    fn read(self) -> Result<Settings, Faults> {
        let mut given = Given::new();
        given.extend(self.data.map(|text| ("data", vec![text])));
        given.extend(self.nadra.map(|text| ("nadra_url", vec![text])));
        if !self.listen.is_empty() {
            given.insert("listen", self.listen);
        }
        Settings::read_file(self.config.as_deref(), &super::Process, given)
    }

    /// Reads them; what is wrong is said as JSON, too.
    fn read_aloud(self) -> anyhow::Result<Settings> {
        self.read().or_else(|faults| {
            let all: Vec<_> = faults.0.iter().map(|fault| {
                json!({ "key": fault.key, "code": fault.wrong.code(), "wrong": fault.wrong.to_string(), "allowed": fault.allowed() })
            }).collect();
            say(&json!({ "done": false, "code": "config_faults", "faults": all }))?;
            Err(faults.into())
        })
    }
}

/// Say whether the configuration is good, and where each setting was given.
#[derive(Args)]
pub(super) struct ConfigCheck {
    #[command(flatten)]
    sources: Sources,
}

impl ConfigCheck {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let settings = self.sources.read_aloud()?;
        say(&json!({ "done": true, "given": settings.given }))
    }
}

/// Serve the API until Ctrl-C or SIGTERM.
#[derive(Args)]
pub(super) struct Serve {
    #[command(flatten)]
    sources: Sources,
}

impl Serve {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let settings = self.sources.read_aloud()?;
        log_as(settings.log, settings.log_filter.as_deref());
        let office = Office::open_with(settings.place.clone(), settings.token_pin.clone()).await?;
        let served = serve(settings, &office).await;
        office.close().await;
        served
    }
}

async fn serve(settings: Settings, office: &Office) -> anyhow::Result<()> {
    let nadra = settings.nadra;
    let province = Province::new(AppParts {
        store: office.store().clone(),
        keys: office
            .keys()
            .clone()
            .answering_within(settings.token_limit)
            .serving()?,
        nadra: Arc::new(HttpNadra::new(&nadra.url, nadra.token, nadra.limit)?),
        clock: Arc::new(now),
        randomness: randomness(),
    });
    let limit = courier::TIME_LIMIT;
    let courier = Courier::new(settings.reach, limit, settings.authorities, Arc::new(SystemNames))?;
    let passkeys = settings
        .officers
        .and_then(|(rp_id, origin)| PasskeyDesk::new(&rp_id, &origin));
    let province = Arc::new(
        province
            .keeping_audit(settings.audit_days)
            .asking_sim_codes(settings.sim_codes)
            .limiting(settings.budgets)
            .with_passkeys(passkeys)
            .telling(courier)
            .leasing(LEASE),
    );
    province.upkeep().await;
    let mut door = Door {
        listeners: Vec::new(),
        limits: settings.limits,
        proxies: settings.proxies,
        tls: settings.tls.map(Tls::new).transpose()?.map(Arc::new),
        counts: Arc::clone(&province.metrics().connections),
    };
    for address in settings.listen {
        door.listeners.push(listen(address).await?);
    }
    let scheme = if door.tls.is_some() { "https" } else { "http" };
    let urls: std::io::Result<Vec<String>> = door
        .listeners
        .iter()
        .map(|listener| Ok(format!("{scheme}://{}", listener.local_addr()?)))
        .collect();
    let urls = urls?;
    let mut aside = vec![
        tokio::spawn(look_after(Arc::clone(&province))),
        tokio::spawn(tick(Arc::clone(&province))),
        tokio::spawn(end_many(Arc::clone(&province))),
        tokio::spawn(tell(Arc::clone(&province))),
    ];
    aside.extend(
        door.tls
            .clone()
            .map(|tls| tokio::spawn(renew(tls, Arc::clone(&province)))),
    );
    let mut metrics = None;
    if let Some(address) = settings.metrics_listen {
        let listener = listen(address).await?;
        metrics = Some(format!("http://{}", listener.local_addr()?));
        let page = operators(Arc::clone(&province));
        let door = Door::plain(listener, Limits::default());
        aside.push(tokio::spawn(province_server::serve(door, page, pending())));
    }
    say(&json!({ "ready": true, "url": urls.first(), "urls": urls, "metrics": metrics }))?;
    let draining = settings.draining;
    let ending = async {
        stop().await;
        province.drain();
        tracing::info!(seconds = draining.as_secs(), "told to end");
        // A second word ends the waiting.
        let _ = tokio::time::timeout(draining, stop()).await;
    };
    province_server::serve(door, router(Arc::clone(&province)), ending).await;
    aside.iter().for_each(tokio::task::JoinHandle::abort);
    // What a phone began and did not wait for, and a department is being told; each takes no longer than its time limit.
    let longest = nadra.limit.max(courier::TIME_LIMIT);
    let _ = tokio::time::timeout(longest, province.settled()).await;
    chain_audit(&province).await;
    Ok(())
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    listener.with_context(|| format!("could not listen at {address}"))
}

/// Does what is done every second.
async fn tick(province: Arc<Province>) {
    let mut every = tokio::time::interval(TICK);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        province.tick().await;
    }
}

/// Does what was approved to many, again and again: whoever approved it need not be there until it is done.
async fn end_many(province: Arc<Province>) {
    let mut every = tokio::time::interval(BULK_EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        match province.end_many().await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "what was approved for many is done"),
            Err(fault) => tracing::warn!(cause = %fault, "what was approved for many waits"),
        }
    }
}

/// Tells departments what changed, again and again. Nobody waits for one that does not answer.
async fn tell(province: Arc<Province>) {
    let mut every = tokio::time::interval(TICK);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        if let Err(fault) = province.tell_departments().await {
            tracing::warn!(cause = %fault, "departments wait to be told");
        }
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

/// Takes a new certificate when its files change, and at once when told to by SIGHUP.
async fn renew(tls: Arc<Tls>, province: Arc<Province>) {
    let mut every = tokio::time::interval(CERTIFICATE_EVERY);
    let mut told = Told::new();
    loop {
        tokio::select! {
            _ = every.tick() => {}
            () = told.wait() => {}
        }
        match tls.look_again() {
            Ok(Looked::Same) => {}
            Ok(Looked::Taken) => tracing::info!("new connections get the new certificate"),
            Err(error) => {
                let refused = &province.metrics().certificates_refused;
                refused.fetch_add(1, Ordering::Relaxed);
                tracing::error!(code = error.code(), cause = %error, "the old certificate stays");
            }
        }
    }
}

/// SIGHUP, where there is one.
struct Told(#[cfg(unix)] Option<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl Told {
    fn new() -> Self {
        Self(tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok())
    }

    async fn wait(&mut self) {
        match &mut self.0 {
            Some(signal) => drop(signal.recv().await),
            None => pending().await,
        }
    }
}

#[cfg(not(unix))]
impl Told {
    const fn new() -> Self {
        Self()
    }

    async fn wait(&mut self) {
        pending().await
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
