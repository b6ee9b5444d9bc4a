//! One root: its secret in a file that only a passphrase opens, its public half in another.

use std::path::{Path, PathBuf};

use clap::Args;
use credential::{PublicKey, SecretKey};
use serde::{Deserialize, Serialize};
use serde_json::json;
use zeroize::Zeroizing;

use super::table::{self, Transcript};
use crate::error::CliError;
use crate::{Done, Machine, files, hex};

/// The slowest file that is opened.
const WORK_FACTOR_MAX: u8 = 22;

/// Make one root, on the machine where it stays. The secret is sealed to a passphrase (age, scrypt) and written nowhere
/// else; the public half goes to the others.
#[derive(Args)]
pub(crate) struct MakeRoot {
    /// A file that is not there yet, for the sealed secret.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// A file that is not there yet, for the public half.
    #[arg(long, value_name = "FILE")]
    public: Option<PathBuf>,
    /// How slow a guess at the passphrase is made: scrypt with N = 2 to this power. 18 takes 256 MiB and about a second.
    #[arg(long, default_value_t = 18, value_parser = clap::value_parser!(u8).range(12..=22))]
    work_factor: u8,
    #[command(flatten)]
    transcript: Transcript,
}

/// A public half as it is carried.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PublicRoot {
    /// 64 hex digits.
    pub(crate) root: String,
}

impl MakeRoot {
    pub(crate) fn run(self, machine: &Machine) -> Result<Done, CliError> {
        table::say(
            "This makes one root. Its secret stays on this machine and on the copies that you make of its file. \
             Without the passphrase nobody can use it, not even you.",
        );
        let out = table::path(
            self.out,
            "out",
            "File for the sealed secret, for example root-1.age",
        )?;
        let public = table::path(
            self.public,
            "public",
            "File for the public half, for example root-1.json",
        )?;
        let passphrase = table::new_passphrase()?;
        let mut seed = Zeroizing::new([0; 32]);
        (machine.random)(seed.as_mut())?;
        let key = SecretKey::from_seed(*seed);
        let mut recipient = age::scrypt::Recipient::new(passphrase);
        recipient.set_work_factor(self.work_factor);
        let sealed = age::encrypt(&recipient, seed.as_ref()).map_err(|_| CliError::RootNotSealed)?;
        let digits = hex::text(key.public().as_bytes());
        let half = serde_json::to_vec(&PublicRoot { root: digits.clone() })?;
        files::write_secret(&out, &sealed)?;
        files::write_new(&public, &half)?;
        let entries: [(&Path, &[u8]); 2] = [(&out, &sealed), (&public, &half)];
        self.transcript
            .add(machine, "make-root", &entries, &json!({ "root": digits }))?;
        table::say("Done. Try at once whether the passphrase opens it: a first signature will tell.");
        Ok(Done::json(json!({
            "root": digits,
            "key_id": hex::text(key.public().key_id().as_bytes()),
        })))
    }
}

/// Opens a root's secret.
pub(crate) fn open(path: &Path) -> Result<SecretKey, CliError> {
    let sealed = files::file(path)?;
    let passphrase = table::passphrase("Passphrase of this root (nothing is shown while you type)")?;
    let mut identity = age::scrypt::Identity::new(passphrase);
    identity.set_max_work_factor(WORK_FACTOR_MAX);
    let seed = match age::decrypt(&identity, &sealed) {
        Ok(seed) => Zeroizing::new(seed),
        Err(age::DecryptError::DecryptionFailed | age::DecryptError::KeyDecryptionFailed) => {
            return Err(CliError::RootLocked);
        }
        Err(_) => return Err(CliError::RootFile),
    };
    let seed: [u8; 32] = seed.as_slice().try_into().map_err(|_| CliError::RootFile)?;
    Ok(SecretKey::from_seed(*Zeroizing::new(seed)))
}

/// Reads a public half.
pub(crate) fn public(path: &Path) -> Result<(PublicKey, Vec<u8>), CliError> {
    let bytes = files::file(path)?;
    let half: PublicRoot = serde_json::from_slice(&bytes)?;
    Ok((hex::public_key("root", &half.root)?, bytes))
}
