//! What the province asks NADRA and what NADRA says: our side of the adapter.
//!
//! No public specification of Verisys, of its codes or of BioVerisys was found, so the questions and the outcomes are our
//! own; an adapter to the real services maps onto them. The province keeps outcome, time and reference of a reply and
//! nothing else (NADRA Ordinance 2000, sections 28 and 29). A question that is put again under its reference is the same
//! question: NADRA's side sends no second code for it.

use serde::{Deserialize, Serialize};

use crate::person::{Cnic, Day, DistrictId, Gender, GuardianRelation, LatinName, LocalName};
use crate::proofing::{Finger, SimCode};
use crate::{Biometric, Bytes};

/// Where the simulated NADRA is asked about somebody.
pub const VERIFY_PATH: &str = "/nadra/v1/verify";
/// Where it is asked to send a code to somebody's SIM.
pub const SEND_CODE_PATH: &str = "/nadra/v1/codes";
/// Where it is asked whether a code is the one.
pub const CHECK_CODE_PATH: &str = "/nadra/v1/codes/check";
/// Where the simulated BioVerisys is asked about somebody and their finger.
pub const FINGER_PATH: &str = "/nadra/v1/fingers";

/// What the citizen said, to be confirmed. Present address and mobile number are not in it: NADRA cannot know them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyRequest {
    /// Random reference of this question, for the province's and NADRA's audit. 16 bytes.
    pub reference: Bytes,
    /// The number.
    pub cnic: Cnic,
    /// Day on which the card was issued.
    pub cnic_issued_on: Day,
    /// Name in Latin letters.
    pub name_en: LatinName,
    /// Name in Urdu letters.
    pub name_ur: LocalName,
    /// Father's or husband's name in Latin letters.
    pub guardian_name_en: LatinName,
    /// Father's or husband's name in Urdu letters.
    pub guardian_name_ur: LocalName,
    /// Which of the two.
    pub guardian_relation: GuardianRelation,
    /// Date of birth.
    pub date_of_birth: Day,
    /// Gender on the card.
    pub gender: Gender,
    /// District of the address on record: a pass certifies it.
    pub district: DistrictId,
    /// Picture of the face, JPEG or PNG.
    pub photo: Biometric,
}

/// NADRA's word on a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NadraOutcome {
    /// Everything agrees and the card is valid.
    Matched,
    /// The number exists and something else does not agree.
    NotMatched,
    /// The card has expired.
    Expired,
    /// The card is blocked.
    Blocked,
    /// The holder is recorded as dead.
    Deceased,
    /// No such number.
    NotFound,
    /// It could not be asked, or could not say: down, slow, or answering nonsense.
    Unavailable,
}

/// The same with a finger, for BioVerisys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FingerRequest {
    /// What the citizen said, and their face.
    pub person: VerifyRequest,
    /// Which finger.
    pub finger: Finger,
    /// Its template, as the reader made it.
    pub template: Biometric,
}

/// Asks for a code to the SIM that is registered to a CNIC. NADRA's side chooses and sends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendCodeRequest {
    /// Random reference of the code, 16 bytes.
    pub reference: Bytes,
    /// Whose SIM.
    pub cnic: Cnic,
}

/// What came of sending a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SendOutcome {
    /// It is on its way.
    Sent,
    /// No such number.
    NotFound,
    /// No SIM is registered to it.
    NoSim,
    /// Too many were sent.
    TooMany,
    /// It could not be sent.
    Unavailable,
}

/// Asks whether this is the code that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckCodeRequest {
    /// The code's reference.
    pub reference: Bytes,
    /// What the citizen typed.
    pub code: SimCode,
}

/// What NADRA says of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeOutcome {
    /// It is the one.
    Right,
    /// It is another.
    Wrong,
    /// It was sent too long ago, was used, or was never sent.
    Expired,
    /// Too many wrong ones came: it holds no more.
    TooMany,
    /// It could not be asked.
    Unavailable,
}

/// NADRA's reply to any question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply<T> {
    /// The question's reference, given back.
    pub reference: Bytes,
    /// The word.
    pub outcome: T,
}
