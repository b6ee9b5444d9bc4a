//! What is on its way between this phone and the province, and how old what is here is.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{Child, KindView};
use crate::code::{UiCode, UiError};

/// The screen "What is on its way".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct OnItsWay {
    /// One line each, what needs the citizen first.
    pub items: Vec<Item>,
    /// When the last sync ended.
    pub last_sync_at: Option<u32>,
    /// When the trust list was issued.
    pub trust_as_of: Option<u32>,
    /// When the status data was issued.
    pub status_as_of: Option<u32>,
    /// Seconds until the next try; `None` when there is none to be made.
    pub next_try_in: Option<u32>,
    /// Large files were left for a network that costs nothing.
    pub waits_for_free_network: bool,
    /// Large files on a metered network too.
    pub on_metered: bool,
    /// Sync while nobody looks.
    pub in_background: bool,
    /// The mobile number that the province has, if this phone gave it.
    pub mobile: Option<String>,
}

/// Something that is on its way, or was.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a way of its own that is open to the citizen"
)]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Item {
    /// Names it, if it can be put away.
    pub id: Option<u32>,
    /// What it is.
    pub what: ItemKind,
    /// How far it is.
    pub state: ItemState,
    /// Which document, if it is one.
    pub kind: Option<KindView>,
    /// The child whose it is; absent for the citizen's own.
    pub child: Option<Child>,
    /// When that was decided, or answered.
    pub at: Option<u32>,
    /// What the last try brought, or why it was refused.
    pub error: Option<UiError>,
    /// How often it was sent.
    pub attempts: u32,
    /// Whether the citizen can mend it and send it again.
    pub can_mend: bool,
    /// Whether it may be sent again as it is: nothing of what was given is wrong.
    pub can_retry: bool,
    /// Whether the citizen can put it away, or take it back: it was answered, or cannot have been done.
    pub can_discard: bool,
    /// Whether the citizen can give it up: it was sent several times, has no answer, and may have been done.
    pub can_give_up: bool,
    /// The number of a change of mobile number that is not done.
    pub mobile: Option<String>,
    /// The application that it is about.
    pub application: Option<u32>,
}

/// What can be on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// The application.
    Enrolment,
    /// This phone takes the place of the one before.
    Rebind,
    /// Another mobile number.
    Mobile,
    /// A lost phone.
    Lost,
    /// New passes.
    Refill,
    /// A document.
    Document,
    /// An application for a public service.
    Application,
    /// Such an application is taken back.
    Withdrawal,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ItemState {
    /// Typed and not decided: on this phone only.
    OnPhone,
    /// Decided; it has not left the phone, or the province has done nothing of it yet.
    Waiting,
    /// It left the phone; the province has not answered.
    Sent,
    /// The province did it.
    Confirmed,
    /// The province did not do it and said why.
    Refused,
}

/// What stands between this phone and showing anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Trouble {
    /// The province does not take this wallet any more: it shows nothing.
    pub ended: Option<UiCode>,
    /// The province does not know this phone any more: what is here still shows, and nothing new comes until the citizen
    /// begins anew.
    pub unknown: bool,
    /// Seconds by which this phone's clock is ahead of the province's (below 0: behind), when that is more than a few
    /// minutes.
    pub clock_off_by: Option<i32>,
}
