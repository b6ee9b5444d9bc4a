//! The proof of who somebody is: NADRA is asked, tries are counted, and outcome, level, time and reference are noted.
//!
//! A question is put in three steps: it is noted as under way, NADRA is asked, and the answer is noted before anybody hears
//! of it. While it is under way it counts as a try, so that nobody guesses faster by asking at once; a refusal that is noted
//! counts for the day; what was never noted, because the database went away, counts for a minute and then as nothing. Nobody
//! learned that answer, so nothing was guessed, and our failure costs the citizen no try.

use credential::Timestamp;
use province_api::Biometric;
use province_api::enrolment::Particulars;
use province_api::nadra::{NadraOutcome, VerifyRequest};
use province_api::problem::ProblemCode;
use province_api::signature::DeviceKey;

use super::{Fault, Province, Refusal, audit, day_of};
use crate::audit::{Action, Actor};
use crate::nadra::NadraError;
use crate::nadra::breaker::Turn;
use crate::photo::{self, PhotoError};
use crate::proofing::Way;
use crate::sealed::{BlindIndex, Subject};
use crate::store::asking::{self, REFERENCE_BYTES};
use crate::store::attempt;

/// Refusals by NADRA that one CNIC, and one device, may meet in a day.
pub const ATTEMPTS_MAX: u32 = 20;

/// For how long a question whose answer is not noted counts as a try, in seconds: longer than any takes.
pub const UNDER_WAY_SECONDS: u64 = 60;

/// When to ask again whom NADRA did not answer before it is left alone, in seconds.
const AGAIN_SECONDS: u32 = 60;

/// A question that is under way.
struct Asking {
    subjects: [BlindIndex; 2],
    reference: [u8; REFERENCE_BYTES],
    day: i64,
}

/// What came of it.
#[derive(Clone, Copy)]
enum Ended {
    /// NADRA's word, or that it gave none.
    Said(NadraOutcome),
    /// It was not asked: the picture is none.
    NoPicture,
}

impl Ended {
    /// Whether it counts as one of the day's tries.
    const fn is_try(self) -> bool {
        !matches!(
            self,
            Self::Said(NadraOutcome::Matched | NadraOutcome::Unavailable)
        )
    }
}

impl Province {
    /// Has NADRA confirm that the holder of this device is who they say; gives the small picture. The large one is wiped
    /// from memory once NADRA has answered, whatever it said.
    ///
    /// # Errors
    /// A [`Refusal`]; then nothing is kept but the count of tries.
    pub(super) async fn prove(
        &self,
        device: DeviceKey,
        cnic: &BlindIndex,
        particulars: &Particulars,
        picture: Biometric,
        now: Timestamp,
    ) -> Result<Vec<u8>, Refusal> {
        // Before anything else: while NADRA is away nobody waits and nothing is written.
        let turn = self.turn()?;
        let asking = self
            .begin(
                [
                    *cnic,
                    self.keys().data.blind_index(Subject::Device, device.as_bytes()),
                ],
                now,
            )
            .await?;
        // Counted before the picture is read: reading one costs more than sending one.
        let small = match self.small_picture(picture.clone()).await {
            Ok(small) => small,
            Err(refusal) => {
                self.end(&asking, Ended::NoPicture, Way::Remote, now).await?;
                return Err(refusal);
            }
        };
        let question = question(particulars, picture, asking.reference);
        let answer = self.metrics().nadra(self.nadra().verify(question)).await;
        let outcome = said(&answer);
        turn.ended(outcome != NadraOutcome::Unavailable, self.now().unix());
        self.end(&asking, Ended::Said(outcome), Way::Remote, now).await?;
        confirmed(outcome)?;
        Ok(small)
    }

    /// Leave to ask NADRA.
    fn turn(&self) -> Result<Turn<'_>, Refusal> {
        let turn = self.breaker.enter(self.now().unix());
        turn.map_err(|seconds| Refusal::Later(ProblemCode::NadraUnavailable, seconds))
    }

    /// Notes that a question is put, unless there were too many.
    async fn begin(&self, subjects: [BlindIndex; 2], now: Timestamp) -> Result<Asking, Refusal> {
        let asking = Asking {
            subjects,
            reference: self.randomness().bytes(),
            day: day_of(now),
        };
        let mut write = self.store().write().await?;
        let since = now.minus(UNDER_WAY_SECONDS).unix();
        for subject in &asking.subjects {
            // The row is locked from here on: of two at once the other one counts this.
            let tries = attempt::held(&mut write, subject, asking.day).await?;
            if tries >= ATTEMPTS_MAX {
                return Err(self.tomorrow());
            }
            if tries + asking::count(&mut write, subject, since).await? >= ATTEMPTS_MAX {
                let minute = u32::try_from(UNDER_WAY_SECONDS).unwrap_or(u32::MAX);
                return Err(Refusal::Later(ProblemCode::TooManyAttempts, minute));
            }
            asking::begin(&mut write, subject, &asking.reference, now.unix()).await?;
        }
        write.commit().await?;
        Ok(asking)
    }

    /// Notes what came of it. Whoever asked hears of it only after this.
    async fn end(&self, asking: &Asking, ended: Ended, way: Way, now: Timestamp) -> Result<(), Fault> {
        let mut write = self.store().write().await?;
        asking::end(&mut write, &asking.reference).await?;
        if ended.is_try() {
            for subject in &asking.subjects {
                attempt::count(&mut write, subject, asking.day).await?;
            }
        }
        if let Ended::Said(outcome) = ended {
            let what = serde_json::json!({
                "outcome": outcome, "way": way.as_str(), "level": way.level(),
                "reference": hex::encode(asking.reference),
            });
            audit::note(&mut write, &Actor::CITIZEN, Action::Proofed, None, &what, now).await?;
        }
        Ok(write.commit().await?)
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
pub(super) async fn forget(db: &mut sqlx::AnyConnection, now: Timestamp) -> Result<(), Fault> {
    let before = now.minus(credential::DAY).unix();
    for reference in asking::begun_before(&mut *db, before).await? {
        let what = serde_json::json!({ "outcome": "not_noted", "reference": hex::encode(reference) });
        audit::note(&mut *db, &Actor::PROVINCE, Action::Proofed, None, &what, now).await?;
    }
    Ok(asking::forget_before(db, before).await?)
}

/// What NADRA's side said is one of our outcomes, whatever it was.
fn said(answer: &Result<NadraOutcome, NadraError>) -> NadraOutcome {
    answer.as_ref().copied().unwrap_or_else(|error| {
        tracing::warn!(reason = %error, "NADRA could not be asked");
        NadraOutcome::Unavailable
    })
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
