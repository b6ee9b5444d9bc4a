//! The province's audit log on the screen: who did what about this citizen.

use province_api::audit::{Action, Role};
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{Child, KindView};
use crate::opaque::opaque_debug;

opaque_debug!(AuditLine);

/// What the province's log says about this citizen, as far as this phone keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AuditView {
    /// When the newest were asked for. Absent: never.
    pub asked_at: Option<u32>,
    /// The newest first.
    pub lines: Vec<AuditLine>,
    /// The province has earlier ones that can be asked for.
    pub more: bool,
    /// The province has earlier ones, and this phone keeps no more.
    pub full: bool,
}

/// One entry of the log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AuditLine {
    /// Its number in the log of all, as text: it may be larger than a screen's numbers.
    pub number: String,
    /// When.
    pub at: u32,
    /// What kind of actor: a word of the constant `AUDIT_ROLES`, or one of a newer province.
    pub role: String,
    /// Which of them, as the log names them: an officer's or a system's id, a desk. Absent where the role says it.
    pub actor: Option<String>,
    /// What was done: a word of the constant `AUDIT_ACTIONS`, or one of a newer province.
    pub action: String,
    /// Which pass or document, if it is about one.
    pub vct: Option<String>,
    /// What that is called.
    pub pass: Option<KindView>,
    /// The child whose it is; absent for the citizen's own.
    pub child: Option<Child>,
    /// How many passes were drawn or signed, where the log says so.
    pub count: Option<u32>,
}

/// The words for kinds of actors that this version knows.
pub fn audit_roles() -> Vec<&'static str> {
    Role::ALL.iter().map(|role| role.as_str()).collect()
}

/// The words for what can be done that this version knows.
pub fn audit_actions() -> Vec<&'static str> {
    Action::ALL.iter().map(|action| action.as_str()).collect()
}
