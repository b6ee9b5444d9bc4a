//! Table `setting`: what one person chose for their own profile.

use rusqlite::{Connection, OptionalExtension as _};

use crate::error::StoreError;

/// What can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setting {
    /// The language of the screens, as in JSON.
    Language,
    /// Seconds without use after which the wallet locks.
    AutoLock,
    /// The province ended the wallet that was here, and its owner began anew.
    BegunAnew,
    /// The CNIC of the person whose feed is taken.
    FeedOf,
    /// Since when this phone was shown at a counter to be enrolled there, in unix seconds. It stays once that was done: the
    /// phone was told nothing that passes could be held against.
    AtCounter,
    /// When a change of the mobile number was sent last that is not settled, in unix seconds.
    MobileSentAt,
}

impl Setting {
    const fn name(self) -> &'static str {
        match self {
            Self::Language => "language",
            Self::AutoLock => "auto_lock",
            Self::BegunAnew => "begun_anew",
            Self::FeedOf => "feed_of",
            Self::AtCounter => "at_counter",
            Self::MobileSentAt => "mobile_sent_at",
        }
    }
}

/// What was chosen, if anything was.
pub(crate) fn load(database: &Connection, setting: Setting) -> Result<Option<String>, StoreError> {
    Ok(database
        .query_row(
            "SELECT value FROM setting WHERE name = ?1",
            [setting.name()],
            |row| row.get(0),
        )
        .optional()?)
}

/// Forgets it.
pub(crate) fn remove(database: &Connection, setting: Setting) -> Result<(), StoreError> {
    database.execute("DELETE FROM setting WHERE name = ?1", [setting.name()])?;
    Ok(())
}

/// Chooses.
pub(crate) fn store(database: &Connection, setting: Setting, value: &str) -> Result<(), StoreError> {
    database.execute(
        "INSERT INTO setting (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        [setting.name(), value],
    )?;
    Ok(())
}
