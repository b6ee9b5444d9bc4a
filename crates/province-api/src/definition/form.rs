//! A whole form: every fault at once, or the form in its one spelling.

use serde_json::{Map, Value};

use super::{Ask, Asked, Definition, ROWS_MAX, value};
use crate::application::is_form;
use crate::enrolment::FieldProblem;
use crate::person::{Day, FieldError};

/// A form that keeps its definition's rules, each answer in its one spelling.
#[derive(Clone, PartialEq)]
pub struct Filled(Map<String, Value>);

impl Filled {
    /// What is sent and kept.
    pub fn into_form(self) -> Map<String, Value> {
        self.0
    }

    /// The same, to look at.
    pub const fn form(&self) -> &Map<String, Value> {
        &self.0
    }
}

impl std::fmt::Debug for Filled {
    /// Not what is in it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Filled(..)")
    }
}

impl Definition<'_> {
    /// Reads a form: what is asked is there and keeps its rules, and nothing else is there. `today` is the day in Peshawar.
    ///
    /// # Errors
    /// Every fault: of a field by its id, of a row by `heirs.2.person_cnic` (rows count from 1).
    pub fn parse(&self, form: &Map<String, Value>, today: Day) -> Result<Filled, Vec<FieldProblem>> {
        let mut faults = Vec::new();
        let asked = self.form.pages.iter().flat_map(|page| &page.fields);
        let filled = self.object((asked, form), "", today, &mut faults);
        if faults.is_empty() && !is_form(&filled) {
            // Each answer is within its bounds, and all of them are more than a form holds.
            faults.push(fault("", "", FieldError::FieldTooLong));
        }
        if faults.is_empty() {
            Ok(Filled(filled))
        } else {
            Err(faults)
        }
    }

    /// What is wrong with what is attached: `documents.ID` of one that is missing, stands twice, or is not attached here.
    pub fn attachment_faults(&self, attached: &[&str]) -> Vec<FieldProblem> {
        let mut faults = Vec::new();
        for (document, is_needed) in self.attachable() {
            if is_needed && !attached.contains(&&*document.id) {
                faults.push(fault("documents.", &document.id, FieldError::DocumentMissing));
            }
        }
        for (at, id) in attached.iter().enumerate() {
            let is_asked = self.attachable().any(|(document, _)| document.id == *id);
            if !is_asked || attached.iter().take(at).any(|other| other == id) {
                faults.push(fault("documents.", id, FieldError::FieldUnknown));
            }
        }
        faults
    }

    fn object<'q>(
        &self,
        (asked, form): (impl Iterator<Item = &'q Asked>, &Map<String, Value>),
        path: &str,
        today: Day,
        faults: &mut Vec<FieldProblem>,
    ) -> Map<String, Value> {
        let mut filled = Map::new();
        let mut open = Vec::new();
        for asked in asked {
            let Some(field) = self.field(&asked.field) else {
                continue;
            };
            if !is_open(asked, &filled) {
                continue;
            }
            open.push(&*asked.field);
            let given = form.get(&asked.field).filter(|given| !value::is_empty(given));
            let Some(given) = given else {
                if !asked.optional {
                    let code = match field.ask {
                        Ask::Declare => FieldError::DeclarationMissing,
                        _ => FieldError::FieldMissing,
                    };
                    faults.push(fault(path, &asked.field, code));
                }
                continue;
            };
            let read = match &field.ask {
                Ask::List { of, min, max } => {
                    let path = format!("{path}{}", asked.field);
                    let bounds = (min.unwrap_or(1), max.unwrap_or(ROWS_MAX));
                    self.rows((of, given), bounds, &path, today, faults)
                }
                ask => value::parse(ask, given, self, today),
            };
            match read {
                Ok(value) => {
                    filled.insert(asked.field.clone(), value);
                }
                Err(code) => faults.push(fault(path, &asked.field, code)),
            }
        }
        for name in form.keys().filter(|name| !open.contains(&&***name)) {
            faults.push(fault(path, name, FieldError::FieldUnknown));
        }
        filled
    }

    fn rows(
        &self,
        (of, given): (&[Asked], &Value),
        (min, max): (u16, u16),
        path: &str,
        today: Day,
        faults: &mut Vec<FieldProblem>,
    ) -> Result<Value, FieldError> {
        let rows = given.as_array().ok_or(FieldError::TextMalformed)?;
        if rows.len() < usize::from(min) {
            return Err(FieldError::ListTooShort);
        }
        if rows.len() > usize::from(max) {
            return Err(FieldError::ListTooLong);
        }
        let mut read = Vec::new();
        for (at, row) in (1..).zip(rows) {
            let row = row.as_object().ok_or(FieldError::TextMalformed)?;
            let path = format!("{path}.{at}.");
            read.push(Value::Object(self.object((of.iter(), row), &path, today, faults)));
        }
        Ok(Value::Array(read))
    }
}

/// What is asked of what was typed so far: without empty answers, and without those to questions that other answers closed.
pub fn prune(definition: &Definition<'_>, typed: &Map<String, Value>) -> Map<String, Value> {
    let mut kept = Map::new();
    for (asked, field) in definition.asked() {
        let given = typed.get(&asked.field).filter(|given| !value::is_empty(given));
        let (Some(given), true) = (given, is_open(asked, &kept)) else {
            continue;
        };
        let given = match (&field.ask, given.as_array()) {
            (Ask::List { .. }, Some(rows)) => rows.iter().map(full).filter(|row| !is_bare(row)).collect(),
            _ => given.clone(),
        };
        if !value::is_empty(&given) {
            kept.insert(asked.field.clone(), given);
        }
    }
    kept
}

/// A row without its empty answers.
fn full(row: &Value) -> Value {
    match row {
        Value::Object(row) => {
            let given = row.iter().filter(|(_, given)| !value::is_empty(given));
            Value::Object(given.map(|(name, given)| (name.clone(), given.clone())).collect())
        }
        other => other.clone(),
    }
}

fn is_bare(row: &Value) -> bool {
    row.as_object().is_some_and(Map::is_empty)
}

/// Whether the answers before ask this.
fn is_open(asked: &Asked, before: &Map<String, Value>) -> bool {
    asked.when.as_ref().is_none_or(|when| {
        before
            .get(&when.field)
            .is_some_and(|answer| when.is.contains(answer))
    })
}

fn fault(path: &str, field: &str, code: FieldError) -> FieldProblem {
    FieldProblem {
        field: format!("{path}{field}"),
        code,
    }
}
