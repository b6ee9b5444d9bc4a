//! How often NADRA may be asked about one CNIC and by one device, and what of it counts.
//!
//! Each errand has tries of its own: whoever knows somebody's CNIC can use up those of the errands that any phone may run,
//! and the citizen still reports a loss, and a counter, which is certified, still enrols them. What tells nothing of a CNIC
//! (a picture that cannot be read) is the device's to answer for alone.

use credential::Timestamp;
use province_api::problem::ProblemCode;
use province_api::signature::DeviceKey;
use serde_json::Value;
use sqlx::AnyConnection;

use super::{Fault, Province, Refusal, audit, day_of};
use crate::audit::{Action, Actor};
use crate::sealed::{BlindIndex, DataKeys, Subject};
use crate::store::asking::{self, REFERENCE_BYTES};
use crate::store::{StoreError, attempt, person};

/// Refusals by NADRA that one CNIC, and one device, may meet in a day on one errand.
pub const ATTEMPTS_MAX: u32 = 20;

/// Codes that are sent to one CNIC's SIM, and for one device, in a day.
pub const CODES_MAX: u32 = 5;

/// Questions about one CNIC, and by one device, that NADRA may leave without an outcome in an hour on one errand. They are
/// no tries, because they told nobody anything, but somebody about whom NADRA always fails is not asked about for ever.
pub const UNANSWERED_MAX: u32 = 20;

/// For how long a question whose answer is not noted counts as a try, in seconds: longer than any takes.
pub const UNDER_WAY_SECONDS: u64 = 60;

const HOUR: u64 = 3_600;

/// What NADRA is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Errand {
    /// An enrolment with a phone alone, or its taking over with another one.
    Enrolment,
    /// A report that a phone is lost.
    Loss,
    /// An enrolment at a counter.
    Counter,
    /// The sending of a code to a SIM.
    CodeSent,
    /// The check of such a code.
    CodeGiven,
}

impl Errand {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Enrolment => b"enrolment",
            Self::Loss => b"loss",
            Self::Counter => b"counter",
            Self::CodeSent => b"code sent",
            Self::CodeGiven => b"code given",
        }
    }

    const fn most(self) -> u32 {
        match self {
            Self::CodeSent => CODES_MAX,
            Self::Enrolment | Self::Loss | Self::Counter | Self::CodeGiven => ATTEMPTS_MAX,
        }
    }

    /// The errand of a CNIC, and that of a device.
    fn of(self, data: &DataKeys, subject: Subject, about: (&BlindIndex, &DeviceKey), hour: u64) -> Pair {
        let index = |whose: &[u8], who: &[u8]| {
            let named = [self.label(), b"\0", whose, b"\0", &hour.to_be_bytes(), who].concat();
            data.blind_index(subject, &named)
        };
        Pair {
            cnic: index(b"cnic", about.0.as_bytes()),
            device: index(b"device", about.1.as_bytes()),
        }
    }
}

/// Who is counted.
#[derive(Clone, Copy)]
struct Pair {
    cnic: BlindIndex,
    device: BlindIndex,
}

impl Pair {
    const fn both(&self) -> [&BlindIndex; 2] {
        [&self.cnic, &self.device]
    }
}

/// How a question came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// Well: it is no try.
    Well,
    /// NADRA refused: a try of both.
    Refused,
    /// The picture could not be read, and NADRA was not asked: a try of the device.
    Unreadable,
    /// NADRA gave no outcome.
    Unanswered,
}

/// A question that is under way: it counts as a try.
pub(super) struct Asking {
    tries: Pair,
    unanswered: Pair,
    pub(super) reference: [u8; REFERENCE_BYTES],
    now: Timestamp,
}

impl Province {
    /// Notes that a question is put, unless there were too many.
    pub(super) async fn begin(
        &self,
        errand: Errand,
        about: (&BlindIndex, &DeviceKey),
        now: Timestamp,
    ) -> Result<Asking, Refusal> {
        let data = &self.keys().data;
        let asking = Asking {
            tries: errand.of(data, Subject::Tries, about, 0),
            unanswered: errand.of(data, Subject::Unanswered, about, now.unix() / HOUR),
            reference: self.randomness().bytes(),
            now,
        };
        let (day, most) = (day_of(now), errand.most());
        let mut write = self.store().write().await?;
        if attempt::most(&mut write, asking.unanswered.both(), day).await? >= UNANSWERED_MAX {
            let left = u32::try_from(HOUR - now.unix() % HOUR).unwrap_or(u32::MAX);
            return Err(Refusal::Later(ProblemCode::NadraUnavailable, left));
        }
        let since = now.minus(UNDER_WAY_SECONDS).unix();
        for subject in asking.tries.both() {
            // The row is locked from here on: of two at once the other one counts this.
            let tries = attempt::held(&mut write, subject, day).await?;
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

    /// Enough for one day.
    pub(super) fn tomorrow(&self) -> Refusal {
        let left = credential::DAY - self.now().unix() % credential::DAY;
        Refusal::Later(
            ProblemCode::TooManyAttempts,
            u32::try_from(left).unwrap_or(u32::MAX),
        )
    }
}

impl Asking {
    /// Its answer is noted in the caller's transaction, and heard by whoever asked only after this.
    pub(super) async fn end(&self, db: &mut AnyConnection, came: Came) -> Result<(), StoreError> {
        asking::end(&mut *db, &self.reference).await?;
        let counted = match came {
            Came::Well => &[][..],
            Came::Refused => &self.tries.both(),
            Came::Unreadable => &[&self.tries.device],
            Came::Unanswered => &self.unanswered.both(),
        };
        for subject in counted {
            attempt::count(&mut *db, subject, day_of(self.now)).await?;
        }
        Ok(())
    }

    /// What the audit log says of it: what is given, an object, and the reference. Where somebody is enrolled with this CNIC
    /// it is about them, so that they see who tried; and until it was proven, it was not they who asked.
    pub(super) async fn note(
        &self,
        db: &mut AnyConnection,
        (by, is_proven): (&Actor, bool),
        cnic: &BlindIndex,
        mut said: Value,
    ) -> Result<(), StoreError> {
        let person = person::with_cnic(&mut *db, cnic).await?.map(|person| person.id);
        let by = if person.is_some() && !is_proven && *by == Actor::CITIZEN {
            &Actor::NOBODY
        } else {
            by
        };
        if let Some(said) = said.as_object_mut() {
            said.insert("reference".to_owned(), hex::encode(self.reference).into());
        }
        audit::note(db, by, Action::Proofed, person.as_ref(), &said, self.now).await
    }
}

/// Forgets questions whose answers were never noted for a day, not more than `most`; gives how many went. They stand in the
/// audit log, for whoever compares it with NADRA's.
pub(super) async fn forget(db: &mut AnyConnection, now: Timestamp, most: u32) -> Result<u64, Fault> {
    let before = now.minus(credential::DAY).unix();
    let gone = asking::begun_before(&mut *db, before, most).await?;
    for reference in &gone {
        let what = serde_json::json!({ "outcome": "not_noted", "reference": hex::encode(reference) });
        audit::note(&mut *db, &Actor::PROVINCE, Action::Proofed, None, &what, now).await?;
        asking::end(&mut *db, reference).await?;
    }
    Ok(gone.len() as u64)
}
