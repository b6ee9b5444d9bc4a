//! A copy of an SQLite database, made while others read and write it.
//!
//! `VACUUM INTO` reads one moment of the database to its end and writes it as a new file; writers go on in the write-ahead
//! log meanwhile. Rejected: copying the files, which are of several moments; and SQLite's backup interface, which begins
//! anew whenever somebody writes.

use std::path::Path;

use sqlx::Row as _;

use super::{Store, StoreError};

impl Store {
    /// Whether the database is one file of SQLite, of which there can be a copy.
    ///
    /// # Errors
    /// [`StoreError::Engine`].
    pub async fn is_one_file(&self) -> Result<bool, StoreError> {
        Ok(self.read().await?.backend_name() == "SQLite")
    }

    /// Writes everything that was confirmed before into a new file.
    ///
    /// # Errors
    /// [`StoreError::Engine`], also if there is such a file.
    pub async fn copy_to(&self, file: &Path) -> Result<(), StoreError> {
        let name = file.to_str().ok_or(StoreError::Form)?;
        sqlx::query("VACUUM INTO $1")
            .bind(name)
            .execute(&mut *self.read().await?)
            .await?;
        Ok(())
    }

    /// Whether every page and every index of a file of SQLite is as it should be.
    ///
    /// # Errors
    /// [`StoreError::Engine`].
    pub async fn is_sound(&self) -> Result<bool, StoreError> {
        let row = sqlx::query("PRAGMA integrity_check(1)")
            .fetch_one(&mut *self.read().await?)
            .await?;
        Ok(row.try_get::<String, _>(0)? == "ok")
    }
}
