//! Commands about officers, the profile and the log: for whoever sets a desk up or looks after it.

use std::fs;
use std::io::{BufReader, BufWriter, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use counter::key;
use counter::log::{self, By, HandOutError};
use counter::officers::{NewOfficer, OfficerNumber, new_pin};
use counter::profile::{PROFILE_BYTES_MAX, Profile};
use counter::store::Store;
use counter::types::Role;
use credential::{CounterCertificateClaims, Timestamp};
use serde_json::json;
use zeroize::Zeroizing;

/// Most bytes read from stdin: a PIN.
const STDIN_BYTES_MAX: u64 = 256;

/// What can be done about officers without the page.
#[derive(Debug, Subcommand)]
pub enum OfficerCommand {
    /// Add an officer; the PIN comes on stdin, or is asked for.
    Add {
        /// The desk's data folder.
        #[arg(long)]
        data: PathBuf,
        /// 1 to 6 digits.
        #[arg(long)]
        number: String,
        /// The name or initials that colleagues see.
        #[arg(long)]
        name: String,
        /// `officer` or `supervisor`.
        #[arg(long, default_value = "officer", value_parser = role)]
        role: Role,
        /// The officer has to choose another PIN at the first sign-in.
        #[arg(long)]
        temporary: bool,
    },
    /// List the officers.
    List {
        /// The desk's data folder.
        #[arg(long)]
        data: PathBuf,
    },
    /// Give an officer a PIN for the next sign-in; it comes on stdin, or is asked for.
    ResetPin {
        /// The desk's data folder.
        #[arg(long)]
        data: PathBuf,
        /// 1 to 6 digits.
        #[arg(long)]
        number: String,
    },
}

fn role(text: &str) -> Result<Role, String> {
    Role::from_name(text).ok_or_else(|| "a role is `officer` or `supervisor`".to_owned())
}

impl OfficerCommand {
    /// Does it.
    pub fn run(
        &self,
        salt: impl FnOnce() -> anyhow::Result<[u8; pin::SALT_BYTES]>,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        match self {
            Self::Add {
                data,
                number,
                name,
                role,
                temporary,
            } => {
                let mut store = open(data)?;
                let known = store.officer(OfficerNumber::parse(number)?.as_str())?;
                anyhow::ensure!(known.is_none(), "there is an officer {number} already");
                let new = NewOfficer::check(number, name, *role, &pin()?, *temporary, salt()?)?;
                store.add_officer(&new, &By::default(), now)?;
                println!(
                    "{}",
                    json!({ "number": new.number.as_str(), "role": role.name() })
                );
            }
            Self::List { data } => {
                for row in open(data)?.officers()? {
                    println!(
                        "{}",
                        json!({
                            "number": row.number, "name": row.name, "role": row.role.name(), "active": row.active,
                        })
                    );
                }
            }
            Self::ResetPin { data, number } => {
                let mut store = open(data)?;
                let number = OfficerNumber::parse(number)?;
                anyhow::ensure!(
                    store.officer(number.as_str())?.is_some(),
                    "there is no officer {}",
                    number.as_str()
                );
                let pin = new_pin(&pin()?, salt()?)?;
                store.put_pin(number.as_str(), &pin, true, &By::default(), now)?;
            }
        }
        Ok(())
    }
}

fn open(data: &Path) -> anyhow::Result<Store> {
    let key = key::load(data)?;
    Ok(Store::open(&data.join("counter.sqlite"), &key)?)
}

/// The PIN is never an argument: other users of the machine can read those.
fn pin() -> anyhow::Result<Zeroizing<String>> {
    if std::io::stdin().is_terminal() {
        let first = Zeroizing::new(rpassword::prompt_password("PIN: ")?);
        let again = Zeroizing::new(rpassword::prompt_password("The same PIN again: ")?);
        anyhow::ensure!(first == again, "the two PINs were not the same");
        return Ok(first);
    }
    let mut text = Zeroizing::new(String::new());
    std::io::stdin()
        .take(STDIN_BYTES_MAX)
        .read_to_string(&mut text)
        .context("stdin cannot be read")?;
    Ok(Zeroizing::new(text.trim().to_owned()))
}

/// Checks a profile file and keeps it for the next start and those after it. With a certificate at hand it must allow what
/// the profile asks for, or nothing is kept; without one the next start looks.
pub fn keep_profile(
    data: &Path,
    file: &Path,
    certificate: Option<&[u8]>,
    now: Timestamp,
) -> anyhow::Result<()> {
    let size = fs::metadata(file).context("the profile cannot be read")?.len();
    anyhow::ensure!(size <= PROFILE_BYTES_MAX as u64, "the profile is too long");
    let bytes = fs::read(file).context("the profile cannot be read")?;
    let profile = Profile::parse(&bytes)?;
    if let Some(certificate) = certificate {
        let claims = CounterCertificateClaims::read_unverified(certificate)?;
        profile.check_allowed(Some(&claims))?;
    }
    open(data)?.put_profile(&bytes, &profile, now)?;
    Ok(())
}

/// Writes the log to a file, whole or not at all, and looks at what was written. Prints the last seal: who notes it elsewhere
/// can say later whether a log was cut or written anew.
pub fn export_log(data: &Path, out: &Path, since_seal: Option<u64>, now: Timestamp) -> anyhow::Result<()> {
    let key = key::load(data)?;
    let keys = [key.public()];
    let mut store = Store::open(&data.join("counter.sqlite"), &key)?;
    // Before anything is written, also into the log: that it was handed out is its last entry.
    if let Some(number) = since_seal {
        anyhow::ensure!(store.has_seal(number)?, HandOutError::NoSuchSeal(number));
    }
    let mut name = out.file_name().context("the file has no name")?.to_owned();
    name.push(".new");
    let beside = out.with_file_name(name);
    let mut file = fs::File::create(&beside).context("the file cannot be written")?;
    let written = log::export(&mut store, now)
        .map_err(anyhow::Error::from)
        .and_then(|handed_out| Ok(handed_out.write(since_seal, &mut BufWriter::new(&mut file))?))
        .and_then(|()| {
            let in_place = file.sync_all().and_then(|()| fs::rename(&beside, out));
            in_place.context("the file cannot be written")
        });
    if written.is_err() {
        // What went wrong is the better answer than that this did.
        fs::remove_file(&beside).ok();
    }
    written?;
    let file = BufReader::new(fs::File::open(out).context("the file cannot be read again")?);
    let expected = scan_log::Expected {
        keys: &keys,
        seal: None,
    };
    let report = match since_seal {
        None => scan_log::verify(file, &expected),
        Some(number) => scan_log::verify_since(file, &expected, (number, &[])),
    };
    let report = report.context("the file cannot be read again")?;
    let seal = report
        .last_seal
        .map(|seal| json!({ "number": seal.content.number, "sha256": hex::encode(seal.sha256) }));
    println!(
        "{}",
        json!({ "out": out, "since_seal": since_seal, "entries": report.entries, "code": report.code().as_str(), "seal": seal })
    );
    Ok(())
}
