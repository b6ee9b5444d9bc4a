//! What the province signed, of an open vault: verified once and not for each page of the past or each letter that is
//! searched.

use credential::{RootSet, TypeRegister};
use rusqlite::Connection;

use crate::error::StoreError;
use crate::sync::types_here;

/// Something as it was verified last.
pub(crate) struct Verified<T> {
    /// What the connection had written when it was read: after another write it is read again.
    read_at: Option<u64>,
    held: Option<T>,
}

impl<T> Default for Verified<T> {
    fn default() -> Self {
        Self {
            read_at: None,
            held: None,
        }
    }
}

impl<T> Verified<T> {
    /// What `load` gives, as long as nothing was written since.
    pub(crate) fn read_by(
        &mut self,
        database: &Connection,
        load: impl FnOnce() -> Result<Option<T>, StoreError>,
    ) -> Result<Option<&T>, StoreError> {
        let written = database.total_changes();
        if self.read_at != Some(written) {
            self.held = load()?;
            self.read_at = Some(written);
        }
        Ok(self.held.as_ref())
    }
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
        self.read_by(database, || types_here(database, roots))
    }
}
