//! For the bench alone: the vault's database without its envelope, whose Argon2id is measured by itself.

use std::path::Path;

use credential::{Catalogue, Names, Timestamp, TypeRegister, Vct};
use rusqlite::{Connection, OpenFlags};

use crate::code::UiError;
use crate::envelope::VaultKey;
use crate::error::StoreError;
use crate::screen::FoundService;
use crate::screen::{PastAsk, PastPage, ShowingMode, ShowingOutcome};
use crate::search::fold;
use crate::search::index::Place;
use crate::search::query::Query;
use crate::services::Listed;
use crate::store::showing;
use crate::{past, vault};

/// Makes the database of a vault; without a key the same tables in a plain file.
///
/// # Errors
/// The store's.
pub fn make(path: &Path, key: Option<[u8; 32]>) -> Result<Connection, UiError> {
    let mut database = match key {
        Some(key) => vault::connect(path, &VaultKey::new(key), OpenFlags::SQLITE_OPEN_CREATE)?,
        None => Connection::open(path)?,
    };
    vault::prepare(&database)?;
    vault::migrate(&mut database)?;
    Ok(database)
}

/// Opens the database of a vault as unlocking does once it has the key.
///
/// # Errors
/// The store's.
pub fn open(path: &Path, key: [u8; 32]) -> Result<Connection, UiError> {
    Ok(vault::open(path, &VaultKey::new(key))?)
}

/// Keeps what was shown to one desk.
///
/// # Errors
/// The store's.
pub fn show(
    database: &Connection,
    at: u64,
    vct: &str,
    desk: &Names,
    claims: &[String],
) -> Result<(), UiError> {
    let row = showing::New {
        at: Timestamp::from_unix(at),
        which: Vct::parse(vct).map_err(|_| StoreError::Row)?.into(),
        mode: ShowingMode::Request,
        outcome: ShowingOutcome::Shown,
        reason: None,
        desk: Some(desk),
        claims,
        last_pass: false,
    };
    Ok(showing::insert(database, &row)?)
}

/// A page of the past.
///
/// # Errors
/// The store's.
pub fn page(database: &Connection, types: Option<&TypeRegister>, words: &str) -> Result<PastPage, UiError> {
    let ask = PastAsk {
        words: words.to_owned(),
        ..PastAsk::default()
    };
    Ok(past::page(database, types, &ask)?)
}

/// The question that these words ask of the index.
pub fn expression(types: Option<&TypeRegister>, words: &str) -> String {
    past::expression(&Query::read(words), types)
}

/// A catalogue's services as an open vault searches them.
#[derive(Debug)]
pub struct SearchedServices(Listed);

impl SearchedServices {
    /// Of this catalogue.
    pub fn of(catalogue: Catalogue) -> Self {
        Self(Listed::of(catalogue))
    }

    /// What is found by these words, the best first.
    pub fn search(&self, typed: &str) -> Vec<FoundService> {
        self.0.search(typed).found
    }

    /// The words of each service, folded, as the search has them.
    pub fn folded(&self) -> Vec<String> {
        self.0.texts().map(|texts| folded(&texts)).collect()
    }

    /// The bare question of these words to FTS5: all of them, the last one as a beginning.
    pub fn expression(typed: &str) -> String {
        let words = fold::words(typed).into_iter().map(|word| format!("\"{word}\""));
        words.collect::<Vec<_>>().join(" AND ") + "*"
    }
}

fn folded(texts: &[(Place, String)]) -> String {
    let words = texts.iter().flat_map(|(_, text)| fold::words(text));
    words.collect::<Vec<_>>().join(" ")
}
