//! Signed data: trust list, type register, status manifest, and the tables and shards that it proves, all as received.

use std::collections::BTreeSet;

use credential::{RiskRules, StatusSet, Timestamp, TrustList, TypeRegister};
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
    /// What newer data must not lie below.
    pub highest: Highest,
}

/// What newer signed data must not lie below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Highest {
    /// Of trust lists: the highest number that was ever taken.
    pub trust: u64,
    /// Of type registers.
    pub types: Floor,
    /// Of risk rules.
    pub rules: Floor,
    /// Of status manifests.
    pub status: Floor,
}

/// What newer data of one kind must not lie below; nothing where there was none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Floor {
    /// The highest number that was taken, also of data that are damaged by now.
    pub number: u64,
    /// From when data may be dated, in unix seconds: set where the number was a thief's, who can write any.
    pub dated: u64,
}

impl Floor {
    /// Whether data with this number and date may be taken.
    pub fn takes(&self, number: u64, issued_at: Timestamp) -> bool {
        number >= self.number && issued_at.unix() >= self.dated
    }

    /// What holds once the key of these data was withdrawn: their number counts no longer, or whoever stole the key could
    /// shut the desk for good with a high one. What is dated before them stays out all the same, as far as the list that
    /// withdrew the key is not older: a thief can write any date too.
    #[must_use]
    pub fn of_withdrawn(fallen: Timestamp, list: Timestamp) -> Self {
        Self {
            number: 0,
            dated: fallen.plus(1).unix().min(list.unix()),
        }
    }
}

fn keep_root_change(connection: &Connection, list: &TrustList, bytes: &[u8]) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT OR REPLACE INTO root_change (sequence, bytes) VALUES (?1, ?2)",
        params![i64::try_from(list.sequence()).unwrap_or(i64::MAX), bytes],
    )?;
    Ok(())
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
                types: self.floor("types")?,
                rules: self.floor("rules")?,
                status: self.floor("status")?,
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

    fn floor(&self, kind: &str) -> Result<Floor, StoreError> {
        let dated = self
            .connection
            .query_row("SELECT dated FROM highest WHERE kind = ?1", [kind], |row| {
                row.get::<_, i64>(0)
            })
            .optional()?;
        Ok(Floor {
            number: self.highest(kind)?,
            dated: dated.and_then(|dated| u64::try_from(dated).ok()).unwrap_or(0),
        })
    }

    /// Keeps a list that changed the roots and that the desk had passed, where it was lost: without it no later list can
    /// be checked.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put_root_change(&mut self, list: &TrustList, bytes: &[u8]) -> Result<(), StoreError> {
        keep_root_change(&self.connection, list, bytes)?;
        Ok(())
    }

    /// Replaces the trust list. One that changed the roots is kept under its number for good: without it no later list
    /// can be checked at the next start. `withdrawn` are the kinds of data whose key it withdrew, with what holds now.
    ///
    /// # Errors
    /// [`StoreError`]; the old one stays.
    pub fn put_trust_list(
        &mut self,
        list: &TrustList,
        bytes: &[u8],
        withdrawn: &[(&str, Floor)],
    ) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        if list.changes_roots() {
            keep_root_change(&transaction, list, bytes)?;
        }
        for (kind, floor) in withdrawn {
            transaction.execute(
                "INSERT INTO highest (kind, number, dated) VALUES (?1, ?2, ?3)
                 ON CONFLICT (kind) DO UPDATE SET number = excluded.number, dated = excluded.dated",
                params![
                    kind,
                    i64::try_from(floor.number).unwrap_or(i64::MAX),
                    i64::try_from(floor.dated).unwrap_or(i64::MAX)
                ],
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
