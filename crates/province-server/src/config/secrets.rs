//! Secrets of a configuration: a variable of the environment, or a file that a setting names.

use std::fs;
use std::path::Path;

use zeroize::Zeroizing;

use super::faults::{Fault, Faults, Wrong};
use super::read::Reader;
use super::{Environment, Given};
use crate::keys::only_owner_may_read;
use crate::store::{Database, DatabaseUrl, Place};

/// Most bytes of a file with a secret.
const SECRET_BYTES_MAX: u64 = 16 * 1024;

/// Where a province is, for commands that are given its data folder and no configuration. Its database is the one that
/// `DATABASE_URL` names, or the file that `KHYBER_DATABASE_URL_FILE` names, or is in the folder; the identity that opens its
/// keys is in the file that `KHYBER_IDENTITY_FILE` names, or in the folder.
///
/// # Errors
/// [`Faults`].
pub fn place(folder: &Path, environment: &impl Environment) -> Result<Place, Faults> {
    let mut reader = Reader::of(&["database_url_file", "identity_file"], environment, Given::new());
    let database = reader.database(environment);
    let identity = reader.path("identity_file");
    reader.finish()?;
    Ok(Place::new(folder, database).with_identity(identity))
}

/// What a file holds that only its owner may read; white space around it is not part of it.
pub(super) fn read(file: &Path) -> Result<Zeroizing<String>, Wrong> {
    let unreadable = |error: std::io::Error| Wrong::Unreadable(error.kind());
    let found = fs::metadata(file).map_err(unreadable)?;
    only_owner_may_read(&found).map_err(|_| Wrong::Shared)?;
    if !found.is_file() || found.len() > SECRET_BYTES_MAX {
        return Err(Wrong::Value);
    }
    let text = Zeroizing::new(fs::read_to_string(file).map_err(unreadable)?);
    Ok(Zeroizing::new(text.trim().to_owned()))
}

impl Reader {
    /// The secret of this variable, or of the file that the setting names.
    pub(super) fn secret(
        &mut self,
        variable: &'static str,
        key: &'static str,
        environment: &impl Environment,
    ) -> Option<Zeroizing<String>> {
        let file = self.path(key);
        let said = environment.variable(variable).map(Zeroizing::new);
        match (said, file) {
            (Some(_), Some(_)) => {
                self.fault(key, Wrong::Together(variable));
                None
            }
            (Some(said), None) if said.trim().is_empty() => {
                self.fault(variable, Wrong::Value);
                None
            }
            (Some(said), None) => Some(said),
            (None, Some(file)) => match read(&file) {
                Ok(secret) if secret.is_empty() => {
                    self.fault(key, Wrong::Value);
                    None
                }
                Ok(secret) => Some(secret),
                Err(wrong) => {
                    self.fault(key, wrong);
                    None
                }
            },
            (None, None) => None,
        }
    }

    pub(super) fn database(&mut self, environment: &impl Environment) -> Database {
        let Some(url) = self.secret("DATABASE_URL", "database_url_file", environment) else {
            return Database::InFolder;
        };
        DatabaseUrl::parse(&url).map_or_else(
            || {
                let variable = "DATABASE_URL";
                let key = if environment.variable(variable).is_some() {
                    variable
                } else {
                    "database_url_file"
                };
                self.faults.push(Fault::new(key, Wrong::Value));
                Database::InFolder
            },
            Database::At,
        )
    }
}
