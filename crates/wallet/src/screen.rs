//! What a screen may see: the display models that cross from the wallet to the user interface.
//!
//! No key, no raw credential and no secret is in here. Times are unix seconds in UTC (good until
//! 2106, and a plain `number` for TypeScript); calendar days are `YYYY-MM-DD` text; pictures are
//! `data:` URLs. Field names stay in snake case, the same word in Rust, JSON and TypeScript.

mod lock;
pub mod lost;
pub mod moving;

use serde::{Deserialize, Serialize};
use specta::Type;

pub use lock::{Biometric, LockView, ProfileView, Safety, Sign};

use crate::code::{UiCode, UiError};
use crate::opaque::opaque_debug;

mod applications;
mod audit;
mod documents;
mod export;
mod family;
mod past;
mod services;
mod sync;

pub use applications::*;
pub use audit::*;
pub use documents::*;
pub use export::*;
pub use family::*;
pub use past::*;
pub use services::*;
pub use sync::*;

opaque_debug!(
    CounterCode,
    Draft,
    PhotoView,
    Card,
    ClaimView,
    Showing,
    Qr,
    RequestView,
    HistoryItem,
    TestCitizen
);

/// What the whole application shows, whatever the screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AppState {
    /// The mark that every screen carries.
    pub mark: Mark,
    /// The language of the screens.
    pub language: Language,
    /// Whether there is a vault and whether it is open.
    pub lock: LockState,
    /// How far the enrolment is. `None` while the vault is locked: a locked phone tells nothing.
    pub enrolment: EnrolmentState,
    /// Why the last enrolment ended or is waiting, for a sentence beside its next step.
    pub enrolment_error: Option<UiError>,
    /// Whether this phone knows its province's address.
    pub configured: bool,
    /// Seconds until the province may be asked again, when it asked for a pause.
    pub wait_seconds: Option<u32>,
    /// Whether this wallet came from another phone, or went to one. `none` while the vault is locked.
    pub moving: moving::Moving,
}

/// The mark on every screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// "Test, not issued by the Government": the pinned roots are the public test roots.
    Test,
    /// No mark: the roots are real.
    None,
}

/// The language of the screens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Urdu.
    Ur,
    /// Pashto.
    Ps,
}

/// The state of the vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum LockState {
    /// There is no vault on this phone yet.
    Empty,
    /// There is a vault; it needs the PIN.
    Locked,
    /// The vault is open.
    Open,
}

/// How far the enrolment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum EnrolmentState {
    /// Nothing was entered.
    None,
    /// Something was entered and nothing was sent.
    Draft,
    /// The application was sent; its answer or its passes are outstanding.
    Sent,
    /// The province accepted the enrolment and the card is on the phone.
    Enrolled,
}

/// What the citizen types. Everything is kept as typed, right or wrong.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Draft {
    /// 13 digits, with or without hyphens.
    pub cnic: String,
    /// Day on which the CNIC was issued, `YYYY-MM-DD`.
    pub cnic_issued_on: String,
    /// Name in Latin script.
    pub name_en: String,
    /// Name in Urdu script.
    pub name_ur: String,
    /// Father's or husband's name in Latin script.
    pub guardian_name_en: String,
    /// Father's or husband's name in Urdu script.
    pub guardian_name_ur: String,
    /// `father`, `husband`, or empty when not chosen yet.
    pub guardian_relation: String,
    /// `YYYY-MM-DD`.
    pub date_of_birth: String,
    /// `male`, `female`, `x`, or empty when not chosen yet.
    pub gender: String,
    /// Address, one line or several.
    pub address: String,
    /// Identifier of a district, such as `peshawar`.
    pub district: String,
    /// Mobile number.
    pub mobile: String,
    /// Whether a photo is stored. Ignored when a draft is saved.
    pub has_photo: bool,
}

/// What is still wrong with a draft that was saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct DraftCheck {
    /// One entry for each field that is missing or wrong; empty when the draft can be sent.
    pub errors: Vec<FieldError>,
}

/// A field and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FieldError {
    /// Name of the field, as in [`Draft`]; `photo` for the picture.
    pub field: String,
    /// What is wrong.
    pub code: UiCode,
}

/// The stored photo.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PhotoView {
    /// JPEG of 480 × 640 pixels as a `data:` URL.
    pub data_url: String,
}

/// What a sync did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SyncReport {
    /// Whether anything new was stored.
    pub changed: bool,
    /// When the sync ended.
    pub at: u32,
}

/// The home screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Home {
    /// The citizen's card; absent until the enrolment is complete.
    pub card: Option<Card>,
    /// What is left of each kind of pass.
    pub passes: Vec<PassStock>,
    /// When the last sync ended.
    pub last_sync_at: Option<u32>,
    /// When the trust list was issued.
    pub trust_as_of: Option<u32>,
    /// When the status data was issued.
    pub status_as_of: Option<u32>,
    /// What the status data say of this person's identity.
    pub standing: CardStanding,
    /// What stands between this phone and showing anything.
    pub trouble: Trouble,
}

/// What the status data say of an identity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum CardStanding {
    /// Nothing against it, as far as the phone knows.
    #[default]
    Valid,
    /// Suspended for now; it may be lifted.
    Suspended,
    /// Revoked for good.
    Revoked,
}

/// The citizen's card, for the citizen's own screen.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Card {
    /// Name in Latin script.
    pub name_en: String,
    /// Name in Urdu script.
    pub name_ur: String,
    /// The whole CNIC, `12345-1234567-1`: this is its holder's screen.
    pub cnic: String,
    /// The photo that the province signed.
    pub photo_data_url: Option<String>,
    /// `YYYY-MM-DD`.
    pub issued_on: String,
    /// `YYYY-MM-DD`.
    pub expires_on: String,
    /// SHA-256 of the identity credential in hexadecimal; the card's pattern is drawn from it.
    pub pattern: String,
    /// Identifier of the district; the screen has its names.
    pub district: Option<String>,
}

/// A text in the three languages of the screens. An empty one means "as in English".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Words {
    /// English.
    pub en: String,
    /// Urdu.
    pub ur: String,
    /// Pashto.
    pub ps: String,
}

/// What a kind of pass or document is called, from the type register. Empty where the register does not have it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct KindView {
    /// Its name.
    pub name: Words,
    /// Name of its picture.
    pub icon: String,
}

/// What is left of one kind of pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PassStock {
    /// Kind of pass, such as `age`.
    pub vct: String,
    /// What it is called.
    pub kind: KindView,
    /// The child whose it is; absent for the citizen's own.
    pub child: Option<Child>,
    /// Whether it is a document that the province granted, and not a pass that everybody has.
    pub document: bool,
    /// Passes never shown and not expired.
    pub left: u32,
    /// Passes on the phone, shown ones included, that are not expired.
    pub total: u32,
    /// Last day of the passes that are left, `YYYY-MM-DD`.
    pub expires_on: Option<String>,
}

/// Something that may be shown without a request from the desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Choice {
    /// Kind of pass, such as `age`.
    pub vct: String,
    /// What it is called.
    pub kind: KindView,
    /// What the desk will learn.
    pub claims: Vec<ClaimView>,
    /// Passes never shown; 0 means that the last one is shown again.
    pub left: u32,
}

/// One claim, ready to be put in words.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ClaimView {
    /// Name of the claim in the type register, such as `over_18`, `district`, `name_en`.
    pub key: String,
    /// What it is, in words.
    pub label: Words,
    /// Its value: text, `true`/`false`, `YYYY-MM-DD`, or an identifier (district) to be named by the
    /// screen. `None` when the claim is only asked for and this phone holds no value.
    pub value: Option<String>,
    /// The value in words, where the type register has them.
    pub words: Option<Words>,
    /// How the value is to be laid out.
    pub script: Script,
}

/// How a value is to be laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Script {
    /// Latin letters, left to right.
    Latin,
    /// Arabic letters, right to left.
    Arabic,
    /// Digits: left to right in every language.
    Number,
    /// A word: in [`ClaimView::words`], or `true` and `false`.
    Word,
    /// A day, `YYYY-MM-DD`.
    Date,
    /// A district's identifier: the screen has its names.
    District,
    /// An amount in paisa.
    Money,
}

/// What is on the screen while something is shown to a desk.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Showing {
    /// Names this showing until it ends.
    pub id: u32,
    /// Kind of pass.
    pub vct: String,
    /// What it is called.
    pub kind: KindView,
    /// The child whose it is; absent for the citizen's own.
    pub child: Option<Child>,
    /// How it is shown.
    pub mode: ShowingMode,
    /// The codes to play in a loop. One code stands still; with a photo the presentation is every
    /// fourth code, first of all, and photo frames are between.
    pub frames: Vec<Qr>,
    /// How long each code stays on the screen.
    pub frame_ms: u32,
    /// What the desk learns.
    pub claims: Vec<ClaimView>,
    /// When to ask for the next codes; 0 when these stay as they are.
    pub renew_in_ms: u32,
    /// When this showing ends by itself.
    pub ends_in_ms: u32,
    /// The stock is used up and this pass was shown before.
    pub last_pass: bool,
    /// Two digits to compare with the desk's screen (request mode).
    pub check_code: Option<String>,
}

/// How something is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ShowingMode {
    /// Nobody asked: the code renews itself.
    Timed,
    /// The answer to one desk's request.
    Request,
}

/// A QR code as one SVG path on a grid of modules.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Qr {
    /// Width and height in modules, without the quiet zone.
    pub size: u32,
    /// The dark modules, for `<path d="…">` with `viewBox="0 0 size size"`.
    pub path: String,
}

/// What a phone shows at a counter, to be enrolled there or raised to what a counter proves.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct CounterCode {
    /// The phone's device key.
    pub qr: Qr,
    /// Letters that follow from it: the officer's screen shows the same.
    pub letters: String,
    /// Whether the identity pass in this phone says that its holder was proven at a counter.
    pub is_proven: bool,
}

/// A desk's request, before the citizen agrees to it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct RequestView {
    /// Names this request until it is answered or declined.
    pub id: u32,
    /// Whether the desk proved its name with a certificate of the province.
    pub certified: bool,
    /// The desk's name in English; absent when nobody vouches for one.
    pub name_en: Option<String>,
    /// The desk's name in Urdu.
    pub name_ur: Option<String>,
    /// The desk's name in Pashto.
    pub name_ps: Option<String>,
    /// What the desk does with the answer, in English.
    pub purpose_en: Option<String>,
    /// What the desk does with the answer, in Urdu.
    pub purpose_ur: Option<String>,
    /// What the desk does with the answer, in Pashto.
    pub purpose_ps: Option<String>,
    /// Kind of pass asked for.
    pub ask: String,
    /// What it is called.
    pub kind: KindView,
    /// What the desk would learn, of the first of the choices.
    pub claims: Vec<ClaimView>,
    /// Whose documents would answer it, the citizen's own first. More than one: the citizen says which.
    pub choices: Vec<AnswerChoice>,
    /// Two digits to compare with the desk's screen before agreeing.
    pub check_code: String,
    /// Whether the phone can answer.
    pub answerable: bool,
    /// Why it cannot.
    pub reason: Option<UiCode>,
    /// When the request ends, by the desk's clock.
    pub expires_at: u32,
}

/// One past showing. What was in it is not kept, only which claims.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct HistoryItem {
    /// When.
    pub at: u32,
    /// Kind of pass.
    pub vct: String,
    /// What it is called.
    pub kind: KindView,
    /// The child whose it is; absent for the citizen's own.
    pub child: Option<Child>,
    /// How.
    pub mode: ShowingMode,
    /// The certified desk's names; absent for an unknown desk and in timed mode.
    pub desk_name_en: Option<String>,
    /// In Urdu.
    pub desk_name_ur: Option<String>,
    /// In Pashto.
    pub desk_name_ps: Option<String>,
    /// What became of it.
    pub outcome: ShowingOutcome,
    /// Why it was refused.
    pub reason: Option<UiCode>,
    /// The claims, never their values.
    pub claims: Vec<ClaimView>,
    /// The stock was used up and a pass was shown again.
    pub last_pass: bool,
}

/// What became of a showing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ShowingOutcome {
    /// The citizen showed it.
    Shown,
    /// The citizen said no.
    Declined,
    /// The phone said no: the desk asked for more than it may.
    Refused,
}

/// An invented person to try everything with; offered only beside the test mark.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct TestCitizen {
    /// The draft, filled in.
    pub draft: Draft,
    /// A drawn portrait as a `data:` URL; `set_photo` takes it as it is.
    pub portrait: String,
}
