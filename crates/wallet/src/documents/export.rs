//! What the citizen takes out of the wallet (docs/export.md): documents with their signed bytes, and the past. No key is
//! in it, so nobody can show to a desk what it holds.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use credential::{RootKind, RootSet, Timestamp, TypeRegister, Vct};
use rusqlite::Connection;

use super::{all, papers};
use crate::code::{UiCode, UiError};
use crate::error::StoreError;
use crate::home::screen_time;
use crate::screen::{Export, ExportClaim, ExportKind, Person, PublicSigned, SignedCopy, Words};
use crate::store::{artefact, service_event, showing};
use crate::sync::types_here;

/// The format's name and number.
const FORMAT: &str = "khyber-pass-export";
const VERSION: u32 = 1;

/// Largest page, in bytes: 50,000 rows of history take a third of it.
const PAGE_BYTES_MAX: usize = 64 << 20;
/// How a page begins that a screen made.
const PAGE_BEGIN: &str = "<!doctype html>";

/// Everything, or one document with its past.
pub(crate) fn content(
    database: &Connection,
    roots: &RootSet,
    only: Option<&str>,
    now: Timestamp,
) -> Result<Export, UiError> {
    let mut documents = all(database, roots, now)?;
    if let Some(id) = only {
        for person in &mut documents.people {
            person.documents.retain(|document| document.id == id);
        }
        documents.people.retain(|person| !person.documents.is_empty());
    }
    let held: BTreeSet<(&str, &str)> = of(&documents.people).collect();
    if only.is_some() && held.is_empty() {
        return Err(UiCode::DocumentGone.into());
    }
    let mut which = None;
    let mut credentials = Vec::new();
    for paper in papers(database)? {
        let document = paper.place.to_string();
        if held.iter().any(|(id, _)| *id == document) {
            which = only.map(|_| paper.which);
            credentials.push(SignedCopy {
                document,
                credential: URL_SAFE_NO_PAD.encode(paper.credential.bytes()),
            });
        }
    }
    let showings = showing::export(database, which)?;
    let events = service_event::export(database, which)?;
    let types = types_here(database, roots)?;
    let named: BTreeSet<&str> = held
        .iter()
        .map(|(_, vct)| *vct)
        .chain(showings.iter().map(|row| row.vct.as_str()))
        .chain(events.iter().filter_map(|row| row.vct.as_deref()))
        .collect();
    let kinds = kinds(types.as_ref(), &named);
    let mut public = Vec::new();
    for name in artefact::names_of_words(database)? {
        if let Some(bytes) = artefact::load(database, &name)? {
            public.push(PublicSigned {
                name,
                bytes: URL_SAFE_NO_PAD.encode(bytes),
            });
        }
    }
    Ok(Export {
        format: FORMAT.to_owned(),
        version: VERSION,
        made_at: screen_time(now),
        test: roots.kind() == RootKind::Test,
        status_as_of: documents.status_as_of,
        last_sync_at: documents.last_sync_at,
        photo_data_url: documents.photo_data_url.filter(|_| {
            documents
                .people
                .iter()
                .flat_map(|one| &one.documents)
                .any(|one| one.photo)
        }),
        credentials,
        public,
        showings,
        events,
        kinds,
        people: documents.people,
    })
}

fn of(people: &[Person]) -> impl Iterator<Item = (&str, &str)> {
    let documents = people.iter().flat_map(|person| &person.documents);
    documents.map(|one| (one.id.as_str(), one.vct.as_str()))
}

fn kinds(types: Option<&TypeRegister>, named: &BTreeSet<&str>) -> Vec<ExportKind> {
    let known = named.iter().filter_map(|vct| {
        let vct = Vct::parse(vct).ok()?;
        types?.find(&vct)
    });
    known
        .map(|kind| ExportKind {
            vct: kind.vct.as_str().to_owned(),
            name: Words::from(&kind.name),
            claims: kind
                .claims
                .iter()
                .map(|claim| ExportClaim {
                    key: claim.key.clone(),
                    label: Words::from(&claim.label),
                })
                .collect(),
        })
        .collect()
}

/// The bytes of a file and what its name ends in: data, as they are made here, or the page that the screen made of them in
/// its own words.
pub(crate) fn file(content: &Export, page: Option<String>) -> Result<(Vec<u8>, &'static str), UiError> {
    match page {
        None => {
            let mut bytes = serde_json::to_vec_pretty(content).map_err(|_| StoreError::Row)?;
            bytes.push(b'\n');
            Ok((bytes, "json"))
        }
        Some(page) if page.len() <= PAGE_BYTES_MAX && page.starts_with(PAGE_BEGIN) => {
            Ok((page.into_bytes(), "html"))
        }
        Some(_) => Err(UiCode::ExportInvalid.into()),
    }
}
