//! The past on the screen: pages of it, and what was searched for.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{Child, HistoryItem, KindView};
use crate::opaque::opaque_debug;

opaque_debug!(PastAsk, PastEntry, ServiceItem);

/// What of the past is wanted.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PastAsk {
    /// Words as typed, in any script; empty for everything.
    pub words: String,
    /// Which rows.
    pub filter: PastFilter,
    /// Only what is about this kind of pass or document.
    pub vct: Option<String>,
    /// [`PastPage::next`] of the page before; absent for the first.
    pub before: Option<String>,
}

/// Which rows of the past.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum PastFilter {
    /// All of them.
    #[default]
    All,
    /// What was shown to a desk.
    Shown,
    /// What was asked for and not shown: declined or refused.
    NotShown,
    /// What the province did.
    Service,
}

/// A page of the past, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PastPage {
    /// The rows.
    pub entries: Vec<PastEntry>,
    /// Where the next page begins; absent on the last one.
    pub next: Option<String>,
}

/// One row of the past.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PastEntry {
    /// Names the row, to delete it.
    pub id: String,
    /// When.
    pub at: u32,
    /// What was shown, or asked for and not shown.
    pub showing: Option<HistoryItem>,
    /// What the province did, where nothing was shown.
    pub service: Option<ServiceItem>,
    /// How it was found, when words were asked for.
    pub found: Option<Found>,
}

/// Something that the province did for or to this person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ServiceItem {
    /// What: the province's own word, such as `document_granted`. A screen says of one that it does not know that there was
    /// something.
    pub kind: String,
    /// Which pass or document, if it is about one.
    pub vct: Option<String>,
    /// What that is called.
    pub pass: Option<KindView>,
    /// The child whose it is; absent for the citizen's own.
    pub child: Option<Child>,
    /// The number of the application that it is about, with the platform that carries it.
    pub reference: Option<String>,
}

/// How words were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// As they were typed, or as another keyboard writes them.
    Written,
    /// By what they sound like: typed in Latin letters and written in Arabic ones, or the other way round.
    Sound,
}
