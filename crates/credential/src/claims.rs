//! What a credential says, as types and as CBOR (`kp-claims`).

use crate::cbor::{Malformed, Reader, Writer};
use crate::facts::{FACT_GUARDIAN_LOCAL, Facts, PSEUDONYMS};
use crate::keys::HolderKey;
use crate::time::Timestamp;
use crate::vct::Vct;

/// The issuer's name on the wire: Khyber Pakhtunkhwa in ISO 3166-2. Short, because every byte is modules on a screen.
pub const ISSUER: &str = "PK-KP";

const ISS: i64 = 1;
const EXP: i64 = 4;
const NBF: i64 = 5;
const IAT: i64 = 6;
const CNF: i64 = 8;
const VCT: i64 = 11;
const IDENTITY: i64 = 169;
const STATUS: i64 = 65_535;
const FACTS: i64 = -65_601;

/// All that one credential says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// Who issued it, normally [`ISSUER`]. The name shown to people comes from the trust list.
    pub iss: String,
    /// Day of issue (midnight UTC).
    pub iat: Timestamp,
    /// First day it holds (midnight UTC), if later than the day of issue.
    pub nbf: Option<Timestamp>,
    /// The moment from which it holds no longer (midnight UTC).
    pub exp: Timestamp,
    /// The key of this one pass on the holder's phone. A credential without it cannot be presented.
    pub holder: Option<HolderKey>,
    /// Which kind of pass.
    pub vct: Vct,
    /// Who the holder is (claim 169).
    pub identity: Option<Identity>,
    /// Where to look whether it was revoked.
    pub status: Option<StatusRef>,
    /// Facts about the holder that name nobody, and the photo's hash.
    pub facts: Facts,
}

/// Where a credential's status bit is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusRef {
    /// Number of the bit in the whole list. The list's shards are a power of two wide, so its upper bits are the shard
    /// and its lower bits the place there.
    pub index: u32,
    /// Name of the list, as in the status manifest. Short: it is in every pass.
    pub uri: String,
}

/// Gender as on the CNIC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gender {
    /// Male (1).
    Male,
    /// Female (2).
    Female,
    /// X (3).
    X,
}

impl Gender {
    pub(crate) const fn wire(self) -> u64 {
        match self {
            Self::Male => 1,
            Self::Female => 2,
            Self::X => 3,
        }
    }

    /// `male`, `female` or `x`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Male => "male",
            Self::Female => "female",
            Self::X => "x",
        }
    }
}

/// Claim 169, the members that the province fills. Personal data: never log it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// CNIC, 13 digits (169/1).
    pub id: Option<String>,
    /// Full name in Latin script (169/4).
    pub full_name: Option<String>,
    /// Date of birth, `YYYYMMDD` (169/8).
    pub date_of_birth: Option<String>,
    /// Gender (169/9).
    pub gender: Option<Gender>,
    /// Address (169/10).
    pub address: Option<String>,
    /// Father's or husband's name in Latin script (169/15).
    pub guardian: Option<String>,
    /// Full name in the local script (169/19).
    pub full_name_local: Option<String>,
    /// Language of the local names, ISO 639 (169/20).
    pub local_language: Option<String>,
    /// Father's or husband's name in the local script. Claim 169 has no place for it, so it travels as fact 9.
    pub guardian_local: Option<String>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity(..)")
    }
}

impl Claims {
    /// True if the claims name somebody, show a face or are a document's: such a credential answers a certified request
    /// only. It follows from what is there and not from what a register says; an office's pseudonyms are no names.
    pub fn is_personal(&self) -> bool {
        let facts = &self.facts;
        self.identity.is_some()
            || facts.photo_sha256.is_some()
            || facts.guardian_relation.is_some()
            || facts.fields.keys().any(|number| !PSEUDONYMS.contains(number))
    }

    /// True if a holder presents claims that say who somebody is, and no photo tells whether the person at the desk is
    /// that somebody: anyone with the phone could pass for its owner.
    pub(crate) fn lacks_photo(&self) -> bool {
        let names = self.identity.is_some() || self.vct == Vct::IDENTITY || self.vct == Vct::NAME_PHOTO;
        names && self.holder.is_some() && self.facts.photo_sha256.is_none()
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        let facts = self.facts_count();
        let optional = [
            self.nbf.is_some(),
            self.holder.is_some(),
            self.identity.is_some(),
            self.status.is_some(),
            facts > 0,
        ];
        w.map(4 + optional.iter().filter(|there| **there).count());
        w.int(ISS).text(&self.iss);
        w.int(EXP).uint(self.exp.unix());
        if let Some(nbf) = self.nbf {
            w.int(NBF).uint(nbf.unix());
        }
        w.int(IAT).uint(self.iat.unix());
        if let Some(key) = &self.holder {
            w.int(CNF);
            write_cnf(&mut w, key);
        }
        w.int(VCT).bytes(self.vct.as_str().as_bytes());
        if let Some(identity) = &self.identity {
            w.int(IDENTITY);
            identity.encode(&mut w);
        }
        if let Some(status) = &self.status {
            w.int(STATUS);
            write_status(&mut w, status);
        }
        if facts > 0 {
            w.int(FACTS).map(facts);
            self.facts.encode(&mut w);
            if let Some(name) = self.guardian_local() {
                w.int(FACT_GUARDIAN_LOCAL).text(name);
            }
            for (number, field) in &self.facts.fields {
                field.encode(w.int(i64::from(*number)));
            }
        }
        w.finish()
    }

    fn guardian_local(&self) -> Option<&str> {
        self.identity.as_ref()?.guardian_local.as_deref()
    }

    fn facts_count(&self) -> usize {
        self.facts.count() + usize::from(self.guardian_local().is_some())
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut r = Reader::open(bytes)?;
        let (mut iss, mut exp, mut nbf, mut iat) = (None, None, None, None);
        let (mut holder, mut vct, mut status) = (None, None, None);
        let mut identity: Option<Identity> = None;
        let (mut facts, mut guardian_local) = (Facts::default(), None);
        for _ in 0..r.map()? {
            match r.int()? {
                ISS => iss = Some(r.text()?.to_owned()),
                EXP => exp = Some(read_day(&mut r)?),
                NBF => nbf = Some(read_day(&mut r)?),
                IAT => iat = Some(read_day(&mut r)?),
                CNF => holder = Some(read_cnf(&mut r)?),
                VCT => vct = Some(read_kind(&mut r)?),
                IDENTITY => identity = Some(Identity::decode(&mut r)?),
                STATUS => status = Some(read_status(&mut r)?),
                FACTS => (facts, guardian_local) = Facts::decode(&mut r)?,
                _ => return Err(Malformed),
            }
        }
        if guardian_local.is_some() {
            // A name outside an identity would let timed mode carry it.
            identity.as_mut().ok_or(Malformed)?.guardian_local = guardian_local;
        }
        Ok(Self {
            iss: iss.ok_or(Malformed)?,
            iat: iat.ok_or(Malformed)?,
            nbf,
            exp: exp.ok_or(Malformed)?,
            holder,
            vct: vct.ok_or(Malformed)?,
            identity,
            status,
            facts,
        })
    }
}

/// `cnf` (RFC 8747) with an OKP key (RFC 9053): `{1: {1: 1, -1: 6, -2: x}}`.
pub(crate) fn write_cnf(w: &mut Writer, key: &HolderKey) {
    w.map(1).int(1).map(3);
    w.int(1).int(1).int(-1).int(6).int(-2).bytes(key.as_bytes());
}

pub(crate) fn read_cnf(r: &mut Reader<'_>) -> Result<HolderKey, Malformed> {
    r.map_of(1)?;
    let outer = r.int()?;
    r.map_of(3)?;
    let head = [outer, r.int()?, r.int()?, r.int()?, r.int()?, r.int()?];
    if head != [1, 1, 1, -1, 6, -2] {
        return Err(Malformed);
    }
    HolderKey::parse(r.bytes()?).map_err(|_| Malformed)
}

/// A moment that is midnight UTC: a time of day would tell one pass from another.
pub(crate) fn read_day(r: &mut Reader<'_>) -> Result<Timestamp, Malformed> {
    let at = Timestamp::from_unix(r.uint()?);
    if at.is_whole_day() { Ok(at) } else { Err(Malformed) }
}

/// The kind of a credential: none of the names by which a trust list allows a key something else.
fn read_kind(r: &mut Reader<'_>) -> Result<Vct, Malformed> {
    let vct = read_vct(r)?;
    if Vct::RESERVED.contains(&vct) {
        return Err(Malformed);
    }
    Ok(vct)
}

pub(crate) fn read_vct(r: &mut Reader<'_>) -> Result<Vct, Malformed> {
    std::str::from_utf8(r.bytes()?)
        .ok()
        .and_then(|text| Vct::parse(text).ok())
        .ok_or(Malformed)
}

/// `{"status_list": {"idx": ..., "uri": ...}}`, as the Token Status List writes it.
pub(crate) fn write_status(w: &mut Writer, status: &StatusRef) {
    w.map(1).text("status_list").map(2);
    w.text("idx").uint(u64::from(status.index));
    w.text("uri").text(&status.uri);
}

pub(crate) fn read_status(r: &mut Reader<'_>) -> Result<StatusRef, Malformed> {
    r.map_of(1)?;
    if r.text()? != "status_list" {
        return Err(Malformed);
    }
    r.map_of(2)?;
    if r.text()? != "idx" {
        return Err(Malformed);
    }
    let index = u32::try_from(r.uint()?).map_err(|_| Malformed)?;
    if r.text()? != "uri" {
        return Err(Malformed);
    }
    Ok(StatusRef {
        index,
        uri: r.text()?.to_owned(),
    })
}

fn is_date(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit())
}

impl Identity {
    pub(crate) fn encode(&self, w: &mut Writer) {
        let texts = [
            &self.id,
            &self.full_name,
            &self.date_of_birth,
            &self.address,
            &self.guardian,
            &self.full_name_local,
            &self.local_language,
        ];
        let count = texts.iter().filter(|t| t.is_some()).count();
        w.map(count + usize::from(self.gender.is_some()));
        let text = |w: &mut Writer, key: i64, value: &Option<String>| {
            if let Some(value) = value {
                w.int(key).text(value);
            }
        };
        text(w, 1, &self.id);
        text(w, 4, &self.full_name);
        text(w, 8, &self.date_of_birth);
        if let Some(gender) = self.gender {
            w.int(9).uint(gender.wire());
        }
        text(w, 10, &self.address);
        text(w, 15, &self.guardian);
        text(w, 19, &self.full_name_local);
        text(w, 20, &self.local_language);
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut out = Self::default();
        for _ in 0..r.map()? {
            match r.int()? {
                1 => out.id = Some(r.text()?.to_owned()),
                4 => out.full_name = Some(r.text()?.to_owned()),
                8 => out.date_of_birth = Some(r.text()?.to_owned()),
                9 => {
                    out.gender = Some(match r.uint()? {
                        1 => Gender::Male,
                        2 => Gender::Female,
                        3 => Gender::X,
                        _ => return Err(Malformed),
                    });
                }
                10 => out.address = Some(r.text()?.to_owned()),
                15 => out.guardian = Some(r.text()?.to_owned()),
                19 => out.full_name_local = Some(r.text()?.to_owned()),
                20 => out.local_language = Some(r.text()?.to_owned()),
                _ => return Err(Malformed),
            }
        }
        if out.date_of_birth.as_deref().is_some_and(|d| !is_date(d)) {
            return Err(Malformed);
        }
        Ok(out)
    }

    /// True if every text can be read back: nothing unseen in it, and a date of eight digits.
    pub(crate) fn is_writable(&self) -> bool {
        let texts = [
            &self.id,
            &self.full_name,
            &self.address,
            &self.guardian,
            &self.full_name_local,
            &self.local_language,
            &self.guardian_local,
        ];
        texts
            .iter()
            .all(|t| t.as_deref().is_none_or(crate::cbor::is_plain))
            && self.date_of_birth.as_deref().is_none_or(is_date)
    }
}
