//! The catalogue of public services: offices, and what each of them does for people. Signed by a key of the trust list.
//! What it does not say (a fee, a legal time limit) nobody has confirmed.

use std::collections::BTreeSet;

use crate::cbor::{Malformed, Reader, Writer, is_plain};
use crate::code::codes;
use crate::cose::{from_cose, typ};
use crate::names::Names;
use crate::numbered::{Numbered, from_numbered, signed};
use crate::time::Timestamp;
use crate::vct::Vct;

/// Longest catalogue, in bytes.
pub const CATALOGUE_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Most offices.
pub const OFFICES_MAX: u64 = 256;

/// Most services.
pub const SERVICES_MAX: u64 = 2048;

/// Longest id of an office or a service, in bytes.
pub const CATALOGUE_ID_BYTES_MAX: usize = 48;

/// Longest name of an office or a service in one language, in bytes.
pub const CATALOGUE_NAME_BYTES_MAX: usize = 240;

/// Highest fee, in rupees.
const FEE_MAX: u64 = 100_000_000;

codes! {
    /// Why a catalogue is not taken.
    CatalogueError {
        /// Larger than any real one.
        TooLarge = "catalogue_too_large",
        /// Not the strict form, or a catalogue that contradicts itself.
        Malformed = "catalogue_malformed",
        /// Signed with an algorithm that is not taken.
        Algorithm = "catalogue_algorithm",
        /// A signed header that the format does not have.
        UnknownHeader = "catalogue_unknown_header",
        /// Another kind of signed data.
        OtherKind = "catalogue_other_kind",
        /// The trust list does not know the key that signed it.
        UnknownKey = "catalogue_unknown_key",
        /// The signature is wrong.
        Signature = "catalogue_signature",
        /// The key may not sign catalogues.
        KeyNotAllowed = "catalogue_key_not_allowed",
        /// The key was withdrawn.
        KeyRevoked = "catalogue_key_revoked",
        /// Signed outside the time of its key.
        KeyExpired = "catalogue_key_expired",
        /// Older than the one that is held already.
        Older = "catalogue_older",
        /// Another catalogue with the number of the one that is held.
        SameNumber = "catalogue_same_number",
    }
}

from_cose!(CatalogueError);
from_numbered!(CatalogueError);

/// Who does something for people: a department or a body of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Office {
    /// 1 to [`CATALOGUE_ID_BYTES_MAX`] characters of `a`-`z`, `0`-`9` and `-`.
    pub id: String,
    /// Its name.
    pub name: Names,
}

/// In which days a time limit is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitUnit {
    /// Each day of the calendar.
    Days,
    /// Days on which offices work.
    WorkingDays,
}

/// The time within which an office must have done something, by law.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeLimit {
    /// How many; 0 is the day on which it is asked for.
    pub days: u16,
    /// Which.
    pub unit: LimitUnit,
}

/// What an office does for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// As [`Office::id`].
    pub id: String,
    /// The id of its office, which the catalogue has.
    pub office: String,
    /// Its name.
    pub name: Names,
    /// What it costs, in rupees, 0 for nothing. None where no source says it.
    pub fee_rupees: Option<u32>,
    /// How long it may take. None where no source says it.
    pub limit: Option<TimeLimit>,
}

/// What is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueContent {
    /// Counts up with each catalogue.
    pub sequence: u64,
    /// When it was signed. It has no end: its age is shown, and an old one is better than none.
    pub iat: Timestamp,
    /// The offices, each with another id, in the order in which lists show them.
    pub offices: Vec<Office>,
    /// The services, each with another id, in the order in which lists show them.
    pub services: Vec<Service>,
    /// What each service needs, asks and gives, and where: a text of its own format (`province_api::catalogue::guide`), read by
    /// who shows it. Empty where there is none.
    pub guide: Vec<u8>,
}

/// Whether this may be the id of an office, a service, or another part of a catalogue.
pub fn is_catalogue_id(text: &str) -> bool {
    let ok = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=CATALOGUE_ID_BYTES_MAX).contains(&text.len()) && text.bytes().all(ok)
}

fn are_names(names: &Names) -> bool {
    let fits = |text: &String| text.len() <= CATALOGUE_NAME_BYTES_MAX && is_plain(text);
    !names.en.is_empty() && [&names.en, &names.ur, &names.ps].into_iter().all(fits)
}

fn write_names(w: &mut Writer, names: &Names) {
    w.array(3);
    w.text(&names.en).text(&names.ur).text(&names.ps);
}

fn read_names(r: &mut Reader<'_>) -> Result<Names, Malformed> {
    r.array_of(3)?;
    Ok(Names::new(r.text()?, r.text()?, r.text()?))
}

impl Office {
    fn encode(&self, w: &mut Writer) {
        w.map(2);
        w.int(1).text(&self.id);
        w.int(2);
        write_names(w, &self.name);
    }

    fn decode(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (mut id, mut name) = (None, None);
        for _ in 0..r.map()? {
            match r.int()? {
                1 => id = Some(r.text()?.to_owned()),
                2 => name = Some(read_names(r)?),
                _ => return Err(Malformed),
            }
        }
        Ok(Self {
            id: id.ok_or(Malformed)?,
            name: name.ok_or(Malformed)?,
        })
    }
}

impl TimeLimit {
    fn encode(self, w: &mut Writer) {
        w.array(2).uint(self.days.into()).uint(match self.unit {
            LimitUnit::Days => 1,
            LimitUnit::WorkingDays => 2,
        });
    }

    fn decode(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        r.array_of(2)?;
        Ok(Self {
            days: u16::try_from(r.uint()?).map_err(|_| Malformed)?,
            unit: match r.uint()? {
                1 => LimitUnit::Days,
                2 => LimitUnit::WorkingDays,
                _ => return Err(Malformed),
            },
        })
    }
}

impl Service {
    /// Whether a catalogue takes it that has its office and no other of its id.
    pub fn is_fit(&self) -> bool {
        is_catalogue_id(&self.id)
            && are_names(&self.name)
            && self.fee_rupees.is_none_or(|fee| u64::from(fee) <= FEE_MAX)
    }

    fn encode(&self, w: &mut Writer) {
        w.map(3 + usize::from(self.fee_rupees.is_some()) + usize::from(self.limit.is_some()));
        w.int(1).text(&self.id);
        w.int(2).text(&self.office);
        w.int(3);
        write_names(w, &self.name);
        if let Some(fee) = self.fee_rupees {
            w.int(4).uint(fee.into());
        }
        if let Some(limit) = self.limit {
            w.int(5);
            limit.encode(w);
        }
    }

    fn decode(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (mut id, mut office, mut name) = (None, None, None);
        let (mut fee_rupees, mut limit) = (None, None);
        for _ in 0..r.map()? {
            match r.int()? {
                1 => id = Some(r.text()?.to_owned()),
                2 => office = Some(r.text()?.to_owned()),
                3 => name = Some(read_names(r)?),
                4 => fee_rupees = Some(u32::try_from(r.uint()?).map_err(|_| Malformed)?),
                5 => limit = Some(TimeLimit::decode(r)?),
                _ => return Err(Malformed),
            }
        }
        Ok(Self {
            id: id.ok_or(Malformed)?,
            office: office.ok_or(Malformed)?,
            name: name.ok_or(Malformed)?,
            fee_rupees,
            limit,
        })
    }
}

impl CatalogueContent {
    fn check(&self) -> Result<(), CatalogueError> {
        if self.offices.len() as u64 > OFFICES_MAX || self.services.len() as u64 > SERVICES_MAX {
            return Err(CatalogueError::TooLarge);
        }
        let mut offices = BTreeSet::new();
        let mut services = BTreeSet::new();
        let sound = self
            .offices
            .iter()
            .all(|one| is_catalogue_id(&one.id) && are_names(&one.name) && offices.insert(&one.id))
            && self
                .services
                .iter()
                .all(|one| one.is_fit() && offices.contains(&one.office) && services.insert(&one.id));
        if sound {
            Ok(())
        } else {
            Err(CatalogueError::Malformed)
        }
    }
}

/// So many things, one after another.
fn read_all<T>(
    r: &mut Reader<'_>,
    most: u64,
    one: impl Fn(&mut Reader<'_>) -> Result<T, Malformed>,
) -> Result<Vec<T>, CatalogueError> {
    let count = r.array()?;
    if count > most {
        return Err(CatalogueError::TooLarge);
    }
    let all: Result<Vec<_>, _> = (0..count).map(|_| one(r)).collect();
    Ok(all?)
}

impl Numbered for CatalogueContent {
    type Error = CatalogueError;
    const TYP: u64 = typ::CATALOGUE;
    const ALLOWED_AS: Vct = Vct::CATALOGUE;
    const BYTES_MAX: usize = CATALOGUE_BYTES_MAX;

    fn encode(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(64 * 1024 + self.guide.len());
        w.map(4 + usize::from(!self.guide.is_empty()));
        w.int(1).uint(self.sequence);
        w.int(2).uint(self.iat.unix());
        w.int(3).array(self.offices.len());
        for office in &self.offices {
            office.encode(&mut w);
        }
        w.int(4).array(self.services.len());
        for service in &self.services {
            service.encode(&mut w);
        }
        if !self.guide.is_empty() {
            w.int(5).bytes(&self.guide);
        }
        w.finish()
    }

    fn decode(bytes: &[u8]) -> Result<Self, CatalogueError> {
        let mut r = Reader::open(bytes)?;
        let (mut sequence, mut iat, mut offices, mut services, mut guide) = (None, None, None, None, None);
        for _ in 0..r.map()? {
            match r.int()? {
                1 => sequence = Some(r.uint()?),
                2 => iat = Some(Timestamp::from_unix(r.uint()?)),
                3 => offices = Some(read_all(&mut r, OFFICES_MAX, Office::decode)?),
                4 => services = Some(read_all(&mut r, SERVICES_MAX, Service::decode)?),
                5 => guide = Some(r.bytes()?.to_vec()),
                _ => return Err(CatalogueError::Malformed),
            }
        }
        let content = Self {
            sequence: sequence.ok_or(Malformed)?,
            iat: iat.ok_or(Malformed)?,
            offices: offices.ok_or(Malformed)?,
            services: services.ok_or(Malformed)?,
            guide: match guide {
                // One that says nothing is left out: each content has one form.
                Some(guide) if guide.is_empty() => return Err(CatalogueError::Malformed),
                guide => guide.unwrap_or_default(),
            },
        };
        content.check()?;
        Ok(content)
    }

    fn number(&self) -> u64 {
        self.sequence
    }

    fn issued_at(&self) -> Timestamp {
        self.iat
    }
}

signed! {
    /// A catalogue that a key of the trust list signed. Only [`Catalogue::verify`] makes one.
    Catalogue of CatalogueContent, CatalogueError
}
