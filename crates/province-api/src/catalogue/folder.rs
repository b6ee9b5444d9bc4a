//! A folder of catalogue files, one for each office's services, becomes one catalogue. So a department sends a change to one
//! file and to nobody else's.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{CatalogueFile, ServiceEntry};

/// The folder's file of offices, which every other service's file is named after.
pub const OFFICES: &str = "offices.json";
/// Where the files of services are: `services/OFFICE.json`.
pub const SERVICES: &str = "services/";

/// Why a folder is no catalogue.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FolderError {
    /// A file that has to be there is not.
    #[error("{file} is not there")]
    Missing {
        /// Which, from the folder on.
        file: &'static str,
    },
    /// A file that no part of a catalogue is named so.
    #[error("{file} is no file of a catalogue")]
    Unknown {
        /// Which.
        file: String,
    },
    /// A file of services that says another office of one of them.
    #[error("{file}: {service} is of another office")]
    Elsewhere {
        /// Which.
        file: String,
        /// The service.
        service: String,
    },
    /// An entry has a member that means nothing there, or says what goes without saying.
    #[error("{file}, entry {entry}: a member that is not known there, or that goes without saying")]
    Superfluous {
        /// Which.
        file: String,
        /// Which entry, from 1.
        entry: usize,
    },
    /// A file is not what its name says.
    #[error("{file}, line {line}, column {column}: {said}")]
    Json {
        /// Which.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong there.
        said: String,
    },
}

impl CatalogueFile {
    /// Puts the files of a folder together: name from the folder on, with `/`, and text. Services come in the order of the
    /// offices, and in their own file's order.
    ///
    /// # Errors
    /// [`FolderError`], the first.
    pub fn gather<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, FolderError> {
        let mut files: BTreeMap<&str, &str> = files.into_iter().collect();
        let mut whole = Self {
            offices: take(&mut files, OFFICES)?,
            authorities: take(&mut files, "authorities.json")?,
            documents: take(&mut files, "documents.json")?,
            divisions: take(&mut files, "divisions.json")?,
            districts: take(&mut files, "districts.json")?,
            events: take(&mut files, "events.json")?,
            holidays: take(&mut files, "holidays.json")?,
            fields: take(&mut files, "fields.json")?,
            topics: take(&mut files, "topics.json")?,
            steps: take(&mut files, "steps.json")?,
            services: Vec::new(),
        };
        for office in &whole.offices {
            let name = format!("{SERVICES}{}.json", office.id);
            let Some(text) = files.remove(&*name) else {
                continue;
            };
            let services: Vec<ServiceEntry> = read(&name, text)?;
            if let Some(other) = services.iter().find(|one| one.office != office.id) {
                return Err(FolderError::Elsewhere {
                    service: other.id.clone(),
                    file: name,
                });
            }
            whole.services.extend(services);
        }
        match files.into_keys().next() {
            None => Ok(whole),
            Some(file) => Err(FolderError::Unknown {
                file: file.to_owned(),
            }),
        }
    }
}

fn take<T: DeserializeOwned + Serialize>(
    files: &mut BTreeMap<&str, &str>,
    file: &'static str,
) -> Result<Vec<T>, FolderError> {
    let text = files.remove(file).ok_or(FolderError::Missing { file })?;
    read(file, text)
}

fn read<T: DeserializeOwned + Serialize>(file: &str, text: &str) -> Result<Vec<T>, FolderError> {
    let json = |error: serde_json::Error| FolderError::Json {
        file: file.to_owned(),
        line: error.line(),
        column: error.column(),
        said: error.to_string(),
    };
    let read: Vec<T> = serde_json::from_str(text).map_err(json)?;
    // What is signed is read leniently, so that later versions may say more; a file may not: a rule that is spelled wrong
    // would be no rule.
    let written: Vec<Value> = serde_json::from_str(text).map_err(json)?;
    for (at, (one, written)) in (1..).zip(read.iter().zip(&written)) {
        if serde_json::to_value(one).map_err(json)? != *written {
            return Err(FolderError::Superfluous {
                file: file.to_owned(),
                entry: at,
            });
        }
    }
    Ok(read)
}
