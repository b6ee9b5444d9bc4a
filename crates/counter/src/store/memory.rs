//! What must not be accepted twice: passes that were shown here and requests that were answered.

use rusqlite::params;

use super::{Store, StoreError};

/// Whether something is there for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstTime {
    /// Nobody was here with it before; from now on it is known.
    Yes,
    /// It is known already (or, for a request, it is not this desk's).
    No,
}

fn seconds(at: u64) -> i64 {
    i64::try_from(at).unwrap_or(i64::MAX)
}

impl Store {
    /// Remembers a pass until `until` (unix seconds) and says whether it is new, in one step.
    ///
    /// # Errors
    /// [`StoreError`]; the caller must not accept the pass then.
    pub fn remember_pass(&mut self, key: &[u8; 32], until: u64, now: u64) -> Result<FirstTime, StoreError> {
        let transaction = self.connection.transaction()?;
        transaction.execute("DELETE FROM shown_pass WHERE until < ?1", [seconds(now)])?;
        let added = transaction.execute(
            "INSERT INTO shown_pass (replay_key, until) VALUES (?1, ?2) ON CONFLICT (replay_key) DO NOTHING",
            params![key, seconds(until)],
        )?;
        transaction.commit()?;
        Ok(if added == 1 { FirstTime::Yes } else { FirstTime::No })
    }

    /// How many passes are remembered.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn remembered_passes(&self) -> Result<u64, StoreError> {
        let count: i64 = self
            .connection
            .query_row("SELECT count(*) FROM shown_pass", [], |row| row.get(0))?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// Notes a request that the desk shows from now on.
    ///
    /// # Errors
    /// [`StoreError`]; the request must not be shown then.
    pub fn open_request(&mut self, nonce: &[u8; 16], expires: u64, now: u64) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        transaction.execute("DELETE FROM request WHERE expires_at < ?1", [seconds(now)])?;
        transaction.execute(
            "INSERT INTO request (nonce, expires_at, used) VALUES (?1, ?2, 0)",
            params![nonce, seconds(expires)],
        )?;
        transaction.commit()?;
        Ok(())
    }

    /// Uses a request up and says whether that was the first time, in one step.
    ///
    /// # Errors
    /// [`StoreError`]; the caller must not accept the answer then.
    pub fn use_request(&mut self, nonce: &[u8; 16]) -> Result<FirstTime, StoreError> {
        let changed = self.connection.execute(
            "UPDATE request SET used = 1 WHERE nonce = ?1 AND used = 0",
            [nonce],
        )?;
        Ok(if changed == 1 {
            FirstTime::Yes
        } else {
            FirstTime::No
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]

    use super::*;

    #[test]
    fn a_pass_is_remembered_across_a_restart_and_forgotten_when_it_cannot_pass_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("counter.sqlite");
        let mut store = Store::open(&path).unwrap();
        assert_eq!(store.remember_pass(&[1; 32], 200, 100).unwrap(), FirstTime::Yes);
        assert_eq!(store.remember_pass(&[1; 32], 200, 100).unwrap(), FirstTime::No);
        drop(store);
        let mut store = Store::open(&path).unwrap();
        assert_eq!(store.remember_pass(&[1; 32], 200, 200).unwrap(), FirstTime::No);
        assert_eq!(store.remember_pass(&[2; 32], 400, 201).unwrap(), FirstTime::Yes);
        assert_eq!(store.remembered_passes().unwrap(), 1);
    }

    #[test]
    fn a_request_can_be_answered_once_and_only_if_it_was_shown() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("counter.sqlite")).unwrap();
        store.open_request(&[7; 16], 160, 100).unwrap();
        assert_eq!(store.use_request(&[8; 16]).unwrap(), FirstTime::No);
        assert_eq!(store.use_request(&[7; 16]).unwrap(), FirstTime::Yes);
        assert_eq!(store.use_request(&[7; 16]).unwrap(), FirstTime::No);
    }

    #[test]
    fn a_file_that_is_no_database_is_an_error_and_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("counter.sqlite");
        std::fs::write(&path, [b'x'; 4096]).unwrap();
        assert!(Store::open(&path).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), [b'x'; 4096]);
    }
}
