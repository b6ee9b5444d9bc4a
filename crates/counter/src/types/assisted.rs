//! A citizen enrolled at the desk.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{FieldReply, PersonCall};
use crate::opaque::opaque_debug;

opaque_debug!(AssistedCall);

/// The phone whose code was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PhoneReply {
    /// Its code, for [`AssistedCall`].
    pub phone: String,
    /// What it shows under its code; people compare it.
    pub letters: String,
}

/// What a camera saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PhoneSeen {
    /// A phone's code, if there was one in the picture.
    pub phone: Option<PhoneReply>,
}

/// Everything about whoever stands at the desk but the finger, which the reader reads then.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AssistedCall {
    /// The code of their phone, as [`PhoneReply`] has it.
    pub phone: String,
    /// What stands on their card.
    pub person: PersonCall,
    /// Their face, taken at the desk: a JPEG in base64.
    pub photo: String,
    /// The finger to put on the reader, such as `right_index`.
    pub finger: String,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AssistedReply {
    /// When they were confirmed, by the province's clock; absent where they were not.
    pub enrolled_at: Option<u32>,
    /// Why they were not.
    pub code: Option<String>,
    /// The fields that are wrong, where that is why.
    pub fields: Vec<FieldReply>,
    /// Seconds until it makes sense to try again, where the province said so.
    pub wait_seconds: Option<u32>,
}
