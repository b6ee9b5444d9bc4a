//! What a file's rows say: which columns there are, and a document or a state of an application from each row's cells.

use std::collections::BTreeMap;

use credential::{Kind, PassType, RegisterContent};
use province_api::Bytes;
use province_api::application::{AnswerRequest, ApplicationState, RefusalReason};
use province_api::person::Cnic;
use serde_json::{Map, Value};

use super::super::applications::parse_id;
use super::super::document::Form;
use super::super::{fields, kinds};
use super::cells::{self, Days};
use super::sheet::Row;
use super::{ImportError, Job, RowFault, What};

/// The column that says whose a document is.
pub(super) const CNIC: &str = "cnic";
/// The column that tells a second round from the first: a day, or a number of the office's own list.
pub(super) const ENTRY: &str = "entry";
/// The columns of a file of states, and whether each must be filled.
const STATES: [(&str, bool); 6] = [
    ("application", true),
    ("seen", true),
    ("state", true),
    ("reason", false),
    ("text", false),
    (ENTRY, false),
];

/// A row that was read.
pub(super) enum Said {
    Document(Form),
    State(AnswerRequest),
}

/// What a row says.
pub(super) fn read_row(job: &Job<'_>, register: &RegisterContent, row: &Row) -> Result<Said, RowFault> {
    if let Some(code) = row.broken {
        return Err(RowFault {
            column: None,
            ..RowFault::new("", code)
        });
    }
    match job.what {
        What::Documents(vct) => {
            let kind = register.find(&vct);
            let kind = kind.ok_or_else(|| RowFault::new(CNIC, "issue_unknown_type"))?;
            document_of(kind, job.days, &row.cells).map(Said::Document)
        }
        What::States => state_of(&row.cells).map(Said::State),
    }
}

/// The columns of a file, and whether each must be there.
pub(super) fn columns(
    job: &Job<'_>,
    register: &RegisterContent,
) -> Result<BTreeMap<String, bool>, ImportError> {
    let What::Documents(vct) = &job.what else {
        return Ok(STATES.map(|(name, must)| (name.to_owned(), must)).into());
    };
    let kind = register.find(vct).filter(|kind| kinds::is_document(kind));
    let kind = kind.ok_or(ImportError::NoSuchKind)?;
    let own = fields::own(kind);
    let mut columns: BTreeMap<String, bool> = own.map(|claim| (claim.key.clone(), claim.required)).collect();
    columns.insert(CNIC.to_owned(), true);
    Ok(columns)
}

fn document_of(kind: &PassType, days: Days, row: &BTreeMap<String, String>) -> Result<Form, RowFault> {
    let cnic = row.get(CNIC).map_or("", String::as_str);
    let cnic = cells::number(cnic).map_err(|code| RowFault::new(CNIC, code))?;
    let cnic = Cnic::parse(&cnic).map_err(|error| RowFault::new(CNIC, error.code()))?;
    let mut entered = Map::new();
    for claim in fields::own(kind) {
        let Some(cell) = row.get(&claim.key).filter(|cell| !cell.is_empty()) else {
            continue;
        };
        let wrong = |code| RowFault::new(&claim.key, code);
        let value = match claim.kind {
            Kind::Number | Kind::Money => {
                let digits = cells::number(cell).map_err(wrong)?;
                Value::from(digits.parse::<u64>().map_err(|_| wrong("field_wrong"))?)
            }
            Kind::Truth => Value::from(cells::truth(cell).ok_or_else(|| wrong("field_wrong"))?),
            Kind::Date | Kind::LastDay => Value::from(cells::day(cell, days)),
            Kind::Cnic => Value::from(cells::number(cell).map_err(wrong)?),
            _ => Value::from(cell.clone()),
        };
        entered.insert(claim.key.clone(), value);
    }
    Ok(Form {
        cnic,
        child: None,
        vct: kind.vct,
        fields: entered,
    })
}

fn state_of(row: &BTreeMap<String, String>) -> Result<AnswerRequest, RowFault> {
    let cell = |name: &str| row.get(name).map_or("", String::as_str);
    let state = |name: &str| {
        ApplicationState::parse(cell(name)).ok_or_else(|| RowFault::new(name, "application_state"))
    };
    let application: Option<Bytes> = serde_json::from_value(cell("application").into()).ok();
    let application = application.filter(|id| parse_id(id).is_ok());
    let reason = match cell("reason") {
        "" => None,
        word => Some(RefusalReason::parse(word).ok_or_else(|| RowFault::new("reason", "refusal_reason"))?),
    };
    let text = cell("text");
    let request = AnswerRequest {
        application: application.ok_or_else(|| unknown_fault("application"))?,
        seen: state("seen")?,
        state: state("state")?,
        reason,
        text: (!text.is_empty()).then(|| text.to_owned()),
        // A file has no column for what is due, or for how it was paid.
        amount_rupees: None,
        challan: None,
        document: None,
    };
    if request.is_whole() && request.state != ApplicationState::PaymentDue {
        Ok(request)
    } else {
        Err(RowFault::new("state", "answer_parts"))
    }
}

pub(super) fn unknown_fault(column: &str) -> RowFault {
    RowFault::new(column, "application_unknown")
}
