//! Table `sync_state`: what sync must remember between two runs. One row.

use credential::Timestamp;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::{from_sql, to_sql};
use crate::code::UiCode;
use crate::error::StoreError;

/// The row.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // settings of the citizen and one mark, each with a column
pub(crate) struct Row {
    /// Which feed the cursor is of.
    pub(crate) feed_no: u64,
    /// The last event of the feed that was taken.
    pub(crate) feed_cursor: u64,
    /// What the province calls the offers that are here.
    pub(crate) offers_tag: Vec<u8>,
    /// The phone's clock never counts as earlier.
    pub(crate) time_floor: Timestamp,
    /// This phone's clock minus the province's at the last sync, in seconds.
    pub(crate) clock_off_by: i64,
    /// Tries in a row without an answer.
    pub(crate) failures: u32,
    /// No try by itself before.
    pub(crate) not_before: Timestamp,
    /// The province asked for a pause until then.
    pub(crate) province_pause: Timestamp,
    /// Large files on a metered network too.
    pub(crate) on_metered: bool,
    /// Sync while nobody looks.
    pub(crate) in_background: bool,
    /// Day since 1970 that the next two count for.
    pub(crate) budget_day: u64,
    pub(crate) metered_bytes: u64,
    pub(crate) background_bytes: u64,
    /// Last sync in the background.
    pub(crate) background_at: Timestamp,
    /// Large files were left for a network that costs nothing.
    pub(crate) pieces_wanted: bool,
    /// Why this wallet shows nothing any more.
    pub(crate) ended: Option<UiCode>,
}

impl Row {
    /// Whether the province has said that it takes nothing from this wallet any more.
    pub(crate) const fn is_over(&self) -> bool {
        matches!(self.ended, Some(UiCode::DeviceReplaced | UiCode::WalletDisabled))
    }
}

/// Reads the row.
pub(crate) fn load(database: &Connection) -> Result<Row, StoreError> {
    Ok(database.query_row(
        "SELECT feed_cursor, time_floor, clock_off_by, failures, not_before, province_pause, on_metered, in_background, \
         budget_day, metered_bytes, background_bytes, background_at, pieces_wanted, ended_code, feed_no, offers_tag \
         FROM sync_state WHERE id = 1",
        [],
        |row| {
            let number = |at: usize| row.get::<_, i64>(at).map(from_sql);
            let time = |at: usize| number(at).map(Timestamp::from_unix);
            Ok(Row {
                feed_no: number(14)?,
                offers_tag: row.get(15)?,
                feed_cursor: number(0)?,
                time_floor: time(1)?,
                clock_off_by: row.get(2)?,
                failures: row.get(3)?,
                not_before: time(4)?,
                province_pause: time(5)?,
                on_metered: row.get(6)?,
                in_background: row.get(7)?,
                budget_day: number(8)?,
                metered_bytes: number(9)?,
                background_bytes: number(10)?,
                background_at: time(11)?,
                pieces_wanted: row.get(12)?,
                // A code of a later version still ends the wallet: what it meant does not become less true.
                ended: row
                    .get::<_, Option<String>>(13)?
                    .map(|code| UiCode::from_code(&code).unwrap_or(UiCode::DeviceUnknown)),
            })
        },
    )?)
}

/// Writes the row.
pub(crate) fn save(database: &Connection, row: &Row) -> Result<(), StoreError> {
    database.execute(
        "UPDATE sync_state SET feed_cursor = ?1, time_floor = ?2, clock_off_by = ?3, failures = ?4, not_before = ?5, \
         province_pause = ?6, on_metered = ?7, in_background = ?8, budget_day = ?9, metered_bytes = ?10, \
         background_bytes = ?11, background_at = ?12, pieces_wanted = ?13, ended_code = ?14, feed_no = ?15, \
         offers_tag = ?16 WHERE id = 1",
        rusqlite::params![
            to_sql(row.feed_cursor),
            to_sql(row.time_floor.unix()),
            row.clock_off_by,
            row.failures,
            to_sql(row.not_before.unix()),
            to_sql(row.province_pause.unix()),
            row.on_metered,
            row.in_background,
            to_sql(row.budget_day),
            to_sql(row.metered_bytes),
            to_sql(row.background_bytes),
            to_sql(row.background_at.unix()),
            row.pieces_wanted,
            row.ended.map(UiCode::code),
            to_sql(row.feed_no),
            row.offers_tag,
        ],
    )?;
    Ok(())
}

/// Which feed the events here are of, and the last of it that was taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Feed {
    no: u64,
    cursor: u64,
}

/// The feed of this vault.
pub(crate) fn feed(database: &Connection) -> Result<Feed, StoreError> {
    let row = load(database)?;
    Ok(Feed {
        no: row.feed_no,
        cursor: row.feed_cursor,
    })
}

/// Goes on with a feed where another phone was.
pub(crate) fn take_feed(database: &Connection, feed: Feed) -> Result<(), StoreError> {
    let mut row = load(database)?;
    row.feed_no = feed.no;
    row.feed_cursor = feed.cursor;
    save(database, &row)
}

/// Begins another feed: the province enrolled this person anew and counts from the start.
pub(crate) fn begin_feed(database: &Connection) -> Result<(), StoreError> {
    let mut row = load(database)?;
    row.feed_no = row.feed_no.saturating_add(1);
    row.feed_cursor = 0;
    row.offers_tag.clear();
    save(database, &row)
}

/// The time before which this phone's clock does not count.
pub(crate) fn time_floor(database: &Connection) -> Result<Timestamp, StoreError> {
    let floor = database.query_row("SELECT time_floor FROM sync_state WHERE id = 1", [], |row| {
        row.get(0)
    })?;
    Ok(Timestamp::from_unix(from_sql(floor)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_is_kept_is_what_was_said() {
        let database = crate::store::in_memory();
        let fresh = load(&database).unwrap();
        assert!(fresh.in_background && !fresh.on_metered && fresh.ended.is_none());
        let at = |seconds| Timestamp::from_unix(seconds);
        let row = Row {
            feed_no: 12,
            offers_tag: vec![13],
            feed_cursor: 1,
            time_floor: at(2),
            clock_off_by: -3,
            failures: 4,
            not_before: at(5),
            province_pause: at(6),
            on_metered: true,
            in_background: false,
            budget_day: 7,
            metered_bytes: 8,
            background_bytes: 9,
            background_at: at(10),
            pieces_wanted: true,
            ended: Some(UiCode::DeviceUnknown),
        };
        save(&database, &row).unwrap();
        assert_eq!(load(&database).unwrap(), row);
        assert_eq!(time_floor(&database).unwrap(), at(2));
    }
}
