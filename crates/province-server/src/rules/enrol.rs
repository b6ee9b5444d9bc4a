//! Enrolment: a device says who its citizen is, NADRA confirms, and only then is anything kept.
//!
//! Whether a CNIC is enrolled already is said only to somebody whose particulars NADRA has confirmed: asked earlier,
//! any device could find out who has enrolled. The device that enrolled is answered at once, without asking again.

use std::sync::Arc;

use credential::{Timestamp, Vct};
use province_api::Bytes;
use province_api::artefacts::IDENTITY_LIST;
use province_api::enrolment::{EnrolmentReply, EnrolmentRequest, FieldProblem, Particulars};
use province_api::nadra::{NadraOutcome, VerifyRequest};
use province_api::person::{Day, FieldError};
use province_api::problem::ProblemCode;
use province_api::signature::DeviceKey;
use province_api::sync::Event;

use super::answered::Asked;
use super::kinds::{self, Granted};
use super::record::Record;
use super::status::{draw, may_draw, publish};
use super::{Fault, Province, Refusal, audit, day_of, family, feed};
use crate::audit::{Action, Actor};
use crate::districts;
use crate::nadra::NadraError;
use crate::photo::{self, PhotoError};
use crate::sealed::{BlindIndex, PersonId, Subject};
use crate::store::lock::{self, Lock};
use crate::store::person::Person;
use crate::store::{attempt, person};

/// Refusals by NADRA that one CNIC, and one device, may meet in a day.
pub const ATTEMPTS_MAX: u32 = 20;

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
        let person = person::with_device(&mut db, asked.device.as_bytes()).await?;
        drop(db);
        if let Some(person) = person {
            return self.enrolled(&person, &cnic).await;
        }
        let province = Arc::clone(self);
        self.enrolling
            .to_its_end(async move {
                let picture = request.photo.0;
                province.enrol_anew(asked, cnic, particulars, picture, now).await
            })
            .await
            .unwrap_or(Err(Fault::BrokenOff.into()))
    }

    async fn enrol_anew(
        &self,
        asked: Asked,
        cnic: BlindIndex,
        particulars: Particulars,
        picture: Vec<u8>,
        now: Timestamp,
    ) -> Result<EnrolmentReply, Refusal> {
        let small = self
            .prove(asked.device, &cnic, &particulars, picture, now)
            .await?;
        self.keep(asked, &cnic, particulars, small).await
    }

    /// Has NADRA confirm that the holder of this device is who they say; gives the small picture.
    ///
    /// # Errors
    /// A [`Refusal`]; then nothing is kept but the count of attempts.
    pub(super) async fn prove(
        &self,
        device: DeviceKey,
        cnic: &BlindIndex,
        particulars: &Particulars,
        picture: Vec<u8>,
        now: Timestamp,
    ) -> Result<Vec<u8>, Refusal> {
        let subjects = [
            *cnic,
            self.keys().data.blind_index(Subject::Device, device.as_bytes()),
        ];
        // Counted before the picture is read: reading one costs more than sending one.
        self.count_attempt(&subjects, now).await?;
        let small = self.small_picture(picture.clone()).await?;
        self.confirm(particulars, picture, &subjects, now).await?;
        Ok(small)
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

    async fn count_attempt(&self, subjects: &[BlindIndex], now: Timestamp) -> Result<(), Refusal> {
        let mut write = self.store().write().await?;
        let mut most = 0;
        for subject in subjects {
            most = most.max(attempt::count(&mut write, subject, day_of(now)).await?);
        }
        if most > ATTEMPTS_MAX {
            // Dropped, not committed: who is refused here adds nothing to the count.
            return Err(self.tomorrow());
        }
        Ok(write.commit().await?)
    }

    /// Makes the small picture away from the threads that answer others.
    async fn small_picture(&self, picture: Vec<u8>) -> Result<Vec<u8>, Refusal> {
        match self.threads.in_thread(move || photo::reduce(&picture)).await {
            Some(Ok(small)) => Ok(small),
            Some(Err(PhotoError::Encode)) => Err(Fault::Photo(PhotoError::Encode).into()),
            // A picture that brings its reader down is as unreadable as one that is refused.
            Some(Err(PhotoError::Unreadable | PhotoError::TooSmall | PhotoError::Blank)) | None => {
                Err(ProblemCode::PhotoUnreadable.into())
            }
        }
    }

    /// Enough for one day.
    pub(super) fn tomorrow(&self) -> Refusal {
        let left = credential::DAY - self.now().unix() % credential::DAY;
        Refusal::Later(
            ProblemCode::TooManyAttempts,
            u32::try_from(left).unwrap_or(u32::MAX),
        )
    }

    /// Asks NADRA. An attempt that was not the citizen's fault is taken back.
    async fn confirm(
        &self,
        particulars: &Particulars,
        picture: Vec<u8>,
        subjects: &[BlindIndex],
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let asked_as = self.randomness().bytes::<16>();
        let reference = Bytes(asked_as.to_vec());
        let answer = self.nadra().verify(question(particulars, picture, reference));
        let outcome = self.metrics().nadra(answer).await;
        if let Err(error) = &outcome {
            log_unavailable(error);
        }
        let mut write = self.store().write().await?;
        if matches!(outcome, Err(_) | Ok(NadraOutcome::Matched)) {
            for subject in subjects {
                attempt::forgive(&mut write, subject, day_of(now)).await?;
            }
        }
        let what =
            serde_json::json!({ "outcome": outcome.as_ref().ok(), "reference": hex::encode(asked_as) });
        audit::note(&mut write, &Actor::CITIZEN, Action::Proofed, None, &what, now).await?;
        write.commit().await?;
        let code = match outcome {
            Ok(NadraOutcome::Matched) => return Ok(()),
            Ok(NadraOutcome::NotMatched) => ProblemCode::NadraNotMatched,
            Ok(NadraOutcome::Expired) => ProblemCode::NadraExpired,
            Ok(NadraOutcome::Blocked) => ProblemCode::NadraBlocked,
            Ok(NadraOutcome::Deceased) => ProblemCode::NadraDeceased,
            Ok(NadraOutcome::NotFound) => ProblemCode::NadraNotFound,
            Err(_) => return Err(Refusal::Later(ProblemCode::NadraUnavailable, 60)),
        };
        Err(code.into())
    }

    /// Keeps a confirmed citizen: all in one transaction, or nothing.
    async fn keep(
        &self,
        asked: Asked,
        cnic: &BlindIndex,
        particulars: Particulars,
        small: Vec<u8>,
    ) -> Result<EnrolmentReply, Refusal> {
        let id = PersonId::make(self.randomness());
        let number = particulars.cnic.clone();
        let record = Record {
            particulars,
            photo: Bytes(small),
        };
        self.try_passes(&record).await?;
        let sealed = self.seal_record(&id, &record)?;
        let mut write = self.store().write().await?;
        // The other of two simultaneous enrolments may have been first: the locks are held from here on.
        let child = family::subject(&self.keys().data, &number);
        for what in [
            Lock::Device(asked.device.as_bytes()),
            Lock::Ward(&child),
            Lock::Citizen(cnic),
        ] {
            lock::take(&mut write, what).await?;
        }
        if let Some(reply) = self.answered(&mut write, &asked).await? {
            return Ok(reply);
        }
        if let Some(first) = person::with_device(&mut write, asked.device.as_bytes()).await? {
            drop(write);
            return self.enrolled(&first, cnic).await;
        }
        if person::with_cnic(&mut write, cnic).await?.is_some() {
            return Err(ProblemCode::AlreadyEnrolled.into());
        }
        let person = Person {
            id,
            cnic_index: *cnic,
            device_key: *asked.device.as_bytes(),
            sealed,
            status_index: draw(&mut write, IDENTITY_LIST, self.randomness()).await?,
            nadra_at: self.now().unix(),
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
        feed::note_bare(&mut write, &person.id, (&Event::Enrolled, &Actor::CITIZEN), now).await?;
        let with = (&self.keys().data, self.randomness());
        let flips = family::hand_over(&mut write, with, (&person, &number), now).await?;
        if !flips.is_empty() {
            let key = self.keys().current(&mut write, Vct::STATUS_MANIFEST, now).await?;
            publish(&mut write, &key, now, &flips).await?;
        }
        let reply = reply(&person);
        self.remember(&mut write, &asked, &reply).await?;
        write.commit().await?;
        Ok(reply)
    }

    /// Signs one pass of each type that everybody has and forgets it: who could not be given passes is not enrolled either.
    pub(super) async fn try_passes(&self, record: &Record) -> Result<(), Fault> {
        let now = self.now();
        let mut db = self.store().read().await?;
        let register = self.register().await?;
        for kind in register.types.iter().filter(|kind| kinds::is_for_everybody(kind)) {
            // Whether there is one. What is signed here goes nowhere, so it does not sign it.
            self.keys().current(&mut db, kind.vct, now).await?;
            let (nothing, stand_in) = (Granted::default(), kinds::stand_in());
            let holder = Some(stand_in.public());
            let claims = kinds::claims(kind, record, LONGEST_INDEX, &nothing, holder.map(Into::into), now);
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

fn question(p: &Particulars, picture: Vec<u8>, reference: Bytes) -> VerifyRequest {
    VerifyRequest {
        reference,
        cnic: p.cnic.clone(),
        cnic_issued_on: p.cnic_issued_on,
        name_en: p.name_en.clone(),
        name_ur: p.name_ur.clone(),
        guardian_name_en: p.guardian_name_en.clone(),
        guardian_name_ur: p.guardian_name_ur.clone(),
        guardian_relation: p.guardian_relation,
        date_of_birth: p.date_of_birth,
        gender: p.gender,
        district: p.district.clone(),
        photo: Bytes(picture),
    }
}

fn log_unavailable(error: &NadraError) {
    tracing::warn!(reason = %error, "NADRA could not be asked");
}
