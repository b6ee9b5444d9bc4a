//! Signed data: trust list, type register, status manifest, and the tables and shards that it proves, all as received.

use std::collections::BTreeSet;

use credential::{RiskRules, StatusSet, TrustList, TypeRegister};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Store, StoreError};

/// What is stored, none of it verified.
#[derive(Debug, Default)]
pub struct SignedData {
    /// The trust lists that changed the roots, in the order in which they were taken.
    pub root_changes: Vec<Vec<u8>>,
    /// The trust list.
    pub trust_list: Option<Vec<u8>>,
    /// The type register.
    pub type_register: Option<Vec<u8>>,
    /// The status manifest.
    pub status_manifest: Option<Vec<u8>>,
    /// The risk rules.
    pub risk_rules: Option<Vec<u8>>,
    /// When the last complete sync was, in unix seconds.
    pub last_sync: Option<u64>,
    /// The highest numbers that were ever taken, also of data that are damaged by now.
    pub highest: Highest,
}

/// The highest number of each kind of signed data that was ever taken; 0 where there was none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Highest {
    /// Of trust lists.
    pub trust: u64,
    /// Of type registers.
    pub types: u64,
    /// Of risk rules.
    pub rules: u64,
    /// Of status manifests.
    pub status: u64,
}

/// Notes that data with this number were taken.
fn raise(connection: &Connection, kind: &str, number: u64) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO highest (kind, number) VALUES (?1, ?2)
         ON CONFLICT (kind) DO UPDATE SET number = max(number, excluded.number)",
        params![kind, i64::try_from(number).unwrap_or(i64::MAX)],
    )?;
    Ok(())
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
        let mut changes = self
            .connection
            .prepare("SELECT bytes FROM root_change ORDER BY sequence")?;
        let root_changes = changes
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let last_sync = self
            .connection
            .query_row("SELECT done_at FROM sync WHERE id = 1", [], |row| {
                row.get::<_, i64>(0)
            })
            .optional()?;
        Ok(SignedData {
            root_changes,
            trust_list: blob("SELECT bytes FROM trust_list WHERE id = 1")?,
            type_register: blob("SELECT bytes FROM type_register WHERE id = 1")?,
            status_manifest: blob("SELECT bytes FROM status_manifest WHERE id = 1")?,
            risk_rules: blob("SELECT bytes FROM risk_rules WHERE id = 1")?,
            last_sync: last_sync.and_then(|at| u64::try_from(at).ok()),
            highest: Highest {
                trust: self.highest("trust")?,
                types: self.highest("types")?,
                rules: self.highest("rules")?,
                status: self.highest("status")?,
            },
        })
    }

    fn highest(&self, kind: &str) -> Result<u64, StoreError> {
        let number = self
            .connection
            .query_row("SELECT number FROM highest WHERE kind = ?1", [kind], |row| {
                row.get::<_, i64>(0)
            })
            .optional()?;
        Ok(number.and_then(|number| u64::try_from(number).ok()).unwrap_or(0))
    }

    /// Replaces the trust list. One that changed the roots is kept under its number for good: without it no later list
    /// can be checked at the next start.
    ///
    /// # Errors
    /// [`StoreError`]; the old one stays.
    pub fn put_trust_list(&mut self, list: &TrustList, bytes: &[u8]) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        if list.changes_roots() {
            transaction.execute(
                "INSERT OR REPLACE INTO root_change (sequence, bytes) VALUES (?1, ?2)",
                params![i64::try_from(list.sequence()).unwrap_or(i64::MAX), bytes],
            )?;
        }
        raise(&transaction, "trust", list.sequence())?;
        transaction.execute(
            "INSERT INTO trust_list (id, bytes) VALUES (1, ?1)
             ON CONFLICT (id) DO UPDATE SET bytes = excluded.bytes",
            [bytes],
        )?;
        transaction.commit()?;
        Ok(())
    }

    /// Replaces the risk rules.
    ///
    /// # Errors
    /// [`StoreError`]; the old ones stay.
    pub fn put_risk_rules(&mut self, rules: &RiskRules) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        raise(&transaction, "rules", rules.content().sequence)?;
        transaction.execute(
            "INSERT INTO risk_rules (id, bytes) VALUES (1, ?1)
             ON CONFLICT (id) DO UPDATE SET bytes = excluded.bytes",
            [rules.bytes()],
        )?;
        transaction.commit()?;
        Ok(())
    }

    /// Replaces the type register.
    ///
    /// # Errors
    /// [`StoreError`]; the old one stays.
    pub fn put_type_register(&mut self, types: &TypeRegister) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        raise(&transaction, "types", types.sequence())?;
        transaction.execute(
            "INSERT INTO type_register (id, bytes) VALUES (1, ?1)
             ON CONFLICT (id) DO UPDATE SET bytes = excluded.bytes",
            [types.bytes()],
        )?;
        transaction.commit()?;
        Ok(())
    }

    /// A table or shard by its hash.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn status_piece(&self, sha256: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
        let mut found = self
            .connection
            .prepare_cached("SELECT bytes FROM status_piece WHERE sha256 = ?1")?;
        Ok(found.query_row([sha256], |row| row.get(0)).optional()?)
    }

    /// Keeps a table or shard of a manifest that is still being fetched, so that a sync that breaks off goes on from here.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put_status_piece(&mut self, sha256: &[u8; 32], bytes: &[u8]) -> Result<(), StoreError> {
        self.connection.execute(
            "INSERT INTO status_piece (sha256, bytes) VALUES (?1, ?2)
             ON CONFLICT (sha256) DO UPDATE SET bytes = excluded.bytes",
            params![sha256, bytes],
        )?;
        Ok(())
    }

    /// Replaces the manifest, adds the pieces of it that are not here yet, and forgets those of earlier ones, in one step.
    ///
    /// # Errors
    /// [`StoreError`]; everything old stays.
    pub fn put_status(&mut self, set: &StatusSet) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        raise(&transaction, "status", set.manifest().epoch())?;
        transaction.execute(
            "INSERT INTO status_manifest (id, bytes) VALUES (1, ?1)
             ON CONFLICT (id) DO UPDATE SET bytes = excluded.bytes",
            [set.manifest().bytes()],
        )?;
        let mut old: BTreeSet<[u8; 32]> = transaction
            .prepare("SELECT sha256 FROM status_piece")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for piece in set.held() {
            if !old.remove(&piece.sha256)
                && let Some(bytes) = set.encoded(&piece)
            {
                transaction.execute(
                    "INSERT INTO status_piece (sha256, bytes) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                    params![piece.sha256, bytes],
                )?;
            }
        }
        for sha256 in old {
            transaction.execute("DELETE FROM status_piece WHERE sha256 = ?1", [sha256])?;
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
