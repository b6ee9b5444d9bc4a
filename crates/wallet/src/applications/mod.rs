//! Applications for public services on the phone: begun, filled and checked without a network, sent when there is one.
//!
//! ```text
//! mod.rs   what the citizen does with one
//! fill.rs  what the wallet knows already and writes into the form
//! view.rs  one as a screen shows it
//! ```

mod fill;
mod view;

use credential::{Timestamp, TypeRegister};
use province_api::Bytes;
use province_api::application::{
    ApplicationRequest, ApplicationState, FORM_BYTES_MAX, Mover, WithdrawRequest,
};
use province_api::definition::{Definition, prune};
use province_api::enrolment::FieldProblem;
use province_api::person::Day;
use rand_core::CryptoRng;
use rusqlite::Connection;
use serde_json::{Map, Value};

use crate::code::{UiCode, UiError};
use crate::draft::field_error;
use crate::error::StoreError;
use crate::screen::{ApplicationLine, ApplicationView, FieldError, Language, Words};
use crate::services::Listed;
use crate::store::application::{self as table, Application};
use crate::store::enrolment::{self, State};
use crate::store::outbox::{self, Kind};
use crate::store::sync_state;

/// Most bytes of what is typed into one form, as JSON: what is sent of it is smaller.
const TYPED_BYTES_MAX: usize = 2 * FORM_BYTES_MAX;
/// Most drafts of one person.
const DRAFTS_MAX: usize = 50;

/// What an application is read with.
#[derive(Clone, Copy)]
pub(crate) struct With<'a> {
    pub(crate) database: &'a Connection,
    /// The catalogue, if it has come.
    pub(crate) listed: Option<&'a Listed>,
    /// The kinds of documents, if they have come.
    pub(crate) types: Option<&'a TypeRegister>,
    /// In which the wallet writes down what services are called.
    pub(crate) language: Language,
    pub(crate) now: Timestamp,
}

impl With<'_> {
    fn today(&self) -> Day {
        Day::at_unix(self.now.unix())
    }

    fn definition(&self, service: &str) -> Option<Definition<'_>> {
        self.listed?.definition(service)
    }

    fn application(&self, id: u32) -> Result<Application, UiError> {
        let one = table::get(self.database, i64::from(id))?;
        one.ok_or_else(|| UiCode::ApplicationGone.into())
    }

    /// The same, where it can be changed: a draft, or one that the province did not take.
    fn draft(&self, id: u32) -> Result<Application, UiError> {
        let one = self.application(id)?;
        if one.told.is_some() {
            return Err(UiCode::StillUnderway.into());
        }
        match outbox::of_application(self.database, one.id)? {
            Some(entry) if entry.state != outbox::State::Refused => Err(UiCode::StillUnderway.into()),
            _ => Ok(one),
        }
    }
}

/// Every application, the one that changed last first.
pub(crate) fn all(with: With<'_>) -> Result<Vec<ApplicationLine>, UiError> {
    let all = table::all(with.database)?;
    Ok(all
        .iter()
        .map(|one| view::line(with, one, outbox::of_application(with.database, one.id)?.as_ref()))
        .collect::<Result<_, StoreError>>()?)
}

/// Whether there is no application.
pub(crate) fn are_none(database: &Connection) -> Result<bool, UiError> {
    Ok(table::all(database)?.is_empty())
}

/// One application.
pub(crate) fn one(with: With<'_>, id: u32) -> Result<ApplicationView, UiError> {
    let one = with.application(id)?;
    Ok(view::whole(with, &one)?)
}

/// Begins an application for a service, with what the wallet knows already, or goes on with the draft of one.
pub(crate) fn begin(with: With<'_>, service: &str) -> Result<ApplicationView, UiError> {
    draft_of(with, service, None)
}

/// Begins the appeal against an application that is late or was refused, already filled in: by `story`, what the citizen would
/// have to write. Or goes on with its draft.
pub(crate) fn begin_appeal(with: With<'_>, id: u32, story: &str) -> Result<ApplicationView, UiError> {
    let one = with.application(id)?;
    let Some(appeal) = view::whole(with, &one)?.appeal else {
        return Err(UiCode::StillUnderway.into());
    };
    let (Some(told), Some((name, office))) = (&one.told, with.listed.and_then(|it| it.names(&one.service)))
    else {
        return Err(UiCode::FormUnknown.into());
    };
    let about = About {
        service: in_language(name, with.language),
        office: in_language(office, with.language),
        number: told.number,
        submitted_on: Day::at_unix(told.submitted_at.unix()),
        is_refused: state_of(&told.state) == Some(ApplicationState::Rejected),
        story,
    };
    draft_of(with, &appeal.id, Some(&about))
}

/// What an appeal is about.
struct About<'a> {
    service: String,
    office: String,
    number: [u8; 16],
    submitted_on: Day,
    is_refused: bool,
    story: &'a str,
}

fn in_language(words: Words, language: Language) -> String {
    match language {
        Language::En => words.en,
        Language::Ur => words.ur,
        Language::Ps => words.ps,
    }
}

fn draft_of(with: With<'_>, service: &str, about: Option<&About<'_>>) -> Result<ApplicationView, UiError> {
    let Some(definition) = with.definition(service) else {
        return Err(UiCode::FormUnknown.into());
    };
    let of = about.map(|about| about.number);
    let drafts: Vec<Application> = table::all(with.database)?
        .into_iter()
        .filter(|one| one.told.is_none())
        .collect();
    for draft in drafts
        .iter()
        .filter(|one| one.service == service && one.about == of)
    {
        if outbox::of_application(with.database, draft.id)?.is_none() {
            return Ok(view::whole(with, draft)?);
        }
    }
    if drafts.len() >= DRAFTS_MAX {
        return Err(UiCode::ApplicationsTooMany.into());
    }
    let (typed, filled) = fill::known(with, &definition, about)?;
    let id = table::begin(with.database, (service, of), (&typed, &filled), with.now)?;
    let begun = table::get(with.database, id)?.ok_or(StoreError::Row)?;
    Ok(view::whole(with, &begun)?)
}

/// Keeps what was typed, right or wrong, and says what is still wrong. `typed` is a JSON object by ids of fields.
pub(crate) fn save(with: With<'_>, id: u32, typed: &str) -> Result<Vec<FieldError>, UiError> {
    let mut one = with.draft(id)?;
    if typed.len() > TYPED_BYTES_MAX {
        return Err(UiCode::FieldTooLong.into());
    }
    let typed: Map<String, Value> = serde_json::from_str(typed).map_err(|_| UiCode::FieldsInvalid)?;
    // What was written over is not from the document any more.
    one.filled
        .retain(|field, _| one.typed.get(field) == typed.get(field));
    let transaction = with.database.unchecked_transaction()?;
    table::save(&transaction, one.id, (&typed, &one.filled), with.now)?;
    transaction.commit()?;
    let definition = with.definition(&one.service);
    Ok(definition.map_or_else(Vec::new, |definition| faults(&definition, &typed, with.today())))
}

/// Puts an application into the outbox: the next sync sends it.
pub(crate) fn submit(with: With<'_>, id: u32, rng: &mut impl CryptoRng) -> Result<ApplicationView, UiError> {
    let one = with.draft(id)?;
    if enrolment::load(with.database)?.state != State::Complete {
        return Err(UiCode::NotEnrolled.into());
    }
    if let Some(code) = sync_state::load(with.database)?.ended {
        return Err(code.into());
    }
    let definition = with.definition(&one.service).ok_or(UiCode::FormUnknown)?;
    let form = match definition.parse(&prune(&definition, &one.typed), with.today()) {
        Ok(filled) => filled.into_form(),
        Err(faults) => {
            return Err(UiError {
                fields: faults.into_iter().map(screen_fault).collect(),
                ..UiCode::FieldsInvalid.into()
            });
        }
    };
    let request = ApplicationRequest {
        service: one.service.clone(),
        form: form.clone(),
    };
    let body = serde_json::to_vec(&request).map_err(|_| StoreError::Row)?;
    let transaction = with.database.unchecked_transaction()?;
    if let Some(refused) = outbox::of_application(&transaction, one.id)? {
        outbox::remove(&transaction, refused.id)?;
    }
    // What is shown from here on is what is sent.
    table::save(&transaction, one.id, (&form, &one.filled), with.now)?;
    put(&transaction, (Kind::Application, body), one.id, with.now, rng)?;
    transaction.commit()?;
    self::one(with, id)
}

/// Takes an application back: one that waits here is a draft again, of one that the office has the next sync says so.
pub(crate) fn take_back(
    with: With<'_>,
    id: u32,
    rng: &mut impl CryptoRng,
) -> Result<ApplicationView, UiError> {
    let one = with.application(id)?;
    let transaction = with.database.unchecked_transaction()?;
    let entry = outbox::of_application(&transaction, one.id)?;
    match (&one.told, entry) {
        (None, Some(entry)) if entry.state == outbox::State::Waiting => {
            outbox::remove(&transaction, entry.id)?;
        }
        (Some(told), None) if may_take_back(&told.state) => {
            let request = WithdrawRequest {
                application: Bytes::from(&told.number[..]),
            };
            let body = serde_json::to_vec(&request).map_err(|_| StoreError::Row)?;
            put(&transaction, (Kind::Withdrawal, body), one.id, with.now, rng)?;
        }
        _ => return Err(UiCode::StillUnderway.into()),
    }
    transaction.commit()?;
    self::one(with, id)
}

/// Forgets a draft, or an application that is over.
pub(crate) fn delete(with: With<'_>, id: u32) -> Result<(), UiError> {
    let one = with.application(id)?;
    let transaction = with.database.unchecked_transaction()?;
    let entry = outbox::of_application(&transaction, one.id)?;
    let is_idle = entry
        .as_ref()
        .is_none_or(|entry| entry.state == outbox::State::Refused);
    let is_over = one.told.as_ref().is_none_or(|told| is_over(&told.state));
    if !is_idle || !is_over {
        return Err(UiCode::StillUnderway.into());
    }
    if let Some(entry) = entry {
        outbox::remove(&transaction, entry.id)?;
    }
    table::delete(&transaction, one.id)?;
    transaction.commit()?;
    Ok(())
}

fn put(
    database: &Connection,
    (kind, body): (Kind, Vec<u8>),
    application: i64,
    now: Timestamp,
    rng: &mut impl CryptoRng,
) -> Result<(), StoreError> {
    let new = outbox::New {
        kind,
        body,
        holder_index: None,
        application: Some(application),
        made_at: now,
    };
    outbox::insert(database, new, rng).map(|_| ())
}

/// What is wrong with what was typed.
fn faults(definition: &Definition<'_>, typed: &Map<String, Value>, today: Day) -> Vec<FieldError> {
    let faults = definition.parse(&prune(definition, typed), today).err();
    faults.unwrap_or_default().into_iter().map(screen_fault).collect()
}

fn screen_fault(fault: FieldProblem) -> FieldError {
    field_error(fault.field, fault.code)
}

fn state_of(word: &str) -> Option<ApplicationState> {
    ApplicationState::ALL
        .iter()
        .copied()
        .find(|state| state.as_str() == word)
}

/// Whether the citizen may take it back in this state. In one that this version does not know the province decides.
fn may_take_back(state: &str) -> bool {
    state_of(state).is_none_or(|state| state.next(Mover::Citizen).contains(&ApplicationState::Withdrawn))
}

fn is_over(state: &str) -> bool {
    state_of(state).is_some_and(|state| !state.is_open())
}
