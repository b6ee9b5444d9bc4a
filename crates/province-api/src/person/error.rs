//! Why an answer was not accepted: of what citizens say of themselves, and of the forms of services.

use serde::{Deserialize, Serialize};

macro_rules! field_errors {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal,)+) => {
        /// Why a field was not accepted. The code is shown beside the field.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum FieldError { $($(#[doc = $doc])+ #[error($code)] $name,)+ }

        impl FieldError {
            /// Every code there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The stable code, for screens; the same as in JSON.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }
        }
    };
}

field_errors! {
    /// Nothing was given.
    FieldMissing = "field_missing",
    /// Not 13 digits.
    CnicMalformed = "cnic_malformed",
    /// Longer than the field may be.
    FieldTooLong = "field_too_long",
    /// A letter that is not of the script asked for.
    NameWrongScript = "name_wrong_script",
    /// Not a day of the calendar.
    DateMalformed = "date_malformed",
    /// A date after today, or more than 120 years ago.
    DateImpossible = "date_impossible",
    /// Not a Pakistani mobile number.
    MobileMalformed = "mobile_malformed",
    /// Not one of the choices.
    ChoiceUnknown = "choice_unknown",
    /// No picture of the face was given.
    PhotoMissing = "photo_missing",
    /// Younger than 18: a CNIC is given at 18.
    TooYoung = "too_young",
    /// Shorter than the field must be.
    FieldTooShort = "field_too_short",
    /// A text with signs of another script, or no text.
    TextMalformed = "text_malformed",
    /// Not Latin letters and digits.
    CodeMalformed = "code_malformed",
    /// Not a number.
    NumberMalformed = "number_malformed",
    /// A number that is too small or too large.
    NumberOutOfRange = "number_out_of_range",
    /// Not an e-mail address.
    EmailMalformed = "email_malformed",
    /// Not the number of a Pakistani bank account.
    IbanMalformed = "iban_malformed",
    /// Not what stands on a number plate.
    VehicleMalformed = "vehicle_malformed",
    /// Not a place in Pakistan.
    PlaceMalformed = "place_malformed",
    /// A sentence that has to be declared was not.
    DeclarationMissing = "declaration_missing",
    /// Fewer rows than are needed.
    ListTooShort = "list_too_short",
    /// More rows than are taken.
    ListTooLong = "list_too_long",
    /// Nobody asks this here.
    FieldUnknown = "field_unknown",
    /// A document that is needed is not attached.
    DocumentMissing = "document_missing",
}
