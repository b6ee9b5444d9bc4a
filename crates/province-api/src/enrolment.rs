//! Enrolment: what the citizen gives, and what the province answers once NADRA has confirmed it.

use serde::{Deserialize, Serialize};

use crate::Bytes;
use crate::person::{
    Address, Cnic, Day, DistrictId, FieldError, Gender, GuardianRelation, LatinName, LocalName, Mobile,
    TEXTS_BYTES_MAX,
};

/// Largest picture of a face that a phone sends, in bytes.
pub const PHOTO_BYTES_MAX: usize = 400 * 1024;

/// Body of `POST /v1/enrolments`, signed by the device key that enrols.
///
/// Fields are texts so that a wrong one is answered by its name; [`EnrolmentRequest::parse`] gives the checked form.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EnrolmentRequest {
    /// CNIC number.
    #[cfg_attr(feature = "openapi", schema(value_type = Cnic))]
    pub cnic: String,
    /// Day on which the card was issued, `YYYY-MM-DD`.
    #[cfg_attr(feature = "openapi", schema(value_type = Day))]
    pub cnic_issued_on: String,
    /// Name in Latin letters.
    #[cfg_attr(feature = "openapi", schema(value_type = LatinName))]
    pub name_en: String,
    /// Name in Urdu letters.
    #[cfg_attr(feature = "openapi", schema(value_type = LocalName))]
    pub name_ur: String,
    /// Father's or husband's name in Latin letters.
    #[cfg_attr(feature = "openapi", schema(value_type = LatinName))]
    pub guardian_name_en: String,
    /// Father's or husband's name in Urdu letters.
    #[cfg_attr(feature = "openapi", schema(value_type = LocalName))]
    pub guardian_name_ur: String,
    /// `father` or `husband`.
    #[cfg_attr(feature = "openapi", schema(value_type = GuardianRelation))]
    pub guardian_relation: String,
    /// Date of birth, `YYYY-MM-DD`.
    #[cfg_attr(feature = "openapi", schema(value_type = Day))]
    pub date_of_birth: String,
    /// `male`, `female` or `x`.
    #[cfg_attr(feature = "openapi", schema(value_type = Gender))]
    pub gender: String,
    /// Present address.
    #[cfg_attr(feature = "openapi", schema(value_type = Address))]
    pub address: String,
    /// District id.
    #[cfg_attr(feature = "openapi", schema(value_type = DistrictId))]
    pub district: String,
    /// Mobile number.
    #[cfg_attr(feature = "openapi", schema(value_type = Mobile))]
    pub mobile: String,
    /// Picture of the face: PNG or JPEG, at most [`PHOTO_BYTES_MAX`].
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Picture))]
    pub photo: Bytes,
    /// The code that was sent to the citizen's SIM, once the province asked for it (`sim_code_needed`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::openapi::SimCode>))]
    pub sim_code: Option<String>,
}

/// A citizen's particulars with every field in its checked form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Particulars {
    /// CNIC number.
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
    /// Gender.
    pub gender: Gender,
    /// Present address.
    pub address: Address,
    /// District id.
    pub district: DistrictId,
    /// Mobile number.
    pub mobile: Mobile,
}

/// One field that was not accepted, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldProblem {
    /// Name of the field in [`EnrolmentRequest`], or its path in a form ([`crate::definition::Definition::parse`]).
    pub field: String,
    /// Why.
    pub code: FieldError,
}

impl EnrolmentRequest {
    /// Checks every field; `today` bounds the dates.
    ///
    /// # Errors
    /// All the fields that were not accepted, in the order of the form.
    pub fn parse(&self, today: Day) -> Result<Particulars, Vec<FieldProblem>> {
        let mut problems = Vec::new();
        let mut note = |field: &str, code: FieldError| {
            problems.push(FieldProblem {
                field: field.to_owned(),
                code,
            });
        };
        macro_rules! field {
            ($name:ident, $parsed:expr) => {
                $parsed.map_err(|code| note(stringify!($name), code)).ok()
            };
        }
        let cnic = field!(cnic, Cnic::parse(&self.cnic));
        let cnic_issued_on = field!(
            cnic_issued_on,
            Day::parse(&self.cnic_issued_on).and_then(|d| d.not_after(today))
        );
        let name_en = field!(name_en, LatinName::parse(&self.name_en));
        let name_ur = field!(name_ur, LocalName::parse(&self.name_ur));
        let guardian_name_en = field!(guardian_name_en, LatinName::parse(&self.guardian_name_en));
        let guardian_name_ur = field!(guardian_name_ur, LocalName::parse(&self.guardian_name_ur));
        let guardian_relation = field!(
            guardian_relation,
            GuardianRelation::parse(&self.guardian_relation)
        );
        let date_of_birth = field!(
            date_of_birth,
            Day::parse(&self.date_of_birth)
                .and_then(|d| d.not_after(today))
                .and_then(|d| if d.years_until(today) < 18 {
                    Err(FieldError::TooYoung)
                } else {
                    Ok(d)
                })
        );
        let gender = field!(gender, Gender::parse(&self.gender));
        let names = name_en.as_ref().map_or(0, |name| name.as_str().len())
            + name_ur.as_ref().map_or(0, |name| name.as_str().len())
            + guardian_name_en.as_ref().map_or(0, |name| name.as_str().len())
            + guardian_name_ur.as_ref().map_or(0, |name| name.as_str().len());
        // Names are what they are; it is the address that can be written shorter.
        let address = field!(
            address,
            Address::parse(&self.address).and_then(|address| {
                if names + address.as_str().len() > TEXTS_BYTES_MAX {
                    Err(FieldError::FieldTooLong)
                } else {
                    Ok(address)
                }
            })
        );
        let district = field!(district, DistrictId::parse(&self.district));
        let mobile = field!(mobile, Mobile::parse(&self.mobile));
        let photo = field!(
            photo,
            match self.photo.0.len() {
                0 => Err(FieldError::PhotoMissing),
                n if n > PHOTO_BYTES_MAX => Err(FieldError::FieldTooLong),
                _ => Ok(()),
            }
        );
        let parsed = (|| {
            photo?;
            Some(Particulars {
                cnic: cnic?,
                cnic_issued_on: cnic_issued_on?,
                name_en: name_en?,
                name_ur: name_ur?,
                guardian_name_en: guardian_name_en?,
                guardian_name_ur: guardian_name_ur?,
                guardian_relation: guardian_relation?,
                date_of_birth: date_of_birth?,
                gender: gender?,
                address: address?,
                district: district?,
                mobile: mobile?,
            })
        })();
        parsed.ok_or(problems)
    }
}

/// Answer 200 to an enrolment: NADRA confirmed, the device is enrolled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrolmentReply {
    /// Random id of the enrolment, 16 bytes. Says nothing of the person.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Bytes16))]
    pub enrolment: Bytes,
    /// Unix seconds at which NADRA confirmed.
    pub confirmed_at: u64,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn good() -> EnrolmentRequest {
        EnrolmentRequest {
            cnic: "99999-1234567-1".into(),
            cnic_issued_on: "2020-01-01".into(),
            name_en: "Gul Zaman".into(),
            name_ur: "گل زمان".into(),
            guardian_name_en: "Sher Zaman".into(),
            guardian_name_ur: "شیر زمان".into(),
            guardian_relation: "father".into(),
            date_of_birth: "1990-05-04".into(),
            gender: "male".into(),
            address: "Khar".into(),
            district: "bajaur".into(),
            mobile: "03001234567".into(),
            photo: Bytes(vec![1]),
            sim_code: None,
        }
    }

    fn today() -> Day {
        Day::parse("2026-11-22").unwrap()
    }

    #[test]
    fn a_whole_form_is_accepted() {
        assert_eq!(good().parse(today()).unwrap().mobile.as_str(), "+923001234567");
    }

    #[test]
    fn names_and_address_share_their_limit_and_the_address_gives_way() {
        let given = good();
        let names = [
            &given.name_en,
            &given.name_ur,
            &given.guardian_name_en,
            &given.guardian_name_ur,
        ];
        let left = TEXTS_BYTES_MAX - names.iter().map(|name| name.len()).sum::<usize>();
        for (letters, fits) in [(left, true), (left + 1, false)] {
            let request = EnrolmentRequest {
                address: "a".repeat(letters),
                ..good()
            };
            let too_long = FieldProblem {
                field: "address".to_owned(),
                code: FieldError::FieldTooLong,
            };
            assert_eq!(request.parse(today()).err(), (!fits).then(|| vec![too_long]));
        }
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let request = EnrolmentRequest {
            cnic: "1".into(),
            name_en: "گل".into(),
            date_of_birth: "2010-01-01".into(),
            photo: Bytes::default(),
            ..good()
        };
        let problems = request.parse(today()).unwrap_err();
        let named: Vec<_> = problems
            .iter()
            .map(|p| (p.field.as_str(), p.code.code()))
            .collect();
        assert_eq!(
            named,
            [
                ("cnic", "cnic_malformed"),
                ("name_en", "name_wrong_script"),
                ("date_of_birth", "too_young"),
                ("photo", "photo_missing")
            ]
        );
    }
}
