//! Facts: what a credential says beside an identity (`-65601`), and a document's own fields.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::cbor::{Malformed, NUMBER_MAX, Next, Reader, Writer, is_plain};

/// The guardian's local name, which belongs to the identity.
pub(crate) const FACT_GUARDIAN_LOCAL: i64 = 9;

/// Whose name stands as the guardian's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuardianRelation {
    /// The father (1).
    Father,
    /// The husband (2).
    Husband,
}

impl GuardianRelation {
    pub(crate) const fn wire(self) -> u64 {
        match self {
            Self::Father => 1,
            Self::Husband => 2,
        }
    }

    /// `father` or `husband`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Father => "father",
            Self::Husband => "husband",
        }
    }
}

/// Facts that name nobody (`-65601`). With a photo's hash or a tehsil they are personal data all the same: never log it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Is over 18 (1).
    pub over_18: Option<bool>,
    /// Is over 60 (2).
    pub over_60: Option<bool>,
    /// District id, such as `peshawar` (3).
    pub district: Option<String>,
    /// Tehsil (4).
    pub tehsil: Option<String>,
    /// Lives in a merged district (5).
    pub merged_district: Option<bool>,
    /// How well the holder was proofed, 1 to 4 (6).
    pub assurance: Option<u8>,
    /// SHA-256 of the photo that travels in `KPF:` frames (7).
    pub photo_sha256: Option<[u8; 32]>,
    /// Whose name the guardian's is (8).
    pub guardian_relation: Option<GuardianRelation>,
    /// A document's own fields by their numbers (32 to 255). What they are, the type register says.
    pub fields: BTreeMap<u8, Field>,
}

/// Numbers of a document's own fields among the facts.
pub const FIELDS: RangeInclusive<u8> = 32..=255;

/// Those of them that name nobody outside the office that gave them, such as a staff number: they may be shown timed.
pub const PSEUDONYMS: RangeInclusive<u8> = 240..=249;

/// The format's own facts that are true or false.
pub(crate) const TRUTHS: [u8; 3] = [1, 2, 5];

/// Most fields of one document.
pub const FIELDS_MAX: usize = 32;

/// Longest field, in bytes.
pub const FIELD_BYTES_MAX: usize = 512;

/// One field of a document. Personal data: never log it.
#[derive(Clone, PartialEq, Eq)]
pub enum Field {
    /// A text.
    Text(String),
    /// A whole number, at most 2^53 - 1; also a day (`YYYYMMDD`), a CNIC, an amount in paisa, a word's number.
    Number(u64),
    /// True or false.
    Truth(bool),
    /// Bytes, such as the hash of a file.
    Bytes(Vec<u8>),
}

impl std::fmt::Debug for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Field(..)")
    }
}

impl Field {
    fn fits(&self) -> bool {
        match self {
            Self::Text(text) => text.len() <= FIELD_BYTES_MAX && is_plain(text),
            Self::Bytes(bytes) => bytes.len() <= FIELD_BYTES_MAX,
            Self::Number(number) => *number <= NUMBER_MAX,
            Self::Truth(_) => true,
        }
    }

    pub(crate) fn encode(&self, w: &mut Writer) {
        match self {
            Self::Text(text) => w.text(text),
            Self::Number(number) => w.uint(*number),
            Self::Truth(truth) => w.bool(*truth),
            Self::Bytes(bytes) => w.bytes(bytes),
        };
    }

    /// By what stands there: the type register may not be at hand.
    fn decode(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let field = match r.next_type()? {
            Next::Uint => Self::Number(r.uint()?),
            Next::Text => Self::Text(r.text()?.to_owned()),
            Next::Bytes => Self::Bytes(r.bytes()?.to_vec()),
            Next::Bool => Self::Truth(r.bool()?),
            Next::Other => return Err(Malformed),
        };
        if field.fits() { Ok(field) } else { Err(Malformed) }
    }
}

impl std::fmt::Debug for Facts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Facts(..)")
    }
}

impl Facts {
    /// A fact by its number, or a field, that is true or false; none if it is not there or is of another kind.
    pub(crate) fn truth(&self, number: u8) -> Option<bool> {
        match number {
            1 => self.over_18,
            2 => self.over_60,
            5 => self.merged_district,
            _ => match self.fields.get(&number)? {
                Field::Truth(truth) => Some(*truth),
                _ => None,
            },
        }
    }

    /// True if a reader takes the fields.
    pub(crate) fn are_writable(&self) -> bool {
        self.fields.len() <= FIELDS_MAX
            && self
                .fields
                .iter()
                .all(|(number, field)| FIELDS.contains(number) && field.fits())
    }

    /// How many facts there are, the guardian's local name not counted.
    pub(crate) fn count(&self) -> usize {
        let there = [
            self.over_18.is_some(),
            self.over_60.is_some(),
            self.district.is_some(),
            self.tehsil.is_some(),
            self.merged_district.is_some(),
            self.assurance.is_some(),
            self.photo_sha256.is_some(),
            self.guardian_relation.is_some(),
        ];
        there.iter().filter(|there| **there).count() + self.fields.len()
    }

    pub(crate) fn encode(&self, w: &mut Writer) {
        if let Some(value) = self.over_18 {
            w.int(1).bool(value);
        }
        if let Some(value) = self.over_60 {
            w.int(2).bool(value);
        }
        if let Some(value) = &self.district {
            w.int(3).text(value);
        }
        if let Some(value) = &self.tehsil {
            w.int(4).text(value);
        }
        if let Some(value) = self.merged_district {
            w.int(5).bool(value);
        }
        if let Some(value) = self.assurance {
            w.int(6).uint(u64::from(value));
        }
        if let Some(value) = &self.photo_sha256 {
            w.int(7).bytes(value);
        }
        if let Some(value) = self.guardian_relation {
            w.int(8).uint(value.wire());
        }
    }

    /// The facts, and the guardian's local name, which belongs to the identity.
    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<(Self, Option<String>), Malformed> {
        let mut out = Self::default();
        let mut guardian_local = None;
        for _ in 0..r.map()? {
            match r.int()? {
                1 => out.over_18 = Some(r.bool()?),
                2 => out.over_60 = Some(r.bool()?),
                3 => out.district = Some(r.text()?.to_owned()),
                4 => out.tehsil = Some(r.text()?.to_owned()),
                5 => out.merged_district = Some(r.bool()?),
                6 => out.assurance = Some(u8::try_from(r.uint()?).map_err(|_| Malformed)?),
                7 => out.photo_sha256 = Some(r.bytes_of()?),
                8 => {
                    out.guardian_relation = Some(match r.uint()? {
                        1 => GuardianRelation::Father,
                        2 => GuardianRelation::Husband,
                        _ => return Err(Malformed),
                    });
                }
                FACT_GUARDIAN_LOCAL => guardian_local = Some(r.text()?.to_owned()),
                number => {
                    let number = u8::try_from(number).map_err(|_| Malformed)?;
                    if !FIELDS.contains(&number) || out.fields.len() >= FIELDS_MAX {
                        return Err(Malformed);
                    }
                    out.fields.insert(number, Field::decode(r)?);
                }
            }
        }
        Ok((out, guardian_local))
    }
}
