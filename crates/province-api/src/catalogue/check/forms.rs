//! What is wrong with questions and forms: rules that nothing can keep, conditions on nothing, and documents that are a detail and
//! that no question asks.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{FaultCode, Found};
use crate::catalogue::guide::DocumentKind;
use crate::catalogue::{CatalogueFile, DocumentEntry, LabelEntry, ServiceEntry};
use crate::definition::{Ask, Asked, Choice, Field, Form};

/// Longest question, in bytes: a declaration is a sentence.
const QUESTION_BYTES_MAX: usize = 400;
/// Longest word of help, in bytes.
const HELP_BYTES_MAX: usize = 400;
/// Most questions of a page.
const PAGE_FIELDS_MAX: usize = 8;

/// What the forms name.
#[derive(Default)]
pub(super) struct Named<'a> {
    pub(super) fields: BTreeSet<&'a str>,
    pub(super) topics: BTreeSet<&'a str>,
    pub(super) steps: BTreeSet<&'a str>,
}

/// Looks at questions, subjects, steps and every form.
pub(super) fn check<'a>(file: &'a CatalogueFile, found: &mut Found) -> Named<'a> {
    let mut library: BTreeMap<&str, &Field> = BTreeMap::new();
    for one in &file.fields {
        let at = format!("fields/{}", one.field.id);
        if library.insert(&one.field.id, &one.field).is_some() {
            found.say(&at, FaultCode::IdTwice, "");
        }
    }
    for field in library.values() {
        question(field, &library, found);
    }
    found.list("topics", file.topics.iter().map(|one| (&*one.id, &one.name)));
    found.list("steps", file.steps.iter().map(|one| (&*one.id, &one.name)));
    let mut named = Named::default();
    let documents: BTreeMap<&str, &DocumentEntry> =
        file.documents.iter().map(|one| (&*one.id, one)).collect();
    for one in &file.documents {
        for id in one.fields.iter().filter(|id| !library.contains_key(&***id)) {
            found.say(&format!("documents/{}", one.id), FaultCode::Unknown, id);
        }
    }
    for service in &file.services {
        let Some(form) = &service.form else { continue };
        let at = format!("services/{}/form", service.id);
        for step in &form.steps {
            names(&at, step, &file.steps, found);
            named.steps.insert(step);
        }
        pages(&at, form, &library, found);
        for page in &form.pages {
            names(&at, &page.topic, &file.topics, found);
            named.topics.insert(&page.topic);
            for asked in &page.fields {
                named.fields.insert(&asked.field);
                if let Some(Ask::List { of, .. }) = library.get(&*asked.field).map(|field| &field.ask) {
                    named.fields.extend(of.iter().map(|inner| &*inner.field));
                }
            }
        }
        details(&at, service, form, &documents, found);
    }
    named
}

fn names(at: &str, id: &str, labels: &[LabelEntry], found: &mut Found) {
    if !labels.iter().any(|one| one.id == id) {
        found.say(at, FaultCode::Unknown, id);
    }
}

/// Looks at one question: its texts, and whether its rules can be kept.
fn question(field: &Field, library: &BTreeMap<&str, &Field>, found: &mut Found) {
    let at = format!("fields/{}", field.id);
    if !is_member(&field.id) {
        found.say(&at, FaultCode::IdMalformed, "");
    }
    found.names(&at, &field.name, QUESTION_BYTES_MAX);
    if let Some(help) = &field.help {
        found.names(&at, help, HELP_BYTES_MAX);
    }
    let is_possible = match &field.ask {
        Ask::Text { min, max }
        | Ask::Long { min, max }
        | Ask::Code { min, max }
        | Ask::Digits { min, max } => max.is_none_or(|max| max > 0 && min.unwrap_or(0) <= max),
        Ask::Date {
            from: Some(from),
            to: Some(to),
        } => from <= to,
        Ask::Number {
            min: Some(min),
            max: Some(max),
        }
        | Ask::Money {
            min: Some(min),
            max: Some(max),
        } => min <= max,
        Ask::Choice { choices } | Ask::Choices { choices } => {
            for choice in choices {
                found.names(&at, &choice.name, QUESTION_BYTES_MAX);
            }
            let ids: BTreeSet<&str> = choices.iter().map(|one| &*one.id).collect();
            ids.len() >= 2 && ids.len() == choices.len() && ids.iter().all(|id| is_member(id))
        }
        Ask::List { of, min, max } => {
            let is_plain = |inner: &Asked| match library.get(&*inner.field).map(|field| &field.ask) {
                Some(Ask::List { .. } | Ask::Declare | Ask::Other) | None => false,
                Some(_) => inner.when.is_none(),
            };
            !of.is_empty() && of.iter().all(is_plain) && max.is_none_or(|max| min.unwrap_or(1) <= max)
        }
        Ask::Other => false,
        _ => true,
    };
    if !is_possible {
        found.say(&at, FaultCode::RuleImpossible, "");
    }
}

/// 1 to 40 of `a`-`z`, `0`-`9` and `_`, a letter first: a member of a form.
fn is_member(id: &str) -> bool {
    (1..=40).contains(&id.len())
        && id.starts_with(|c: char| c.is_ascii_lowercase())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Looks at the pages of one form: each question once, conditions on earlier choices, a declaration at the end.
fn pages(at: &str, form: &Form, library: &BTreeMap<&str, &Field>, found: &mut Found) {
    let mut before: BTreeSet<&str> = BTreeSet::new();
    let mut last = None;
    for page in &form.pages {
        if page.fields.is_empty() || page.fields.len() > PAGE_FIELDS_MAX {
            found.say(at, FaultCode::Incomplete, &page.topic);
        }
        for asked in &page.fields {
            let field = library.get(&*asked.field);
            if field.is_none() {
                found.say(at, FaultCode::Unknown, &asked.field);
            }
            if let Some(when) = &asked.when {
                let earlier = before.get(&*when.field).and_then(|id| library.get(id));
                let is_known = earlier.is_some_and(|earlier| {
                    !when.is.is_empty() && when.is.iter().all(|answer| can_be(&earlier.ask, answer))
                });
                if !is_known {
                    found.say(at, FaultCode::ConditionUnknown, &asked.field);
                }
            }
            if !before.insert(&asked.field) {
                found.say(at, FaultCode::IdTwice, &asked.field);
            }
            last = field;
        }
    }
    if form.steps.is_empty() {
        found.say(at, FaultCode::Incomplete, "steps");
    }
    if !last.is_some_and(|field| field.ask == Ask::Declare) {
        found.say(at, FaultCode::Incomplete, "declaration");
    }
    let asks = before.iter().filter_map(|id| library.get(id));
    if !asks.into_iter().any(|field| field.ask != Ask::Declare) {
        found.say(at, FaultCode::Incomplete, "questions");
    }
}

fn can_be(ask: &Ask, answer: &Value) -> bool {
    let is_one = |choices: &[Choice]| choices.iter().any(|one| answer.as_str() == Some(&*one.id));
    match ask {
        Ask::Choice { choices } => is_one(choices),
        Ask::YesNo => answer.is_boolean(),
        _ => false,
    }
}

/// Looks at the documents of a service: what is optional is one of them, and a detail is asked.
fn details(
    at: &str,
    service: &ServiceEntry,
    form: &Form,
    documents: &BTreeMap<&str, &DocumentEntry>,
    found: &mut Found,
) {
    let needed = service.documents.as_ref().map_or(&[][..], |needed| &needed.list);
    for id in form.optional_documents.iter().filter(|id| !needed.contains(id)) {
        found.say(at, FaultCode::Unknown, id);
    }
    let asked: BTreeSet<&str> = form
        .pages
        .iter()
        .flat_map(|page| &page.fields)
        .map(|asked| &*asked.field)
        .collect();
    for document in needed.iter().filter_map(|id| documents.get(&**id)) {
        let is_detail = document.kind == DocumentKind::Detail;
        if is_detail && !document.fields.iter().any(|id| asked.contains(&**id)) {
            found.say(at, FaultCode::Incomplete, &document.id);
        }
    }
}
