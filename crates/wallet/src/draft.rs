//! What is typed before it is sent: kept whatever it is, checked by the province's own rules.

use credential::Timestamp;
use province_api::Bytes;
use province_api::enrolment::EnrolmentRequest;
use province_api::person::{Cnic, Day, DistrictId, FieldError as ApiFieldError, LatinName, LocalName};
use rusqlite::Connection;

use crate::code::{UiCode, UiError};
use crate::error::StoreError;
use crate::picture;
use crate::screen::{Draft, DraftCheck, FieldError, PhotoView};
use crate::store::draft::{self as table, PhotoKind};
use crate::store::enrolment::{self, State};
use crate::store::setting::{self, Setting};
use crate::sync;

/// Longest text that a field keeps, in bytes: far above what any rule accepts.
const FIELD_BYTES_MAX: usize = 2_000;

/// What was typed so far.
pub(crate) fn load(database: &Connection) -> Result<Draft, UiError> {
    let mut draft = table::load(database)?.unwrap_or_default();
    draft.has_photo = table::has_photo(database, PhotoKind::Draft)?;
    Ok(draft)
}

/// Keeps what was typed, right or wrong, and says what is still wrong.
pub(crate) fn save(database: &Connection, draft: &Draft, now: Timestamp) -> Result<DraftCheck, UiError> {
    if texts(draft).iter().any(|text| text.len() > FIELD_BYTES_MAX) {
        return Err(UiCode::FieldTooLong.into());
    }
    let transaction = database.unchecked_transaction()?;
    // Going through the questions and changing nothing is no reason to apply anew.
    let same = table::load(&transaction)?.is_some_and(|kept| texts(&kept) == texts(draft));
    open_to_change(&transaction, !same)?;
    table::save(&transaction, draft)?;
    transaction.commit()?;
    Ok(DraftCheck {
        errors: check(database, draft, now)?,
    })
}

/// Keeps a photo, a small JPEG that the app made anew.
pub(crate) fn set_photo(database: &Connection, jpeg: &[u8]) -> Result<PhotoView, UiError> {
    picture::check_jpeg(jpeg)?;
    let transaction = database.unchecked_transaction()?;
    open_to_change(&transaction, true)?;
    table::save_photo(&transaction, PhotoKind::Draft, jpeg)?;
    transaction.commit()?;
    Ok(PhotoView {
        data_url: picture::jpeg_url(jpeg),
    })
}

/// The photo of the draft.
pub(crate) fn photo(database: &Connection) -> Result<Option<PhotoView>, UiError> {
    let jpeg = table::photo(database, PhotoKind::Draft)?;
    Ok(jpeg.map(|jpeg| PhotoView {
        data_url: picture::jpeg_url(&jpeg),
    }))
}

/// The request that enrols, if every field and the photo are right.
///
/// # Errors
/// [`UiCode::FieldsInvalid`] with the fields.
pub(crate) fn to_request(database: &Connection, now: Timestamp) -> Result<EnrolmentRequest, UiError> {
    let draft = load(database)?;
    let photo = table::photo(database, PhotoKind::Draft)?.unwrap_or_default();
    whole(request(&draft, photo), now)
}

/// The same of a person who is typed in and not kept.
///
/// # Errors
/// [`UiCode::FieldsInvalid`] with the fields, and what a photo can be.
pub(crate) fn request_of(
    person: &Draft,
    photo: Vec<u8>,
    now: Timestamp,
) -> Result<EnrolmentRequest, UiError> {
    if !photo.is_empty() {
        picture::check_jpeg(&photo)?;
    }
    whole(request(person, photo), now)
}

/// What is wrong with a person who is typed in and not kept.
pub(crate) fn check_person(person: &Draft, now: Timestamp) -> DraftCheck {
    DraftCheck {
        errors: errors(person, person.has_photo, now),
    }
}

impl From<EnrolmentRequest> for Draft {
    /// What was asked of the province as it was typed.
    fn from(request: EnrolmentRequest) -> Self {
        Self {
            has_photo: !request.photo.0.is_empty(),
            cnic: request.cnic,
            cnic_issued_on: request.cnic_issued_on,
            name_en: request.name_en,
            name_ur: request.name_ur,
            guardian_name_en: request.guardian_name_en,
            guardian_name_ur: request.guardian_name_ur,
            guardian_relation: request.guardian_relation,
            date_of_birth: request.date_of_birth,
            gender: request.gender,
            address: request.address,
            district: request.district,
            mobile: request.mobile,
        }
    }
}

fn whole(request: EnrolmentRequest, now: Timestamp) -> Result<EnrolmentRequest, UiError> {
    match request.parse(today(now)) {
        Ok(_) => Ok(request),
        Err(problems) => Err(UiError {
            code: UiCode::FieldsInvalid,
            retry_after_seconds: None,
            fields: problems
                .into_iter()
                .map(|problem| field_error(problem.field, problem.code))
                .collect(),
        }),
    }
}

/// What the passes must say, from what was sent.
pub(crate) struct Expected {
    pub(crate) cnic: Cnic,
    pub(crate) name_en: LatinName,
    pub(crate) name_ur: LocalName,
    pub(crate) date_of_birth: Day,
    pub(crate) district: DistrictId,
}

/// What the passes must say; nothing where a counter enrolled whoever showed this phone, which was told nothing of them. A
/// stored draft that was sent is a good one, so anything else is damage.
pub(crate) fn expected(database: &Connection) -> Result<Option<Expected>, StoreError> {
    if setting::load(database, Setting::AtCounter)?.is_some() {
        return Ok(None);
    }
    let draft = table::load(database)?.ok_or(StoreError::Row)?;
    let damaged = |_| StoreError::Row;
    Ok(Some(Expected {
        cnic: Cnic::parse(&draft.cnic).map_err(damaged)?,
        name_en: LatinName::parse(&draft.name_en).map_err(damaged)?,
        name_ur: LocalName::parse(&draft.name_ur).map_err(damaged)?,
        date_of_birth: Day::parse(&draft.date_of_birth).map_err(damaged)?,
        district: DistrictId::parse(&draft.district).map_err(damaged)?,
    }))
}

/// One field's error for a screen.
pub(crate) fn field_error(field: String, code: ApiFieldError) -> FieldError {
    FieldError {
        field,
        code: match code {
            ApiFieldError::FieldMissing => UiCode::FieldMissing,
            ApiFieldError::CnicMalformed => UiCode::CnicMalformed,
            ApiFieldError::FieldTooLong => UiCode::FieldTooLong,
            ApiFieldError::NameWrongScript => UiCode::NameWrongScript,
            ApiFieldError::DateMalformed => UiCode::DateMalformed,
            ApiFieldError::DateImpossible => UiCode::DateImpossible,
            ApiFieldError::MobileMalformed => UiCode::MobileMalformed,
            ApiFieldError::ChoiceUnknown => UiCode::ChoiceUnknown,
            ApiFieldError::PhotoMissing => UiCode::PhotoMissing,
            ApiFieldError::TooYoung => UiCode::TooYoung,
            ApiFieldError::FieldTooShort => UiCode::FieldTooShort,
            ApiFieldError::TextMalformed => UiCode::TextMalformed,
            ApiFieldError::CodeMalformed => UiCode::CodeMalformed,
            ApiFieldError::NumberMalformed => UiCode::NumberMalformed,
            ApiFieldError::NumberOutOfRange => UiCode::NumberOutOfRange,
            ApiFieldError::EmailMalformed => UiCode::EmailMalformed,
            ApiFieldError::IbanMalformed => UiCode::IbanMalformed,
            ApiFieldError::VehicleMalformed => UiCode::VehicleMalformed,
            ApiFieldError::PlaceMalformed => UiCode::PlaceMalformed,
            ApiFieldError::DeclarationMissing => UiCode::DeclarationMissing,
            ApiFieldError::ListTooShort => UiCode::ListTooShort,
            ApiFieldError::ListTooLong => UiCode::ListTooLong,
            ApiFieldError::FieldUnknown => UiCode::FieldUnknown,
            ApiFieldError::DocumentMissing => UiCode::DocumentMissing,
        },
    }
}

/// Lets what was typed be changed. An application that waits and cannot have been done is taken back by a change.
fn open_to_change(database: &Connection, changes: bool) -> Result<(), UiError> {
    match (
        enrolment::load(database)?.state,
        sync::application_undone(database)?,
    ) {
        (State::Applying, Some(id)) if changes => Ok(sync::take_back_application(database, id)?),
        (State::Draft, _) | (State::Applying, Some(_)) => Ok(()),
        // What was sent is what the passes are checked against.
        (State::Applying | State::Accepted | State::Complete, _) => Err(UiCode::EnrolmentUnderway.into()),
    }
}

fn check(database: &Connection, draft: &Draft, now: Timestamp) -> Result<Vec<FieldError>, UiError> {
    Ok(errors(draft, table::has_photo(database, PhotoKind::Draft)?, now))
}

fn errors(draft: &Draft, has_photo: bool, now: Timestamp) -> Vec<FieldError> {
    // The rules ask whether there is a photo, not what is in it.
    let photo = if has_photo { vec![0] } else { vec![] };
    request(draft, photo)
        .parse(today(now))
        .err()
        .unwrap_or_default()
        .into_iter()
        .map(|problem| field_error(problem.field, problem.code))
        .collect()
}

fn request(draft: &Draft, photo: Vec<u8>) -> EnrolmentRequest {
    EnrolmentRequest {
        cnic: draft.cnic.clone(),
        cnic_issued_on: draft.cnic_issued_on.clone(),
        name_en: draft.name_en.clone(),
        name_ur: draft.name_ur.clone(),
        guardian_name_en: draft.guardian_name_en.clone(),
        guardian_name_ur: draft.guardian_name_ur.clone(),
        guardian_relation: draft.guardian_relation.clone(),
        date_of_birth: draft.date_of_birth.clone(),
        gender: draft.gender.clone(),
        address: draft.address.clone(),
        district: draft.district.clone(),
        mobile: draft.mobile.clone(),
        photo: Bytes(photo),
        sim_code: None,
    }
}

fn texts(draft: &Draft) -> [&str; 12] {
    [
        &draft.cnic,
        &draft.cnic_issued_on,
        &draft.name_en,
        &draft.name_ur,
        &draft.guardian_name_en,
        &draft.guardian_name_ur,
        &draft.guardian_relation,
        &draft.date_of_birth,
        &draft.gender,
        &draft.address,
        &draft.district,
        &draft.mobile,
    ]
}

fn today(now: Timestamp) -> Day {
    Day::at_unix(now.unix())
}
