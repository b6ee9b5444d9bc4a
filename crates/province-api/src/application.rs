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

words! {
    /// Where an application stands. The words are a contract.
    #[non_exhaustive]
    ApplicationState {
        /// It was sent; nobody has looked at it yet.
        Submitted = "submitted",
        /// The office is at work on it.
        InReview = "in_review",
        /// The office waits for something from the citizen.
        InformationWanted = "information_wanted",
        /// It is granted; what it asks for is yet to be done.
        Approved = "approved",
        /// It is refused, for a reason that is given.
        Rejected = "rejected",
        /// The citizen took it back.
        Withdrawn = "withdrawn",
        /// It is done: the document that it asks for is in the wallet.
        DocumentIssued = "document_issued",
        /// It is done, without a document in the wallet.
        Closed = "closed",
    }
}

words! {
    /// Why an application was refused. The words are a contract.
    #[non_exhaustive]
    RefusalReason {
        /// The citizen is not entitled to it.
        NotEligible = "not_eligible",
        /// Something that it needs was not given.
        InformationMissing = "information_missing",
        /// What was given differs from what the office has.
        ParticularsDiffer = "particulars_differ",
        /// The same was asked for before.
        Duplicate = "duplicate",
        /// A fee was not paid.
        FeeUnpaid = "fee_unpaid",
        /// Another office does this.
        OtherOffice = "other_office",
        /// As the text says.
        Other = "other",
    }
}

/// Who moves an application on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mover {
    /// The citizen whose it is.
    Citizen,
    /// The office that it is addressed to.
    Office,
    /// The platform that carries it, for the office or for the citizen who uses both.
    Dispatcher,
}

impl ApplicationState {
    /// The states that it can be moved to from here: the one table of all moves.
    pub const fn next(self, by: Mover) -> &'static [Self] {
        use ApplicationState::{
            Approved, Closed, DocumentIssued, InReview, InformationWanted, Rejected, Submitted, Withdrawn,
        };
        use Mover::{Citizen, Dispatcher, Office};
        match (by, self) {
            (Citizen, Submitted | InReview | InformationWanted) => &[Withdrawn],
            (Office, Submitted) => &[
                InReview,
                InformationWanted,
                Approved,
                Rejected,
                DocumentIssued,
                Closed,
            ],
            (Office, InReview) => &[InformationWanted, Approved, Rejected, DocumentIssued, Closed],
            (Office, InformationWanted) => &[InReview, Approved, Rejected, DocumentIssued, Closed],
            (Office | Dispatcher, Approved) => &[DocumentIssued, Closed],
            (Dispatcher, Submitted) => &[
                InReview,
                InformationWanted,
                Approved,
                Rejected,
                DocumentIssued,
                Closed,
                Withdrawn,
            ],
            (Dispatcher, InReview) => &[
                InformationWanted,
                Approved,
                Rejected,
                DocumentIssued,
                Closed,
                Withdrawn,
            ],
            (Dispatcher, InformationWanted) => {
                &[InReview, Approved, Rejected, DocumentIssued, Closed, Withdrawn]
            }
            _ => &[],
        }
    }

    /// Whether anybody can move it from here.
    pub const fn is_open(self) -> bool {
        !self.next(Mover::Office).is_empty()
    }
}

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
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use serde_json::json;

    use super::*;

    fn form(value: Value) -> bool {
        let Value::Object(form) = value else { panic!() };
        is_form(&form)
    }

    #[test]
    fn what_is_over_leads_nowhere_and_what_is_open_leads_to_an_end() {
        for state in ApplicationState::ALL {
            let all = [Mover::Citizen, Mover::Office].map(|by| state.next(by));
            assert_eq!(all.concat().is_empty(), !state.is_open(), "{state:?}");
            assert!(!all.concat().contains(state));
            // Nobody but the citizen takes it back, and nothing is sent twice.
            assert!(!state.next(Mover::Office).contains(&ApplicationState::Withdrawn));
            assert!(!all.concat().contains(&ApplicationState::Submitted));
            if state.is_open() {
                assert!(state.next(Mover::Office).contains(&ApplicationState::Closed));
            }
        }
    }

    #[test]
    fn a_form_has_limits_and_each_is_kept_to_the_letter() {
        let name = |letters: usize| "n".repeat(letters);
        let text = |letters: usize| "گ".repeat(letters);
        let deep = |depth: usize| (1..depth).fold(json!({ "end": 1 }), |inner, _| json!({ "in": inner }));
        let listed = |depth: usize| {
            let list = (2..depth).fold(json!([1]), |inner, _| json!([inner]));
            json!({ "in": list })
        };
        assert!(form(json!({})));
        for (good, bad) in [
            (
                json!({ "t": text(FORM_TEXT_MAX) }),
                json!({ "t": text(FORM_TEXT_MAX + 1) }),
            ),
            (
                json!({ name(FORM_NAME_MAX): 1 }),
                json!({ name(FORM_NAME_MAX + 1): 1 }),
            ),
            (json!({ "a": "" }), json!({ "": "a" })),
            (deep(FORM_DEPTH_MAX), deep(FORM_DEPTH_MAX + 1)),
            (listed(FORM_DEPTH_MAX), listed(FORM_DEPTH_MAX + 1)),
            (
                json!({ "l": vec![0; FORM_VALUES_MAX - 1] }),
                json!({ "l": vec![0; FORM_VALUES_MAX] }),
            ),
        ] {
            assert!(form(good));
            assert!(!form(bad));
        }
        // {"l":[...]} and 17 texts with their quotation marks and commas.
        let whole = |last: usize| {
            let mut texts = vec![name(FORM_TEXT_MAX); 16];
            texts.push(name(last));
            json!({ "l": texts })
        };
        let left = FORM_BYTES_MAX - (16 * (FORM_TEXT_MAX + 3) + 2) - r#"{"l":[]}"#.len();
        assert!(form(whole(left)));
        assert!(!form(whole(left + 1)));
    }

    #[test]
    fn the_parts_of_an_answer_fit_each_other() {
        let answer = |value: Value| {
            let whole = json!({ "application": "AAAAAAAAAAAAAAAAAAAAAA", "seen": "submitted" });
            let (Value::Object(mut whole), Value::Object(more)) = (whole, value) else {
                panic!()
            };
            whole.extend(more);
            serde_json::from_value::<AnswerRequest>(Value::Object(whole))
                .unwrap()
                .is_whole()
        };
        let document = json!({ "vct": "domicile", "fields": {} });
        for good in [
            json!({ "state": "in_review", "text": "آپ کی درخواست\nمل گئی" }),
            json!({ "state": "rejected", "reason": "other" }),
            json!({ "state": "document_issued", "document": document }),
        ] {
            assert!(answer(good));
        }
        for bad in [
            json!({ "state": "in_review", "text": " " }),
            json!({ "state": "in_review", "text": "a\u{202E}b" }),
            json!({ "state": "in_review", "text": "a\tb" }),
            json!({ "state": "in_review", "text": "a".repeat(ANSWER_TEXT_MAX + 1) }),
            json!({ "state": "in_review", "reason": "other" }),
            json!({ "state": "rejected" }),
            json!({ "state": "document_issued" }),
            json!({ "state": "approved", "document": document }),
        ] {
            assert!(!answer(bad.clone()), "{bad}");
        }
    }
}
