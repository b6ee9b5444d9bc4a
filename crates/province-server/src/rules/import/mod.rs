//! Documents and states of applications from the CSV of a department that has nothing else.
//!
//! Two passes over the file: the first looks at every row and names every fault, the second does what the rows say, each in
//! a transaction of its own together with a keyed hash of the row. So a file that was broken off is begun again from its
//! start, and nothing of it is done twice. Rejected: one transaction for all rows, which would keep every other writer
//! waiting; and keeping rows in memory between the passes.

mod cells;
mod rows;
mod sheet;

use std::io;
use std::path::Path;

use credential::{RegisterContent, Timestamp, Vct};
use province_api::application::{AnswerRequest, Mover};
use sqlx::AnyConnection;

pub use self::cells::Days;
use self::rows::{CNIC, ENTRY, Said, columns, read_row, unknown_fault};
use self::sheet::{Row, Sheet};
use super::applications::{Step, With, parse_id, reader_of, take};
use super::document::{self, DocumentError};
use super::{Fault, kinds};
use crate::audit::{Actor, Role};
use crate::keys::ServingKeys;
use crate::randomness::Randomness;
use crate::sealed::{BlindIndex, Subject};
use crate::store::application::{self, Application};
use crate::store::lock::{self, Lock};
use crate::store::{Store, StoreError, imported, person};

/// Days for which it is remembered that a row was done.
pub const IMPORTED_DAYS: u64 = 400;

/// What a file's rows say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Documents of one kind, each for the citizen with the CNIC of its row.
    Documents(Vct),
    /// States of applications.
    States,
}

/// What is to be imported.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// The office of the catalogue whose file it is.
    pub office: &'a str,
    /// What its rows say.
    pub what: What,
    /// How it writes days.
    pub days: Days,
    /// The file.
    pub file: &'a Path,
}

/// What is done with the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// They are only looked at.
    DryRun,
    /// All are done if all are good; else none.
    AllOrNone,
    /// The good ones are done.
    SkipFaulty,
}

/// A row that is not done. Holds nothing of what stands in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    /// The line of the file in which the row begins; a spreadsheet shows the same number.
    pub row: u64,
    /// The column, if it is one column's fault.
    pub column: Option<String>,
    /// The stable code.
    pub code: &'static str,
    /// What should stand there, where that can be said.
    pub wanted: Option<&'static str>,
}

impl RowFault {
    fn new(column: &str, code: &'static str) -> Self {
        Self {
            row: 0,
            column: Some(column.to_owned()),
            code,
            wanted: None,
        }
    }
}

/// What is told of a row while a file is imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// It is not done.
    Fault(RowFault),
    /// The row that begins in this line is done.
    Done(u64),
}

/// What became of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Rows that were looked at.
    pub rows: u64,
    /// Rows that are done now.
    pub done: u64,
    /// Rows that had been done before, also further up in the same file.
    pub before: u64,
    /// Rows that are not done.
    pub faulty: u64,
}

/// Why a file was not looked at to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Read(#[from] io::Error),
    /// It is no CSV in UTF-8.
    #[error("the file is not CSV in UTF-8: save it as \"CSV UTF-8 (comma delimited)\"")]
    Encoding,
    /// It has more than a gigabyte.
    #[error("the file has more than 1 GB: cut it, each part with the first line")]
    TooLong,
    /// The catalogue has no such office.
    #[error("the catalogue has no office of this id")]
    NoSuchOffice,
    /// The register has no such document.
    #[error("the type register has no document of this name")]
    NoSuchKind,
    /// Its first line does not name the columns that there are to be.
    #[error("the first line must name the columns: {0}")]
    Columns(String),
    /// The province's side.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl ImportError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Read(_) => "import_unreadable",
            Self::Encoding => "import_encoding",
            Self::TooLong => "import_too_long",
            Self::NoSuchOffice => "office_unknown",
            Self::NoSuchKind => "issue_unknown_type",
            Self::Columns(_) => "import_columns",
            Self::Fault(fault) => fault.code(),
        }
    }
}

impl From<StoreError> for ImportError {
    fn from(error: StoreError) -> Self {
        Self::Fault(error.into())
    }
}

/// Whose province it is done in.
pub struct Importer<'a> {
    /// The database.
    pub store: &'a Store,
    /// The open keys.
    pub keys: &'a ServingKeys,
    /// Where random bytes come from.
    pub randomness: &'a Randomness,
    /// What time it is.
    pub now: Timestamp,
}

/// Why one row is not done.
enum NotDone {
    /// For whoever made the file.
    Row(RowFault),
    /// The province's side.
    Fault(Fault),
}

impl<E: Into<Fault>> From<E> for NotDone {
    fn from(error: E) -> Self {
        Self::Fault(error.into())
    }
}

impl Importer<'_> {
    /// Looks at all rows of a file and does what they say; `on` is told of each row that is done or is not, as it comes.
    ///
    /// # Errors
    /// [`ImportError`]; rows that were done stay done, and are known when the file is imported again.
    pub async fn import(
        &self,
        job: &Job<'_>,
        mode: Mode,
        mut on: impl FnMut(Told),
    ) -> Result<Imported, ImportError> {
        let mut db = self.store.read().await?;
        if !super::publish::has_office(&mut db, job.office).await? {
            return Err(ImportError::NoSuchOffice);
        }
        let register = kinds::published(&mut db).await?;
        drop(db);
        let columns = columns(job, &register)?;
        let mut found = Imported::default();
        let mut sheet = Sheet::open(job.file, &columns)?;
        while let Some(row) = sheet.next()? {
            found.rows += 1;
            let mut db = self.store.read().await?;
            let looked = match read_row(job, &register, &row) {
                Ok(said) => self.look(&mut db, job, &register, &said, &row).await,
                Err(fault) => Err(NotDone::Row(fault)),
            };
            match looked {
                Ok(()) => {}
                Err(NotDone::Row(fault)) => {
                    found.faulty += 1;
                    on(Told::Fault(RowFault {
                        row: row.line,
                        ..fault
                    }));
                }
                Err(NotDone::Fault(fault)) => return Err(fault.into()),
            }
        }
        if mode == Mode::DryRun || (mode == Mode::AllOrNone && found.faulty > 0) {
            return Ok(found);
        }
        let mut sheet = Sheet::open(job.file, &columns)?;
        while let Some(row) = sheet.next()? {
            // What was said of it once is not said again.
            let Ok(said) = read_row(job, &register, &row) else {
                continue;
            };
            match self.done(job, said, &row).await {
                Ok(true) => {
                    found.done += 1;
                    on(Told::Done(row.line));
                }
                Ok(false) => found.before += 1,
                Err(NotDone::Row(_)) if mode == Mode::SkipFaulty => {}
                Err(NotDone::Row(fault)) => {
                    // It was good when it was looked at: something changed since.
                    found.faulty += 1;
                    on(Told::Fault(RowFault {
                        row: row.line,
                        ..fault
                    }));
                }
                Err(NotDone::Fault(fault)) => return Err(fault.into()),
            }
        }
        Ok(found)
    }

    /// Whether a row could be done now. One that was done can.
    async fn look(
        &self,
        db: &mut AnyConnection,
        job: &Job<'_>,
        register: &RegisterContent,
        said: &Said,
        row: &Row,
    ) -> Result<(), NotDone> {
        if imported::is_done(&mut *db, &self.mark(job, row)).await? {
            return told_apart(db, job, said, row).await;
        }
        match said {
            Said::Document(form) => {
                let checked = document::check(db, self.keys, register, form, self.now).await;
                checked.map_err(not_granted)
            }
            Said::State(request) => {
                let (_, one) = find(&mut *db, job.office, request).await?;
                may_move(&one, request)
            }
        }
    }

    /// Does what a row says, if that was not done before; says whether it is done now.
    async fn done(&self, job: &Job<'_>, said: Said, row: &Row) -> Result<bool, NotDone> {
        let mark = self.mark(job, row);
        let by = Actor {
            role: Role::Operator,
            id: job.office.to_owned(),
        };
        let mut write = self.store.write().await?;
        match said {
            Said::Document(form) => {
                let data = &self.keys.data;
                let citizen = data.blind_index(Subject::Cnic, form.cnic.as_str().as_bytes());
                lock::take(&mut write, Lock::Citizen(&citizen)).await?;
                if imported::is_done(&mut write, &mark).await? {
                    return Ok(false);
                }
                document::grant_in(&mut write, self.keys, &form, self.now, self.randomness, &by)
                    .await
                    .map_err(not_granted)?;
            }
            Said::State(request) => {
                let (owner, _) = find(&mut write, job.office, &request).await?;
                let cnic = person::cnic_of(&mut write, &owner).await?;
                let cnic = cnic.ok_or_else(|| unknown("application"))?;
                lock::take(&mut write, Lock::Citizen(&cnic)).await?;
                if imported::is_done(&mut write, &mark).await? {
                    told_apart(&mut write, job, &Said::State(request), row).await?;
                    return Ok(false);
                }
                let (owner, one) = find(&mut write, job.office, &request).await?;
                may_move(&one, &request)?;
                let step = Step {
                    state: request.state,
                    reason: request.reason,
                    text: request.text.as_deref(),
                    amount_rupees: None,
                    challan: None,
                    by: &by,
                };
                let with = With {
                    data: &self.keys.data,
                    randomness: self.randomness,
                };
                take(&mut write, with, &owner, &one, &step, self.now).await?;
            }
        }
        imported::add(&mut write, &mark, self.now.unix()).await?;
        write.commit().await?;
        Ok(true)
    }

    /// What stands for a row: the same of the same cells for the same office, and it tells nothing of them.
    fn mark(&self, job: &Job<'_>, row: &Row) -> BlindIndex {
        let what = match &job.what {
            What::Documents(vct) => vct.as_str(),
            What::States => "",
        };
        let mut bytes = Vec::new();
        let cells = row
            .cells
            .iter()
            .flat_map(|(column, cell)| [column.as_str(), cell]);
        for part in [job.office, what].into_iter().chain(cells) {
            bytes.extend((part.len() as u64).to_be_bytes());
            bytes.extend(part.as_bytes());
        }
        self.keys.data.blind_index(Subject::Import, &bytes)
    }
}

fn unknown(column: &str) -> NotDone {
    NotDone::Row(unknown_fault(column))
}

/// The application to this office that a row names, and whose it is.
async fn find(
    db: &mut AnyConnection,
    office: &str,
    request: &AnswerRequest,
) -> Result<(crate::sealed::PersonId, Application), NotDone> {
    let id = parse_id(&request.application).map_err(|_| unknown("application"))?;
    let owner = application::person_of(&mut *db, &reader_of(office), &id).await?;
    let owner = owner.ok_or_else(|| unknown("application"))?;
    let one = application::find(db, &owner, &id).await?;
    Ok((owner, one.ok_or_else(|| unknown("application"))?))
}

/// Whether a row that was done is passed over. A state comes again when an office asks a citizen twice, and the row of the
/// second time has the cells of the first: where it could be done once more, only its entry tells which of them it is.
async fn told_apart(db: &mut AnyConnection, job: &Job<'_>, said: &Said, row: &Row) -> Result<(), NotDone> {
    let Said::State(request) = said else {
        return Ok(());
    };
    if row.cells.contains_key(ENTRY) {
        return Ok(());
    }
    match find(db, job.office, request).await {
        Ok((_, one)) if may_move(&one, request).is_ok() => Err(NotDone::Row(RowFault {
            wanted: Some("the day, or the number in the office's list"),
            ..RowFault::new(ENTRY, "import_again")
        })),
        Err(NotDone::Fault(fault)) => Err(NotDone::Fault(fault)),
        // It stands elsewhere by now, or is no more.
        _ => Ok(()),
    }
}

fn may_move(one: &Application, request: &AnswerRequest) -> Result<(), NotDone> {
    if one.state != request.seen {
        return Err(NotDone::Row(RowFault::new("seen", "application_changed")));
    }
    if !one.state.next(Mover::Office).contains(&request.state) {
        return Err(NotDone::Row(RowFault::new("state", "application_move")));
    }
    Ok(())
}

/// Why a document is not granted, by the column whose fault it is.
fn not_granted(error: DocumentError) -> NotDone {
    let code = error.code();
    let fault = match error {
        DocumentError::Fault(fault) => return NotDone::Fault(fault),
        DocumentError::FieldMissing(column) | DocumentError::UnknownField(column) => {
            RowFault::new(&column, code)
        }
        DocumentError::FieldWrong(column, wanted) => RowFault {
            wanted: Some(wanted),
            ..RowFault::new(&column, code)
        },
        DocumentError::NotEnrolled
        | DocumentError::Revoked
        | DocumentError::Suspended
        | DocumentError::Disabled
        | DocumentError::AssuranceTooLow => RowFault::new(CNIC, code),
        _ => RowFault {
            column: None,
            ..RowFault::new("", code)
        },
    };
    NotDone::Row(fault)
}
