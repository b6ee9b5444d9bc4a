//! The type register as CBOR (`type-register` in docs/format.cddl).

use super::content::{ClaimType, Form, Kind, PassType, Place, RegisterContent, ShowRule, StatusRule, Word};
use super::{CLAIMS_MAX, RegisterError, TYPES_MAX};
use crate::cbor::{Malformed, Reader, Writer};
use crate::claims::read_vct;
use crate::names::Names;
use crate::time::Timestamp;

/// Most words of one claim.
const WORDS_MAX: usize = 64;

/// Items of one word: code, key, and the label in three languages.
const WORD_ITEMS: usize = 5;

impl RegisterContent {
    pub(super) fn to_cbor(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(16 * 1024);
        w.map(4);
        w.int(1).uint(self.sequence);
        w.int(2).uint(self.iat.unix());
        w.int(3).uint(self.exp.unix());
        w.int(4).array(self.types.len());
        for one in &self.types {
            one.encode(&mut w);
        }
        w.finish()
    }

    pub(super) fn from_cbor(bytes: &[u8]) -> Result<Self, RegisterError> {
        let mut r = Reader::open(bytes)?;
        let (mut sequence, mut iat, mut exp, mut types) = (None, None, None, None);
        for _ in 0..r.map()? {
            match r.int()? {
                1 => sequence = Some(r.uint()?),
                2 => iat = Some(Timestamp::from_unix(r.uint()?)),
                3 => exp = Some(Timestamp::from_unix(r.uint()?)),
                4 => {
                    let count = limited(r.array()?, TYPES_MAX)?;
                    let all: Result<Vec<_>, _> = (0..count).map(|_| PassType::decode(&mut r)).collect();
                    types = Some(all?);
                }
                _ => return Err(RegisterError::Malformed),
            }
        }
        Ok(Self {
            sequence: sequence.ok_or(Malformed)?,
            iat: iat.ok_or(Malformed)?,
            exp: exp.ok_or(Malformed)?,
            types: types.ok_or(Malformed)?,
        })
    }
}

impl PassType {
    fn encode(&self, w: &mut Writer) {
        w.map(10);
        w.int(1).bytes(self.vct.as_str().as_bytes());
        w.int(2);
        names(w, &self.name);
        w.int(3).text(&self.icon);
        w.int(4).uint(self.lifetime_days.into());
        w.int(5).uint(self.stock.into());
        w.int(6);
        match &self.status {
            StatusRule::None => w.uint(0),
            StatusRule::Person => w.uint(1),
            StatusRule::List(name) => w.text(name),
        };
        w.int(7).bool(self.photo);
        w.int(8).uint(self.assurance.into());
        let ShowRule {
            timed,
            request,
            printed,
        } = self.show;
        let bits = u64::from(timed) | u64::from(request) << 1 | u64::from(printed) << 2;
        w.int(9).uint(bits);
        w.int(10).array(self.claims.len());
        for claim in &self.claims {
            claim.encode(w);
        }
    }

    fn decode(r: &mut Reader<'_>) -> Result<Self, RegisterError> {
        r.map_of(10)?;
        Ok(Self {
            vct: at(r, 1, read_vct)?,
            name: at(r, 2, read_names)?,
            icon: at(r, 3, text)?,
            lifetime_days: at(r, 4, number)?,
            stock: at(r, 5, number)?,
            status: at(r, 6, |r| {
                if !r.at_int() {
                    return Ok(StatusRule::List(text(r)?));
                }
                match r.uint()? {
                    0 => Ok(StatusRule::None),
                    1 => Ok(StatusRule::Person),
                    _ => Err(Malformed),
                }
            })?,
            photo: at(r, 7, Reader::bool)?,
            assurance: at(r, 8, number)?,
            show: at(r, 9, |r| match r.uint()? {
                bits @ 0..=7 => Ok(ShowRule {
                    timed: bits & 1 != 0,
                    request: bits & 2 != 0,
                    printed: bits & 4 != 0,
                }),
                _ => Err(Malformed),
            })?,
            claims: {
                let count = limited(at(r, 10, Reader::array)?, CLAIMS_MAX)?;
                let all: Result<Vec<_>, _> = (0..count).map(|_| ClaimType::decode(r)).collect();
                all?
            },
        })
    }
}

impl ClaimType {
    fn encode(&self, w: &mut Writer) {
        w.map(6 + usize::from(!self.words.is_empty()));
        w.int(1).text(&self.key);
        let (map, number) = match self.at {
            Place::Identity(member) => (169, member),
            Place::Fact(number) => (-65_601, number),
        };
        w.int(2).array(2).int(map).uint(number.into());
        w.int(3).uint(position(&Kind::ALL, &self.kind));
        w.int(4);
        names(w, &self.label);
        w.int(5).bool(self.required);
        w.int(6).uint(position(&Form::ALL, &self.form));
        if !self.words.is_empty() {
            // One flat list: an array for each word would be a level deeper than the format goes.
            w.int(7).array(self.words.len() * WORD_ITEMS);
            for word in &self.words {
                w.uint(word.code.into()).text(&word.key);
                let Names { en, ur, ps } = &word.label;
                w.text(en).text(ur).text(ps);
            }
        }
    }

    fn decode(r: &mut Reader<'_>) -> Result<Self, RegisterError> {
        let words = match r.map()? {
            6 => false,
            7 => true,
            _ => return Err(RegisterError::Malformed),
        };
        Ok(Self {
            key: at(r, 1, text)?,
            at: at(r, 2, |r| {
                r.array_of(2)?;
                match (r.int()?, number(r)?) {
                    (169, member) => Ok(Place::Identity(member)),
                    (-65_601, number) => Ok(Place::Fact(number)),
                    _ => Err(Malformed),
                }
            })?,
            kind: at(r, 3, |r| pick(&Kind::ALL, r))?,
            label: at(r, 4, read_names)?,
            required: at(r, 5, Reader::bool)?,
            form: at(r, 6, |r| pick(&Form::ALL, r))?,
            words: if words { at(r, 7, read_words)? } else { Vec::new() },
        })
    }
}

fn read_words(r: &mut Reader<'_>) -> Result<Vec<Word>, Malformed> {
    let items = usize::try_from(r.array()?).map_err(|_| Malformed)?;
    let count = items / WORD_ITEMS;
    if items % WORD_ITEMS != 0 || count == 0 || count > WORDS_MAX {
        return Err(Malformed);
    }
    let word = |_| {
        Ok(Word {
            code: number(r)?,
            key: text(r)?,
            label: Names {
                en: text(r)?,
                ur: text(r)?,
                ps: text(r)?,
            },
        })
    };
    (0..count).map(word).collect()
}

/// Reads the value of the next key, which must be `label`: keys ascend and none may be left out.
fn at<'b, T>(
    r: &mut Reader<'b>,
    label: i64,
    read: impl FnOnce(&mut Reader<'b>) -> Result<T, Malformed>,
) -> Result<T, Malformed> {
    if r.int()? == label {
        read(r)
    } else {
        Err(Malformed)
    }
}

fn names(w: &mut Writer, names: &Names) {
    w.array(3).text(&names.en).text(&names.ur).text(&names.ps);
}

fn read_names(r: &mut Reader<'_>) -> Result<Names, Malformed> {
    r.array_of(3)?;
    Ok(Names {
        en: text(r)?,
        ur: text(r)?,
        ps: text(r)?,
    })
}

fn text(r: &mut Reader<'_>) -> Result<String, Malformed> {
    Ok(r.text()?.to_owned())
}

fn number<T: TryFrom<u64>>(r: &mut Reader<'_>) -> Result<T, Malformed> {
    T::try_from(r.uint()?).map_err(|_| Malformed)
}

fn limited(count: u64, most: usize) -> Result<usize, RegisterError> {
    usize::try_from(count)
        .ok()
        .filter(|count| *count <= most)
        .ok_or(RegisterError::TooLarge)
}

fn position<T: PartialEq>(all: &[T], one: &T) -> u64 {
    all.iter().position(|other| other == one).unwrap_or_default() as u64
}

fn pick<T: Copy>(all: &[T], r: &mut Reader<'_>) -> Result<T, Malformed> {
    let place: usize = number(r)?;
    all.get(place).copied().ok_or(Malformed)
}
