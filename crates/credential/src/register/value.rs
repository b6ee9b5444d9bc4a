//! Reading a claim's value out of a credential, by what the register says of it.

use super::content::{ClaimType, Kind, PassType, Place, Word};
use crate::claims::{Claims, Identity};
use crate::facts::{Facts, Field};
use crate::time::{DAY, Timestamp};

/// A claim's value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// A text, or the id of a district.
    Text(&'a str),
    /// A whole number; paisa for [`Kind::Money`].
    Number(u64),
    /// A day as `(year, month, day)`.
    Date(u16, u8, u8),
    /// True or false.
    Truth(bool),
    /// The 13 digits of a CNIC as a number.
    Cnic(u64),
    /// One of the claim's words.
    Word(&'a Word),
    /// SHA-256 of the photo.
    Photo(&'a [u8; 32]),
}

impl Value<'_> {
    /// The value for programs: `YYYY-MM-DD`, `true`, a word's key, digits, the photo's hash as `true`.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => (*text).to_owned(),
            Self::Number(number) | Self::Cnic(number) => number.to_string(),
            Self::Date(year, month, day) => format!("{year:04}-{month:02}-{day:02}"),
            Self::Truth(truth) => truth.to_string(),
            Self::Word(word) => word.key.clone(),
            Self::Photo(_) => true.to_string(),
        }
    }
}

/// Values are personal data and are not printed.
impl std::fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Value(..)")
    }
}

/// A claim with its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown<'a> {
    /// What it is.
    pub claim: &'a ClaimType,
    /// Its value.
    pub value: Value<'a>,
}

impl PassType {
    /// What a credential says, in the register's order. What the register does not have is not shown, and neither is a
    /// value of another kind than it says.
    pub fn shown<'a>(&'a self, claims: &'a Claims) -> impl Iterator<Item = Shown<'a>> {
        self.claims.iter().filter_map(|claim| {
            let value = claim.value(claims)?;
            Some(Shown { claim, value })
        })
    }
}

impl PassType {
    /// True if something else than a day stands where its last day should.
    pub(super) fn hides_its_end(&self, claims: &Claims) -> bool {
        let mut last = self.claims.iter().filter(|claim| claim.kind == Kind::LastDay);
        last.any(|claim| match claim.at {
            Place::Fact(number) => claims.facts.fields.contains_key(&number) && claim.value(claims).is_none(),
            Place::Identity(_) => false,
        })
    }

    /// The moment from which a document holds no longer by what it says itself: the midnight after its last day. None
    /// if it names no such day.
    pub fn ends(&self, facts: &Facts) -> Option<Timestamp> {
        let last = self.claims.iter().filter(|claim| claim.kind == Kind::LastDay);
        let ends = last.filter_map(|claim| {
            let Place::Fact(number) = claim.at else {
                return None;
            };
            let Field::Number(written) = facts.fields.get(&number)? else {
                return None;
            };
            let Value::Date(year, month, day) = day(*written)? else {
                return None;
            };
            Some(Timestamp::start_of(year, month, day).plus(DAY))
        });
        ends.min()
    }
}

impl ClaimType {
    /// The claim's value in a credential, if it is there and is of the claim's kind.
    pub fn value<'a>(&'a self, claims: &'a Claims) -> Option<Value<'a>> {
        match (self.raw(claims)?, self.kind) {
            (Raw::Text(text), Kind::Latin | Kind::Arabic | Kind::Text | Kind::District) => {
                (!text.is_empty()).then_some(Value::Text(text))
            }
            (Raw::Text(text), Kind::Date) => day(digits(text, 8)?),
            (Raw::Text(text), Kind::Cnic) => cnic(digits(text, 13)?),
            (Raw::Number(number), Kind::Date | Kind::LastDay) => day(number),
            (Raw::Number(number), Kind::Cnic) => cnic(number),
            (Raw::Number(number), Kind::Number | Kind::Money) => Some(Value::Number(number)),
            (Raw::Number(number), Kind::Word) => {
                let word = self.words.iter().find(|word| u64::from(word.code) == number);
                word.map(Value::Word)
            }
            (Raw::Truth(truth), Kind::Truth) => Some(Value::Truth(truth)),
            (Raw::Photo(hash), Kind::Photo) => Some(Value::Photo(hash)),
            _ => None,
        }
    }

    fn raw<'a>(&self, claims: &'a Claims) -> Option<Raw<'a>> {
        let text = |text: &'a Option<String>| text.as_deref().map(Raw::Text);
        let truth = |truth: Option<bool>| truth.map(Raw::Truth);
        let facts = &claims.facts;
        match self.at {
            Place::Identity(member) => identity(claims.identity.as_ref()?, member),
            Place::Fact(1) => truth(facts.over_18),
            Place::Fact(2) => truth(facts.over_60),
            Place::Fact(3) => text(&facts.district),
            Place::Fact(4) => text(&facts.tehsil),
            Place::Fact(5) => truth(facts.merged_district),
            Place::Fact(6) => facts.assurance.map(|level| Raw::Number(level.into())),
            Place::Fact(7) => facts.photo_sha256.as_ref().map(Raw::Photo),
            Place::Fact(8) => facts.guardian_relation.map(|one| Raw::Number(one.wire())),
            Place::Fact(9) => text(&claims.identity.as_ref()?.guardian_local),
            Place::Fact(number) => Some(match facts.fields.get(&number)? {
                Field::Text(text) => Raw::Text(text),
                Field::Number(number) => Raw::Number(*number),
                Field::Truth(truth) => Raw::Truth(*truth),
                Field::Bytes(_) => return None,
            }),
        }
    }
}

enum Raw<'a> {
    Text(&'a str),
    Number(u64),
    Truth(bool),
    Photo(&'a [u8; 32]),
}

fn identity(identity: &Identity, member: u8) -> Option<Raw<'_>> {
    let text = match member {
        1 => &identity.id,
        4 => &identity.full_name,
        8 => &identity.date_of_birth,
        9 => return identity.gender.map(|gender| Raw::Number(gender.wire())),
        10 => &identity.address,
        15 => &identity.guardian,
        19 => &identity.full_name_local,
        _ => return None,
    };
    text.as_deref().map(Raw::Text)
}

/// How many claims a credential holds, whatever the register says. The language of the local names goes with the name.
pub(super) fn members(claims: &Claims) -> usize {
    let identity = claims.identity.as_ref().map_or(0, |identity| {
        let texts = [
            &identity.id,
            &identity.full_name,
            &identity.date_of_birth,
            &identity.address,
            &identity.guardian,
            &identity.full_name_local,
            &identity.guardian_local,
        ];
        texts.iter().filter(|text| text.is_some()).count() + usize::from(identity.gender.is_some())
    });
    identity + claims.facts.count()
}

fn digits(text: &str, count: usize) -> Option<u64> {
    let plain = text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// `YYYYMMDD` as a number.
fn day(number: u64) -> Option<Value<'static>> {
    let year = u16::try_from(number / 10_000)
        .ok()
        .filter(|year| *year < 10_000)?;
    let month = u8::try_from(number / 100 % 100).ok()?;
    let day = u8::try_from(number % 100).ok()?;
    let real = (1000..10_000).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    real.then_some(Value::Date(year, month, day))
}

fn cnic(number: u64) -> Option<Value<'static>> {
    let real = (1_000_000_000_000..10_000_000_000_000).contains(&number);
    real.then_some(Value::Cnic(number))
}
