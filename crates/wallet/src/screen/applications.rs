//! Applications for public services.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::services::{LimitView, NeededView, ServiceLine};
use super::{FieldError, Words};
use crate::code::UiError;

/// An application in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ApplicationLine {
    /// Names it on this phone.
    pub id: u32,
    /// The service of the catalogue.
    pub service: String,
    /// What the service is called; empty texts if the catalogue on this phone does not have it (any more).
    pub name: Words,
    /// Who has it.
    pub office: Words,
    /// Where it stands.
    pub state: ApplicationStep,
    /// Since when.
    pub at: u32,
    /// By when the law wants it done, while it is open and a source says so.
    pub deadline: Option<DeadlineView>,
}

/// Where an application stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationStep {
    /// It is being filled.
    Draft,
    /// It is whole, and waits on this phone to be sent.
    Queued,
    /// It was sent, and the province's answer is outstanding.
    Sent,
    /// The province did not take it: something is to be mended.
    NotTaken,
    /// The office has it.
    Submitted,
    /// The office is at work on it.
    InReview,
    /// The office waits for something from the citizen.
    InformationWanted,
    /// The office waits for a fee.
    PaymentDue,
    /// It is granted.
    Approved,
    /// It is refused.
    Rejected,
    /// The citizen took it back.
    Withdrawn,
    /// It is done, and the document is in the wallet.
    DocumentIssued,
    /// It is done.
    Closed,
    /// A state that a newer province knows.
    Other,
}

/// One application with its form.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own that a screen asks for"
)]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ApplicationView {
    /// What lists show of it.
    pub line: ApplicationLine,
    /// What was typed: a JSON object by ids of fields.
    pub typed: String,
    /// Fields that the wallet filled.
    pub filled: Vec<FilledField>,
    /// The form; empty if the catalogue on this phone has none that this version can show.
    pub pages: Vec<FormPage>,
    /// What is missing or wrong in what was typed; empty when it can be sent.
    pub errors: Vec<FieldError>,
    /// Why the province did not take it, or what the last try met.
    pub error: Option<UiError>,
    /// What is brought or attached.
    pub documents: Vec<NeededView>,
    /// Whether a source says so of these documents.
    pub documents_sourced: bool,
    /// What happens after it is sent, in order.
    pub steps: Vec<Words>,
    /// What it costs, where a source says it.
    pub fee_rupees: Option<u32>,
    /// Whether something is paid.
    pub pays: bool,
    /// How long the law lets it take, where a source says it.
    pub limit: Option<LimitView>,
    /// Who decides.
    pub authority: Words,
    /// Where they are.
    pub place: Words,
    /// When the office got it.
    pub submitted_at: Option<u32>,
    /// The service by which an appeal is made, once that makes sense: it is late, or was refused.
    pub appeal: Option<ServiceLine>,
    /// Whether it is an appeal against another application.
    pub is_appeal: bool,
    /// Why it was refused, in the province's word.
    pub reason: Option<String>,
    /// What the office said last.
    pub said: Option<String>,
    /// The fee that is or was due, in rupees, as the office assessed it.
    pub due_rupees: Option<u32>,
    /// The challan by which the office noted it as paid.
    pub challan: Option<String>,
    /// Whether it can be changed: it is a draft, or was not taken.
    pub can_change: bool,
    /// Whether it can be taken back: it waits here, or is open at the office.
    pub can_take_back: bool,
}

/// By when an office has to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct DeadlineView {
    /// The last day, `YYYY-MM-DD`.
    pub on: String,
    /// Days that are left, 0 on the last; below 0 the days since.
    pub left: i32,
    /// Whether those that are left are days on which offices work.
    pub working: bool,
    /// Whether a feast that the moon decides may move it.
    pub provisional: bool,
}

/// A field that the wallet filled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FilledField {
    /// Which.
    pub field: String,
    /// The document that it is from.
    pub from: Words,
}

/// A page of a form: one subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FormPage {
    /// Its subject.
    pub name: Words,
    /// What is asked.
    pub fields: Vec<FormField>,
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FormField {
    /// Names it in what was typed.
    pub id: String,
    /// What is asked; of a declaration, the sentence.
    pub name: Words,
    /// A word of help.
    pub help: Option<Words>,
    /// What an answer is.
    pub kind: FieldKind,
    /// Whether it may be left empty.
    pub optional: bool,
    /// Asked only if this earlier field has one of these answers (`true` and `false` as words).
    pub when: Option<FormWhen>,
    /// Most letters of a text, or rows of a list; 0 where it does not matter.
    pub most: u32,
    /// The answers of a choice.
    pub choices: Vec<FormChoice>,
    /// What each row of a list asks.
    pub rows: Vec<FormField>,
}

/// What an answer is, and with that how it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// A person's name.
    Name,
    /// A line.
    Text,
    /// Several lines.
    Long,
    /// A number that has letters.
    Code,
    /// Digits.
    Digits,
    /// A CNIC number.
    Cnic,
    /// A mobile number.
    Mobile,
    /// An e-mail address.
    Email,
    /// A bank account.
    Iban,
    /// A number plate.
    Vehicle,
    /// A day.
    Date,
    /// A whole number.
    Number,
    /// Rupees.
    Money,
    /// One of several.
    Choice,
    /// Some of several.
    Choices,
    /// Yes or no.
    YesNo,
    /// A district.
    District,
    /// A place on the map.
    Gps,
    /// Rows.
    List,
    /// A sentence that is declared.
    Declare,
}

/// On which answers a question is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FormWhen {
    /// The earlier field.
    pub field: String,
    /// Its answers.
    pub is: Vec<String>,
}

/// An answer of a choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FormChoice {
    /// Names it in what was typed.
    pub id: String,
    /// What it is called.
    pub name: Words,
}
