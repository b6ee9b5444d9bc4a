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
use serde_json::json;

use super::tries::{Came, Errand};
use super::{Fault, Province, Refusal};
use crate::audit::Actor;
use crate::nadra::NadraError;
use crate::nadra::breaker::{News, Turn};
use crate::photo::{self, PhotoError};
use crate::proofing::Way;
use crate::sealed::BlindIndex;
use crate::store::asking::REFERENCE_BYTES;

/// When to ask again whom NADRA did not answer before it is left alone, in seconds.
pub(super) const AGAIN_SECONDS: u32 = 60;

/// Somebody who says who they are.
pub(super) struct Claimed<'a> {
    /// What for.
    pub errand: Errand,
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

impl Province {
    /// Has NADRA confirm that the holder of this device is who they say; gives the small picture, and how they were
    /// proofed. The large picture and the finger are wiped from memory once NADRA has answered, whatever it said.
    ///
    /// # Errors
    /// A [`Refusal`]; then nothing is kept but the count of tries.
    pub(super) async fn prove(&self, claimed: Claimed<'_>) -> Result<(Vec<u8>, Way), Refusal> {
        let Claimed {
            errand,
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
        let asking = self.begin(errand, (cnic, &device), now).await?;
        // Counted before the picture is read: reading one costs more than sending one.
        let small = match self.small_picture(picture.clone()).await {
            Ok(small) => small,
            Err(refusal) => {
                let mut write = self.store().write().await?;
                asking.end(&mut write, Came::Unreadable).await?;
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
        let outcome = self.heard((turn, cnic), answer, NadraOutcome::Unavailable);
        let came = match outcome {
            NadraOutcome::Matched => Came::Well,
            NadraOutcome::Unavailable => Came::Unanswered,
            _ => Came::Refused,
        };
        let said = json!({ "outcome": outcome, "way": way.as_str(), "level": way.level() });
        let mut write = self.store().write().await?;
        asking.end(&mut write, came).await?;
        let proven = outcome == NadraOutcome::Matched;
        asking.note(&mut write, (by, proven), cnic, said).await?;
        write.commit().await?;
        confirmed(outcome)?;
        Ok((small, way))
    }

    /// Leave to ask NADRA.
    pub(super) fn turn(&self) -> Result<Turn<'_>, Refusal> {
        let turn = self.breaker.enter(self.now().unix());
        turn.map_err(|seconds| Refusal::Later(ProblemCode::NadraUnavailable, seconds))
    }

    /// What NADRA said; `unavailable` where it said nothing. The breaker hears how it came out, about whom: nonsense, and its
    /// own word that it cannot say, may be of one citizen alone and tell nothing of NADRA.
    pub(super) fn heard<T: PartialEq>(
        &self,
        (turn, about): (Turn<'_>, &BlindIndex),
        answer: Result<T, NadraError>,
        unavailable: T,
    ) -> T {
        let news = match &answer {
            Ok(outcome) if *outcome != unavailable => News::Answered,
            Err(error) if error.is_outage() => News::Failed,
            _ => News::None,
        };
        turn.ended(news, about, self.now().unix());
        answer
            .inspect_err(|error| tracing::warn!(reason = %error, "NADRA could not be asked"))
            .unwrap_or(unavailable)
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
