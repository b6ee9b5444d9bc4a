//! What the desk's page is told and may ask, as JSON; TypeScript types are made from this file.
//!
//! Times are unix seconds in 32 bits (they last until 2106), because JavaScript has no larger exact number.

use credential::{Names, PassType, Timestamp};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::opaque::opaque_debug;

mod assisted;
mod desk;
mod gate;
mod lost;

pub use assisted::*;
pub use desk::*;
pub use gate::*;
pub use lost::*;

opaque_debug!(ScanReply, ClaimView, TextCall);

/// Everything on the page that is not about a visitor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct CounterState {
    /// Whether what is shown here is a test.
    pub mark: Mark,
    /// Who this desk is.
    pub station: StationView,
    /// The service class that timed presentations must name.
    pub audience: String,
    /// The desk's clock.
    pub now: u32,
    /// The signed list of issuers.
    pub trust: TrustView,
    /// The signed revocation data.
    pub status: StatusView,
    /// The signed risk rules, and the service that this desk serves by them.
    pub rules: RulesView,
    /// When everything was last fetched.
    pub last_sync: Option<u32>,
    /// The desk was started without a network on purpose.
    pub offline: bool,
    /// The province's address is known.
    pub configured: bool,
    /// The request that is shown at the moment.
    pub request: Option<RequestReply>,
    /// The scan log, as far as it has come.
    pub log: LogView,
    /// The visit at the moment, for a page that was loaded again; only for who may see it.
    pub visit: ScanReply,
    /// Who works here, and what the desk is for.
    pub desk: DeskView,
}

/// How far the scan log has come; noted at the end of a day, it proves later that nothing was cut.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct LogView {
    /// Entries so far.
    pub entries: u32,
    /// Somebody changed the log outside this program, and it was not handed out since.
    pub damaged: bool,
    /// The last seal; none before the first.
    pub seal: Option<SealView>,
}

/// A seal as people note it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SealView {
    /// Its number.
    pub number: u32,
    /// The first four bytes of its SHA-256 in hex.
    pub digest: String,
    /// When it was made.
    pub at: u32,
    /// The day of the last entry that it covers, `YYYY-MM-DD`.
    pub day: String,
    /// It closed that day.
    pub closed: bool,
}

/// Whether what is shown is a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// The roots are the public test roots.
    Test,
    /// The roots are a province's own.
    None,
}

/// Who the desk is, from its counter certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct StationView {
    /// Name in English; empty without a certificate.
    pub name_en: String,
    /// Name in Urdu.
    pub name_ur: String,
    /// Name in Pashto.
    pub name_ps: String,
    /// Whether the certificate is in date and chains to the trust list.
    pub certified: bool,
    /// What the desk may ask for: pass types, in the certificate's order.
    pub allowed: Vec<String>,
    /// Their names, as far as the register has them.
    pub kinds: Vec<KindView>,
}

/// Whether signed data can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum DataState {
    /// In date.
    Current,
    /// Out of date: nothing can be decided with it.
    Expired,
    /// There is none.
    Missing,
    /// What is stored is damaged or not properly signed.
    Broken,
}

/// The trust list's age.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct TrustView {
    /// Whether it can be used.
    pub state: DataState,
    /// Its number.
    pub sequence: Option<u32>,
    /// When it was signed.
    pub issued_at: Option<u32>,
    /// Seconds since then by the desk's clock.
    pub age_seconds: Option<u32>,
}

/// The revocation data's age.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct StatusView {
    /// Whether they can be used.
    pub state: DataState,
    /// Their number.
    pub epoch: Option<u32>,
    /// When they were signed.
    pub issued_at: Option<u32>,
    /// Seconds since then by the desk's clock.
    pub age_seconds: Option<u32>,
}

/// The risk rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct RulesView {
    /// Whether they can be used.
    pub state: DataState,
    /// The service that this desk serves, by its profile.
    pub service: String,
    /// They have a rule for it; without one the limits of the format hold.
    pub has_rule: bool,
    /// Their number.
    pub sequence: Option<u32>,
}

/// How old the desk's data were for a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum FreshnessView {
    /// As new as the service wants.
    Green,
    /// Older, and still taken: the officer is told.
    Amber,
}

impl From<credential::Freshness> for FreshnessView {
    fn from(freshness: credential::Freshness) -> Self {
        match freshness {
            credential::Freshness::Green => Self::Green,
            credential::Freshness::Amber => Self::Amber,
        }
    }
}

/// How far a visit is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum VisitState {
    /// No code was seen.
    #[default]
    Nothing,
    /// Parts of a photo were seen, but not yet the code they belong to.
    Partial,
    /// The code holds; the officer has to compare the face.
    Compare,
    /// There is a verdict.
    Decided,
}

/// The three outcomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum VerdictView {
    /// Green.
    Accepted,
    /// Red.
    Refused,
    /// "Cannot decide".
    Undecided,
}

impl From<credential::Verdict> for VerdictView {
    fn from(verdict: credential::Verdict) -> Self {
        match verdict {
            credential::Verdict::Accepted => Self::Accepted,
            credential::Verdict::Refused => Self::Refused,
            credential::Verdict::Undecided => Self::Undecided,
        }
    }
}

/// What the page shows of a visit.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ScanReply {
    /// Which visit; goes back with what the officer saw.
    pub visit: u32,
    /// How far the visit is.
    pub state: VisitState,
    /// The outcome; with `compare` it is the one so far.
    pub verdict: Option<VerdictView>,
    /// The reason, one of `VERDICT_CODES`.
    pub code: Option<String>,
    /// What the desk asked for and nothing else, in the order to show; empty unless every check but the face's held.
    pub claims: Vec<ClaimView>,
    /// The photo as a data address, once it is complete and is the signed one.
    pub photo: Option<String>,
    /// Photo frames here, and how many it takes, whichever they are.
    pub photo_parts: Option<(u32, u32)>,
    /// Who issued the pass.
    pub issuer: Option<String>,
    /// The pass type, such as `age`.
    pub vct: Option<String>,
    /// At a gate: what the pass meant.
    pub attendance: Option<AttendanceView>,
    /// What the pass type is called, where the register has it.
    pub kind: Option<KindView>,
    /// How old the desk's data were; only with a pass that holds.
    pub freshness: Option<FreshnessView>,
    /// An update that another screen shows in codes, which is not about the visitor.
    pub update: Option<UpdateView>,
    /// Whether any of the codes of this call belonged to the visit; tells the page whether the visitor is still there.
    pub in_view: bool,
}

/// An update that another screen shows in codes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct UpdateView {
    /// Different codes that are here.
    pub have: u32,
    /// Codes that it takes, whichever they are.
    pub needed: u32,
    /// How far it is.
    pub state: UpdateState,
    /// Why it was refused, one of `STATION_CODES`.
    pub code: Option<String>,
}

/// How far an update in codes is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum UpdateState {
    /// More codes are needed.
    Reading,
    /// It was taken over.
    Taken,
    /// It was in order, and everything in it was here.
    Unchanged,
    /// It was refused; what was here stays.
    Refused,
}

/// A text in the three languages of the screens. An empty one means "as in English".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Words {
    /// English.
    pub en: String,
    /// Urdu.
    pub ur: String,
    /// Pashto.
    pub ps: String,
}

impl From<&Names> for Words {
    fn from(names: &Names) -> Self {
        Self {
            en: names.en.clone(),
            ur: names.ur.clone(),
            ps: names.ps.clone(),
        }
    }
}

/// A kind of pass or document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct KindView {
    /// The pass type, such as `age`.
    pub vct: String,
    /// Its name.
    pub name: Words,
    /// Name of its picture.
    pub icon: String,
}

impl From<&PassType> for KindView {
    fn from(kind: &PassType) -> Self {
        Self {
            vct: kind.vct.as_str().to_owned(),
            name: Words::from(&kind.name),
            icon: kind.icon.clone(),
        }
    }
}

/// One claim.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ClaimView {
    /// Its name in the type register.
    pub key: String,
    /// What it is, in words.
    pub label: Words,
    /// The value.
    pub value: String,
    /// The value in words, where the register has them.
    pub words: Option<Words>,
    /// How to set it.
    pub script: Script,
}

/// How a value is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Script {
    /// Text in Latin letters.
    Latin,
    /// Text in Arabic letters.
    Arabic,
    /// Digits and signs, always left to right.
    Number,
    /// A day, `YYYY-MM-DD`.
    Date,
    /// A word: in [`ClaimView::words`], or `true` and `false`.
    Word,
    /// An amount in paisa.
    Money,
    /// A district's name in our list, such as `bajaur`.
    District,
}

/// Ask for a pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct RequestCall {
    /// The pass type, such as `identity`.
    pub ask: String,
}

/// The request to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct RequestReply {
    /// Modules on a side of the code, quiet zone not counted.
    pub size: u32,
    /// The dark modules as an SVG path, one unit each.
    pub path: String,
    /// The text in the code.
    pub text: String,
    /// Two digits that both screens show.
    pub check_code: String,
    /// The request is good until then.
    pub expires_at: u32,
    /// What is asked for.
    pub ask: String,
    /// What it is called, where the register has it.
    pub kind: Option<KindView>,
}

/// What a USB scanner typed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct TextCall {
    /// The text.
    pub text: String,
}

/// What the officer saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FaceCall {
    /// The visit whose photo the officer compared, from its `ScanReply`.
    pub visit: u32,
    /// The face in front of the officer is the one in the photo.
    pub same: bool,
}

/// What a sync brought.
#[expect(clippy::struct_excessive_bools, reason = "one for each kind of signed data")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SyncReply {
    /// A newer trust list is here.
    pub trust_changed: bool,
    /// A newer type register is here.
    pub types_changed: bool,
    /// Newer revocation data are here.
    pub status_changed: bool,
    /// Newer risk rules are here.
    pub rules_changed: bool,
    /// What went wrong, one of `STATION_CODES`; what was here stays.
    pub code: Option<String>,
    /// The page's new state.
    pub state: CounterState,
}

/// Something went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ErrorReply {
    /// What, one of `STATION_CODES`.
    pub code: String,
    /// Seconds until it makes sense to try again.
    pub wait_seconds: Option<u32>,
}

/// Unix seconds for the page.
pub(crate) fn seconds(at: Timestamp) -> u32 {
    u32::try_from(at.unix()).unwrap_or(u32::MAX)
}
