//! The proof of who somebody is: NADRA is asked, tries are counted, and outcome, level, time and reference are noted.
//!
//! A question is put in three steps: it is noted as under way, NADRA is asked, and the answer is noted before anybody hears
//! of it. While it is under way it counts as a try, so that nobody guesses faster by asking at once; a refusal that is noted
//! counts for the day; what was never noted, because the database went away, counts for a minute and then as nothing. Nobody
//! learned that answer, so nothing was guessed, and our failure costs the citizen no try.

use credential::Timestamp;
use province_api::Biometric;
use province_api::enrolment::Particulars;
use province_api::nadra::{FingerRequest, NadraOutcome, VerifyRequest};
use province_api::problem::ProblemCode;
use province_api::proofing::Finger;
use province_api::signature::DeviceKey;
use serde_json::{Value, json};
use sqlx::AnyConnection;

use super::{Fault, Province, Refusal, audit, day_of};
use crate::audit::{Action, Actor};
use crate::nadra::NadraError;
use crate::nadra::breaker::Turn;
use crate::photo::{self, PhotoError};
use crate::proofing::Way;
use crate::sealed::{BlindIndex, Subject};
use crate::store::asking::{self, REFERENCE_BYTES};
use crate::store::{StoreError, attempt};

/// Refusals by NADRA that one CNIC, and one device, may meet in a day.
pub const ATTEMPTS_MAX: u32 = 20;

/// For how long a question whose answer is not noted counts as a try, in seconds: longer than any takes.
pub const UNDER_WAY_SECONDS: u64 = 60;

/// When to ask again whom NADRA did not answer before it is left alone, in seconds.
pub(super) const AGAIN_SECONDS: u32 = 60;

/// Somebody who says who they are.
pub(super) struct Claimed<'a> {
    /// With this device.
    pub device: DeviceKey,
    pub cnic: &'a BlindIndex,
    pub particulars: &'a Particulars,
    /// Their face.
    pub picture: Biometric,
    /// And, at a counter, a finger.
    pub finger: Option<(Finger, Biometric)>,
    /// Who asks.
    pub by: &'a Actor,
    pub now: Timestamp,
}

/// A question that is under way: it counts as a try of these.
pub(super) struct Asking {
    pub subjects: [BlindIndex; 2],
    pub reference: [u8; REFERENCE_BYTES],
    pub now: Timestamp,
}

impl Province {
    /// Has NADRA confirm that the holder of this device is who they say; gives the small picture, and how they were
    /// proofed. The large picture and the finger are wiped from memory once NADRA has answered, whatever it said.
    ///
    /// # Errors
    /// A [`Refusal`]; then nothing is kept but the count of tries.
    pub(super) async fn prove(&self, claimed: Claimed<'_>) -> Result<(Vec<u8>, Way), Refusal> {
        let Claimed {
            device,
            cnic,
            particulars,
            picture,
            finger,
            by,
            now,
        } = claimed;
        let way = match finger {
            Some(_) => Way::Assisted,
            None => Way::Remote,
        };
        // Before anything else: while NADRA is away nobody waits and nothing is written.
        let turn = self.turn()?;
        let subjects = [
            *cnic,
            self.keys().data.blind_index(Subject::Device, device.as_bytes()),
        ];
        let asking = self.begin(subjects, ATTEMPTS_MAX, now).await?;
        // Counted before the picture is read: reading one costs more than sending one.
        let small = match self.small_picture(picture.clone()).await {
            Ok(small) => small,
            Err(refusal) => {
                let mut write = self.store().write().await?;
                asking.end(&mut write, true).await?;
                write.commit().await.map_err(Fault::from)?;
                return Err(refusal);
            }
        };
        let person = question(particulars, picture, asking.reference);
        let answer = match finger {
            None => self.nadra().verify(person),
            Some((finger, template)) => self.nadra().verify_finger(FingerRequest {
                person,
                finger,
                template,
            }),
        };
        let answer = self.metrics().nadra(answer).await;
        let outcome = heard(answer).unwrap_or(NadraOutcome::Unavailable);
        self.ended(turn, outcome != NadraOutcome::Unavailable);
        let is_try = !matches!(outcome, NadraOutcome::Matched | NadraOutcome::Unavailable);
        let said = json!({ "outcome": outcome, "way": way.as_str(), "level": way.level() });
        let mut write = self.store().write().await?;
        asking.end(&mut write, is_try).await?;
        asking.note(&mut write, by, said).await?;
        write.commit().await?;
        confirmed(outcome)?;
        Ok((small, way))
    }

    /// Leave to ask NADRA.
    pub(super) fn turn(&self) -> Result<Turn<'_>, Refusal> {
        let turn = self.breaker.enter(self.now().unix());
        turn.map_err(|seconds| Refusal::Later(ProblemCode::NadraUnavailable, seconds))
    }

    /// Whether NADRA answered.
    pub(super) fn ended(&self, turn: Turn<'_>, answered: bool) {
        turn.ended(answered, self.now().unix());
    }

    /// Notes that a question is put, unless there were as many as `most` today.
    pub(super) async fn begin(
        &self,
        subjects: [BlindIndex; 2],
        most: u32,
        now: Timestamp,
    ) -> Result<Asking, Refusal> {
        let asking = Asking {
            subjects,
            reference: self.randomness().bytes(),
            now,
        };
        let mut write = self.store().write().await?;
        let since = now.minus(UNDER_WAY_SECONDS).unix();
        for subject in &asking.subjects {
            // The row is locked from here on: of two at once the other one counts this.
            let tries = attempt::held(&mut write, subject, day_of(now)).await?;
            if tries >= most {
                return Err(self.tomorrow());
            }
            if tries + asking::count(&mut write, subject, since).await? >= most {
                let minute = u32::try_from(UNDER_WAY_SECONDS).unwrap_or(u32::MAX);
                return Err(Refusal::Later(ProblemCode::TooManyAttempts, minute));
            }
            asking::begin(&mut write, subject, &asking.reference, now.unix()).await?;
        }
        write.commit().await?;
        Ok(asking)
    }

    /// Makes the small picture away from the threads that answer others.
    async fn small_picture(&self, picture: Biometric) -> Result<Vec<u8>, Refusal> {
        match self
            .threads
            .in_thread(move || photo::reduce(picture.as_ref()))
            .await
        {
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
}

/// Questions whose answers were never noted stand in the audit log too, for whoever compares it with NADRA's.
pub(super) async fn forget(db: &mut AnyConnection, now: Timestamp) -> Result<(), Fault> {
    let before = now.minus(credential::DAY).unix();
    for reference in asking::begun_before(&mut *db, before).await? {
        let what = json!({ "outcome": "not_noted", "reference": hex::encode(reference) });
        audit::note(&mut *db, &Actor::PROVINCE, Action::Proofed, None, &what, now).await?;
    }
    Ok(asking::forget_before(db, before).await?)
}

impl Asking {
    /// Its answer is noted in the caller's transaction, and heard by whoever asked only after this.
    pub(super) async fn end(&self, db: &mut AnyConnection, is_try: bool) -> Result<(), StoreError> {
        asking::end(&mut *db, &self.reference).await?;
        if is_try {
            for subject in &self.subjects {
                attempt::count(&mut *db, subject, day_of(self.now)).await?;
            }
        }
        Ok(())
    }

    /// What the audit log says of it: what is given, an object, and the reference.
    pub(super) async fn note(
        &self,
        db: &mut AnyConnection,
        by: &Actor,
        mut said: Value,
    ) -> Result<(), StoreError> {
        if let Some(said) = said.as_object_mut() {
            said.insert("reference".to_owned(), hex::encode(self.reference).into());
        }
        audit::note(db, by, Action::Proofed, None, &said, self.now).await
    }
}

/// What NADRA said, if it said something.
pub(super) fn heard<T>(answer: Result<T, NadraError>) -> Option<T> {
    answer
        .inspect_err(|error| tracing::warn!(reason = %error, "NADRA could not be asked"))
        .ok()
}

fn confirmed(outcome: NadraOutcome) -> Result<(), Refusal> {
    let code = match outcome {
        NadraOutcome::Matched => return Ok(()),
        NadraOutcome::NotMatched => ProblemCode::NadraNotMatched,
        NadraOutcome::Expired => ProblemCode::NadraExpired,
        NadraOutcome::Blocked => ProblemCode::NadraBlocked,
        NadraOutcome::Deceased => ProblemCode::NadraDeceased,
        NadraOutcome::NotFound => ProblemCode::NadraNotFound,
        NadraOutcome::Unavailable => {
            return Err(Refusal::Later(ProblemCode::NadraUnavailable, AGAIN_SECONDS));
        }
    };
    Err(code.into())
}

fn question(p: &Particulars, photo: Biometric, reference: [u8; REFERENCE_BYTES]) -> VerifyRequest {
    VerifyRequest {
        reference: reference[..].into(),
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
        photo,
    }
}
