//! What may leave this phone, in a backup or to the next phone: documents for display, history, what was typed, settings.
//!
//! No seed, no key of the vault, no holder's key: passes without their keys are there to be looked at, and the new phone
//! asks the province for its own. The photo that was chosen stays here too, since binding another phone wants a new one.
//! The bytes are JSON with a closed schema in zlib (RFC 1950). What is read must be exactly what this version would write,
//! so that one content has one form.

mod rows;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeSet;

use credential::{Credential, Timestamp, Vct};
use miniz_oxide::inflate::TINFLStatus;
use province_api::Bytes;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use self::rows::Rows;
use crate::error::StoreError;
use crate::opaque::opaque_debug;
use crate::screen::{Child, Draft, Language};
use crate::store::credential::Which;
use crate::store::draft::{self as draft_table, PhotoKind};
use crate::store::enrolment::{self, State};
use crate::store::moving::{self, Source};
use crate::store::setting::{self, Setting};
use crate::store::sync_state::{self, Feed};
use crate::store::{artefact, child, credential as passes};
use crate::sync;
use crate::vault;

opaque_debug!(Archive, Document, PublicFile);

/// Largest content, in bytes: 50,000 rows of history take 12 MB.
pub(crate) const CONTENT_BYTES_MAX: usize = 24 << 20;
/// Largest content once it is deflated, in bytes.
pub(crate) const PACKED_BYTES_MAX: usize = 8 << 20;
/// As small as it gets: what is saved is frames on a poor camera.
const LEVEL: u8 = 9;

/// Why bytes are no content of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ArchiveError {
    #[error("the content is larger than any that is taken")]
    TooLarge,
    #[error("the content is not what this version writes")]
    Malformed,
    #[error("the content was written by a newer version")]
    TooNew,
}

/// Everything that may leave.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Archive {
    /// Migrations that the vault had seen.
    schema: u32,
    /// Unix seconds.
    pub(crate) made_at: u64,
    pub(crate) language: Language,
    /// Nothing in a file of an app that did not write it yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    chosen: Option<Chosen>,
    pub(crate) draft: Option<Draft>,
    /// The picture that the province signed, WebP.
    photo: Option<Bytes>,
    /// The newest of each kind and person.
    pub(crate) documents: Vec<Document>,
    /// Children whose documents these are, or were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    children: Vec<Child>,
    pub(crate) history: Vec<Rows>,
    /// How far the province's feed was taken: what the citizen deleted since does not come again.
    feed: Feed,
    /// What the documents' names and the history's words are read with. Signed, and verified again at each use.
    public: Vec<PublicFile>,
}

/// What was chosen for this profile, beside its language.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Chosen {
    /// Seconds without use after which the wallet locks, where that was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    auto_lock: Option<u32>,
    /// Whether a sync may cost more over a metered network.
    on_metered: bool,
    /// Whether the app syncs while nobody looks.
    in_background: bool,
}

impl Chosen {
    fn of(database: &Connection) -> Result<Self, StoreError> {
        let state = sync_state::load(database)?;
        Ok(Self {
            auto_lock: setting::load(database, Setting::AutoLock)?.and_then(|seconds| seconds.parse().ok()),
            on_metered: state.on_metered,
            in_background: state.in_background,
        })
    }

    fn enter(self, database: &Connection) -> Result<(), StoreError> {
        if let Some(seconds) = self.auto_lock {
            // No choice of this version counts as none when the wallet is next opened.
            setting::store(database, Setting::AutoLock, &seconds.to_string())?;
        }
        let state = sync_state::load(database)?;
        sync_state::save(
            database,
            &sync_state::Row {
                on_metered: self.on_metered,
                in_background: self.in_background,
                ..state
            },
        )
    }
}

/// A pass or document without its key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    pub(crate) vct: String,
    /// Whose: 0, which is not written, is the citizen's own.
    #[serde(default, skip_serializing_if = "is_own")]
    pub(crate) no: u32,
    /// As its issuer signed it.
    pub(crate) raw: Bytes,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_own(no: &u32) -> bool {
    *no == 0
}

impl Document {
    /// Which it is; nothing of a kind that cannot be.
    pub(crate) fn which(&self) -> Option<Which> {
        let vct = Vct::parse(&self.vct).ok()?;
        Some(Which { vct, no: self.no })
    }
}

/// A signed file of the province.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PublicFile {
    name: String,
    bytes: Bytes,
}

/// The newest migration that this version has.
fn schema(database: &Connection) -> Result<u32, StoreError> {
    Ok(
        database.query_row("SELECT max(version) FROM refinery_schema_history", [], |row| {
            row.get(0)
        })?,
    )
}

impl Archive {
    /// Everything of this vault that may leave it.
    pub(crate) fn of(database: &Connection, language: Language, now: Timestamp) -> Result<Self, StoreError> {
        let mut documents = moving::kept(database)?;
        for which in passes::all(database)? {
            if let Some(newest) = passes::newest(database, which)? {
                documents.insert(which, newest.raw);
            }
        }
        let mut public = Vec::new();
        for name in artefact::names_of_words(database)? {
            if let Some(bytes) = artefact::load(database, &name)? {
                public.push(PublicFile {
                    name,
                    bytes: Bytes(bytes),
                });
            }
        }
        Ok(Self {
            schema: schema(database)?,
            made_at: now.unix(),
            language,
            chosen: Some(Chosen::of(database)?),
            draft: draft_table::load(database)?.map(|draft| Draft {
                has_photo: false,
                ..draft
            }),
            photo: draft_table::photo(database, PhotoKind::Card)?.map(Bytes),
            documents: documents
                .into_iter()
                .map(|(which, raw)| Document {
                    vct: which.vct.as_str().to_owned(),
                    no: which.no,
                    raw: Bytes(raw),
                })
                .collect(),
            children: child::all(database)?,
            history: rows::all(database)?,
            feed: sync_state::feed(database)?,
            public,
        })
    }

    /// SHA-256 of what is the citizen's own in it, without its time: whether it is still the same.
    pub(crate) fn digest(&self) -> Result<[u8; 32], ArchiveError> {
        let own = Self {
            made_at: 0,
            language: Language::default(),
            chosen: None,
            public: Vec::new(),
            ..self.clone()
        };
        Ok(Sha256::digest(own.to_json()?).into())
    }

    /// How many rows of history there are.
    pub(crate) fn rows(&self) -> usize {
        self.history.iter().map(Rows::len).sum()
    }

    /// Whether there is nothing of the citizen's in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.draft.is_none() && self.documents.is_empty() && self.rows() == 0
    }

    /// As bytes, deflated.
    pub(crate) fn pack(&self) -> Result<Vec<u8>, ArchiveError> {
        let json = self.to_json()?;
        if json.len() > CONTENT_BYTES_MAX {
            return Err(ArchiveError::TooLarge);
        }
        let packed = miniz_oxide::deflate::compress_to_vec_zlib(&json, LEVEL);
        if packed.len() > PACKED_BYTES_MAX {
            return Err(ArchiveError::TooLarge);
        }
        Ok(packed)
    }

    /// From bytes that were unsealed.
    pub(crate) fn unpack(packed: &[u8]) -> Result<Self, ArchiveError> {
        if packed.len() > PACKED_BYTES_MAX {
            return Err(ArchiveError::TooLarge);
        }
        let json = miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(packed, CONTENT_BYTES_MAX)
            .map_err(|error| match error.status {
                TINFLStatus::HasMoreOutput => ArchiveError::TooLarge,
                _ => ArchiveError::Malformed,
            })?;
        let archive: Self = serde_json::from_slice(&json).map_err(|_| Schema::of(&json))?;
        if archive.to_json()? != json {
            return Err(ArchiveError::Malformed);
        }
        let mut held = BTreeSet::new();
        for document in &archive.documents {
            let which = document.which().ok_or(ArchiveError::Malformed)?;
            if Credential::parse(&document.raw.0).is_err() || !held.insert(which) {
                return Err(ArchiveError::Malformed);
            }
        }
        Ok(archive)
    }

    fn to_json(&self) -> Result<Vec<u8>, ArchiveError> {
        serde_json::to_vec(self).map_err(|_| ArchiveError::Malformed)
    }

    /// Whether this vault may take one in: nobody used it yet.
    pub(crate) fn may_enter(database: &Connection) -> Result<bool, StoreError> {
        let unused = enrolment::load(database)?.state == State::Draft
            && moving::restored(database)?.is_none()
            && passes::all(database)?.is_empty();
        Ok(unused && rows::are_none(database)?)
    }

    /// Puts everything into a vault that nobody used, in the caller's transaction.
    pub(crate) fn enter(
        &self,
        database: &Connection,
        source: Source,
        confirmation: Option<&str>,
        now: Timestamp,
    ) -> Result<(), EnterError> {
        if self.schema > schema(database)? {
            return Err(ArchiveError::TooNew.into());
        }
        if let Some(chosen) = self.chosen {
            chosen.enter(database)?;
        }
        if let Some(draft) = &self.draft {
            draft_table::save(database, draft)?;
        }
        if let Some(photo) = &self.photo {
            draft_table::save_photo(database, PhotoKind::Card, &photo.0)?;
        }
        for document in &self.documents {
            let which = document.which().ok_or(ArchiveError::Malformed)?;
            moving::keep(database, which, &document.raw.0)?;
        }
        for one in &self.children {
            child::save(database, one)?;
        }
        for table in &self.history {
            table.enter(database)?;
        }
        sync_state::take_feed(database, self.feed)?;
        sync::note_whose_feed(database)?;
        // Signed lists never go back: what this vault holds already stays, and a sync brings what is newer.
        let held = !artefact::names_of_words(database)?.is_empty();
        for file in &self.public {
            if !artefact::is_of_words(&file.name) {
                return Err(ArchiveError::Malformed.into());
            }
            if !held {
                artefact::save(database, &file.name, &file.bytes.0, now)?;
            }
        }
        moving::set_restored(database, source, confirmation, now)?;
        Ok(())
    }
}

/// The one member that every version of a content has.
#[derive(Deserialize)]
struct Schema {
    schema: u32,
}

impl Schema {
    /// Why a content was not read: a newer version may have members that this one does not know.
    fn of(json: &[u8]) -> ArchiveError {
        match serde_json::from_slice::<Self>(json) {
            Ok(Self { schema }) if Some(i64::from(schema)) > vault::newest_version() => ArchiveError::TooNew,
            _ => ArchiveError::Malformed,
        }
    }
}

/// Why a content could not be put into a vault.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EnterError {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for EnterError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}
