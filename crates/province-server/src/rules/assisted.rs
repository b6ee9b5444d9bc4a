//! Enrolment at a counter: an officer sees the citizen, takes a picture and reads a finger, and the citizen's phone shows the
//! key that it will sign with. What comes out is worth more than what a phone alone can prove.
//!
//! The phone asks for its enrolment afterwards as it always does, and is answered at once, because its key is enrolled. Who
//! enrolled alone with the same phone before is raised to the better level.

use std::sync::Arc;

use credential::Timestamp;
use province_api::Biometric;
use province_api::enrolment::{EnrolmentReply, Particulars};
use province_api::person::Day;
use province_api::problem::ProblemCode;
use province_api::proofing::{AssistedRequest, Finger, TEMPLATE_BYTES_MAX};
use province_api::signature::DeviceKey;

use super::answered::Asked;
use super::callers::{Caller as _, Counter};
use super::enrol::parse;
use super::proof::Claimed;
use super::tries::Errand;
use super::{Fault, Province, Refusal};
use crate::proofing::Way;
use crate::sealed::Subject;
use crate::store::person;

/// What a counter sends, read.
struct Assisted {
    device: DeviceKey,
    particulars: Particulars,
    picture: Biometric,
    finger: (Finger, Biometric),
}

impl Province {
    /// Enrols the citizen in front of a counter, with the phone that they showed there; who is enrolled with it is raised
    /// to the level of this proof, once for each idempotency key. Finger and face are wiped from memory once BioVerisys has
    /// answered.
    ///
    /// # Errors
    /// A [`Refusal`]; then nothing is kept but the count of tries.
    pub async fn assist(
        self: &Arc<Self>,
        asked: Asked<Counter>,
        request: AssistedRequest,
    ) -> Result<EnrolmentReply, Refusal> {
        let now = self.now();
        let particulars = parse(&request.person, Day::at_unix(now.unix()))?;
        let device = DeviceKey::parse(&request.device.0).ok_or(ProblemCode::RequestMalformed)?;
        if !(1..=TEMPLATE_BYTES_MAX).contains(&request.template.as_ref().len()) {
            return Err(ProblemCode::RequestMalformed.into());
        }
        let assisted = Assisted {
            device,
            particulars,
            picture: request.person.photo.into(),
            finger: (request.finger, request.template),
        };
        let province = Arc::clone(self);
        self.enrolling
            .to_its_end(async move { province.assist_now(asked, assisted, now).await })
            .await
            .unwrap_or(Err(Fault::BrokenOff.into()))
    }

    async fn assist_now(
        &self,
        asked: Asked<Counter>,
        assisted: Assisted,
        now: Timestamp,
    ) -> Result<EnrolmentReply, Refusal> {
        let Assisted {
            device,
            particulars,
            picture,
            finger,
        } = assisted;
        let cnic = particulars.cnic.as_str().as_bytes();
        let cnic = self.keys().data.blind_index(Subject::Cnic, cnic);
        let mut db = self.store().read().await?;
        if let Some(reply) = self.answered(&mut db, &asked).await? {
            return Ok(reply);
        }
        let known = person::with_device(&mut db, device.as_bytes()).await?;
        drop(db);
        // Who is known as well as this could prove, or as somebody else, is answered without a question.
        let is_no_more =
            |known: &person::Person| known.cnic_index != cnic || known.assurance >= Way::Assisted.level();
        if let Some(known) = known.filter(is_no_more) {
            return self.enrolled(&known, &cnic).await;
        }
        let by = asked.by.actor();
        let claimed = Claimed {
            errand: Errand::Counter,
            device,
            cnic: &cnic,
            particulars: &particulars,
            picture,
            finger: Some(finger),
            by: &by,
            now,
        };
        let proven = self.prove(claimed).await?;
        self.keep((device, &asked), &cnic, particulars, proven, &by).await
    }
}
