//! A CSV file row by row: with or without a byte order mark, with commas, semicolons or tabs between, lines ended in any way.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::Path;

use super::ImportError;
use super::cells::bare;

/// Longest cell, in bytes.
const CELL_BYTES_MAX: usize = 4 * 1024;
/// Bytes of which the first line must be whole.
const FIRST_LINE_MAX: usize = 64 * 1024;
/// Most bytes of a file.
const FILE_BYTES_MAX: u64 = 1 << 30;

/// A row.
pub(super) struct Row {
    /// The line of the file in which it begins.
    pub(super) line: u64,
    /// What stands in the columns that are not empty.
    pub(super) cells: BTreeMap<String, String>,
    /// Why it is no row of this sheet, if it is none.
    pub(super) broken: Option<&'static str>,
}

/// An open file whose first line was read.
pub(super) struct Sheet {
    reader: csv::Reader<io::Take<BufReader<File>>>,
    columns: Vec<String>,
    record: csv::ByteRecord,
    /// Lines before those that the reader counts.
    skipped: u64,
}

impl Sheet {
    /// Opens a file with these columns, each with whether it must be there.
    pub(super) fn open(file: &Path, known: &BTreeMap<String, bool>) -> Result<Self, ImportError> {
        let file = File::open(file)?;
        if file.metadata()?.len() > FILE_BYTES_MAX {
            return Err(ImportError::TooLong);
        }
        let mut file = BufReader::with_capacity(FIRST_LINE_MAX, file);
        let begin = file.fill_buf()?;
        if begin.starts_with(&[0xFF, 0xFE]) || begin.starts_with(&[0xFE, 0xFF]) {
            return Err(ImportError::Encoding);
        }
        if begin.starts_with(&[0xEF, 0xBB, 0xBF]) {
            file.consume(3);
        }
        let mut skipped = 0;
        let mut between = None;
        if let [b's', b'e', b'p', b'=', separator, ..] = *file.fill_buf()? {
            // A line that tells Excel what stands between cells.
            between = Some(separator);
            skipped = 1;
            file.skip_until(b'\n')?;
        }
        let between = between.unwrap_or_else(|| separator(file.buffer()));
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(between)
            .has_headers(false)
            .flexible(true)
            .from_reader(file.take(FILE_BYTES_MAX));
        let mut record = csv::ByteRecord::new();
        reader.read_byte_record(&mut record).map_err(unreadable)?;
        let columns: Result<Vec<String>, _> = record.iter().map(text).collect();
        let columns = columns.map_err(|_| ImportError::Encoding)?;
        let columns: Vec<String> = columns.iter().map(|name| name.to_lowercase()).collect();
        check(&columns, known)?;
        Ok(Self {
            reader,
            columns,
            record,
            skipped,
        })
    }

    /// The next row in which anything stands.
    pub(super) fn next(&mut self) -> Result<Option<Row>, ImportError> {
        while self
            .reader
            .read_byte_record(&mut self.record)
            .map_err(unreadable)?
        {
            if self.record.iter().all(<[u8]>::is_empty) {
                continue;
            }
            let line = self.record.position().map_or(0, csv::Position::line) + self.skipped;
            return Ok(Some(self.row(line)));
        }
        // What has no length before it is read, a pipe, is cut nowhere in silence either.
        if self.reader.get_ref().limit() == 0 {
            return Err(ImportError::TooLong);
        }
        Ok(None)
    }

    fn row(&self, line: u64) -> Row {
        let mut row = Row {
            line,
            cells: BTreeMap::new(),
            broken: None,
        };
        for (at, cell) in self.record.iter().enumerate() {
            match (self.columns.get(at).filter(|name| !name.is_empty()), text(cell)) {
                (_, Err(code)) => row.broken = Some(code),
                (_, Ok(text)) if text.is_empty() => {}
                (Some(column), Ok(text)) => drop(row.cells.insert(column.clone(), text)),
                // Something stands where no column is: a separator that was meant as a part of a text.
                (None, Ok(_)) => row.broken = Some("row_too_long"),
            }
        }
        row
    }
}

/// What stands between cells: what the first line has most of.
fn separator(begin: &[u8]) -> u8 {
    let line = begin
        .split(|byte| matches!(byte, b'\n' | b'\r'))
        .next()
        .unwrap_or_default();
    let count = |separator: u8| line.split(|byte| *byte == separator).count();
    let mut best = b',';
    for other in [b';', b'\t'] {
        if count(other) > count(best) {
            best = other;
        }
    }
    best
}

fn text(cell: &[u8]) -> Result<String, &'static str> {
    if cell.len() > CELL_BYTES_MAX {
        return Err("cell_too_long");
    }
    let text = std::str::from_utf8(cell).map_err(|_| "row_encoding")?;
    if text.contains('\u{FFFD}') || text.contains('\0') {
        return Err("row_encoding");
    }
    Ok(bare(text))
}

/// Whether the first line names each column once, all that must be there, and none that nobody knows.
fn check(columns: &[String], known: &BTreeMap<String, bool>) -> Result<(), ImportError> {
    let named: Vec<&String> = columns.iter().filter(|name| !name.is_empty()).collect();
    let once: BTreeSet<&String> = named.iter().copied().collect();
    let is_whole = known.iter().all(|(name, must)| !must || once.contains(name));
    let is_known = once.iter().all(|name| known.contains_key(*name));
    if is_whole && is_known && once.len() == named.len() {
        return Ok(());
    }
    let wanted: Vec<String> = known
        .iter()
        .map(|(name, must)| if *must { name.clone() } else { format!("[{name}]") })
        .collect();
    Err(ImportError::Columns(wanted.join(", ")))
}

fn unreadable(error: csv::Error) -> ImportError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => ImportError::Read(error),
        _ => ImportError::Encoding,
    }
}
