//! A lost phone, told at the desk.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::opaque::opaque_debug;

opaque_debug!(PersonCall, LostCall);

/// Whose phone it is, as typed from the citizen's card. Nothing of it is stored or logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PersonCall {
    /// 13 digits, with or without hyphens.
    pub cnic: String,
    /// Day on which the CNIC was issued, `YYYY-MM-DD`.
    pub cnic_issued_on: String,
    /// Name in Latin script.
    pub name_en: String,
    /// Name in Urdu script.
    pub name_ur: String,
    /// Father's or husband's name in Latin script.
    pub guardian_name_en: String,
    /// Father's or husband's name in Urdu script.
    pub guardian_name_ur: String,
    /// `father` or `husband`.
    pub guardian_relation: String,
    /// `YYYY-MM-DD`.
    pub date_of_birth: String,
    /// `male`, `female`, `x`.
    pub gender: String,
    /// Address, one line or several.
    pub address: String,
    /// Identifier of a district.
    pub district: String,
    /// Mobile number.
    pub mobile: String,
    /// Whether there is a picture of the face.
    pub has_photo: bool,
}

/// A report of a lost phone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct LostCall {
    /// Whose phone it is.
    pub person: PersonCall,
    /// Their face, taken at the desk: a JPEG in base64.
    pub photo: String,
}

/// What is still wrong with what was typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PersonReply {
    /// One entry for each field that is missing or wrong.
    pub errors: Vec<FieldReply>,
}

/// A field and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FieldReply {
    /// Name of the field, as in [`PersonCall`]; `photo` for the picture.
    pub field: String,
    /// What is wrong.
    pub code: String,
}

/// What became of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct LostReply {
    /// Since when the wallet is disabled, by the province's clock; absent where it is not.
    pub disabled_at: Option<u32>,
    /// Why it is not.
    pub code: Option<String>,
    /// The fields that are wrong, where that is why.
    pub fields: Vec<FieldReply>,
    /// Seconds until it makes sense to try again, where the province said so.
    pub wait_seconds: Option<u32>,
}
