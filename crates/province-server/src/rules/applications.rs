//! Applications: a citizen sends one to an office or takes it back; the citizen's phone, the audit log and the office hear
//! of each change in the transaction that makes it.

use std::borrow::Cow;

use credential::{DAY, Timestamp};
use province_api::Bytes;
use province_api::application::{
    ApplicationReply, ApplicationRequest, ApplicationState, Mover, RefusalReason, WithdrawRequest, is_form,
};
use province_api::dispatch::{Dispatched, Origin};
use province_api::person::Day;
use province_api::problem::ProblemCode;
use province_api::sync::Event;
use serde_json::{Map, Value};
use sqlx::AnyConnection;
use zeroize::Zeroizing;

use super::answered::{Asked, locked};
use super::status::may_draw;
use super::{Fault, Province, Refusal, feed};
use crate::audit::{Actor, Role};
use crate::randomness::Randomness;
use crate::sealed::{DataKeys, Kind as Sealed, PersonId};
use crate::store::application::{self, Application, ApplicationId, Carried, Told};
use crate::store::dispatch;

/// Most applications of one person that are open at once: of those from the wallet, and of those from a platform.
pub const OPEN_MAX: u64 = 50;
/// Most applications of one person in 24 hours, also of those that were taken back or that an office brought: who sends and
/// takes back without end would fill the office's feed.
pub const DAY_MAX: u64 = 50;
/// Days for which an application is kept after its end; for as long its citizen may complain about it.
pub const ENDED_DAYS: u64 = 400;

/// The office as a reader of changes.
pub(crate) fn reader_of(office: &str) -> String {
    format!("office:{office}")
}

/// A platform as a reader of changes.
pub(crate) fn dispatch_reader(system: &str) -> String {
    format!("dispatch:{system}")
}

/// What seals and opens.
#[derive(Clone, Copy)]
pub(super) struct With<'a> {
    pub(super) data: &'a DataKeys,
    pub(super) randomness: &'a Randomness,
}

/// A step of an application.
#[derive(Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) state: ApplicationState,
    pub(super) reason: Option<RefusalReason>,
    /// What the citizen is told besides.
    pub(super) text: Option<&'a str>,
    /// The fee that is due from here on, in rupees.
    pub(super) amount_rupees: Option<u32>,
    /// The challan by which it was paid.
    pub(super) challan: Option<&'a str>,
    pub(super) by: &'a Actor,
}

impl<'a> Step<'a> {
    pub(super) const fn bare(state: ApplicationState, by: &'a Actor) -> Self {
        Self {
            state,
            reason: None,
            text: None,
            amount_rupees: None,
            challan: None,
            by,
        }
    }
}

impl Province {
    pub(super) fn with(&self) -> With<'_> {
        With {
            data: &self.keys().data,
            randomness: self.randomness(),
        }
    }

    /// Sends an application of this device's person to the office whose service it is about.
    ///
    /// Where the catalogue says what the service asks, the form keeps those rules, the ones by which the phone filled it: what
    /// was filled by an older catalogue and keeps today's is taken.
    ///
    /// # Errors
    /// A [`Refusal`], with the fields that do not keep their rules; then nothing changed.
    pub async fn submit_application(
        &self,
        asked: &Asked,
        request: &ApplicationRequest,
    ) -> Result<ApplicationReply, Refusal> {
        if !is_form(&request.form) {
            return Err(ProblemCode::FormInvalid.into());
        }
        let published = self.published().await?;
        let now = self.now();
        let mut write = self.store().write().await?;
        let person = locked(&mut write, &asked.by).await?;
        if let Some(reply) = self.answered(&mut write, asked).await? {
            return Ok(reply);
        }
        let person = person.ok_or(ProblemCode::DeviceUnknown)?;
        may_draw(&mut write, person.status_index).await?;
        let office = published
            .office_of(&request.service)
            .ok_or(ProblemCode::ServiceUnknown)?;
        let form = match published.definition(&request.service) {
            Some(definition) => {
                let filled = definition.parse(&request.form, Day::at_unix(now.unix()));
                Cow::Owned(filled.map_err(Refusal::Fields)?.into_form())
            }
            None => Cow::Borrowed(&request.form),
        };
        if application::count_open(&mut write, &person.id, Origin::Wallet).await? >= OPEN_MAX {
            return Err(ProblemCode::ApplicationsTooMany.into());
        }
        let (sent, first_at) = application::sent_since(&mut write, &person.id, now.minus(DAY).unix()).await?;
        if sent >= DAY_MAX {
            let wait = (first_at + DAY).saturating_sub(now.unix()).max(1);
            let wait = u32::try_from(wait).unwrap_or(u32::MAX);
            return Err(Refusal::Later(ProblemCode::TooManyAttempts, wait));
        }
        let carrier = dispatch::carrier_of(&mut write, &request.service).await?;
        let new = New {
            office,
            service: &request.service,
            form: &form,
            carried: carrier.map(|by| Carried {
                by,
                origin: Origin::Wallet,
                reference: None,
            }),
        };
        let by = Actor::CITIZEN;
        let step = Step::bare(ApplicationState::Submitted, &by);
        let id = ApplicationId(self.randomness().bytes());
        let one = begin(&mut write, self.with(), (&person.id, id), new, &step, now).await?;
        let reply = reply(&one, one.state, now);
        self.remember(&mut write, asked, &reply).await?;
        write.commit().await?;
        Ok(reply)
    }

    /// Takes an application of this device's person back.
    ///
    /// # Errors
    /// A [`Refusal`]; then nothing changed.
    pub async fn withdraw_application(
        &self,
        asked: &Asked,
        request: &WithdrawRequest,
    ) -> Result<ApplicationReply, Refusal> {
        let id = parse_id(&request.application)?;
        let now = self.now();
        let mut write = self.store().write().await?;
        let person = locked(&mut write, &asked.by).await?;
        if let Some(reply) = self.answered(&mut write, asked).await? {
            return Ok(reply);
        }
        let person = person.ok_or(ProblemCode::DeviceUnknown)?;
        let one = application::find(&mut write, &person.id, &id)
            .await?
            .ok_or(ProblemCode::ApplicationUnknown)?;
        let by = Actor::CITIZEN;
        let step = Step::bare(ApplicationState::Withdrawn, &by);
        if !one.state.next(Mover::Citizen).contains(&step.state) {
            return Err(ProblemCode::ApplicationChanged.into());
        }
        take(&mut write, self.with(), &person.id, &one, &step, now).await?;
        let reply = reply(&one, step.state, now);
        self.remember(&mut write, asked, &reply).await?;
        write.commit().await?;
        Ok(reply)
    }
}

/// An application's id as it came.
pub(super) fn parse_id(bytes: &Bytes) -> Result<ApplicationId, ProblemCode> {
    let id = bytes.0.as_slice().try_into();
    id.map(ApplicationId).map_err(|_| ProblemCode::RequestMalformed)
}

fn reply(one: &Application, state: ApplicationState, now: Timestamp) -> ApplicationReply {
    ApplicationReply {
        application: Bytes::from(&one.id.0[..]),
        office: one.office.clone(),
        state,
        at: now.unix(),
    }
}

/// What a new application says.
pub(super) struct New<'a> {
    pub(super) office: &'a str,
    pub(super) service: &'a str,
    pub(super) form: &'a Map<String, Value>,
    /// Who carries it, if it is not the office alone.
    pub(super) carried: Option<Carried>,
}

/// Adds a person's application in its first state, inside the caller's transaction, which holds the person's lock.
pub(super) async fn begin(
    db: &mut AnyConnection,
    with: With<'_>,
    (person, id): (&PersonId, ApplicationId),
    new: New<'_>,
    step: &Step<'_>,
    now: Timestamp,
) -> Result<Application, Fault> {
    let plain = Zeroizing::new(serde_json::to_vec(new.form).map_err(Fault::Record)?);
    let one = Application {
        id,
        office: new.office.to_owned(),
        service: new.service.to_owned(),
        state: step.state,
        submitted_at: now.unix(),
        changed_at: now.unix(),
        sealed: with
            .data
            .seal(Sealed::Application, &owner(person, &id), &plain, with.randomness)?,
        carried: new.carried,
        amount_rupees: None,
    };
    application::add(db, person, &one).await?;
    tell(db, with, person, &one, step, now).await?;
    Ok(one)
}

/// Takes a step that is allowed, inside the caller's transaction, which holds the person's lock and takes no other after
/// this.
pub(super) async fn take(
    db: &mut AnyConnection,
    with: With<'_>,
    person: &PersonId,
    one: &Application,
    step: &Step<'_>,
    now: Timestamp,
) -> Result<(), Fault> {
    application::set_state(db, person, &one.id, step.state, now.unix()).await?;
    if let Some(rupees) = step.amount_rupees {
        application::set_amount(db, person, &one.id, rupees).await?;
    }
    if let Some(challan) = step.challan {
        let owner = [&owner(person, &one.id)[..], b"challan"].concat();
        let sealed = with
            .data
            .seal(Sealed::Application, &owner, challan.as_bytes(), with.randomness)?;
        application::set_challan(db, person, &one.id, &sealed).await?;
    }
    tell(db, with, person, one, step, now).await
}

/// Tells the citizen's phone, the audit log, and who else has to do with it.
async fn tell(
    db: &mut AnyConnection,
    with: With<'_>,
    person: &PersonId,
    one: &Application,
    step: &Step<'_>,
    now: Timestamp,
) -> Result<(), Fault> {
    tell_citizen(db, with, person, one, step, now).await?;
    let told = Told {
        person,
        id: &one.id,
        state: step.state,
        reason: step.reason,
    };
    for reader in readers(one, step.by) {
        application::tell(db, &reader, &told, now.unix()).await?;
    }
    Ok(())
}

/// Who is told of a change, in the order in which everybody takes their numbers: offices before platforms. What began with
/// a platform goes to its office by that platform, which is told only what somebody else did: an echo would say that there
/// is a wallet.
fn readers(one: &Application, by: &Actor) -> Vec<String> {
    let office = reader_of(&one.office);
    let Some(carried) = &one.carried else {
        return vec![office];
    };
    let platform = dispatch_reader(&carried.by);
    let is_its_own = by.role == Role::System && by.id == carried.by;
    match carried.origin {
        Origin::Dispatcher if is_its_own => Vec::new(),
        Origin::Dispatcher => vec![platform],
        _ => vec![office, platform],
    }
}

/// Tells the citizen's phone and the audit log.
pub(super) async fn tell_citizen(
    db: &mut AnyConnection,
    with: With<'_>,
    person: &PersonId,
    one: &Application,
    step: &Step<'_>,
    now: Timestamp,
) -> Result<(), Fault> {
    let carried = dispatched(with.data, person, one)?;
    let (dispatcher, reference) = carried.map_or((None, None), |it| (Some(it.by), it.reference));
    let what = Event::ApplicationChanged {
        application: Bytes::from(&one.id.0[..]),
        service: one.service.clone(),
        state: step.state.as_str().to_owned(),
        reason: step.reason.map(|reason| reason.as_str().to_owned()),
        text: step.text.map(str::to_owned),
        amount_rupees: step.amount_rupees,
        challan: step.challan.map(str::to_owned),
        dispatcher,
        reference,
    };
    feed::note(db, with.data, with.randomness, person, (&what, step.by), now).await
}

/// What is said of the platform that carries an application.
pub(super) fn dispatched(
    data: &DataKeys,
    person: &PersonId,
    one: &Application,
) -> Result<Option<Dispatched>, Fault> {
    let Some(carried) = &one.carried else {
        return Ok(None);
    };
    let open = |sealed: &Vec<u8>| data.open(Sealed::Application, &reference_owner(person, &one.id), sealed);
    let reference = carried.reference.as_ref().map(open).transpose()?;
    Ok(Some(Dispatched {
        by: carried.by.clone(),
        origin: carried.origin,
        reference: reference.map(|plain| String::from_utf8_lossy(&plain).into_owned()),
    }))
}

/// Seals a platform's number of an application.
pub(super) fn sealed_reference(
    with: With<'_>,
    person: &PersonId,
    id: &ApplicationId,
    reference: &str,
) -> Result<Vec<u8>, Fault> {
    let owner = reference_owner(person, id);
    Ok(with
        .data
        .seal(Sealed::Application, &owner, reference.as_bytes(), with.randomness)?)
}

/// What a citizen gave.
pub(super) fn opened(
    data: &DataKeys,
    person: &PersonId,
    one: &Application,
) -> Result<Map<String, Value>, Fault> {
    let plain = data.open(Sealed::Application, &owner(person, &one.id), &one.sealed)?;
    serde_json::from_slice(&plain).map_err(Fault::Record)
}

/// Whose a form is: bound to the person and to the application, so that one put in another's place does not open.
fn owner(person: &PersonId, id: &ApplicationId) -> Vec<u8> {
    [&person.as_bytes()[..], &id.0].concat()
}

/// The same of a platform's number, which is no form.
fn reference_owner(person: &PersonId, id: &ApplicationId) -> Vec<u8> {
    [&owner(person, id)[..], b"reference"].concat()
}
