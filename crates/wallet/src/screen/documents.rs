//! What this vault holds, by the person whose it is.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{Child, ClaimView, KindView};
use crate::opaque::opaque_debug;

opaque_debug!(Documents, Person, Document);

/// The identity, the documents and the passes on this phone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Documents {
    /// By person: the citizen first, then each child.
    pub people: Vec<Person>,
    /// What the citizen deleted from this phone and can have again.
    pub put_away: Vec<PutAway>,
    /// The photo that the province signed.
    pub photo_data_url: Option<String>,
    /// When the status data were issued that [`Document::state`] is from.
    pub status_as_of: Option<u32>,
    /// When the last sync ended.
    pub last_sync_at: Option<u32>,
}

/// Somebody whose documents are on this phone.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Person {
    /// Whether it is the citizen whose phone this is.
    pub own: bool,
    /// Name in Latin script.
    pub name_en: String,
    /// Name in Urdu script.
    pub name_ur: String,
    /// A child's day of birth, `YYYY-MM-DD`, if a document says it.
    pub born_on: Option<String>,
    /// The identity first, then documents, then passes; what ended comes last.
    pub documents: Vec<Document>,
}

/// One document, pass or identity.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Document {
    /// Names it in this vault.
    pub id: String,
    /// Its kind, such as `domicile`.
    pub vct: String,
    /// What it is called.
    pub kind: KindView,
    /// Which of three sorts it is.
    pub sort: DocumentSort,
    /// Who signed it, in the trust list's words. Absent when no key of that list did.
    pub issuer: Option<String>,
    /// The issuer's short name on the wire, such as `PK-KP`.
    pub iss: String,
    /// Day on which this copy was signed, `YYYY-MM-DD`.
    pub issued_on: String,
    /// Last day on which it holds, `YYYY-MM-DD`.
    pub valid_until: String,
    /// Whether it can be shown.
    pub state: DocumentState,
    /// When this phone learned that it ended at the province.
    pub ended_at: Option<u32>,
    /// Copies never shown.
    pub left: u32,
    /// Whether it may be shown without a desk's request.
    pub timed: bool,
    /// Whether [`Documents::photo_data_url`] is its photo.
    pub photo: bool,
    /// Whether the citizen can delete it by itself.
    pub can_delete: bool,
    /// What it says.
    pub claims: Vec<ClaimView>,
}

/// Sorts of what a vault holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum DocumentSort {
    /// The card itself.
    Identity,
    /// What the province granted to this person.
    Document,
    /// What everybody has, to be shown instead of a document.
    Pass,
}

/// Whether a document can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum DocumentState {
    /// It can.
    Shows,
    /// Suspended for now; it may be lifted.
    Suspended,
    /// Only to look at: its key is on the phone before, or the province does not take this wallet any more.
    LookOnly,
    /// Its last day is over.
    Ended,
    /// The province granted it anew; this is how it was before.
    Replaced,
    /// The province withdrew it.
    Withdrawn,
}

/// A document that the citizen deleted from this phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PutAway {
    /// Names it, to have it again.
    pub id: String,
    /// What its kind is called.
    pub kind: KindView,
    /// The child whose it is; absent for the citizen's own.
    pub child: Option<Child>,
    /// When it was deleted.
    pub at: u32,
}
