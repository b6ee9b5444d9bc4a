//! What a screen may see of a backup, of a restored wallet, and of a move between phones.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{Card, Child, ClaimView, KindView, Qr, Words};
use crate::opaque::opaque_debug;

opaque_debug!(BackupPhrase, BackupFile, RestoredView, DocumentView, MoveView);

/// Whether this wallet came from another phone, or went to one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Moving {
    /// Neither.
    #[default]
    None,
    /// Everything was received, and the old phone has not read the confirmation yet.
    Confirming,
    /// It holds what another phone had, to look at; the province has not bound it yet.
    Restored,
    /// A move to another phone began here; everything is still here.
    Leaving,
    /// Everything moved to another phone, and nothing is here.
    Moved,
}

/// The phrase of a backup that is being made: shown once, kept nowhere.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct BackupPhrase {
    /// The six words, each in three languages.
    pub words: Vec<Words>,
    /// The same secret as 20 digits in four groups.
    pub digits: String,
    /// The places of the two words that are asked for before the file is made, from 1.
    pub ask: Vec<u32>,
}

/// A backup file that was written, read and opened again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct BackupFile {
    /// Its name, which says nothing of whose it is.
    pub name: String,
    /// The folder that it was put into.
    pub folder: String,
    /// How many documents are in it.
    pub documents: u32,
    /// How many lines of history are in it.
    pub history: u32,
}

/// A wallet that came from another phone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct RestoredView {
    /// Out of a file (`true`) or from the old phone itself.
    pub from_backup: bool,
    /// When.
    pub at: u32,
    /// The card, if there was one.
    pub card: Option<Card>,
    /// The other documents and passes.
    pub documents: Vec<DocumentView>,
}

/// A document to look at; it cannot be shown to a desk from here.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct DocumentView {
    /// Kind of pass.
    pub vct: String,
    /// What it is called.
    pub kind: KindView,
    /// The child whose it is; absent for the citizen's own.
    pub child: Option<Child>,
    /// What it says.
    pub claims: Vec<ClaimView>,
    /// Its last day, `YYYY-MM-DD`.
    pub expires_on: String,
}

/// Where a move between two phones stands, on either of them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct MoveView {
    /// What is to be done now.
    pub step: MoveStep,
    /// The codes to show: one that stands still, or frames to play in a loop.
    pub codes: Vec<Qr>,
    /// How long each of several codes stays.
    pub frame_ms: u32,
    /// The words that both phones show, for the citizen to compare.
    pub words: Vec<Words>,
    /// Frames that are here.
    pub have: u32,
    /// Frames that it takes; 0 as long as nobody knows.
    pub needed: u32,
}

/// What is to be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum MoveStep {
    /// New phone: its key is shown; the old phone's is awaited.
    Offer,
    /// New phone: the words are compared and frames are awaited.
    Receive,
    /// New phone: everything is stored; the old phone reads the confirmation.
    Confirm,
    /// Old phone: the new phone's key is awaited.
    Scan,
    /// Old phone: its key is shown and the words are compared.
    Compare,
    /// Old phone: the content is played; the confirmation is awaited.
    Play,
    /// Old phone: everything has moved.
    Done,
}
