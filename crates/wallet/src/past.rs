//! The past as the citizen reads it: pages, words that are searched for, what is forgotten.

use credential::{Timestamp, TypeRegister, Vct};
use rusqlite::Connection;

use crate::claims;
use crate::error::StoreError;
use crate::home::screen_time;
use crate::screen::{Found, PastAsk, PastEntry, PastFilter, PastPage, ServiceItem};
use crate::search::query::{Query, Said, Word};
use crate::search::sql::kind_token;
use crate::store::history::{self, Key, Table};
use crate::store::{child, service_event, showing};

/// Rows of one page.
pub(crate) const PAGE: u32 = 50;

/// One page. A question without a letter or digit asks for everything.
pub(crate) fn page(
    database: &Connection,
    types: Option<&TypeRegister>,
    ask: &PastAsk,
) -> Result<PastPage, StoreError> {
    // One state of the database for all that follows, locked once and not for each row.
    let database = &*database.unchecked_transaction()?;
    let before = ask.before.as_deref().and_then(Key::parse);
    let query = Query::read(&ask.words);
    // Nobody is asked what kinds are called while the past is only read.
    let kinds = Kinds::of(types.filter(|_| !query.is_empty()));
    let mut only: Vec<String> = ask.vct.as_deref().map(kind_token).into_iter().collect();
    only.extend(filter_token(ask.filter).map(str::to_owned));
    let mut keys = if query.is_empty() && only.is_empty() {
        history::newest(database, before, PAGE + 1)?
    } else {
        let expression = query.expression(|word| kinds.named(word), &only);
        history::found(database, &expression, before, PAGE + 1)?
    };
    let more = keys.len() > PAGE as usize;
    keys.truncate(PAGE as usize);
    let next = keys.last().filter(|_| more).map(Key::to_string);
    let mut entries = Vec::with_capacity(keys.len());
    for key in keys {
        let mut entry = entry(database, types, key)?;
        entry.found = (!query.is_empty()).then(|| how_found(&query, &entry, &kinds));
        entries.push(entry);
    }
    Ok(PastPage { entries, next })
}

/// The index and the tables change in one transaction: what was found is there.
fn entry(database: &Connection, types: Option<&TypeRegister>, key: Key) -> Result<PastEntry, StoreError> {
    let (table, number) = key.place();
    let mut entry = PastEntry {
        id: key.to_string(),
        at: 0,
        showing: None,
        service: None,
        found: None,
    };
    match table {
        Table::Showing => {
            let showing = showing::load(database, number, types)?.ok_or(StoreError::Row)?;
            entry.at = showing.at;
            entry.showing = Some(showing);
        }
        Table::ServiceEvent => {
            let event = service_event::load(database, number)?.ok_or(StoreError::Row)?;
            let vct = event.vct.as_deref().and_then(|vct| Vct::parse(vct).ok());
            entry.at = screen_time(event.at);
            entry.service = Some(ServiceItem {
                pass: vct.map(|vct| claims::kind_view(types.and_then(|types| types.find(&vct)))),
                child: child::find(database, event.no()?)?,
                reference: event.reference()?,
                kind: event.kind,
                vct: event.vct,
            });
        }
    }
    Ok(entry)
}

/// The question that is asked of the index for words alone.
pub(crate) fn expression(query: &Query, types: Option<&TypeRegister>) -> String {
    let kinds = Kinds::of(types);
    query.expression(|word| kinds.named(word), &[])
}

/// Forgets one row.
pub(crate) fn forget(database: &Connection, id: &str) -> Result<(), StoreError> {
    if let Some(key) = Key::parse(id) {
        history::delete(database, key)?;
    }
    Ok(())
}

/// Forgets everything from a moment on and before another; says how many rows that were.
pub(crate) fn forget_between(
    database: &Connection,
    from: Timestamp,
    before: Timestamp,
) -> Result<u32, StoreError> {
    let transaction = database.unchecked_transaction()?;
    let rows = history::delete_between(&transaction, from, before)?;
    transaction.commit()?;
    Ok(u32::try_from(rows).unwrap_or(u32::MAX))
}

const fn filter_token(filter: PastFilter) -> Option<&'static str> {
    match filter {
        PastFilter::All => None,
        PastFilter::Shown => Some("fshown"),
        PastFilter::NotShown => Some("fnotshown"),
        PastFilter::Service => Some("fservice"),
    }
}

/// What kinds of passes are called today: a row is found by these names, whatever they were when it was kept.
struct Kinds {
    named: Vec<(String, Said)>,
}

impl Kinds {
    fn of(types: Option<&TypeRegister>) -> Self {
        let kinds = types.map(TypeRegister::types).unwrap_or_default().iter();
        Self {
            named: kinds
                .map(|kind| {
                    let name = &kind.name;
                    let said = Said::of([name.en.as_str(), name.ur.as_str(), name.ps.as_str()]);
                    (kind_token(kind.vct.as_str()), said)
                })
                .collect(),
        }
    }

    /// The tokens of the kinds that a word names.
    fn named(&self, word: &Word) -> Vec<String> {
        let met = self.named.iter().filter(|(_, said)| word.is_met(said));
        met.map(|(token, _)| token.clone()).collect()
    }

    /// Whether a word names this kind as it is written.
    fn is_written(&self, word: &Word, vct: &str) -> bool {
        let token = kind_token(vct);
        self.named
            .iter()
            .any(|(own, said)| *own == token && word.is_written(said))
    }
}

/// What is in the index and is not said here (the texts of an event) was found as it is written.
fn how_found(query: &Query, entry: &PastEntry, kinds: &Kinds) -> Found {
    let Some(item) = &entry.showing else {
        return Found::Written;
    };
    let desk = [&item.desk_name_en, &item.desk_name_ur, &item.desk_name_ps];
    let said = Said::of(desk.into_iter().flatten().map(String::as_str));
    if query.is_written(&said, |word| kinds.is_written(word, &item.vct)) {
        Found::Written
    } else {
        Found::Sound
    }
}
