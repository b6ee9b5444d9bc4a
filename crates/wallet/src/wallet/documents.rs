//! What the vault holds: looked through by person, deleted, taken out.

use std::path::Path;

use credential::Timestamp;

use super::Wallet;
use crate::code::UiError;
use crate::documents::{self, export};
use crate::error::OpenError;
use crate::file;
use crate::request::Requests;
use crate::screen::{Documents, Export, ExportFile};
use crate::show::Showings;

impl Wallet {
    /// Everything that this vault holds, by person.
    ///
    /// # Errors
    /// [`crate::UiCode::Locked`] or a store's error.
    pub fn documents(&self, now: Timestamp) -> Result<Documents, UiError> {
        let now = self.time(now)?;
        Ok(documents::all(&self.unlocked()?.database, &self.roots, now)?)
    }

    /// Deletes a document from this phone. One that the province granted is not drawn again before the citizen wants it
    /// back or the province grants it anew.
    ///
    /// # Errors
    /// [`crate::UiCode::Locked`], [`crate::UiCode::DocumentGone`], [`crate::UiCode::DocumentStays`] or a store's error.
    pub fn delete_document(&mut self, id: &str, now: Timestamp) -> Result<(), UiError> {
        let roots = self.roots.clone();
        let open = self.unlocked_mut()?;
        documents::delete(&open.database, &roots, id, now)?;
        // What is on the screen or was agreed to may be of it.
        open.showings = Showings::default();
        open.requests = Requests::default();
        Ok(())
    }

    /// Wants a deleted document back; the next sync draws it.
    ///
    /// # Errors
    /// [`crate::UiCode::Locked`], [`crate::UiCode::DocumentGone`] or a store's error.
    pub fn want_document(&mut self, id: &str) -> Result<(), UiError> {
        documents::want_back(&self.unlocked()?.database, id)
    }

    /// What the citizen takes out: everything, or one document with its past.
    ///
    /// # Errors
    /// [`crate::UiCode::Locked`], [`crate::UiCode::DocumentGone`] or a store's error.
    pub fn export(&self, only: Option<&str>, now: Timestamp) -> Result<Export, UiError> {
        let now = self.time(now)?;
        export::content(&self.unlocked()?.database, &self.roots, only, now)
    }

    /// Writes it into this folder, unencrypted: as data, or as the page that the screen made of it in its own words.
    ///
    /// # Errors
    /// As [`Wallet::export`], [`crate::UiCode::ExportInvalid`], or what a full disk says.
    pub fn write_export(
        &self,
        only: Option<&str>,
        page: Option<String>,
        folder: &Path,
        now: Timestamp,
    ) -> Result<ExportFile, UiError> {
        let (bytes, extension) = export::file(&self.export(only, now)?, page)?;
        let path = file::free_name(folder, "khyber-pass-export", extension, now);
        file::write_atomically(&path, &bytes).map_err(OpenError::File)?;
        Ok(ExportFile {
            name: file::last_part(&path),
            folder: file::last_part(folder),
        })
    }
}
