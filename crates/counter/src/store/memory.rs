//! What must not be accepted twice: passes that were shown here and requests that were answered.

use credential::Timestamp;
use rusqlite::{Transaction, params};

use super::{Store, StoreError};
use crate::log::Note;

/// What can be accepted once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Once {
    /// A pass, shown in timed mode.
    Pass {
        /// What stands for it.
        key: [u8; 32],
        /// Until when it is remembered, unix seconds.
        until: u64,
    },
    /// A request of this desk.
    Request {
        /// Its nonce.
        nonce: [u8; 16],
    },
}

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
    /// Takes what can be accepted once, writes down what `note` makes of it, and says whether it is new: all of it in one
    /// step, so that nothing is accepted that the log does not know.
    ///
    /// # Errors
    /// [`StoreError`]; the caller must accept nothing then.
    pub(crate) fn take_once(
        &mut self,
        once: &Once,
        now: Timestamp,
        note: impl FnOnce(&Transaction<'_>, FirstTime) -> rusqlite::Result<Option<Note>>,
    ) -> Result<FirstTime, StoreError> {
        self.in_one_step(|transaction, log| {
            let first = match once {
                Once::Pass { key, until } => remember_pass(transaction, key, *until, now.unix())?,
                Once::Request { nonce } => use_request(transaction, nonce)?,
            };
            if let Some(note) = note(transaction, first)? {
                log.append(&note, now)?;
            }
            Ok(first)
        })
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
}

/// Remembers a pass until `until` (unix seconds) and says whether it is new.
fn remember_pass(
    transaction: &Transaction<'_>,
    key: &[u8; 32],
    until: u64,
    now: u64,
) -> rusqlite::Result<FirstTime> {
    transaction.execute("DELETE FROM shown_pass WHERE until < ?1", [seconds(now)])?;
    let added = transaction.execute(
        "INSERT INTO shown_pass (replay_key, until) VALUES (?1, ?2) ON CONFLICT (replay_key) DO NOTHING",
        params![key, seconds(until)],
    )?;
    Ok(if added == 1 { FirstTime::Yes } else { FirstTime::No })
}

/// Uses a request up and says whether that was the first time.
fn use_request(transaction: &Transaction<'_>, nonce: &[u8; 16]) -> rusqlite::Result<FirstTime> {
    let changed = transaction.execute(
        "UPDATE request SET used = 1 WHERE nonce = ?1 AND used = 0",
        [nonce],
    )?;
    Ok(if changed == 1 {
        FirstTime::Yes
    } else {
        FirstTime::No
    })
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]

    use credential::SecretKey;

    use super::*;
    use crate::StationCode;
    use crate::log::By;

    fn open(path: &std::path::Path) -> Store {
        Store::open(path, &SecretKey::from_seed([1; 32])).unwrap()
    }

    fn pass(store: &mut Store, key: u8, until: u64, now: u64) -> FirstTime {
        let key = [key; 32];
        let now = Timestamp::from_unix(now);
        store
            .take_once(&Once::Pass { key, until }, now, |_, _| Ok(None))
            .unwrap()
    }

    #[test]
    fn a_pass_is_remembered_across_a_restart_and_forgotten_when_it_cannot_pass_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("counter.sqlite");
        let mut store = open(&path);
        assert_eq!(pass(&mut store, 1, 200, 100), FirstTime::Yes);
        assert_eq!(pass(&mut store, 1, 200, 100), FirstTime::No);
        drop(store);
        let mut store = open(&path);
        assert_eq!(pass(&mut store, 1, 200, 200), FirstTime::No);
        assert_eq!(pass(&mut store, 2, 400, 201), FirstTime::Yes);
        assert_eq!(store.remembered_passes().unwrap(), 1);
    }

    #[test]
    fn a_request_can_be_answered_once_and_only_if_it_was_shown() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(&folder.path().join("counter.sqlite"));
        store.open_request(&[7; 16], 160, 100).unwrap();
        let mut answer = |nonce: u8| {
            let nonce = [nonce; 16];
            store
                .take_once(&Once::Request { nonce }, Timestamp::from_unix(110), |_, _| {
                    Ok(None)
                })
                .unwrap()
        };
        assert_eq!(answer(8), FirstTime::No);
        assert_eq!(answer(7), FirstTime::Yes);
        assert_eq!(answer(7), FirstTime::No);
    }

    #[test]
    fn on_a_full_disk_nothing_is_taken_without_its_entry() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(&folder.path().join("counter.sqlite"));
        let pages: i64 = store
            .connection
            .query_row("PRAGMA page_count", [], |row| row.get(0))
            .unwrap();
        store
            .connection
            .pragma_update(None, "max_page_count", pages)
            .unwrap();
        let note = Note::of(&By::default(), scan_log::Event::Visit, None);
        let mut taken = 0;
        let full = loop {
            let once = Once::Pass {
                key: [taken; 32],
                until: 200,
            };
            match store.take_once(&once, Timestamp::from_unix(100), |_, _| Ok(Some(note.clone()))) {
                Ok(_) => taken += 1,
                Err(error) => break StationCode::from(error),
            }
            assert!(taken < u8::MAX, "the disk is never full");
        };
        assert_eq!(full, StationCode::DiskFull);
        let entries = store.log_facts().unwrap().0;
        assert_eq!(
            (store.remembered_passes().unwrap(), entries),
            (taken.into(), taken.into())
        );
    }

    #[test]
    fn a_file_that_is_no_database_is_an_error_and_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("counter.sqlite");
        std::fs::write(&path, [b'x'; 4096]).unwrap();
        assert!(Store::open(&path, &SecretKey::from_seed([1; 32])).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), [b'x'; 4096]);
    }
}
