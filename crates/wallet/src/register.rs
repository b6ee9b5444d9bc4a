//! The type register of an open vault, verified once and not for each page of the past.

use credential::{RootSet, TypeRegister};
use rusqlite::Connection;

use crate::error::StoreError;
use crate::sync::types_here;

/// The register as it was verified last.
#[derive(Default)]
pub(crate) struct Register {
    /// What the connection had written when it was read: after another write it is read again.
    read_at: Option<u64>,
    types: Option<TypeRegister>,
}

impl Register {
    /// The register on the phone, verified; nothing if there is none.
    pub(crate) fn read(
        &mut self,
        database: &Connection,
        roots: &RootSet,
    ) -> Result<Option<&TypeRegister>, StoreError> {
        let written = database.total_changes();
        if self.read_at != Some(written) {
            self.types = types_here(database, roots)?;
            self.read_at = Some(written);
        }
        Ok(self.types.as_ref())
    }
}
