//! Proofing: how much it is worth; the code to a citizen's SIM; and at a counter a finger, read by a reader there, and what is sent of it.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::enrolment::EnrolmentRequest;
use crate::person::fold_digits;
use crate::{Biometric, Bytes};

/// Levels of assurance as credentials carry them, 1 to 4 (docs/proofing.md).
pub mod level {
    /// Substantial: what the citizen knows, and their face against the record's.
    pub const SUBSTANTIAL: u8 = 2;
    /// High: a finger against the record's, in front of an officer.
    pub const HIGH: u8 = 3;
}

/// Digits of a code to a SIM.
pub const SIM_CODE_DIGITS: usize = 6;

/// A code that NADRA sent to the SIM that is registered to a CNIC. Nothing shows it, and memory is wiped when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct SimCode(Zeroizing<String>);

impl SimCode {
    /// Reads six digits of Latin, Urdu or Arabic, with spaces and dashes anywhere. `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut digits = Zeroizing::new(fold_digits(text));
        digits.retain(|c| !c.is_whitespace() && c != '-');
        let fits = digits.len() == SIM_CODE_DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
        fits.then_some(Self(digits))
    }

    /// Its digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for SimCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SimCode(..)")
    }
}

impl Serialize for SimCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for SimCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not six digits"))
    }
}

/// Largest template of a finger, in bytes. Templates of ISO/IEC 19794-2 take a few hundred.
pub const TEMPLATE_BYTES_MAX: usize = 8 * 1024;

/// What stands among the kinds that a counter's certificate allows where the counter may proof people.
pub const ALLOWED_AS: &str = "assisted-enrolment";

/// A finger, numbered as in ISO/IEC 19794-2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Finger {
    /// 1.
    RightThumb,
    /// 2.
    RightIndex,
    /// 3.
    RightMiddle,
    /// 4.
    RightRing,
    /// 5.
    RightLittle,
    /// 6.
    LeftThumb,
    /// 7.
    LeftIndex,
    /// 8.
    LeftMiddle,
    /// 9.
    LeftRing,
    /// 10.
    LeftLittle,
}

/// Why a reader read no finger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReaderError {
    /// No reader is there, or it failed.
    #[error("there is no reader")]
    NoReader,
    /// Nobody put a finger on it in time.
    #[error("no finger was put on the reader")]
    NoFinger,
    /// It could not be read well enough.
    #[error("the finger could not be read well")]
    Poor,
}

impl ReaderError {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::NoReader, Self::NoFinger, Self::Poor];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoReader => "reader_missing",
            Self::NoFinger => "reader_no_finger",
            Self::Poor => "reader_poor",
        }
    }
}

/// A reader of fingers at a counter: the port that a vendor's driver, or the sandbox, stands behind.
pub trait FingerReader: Send + Sync {
    /// Reads the finger that is put on it, as a template of ISO/IEC 19794-2 of at most [`TEMPLATE_BYTES_MAX`]. It keeps
    /// neither template nor picture.
    ///
    /// # Errors
    /// [`ReaderError`].
    fn read(&self, finger: Finger) -> Result<Biometric, ReaderError>;
}

/// Where a reader on the desk's own machine takes questions (docs/desk.md).
pub const READER_PATH: &str = "/reader/v1/finger";

/// Body of a question to a reader.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FingerQuestion {
    /// Which finger is to be put on it.
    pub finger: Finger,
}

/// Body of a reader's answer that is no template.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NoFinger {
    /// A code of [`ReaderError`].
    pub code: String,
}

/// What a counter sends to enrol somebody in front of it, or to raise the level of who is enrolled with this phone.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AssistedRequest {
    /// The public key of the citizen's phone, which shows it at the counter. 32 bytes.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Bytes32))]
    pub device: Bytes,
    /// What the citizen gave, with a picture taken at the counter.
    pub person: EnrolmentRequest,
    /// Which finger was read.
    pub finger: Finger,
    /// Its template.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Template))]
    pub template: Biometric,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_code_is_six_digits_of_any_of_three_scripts_and_is_never_shown() {
        for text in ["123456", " 12 34-56", "۱۲۳۴۵۶", "١٢٣٤٥٦"] {
            let code = SimCode::parse(text).unwrap();
            assert_eq!(code.as_str(), "123456");
            assert!(!format!("{code:?}").contains('1'));
        }
        for text in ["", "12345", "1234567", "12345a", "१२३४५६"] {
            assert!(SimCode::parse(text).is_none(), "{text}");
        }
    }
}
