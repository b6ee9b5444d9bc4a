//! Officers, shifts and the desk's profile, as the page is told of them and asks for them.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{GateView, Mark, MovementView, RequestReply, StationView};
use crate::opaque::opaque_debug;

opaque_debug!(
    SignInCall,
    SetUpCall,
    AddOfficerCall,
    ResetPinCall,
    ChangePinCall,
    SignInReply
);

/// Who works here, and what the desk is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct DeskView {
    /// Who is signed in, for the page that holds the session.
    pub officer: Option<OfficerView>,
    /// Their shift so far.
    pub shift: Option<ShiftView>,
    /// Seconds until they are signed out if nothing happens.
    pub idle_seconds: Option<u32>,
    /// Who may sign in.
    pub officers: Vec<OfficerChoice>,
    /// Somebody is signed in, perhaps on another page.
    pub occupied: bool,
    /// The desk has no officer yet; the first supervisor is made with the code that the program printed.
    pub setup: bool,
    /// What the desk is for.
    pub profile: ProfileView,
    /// Where the profile wants what the province's rule or register refuses; for an administrator.
    pub misfits: Vec<MisfitView>,
    /// The gate's day; none at other desks.
    pub gate: Option<GateView>,
}

/// Something in the profile that no visitor can answer well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct MisfitView {
    /// The pass type; none where it is about the profile's mode.
    pub ask: Option<String>,
    /// Why, one of `STATION_CODES`.
    pub code: String,
}

/// What an officer may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Check visitors.
    Officer,
    /// Also add officers, stop them, and give them new PINs.
    Supervisor,
}

impl Role {
    /// The name; the same in JSON and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Officer => "officer",
            Self::Supervisor => "supervisor",
        }
    }

    /// The role of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Officer, Self::Supervisor]
            .into_iter()
            .find(|role| role.name() == name)
    }
}

/// An officer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct OfficerView {
    /// 1 to 6 digits.
    pub number: String,
    /// The name or initials that the office chose.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// May sign in.
    pub active: bool,
    /// Has to choose a PIN of their own first.
    pub temporary: bool,
}

/// Somebody who may sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct OfficerChoice {
    /// 1 to 6 digits.
    pub number: String,
    /// The name or initials that the office chose.
    pub name: String,
}

/// How many verdicts there were in a shift. Nothing of a visitor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ShiftView {
    /// Whose it was.
    pub officer: String,
    /// When it began.
    pub began_at: u32,
    /// When it ended.
    pub ended_at: Option<u32>,
    /// Green.
    pub accepted: u32,
    /// Red.
    pub refused: u32,
    /// "Cannot decide".
    pub undecided: u32,
}

/// How the desk works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ProfileMode {
    /// The next question is on the screen as soon as a visitor has gone.
    Request,
    /// The desk waits for what visitors show; it asks when the officer does.
    Timed,
}

/// What the desk is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ProfileView {
    /// Its name in files.
    pub id: String,
    /// Name in English; empty for a desk without certificate and profile.
    pub name_en: String,
    /// Name in Urdu.
    pub name_ur: String,
    /// Name in Pashto.
    pub name_ps: String,
    /// Which risk rules it works by.
    pub service: String,
    /// What to ask for, the first by itself.
    pub ask: Vec<String>,
    /// How it works.
    pub mode: ProfileMode,
    /// Minutes without a sign of life after which an officer is signed out.
    pub idle_minutes: u32,
    /// What may be asked for while nobody is signed in.
    pub unattended: Vec<String>,
}

/// Sign in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SignInCall {
    /// The officer's number.
    pub number: String,
    /// Their PIN.
    pub pin: String,
}

/// Somebody signed in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SignInReply {
    /// The session's secret; goes back in `X-Khyber-Officer`.
    pub session: String,
    /// Who.
    pub officer: OfficerView,
    /// The shift that ended because of it.
    pub ended: Option<ShiftView>,
}

/// A shift ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SignOutReply {
    /// How it was.
    pub ended: Option<ShiftView>,
}

/// Make the first supervisor.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SetUpCall {
    /// The code that the program printed when it was started.
    pub code: String,
    /// The number.
    pub number: String,
    /// The name.
    pub name: String,
    /// The PIN.
    pub pin: String,
}

/// Add an officer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AddOfficerCall {
    /// The number.
    pub number: String,
    /// The name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// A PIN for the first time.
    pub pin: String,
}

/// Let an officer work here again, or no longer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SetActiveCall {
    /// The number.
    pub number: String,
    /// May sign in from now on.
    pub active: bool,
}

/// Give an officer a PIN for the next time.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ResetPinCall {
    /// The number.
    pub number: String,
    /// The PIN.
    pub pin: String,
}

/// Choose another PIN for oneself.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ChangePinCall {
    /// The PIN so far; not needed for one that a supervisor gave.
    pub old: Option<String>,
    /// The PIN from now on.
    pub pin: String,
}

/// Everybody who works or worked here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct OfficersReply {
    /// By number.
    pub officers: Vec<OfficerView>,
}

/// How far the visit is, for the visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum CitizenState {
    /// Nobody works here at the moment.
    Closed,
    /// The desk waits for what the visitor shows.
    Ready,
    /// The desk asks.
    Request,
    /// Parts of a code were seen.
    Reading,
    /// The officer compares the face.
    Compare,
    /// Green.
    Accepted,
    /// Accepted with data that are older than the service wants.
    Amber,
    /// Red; why is between the visitor and the officer.
    Refused,
    /// "Cannot decide".
    Undecided,
}

/// Everything on the visitor's screen; nothing of the visitor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct CitizenView {
    /// Whether what is shown here is a test.
    pub mark: Mark,
    /// Who asks.
    pub station: StationView,
    /// What for.
    pub profile: ProfileView,
    /// How far it is.
    pub state: CitizenState,
    /// The desk's clock.
    pub now: u32,
    /// The question, while the desk asks.
    pub request: Option<RequestReply>,
    /// At a gate: which way, once it is written down.
    pub movement: Option<MovementView>,
}
