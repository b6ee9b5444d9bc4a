//! The log on its way out: line by line from a view of the file as it was then, while the desk goes on.

use std::io::{self, Write};
use std::path::PathBuf;

use rusqlite::{Connection, OpenFlags};
use scan_log::Run;

use super::rows::{self, Span};

/// A log that is being handed out, up to its own entry and seal. What happens at the desk later is not in it.
#[derive(Debug)]
pub struct HandOut {
    /// The desk's data file.
    file: PathBuf,
    /// The last entry and the last seal.
    last: u64,
    seal: u64,
}

/// The log could not be written out; what was written is not a whole one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandOutError {
    /// The desk's data file.
    #[error("the desk's data file could not be read")]
    Sqlite(#[from] rusqlite::Error),
    /// Where it goes to.
    #[error("the log could not be written out")]
    Write(#[from] io::Error),
    /// The log has no seal with this number.
    #[error("the log has no seal number {0}")]
    NoSuchSeal(u64),
}

impl HandOut {
    pub(super) fn of(file: Option<&str>, ends: Option<Run>) -> Self {
        Self {
            file: file.map(PathBuf::from).unwrap_or_default(),
            last: ends.map_or(0, |run| run.last),
            seal: ends.and_then(|run| run.seal).map_or(0, |(seal, _)| seal.number),
        }
    }

    /// Writes the lines: all of them, or from one seal on, which is the first then. It takes as long as it takes: nothing of
    /// the desk waits for it.
    ///
    /// # Errors
    /// [`HandOutError`].
    pub fn write(&self, since: Option<u64>, out: &mut impl Write) -> Result<(), HandOutError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.file, flags)?;
        // One view for all that is read.
        connection.execute_batch("BEGIN DEFERRED")?;
        let after = match since {
            None => 0,
            Some(seal) => rows::covered_by(&connection, seal)?
                .filter(|_| seal < self.seal)
                .ok_or(HandOutError::NoSuchSeal(seal))?,
        };
        let span = Span {
            after,
            last: self.last,
            first_seal: since.unwrap_or(0),
            last_seal: self.seal,
        };
        rows::each_line(&connection, span, |line| {
            // A time beyond the year 9999 cannot be written, and its entry is missed by whoever verifies.
            if let Ok(text) = line.to_text() {
                out.write_all(text.as_bytes())?;
                out.write_all(b"\n")?;
            }
            Ok::<_, HandOutError>(())
        })?;
        Ok(out.flush()?)
    }
}
