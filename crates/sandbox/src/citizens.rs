//! Three citizens who do not exist, with drawn portraits.

use province_api::Bytes;
use province_api::enrolment::EnrolmentRequest;
use serde::Deserialize;

use crate::nadra::Fault;

const CITIZENS_JSON: &str = include_str!("../../../assets/test-citizens/citizens.json");

/// A citizen who does not exist: what the form asks for, as typed, and a portrait.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestCitizen {
    /// Short name for tests and for the portrait's file.
    pub id: String,
    /// 13 digits that begin with 99999, which NADRA never issues.
    pub cnic: String,
    /// Day on which the card was issued, `YYYY-MM-DD`.
    pub cnic_issued_on: String,
    /// Name in Latin letters.
    pub name_en: String,
    /// Name in Urdu letters.
    pub name_ur: String,
    /// Father's or husband's name in Latin letters.
    pub guardian_name_en: String,
    /// Father's or husband's name in Urdu letters.
    pub guardian_name_ur: String,
    /// `father` or `husband`.
    pub guardian_relation: String,
    /// Date of birth, `YYYY-MM-DD`.
    pub date_of_birth: String,
    /// `male`, `female` or `x`.
    pub gender: String,
    /// Present address.
    pub address: String,
    /// District id.
    pub district: String,
    /// Mobile number.
    pub mobile: String,
    /// File name of the portrait.
    pub portrait: String,
}

impl TestCitizen {
    /// The portrait: PNG, 480 x 640.
    pub fn portrait_png(&self) -> &'static [u8] {
        match self.id.as_str() {
            "gul-zaman" => include_bytes!("../../../assets/test-citizens/gul-zaman.png"),
            "zarmina-bibi" => include_bytes!("../../../assets/test-citizens/zarmina-bibi.png"),
            "sher-alam" => include_bytes!("../../../assets/test-citizens/sher-alam.png"),
            // A test below proves that every citizen of the file has one of the three.
            _ => &[],
        }
    }

    /// The form as this citizen fills it in.
    pub fn enrolment(&self) -> EnrolmentRequest {
        EnrolmentRequest {
            cnic: self.cnic.clone(),
            cnic_issued_on: self.cnic_issued_on.clone(),
            name_en: self.name_en.clone(),
            name_ur: self.name_ur.clone(),
            guardian_name_en: self.guardian_name_en.clone(),
            guardian_name_ur: self.guardian_name_ur.clone(),
            guardian_relation: self.guardian_relation.clone(),
            date_of_birth: self.date_of_birth.clone(),
            gender: self.gender.clone(),
            address: self.address.clone(),
            district: self.district.clone(),
            mobile: self.mobile.clone(),
            photo: Bytes::from(self.portrait_png()),
            sim_code: None,
        }
    }
}

/// One of as many citizens as a test needs: the first of the three in everything but the CNIC, which the number is in.
///
/// # Panics
/// Never: see [`citizens`].
#[allow(clippy::expect_used)]
pub fn numbered(number: u32) -> TestCitizen {
    let first = citizens().into_iter().next().expect("there are three");
    TestCitizen {
        cnic: format!("99999{:07}1", number % NUMBERED_MAX),
        ..first
    }
}

/// Citizens with whom something is wrong at NADRA, each named by what it is: the first of the three in everything but name
/// and CNIC.
///
/// # Panics
/// Never: see [`citizens`].
#[allow(clippy::expect_used)]
pub fn troubled() -> Vec<(TestCitizen, Fault)> {
    let first = citizens().into_iter().next().expect("there are three");
    let trouble = [
        ("Khan Expired", Fault::Expired),
        ("Khan Blocked", Fault::Blocked),
        ("Khan Deceased", Fault::Deceased),
        ("Khan Unmatched", Fault::NotMatched),
        ("Khan Unavailable", Fault::Unavailable),
        ("Khan Slow", Fault::Slow),
        ("Khan Down", Fault::Down),
        ("Khan Nonsense", Fault::Nonsense),
        ("Khan Simless", Fault::NoSim),
        ("Khan Late", Fault::CodeExpired),
        ("Khan Many", Fault::CodesTooMany),
    ];
    let named = |(number, (name, fault)): (usize, (&str, Fault))| {
        let citizen = TestCitizen {
            cnic: format!("99999{:07}2", NUMBERED_MAX as usize - 1 - number),
            name_en: name.to_owned(),
            ..first.clone()
        };
        (citizen, fault)
    };
    trouble.into_iter().enumerate().map(named).collect()
}

/// Numbers of [`numbered`] citizens are below.
pub const NUMBERED_MAX: u32 = 10_000_000;

/// The three test citizens: a man, a woman, and a man over sixty.
///
/// # Panics
/// Never: the file is compiled in and a test reads it.
#[allow(clippy::expect_used)]
pub fn citizens() -> Vec<TestCitizen> {
    serde_json::from_str(CITIZENS_JSON).expect("citizens.json is compiled in and tested")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use province_api::person::Day;

    use super::*;

    #[test]
    fn every_test_citizen_fills_in_the_form_without_a_mistake() {
        let today = Day::parse("2026-11-22").unwrap();
        let all = citizens();
        assert_eq!(all.len(), 3);
        let mut ages = Vec::new();
        for citizen in all {
            let particulars = citizen.enrolment().parse(today).unwrap();
            assert!(
                particulars.cnic.as_str().starts_with("99999"),
                "{} could be a real number",
                citizen.id
            );
            ages.push(particulars.date_of_birth.years_until(today));
        }
        assert!(ages.iter().all(|age| *age >= 18));
        assert_eq!(ages.iter().filter(|age| **age > 60).count(), 1);
    }

    #[test]
    fn every_number_is_another_citizen_who_fills_in_the_form_without_a_mistake() {
        let today = Day::parse("2026-11-22").unwrap();
        let cnics: std::collections::BTreeSet<_> = [0, 1, 12, NUMBERED_MAX - 1]
            .into_iter()
            .map(|number| {
                numbered(number)
                    .enrolment()
                    .parse(today)
                    .unwrap()
                    .cnic
                    .as_str()
                    .to_owned()
            })
            .collect();
        assert_eq!(cnics.len(), 4);
        assert!(cnics.iter().all(|cnic| cnic.starts_with("99999")));
    }

    #[test]
    fn every_portrait_is_a_png_of_480_by_640() {
        for citizen in citizens() {
            let picture = image::load_from_memory(citizen.portrait_png()).unwrap();
            assert_eq!((picture.width(), picture.height()), (480, 640), "{}", citizen.id);
            assert_eq!(citizen.portrait, format!("{}.png", citizen.id));
        }
    }
}
