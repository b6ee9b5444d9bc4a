//! The public files of the province: as a delta from what is held, or whole, by what is in them.
//!
//! Both lie under names that say what is in them, so that anything between may keep them: after an outage all phones ask for
//! the same few. The newest of a name is asked for only by a phone that was told nothing, or got something else.

use province_api::sync::{HeldFile, delta_path, file_path, files};
use province_api::{artefacts, delta, paths};
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

use super::send::get;
use super::{Awaiting, HttpRequest, HttpResponse, Run, Surroundings};
use crate::error::StoreError;
use crate::store::artefact;

/// How a file is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// What changed since the version that is held.
    Delta,
    /// Its SHA-256, which the province told.
    Hash,
    /// Its name: whatever is the newest.
    Name,
}

/// A signed file that the phone holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum File {
    Trust,
    Types,
    Status,
    Catalogue,
}

impl File {
    pub(super) const ALL: [Self; 4] = [Self::Trust, Self::Types, Self::Status, Self::Catalogue];

    /// What the province calls it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Trust => files::TRUST,
            Self::Types => files::TYPES,
            Self::Status => files::STATUS,
            Self::Catalogue => files::CATALOGUE,
        }
    }

    const fn row(self) -> &'static str {
        match self {
            Self::Trust => artefact::TRUST_LIST,
            Self::Types => artefact::TYPES,
            Self::Status => artefact::STATUS_MANIFEST,
            Self::Catalogue => artefact::CATALOGUE,
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Self::Trust => paths::TRUST_LIST,
            Self::Types => paths::TYPES,
            Self::Status => paths::STATUS_MANIFEST,
            Self::Catalogue => paths::CATALOGUE,
        }
    }

    const fn bytes_max(self) -> usize {
        match self {
            Self::Trust => artefacts::TRUST_LIST_BYTES_MAX,
            Self::Types => artefacts::TYPE_REGISTER_BYTES_MAX,
            Self::Status => artefacts::STATUS_MANIFEST_BYTES_MAX,
            Self::Catalogue => artefacts::CATALOGUE_BYTES_MAX,
        }
    }
}

/// What is held, for the question after what changed.
pub(super) fn held(database: &Connection) -> Result<Vec<HeldFile>, StoreError> {
    let mut held = Vec::new();
    for which in File::ALL {
        if let Some(bytes) = artefact::load(database, which.row())? {
            held.push(HeldFile::new(which.name(), &sha256(&bytes)));
        }
    }
    Ok(held)
}

impl Run {
    /// Asks for a file: for the delta if the province has one, else for the whole of it.
    pub(super) fn file_request(
        &mut self,
        around: &Surroundings<'_>,
        which: File,
    ) -> Result<HttpRequest, StoreError> {
        let (path, by) = match self.told_sha256(which) {
            Some(to) if !self.by_name.contains(&which) => {
                let is_delta = self.told.get(&which).is_some_and(|told| told.delta);
                let held = if is_delta && !self.whole.contains(&which) {
                    artefact::load(around.database, which.row())?
                } else {
                    None
                };
                match held {
                    Some(held) => (delta_path(which.name(), &sha256(&held), &to), By::Delta),
                    None => (file_path(&to), By::Hash),
                }
            }
            _ => (which.path().to_owned(), By::Name),
        };
        self.awaiting = Some(Awaiting::File { which, by });
        Ok(get(around, path, which.bytes_max()))
    }

    /// Asks for the catalogue if there is a newer one, and if there are bytes for it: it can wait for another network.
    /// A run that enrols or draws passes leaves it for the next, so that a first enrolment stays small.
    pub(super) fn catalogue_request(
        &mut self,
        around: &Surroundings<'_>,
    ) -> Result<Option<HttpRequest>, StoreError> {
        let told = self.told.get(&File::Catalogue);
        let Some(told) = told.filter(|_| self.was_complete && self.batches == 0) else {
            return Ok(None);
        };
        let size = told.bytes;
        let request = self.file_request(around, File::Catalogue)?;
        let Some(left) = self.bytes_left() else {
            return Ok(Some(request));
        };
        let by_delta = matches!(self.awaiting, Some(Awaiting::File { by: By::Delta, .. }));
        // How long a delta is nobody has said; no longer than what is left is taken.
        if left == 0 || (!by_delta && left < size) {
            self.awaiting = None;
            self.left_out = true;
            return Ok(None);
        }
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        Ok(Some(HttpRequest {
            response_bytes_max: request.response_bytes_max.min(left),
            ..request
        }))
    }

    /// The bytes of a file that was asked for. `None`: what came does not serve, and it is to be asked for in another way.
    /// Nothing of it is believed yet.
    pub(super) fn file_bytes(
        &mut self,
        around: &Surroundings<'_>,
        (which, by): (File, By),
        response: &HttpResponse,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let to = self.told_sha256(which).filter(|_| response.status == 200);
        let (bytes, next) = match by {
            By::Name => return Ok(Some(response.body.clone())),
            By::Hash => {
                let is_it = to.is_some_and(|to| sha256(&response.body) == to);
                (is_it.then(|| response.body.clone()), &mut self.by_name)
            }
            By::Delta => {
                let from = artefact::load(around.database, which.row())?.unwrap_or_default();
                let made = to.and_then(|to| delta::apply(&from, &response.body, &to, which.bytes_max()).ok());
                (made, &mut self.whole)
            }
        };
        if bytes.is_none() {
            next.insert(which);
        }
        Ok(bytes)
    }

    /// The hash of the file as it is now, if the province told it.
    fn told_sha256(&self, which: File) -> Option<[u8; 32]> {
        let told = self.told.get(&which)?;
        told.sha256.0.as_slice().try_into().ok()
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
