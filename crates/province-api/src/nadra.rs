//! What the province asks NADRA and what NADRA says: our side of the adapter.
//!
//! No public specification of Verisys was found, so the outcomes are our own; an adapter to the real service maps onto
//! them. The province keeps outcome and time of a reply and nothing else (NADRA Ordinance 2000, sections 28 and 29).

use serde::{Deserialize, Serialize};

use crate::person::{Cnic, Day, DistrictId, Gender, GuardianRelation, LatinName, LocalName};
use crate::{Biometric, Bytes};

/// Where the simulated NADRA listens.
pub const VERIFY_PATH: &str = "/nadra/v1/verify";

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

/// NADRA's reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyReply {
    /// The question's reference, given back.
    pub reference: Bytes,
    /// The word.
    pub outcome: NadraOutcome,
}
