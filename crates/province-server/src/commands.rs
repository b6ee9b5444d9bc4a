//! The command line: each command calls one function of the library and prints one line of JSON.
//!
//! Commands that do one thing and end get an office that is opened before them and closed behind them, whatever came of
//! it: a database that is still open when the program ends is closed by a thread of its own, while the libraries that it
//! uses are being taken down.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use credential::{ProvinceConfig, Shape, StatusRef, Vct};
use province_api::reason::Reason;
use province_server::admin::{AdminError, Office};
use province_server::bulk_admin;
use province_server::catalogue_files;
use province_server::config::{self, LogFormat};
use province_server::keys::{KeyFileError, KeyPlace, TokenError, TokenPlace};
use province_server::public_roots;
use province_server::rules::end::Ended;
use province_server::rules::published::LEASE;
use province_server::store::Place;
use province_server::{NewProvince, NewRoots};
use serde_json::json;

use super::audit_commands::Audit;
use super::backup_commands::{Backup, Restored};
use super::bulk_commands::{Bulk, name};
use super::caller_commands::{CounterEnd, System};
use super::desk_commands::{Bundle, CounterCertificate};
use super::dispatch_commands::Dispatch;
use super::import_commands::Import;
use super::input::{cnic_from_stdin, for_good, form_from_stdin, key_bytes, reason, whose_from_stdin, write};
use super::officer_commands::Officer;
use super::print_commands::{Card, Paper};
use super::serve_command::{ConfigCheck, Serve};
use super::trust_commands::{Key, Rules, Trust};
use super::{log_as, now, print_whole, randomness, say, token_pin};

/// The provincial API and its operator's commands.
#[derive(Parser)]
#[command(name = "province-server")]
pub(super) struct Arguments {
    /// Who gives the command: a name that the office knows, such as a staff number. It stands in the audit log; with `bulk`
    /// the name of `--by` does.
    #[arg(long, global = true, value_name = "NAME", value_parser = name)]
    operator: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Init(Init),
    Serve(Serve),
    ConfigCheck(ConfigCheck),
    /// Look at a catalogue, a folder of files or one file: each fault on a line, then how much there is of it.
    CatalogueCheck {
        /// Which.
        catalogue: PathBuf,
    },
    /// Print the OpenAPI document of the API.
    Openapi,
    #[command(flatten)]
    Errand(Errand),
}

/// Make a province: keys, database, first trust list and status manifest.
#[derive(Args)]
struct Init {
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
    /// Keep the signing keys in a PKCS#11 token, and never in a file: the library that its maker gives.
    #[arg(long, value_name = "FILE", requires = "token_label")]
    token_module: Option<PathBuf>,
    /// The token's label. Its PIN comes from the file that `KHYBER_TOKEN_PIN_FILE` names, or as `KHYBER_TOKEN_PIN`, here and
    /// whenever the province is used.
    #[arg(long, value_name = "NAME", requires = "token_module")]
    token_label: Option<String>,
    /// Bits of each shard, as a power of two. Who has a pass stands out among so many others.
    #[arg(long, default_value_t = Shape::PROVINCE.shard_bits().ilog2(), value_parser = clap::value_parser!(u32).range(3..=24))]
    status_shard_power: u32,
}

/// What is done in a province's folder and ends.
#[derive(Subcommand)]
enum Errand {
    /// Sign the configuration that tells programs where the province is.
    Config {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
        /// Address of the API.
        #[arg(long)]
        api_url: String,
        /// A root certificate (X.509, DER) in which TLS chains of the API must end; up to four. Without one programs go by
        /// what their device trusts.
        #[arg(long)]
        tls_root: Vec<PathBuf>,
        /// Where to write it.
        #[arg(long)]
        out: PathBuf,
    },
    /// Revoke a citizen's passes; the CNIC comes on stdin.
    Revoke {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
        /// Why: one of the words of docs/revocation.md.
        #[arg(long, value_parser = for_good)]
        reason: Reason,
    },
    /// Suspend a citizen's passes until they are resumed; the CNIC comes on stdin.
    Suspend {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
        /// Why: one of the words of docs/revocation.md.
        #[arg(long, value_parser = reason)]
        reason: Reason,
    },
    /// Lift the suspension of a citizen's passes; the CNIC comes on stdin.
    Resume {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
    },
    /// Disable a citizen's lost wallet after they proved on paper who they are, until they enrol another phone; the CNIC
    /// comes on stdin.
    Disable {
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
    Bundle(Bundle),
    /// End a citizen's enrolment, so that they may enrol on a new device; the CNIC comes on stdin.
    Release {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
    },
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
    /// Sign and publish the next catalogue of services. A province that was made before there were catalogues first gets a
    /// key for them: `key add --allow catalogue`, then `trust`.
    Catalogue {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
        /// A folder of files as assets/catalogue is one, or one file of all of it.
        #[arg(long)]
        file: PathBuf,
    },
    /// Grant a document to an enrolled citizen: {"cnic", "vct", "fields": {key: value}} comes on stdin, and for a child's
    /// document that its guardian holds also "child": `{"number", "born_on"}`.
    Grant {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
    },
    /// Withdraw a citizen's document; the CNIC comes on stdin, and in a second line the number of the child whose document
    /// they hold.
    Withdraw {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
        /// Which kind.
        #[arg(long)]
        vct: String,
        /// Why: one of the words of docs/revocation.md.
        #[arg(long, value_parser = for_good)]
        reason: Reason,
    },
    #[command(subcommand)]
    Bulk(Bulk),
    #[command(subcommand)]
    Officer(Officer),
    Paper(Paper),
    Card(Card),
    Trust(Trust),
    #[command(subcommand)]
    Key(Key),
    Rules(Rules),
    #[command(subcommand)]
    Audit(Audit),
    Backup(Backup),
    Restored(Restored),
    #[command(subcommand)]
    System(System),
    CounterEnd(CounterEnd),
    Import(Import),
    #[command(subcommand)]
    Dispatch(Dispatch),
}

/// Does what the arguments say. Why an office did not do it is said with its code, on stdout as JSON.
pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    match arguments.command {
        Command::Serve(serve) => serve.run().await,
        Command::ConfigCheck(check) => check.run(),
        Command::CatalogueCheck { catalogue } => catalogue_check(&catalogue),
        Command::Openapi => print_whole(province_server::openapi()),
        Command::Init(init) => {
            log_as(LogFormat::Text, config::log_filter(&super::Process)?.as_deref());
            told(init.run().await)
        }
        Command::Errand(errand) => {
            log_as(LogFormat::Text, config::log_filter(&super::Process)?.as_deref());
            told(go(errand, arguments.operator.as_deref()).await)
        }
    }
}

fn told(done: anyhow::Result<()>) -> anyhow::Result<()> {
    if let Err(error) = &done
        && let Some(error) = error.downcast_ref::<AdminError>()
    {
        say(&json!({ "done": false, "code": error.code() }))?;
    }
    done
}

/// A data folder, and the database that the environment names. Not an argument: a list of processes shows no password.
pub(super) fn place(data: &Path) -> anyhow::Result<Place> {
    Ok(config::place(data, &super::Process)?)
}

async fn go(errand: Errand, operator: Option<&str>) -> anyhow::Result<()> {
    let mut office = if errand.needs_a_list() {
        Office::open_with(place(errand.data())?, token_pin()?).await?
    } else {
        Office::open_unlisted(place(errand.data())?, token_pin()?).await?
    };
    if let Some(name) = operator {
        office = office.run_by(bulk_admin::operator(name));
    }
    let publishes = errand.publishes();
    let done = errand.run(&office).await;
    office.close().await;
    if publishes {
        // Until then a server may answer from what was published before.
        tokio::time::sleep(LEASE).await;
    }
    done
}

impl Init {
    async fn run(self) -> anyhow::Result<()> {
        let shape = Shape::new(self.status_shards, 1 << self.status_shard_power);
        let shape = shape.context("the status lists cannot have this size")?;
        let text = fs::read_to_string(&self.roots).context("could not read the roots")?;
        let keys = match (self.token_module, self.token_label) {
            (Some(module), Some(label)) => {
                let pin = token_pin()?.ok_or(KeyFileError::Token(TokenError::NoPin));
                KeyPlace::Token(TokenPlace { module, label }, pin.map_err(AdminError::from)?)
            }
            _ => KeyPlace::Files,
        };
        let (public, seeds);
        let roots = if let Some(read) = public_roots::read(&text) {
            public = read;
            NewRoots::Elsewhere(&public)
        } else {
            let texts: [String; 3] =
                serde_json::from_str(&text).context("the roots are a JSON array of three hex texts")?;
            let [a, b, c] = texts.map(|seed| key_bytes(&seed));
            seeds = [a?, b?, c?];
            NewRoots::Here(&seeds)
        };
        let chosen = NewProvince { roots, shape, keys };
        let (office, published) = Office::found(place(&self.data)?, chosen, &randomness(), now()).await?;
        office.close().await;
        say(&json!({ "sequence": published.sequence, "epoch": published.epoch }))
    }
}

impl Errand {
    fn data(&self) -> &Path {
        match self {
            Self::Config { data, .. }
            | Self::Revoke { data, .. }
            | Self::Suspend { data, .. }
            | Self::Resume { data }
            | Self::Disable { data }
            | Self::Consume { data, .. }
            | Self::Release { data }
            | Self::Types { data, .. }
            | Self::Catalogue { data, .. }
            | Self::Grant { data }
            | Self::Withdraw { data, .. } => data,
            Self::Bulk(command) => command.data(),
            Self::Officer(command) => command.data(),
            Self::Bundle(command) => command.data(),
            Self::CounterCertificate(command) => command.data(),
            Self::Paper(command) => command.data(),
            Self::Card(command) => command.data(),
            Self::Trust(command) => command.data(),
            Self::Key(command) => command.data(),
            Self::Rules(command) => command.data(),
            Self::Audit(command) => command.data(),
            Self::Backup(command) => command.data(),
            Self::Restored(command) => command.data(),
            Self::System(command) => command.data(),
            Self::CounterEnd(command) => command.data(),
            Self::Import(command) => command.data(),
            Self::Dispatch(command) => command.data(),
        }
    }

    /// Whether it may change what everybody is answered.
    const fn publishes(&self) -> bool {
        if let Self::Bulk(command) = self {
            return command.publishes();
        }
        !matches!(
            self,
            Self::Config { .. }
                | Self::CounterCertificate(_)
                | Self::Grant { .. }
                | Self::Paper(_)
                | Self::Card(_)
                | Self::Audit(_)
                | Self::Backup(_)
                | Self::Officer(_)
                | Self::System(_)
                | Self::CounterEnd(_)
                | Self::Dispatch(_)
        )
    }

    /// Whether it does nothing before the roots signed a first list.
    const fn needs_a_list(&self) -> bool {
        !matches!(self, Self::Trust(_) | Self::Key(_) | Self::Audit(_))
    }

    async fn run(self, office: &Office) -> anyhow::Result<()> {
        match self {
            Self::Config {
                api_url,
                tls_root,
                out,
                ..
            } => {
                let roots: Result<Vec<Vec<u8>>, _> = tls_root.iter().map(fs::read).collect();
                let config = office.config_with_roots(&api_url, roots?, now())?;
                // Signed and then not taken by any program would be found out too late.
                ProvinceConfig::verify(&config, &office.public_roots()?, now())?;
                write(&out, &config)
            }
            Self::Revoke { reason, .. } => ended(office.revoke(&cnic_from_stdin()?, reason, now()).await?),
            Self::Release { .. } => ended(office.release(&cnic_from_stdin()?, now()).await?),
            Self::Suspend { reason, .. } => ended(office.suspend(&cnic_from_stdin()?, reason, now()).await?),
            Self::Resume { .. } => ended(office.resume(&cnic_from_stdin()?, now()).await?),
            Self::Disable { .. } => ended(office.disable(&cnic_from_stdin()?, now()).await?),
            Self::Consume { list, index, .. } => {
                let at = StatusRef { index, uri: list };
                ended(office.consume(&at, now()).await?)
            }
            Self::Bulk(command) => command.run(office, &randomness(), now).await,
            Self::Officer(command) => command.run(office, &randomness(), now()).await,
            Self::Bundle(command) => command.run(office, now()).await,
            Self::CounterCertificate(command) => command.run(office, now()).await,
            Self::Types { file, .. } => {
                let json = fs::read_to_string(file).context("could not read the types")?;
                let done = office.publish_types(&json, &randomness(), now()).await?;
                say(&json!({ "sequence": done.sequence, "epoch": done.epoch, "trust_due": done.trust_due }))
            }
            Self::Catalogue { file, .. } => {
                let catalogue = catalogue_files::read(&file)?;
                say(&json!({ "sequence": office.publish_catalogue(&catalogue, now()).await? }))
            }
            Self::Grant { .. } => {
                office.grant(&form_from_stdin()?, &randomness(), now()).await?;
                say(&json!({ "done": true }))
            }
            Self::Withdraw { vct, reason, .. } => {
                let (whose, vct) = (whose_from_stdin()?, Vct::parse(&vct)?);
                office
                    .withdraw(whose, (&vct, reason), &randomness(), now())
                    .await?;
                say(&json!({ "done": true }))
            }
            Self::Paper(command) => command.run(office, whose_from_stdin()?, now()).await,
            Self::Card(command) => command.run(office, &cnic_from_stdin()?, now()).await,
            Self::Trust(command) => command.run(office, now()).await,
            Self::Key(command) => command.run(office, &randomness(), now()).await,
            Self::Rules(command) => command.run(office, now()).await,
            Self::Audit(command) => command.run(office, now()).await,
            Self::Backup(command) => command.run(office, now()).await,
            Self::Restored(command) => command.run(office, now()).await,
            Self::System(command) => command.run(office, now()).await,
            Self::CounterEnd(command) => command.run(office, now()).await,
            Self::Import(command) => command.run(office, &randomness(), now()).await,
            Self::Dispatch(command) => command.run(office, now()).await,
        }
    }
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

fn catalogue_check(path: &Path) -> anyhow::Result<()> {
    let (faults, counts) = catalogue_files::look(&catalogue_files::read(path)?);
    let lines = faults.iter().map(|fault| format!("{fault}\n"));
    print_whole(&lines.chain([format!("{counts}\n")]).collect::<String>())?;
    anyhow::ensure!(faults.is_empty(), "the catalogue has faults");
    Ok(())
}
