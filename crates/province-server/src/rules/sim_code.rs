//! The code to the SIM that is registered to a CNIC: whoever enrols with a phone has that SIM too, or somebody who does is
//! told of it by the message.
//!
//! NADRA's side chooses the code, sends it and says whether it is the one; the province knows no number and keeps no code.
//! It keeps, under an HMAC of CNIC and device, the code's reference and whether it was proven. The code comes before
//! particulars and face, because a question about those costs the province money and the message costs it less; so messages
//! to one CNIC, by one device, and from one network are few.
//!
//! Nobody has proven anything yet, so nobody is told whether there is such a CNIC or a SIM for it: where no code was sent,
//! the phone is asked for one all the same, the same is kept and NADRA's side is asked about what it types, for nothing.

use credential::Timestamp;
use province_api::nadra::{CheckCodeRequest, CodeOutcome, SendCodeRequest, SendOutcome};
use province_api::person::Cnic;
use province_api::problem::ProblemCode;
use province_api::proofing::SimCode;
use province_api::signature::DeviceKey;
use serde_json::json;

use super::proof::AGAIN_SECONDS;
use super::rates::Who;
use super::tries::{Came, Errand};
use super::{Province, Refusal};
use crate::audit::Actor;
use crate::sealed::{BlindIndex, Subject};
use crate::store::sim_code::{self, Sent};

/// Wrong codes after which the one that was sent holds no more; NADRA's side may end it earlier.
pub const WRONG_MAX: u32 = 3;
/// How long a code is asked about, in seconds; NADRA's side may end it earlier.
pub const CODE_SECONDS: u64 = 600;
/// A phone that asks again so soon after a code was sent is told that it was, in seconds.
pub const AGAIN_AFTER_SECONDS: u64 = 30;
/// For how long a phone that has proven a code needs no other, in seconds: NADRA may be away meanwhile, and a field
/// may have to be mended.
pub const PROVEN_SECONDS: u64 = credential::DAY;

/// Whose code, and which they gave.
pub(super) struct Whose<'a> {
    /// Where they are, if that is known.
    pub from: Option<Who>,
    pub device: DeviceKey,
    pub cnic: (&'a Cnic, &'a BlindIndex),
    pub code: Option<&'a str>,
    pub now: Timestamp,
}

impl Province {
    /// Goes on where the citizen has proven to have the SIM, or the province asks for no codes.
    ///
    /// # Errors
    /// A [`Refusal`] that says what the phone has to ask its citizen for.
    pub(super) async fn prove_sim(&self, whose: Whose<'_>) -> Result<(), Refusal> {
        if !self.asks_sim_codes {
            return Ok(());
        }
        let now = whose.now.unix();
        let both = [&whose.cnic.1.as_bytes()[..], whose.device.as_bytes()].concat();
        let subject = self.keys().data.blind_index(Subject::SimCode, &both);
        let sent = sim_code::find(&mut *self.store().read().await?, &subject).await?;
        let within = |at: u64, seconds: u64| now.saturating_sub(at) < seconds;
        match (sent, whose.code) {
            (
                Some(Sent {
                    proven_at: Some(at), ..
                }),
                _,
            ) if within(at, PROVEN_SECONDS) => Ok(()),
            (Some(sent), Some(code)) if within(sent.sent_at, CODE_SECONDS) => {
                let code = SimCode::parse(code).ok_or(ProblemCode::SimCodeWrong)?;
                self.check_code(whose, subject, &sent, code).await
            }
            (_, Some(_)) => Err(ProblemCode::SimCodeExpired.into()),
            (Some(sent), None) if within(sent.sent_at, AGAIN_AFTER_SECONDS) => {
                Err(ProblemCode::SimCodeNeeded.into())
            }
            (_, None) => self.send_code(whose, subject).await,
        }
    }

    async fn send_code(&self, whose: Whose<'_>, subject: BlindIndex) -> Result<(), Refusal> {
        let turn = self.turn()?;
        if let Some(Who::Network(network)) = whose.from {
            self.spend(Who::Codes(network), 1)?;
        }
        let ((cnic, index), now) = (whose.cnic, whose.now);
        let asking = self.begin(Errand::CodeSent, (index, &whose.device), now).await?;
        let question = SendCodeRequest {
            reference: asking.reference[..].into(),
            cnic: cnic.clone(),
        };
        let answer = self.metrics().nadra(self.nadra().send_code(question)).await;
        let outcome = self.heard((turn, index), answer, SendOutcome::Unavailable);
        let is_unanswered = outcome == SendOutcome::Unavailable;
        let mut write = self.store().write().await?;
        // A code that was sent is one of the day's, and so is one that is said to have been.
        let came = if is_unanswered {
            Came::Unanswered
        } else {
            Came::Refused
        };
        asking.end(&mut write, came).await?;
        asking
            .note(
                &mut write,
                (&Actor::CITIZEN, false),
                index,
                json!({ "code": outcome }),
            )
            .await?;
        if !is_unanswered {
            let sent = (&asking.reference, outcome != SendOutcome::Sent);
            sim_code::sent(&mut write, &subject, sent, now.unix()).await?;
        }
        write.commit().await?;
        Err(if is_unanswered {
            Refusal::Later(ProblemCode::NadraUnavailable, AGAIN_SECONDS)
        } else {
            ProblemCode::SimCodeNeeded.into()
        })
    }

    async fn check_code(
        &self,
        whose: Whose<'_>,
        subject: BlindIndex,
        sent: &Sent,
        code: SimCode,
    ) -> Result<(), Refusal> {
        let turn = self.turn()?;
        let cnic = whose.cnic.1;
        let asking = self
            .begin(Errand::CodeGiven, (cnic, &whose.device), whose.now)
            .await?;
        let question = CheckCodeRequest {
            reference: sent.reference[..].into(),
            code,
        };
        let answer = self.metrics().nadra(self.nadra().check_code(question)).await;
        let outcome = match self.heard((turn, cnic), answer, CodeOutcome::Unavailable) {
            CodeOutcome::Unavailable => CodeOutcome::Unavailable,
            _ if sent.is_empty => CodeOutcome::Wrong,
            outcome => outcome,
        };
        let came = match outcome {
            CodeOutcome::Wrong | CodeOutcome::TooMany => Came::Refused,
            CodeOutcome::Unavailable => Came::Unanswered,
            CodeOutcome::Right | CodeOutcome::Expired => Came::Well,
        };
        let mut write = self.store().write().await?;
        asking.end(&mut write, came).await?;
        asking
            .note(
                &mut write,
                (&Actor::CITIZEN, outcome == CodeOutcome::Right),
                cnic,
                json!({ "code": outcome, "sent": hex::encode(sent.reference) }),
            )
            .await?;
        match outcome {
            CodeOutcome::Right => sim_code::proven(&mut write, &subject, whose.now.unix()).await?,
            CodeOutcome::Expired | CodeOutcome::TooMany => sim_code::forget(&mut write, &subject).await?,
            CodeOutcome::Wrong => sim_code::guessed(&mut write, &subject, WRONG_MAX).await?,
            CodeOutcome::Unavailable => {}
        }
        write.commit().await?;
        match outcome {
            CodeOutcome::Right => Ok(()),
            CodeOutcome::Wrong => Err(ProblemCode::SimCodeWrong.into()),
            CodeOutcome::Expired | CodeOutcome::TooMany => Err(ProblemCode::SimCodeExpired.into()),
            CodeOutcome::Unavailable => Err(Refusal::Later(ProblemCode::NadraUnavailable, AGAIN_SECONDS)),
        }
    }
}
