//! When the phone is gone: another device takes an enrolment over, or ends the lost one. Both take the proof of an
//! enrolment, or anybody could take over or disable anybody.

use std::sync::Arc;

use credential::{StatusPurpose, Timestamp, Vct};
use province_api::artefacts::IDENTITY_LIST;
use province_api::enrolment::{EnrolmentReply, EnrolmentRequest, Particulars};
use province_api::person::Day;
use province_api::problem::ProblemCode;
use province_api::sync::{Event, LostReply, LostRequest};
use province_api::{Biometric, Bytes};
use sqlx::AnyConnection;

use super::answered::Asked;
use super::enrol::{parse, reply};
use super::proof::Claimed;
use super::record::Record;
use super::sim_code::Whose;
use super::status::{draw, publish};
use super::tries::Errand;
use super::{Fault, Province, Refusal, day_of, document, end, feed};
use crate::audit::Actor;
use crate::keys::ProvinceKey;
use crate::proofing::Way;
use crate::sealed::{BlindIndex, Subject};
use crate::store::lock::{self, Lock};
use crate::store::person::{self, Person};
use crate::store::status_file::Flip;
use crate::store::{answer, attempt, challenge, device, status};

/// Most times that one CNIC is bound to another device in a day: each takes places in the status lists.
pub const BINDINGS_MAX: u32 = 3;

/// What another device says of its citizen.
struct Said {
    asked: Asked,
    cnic: BlindIndex,
    particulars: Particulars,
    picture: Biometric,
    code: Option<String>,
    now: Timestamp,
}

/// Whose device asked, once NADRA has confirmed it.
struct Proven {
    asked: Asked,
    cnic: BlindIndex,
    now: Timestamp,
}

impl Province {
    /// Gives the enrolment of a citizen to this device. The device before it is refused from then on; identity and
    /// documents get new status places, and what was drawn before dies by the old ones.
    ///
    /// # Errors
    /// A [`Refusal`]; then nothing changed but the count of attempts.
    pub async fn rebind(
        self: &Arc<Self>,
        asked: Asked,
        request: EnrolmentRequest,
    ) -> Result<EnrolmentReply, Refusal> {
        let said = self.to_prove(asked, request)?;
        let mut db = self.store().read().await?;
        if let Some(reply) = self.answered(&mut db, &asked).await? {
            return Ok(reply);
        }
        let bound = person::with_device(&mut db, asked.by.as_bytes()).await?;
        drop(db);
        if let Some(person) = bound {
            return self.enrolled(&person, &said.cnic).await;
        }
        let province = Arc::clone(self);
        self.enrolling
            .to_its_end(async move { province.bind(said).await })
            .await
            .unwrap_or(Err(Fault::BrokenOff.into()))
    }

    /// Disables the wallet of a citizen: its device is refused from then on, identity and documents die by the status
    /// lists. The enrolment stays, for a device that takes it over. A wallet that was bound after the report was made is
    /// another one than was meant: it stays, and the answer is the same.
    ///
    /// # Errors
    /// A [`Refusal`]; then nothing changed but the count of attempts.
    pub async fn lose(self: &Arc<Self>, asked: Asked, request: LostRequest) -> Result<LostReply, Refusal> {
        let LostRequest { lost_at, person } = request;
        let said = self.to_prove(asked, person)?;
        if let Some(reply) = self.answered(&mut *self.store().read().await?, &asked).await? {
            return Ok(reply);
        }
        let province = Arc::clone(self);
        self.enrolling
            .to_its_end(async move { province.disable(said, lost_at).await })
            .await
            .unwrap_or(Err(Fault::BrokenOff.into()))
    }

    fn to_prove(&self, asked: Asked, request: EnrolmentRequest) -> Result<Said, Refusal> {
        let now = self.now();
        let particulars = parse(&request, Day::at_unix(now.unix()))?;
        let cnic = particulars.cnic.as_str().as_bytes();
        Ok(Said {
            asked,
            cnic: self.keys().data.blind_index(Subject::Cnic, cnic),
            particulars,
            picture: request.photo.into(),
            code: request.sim_code,
            now,
        })
    }

    /// The proof of an enrolment: particulars and face go to NADRA, and guesses are counted.
    async fn prove_all(&self, errand: Errand, said: Said) -> Result<(Proven, Record, Way), Refusal> {
        let Said {
            asked,
            cnic,
            particulars,
            picture,
            now,
            ..
        } = said;
        let claimed = Claimed {
            errand,
            device: asked.by,
            cnic: &cnic,
            particulars: &particulars,
            picture,
            finger: None,
            by: &Actor::CITIZEN,
            now,
        };
        let (small, way) = self.prove(claimed).await?;
        let record = Record {
            particulars,
            photo: Bytes(small),
        };
        Ok((Proven { asked, cnic, now }, record, way))
    }

    async fn bind(&self, said: Said) -> Result<EnrolmentReply, Refusal> {
        self.prove_sim(Whose {
            from: said.asked.from,
            device: said.asked.by,
            cnic: (&said.particulars.cnic, &said.cnic),
            code: said.code.as_deref(),
            now: said.now,
        })
        .await?;
        let (Proven { asked, cnic, now }, record, way) = self.prove_all(Errand::Enrolment, said).await?;
        self.try_passes(&record, way.level()).await?;
        let mut write = self.store().write().await?;
        // The other of two at once may have been first: the locks are held from here on.
        lock::take(&mut write, Lock::Device(asked.by.as_bytes())).await?;
        lock::take(&mut write, Lock::Citizen(&cnic)).await?;
        if let Some(reply) = self.answered(&mut write, &asked).await? {
            return Ok(reply);
        }
        if let Some(bound) = person::with_device(&mut write, asked.by.as_bytes()).await? {
            drop(write);
            return self.enrolled(&bound, &cnic).await;
        }
        let mut person = self.found(&mut write, &cnic).await?;
        let binding = self.keys().data.blind_index(Subject::Binding, cnic.as_bytes());
        if attempt::count(&mut write, &binding, day_of(now)).await? > BINDINGS_MAX {
            return Err(self.tomorrow());
        }
        let flips = self.move_places(&mut write, &mut person, now).await?;
        device::replace(&mut write, &person.device_key, &person.id, now.unix()).await?;
        forget_device(&mut write, &person.device_key).await?;
        person.device_key = *asked.by.as_bytes();
        person.sealed = self.seal_record(&person.id, &record)?;
        person.nadra_at = now.unix();
        // As well as this device's holder was proofed: who enrolled before may have been somebody else's word.
        (person.assurance, person.way) = (way.level(), way);
        person.disabled_at = None;
        person::update(&mut write, &person).await?;
        feed::note_bare(
            &mut write,
            &person.id,
            (&Event::DeviceReplaced, &Actor::CITIZEN),
            now,
        )
        .await?;
        let key = self.status_key(&mut write, now).await?;
        publish(&mut write, &key, now, &flips).await?;
        let reply = reply(&person);
        self.remember(&mut write, &asked, &reply).await?;
        write.commit().await?;
        Ok(reply)
    }

    /// The person whom a device may be bound to.
    async fn found(&self, db: &mut AnyConnection, cnic: &BlindIndex) -> Result<Person, Refusal> {
        let person = person::with_cnic(db, cnic)
            .await?
            .ok_or(ProblemCode::NotEnrolled)?;
        if person.revoked_at.is_some() {
            return Err(ProblemCode::PersonRevoked.into());
        }
        let suspended = StatusPurpose::Suspended;
        if status::is_set(db, IDENTITY_LIST, suspended, person.status_index).await? {
            return Err(ProblemCode::PersonSuspended.into());
        }
        Ok(person)
    }

    /// Gives identity and documents new places in the status lists and revokes the old ones; says which bits turned.
    async fn move_places(
        &self,
        write: &mut AnyConnection,
        person: &mut Person,
        now: Timestamp,
    ) -> Result<Vec<Flip>, Fault> {
        let mut flips = end::revoke_places(write, person, now).await?;
        flips.extend(document::move_all(write, person, self.randomness(), now).await?);
        person.status_index = draw(write, IDENTITY_LIST, self.randomness()).await?;
        Ok(flips)
    }

    async fn disable(&self, said: Said, lost_at: u64) -> Result<LostReply, Refusal> {
        // Without a code: the SIM is in the phone that is lost.
        let (Proven { asked, cnic, now }, ..) = self.prove_all(Errand::Loss, said).await?;
        let mut write = self.store().write().await?;
        lock::take(&mut write, Lock::Device(asked.by.as_bytes())).await?;
        lock::take(&mut write, Lock::Citizen(&cnic)).await?;
        if let Some(reply) = self.answered(&mut write, &asked).await? {
            return Ok(reply);
        }
        let person = person::with_cnic(&mut write, &cnic)
            .await?
            .ok_or(ProblemCode::NotEnrolled)?;
        let newer = person.disabled_at.is_none() && person.nadra_at > lost_at;
        let disabled_at = if let Some(before) = person.disabled_at {
            before
        } else if newer {
            now.unix()
        } else {
            let flips = disable_wallet(&mut write, &person, &Actor::CITIZEN, now).await?;
            let key = self.status_key(&mut write, now).await?;
            publish(&mut write, &key, now, &flips).await?;
            now.unix()
        };
        let reply = LostReply { disabled_at, newer };
        self.remember(&mut write, &asked, &reply).await?;
        write.commit().await?;
        Ok(reply)
    }

    async fn status_key(&self, db: &mut AnyConnection, now: Timestamp) -> Result<ProvinceKey, Fault> {
        self.keys().current(db, Vct::STATUS_MANIFEST, now).await
    }
}

/// Disables a wallet inside the caller's transaction, which publishes the bits that turned.
pub(super) async fn disable_wallet(
    db: &mut AnyConnection,
    person: &Person,
    by: &Actor,
    now: Timestamp,
) -> Result<Vec<Flip>, Fault> {
    let flips = end::revoke_places(db, person, now).await?;
    let disabled = Person {
        disabled_at: Some(now.unix()),
        ..person.clone()
    };
    person::update(db, &disabled).await?;
    forget_device(db, &person.device_key).await?;
    feed::note_bare(db, &person.id, (&Event::WalletDisabled, by), now).await?;
    Ok(flips)
}

/// Forgets what was kept for a device that gets nothing more.
async fn forget_device(db: &mut AnyConnection, device_key: &[u8; 32]) -> Result<(), Fault> {
    challenge::forget_device(db, device_key).await?;
    Ok(answer::forget_device(db, device_key).await?)
}
