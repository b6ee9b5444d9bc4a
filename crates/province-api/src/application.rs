//! Applications: what a citizen sends to an office, what the office reads and answers, and the states in between.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Bytes;
use crate::dispatch::Dispatched;

/// Most changes in one answer; [`ApplicationsReply::more`] says that there are others.
pub const CHANGES_PAGE_MAX: usize = 100;
/// Most bytes of a form, as JSON without spaces.
pub const FORM_BYTES_MAX: usize = 32 * 1024;
/// How deep a form may be: objects and lists in each other, itself among them.
pub const FORM_DEPTH_MAX: usize = 6;
/// Most values of a form, all in all.
pub const FORM_VALUES_MAX: usize = 500;
/// Longest name of a member of a form, in letters.
pub const FORM_NAME_MAX: usize = 64;
/// Longest text in a form, in letters.
pub const FORM_TEXT_MAX: usize = 2_000;
/// Longest text of an office for a citizen, in letters.
pub const ANSWER_TEXT_MAX: usize = 500;

mod state;

pub use state::{ApplicationState, Mover, RefusalReason};

/// Body of `POST /v1/applications`, signed by an enrolled device key.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ApplicationRequest {
    /// The id of a service of the published catalogue. Its office is the one that gets it.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::CatalogueId))]
    pub service: String,
    /// What the service asks for, within the limits of a form.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub form: Map<String, Value>,
}

impl std::fmt::Debug for ApplicationRequest {
    /// Not what is in it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApplicationRequest(..)")
    }
}

/// Whether a form is within its limits: bytes, depth, values, names and texts.
pub fn is_form(form: &Map<String, Value>) -> bool {
    let mut values = 0;
    let is_small = serde_json::to_string(form).is_ok_and(|text| text.len() <= FORM_BYTES_MAX);
    is_small && members(form, FORM_DEPTH_MAX, &mut values)
}

fn members(form: &Map<String, Value>, depth: usize, values: &mut usize) -> bool {
    form.iter().all(|(name, value)| {
        (1..=FORM_NAME_MAX).contains(&name.chars().count()) && fits(value, depth.saturating_sub(1), values)
    })
}

fn fits(value: &Value, depth: usize, values: &mut usize) -> bool {
    *values += 1;
    *values <= FORM_VALUES_MAX
        && match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => true,
            Value::String(text) => text.chars().count() <= FORM_TEXT_MAX,
            Value::Array(all) => depth > 0 && all.iter().all(|one| fits(one, depth - 1, values)),
            Value::Object(all) => depth > 0 && members(all, depth, values),
        }
}

/// Whether an office may say this to a citizen: a text with something in it, and no signs that steer a screen.
pub fn is_answer_text(text: &str) -> bool {
    let is_steering = |letter: char| {
        (letter.is_control() && letter != '\n')
            || matches!(letter, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
    };
    !text.trim().is_empty() && text.chars().count() <= ANSWER_TEXT_MAX && !text.contains(is_steering)
}

/// Whether this is the number of a challan: 4 to 24 digits.
pub fn is_challan(number: &str) -> bool {
    (4..=24).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// Answer 200 to `POST /v1/applications` and `POST /v1/applications/withdraw`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApplicationReply {
    /// Its id, 16 random bytes.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Bytes16))]
    pub application: Bytes,
    /// The office of the catalogue that has it.
    pub office: String,
    /// Where it stands now.
    pub state: ApplicationState,
    /// Since when, unix seconds.
    pub at: u64,
}

/// Body of `POST /v1/applications/withdraw`, signed by an enrolled device key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct WithdrawRequest {
    /// [`ApplicationReply::application`].
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Bytes16))]
    pub application: Bytes,
}

/// Who applies, as far as an office may know it: what NADRA confirmed, where they live and how to reach them. Neither their
/// address, nor their picture, nor anything of their card but its number.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Applicant {
    /// CNIC number, 13 digits.
    pub cnic: String,
    /// Name in Latin letters.
    pub name_en: String,
    /// Name in Urdu letters.
    pub name_ur: String,
    /// Father's or husband's name in Latin letters.
    pub guardian_name_en: String,
    /// Father's or husband's name in Urdu letters.
    pub guardian_name_ur: String,
    /// `father` or `husband`.
    pub guardian_relation: String,
    /// Date of birth, `YYYY-MM-DD`.
    pub date_of_birth: String,
    /// District id. Given by the citizen, confirmed by nobody.
    pub district: String,
    /// Mobile number. Given by the citizen, confirmed by nobody.
    pub mobile: String,
    /// The level at which NADRA confirmed who they are, 1 to 4.
    pub assurance: u8,
}

impl std::fmt::Debug for Applicant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Applicant(..)")
    }
}

/// One change of one application.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApplicationChange {
    /// Its number with this reader, rising; one that is missing was forgotten.
    pub number: u64,
    /// When, unix seconds.
    pub at: u64,
    /// The application's id, 16 random bytes.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Bytes16))]
    pub application: Bytes,
    /// The service of the catalogue.
    pub service: String,
    /// The state that it changed to.
    pub state: ApplicationState,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<RefusalReason>,
    /// The fee that is due, in rupees, with [`ApplicationState::PaymentDue`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_rupees: Option<u32>,
    /// The platform that carries it, where one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispatched: Option<Dispatched>,
    /// With the change by which it came, unless the citizen took it back since: who applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applicant: Option<Applicant>,
    /// And what they gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub form: Option<Map<String, Value>>,
}

impl std::fmt::Debug for ApplicationChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ApplicationChange({}, {})", self.number, self.state.as_str())
    }
}

/// Answer 200 to `GET /v1/departments/applications?after=CURSOR` and `GET /v1/dispatch/applications?after=CURSOR`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApplicationsReply {
    /// The changes behind the cursor, oldest first, at most [`CHANGES_PAGE_MAX`] and about a mebibyte of forms.
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    pub changes: Vec<ApplicationChange>,
    /// What the next question says as `after`, once these are stored.
    pub cursor: u64,
    /// Whether there are more: ask again.
    pub more: bool,
}

/// Body of `POST /v1/departments/applications/answer`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AnswerRequest {
    /// The application's id.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Bytes16))]
    pub application: Bytes,
    /// The state in which the office saw it last. In another one now, it is not changed.
    pub seen: ApplicationState,
    /// The state that it gets.
    pub state: ApplicationState,
    /// Why, if it is refused, and only then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<RefusalReason>,
    /// What the citizen is told besides, at most [`ANSWER_TEXT_MAX`] letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 500))]
    pub text: Option<String>,
    /// With [`ApplicationState::PaymentDue`] and only then: the fee, in rupees, as the office assessed it. Where the catalogue
    /// has a fee it may be left out, and is no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_rupees: Option<u32>,
    /// The number of the paid challan, 4 to 24 digits: with an answer that leads from [`ApplicationState::PaymentDue`] on
    /// ([`ApplicationState::follows_payment`]) and only then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(pattern = "^[0-9]{4,24}$"))]
    pub challan: Option<String>,
    /// The document that the citizen gets, with [`ApplicationState::DocumentIssued`] and only then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentGrant>,
}

impl std::fmt::Debug for AnswerRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AnswerRequest({})", self.state.as_str())
    }
}

impl AnswerRequest {
    /// Whether its parts fit each other: a reason with a refusal, a document where one is issued, a text that can be shown.
    pub fn is_whole(&self) -> bool {
        self.reason.is_some() == (self.state == ApplicationState::Rejected)
            && self.document.is_some() == (self.state == ApplicationState::DocumentIssued)
            && (self.amount_rupees.is_none() || self.state == ApplicationState::PaymentDue)
            && self.amount_rupees != Some(0)
            && self.challan.is_some()
                == (self.seen == ApplicationState::PaymentDue && self.state.follows_payment())
            && self.challan.as_deref().is_none_or(is_challan)
            && self.text.as_deref().is_none_or(is_answer_text)
    }
}

/// A document for the citizen.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DocumentGrant {
    /// Its kind, of the type register.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::PassTypeName))]
    pub vct: String,
    /// Its own fields by the keys of the register: texts, numbers, `true` and `false`; days as `YYYY-MM-DD`, money in paisa,
    /// words by their keys.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub fields: Map<String, Value>,
}

impl std::fmt::Debug for DocumentGrant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DocumentGrant(..)")
    }
}

/// Answer 200 to `POST /v1/departments/applications/answer` and `POST /v1/dispatch/applications/state`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AnswerReply {
    /// Where the application stands now.
    pub state: ApplicationState,
    /// Since when, unix seconds.
    pub at: u64,
}

#[cfg(test)]
mod tests;
