//! What tables with a random id of 16 bytes have in common: the row with one, and pages of rows, the newest first.

use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::{StoreError, seconds};

/// Where a page begins: behind the row of this time and id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behind {
    /// Unix seconds.
    pub at: u64,
    /// Of rows of one second the lower ids come first.
    pub id: [u8; 16],
}

impl Behind {
    /// Before all rows.
    pub const START: Self = Self {
        at: i64::MAX.unsigned_abs(),
        id: [0; 16],
    };

    /// Reads what [`Behind`] is written as.
    pub fn parse(text: &str) -> Option<Self> {
        let (at, digits) = text.split_once('-')?;
        let at = at.parse().ok().filter(|at| *at <= Self::START.at)?;
        let mut id = [0; 16];
        hex::decode_to_slice(digits, &mut id).ok()?;
        Some(Self { at, id })
    }
}

impl std::fmt::Display for Behind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.at, hex::encode(self.id))
    }
}

/// Rows of a page, for a statement.
pub fn most(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}

/// Where the next page begins, if this one is full.
pub fn next<T>(page: &[T], most: usize, of: impl FnOnce(&T) -> Behind) -> Option<Behind> {
    page.last().filter(|_| page.len() == most).map(of)
}

/// How rows of a table are read: `SELECT ... FROM table`, the column of the time that they are in order of, and the reader.
pub(super) struct Rows<T> {
    pub(super) select: &'static str,
    pub(super) time: &'static str,
    pub(super) read: fn(&AnyRow) -> Result<T, StoreError>,
}

impl<T> Rows<T> {
    /// The row with this id.
    pub(super) async fn find(&self, db: &mut AnyConnection, id: &[u8; 16]) -> Result<Option<T>, StoreError> {
        let sql = format!("{} WHERE id = $1", self.select);
        // Only constants of this program were put in.
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(id.to_vec())
            .fetch_optional(db)
            .await?
            .map(|row| (self.read)(&row))
            .transpose()
    }

    /// At most `most` rows behind this place, the newest first.
    pub(super) async fn page(
        &self,
        db: &mut AnyConnection,
        behind: Behind,
        most: u32,
    ) -> Result<Vec<T>, StoreError> {
        let Self { select, time, .. } = self;
        let sql = format!(
            "{select} WHERE {time} < $1 OR ({time} = $1 AND id > $2) ORDER BY {time} DESC, id LIMIT $3"
        );
        // Only constants of this program were put in.
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(seconds(behind.at)?)
            .bind(behind.id.to_vec())
            .bind(i64::from(most))
            .fetch_all(db)
            .await?
            .iter()
            .map(self.read)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_place_is_read_as_it_is_written_and_nothing_else_is() {
        let place = Behind {
            at: 1_790_000_000,
            id: [0xab; 16],
        };
        for place in [place, Behind::START] {
            assert_eq!(Behind::parse(&place.to_string()), Some(place));
        }
        for text in ["", "-", "7", "7-ab", "-1-00000000000000000000000000000000"] {
            assert_eq!(Behind::parse(text), None, "{text}");
        }
        assert_eq!(Behind::parse(&format!("{}-{}", u64::MAX, "0".repeat(32))), None);
    }
}
