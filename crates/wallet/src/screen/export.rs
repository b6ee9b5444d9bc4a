//! What the citizen takes out of the wallet (docs/export.md): the content of both files, and where one was written.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{Person, ShowingMode, ShowingOutcome, Words};
use crate::code::UiCode;
use crate::opaque::opaque_debug;

opaque_debug!(Export, SignedCopy, PublicSigned, ExportShowing, ExportEvent);

/// Everything that is in the vault and belongs to its citizen; no key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Export {
    /// `khyber-pass-export`.
    pub format: String,
    /// 1. A reader refuses a higher one.
    pub version: u32,
    /// When it was made.
    pub made_at: u32,
    /// Whether it is from a test build: nothing in it is issued by the Government.
    pub test: bool,
    /// When the status data were issued that the documents' states are from.
    pub status_as_of: Option<u32>,
    /// When the last sync ended.
    pub last_sync_at: Option<u32>,
    /// Documents by person.
    pub people: Vec<Person>,
    /// The photo that the province signed, as a `data:` URL.
    pub photo_data_url: Option<String>,
    /// The newest copy of each document, as it was signed.
    pub credentials: Vec<SignedCopy>,
    /// What these are verified with.
    pub public: Vec<PublicSigned>,
    /// What was shown, the newest first. Values are never kept.
    pub showings: Vec<ExportShowing>,
    /// What the province did, the newest first.
    pub events: Vec<ExportEvent>,
    /// The names of all kinds and claims that the rest mentions by their keys.
    pub kinds: Vec<ExportKind>,
}

/// One credential.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SignedCopy {
    /// [`super::Document::id`].
    pub document: String,
    /// Exactly the bytes that the issuer signed, in base64url without padding.
    pub credential: String,
}

/// One public file of the province.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PublicSigned {
    /// `trust-list`, `type-register`, or a list that changed the roots.
    pub name: String,
    /// Its bytes in base64url without padding.
    pub bytes: String,
}

/// One line of what was shown, or asked for and not shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ExportShowing {
    /// When.
    pub at: u32,
    /// Kind of pass.
    pub vct: String,
    /// How.
    pub mode: ShowingMode,
    /// What became of it.
    pub outcome: ShowingOutcome,
    /// Why it was refused.
    pub reason: Option<UiCode>,
    /// The certified desk.
    pub desk: Option<Words>,
    /// The claims' keys.
    pub claims: Vec<String>,
    /// The stock was used up and a pass was shown again.
    pub last_pass: bool,
}

/// Something that the province did.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ExportEvent {
    /// When.
    pub at: u32,
    /// What, in the province's word.
    pub kind: String,
    /// Which pass or document, if it is about one.
    pub vct: Option<String>,
}

/// A kind in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ExportKind {
    /// The kind.
    pub vct: String,
    /// What it is called.
    pub name: Words,
    /// What its claims are called.
    pub claims: Vec<ExportClaim>,
}

/// A claim in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ExportClaim {
    /// The claim.
    pub key: String,
    /// What it is called.
    pub label: Words,
}

/// A file that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ExportFile {
    /// Its name, which says nothing of whose it is.
    pub name: String,
    /// The folder that it was put into.
    pub folder: String,
}
