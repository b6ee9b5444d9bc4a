//! What must not be accepted twice: passes that were shown here and requests that were answered.

use std::time::Duration;

use credential::Timestamp;
use hmac::{Hmac, KeyInit as _, Mac as _};
use rusqlite::{Connection, Transaction, params};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{Store, StoreError};
use crate::log::Note;

/// How long a step waits for another program that writes.
const BUSY: Duration = Duration::from_secs(5);

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

    /// Forgets passes and requests that cannot be accepted any more, also out of the journal beside the file unless
    /// somebody reads there at the moment; to be called again and again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) fn forget_ended(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let ended = |table: &str, column: &str| {
            let delete = format!("DELETE FROM {table} WHERE {column} < ?1");
            self.connection.execute(&delete, [seconds(now.unix())])
        };
        let gone = ended("shown_pass", "until")? + ended("request", "expires_at")?;
        self.journal_holds_ended |= gone > 0;
        if self.journal_holds_ended {
            // Without waiting for whoever reads: the next time does it then.
            self.connection.busy_timeout(Duration::ZERO)?;
            let emptied = self
                .connection
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
                    Ok(row.get::<_, i64>("busy")? == 0)
                });
            self.connection.busy_timeout(BUSY)?;
            self.journal_holds_ended = !emptied?;
        }
        Ok(())
    }

    /// Notes a request that the desk shows from now on.
    ///
    /// # Errors
    /// [`StoreError`]; the request must not be shown then.
    pub fn open_request(&mut self, nonce: &[u8; 16], expires: u64) -> Result<(), StoreError> {
        self.connection.execute(
            "INSERT INTO request (nonce, expires_at, used) VALUES (?1, ?2, 0)",
            params![nonce, seconds(expires)],
        )?;
        Ok(())
    }
}

/// Remembers a pass until `until` (unix seconds) and says whether it is new. One that ended and was not forgotten yet is; only
/// [`Store::forget_ended`] deletes, which also looks after the journal.
fn remember_pass(
    transaction: &Transaction<'_>,
    key: &[u8; 32],
    until: u64,
    now: u64,
) -> rusqlite::Result<FirstTime> {
    let added = transaction.execute(
        "INSERT INTO shown_pass (blinded, until) VALUES (?1, ?2)
         ON CONFLICT (blinded) DO UPDATE SET until = excluded.until WHERE until < ?3",
        params![blinded(transaction, key)?, seconds(until), seconds(now)],
    )?;
    Ok(if added == 1 { FirstTime::Yes } else { FirstTime::No })
}

/// What is written down for a pass.
fn blinded(connection: &Connection, key: &[u8; 32]) -> rusqlite::Result<[u8; 32]> {
    // As long as a block of SHA-256.
    let secret: Zeroizing<[u8; 64]> = connection
        .prepare_cached("SELECT secret FROM replay_secret WHERE id = 1")?
        .query_row([], |row| row.get(0).map(Zeroizing::new))?;
    let mut mac = Hmac::<Sha256>::new((&*secret).into());
    mac.update(key);
    Ok(mac.finalize().into_bytes().into())
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

    /// What stands in the file for each pass that is remembered.
    fn remembered(store: &Store) -> Vec<[u8; 32]> {
        let mut rows = store
            .connection
            .prepare("SELECT blinded FROM shown_pass")
            .unwrap();
        let rows = rows.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
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
        // It ended, and counts as new though nobody has forgotten it yet.
        assert_eq!(pass(&mut store, 1, 300, 201), FirstTime::Yes);
        assert_eq!(pass(&mut store, 1, 300, 300), FirstTime::No);
        assert_eq!(remembered(&store).len(), 2);
        store.forget_ended(Timestamp::from_unix(301)).unwrap();
        assert_eq!(remembered(&store).len(), 1);
    }

    /// Whether these bytes stand in any file of the folder.
    fn on_disk(folder: &std::path::Path, bytes: &[u8]) -> bool {
        std::fs::read_dir(folder).unwrap().any(|file| {
            let file = std::fs::read(file.unwrap().path()).unwrap();
            file.windows(bytes.len()).any(|there| there == bytes)
        })
    }

    #[test]
    fn what_ended_is_gone_from_the_disk_though_somebody_came_in_between() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(&folder.path().join("counter.sqlite"));
        pass(&mut store, 1, 200, 100);
        store.open_request(&[7; 16], 200).unwrap();
        let first = remembered(&store).remove(0);
        // The next visitor comes after its end and before it is looked after.
        pass(&mut store, 2, 400, 210);
        store.open_request(&[8; 16], 270).unwrap();
        store.forget_ended(Timestamp::from_unix(211)).unwrap();
        assert_eq!(remembered(&store).len(), 1);
        assert!(!on_disk(folder.path(), &first) && !on_disk(folder.path(), &[7; 16]));
        assert!(on_disk(folder.path(), &[8; 16]));
    }

    #[test]
    fn what_a_reader_kept_in_the_journal_goes_the_next_time_or_at_the_next_start() {
        for again in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("counter.sqlite");
            let mut store = open(&path);
            pass(&mut store, 1, 200, 100);
            let first = remembered(&store).remove(0);
            let reader = Connection::open(&path).unwrap();
            reader.execute_batch("BEGIN").unwrap();
            let count = "SELECT count(*) FROM shown_pass";
            let _: i64 = reader.query_row(count, [], |row| row.get(0)).unwrap();
            store.forget_ended(Timestamp::from_unix(201)).unwrap();
            assert!(on_disk(folder.path(), &first), "somebody still reads it");
            reader.execute_batch("COMMIT").unwrap();
            if again {
                // The reader's connection is open, so that closing the other empties nothing.
                drop(store);
                store = open(&path);
            }
            // Nothing more ended.
            store.forget_ended(Timestamp::from_unix(202)).unwrap();
            assert!(!on_disk(folder.path(), &first), "{again}");
        }
    }

    #[test]
    fn what_ended_is_gone_from_the_disk_though_nobody_comes() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(&folder.path().join("counter.sqlite"));
        pass(&mut store, 1, 200, 100);
        pass(&mut store, 2, 300, 100);
        store.open_request(&[7; 16], 200).unwrap();
        let on_disk = |bytes: &[u8]| on_disk(folder.path(), bytes);
        let both = remembered(&store);
        assert!(both.iter().all(|one| on_disk(one)) && on_disk(&[7; 16]));
        store.forget_ended(Timestamp::from_unix(200)).unwrap();
        assert_eq!(remembered(&store).len(), 2, "both may still be shown");
        store.forget_ended(Timestamp::from_unix(201)).unwrap();
        let left = remembered(&store);
        assert_eq!(left.len(), 1);
        for one in &both {
            assert_eq!(on_disk(one), left.contains(one));
        }
        assert!(!on_disk(&[7; 16]));
        assert_eq!(pass(&mut store, 2, 300, 201), FirstTime::No);
    }

    #[test]
    fn nobody_waits_for_a_reader_while_what_ended_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("counter.sqlite");
        let mut store = open(&path);
        let reader = Connection::open(&path).unwrap();
        reader.execute_batch("BEGIN").unwrap();
        let seen: i64 = reader
            .query_row("SELECT count(*) FROM shown_pass", [], |row| row.get(0))
            .unwrap();
        pass(&mut store, 1, 200, 100);
        store.forget_ended(Timestamp::from_unix(201)).unwrap();
        assert_eq!((seen, remembered(&store).len()), (0, 0));
    }

    #[test]
    fn nobody_without_the_desks_file_can_say_which_pass_was_shown() {
        let key = [1; 32];
        let there: Vec<[u8; 32]> = (0..2)
            .map(|_| {
                let folder = tempfile::tempdir().unwrap();
                let mut store = open(&folder.path().join("counter.sqlite"));
                pass(&mut store, 1, 200, 100);
                remembered(&store).remove(0)
            })
            .collect();
        // Another file, another secret; and neither what stands for the pass nor a hash of it.
        assert_ne!(there[0], there[1]);
        let hashed: [u8; 32] = <Sha256 as sha2::Digest>::digest(key).into();
        assert!(there.iter().all(|one| *one != key && *one != hashed));
    }

    #[test]
    fn a_request_can_be_answered_once_and_only_if_it_was_shown() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(&folder.path().join("counter.sqlite"));
        store.open_request(&[7; 16], 160).unwrap();
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
        assert_eq!((remembered(&store).len(), entries), (taken.into(), taken.into()));
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
