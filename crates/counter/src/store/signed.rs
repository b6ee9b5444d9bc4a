//! Signed data: trust list, type register, status manifest, status lists, all as received.

use rusqlite::{OptionalExtension as _, params};

use super::{Store, StoreError};

/// What is stored, none of it verified.
#[derive(Debug, Default)]
pub struct SignedData {
    /// The trust list.
    pub trust_list: Option<Vec<u8>>,
    /// The type register.
    pub type_register: Option<Vec<u8>>,
    /// The status manifest.
    pub status_manifest: Option<Vec<u8>>,
    /// Status lists by their address.
    pub status_lists: Vec<(String, Vec<u8>)>,
    /// When the last complete sync was, in unix seconds.
    pub last_sync: Option<u64>,
}

impl Store {
    /// Everything that is stored; the caller verifies it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn signed_data(&self) -> Result<SignedData, StoreError> {
        let blob = |sql: &str| {
            self.connection
                .query_row(sql, [], |row| row.get::<_, Vec<u8>>(0))
                .optional()
        };
        let mut lists = self
            .connection
            .prepare("SELECT uri, bits FROM status_list ORDER BY uri")?;
        let status_lists = lists
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        let last_sync = self
            .connection
            .query_row("SELECT done_at FROM sync WHERE id = 1", [], |row| {
                row.get::<_, i64>(0)
            })
            .optional()?;
        Ok(SignedData {
            trust_list: blob("SELECT bytes FROM trust_list WHERE id = 1")?,
            type_register: blob("SELECT bytes FROM type_register WHERE id = 1")?,
            status_manifest: blob("SELECT bytes FROM status_manifest WHERE id = 1")?,
            status_lists,
            last_sync: last_sync.and_then(|at| u64::try_from(at).ok()),
        })
    }

    /// Replaces the trust list.
    ///
    /// # Errors
    /// [`StoreError`]; the old one stays.
    pub fn put_trust_list(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.connection.execute(
            "INSERT INTO trust_list (id, bytes) VALUES (1, ?1)
             ON CONFLICT (id) DO UPDATE SET bytes = excluded.bytes",
            [bytes],
        )?;
        Ok(())
    }

    /// Replaces the type register.
    ///
    /// # Errors
    /// [`StoreError`]; the old one stays.
    pub fn put_type_register(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.connection.execute(
            "INSERT INTO type_register (id, bytes) VALUES (1, ?1)
             ON CONFLICT (id) DO UPDATE SET bytes = excluded.bytes",
            [bytes],
        )?;
        Ok(())
    }

    /// Replaces the manifest and all lists together.
    ///
    /// # Errors
    /// [`StoreError`]; everything old stays.
    pub fn put_status(&mut self, manifest: &[u8], lists: &[(String, Vec<u8>)]) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        transaction.execute(
            "INSERT INTO status_manifest (id, bytes) VALUES (1, ?1)
             ON CONFLICT (id) DO UPDATE SET bytes = excluded.bytes",
            [manifest],
        )?;
        transaction.execute("DELETE FROM status_list", [])?;
        for (uri, bits) in lists {
            transaction.execute(
                "INSERT INTO status_list (uri, bits) VALUES (?1, ?2)",
                params![uri, bits],
            )?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Notes a complete sync at `at` (unix seconds).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put_last_sync(&mut self, at: u64) -> Result<(), StoreError> {
        self.connection.execute(
            "INSERT INTO sync (id, done_at) VALUES (1, ?1)
             ON CONFLICT (id) DO UPDATE SET done_at = excluded.done_at",
            [i64::try_from(at).unwrap_or(i64::MAX)],
        )?;
        Ok(())
    }
}
