//! The command line: each command calls one function of the library and prints one line of JSON.

use std::fs;
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use credential::{Names, PublicKey, Shape, StatusRef, Timestamp, Vct};
use province_api::person::Cnic;
use province_server::admin::{AdminError, Desk, Office};
use province_server::nadra::{HttpNadra, TIME_LIMIT};
use province_server::public_roots;
use province_server::randomness::Randomness;
use province_server::rules::document::Form;
use province_server::rules::end::Ended;
use province_server::rules::status::Reach;
use province_server::{AppParts, Limits, Province, router};
use serde_json::json;

use super::print_commands::{Card, Paper};
use super::say;
use super::trust_commands::{Key, Rules, Trust};

/// How often the published data are looked after.
const UPKEEP_EVERY: Duration = Duration::from_hours(1);
/// Most bytes read from stdin: a CNIC in any spelling.
const STDIN_BYTES_MAX: u64 = 1_024;
/// Most bytes read from stdin of a document: its fields with room.
const DOCUMENT_BYTES_MAX: u64 = 64 * 1_024;

/// The provincial API and its operator's commands.
#[derive(Parser)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a province: keys, database, first trust list and status manifest.
    Init {
        /// The data folder; it must hold no province yet.
        #[arg(long)]
        data: PathBuf,
        /// A JSON array of three root seeds in hex, for tests and demonstrations; or the public halves of roots that are
        /// kept elsewhere, {"kind": "test"|"real", "roots": [three hex keys]}, which sign the first list then.
        #[arg(long)]
        roots: PathBuf,
        /// How many shards each status list has. 42 of 2^20 bits are room for the province's 40.8 million people.
        #[arg(long, default_value_t = Shape::PROVINCE.shards())]
        status_shards: u32,
        /// Bits of each shard, as a power of two. Who has a pass stands out among so many others.
        #[arg(long, default_value_t = Shape::PROVINCE.shard_bits().ilog2(), value_parser = clap::value_parser!(u32).range(3..=24))]
        status_shard_power: u32,
    },
    /// Sign the configuration that tells programs where the province is.
    Config {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
        /// Address of the API.
        #[arg(long)]
        api_url: String,
        /// Where to write it.
        #[arg(long)]
        out: PathBuf,
    },
    /// Serve the API until Ctrl-C or SIGTERM.
    Serve {
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
    },
    /// Revoke a citizen's passes; the CNIC comes on stdin.
    Revoke {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
    },
    /// Suspend a citizen's passes until they are resumed; the CNIC comes on stdin.
    Suspend {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
    },
    /// Lift the suspension of a citizen's passes; the CNIC comes on stdin.
    Resume {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
    },
    /// Use up a document that holds for one deed, such as an e-stamp.
    Consume {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
        /// The status list that the document names.
        #[arg(long)]
        list: String,
        /// The index that it names.
        #[arg(long)]
        index: u32,
    },
    /// Write an update for desks without a network: trust list, status manifest, and the changes of the last days.
    Bundle {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
        /// From how many days back desks can go on with it.
        #[arg(long, default_value_t = 30)]
        days: u64,
        /// Only what a desk with this epoch does not have: the fewest QR codes.
        #[arg(long, conflicts_with = "days")]
        from: Option<u64>,
        /// With `--from`: the type register too, though it did not change since.
        #[arg(long, requires = "from")]
        types: bool,
        /// With `--from`: the risk rules too, though they did not change since.
        #[arg(long, requires = "from")]
        rules: bool,
        /// Every list whole, for a desk that has none.
        #[arg(long, conflicts_with_all = ["days", "from"])]
        whole: bool,
        /// Where to write it.
        #[arg(long)]
        out: PathBuf,
    },
    /// End a citizen's enrolment, so that they may enrol on a new device; the CNIC comes on stdin.
    Release {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
    },
    /// Certify a counter.
    CounterCertificate(Box<CounterCertificate>),
    /// Sign and publish the next type register. With a kind that is new, sign the next trust list too (`trust`).
    Types {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
        /// The types as JSON.
        #[arg(long)]
        file: PathBuf,
    },
    /// Grant a document to an enrolled citizen: {"cnic", "vct", "fields": {key: value}} comes on stdin.
    Grant {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
    },
    /// Withdraw a citizen's document; the CNIC comes on stdin.
    Withdraw {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
        /// Which kind.
        #[arg(long)]
        vct: String,
    },
    Paper(Paper),
    Card(Card),
    Trust(Trust),
    #[command(subcommand)]
    Key(Key),
    Rules(Rules),
}

#[derive(clap::Args)]
struct CounterCertificate {
    /// The data folder.
    #[arg(long)]
    data: PathBuf,
    /// The counter's public key in hex, as `counter key` prints it.
    #[arg(long)]
    key: String,
    /// Name of the desk in English.
    #[arg(long)]
    name_en: String,
    /// Name of the desk in Urdu.
    #[arg(long, default_value = "")]
    name_ur: String,
    /// Name of the desk in Pashto.
    #[arg(long, default_value = "")]
    name_ps: String,
    /// The audience whose requests it may sign, `kp:desk` for any public counter.
    #[arg(long)]
    audience: String,
    /// Why it asks, in English.
    #[arg(long)]
    purpose_en: String,
    /// Why it asks, in Urdu.
    #[arg(long, default_value = "")]
    purpose_ur: String,
    /// Why it asks, in Pashto.
    #[arg(long, default_value = "")]
    purpose_ps: String,
    /// What it may ask for: pass types, comma between.
    #[arg(long, value_delimiter = ',', required = true)]
    allow: Vec<String>,
    /// How long the certificate serves.
    #[arg(long, default_value_t = 365)]
    days: u64,
    /// Where to write it.
    #[arg(long)]
    out: PathBuf,
}

/// Does what the arguments say.
pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    match arguments.command {
        Command::Init {
            data,
            roots,
            status_shards,
            status_shard_power,
        } => {
            let shape = Shape::new(status_shards, 1 << status_shard_power);
            init(
                &data,
                &roots,
                shape.context("the status lists cannot have this size")?,
            )
            .await
        }
        Command::Config { data, api_url, out } => {
            let bytes = Office::open(&data).await?.config(&api_url, now())?;
            write(&out, &bytes)
        }
        Command::Serve { data, listen, nadra } => serve(&data, listen, &nadra).await,
        Command::Revoke { data } => {
            let cnic = cnic_from_stdin()?;
            ended(Office::open(&data).await?.revoke(&cnic, now()).await?)
        }
        Command::Release { data } => {
            let cnic = cnic_from_stdin()?;
            ended(Office::open(&data).await?.release(&cnic, now()).await?)
        }
        Command::Suspend { data } => {
            let cnic = cnic_from_stdin()?;
            ended(Office::open(&data).await?.suspend(&cnic, now()).await?)
        }
        Command::Resume { data } => {
            let cnic = cnic_from_stdin()?;
            ended(Office::open(&data).await?.resume(&cnic, now()).await?)
        }
        Command::Consume { data, list, index } => {
            let at = StatusRef { index, uri: list };
            ended(Office::open(&data).await?.consume(&at, now()).await?)
        }
        Command::Bundle {
            data,
            days,
            from,
            types,
            rules,
            whole,
            out,
        } => {
            let reach = match from {
                _ if whole => Reach::Whole,
                Some(from) => Reach::Epoch { from, types, rules },
                None => Reach::Days(days),
            };
            let bundle = Office::open(&data).await?.bundle(reach, now()).await?;
            let bundle =
                bundle.context("the changes since that epoch are not kept: write the lists whole")?;
            write(&out, &bundle.encode())
        }
        Command::CounterCertificate(given) => counter_certificate(*given).await,
        Command::Types { data, file } => {
            let json = fs::read_to_string(file).context("could not read the types")?;
            let done = Office::open(&data).await?.publish_types(&json, now()).await?;
            say(&json!({ "sequence": done.sequence, "epoch": done.epoch, "trust_due": done.trust_due }))
        }
        Command::Grant { data } => {
            let form = form_from_stdin()?;
            let office = Office::open(&data).await?;
            told(office.grant(&form, &randomness(), now()).await)
        }
        Command::Withdraw { data, vct } => {
            let (cnic, vct) = (cnic_from_stdin()?, Vct::parse(&vct)?);
            told(Office::open(&data).await?.withdraw(&cnic, &vct, now()).await)
        }
        Command::Paper(command) => command.run(&cnic_from_stdin()?, now()).await,
        Command::Card(command) => command.run(&cnic_from_stdin()?, now()).await,
        Command::Trust(command) => command.run(now()).await,
        Command::Key(command) => command.run(&randomness(), now()).await,
        Command::Rules(command) => command.run(now()).await,
    }
}

async fn init(data: &Path, roots: &Path, shape: Shape) -> anyhow::Result<()> {
    let text = fs::read_to_string(roots).context("could not read the roots")?;
    if let Some(public) = public_roots::read(&text) {
        let (_, published) = Office::make_without_roots(data, &public, &randomness(), now()).await?;
        return say(&json!({ "sequence": published.sequence, "epoch": published.epoch }));
    }
    let seeds: [String; 3] =
        serde_json::from_str(&text).context("the roots are a JSON array of three hex texts")?;
    let [a, b, c] = seeds.map(|seed| key_bytes(&seed));
    let (_, published) = Office::make_with(data, &[a?, b?, c?], shape, &randomness(), now()).await?;
    say(&json!({ "sequence": published.sequence, "epoch": published.epoch }))
}

async fn serve(data: &Path, listen: SocketAddr, nadra: &str) -> anyhow::Result<()> {
    let token = std::env::var("NADRA_TOKEN").ok().map(zeroize::Zeroizing::new);
    let office = Office::open(data).await?;
    let province = Arc::new(Province::new(AppParts {
        store: office.store().clone(),
        keys: office.keys().serving()?,
        nadra: Arc::new(HttpNadra::new(nadra, token, TIME_LIMIT)?),
        clock: Arc::new(now),
        randomness: randomness(),
    }));
    province.upkeep().await?;
    let upkeep = tokio::spawn(look_after(Arc::clone(&province)));
    let listener = tokio::net::TcpListener::bind(listen)
        .await
        .context("could not listen")?;
    let address = listener.local_addr()?;
    say(&json!({ "ready": true, "url": format!("http://{address}") }))?;
    province_server::serve(listener, router(Arc::clone(&province)), Limits::default(), stop()).await;
    upkeep.abort();
    // What a phone began and did not wait for; each takes no longer than NADRA's time limit.
    let _ = tokio::time::timeout(TIME_LIMIT, province.settled()).await;
    office.store().close().await;
    Ok(())
}

/// Looks after the published data again and again; a failed turn is tried again at the next.
async fn look_after(province: Arc<Province>) {
    let mut every = tokio::time::interval(UPKEEP_EVERY);
    loop {
        every.tick().await;
        match province.upkeep().await {
            Ok(Some(epoch)) => tracing::info!(epoch, "status manifest signed anew"),
            Ok(None) => {}
            Err(fault) => tracing::error!(cause = %fault, "upkeep failed"),
        }
    }
}

async fn counter_certificate(given: CounterCertificate) -> anyhow::Result<()> {
    let desk = Desk {
        key: PublicKey::parse(&key_bytes(&given.key)?).context("the counter's key is no public key")?,
        name: Names::new(given.name_en, given.name_ur, given.name_ps),
        purpose: Names::new(given.purpose_en, given.purpose_ur, given.purpose_ps),
        audience: given.audience,
        allowed: given
            .allow
            .iter()
            .map(|vct| Vct::parse(vct))
            .collect::<Result<_, _>>()?,
        days: given.days,
    };
    let bytes = Office::open(&given.data)
        .await?
        .counter_certificate(&desk, now())
        .await?;
    write(&given.out, &bytes)
}

fn ended(ended: Ended) -> anyhow::Result<()> {
    match ended {
        Ended::Now { epoch } => say(&json!({ "done": true, "epoch": epoch })),
        Ended::Before => say(&json!({ "done": false, "code": "already_done" })),
        Ended::NotEnrolled => {
            say(&json!({ "done": false, "code": "not_enrolled" }))?;
            anyhow::bail!("nobody is enrolled with this CNIC")
        }
        Ended::NoSuchPlace => {
            say(&json!({ "done": false, "code": "no_such_place" }))?;
            anyhow::bail!("no document that can be used up has this place in the lists")
        }
    }
}

/// Says that it was done, or why not with its code.
fn told(done: Result<(), AdminError>) -> anyhow::Result<()> {
    if let Err(AdminError::Document(error)) = &done {
        say(&json!({ "done": false, "code": error.code() }))?;
    }
    done?;
    say(&json!({ "done": true }))
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct FormJson {
    cnic: String,
    vct: Vct,
    fields: serde_json::Map<String, serde_json::Value>,
}

/// A document's fields are personal and are no arguments either; serde's own message could quote them.
fn form_from_stdin() -> anyhow::Result<Form> {
    let form: FormJson =
        serde_json::from_reader(std::io::stdin().take(DOCUMENT_BYTES_MAX)).map_err(|error| {
            anyhow::anyhow!("not a document: line {}, column {}", error.line(), error.column())
        })?;
    Ok(Form {
        cnic: Cnic::parse(&form.cnic).context("the CNIC is none")?,
        vct: form.vct,
        fields: form.fields,
    })
}

/// The CNIC is not an argument: other users of the machine can read those.
fn cnic_from_stdin() -> anyhow::Result<Cnic> {
    let mut text = String::new();
    std::io::stdin()
        .take(STDIN_BYTES_MAX)
        .read_to_string(&mut text)
        .context("could not read stdin")?;
    Cnic::parse(&text).context("stdin does not hold a CNIC")
}

fn write(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    fs::write(file, bytes).context("could not write the file")?;
    say(&json!({ "out": file, "bytes": bytes.len() }))
}

fn key_bytes(digits: &str) -> anyhow::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(digits.trim(), &mut bytes).context("a key is 64 hex digits")?;
    Ok(bytes)
}

fn randomness() -> Randomness {
    Randomness::new(rand_core::UnwrapErr(getrandom::SysRng))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the program's entry point reads the clock"
)]
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix(since.as_secs())
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
