//! Schemas for the OpenAPI document of what has a form of its own in JSON: bytes in base64url, texts that are parsed.
//!
//! A pattern here takes what serde and the parser behind it take, in the form in which it is best written: what a parser
//! forgives besides (signs that nobody sees, spaces at the ends) is not in it.

use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Schema, Type};
use utoipa::openapi::{KnownFormat, RefOr, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

use crate::Bytes;
use crate::application::{ApplicationState, RefusalReason};
use crate::caller::Scope;
use crate::dispatch::catalogue::FindingCode;
use crate::dispatch::{DispatchState, Origin, REFERENCE_MAX, SERVICE_CODE_MAX};
use crate::enrolment::PHOTO_BYTES_MAX;
use crate::person::{
    Address, Cnic, Day, DistrictId, Gender, GuardianRelation, LATIN_BYTES_MAX, LOCAL_BYTES_MAX, LatinName,
    LocalName, Mobile, TEXTS_BYTES_MAX,
};
use crate::problem::ProblemCode;
use crate::proofing::TEMPLATE_BYTES_MAX;
use crate::webhook::{NotTaken, WebhookStanding};

/// What four bytes of a quantum may end with: the bits that no byte uses are zero (RFC 4648 section 3.5).
const TWO_LEFT: &str = "[AQgw]";
const FOUR_LEFT: &str = "[AEIMQUYcgkosw048]";
const ANY: &str = "[A-Za-z0-9_-]";

/// How many characters of base64url without padding so many bytes take.
pub const fn base64url_length(bytes: usize) -> usize {
    (bytes * 4).div_ceil(3)
}

fn text(description: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
}

fn names() -> Schema {
    let languages = ["en", "ur", "ps"];
    let mut names = ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some(
            "A name in English, Urdu and Pashto; an empty one means as in English.",
        ))
        .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)));
    for language in languages {
        names = names
            .property(language, ObjectBuilder::new().schema_type(Type::String))
            .required(language);
    }
    names.into()
}

/// Exactly so many bytes.
fn exactly(bytes: usize) -> Schema {
    let length = base64url_length(bytes);
    let (whole, last) = match bytes % 3 {
        0 => (length, ""),
        1 => (length - 1, TWO_LEFT),
        _ => (length - 1, FOUR_LEFT),
    };
    text(&format!("{bytes} bytes, base64url without padding (RFC 4648)."))
        .pattern(Some(format!("^{ANY}{{{whole}}}{last}$")))
        .min_length(Some(length))
        .max_length(Some(length))
        .into()
}

/// Any number of bytes up to a most.
fn up_to(description: &str, bytes_min: usize, bytes_max: Option<usize>) -> Schema {
    text(description)
        .pattern(Some(format!(
            "^({ANY}{{4}})*({ANY}{TWO_LEFT}|{ANY}{{2}}{FOUR_LEFT})?$"
        )))
        .min_length(Some(base64url_length(bytes_min)))
        .max_length(bytes_max.map(base64url_length))
        .into()
}

macro_rules! schemas {
    ($($type:ty = $schema:expr;)+) => {
        $(
            impl PartialSchema for $type {
                fn schema() -> RefOr<Schema> {
                    RefOr::T($schema)
                }
            }
            impl ToSchema for $type {}
        )+
    };
}

macro_rules! stand_ins {
    ($($(#[$doc:meta])* $name:ident = $schema:expr;)+) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub struct $name;
        )+
        schemas! { $($name = $schema;)+ }
    };
}

stand_ins! {
    /// [`Bytes`] of which there are 8.
    Bytes8 = exactly(8);
    /// [`Bytes`] of which there are 16.
    Bytes16 = exactly(16);
    /// [`Bytes`] of which there are 32.
    Bytes32 = exactly(32);
    /// [`Bytes`] of which there are 64.
    Bytes64 = exactly(64);
    /// The id of an office or a service.
    CatalogueId = text("An id of the catalogue of services, such as `domicile-certificate`.")
        .pattern(Some("^[a-z0-9-]{1,48}$"))
        .min_length(Some(1))
        .max_length(Some(credential::CATALOGUE_ID_BYTES_MAX))
        .into();
    /// A platform's number of an application.
    Reference = text("A platform's own number of an application.")
        .pattern(Some("^[!-~]+$"))
        .min_length(Some(1))
        .max_length(Some(REFERENCE_MAX))
        .into();
    /// A name in three languages.
    NamesText = names();
    /// A platform's name of a service.
    ServiceCode = text("What a platform calls a service.")
        .pattern(Some("^[A-Za-z0-9._-]+$"))
        .min_length(Some(1))
        .max_length(Some(SERVICE_CODE_MAX))
        .into();
    /// A platform's word for a state.
    DispatchWord = text("Where a platform says that an application stands. The words are a contract.")
        .enum_values(Some(DispatchState::ALL.iter().map(|state| state.as_str())))
        .into();
    /// A picture of a face as a phone sends it.
    Picture = up_to(
        &format!("PNG or JPEG of a face, at most {PHOTO_BYTES_MAX} bytes, base64url without padding."),
        1,
        Some(PHOTO_BYTES_MAX),
    );
    /// A code to a SIM.
    SimCode = text("Six digits, with spaces or dashes anywhere; digits of Latin, Urdu or Arabic.").into();
    /// A finger's template.
    Template = up_to(
        &format!("Template of a finger (ISO/IEC 19794-2), at most {TEMPLATE_BYTES_MAX} bytes, base64url without padding."),
        1,
        Some(TEMPLATE_BYTES_MAX),
    );
    /// A pass type's name.
    PassTypeName = text("A pass type, such as `age` or `domicile`.")
        .pattern(Some("^[a-z0-9-]{1,32}$"))
        .min_length(Some(1))
        .max_length(Some(credential::VCT_BYTES_MAX))
        .into();
}

schemas! {
    Bytes = up_to("Bytes, base64url without padding (RFC 4648).", 0, None);
    Cnic = text("13 digits of a CNIC, with dashes or spaces anywhere; digits of Latin, Urdu or Arabic.")
        .pattern(Some("^[ -]*([0-9\u{06F0}-\u{06F9}\u{0660}-\u{0669}][ -]*){13}$"))
        .min_length(Some(13))
        .into();
    Day = text("A day of the calendar, `YYYY-MM-DD` (RFC 3339 full-date).")
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
        .pattern(Some("^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))
        .into();
    LatinName = text("A name in Latin letters.")
        .pattern(Some("^[A-Za-z .'-]*[A-Za-z][A-Za-z .'-]*$"))
        .min_length(Some(1))
        .max_length(Some(LATIN_BYTES_MAX))
        .into();
    LocalName = text(&format!(
            "A name in Arabic script (Urdu, Pashto), at most {LOCAL_BYTES_MAX} bytes of UTF-8."
        ))
        .pattern(Some("^[\u{0620}-\u{065F}\u{0670}-\u{06D3}\u{06D4}\u{06D5}\u{06EE}\u{06EF}\u{06FA}-\u{06FF}\u{0750}-\u{077F}\u{200C} .-]+$"))
        .min_length(Some(1))
        .max_length(Some(LOCAL_BYTES_MAX))
        .into();
    Address = text(&format!(
            "An address in Latin letters, Arabic script or both. All names and the address together have at most \
             {TEXTS_BYTES_MAX} bytes of UTF-8."
        ))
        .min_length(Some(1))
        .max_length(Some(TEXTS_BYTES_MAX))
        .into();
    DistrictId = text("A district's id, as in assets/catalogue/districts.json.")
        .pattern(Some("^[a-z-]{1,32}$"))
        .min_length(Some(1))
        .max_length(Some(32))
        .into();
    Mobile = text("A Pakistani mobile number: `03001234567`, `3001234567`, `+92 300 1234567` or `00923001234567`.")
        .pattern(Some("^(\\+?92|0092|0)?[ -]?3([ -]?[0-9]){9}$"))
        .into();
    Gender = text("Gender as NADRA writes it.")
        .enum_values(Some([Self::Male, Self::Female, Self::X].map(Self::as_str)))
        .into();
    GuardianRelation = text("Whose name stands beside the citizen's.")
        .enum_values(Some([Self::Father, Self::Husband].map(Self::as_str)))
        .into();
    Scope = text("What a system may do. The words are a contract.")
        .enum_values(Some(Self::ALL.iter().map(|scope| scope.as_str())))
        .into();
    ApplicationState = text("Where an application stands. The words are a contract.")
        .enum_values(Some(Self::ALL.iter().map(|state| state.as_str())))
        .into();
    Origin = text("Where an application began: in the wallet, or with the platform that carries it.")
        .enum_values(Some(Self::ALL.iter().map(|origin| origin.as_str())))
        .into();
    FindingCode = text("What is to be said of a platform's service. The words are a contract.")
        .enum_values(Some(Self::ALL.iter().map(|finding| finding.as_str())))
        .into();
    RefusalReason = text("Why an application was refused. The words are a contract.")
        .enum_values(Some(Self::ALL.iter().map(|reason| reason.as_str())))
        .into();
    WebhookStanding = text("How a webhook stands. The words are a contract.")
        .enum_values(Some(Self::ALL.iter().map(|standing| standing.as_str())))
        .into();
    NotTaken = text("Why a message was not taken. The words are a contract.")
        .enum_values(Some(Self::ALL.iter().map(|why| why.as_str())))
        .into();
    ProblemCode = text("Why the province did not do what was asked. The codes are a contract.")
        .enum_values(Some(Self::ALL.iter().map(|code| code.code())))
        .into();
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use serde_json::{Value, json};

    use super::*;
    use crate::enrolment::EnrolmentRequest;
    use crate::passes::{PASSES_MAX, PassesReply, PassesRequest};
    use crate::sync::{FEED_PAGE_MAX, HELD_MAX, SyncReply, SyncRequest};

    fn schema<T: PartialSchema>() -> Value {
        serde_json::to_value(T::schema()).unwrap()
    }

    #[test]
    fn the_limits_of_lists_are_those_of_the_code() {
        let most = |schema: &Value, list: &str| schema["properties"][list]["maxItems"].clone();
        assert_eq!(most(&schema::<PassesRequest>(), "passes"), PASSES_MAX);
        assert_eq!(most(&schema::<PassesReply>(), "credentials"), PASSES_MAX);
        assert_eq!(most(&schema::<SyncRequest>(), "held"), HELD_MAX);
        assert_eq!(most(&schema::<SyncReply>(), "feed"), FEED_PAGE_MAX);
    }

    #[test]
    fn what_serde_refuses_to_find_besides_and_needs_is_said() {
        let enrolment = schema::<EnrolmentRequest>();
        assert_eq!(enrolment["additionalProperties"], json!(false));
        assert_eq!(enrolment["required"].as_array().unwrap().len(), 13);
        let sync = schema::<SyncReply>();
        assert_eq!(sync["required"], json!(["server_time", "standing", "cursor"]));
    }

    #[test]
    fn as_many_characters_as_are_written() {
        for bytes in 0..100 {
            let written = serde_json::to_value(Bytes(vec![0xFF; bytes])).unwrap();
            assert_eq!(written.as_str().unwrap().len(), base64url_length(bytes));
        }
    }
}
