//! Table `draft` and the pictures in table `photo`.

use rusqlite::{Connection, OptionalExtension as _};

use crate::error::StoreError;
use crate::screen::Draft;

/// Which picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PhotoKind {
    /// What the citizen chose.
    Draft,
    /// What the province signed.
    Card,
}

impl PhotoKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Card => "card",
        }
    }
}

/// What was typed so far; nothing typed is an empty draft.
pub(crate) fn load(database: &Connection) -> Result<Option<Draft>, StoreError> {
    let body: Option<String> = database
        .query_row("SELECT body FROM draft WHERE id = 1", [], |row| row.get(0))
        .optional()?;
    body.map(|body| serde_json::from_str(&body).map_err(|_| StoreError::Row))
        .transpose()
}

/// Keeps what was typed.
pub(crate) fn save(database: &Connection, draft: &Draft) -> Result<(), StoreError> {
    let body = serde_json::to_string(draft).map_err(|_| StoreError::Row)?;
    database.execute(
        "INSERT INTO draft (id, body) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
        [body],
    )?;
    Ok(())
}

/// A stored picture.
pub(crate) fn photo(database: &Connection, kind: PhotoKind) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(database
        .query_row(
            "SELECT bytes FROM photo WHERE kind = ?1",
            [kind.as_str()],
            |row| row.get(0),
        )
        .optional()?)
}

/// Whether there is such a picture.
pub(crate) fn has_photo(database: &Connection, kind: PhotoKind) -> Result<bool, StoreError> {
    Ok(database.query_row(
        "SELECT EXISTS (SELECT 1 FROM photo WHERE kind = ?1)",
        [kind.as_str()],
        |row| row.get(0),
    )?)
}

/// Keeps a picture in place of the one before.
pub(crate) fn save_photo(database: &Connection, kind: PhotoKind, bytes: &[u8]) -> Result<(), StoreError> {
    database.execute(
        "INSERT INTO photo (kind, bytes) VALUES (?1, ?2) ON CONFLICT (kind) DO UPDATE SET bytes = excluded.bytes",
        (kind.as_str(), bytes),
    )?;
    Ok(())
}

/// Forgets a picture.
pub(crate) fn delete_photo(database: &Connection, kind: PhotoKind) -> Result<(), StoreError> {
    database.execute("DELETE FROM photo WHERE kind = ?1", [kind.as_str()])?;
    Ok(())
}

/// Whether anything was typed or a photo chosen.
pub(crate) fn is_begun(database: &Connection) -> Result<bool, StoreError> {
    Ok(database.query_row(
        "SELECT EXISTS (SELECT 1 FROM draft) OR EXISTS (SELECT 1 FROM photo)",
        [],
        |row| row.get(0),
    )?)
}
