//! What a platform that carries applications does: reads them in order, answers them, and reports its own.
//!
//! Each application has one side with the last word. What a citizen sent from the wallet stands here: the platform says
//! with each change what it has seen, as an office does. What somebody filed with the platform stands there: it counts its
//! changes, and what comes late or twice changes nothing.
//!
//! A platform never learns from us whether somebody holds a wallet. So a report is decided by what was reported before
//! under the same number for the same CNIC, kept for everybody alike, and only then looked for in a wallet. Rejected:
//! keeping sealed reports of people who have none, for the day on which they enrol: the next change brings the application
//! to them, and until then it is none of the province's wallets.

pub mod catalogue;

use province_api::application::{AnswerReply, ApplicationState, ApplicationsReply, Mover, RefusalReason};
use province_api::dispatch::{
    DispatchReportReply, DispatchReportRequest, DispatchState, DispatchStateRequest, Origin, are_parts,
    is_reference, is_service_code,
};
use province_api::problem::ProblemCode;
use serde_json::Map;
use sqlx::AnyConnection;

use super::answered::Asked;
use super::applications::{
    New, OPEN_MAX, Step, begin, dispatch_reader, parse_id, sealed_reference, take, tell_citizen,
};
use super::callers::{Caller as _, System};
use super::departments::of_reader;
use super::published::Published;
use super::{Fault, Province, Refusal, day_of};
use crate::sealed::{BlindIndex, DataKeys, PersonId, Subject};
use crate::store::application::{self, Application, ApplicationId, Carried};
use crate::store::attempt;
use crate::store::dispatch::{self, Place, Reference};
use crate::store::lock::{self, Lock};
use crate::store::person;

/// How often in a day a citizen is told of one application what comes without another state.
pub const TOLD_A_DAY: u32 = 10;

/// What a platform said, read.
struct Said<'a> {
    state: ApplicationState,
    reason: Option<RefusalReason>,
    text: Option<&'a str>,
}

impl<'a> Said<'a> {
    fn read(word: &str, reason: Option<RefusalReason>, text: Option<&'a str>) -> Result<Self, ProblemCode> {
        let state = DispatchState::parse(word).ok_or(ProblemCode::DispatchStateUnknown)?;
        let state = state.state();
        if !are_parts(state, reason, text) {
            return Err(ProblemCode::AnswerParts);
        }
        let is_refused = state == ApplicationState::Rejected;
        Ok(Self {
            state,
            reason: reason.or(is_refused.then_some(RefusalReason::Other)),
            text,
        })
    }

    const fn step(&self, by: &'a crate::audit::Actor) -> Step<'a> {
        Step {
            state: self.state,
            reason: self.reason,
            text: self.text,
            amount_rupees: None,
            challan: None,
            by,
        }
    }
}

/// What finds a platform's number of something that began in a wallet.
fn mark(data: &DataKeys, system: &str, reference: &str) -> BlindIndex {
    data.blind_index(Subject::Dispatch, format!("{system}\0{reference}").as_bytes())
}

/// What finds a platform's own number for somebody. The CNIC is in it, so that a number that came with another one meets
/// nothing.
fn own_mark(data: &DataKeys, system: &str, reference: &str, cnic: &BlindIndex) -> BlindIndex {
    let number = format!("{system}\0{reference}\0");
    data.blind_index(Subject::Dispatch, &[number.as_bytes(), cnic.as_bytes()].concat())
}

impl Province {
    /// The changes of applications that this platform carries behind a number, a page.
    ///
    /// # Errors
    /// [`Refusal::Fault`].
    pub async fn dispatched_to(&self, system: &System, after: u64) -> Result<ApplicationsReply, Refusal> {
        self.page_of(&dispatch_reader(&system.key.name), system, after)
            .await
    }

    /// Takes a platform's word about an application that a citizen sent from the wallet.
    ///
    /// # Errors
    /// A [`Refusal`]; then nothing changed.
    pub async fn dispatch_state(
        &self,
        asked: &Asked<System>,
        request: &DispatchStateRequest,
    ) -> Result<AnswerReply, Refusal> {
        let system = &asked.by;
        let id = parse_id(&request.application)?;
        if !is_reference(&request.reference) {
            return Err(ProblemCode::RequestMalformed.into());
        }
        let said = Said::read(&request.state, request.reason, request.text.as_deref())?;
        let (now, actor) = (self.now(), system.actor());
        let mut write = self.store().write().await?;
        lock::take(&mut write, Lock::Device(&system.key.key)).await?;
        if let Some(reply) = self.answered(&mut write, asked).await? {
            return Ok(reply);
        }
        let reader = dispatch_reader(&system.key.name);
        let (owner, _, mut one) = of_reader(&mut write, &reader, &id).await?;
        if one.carried.as_ref().map(|it| it.origin) != Some(Origin::Wallet) {
            return Err(ProblemCode::ApplicationUnknown.into());
        }
        if one.state != request.seen {
            return Err(ProblemCode::ApplicationChanged.into());
        }
        let is_new = self
            .number(&mut write, &owner, &mut one, &request.reference)
            .await?;
        let step = said.step(&actor);
        let mut at = one.changed_at;
        if step.state != one.state {
            if !one.state.next(Mover::Dispatcher).contains(&step.state) {
                return Err(ProblemCode::ApplicationMove.into());
            }
            take(&mut write, self.with(), &owner, &one, &step, now).await?;
            at = now.unix();
        } else if is_new || step.text.is_some() {
            self.say(&mut write, &owner, &one, &step).await?;
        }
        let reply = AnswerReply {
            state: step.state,
            at,
        };
        self.remember(&mut write, asked, &reply).await?;
        write.commit().await?;
        Ok(reply)
    }

    /// Tells a citizen what a platform says without another state: of one application so often in a day.
    async fn say(
        &self,
        db: &mut AnyConnection,
        owner: &PersonId,
        one: &Application,
        step: &Step<'_>,
    ) -> Result<(), Fault> {
        let subject = self.keys().data.blind_index(Subject::Telling, &one.id.0);
        if attempt::count(db, &subject, day_of(self.now())).await? <= TOLD_A_DAY {
            tell_citizen(db, self.with(), owner, one, step, self.now()).await?;
        }
        Ok(())
    }

    /// Gives an application the platform's number, once and for all; says whether it had none.
    async fn number(
        &self,
        db: &mut AnyConnection,
        owner: &PersonId,
        one: &mut Application,
        reference: &str,
    ) -> Result<bool, Refusal> {
        let place = (*owner, one.id);
        let Some(carried) = &mut one.carried else {
            return Ok(false);
        };
        let mark = mark(&self.keys().data, &carried.by, reference);
        if let Some(before) = dispatch::find(db, &mark).await? {
            if before.place == Some(place) {
                return Ok(false);
            }
            return Err(ProblemCode::ReferenceTaken.into());
        }
        if carried.reference.is_some() {
            return Err(ProblemCode::ReferenceTaken.into());
        }
        let sealed = sealed_reference(self.with(), owner, &one.id, reference)?;
        application::set_reference(db, owner, &one.id, &sealed).await?;
        carried.reference = Some(sealed);
        let said = Reference {
            revision: 0,
            state: one.state,
            changed_at: self.now().unix(),
            place: Some(place),
        };
        dispatch::put(db, &mark, &said).await?;
        Ok(true)
    }

    /// Takes a platform's report of an application that somebody filed with it, and shows it in their wallet if they hold
    /// one. The answer is the same for everybody.
    ///
    /// # Errors
    /// A [`Refusal`]; then nothing changed.
    pub async fn dispatch_report(
        &self,
        asked: &Asked<System>,
        request: &DispatchReportRequest,
    ) -> Result<DispatchReportReply, Refusal> {
        let (system, data) = (&asked.by.key.name, &self.keys().data);
        let is_count = (1..=i64::MAX.unsigned_abs()).contains(&request.revision);
        if !is_reference(&request.reference) || !is_count {
            return Err(ProblemCode::RequestMalformed.into());
        }
        let said = Said::read(&request.state, request.reason, request.text.as_deref())?;
        let published = self.published().await?;
        let cnic = data.blind_index(Subject::Cnic, request.cnic.as_str().as_bytes());
        let own = own_mark(data, system, &request.reference, &cnic);
        let mut write = self.store().write().await?;
        lock::take(&mut write, Lock::Device(&asked.by.key.key)).await?;
        if let Some(reply) = self.answered(&mut write, asked).await? {
            return Ok(reply);
        }
        lock::take(&mut write, Lock::Citizen(&cnic)).await?;
        if dispatch::find(&mut write, &mark(data, system, &request.reference))
            .await?
            .is_some()
        {
            return Err(ProblemCode::ReferenceTaken.into());
        }
        let service = if is_service_code(&request.service) {
            dispatch::service_of(&mut write, system, &request.service).await?
        } else {
            None
        };
        let service = service.ok_or(ProblemCode::ServiceUnknown)?;
        let before = dispatch::find(&mut write, &own).await?;
        let here = held(&mut write, &cnic, before.as_ref()).await?;
        let stands = here.application.as_ref().map(|one| one.state);
        let stands = stands.or(before.as_ref().map(|before| before.state));
        let late = before
            .as_ref()
            .filter(|before| request.revision <= before.revision);
        if let (Some(before), Some(state)) = (late, stands) {
            let revision = before.revision;
            return Ok(DispatchReportReply { state, revision });
        }
        if let Some(state) = stands
            && state != said.state
            && !state.next(Mover::Dispatcher).contains(&said.state)
        {
            // Who heard last of another state has not heard what the citizen did.
            let is_news = before.is_some_and(|before| before.state != state);
            return Err(if is_news {
                ProblemCode::ApplicationChanged
            } else {
                ProblemCode::ApplicationMove
            }
            .into());
        }
        let filed = Filed {
            published: &published,
            service: &service,
            reference: &request.reference,
            said: &said,
        };
        let put = Reference {
            revision: request.revision,
            state: said.state,
            changed_at: self.now().unix(),
            place: self.show(&mut write, &asked.by, here, &filed).await?,
        };
        dispatch::put(&mut write, &own, &put).await?;
        let reply = DispatchReportReply {
            state: put.state,
            revision: put.revision,
        };
        self.remember(&mut write, asked, &reply).await?;
        write.commit().await?;
        Ok(reply)
    }

    /// Shows a report in the wallet of its citizen, if there is one; says where it is then.
    async fn show(
        &self,
        db: &mut AnyConnection,
        system: &System,
        here: Held,
        filed: &Filed<'_>,
    ) -> Result<Option<Place>, Refusal> {
        let (now, actor) = (self.now(), system.actor());
        let step = filed.said.step(&actor);
        let Some(person) = here.person else {
            return Ok(None);
        };
        if let Some(one) = here.application {
            if step.state != one.state {
                take(db, self.with(), &person, &one, &step, now).await?;
            } else if step.text.is_some() {
                self.say(db, &person, &one, &step).await?;
            }
            return Ok(Some((person, one.id)));
        }
        // A service that is no more in the catalogue has no office that could be said; and nobody's wallet is filled up.
        let office = filed.published.office_of(filed.service);
        let Some(office) = office else { return Ok(None) };
        if application::count_open(db, &person, Origin::Dispatcher).await? >= OPEN_MAX {
            return Ok(None);
        }
        let id = ApplicationId(self.randomness().bytes());
        let new = New {
            office,
            service: filed.service,
            form: &Map::new(),
            carried: Some(Carried {
                by: system.key.name.clone(),
                origin: Origin::Dispatcher,
                reference: Some(sealed_reference(self.with(), &person, &id, filed.reference)?),
            }),
        };
        begin(db, self.with(), (&person, id), new, &step, now).await?;
        Ok(Some((person, id)))
    }
}

/// What a report is about.
struct Filed<'a> {
    published: &'a Published,
    service: &'a str,
    reference: &'a str,
    said: &'a Said<'a>,
}

/// The wallet that a report is about, if there is one.
struct Held {
    person: Option<PersonId>,
    application: Option<Application>,
}

/// Looks for the citizen's wallet, and in it for the application that was shown before.
async fn held(
    db: &mut AnyConnection,
    cnic: &BlindIndex,
    before: Option<&Reference>,
) -> Result<Held, Refusal> {
    let person = person::with_cnic(db, cnic).await?.map(|person| person.id);
    let mut application = None;
    if let (Some(person), Some((owner, id))) = (person, before.and_then(|before| before.place))
        && person == owner
    {
        application = application::find(db, &person, &id).await?;
    }
    Ok(Held { person, application })
}
