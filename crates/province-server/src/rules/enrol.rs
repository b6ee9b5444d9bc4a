//! Enrolment: a device says who its citizen is, NADRA confirms, and only then is anything kept.
//!
//! Whether a CNIC is enrolled already is said only to somebody whose particulars NADRA has confirmed: asked earlier,
//! any device could find out who has enrolled. The device that enrolled is answered at once, without asking again.

use std::sync::Arc;

use credential::{Timestamp, Vct};
use province_api::artefacts::IDENTITY_LIST;
use province_api::enrolment::{EnrolmentReply, EnrolmentRequest, FieldProblem, Particulars};
use province_api::person::{Day, FieldError};
use province_api::problem::ProblemCode;
use province_api::signature::DeviceKey;
use province_api::sync::Event;
use province_api::{Biometric, Bytes};
use sqlx::AnyConnection;

use super::answered::{Asked, Asker};
use super::kinds::{self, Citizen, Granted};
use super::proof::Claimed;
use super::record::Record;
use super::sim_code::Whose;
use super::status::{draw, may_draw, publish};
use super::tries::Errand;
use super::{Fault, Province, Refusal, family, feed};
use crate::audit::Actor;
use crate::districts;
use crate::proofing::Way;
use crate::sealed::{BlindIndex, PersonId, Subject};
use crate::store::lock::{self, Lock};
use crate::store::person;
use crate::store::person::Person;

/// An index that takes as many bytes in a pass as any.
const LONGEST_INDEX: u32 = u32::MAX;

impl Province {
    /// Enrols the citizen of `device`. Once NADRA may be asked it goes on to its end whatever becomes of the caller: an
    /// outage must not use up tries because a phone gave up first.
    ///
    /// # Errors
    /// A [`Refusal`]; then nothing is kept but the count of attempts.
    pub async fn enrol(
        self: &Arc<Self>,
        asked: Asked,
        request: EnrolmentRequest,
    ) -> Result<EnrolmentReply, Refusal> {
        let now = self.now();
        let particulars = parse(&request, Day::at_unix(now.unix()))?;
        let cnic = self
            .keys()
            .data
            .blind_index(Subject::Cnic, particulars.cnic.as_str().as_bytes());
        let mut db = self.store().read().await?;
        if let Some(reply) = self.answered(&mut db, &asked).await? {
            return Ok(reply);
        }
        let person = person::with_device(&mut db, asked.by.as_bytes()).await?;
        drop(db);
        if let Some(person) = person {
            return self.enrolled(&person, &cnic).await;
        }
        let province = Arc::clone(self);
        self.enrolling
            .to_its_end(async move {
                let given = (Biometric::from(request.photo), request.sim_code);
                province.enrol_anew(asked, cnic, particulars, given, now).await
            })
            .await
            .unwrap_or(Err(Fault::BrokenOff.into()))
    }

    async fn enrol_anew(
        &self,
        asked: Asked,
        cnic: BlindIndex,
        particulars: Particulars,
        (picture, code): (Biometric, Option<String>),
        now: Timestamp,
    ) -> Result<EnrolmentReply, Refusal> {
        self.prove_sim(Whose {
            from: asked.from,
            device: asked.by,
            cnic: (&particulars.cnic, &cnic),
            code: code.as_deref(),
            now,
        })
        .await?;
        let claimed = Claimed {
            errand: Errand::Enrolment,
            device: asked.by,
            cnic: &cnic,
            particulars: &particulars,
            picture,
            finger: None,
            by: &Actor::CITIZEN,
            now,
        };
        let proven = self.prove(claimed).await?;
        self.keep((asked.by, &asked), &cnic, particulars, proven, &Actor::CITIZEN)
            .await
    }

    /// The answer to a device that has enrolled before.
    pub(super) async fn enrolled(
        &self,
        person: &Person,
        cnic: &BlindIndex,
    ) -> Result<EnrolmentReply, Refusal> {
        if person.cnic_index != *cnic {
            return Err(ProblemCode::DeviceTaken.into());
        }
        let mut db = self.store().read().await?;
        may_draw(&mut db, person.status_index).await?;
        Ok(reply(person))
    }

    /// Keeps a confirmed citizen, with this device: all in one transaction, or nothing. Who is enrolled with it less well is
    /// raised.
    pub(super) async fn keep(
        &self,
        (device, asked): (DeviceKey, &Asked<impl Asker>),
        cnic: &BlindIndex,
        particulars: Particulars,
        (small, way): (Vec<u8>, Way),
        by: &Actor,
    ) -> Result<EnrolmentReply, Refusal> {
        let id = PersonId::make(self.randomness());
        let number = particulars.cnic.clone();
        let record = Record {
            particulars,
            photo: Bytes(small),
        };
        self.try_passes(&record, way.level()).await?;
        let sealed = self.seal_record(&id, &record)?;
        let mut write = self.store().write().await?;
        // The other of two simultaneous enrolments may have been first: the locks are held from here on.
        let child = family::subject(&self.keys().data, &number);
        let keys = [device.as_bytes(), asked.by.key()].map(Lock::Device);
        lock::take_all(&mut write, &keys).await?;
        for what in [Lock::Ward(&child), Lock::Citizen(cnic)] {
            lock::take(&mut write, what).await?;
        }
        if let Some(reply) = self.answered(&mut write, asked).await? {
            return Ok(reply);
        }
        if let Some(first) = person::with_device(&mut write, device.as_bytes()).await? {
            if first.cnic_index == *cnic && first.assurance < way.level() {
                let raised = reply(&self.raise(&mut write, first, &record, way, by).await?);
                self.remember(&mut write, asked, &raised).await?;
                write.commit().await?;
                return Ok(raised);
            }
            drop(write);
            return self.enrolled(&first, cnic).await;
        }
        if person::with_cnic(&mut write, cnic).await?.is_some() {
            return Err(ProblemCode::AlreadyEnrolled.into());
        }
        let person = Person {
            id,
            cnic_index: *cnic,
            device_key: *device.as_bytes(),
            sealed,
            status_index: draw(&mut write, IDENTITY_LIST, self.randomness()).await?,
            nadra_at: self.now().unix(),
            assurance: way.level(),
            way,
            events: 0,
            revoked_at: None,
            disabled_at: None,
        };
        match person::add(&mut write, &person).await {
            Ok(()) => {}
            Err(error) if error.is_taken() => return Err(ProblemCode::AlreadyEnrolled.into()),
            Err(error) => return Err(error.into()),
        }
        let now = self.now();
        feed::note_bare(&mut write, &person.id, (&Event::Enrolled, by), now).await?;
        let with = (&self.keys().data, self.randomness());
        let flips = family::hand_over(&mut write, with, (&person, &number), now).await?;
        if !flips.is_empty() {
            let key = self.keys().current(&mut write, Vct::STATUS_MANIFEST, now).await?;
            publish(&mut write, &key, now, &flips).await?;
        }
        let reply = reply(&person);
        self.remember(&mut write, asked, &reply).await?;
        write.commit().await?;
        Ok(reply)
    }

    /// Raises who is enrolled to the level of a better proof, which their phone is told.
    async fn raise(
        &self,
        db: &mut AnyConnection,
        person: Person,
        record: &Record,
        way: Way,
        by: &Actor,
    ) -> Result<Person, Refusal> {
        may_draw(&mut *db, person.status_index).await?;
        let now = self.now();
        let raised = Person {
            sealed: self.seal_record(&person.id, record)?,
            assurance: way.level(),
            way,
            // A pass of the level before is told from one of this by the second.
            nadra_at: now.unix().max(person.nadra_at.saturating_add(1)),
            ..person
        };
        person::update(&mut *db, &raised).await?;
        feed::note_bare(db, &raised.id, (&Event::ProofRaised, by), now).await?;
        Ok(raised)
    }

    /// Signs one pass of each type that everybody has and forgets it: who could not be given passes is not enrolled either.
    pub(super) async fn try_passes(&self, record: &Record, assurance: u8) -> Result<(), Fault> {
        let now = self.now();
        // First what may need a connection of its own: who holds one waits for no other.
        let register = self.register().await?;
        let mut db = self.store().read().await?;
        let citizen = Citizen {
            record,
            status_index: LONGEST_INDEX,
            assurance,
        };
        for kind in register
            .types
            .iter()
            .filter(|kind| kinds::is_for_everybody(kind, assurance))
        {
            // Whether there is one. What is signed here goes nowhere, so it does not sign it.
            self.keys().current(&mut db, kind.vct, now).await?;
            let (nothing, stand_in) = (Granted::default(), kinds::stand_in());
            let holder = Some(stand_in.public());
            let claims = kinds::claims(kind, &citizen, &nothing, holder.map(Into::into), now);
            kind.issue(&claims, &stand_in).map_err(Fault::Issue)?;
        }
        Ok(())
    }
}

pub(super) fn reply(person: &Person) -> EnrolmentReply {
    EnrolmentReply {
        enrolment: Bytes::from(&person.id.as_bytes()[..]),
        confirmed_at: person.nadra_at,
    }
}

pub(super) fn parse(request: &EnrolmentRequest, today: Day) -> Result<Particulars, Refusal> {
    let particulars = request.parse(today).map_err(Refusal::Fields)?;
    if districts::find(&particulars.district).is_none() {
        return Err(Refusal::Fields(vec![FieldProblem {
            field: "district".to_owned(),
            code: FieldError::ChoiceUnknown,
        }]));
    }
    Ok(particulars)
}
