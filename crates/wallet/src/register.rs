//! What the province signed, of an open vault: verified once and not for each page of the past, each letter that is
//! searched or each answer of a form that is kept.

use credential::{RootSet, TypeRegister};
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

use crate::error::StoreError;
use crate::store::artefact;
use crate::sync::types_here;

/// Something as it was verified last.
pub(crate) struct Verified<T> {
    /// What the connection had written when it was read: after another write it is read again.
    read_at: Option<u64>,
    /// SHA-256 of the rows that it was read from: what was written since may be something else.
    rows: [u8; 32],
    held: Option<T>,
}

impl<T> Default for Verified<T> {
    fn default() -> Self {
        Self {
            read_at: None,
            rows: [0; 32],
            held: None,
        }
    }
}

impl<T> Verified<T> {
    /// What `load` gives, as long as neither the public file of this name nor the trust lists that it is verified with
    /// changed since.
    pub(crate) fn read_by(
        &mut self,
        database: &Connection,
        name: &str,
        load: impl FnOnce() -> Result<Option<T>, StoreError>,
    ) -> Result<Option<&T>, StoreError> {
        let written = database.total_changes();
        if self.read_at != Some(written) {
            let rows = rows(database, name)?;
            if self.read_at.is_none() || self.rows != rows {
                self.read_at = None;
                self.held = load()?;
                self.rows = rows;
            }
            self.read_at = Some(written);
        }
        Ok(self.held.as_ref())
    }
}

/// SHA-256 of everything that decides what a public file says: itself, and the trust lists.
fn rows(database: &Connection, name: &str) -> Result<[u8; 32], StoreError> {
    let mut hash = Sha256::new();
    let trust = artefact::load(database, artefact::TRUST_LIST)?;
    let file = artefact::load(database, name)?;
    for row in artefact::root_changes(database)?
        .iter()
        .chain(&trust)
        .chain(&file)
    {
        hash.update(Sha256::digest(row));
    }
    Ok(hash.finalize().into())
}

/// The type register.
pub(crate) type Register = Verified<TypeRegister>;

impl Register {
    /// The register on the phone, verified; nothing if there is none.
    pub(crate) fn read(
        &mut self,
        database: &Connection,
        roots: &RootSet,
    ) -> Result<Option<&TypeRegister>, StoreError> {
        self.read_by(database, artefact::TYPES, || types_here(database, roots))
    }
}
