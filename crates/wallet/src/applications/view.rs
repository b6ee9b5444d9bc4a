//! An application as a screen shows it.

use province_api::application::ApplicationState;
use province_api::deadline::Deadline;
use province_api::definition::{Ask, Asked, Choice, Definition, LONG_MAX, Label, ROWS_MAX, TEXT_MAX};
use province_api::person::Day;
use serde_json::Value;

use super::fill::APPLICATION;
use super::{With, faults, is_over, may_take_back, state_of};
use crate::error::StoreError;
use crate::home::screen_time;
use crate::screen::{
    ApplicationLine, ApplicationStep, ApplicationView, DeadlineView, FieldKind, FilledField, FormChoice,
    FormField, FormPage, FormWhen, ServiceLine, ServiceView, Words,
};
use crate::store::application::{self as table, Application, Told};
use crate::store::outbox::{self, Entry};

/// One in a list.
pub(super) fn line(
    with: With<'_>,
    one: &Application,
    entry: Option<&Entry>,
) -> Result<ApplicationLine, StoreError> {
    let (name, office) = with
        .listed
        .and_then(|listed| listed.names(&one.service))
        .unwrap_or_default();
    let at = one.told.as_ref().map_or(one.changed_at, |told| told.state_at);
    Ok(ApplicationLine {
        id: u32::try_from(one.id).map_err(|_| StoreError::Row)?,
        service: one.service.clone(),
        name,
        office,
        state: step(one.told.as_ref(), entry),
        at: screen_time(at),
        deadline: one.told.as_ref().and_then(|told| deadline(with, one, told)),
    })
}

fn step(told: Option<&Told>, entry: Option<&Entry>) -> ApplicationStep {
    let Some(told) = told else {
        return match entry.map(|entry| entry.state) {
            None => ApplicationStep::Draft,
            Some(outbox::State::Waiting) => ApplicationStep::Queued,
            Some(outbox::State::Sent | outbox::State::Confirmed) => ApplicationStep::Sent,
            Some(outbox::State::Refused) => ApplicationStep::NotTaken,
        };
    };
    match state_of(&told.state) {
        Some(ApplicationState::Submitted) => ApplicationStep::Submitted,
        Some(ApplicationState::InReview) => ApplicationStep::InReview,
        Some(ApplicationState::InformationWanted) => ApplicationStep::InformationWanted,
        Some(ApplicationState::PaymentDue) => ApplicationStep::PaymentDue,
        Some(ApplicationState::Approved) => ApplicationStep::Approved,
        Some(ApplicationState::Rejected) => ApplicationStep::Rejected,
        Some(ApplicationState::Withdrawn) => ApplicationStep::Withdrawn,
        Some(ApplicationState::DocumentIssued) => ApplicationStep::DocumentIssued,
        Some(ApplicationState::Closed) => ApplicationStep::Closed,
        _ => ApplicationStep::Other,
    }
}

/// One with its form.
pub(super) fn whole(with: With<'_>, one: &Application) -> Result<ApplicationView, StoreError> {
    let entry = outbox::of_application(with.database, one.id)?;
    let line = line(with, one, entry.as_ref())?;
    let definition = with.definition(&one.service);
    let service = with.listed.and_then(|listed| listed.service(&one.service));
    let can_change = one.told.is_none()
        && entry
            .as_ref()
            .is_none_or(|entry| entry.state == outbox::State::Refused);
    let can_take_back = match (&one.told, &entry) {
        (None, Some(entry)) => entry.state == outbox::State::Waiting,
        (Some(told), None) => !is_over(&told.state) && may_take_back(&told.state),
        _ => false,
    };
    let error = entry.and_then(|entry| entry.error);
    let mut errors = match &definition {
        Some(definition) if can_change => faults(definition, &one.typed, with.today()),
        _ => Vec::new(),
    };
    // What the province found beside: the definition there may be newer.
    for field in error.iter().flat_map(|error| &error.fields) {
        if can_change && !errors.iter().any(|other| other.field == field.field) {
            errors.push(field.clone());
        }
    }
    let told = one.told.as_ref();
    Ok(ApplicationView {
        typed: serde_json::to_string(&one.typed).map_err(|_| StoreError::Row)?,
        filled: filled(with, one),
        pages: definition.as_ref().map(pages).unwrap_or_default(),
        errors,
        error,
        steps: definition
            .as_ref()
            .map(|it| steps(it.steps()))
            .unwrap_or_default(),
        is_appeal: one.about.is_some(),
        appeal: told.and_then(|told| appeal(with, one, told)),
        submitted_at: told.map(|told| screen_time(told.submitted_at)),
        reason: told.and_then(|told| told.reason.clone()),
        said: told.and_then(|told| told.said.clone()),
        due_rupees: told.and_then(|told| told.amount),
        challan: told.and_then(|told| told.challan.clone()),
        can_change,
        can_take_back,
        ..of_service(line, service)
    })
}

/// What the catalogue says of the service.
fn of_service(line: ApplicationLine, service: Option<ServiceView>) -> ApplicationView {
    let (fee_rupees, limit, guide) =
        service.map_or((None, None, None), |it| (it.fee_rupees, it.limit, it.guide));
    let mut view = ApplicationView {
        line,
        typed: String::new(),
        filled: Vec::new(),
        pages: Vec::new(),
        errors: Vec::new(),
        error: None,
        documents: Vec::new(),
        documents_sourced: false,
        steps: Vec::new(),
        fee_rupees,
        pays: false,
        limit,
        authority: Words::default(),
        place: Words::default(),
        submitted_at: None,
        is_appeal: false,
        appeal: None,
        reason: None,
        said: None,
        due_rupees: None,
        challan: None,
        can_change: false,
        can_take_back: false,
    };
    if let Some(guide) = guide {
        view.documents = guide.documents;
        view.documents_sourced = guide.documents_sourced;
        view.pays = guide.pays;
        view.authority = guide.authority;
        view.place = guide.place;
    }
    view
}

/// The legal clock of an application that the office has.
fn clock(with: With<'_>, one: &Application, told: &Told) -> Option<Deadline> {
    let from = Day::at_unix(told.submitted_at.unix());
    with.listed?.deadline(&one.service, from, with.today())
}

fn deadline(with: With<'_>, one: &Application, told: &Told) -> Option<DeadlineView> {
    if is_over(&told.state) {
        return None;
    }
    let clock = clock(with, one, told)?;
    let limit = with.listed?.service(&one.service)?.limit?;
    Some(DeadlineView {
        on: clock.on.to_string(),
        left: i32::try_from(clock.left).unwrap_or(i32::MIN),
        working: limit.working,
        provisional: clock.is_provisional,
    })
}

/// An appeal makes sense where the office is late, or refused.
fn appeal(with: With<'_>, one: &Application, told: &Told) -> Option<ServiceLine> {
    let is_refused = state_of(&told.state) == Some(ApplicationState::Rejected);
    let is_late = !is_over(&told.state) && clock(with, one, told).is_some_and(|clock| clock.is_over());
    let appeal = with.listed?.appeal(&one.service)?;
    (is_refused || is_late).then_some(appeal)
}

fn filled(with: With<'_>, one: &Application) -> Vec<FilledField> {
    let named = |vct: &str| {
        if vct == APPLICATION {
            let about = table::by_number(with.database, &one.about?).ok()??;
            return with.listed?.names(&about.service).map(|(name, _)| name);
        }
        let vct = credential::Vct::parse(vct).ok()?;
        Some(Words::from(&with.types?.find(&vct)?.name))
    };
    let filled = one.filled.iter();
    filled
        .filter_map(|(field, from)| {
            Some(FilledField {
                field: field.clone(),
                from: named(from.as_str()?)?,
            })
        })
        .collect()
}

fn steps<'a>(steps: impl Iterator<Item = &'a Label>) -> Vec<Words> {
    steps.map(|step| Words::from(&step.name)).collect()
}

fn pages(definition: &Definition<'_>) -> Vec<FormPage> {
    let page = |page| {
        let (name, asked): (&Label, &[Asked]) = page;
        FormPage {
            name: Words::from(&name.name),
            fields: asked
                .iter()
                .filter_map(|asked| field(definition, asked))
                .collect(),
        }
    };
    definition.pages().map(page).collect()
}

fn field(definition: &Definition<'_>, asked: &Asked) -> Option<FormField> {
    let field = definition.field(&asked.field)?;
    let (kind, most) = kind(&field.ask)?;
    let (choices, rows) = match &field.ask {
        Ask::Choice { choices } | Ask::Choices { choices } => {
            (choices.iter().map(choice).collect(), Vec::new())
        }
        Ask::List { of, .. } => {
            let rows = of.iter().filter_map(|inner| self::field(definition, inner));
            (Vec::new(), rows.collect())
        }
        _ => (Vec::new(), Vec::new()),
    };
    Some(FormField {
        id: field.id.clone(),
        name: Words::from(&field.name),
        help: field.help.as_ref().map(Words::from),
        kind,
        optional: asked.optional,
        when: asked.when.as_ref().map(|when| FormWhen {
            field: when.field.clone(),
            is: when.is.iter().map(word).collect(),
        }),
        most,
        choices,
        rows,
    })
}

/// An answer as a word: `true` for yes.
fn word(answer: &Value) -> String {
    answer.as_str().map_or_else(|| answer.to_string(), str::to_owned)
}

fn choice(choice: &Choice) -> FormChoice {
    FormChoice {
        id: choice.id.clone(),
        name: Words::from(&choice.name),
    }
}

/// How it is asked, and how many letters or rows it holds.
fn kind(ask: &Ask) -> Option<(FieldKind, u32)> {
    let letters = |most: &Option<u16>, else_: u16| u32::from(most.unwrap_or(else_));
    Some(match ask {
        Ask::Name => (FieldKind::Name, 0),
        Ask::Text { max, .. } => (FieldKind::Text, letters(max, TEXT_MAX)),
        Ask::Long { max, .. } => (FieldKind::Long, letters(max, LONG_MAX)),
        Ask::Code { .. } => (FieldKind::Code, 0),
        Ask::Digits { .. } => (FieldKind::Digits, 0),
        Ask::Cnic => (FieldKind::Cnic, 0),
        Ask::Mobile => (FieldKind::Mobile, 0),
        Ask::Email => (FieldKind::Email, 0),
        Ask::Iban => (FieldKind::Iban, 0),
        Ask::Vehicle => (FieldKind::Vehicle, 0),
        Ask::Date { .. } => (FieldKind::Date, 0),
        Ask::Number { .. } => (FieldKind::Number, 0),
        Ask::Money { .. } => (FieldKind::Money, 0),
        Ask::Choice { .. } => (FieldKind::Choice, 0),
        Ask::Choices { .. } => (FieldKind::Choices, 0),
        Ask::YesNo => (FieldKind::YesNo, 0),
        Ask::District => (FieldKind::District, 0),
        Ask::Gps => (FieldKind::Gps, 0),
        Ask::List { max, .. } => (FieldKind::List, letters(max, ROWS_MAX)),
        Ask::Declare => (FieldKind::Declare, 0),
        Ask::Other => return None,
    })
}
