//! What a department's system does about applications to its office: reads them in order, and answers them.

use credential::Vct;
use province_api::Bytes;
use province_api::application::{
    AnswerReply, AnswerRequest, Applicant, ApplicationChange, ApplicationState, ApplicationsReply,
    CHANGES_PAGE_MAX, DocumentGrant, Mover,
};
use province_api::dispatch::Origin;
use province_api::problem::ProblemCode;
use serde_json::json;
use sqlx::AnyConnection;

use super::answered::Asked;
use super::applications::{Step, dispatched, opened, parse_id, reader_of, take};
use super::callers::{Caller as _, System};
use super::document::{self, DocumentError, Form};
use super::{Fault, Province, Refusal, audit, day_of};
use crate::audit::{Action, Actor};
use crate::sealed::{BlindIndex, PersonId, Subject};
use crate::store::application::{self, Application, ApplicationId, Change};
use crate::store::attempt;
use crate::store::lock::{self, Lock};
use crate::store::person;

/// Bytes of sealed forms behind which a page ends.
const PAGE_BYTES: usize = 1 << 20;

impl Province {
    /// The changes of applications to this system's office behind a number, a page. Who applies and what they gave stands
    /// with the change by which an application came; each time that is noted in the audit log.
    ///
    /// # Errors
    /// [`ProblemCode::SystemOffice`], [`Refusal::Fault`].
    pub async fn applications_of(&self, system: &System, after: u64) -> Result<ApplicationsReply, Refusal> {
        let reader = reader_of(system.office()?);
        self.page_of(&reader, system, after).await
    }

    /// A page of what a reader is told.
    pub(super) async fn page_of(
        &self,
        reader: &str,
        system: &System,
        after: u64,
    ) -> Result<ApplicationsReply, Refusal> {
        let most = u32::try_from(CHANGES_PAGE_MAX + 1).unwrap_or(u32::MAX);
        let mut write = self.store().write().await?;
        let mut found = application::after(&mut write, reader, after, most).await?;
        let mut bytes = 0;
        let whole = found.iter().take(CHANGES_PAGE_MAX).take_while(|change| {
            let is_first = bytes == 0;
            bytes += change.application.sealed.len();
            is_first || bytes <= PAGE_BYTES
        });
        let count = whole.count();
        // Whoever read further than was ever told read of another database: this one is older than what they know.
        if count == 0 && after > application::last(&mut write, reader).await? {
            return Err(ProblemCode::NotFound.into());
        }
        let more = found.len() > count;
        found.truncate(count);
        let cursor = found.last().map_or(after, |last| last.seq);
        let mut changes = Vec::with_capacity(count);
        for change in found {
            changes.push(self.told(&mut write, change, &system.actor()).await?);
        }
        write.commit().await?;
        Ok(ApplicationsReply {
            changes,
            cursor,
            more,
        })
    }

    /// A change as an office or a platform is told it.
    async fn told(
        &self,
        db: &mut AnyConnection,
        change: Change,
        by: &Actor,
    ) -> Result<ApplicationChange, Fault> {
        let one = &change.application;
        let mut told = ApplicationChange {
            number: change.seq,
            at: change.at,
            application: Bytes::from(&one.id.0[..]),
            service: one.service.clone(),
            state: change.state,
            reason: change.reason,
            amount_rupees: one
                .amount_rupees
                .filter(|_| change.state == ApplicationState::PaymentDue),
            dispatched: dispatched(&self.keys().data, &change.person, one)?,
            applicant: None,
            form: None,
        };
        let began_here = one.carried.as_ref().is_none_or(|it| it.origin == Origin::Wallet);
        // What a citizen took back is nobody's to read.
        if began_here
            && change.state == ApplicationState::Submitted
            && one.state != ApplicationState::Withdrawn
        {
            let given = self.open_record(&change.person, &change.record)?.particulars;
            told.applicant = Some(Applicant {
                cnic: given.cnic.as_str().to_owned(),
                name_en: given.name_en.as_str().to_owned(),
                name_ur: given.name_ur.as_str().to_owned(),
                guardian_name_en: given.guardian_name_en.as_str().to_owned(),
                guardian_name_ur: given.guardian_name_ur.as_str().to_owned(),
                guardian_relation: given.guardian_relation.as_str().to_owned(),
                date_of_birth: given.date_of_birth.to_string(),
                district: given.district.as_str().to_owned(),
                mobile: given.mobile.as_str().to_owned(),
                assurance: change.assurance,
            });
            told.form = Some(opened(&self.keys().data, &change.person, one)?);
            let shown = [by.text().as_bytes(), b"\0", &one.id.0].concat();
            let shown = self.keys().data.blind_index(Subject::Reading, &shown);
            // A system that asks for the same page all day has looked once that day.
            if attempt::count(db, &shown, day_of(self.now())).await? == 1 {
                let detail = json!({ "application": hex::encode(one.id.0), "service": one.service });
                let read = (Action::ApplicationRead, &detail);
                audit::note_sealed(db, &self.keys().data, by, read, &change.person, self.now()).await?;
            }
        }
        Ok(told)
    }

    /// Answers an application: moves it on, tells the citizen, and grants the document if there is one; all or nothing.
    ///
    /// # Errors
    /// A [`Refusal`]; then nothing changed.
    pub async fn answer_application(
        &self,
        asked: &Asked<System>,
        request: &AnswerRequest,
    ) -> Result<AnswerReply, Refusal> {
        let system = &asked.by;
        let reader = reader_of(system.office()?);
        let id = parse_id(&request.application)?;
        if !request.is_whole() {
            return Err(ProblemCode::AnswerParts.into());
        }
        let published = self.published().await?;
        let now = self.now();
        let mut write = self.store().write().await?;
        lock::take(&mut write, Lock::Device(&system.key.key)).await?;
        if let Some(reply) = self.answered(&mut write, asked).await? {
            return Ok(reply);
        }
        let (owner, cnic, one) = of_reader(&mut write, &reader, &id).await?;
        if one.state != request.seen {
            return Err(ProblemCode::ApplicationChanged.into());
        }
        if !one.state.next(Mover::Office).contains(&request.state) {
            return Err(ProblemCode::ApplicationMove.into());
        }
        let amount_rupees = match request.state {
            ApplicationState::PaymentDue => {
                let fee = published.fee_of(&one.service);
                Some(amount_due(fee, request.amount_rupees).ok_or(ProblemCode::AnswerParts)?)
            }
            _ => None,
        };
        let by = system.actor();
        if let Some(grant) = &request.document {
            let form = self.form_of(&mut write, system, grant, &cnic).await?;
            document::grant_in(&mut write, self.keys(), &form, now, self.randomness(), &by)
                .await
                .map_err(refused)?;
        }
        let step = Step {
            state: request.state,
            reason: request.reason,
            text: request.text.as_deref(),
            amount_rupees,
            challan: request.challan.as_deref(),
            by: &by,
        };
        take(&mut write, self.with(), &owner, &one, &step, now).await?;
        let reply = AnswerReply {
            state: step.state,
            at: now.unix(),
        };
        self.remember(&mut write, asked, &reply).await?;
        write.commit().await?;
        Ok(reply)
    }

    /// The document that a system grants, if its key may.
    async fn form_of(
        &self,
        db: &mut AnyConnection,
        system: &System,
        grant: &DocumentGrant,
        cnic: &BlindIndex,
    ) -> Result<Form, Refusal> {
        let vct = Vct::parse(&grant.vct).ok();
        let vct = vct.filter(|vct| system.key.grants.contains(vct));
        let vct = vct.ok_or(ProblemCode::DocumentNotAllowed)?;
        let person = person::with_cnic(db, cnic).await?;
        let person = person.ok_or(ProblemCode::ApplicationUnknown)?;
        let record = self.open_record(&person.id, &person.sealed)?;
        Ok(Form {
            cnic: record.particulars.cnic,
            child: None,
            vct,
            fields: grant.fields.clone(),
        })
    }
}

/// The fee that is due: the catalogue's, where a source says it, and then no other; else what the office assessed.
fn amount_due(fee: Option<u32>, assessed: Option<u32>) -> Option<u32> {
    match (fee, assessed) {
        (Some(fee), Some(assessed)) if fee != assessed => None,
        (Some(0), _) | (None, None) => None,
        (fee, assessed) => fee.or(assessed),
    }
}

/// An application of which this reader was told, and whose it is, with that citizen locked to the end of the transaction.
pub(super) async fn of_reader(
    db: &mut AnyConnection,
    reader: &str,
    id: &ApplicationId,
) -> Result<(PersonId, BlindIndex, Application), Refusal> {
    let unknown = || Refusal::from(ProblemCode::ApplicationUnknown);
    let owner = application::person_of(db, reader, id).await?;
    let owner = owner.ok_or_else(unknown)?;
    let cnic = person::cnic_of(db, &owner).await?.ok_or_else(unknown)?;
    lock::take(db, Lock::Citizen(&cnic)).await?;
    let one = application::find(db, &owner, id).await?.ok_or_else(unknown)?;
    Ok((owner, cnic, one))
}

/// Why a department's document was not granted: its fields by their names, never what stands in them.
fn refused(error: DocumentError) -> Refusal {
    match error {
        DocumentError::Fault(fault) => Refusal::Fault(fault),
        error => Refusal::Detailed(ProblemCode::DocumentRefused, error.to_string()),
    }
}
