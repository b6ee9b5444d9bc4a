//! Risk rules: for each service, what a desk takes and how old its data may be. Signed by a key of the trust list.

use std::collections::BTreeMap;

use crate::cbor::{Malformed, Reader, Writer, is_plain};
use crate::claims::{Claims, read_vct};
use crate::code::{Code, codes};
use crate::cose::{from_cose, typ};
use crate::facts::{FIELDS, TRUTHS};
use crate::names::Names;
use crate::numbered::{Numbered, from_numbered, signed};
use crate::register::{PassType, TYPES_MAX};
use crate::time::{DAY, Timestamp};
use crate::trust::is_name;
use crate::vct::Vct;
use crate::verify::Mode;

/// Longest set of rules, in bytes.
pub const RULES_BYTES_MAX: usize = 64 * 1024;

/// Most rules in one set.
pub const RULES_MAX: u64 = 256;

/// Longest name of a service in a rule, in bytes.
pub const SERVICE_BYTES_MAX: usize = 32;

codes! {
    /// Why risk rules are not taken.
    RulesError {
        /// Larger than any real ones.
        TooLarge = "rules_too_large",
        /// Not the strict form, or rules that contradict themselves.
        Malformed = "rules_malformed",
        /// Signed with an algorithm that is not taken.
        Algorithm = "rules_algorithm",
        /// A signed header that the format does not have.
        UnknownHeader = "rules_unknown_header",
        /// Another kind of signed data.
        OtherKind = "rules_other_kind",
        /// The trust list does not know the key that signed them.
        UnknownKey = "rules_unknown_key",
        /// The signature is wrong.
        Signature = "rules_signature",
        /// The key may not sign rules.
        KeyNotAllowed = "rules_key_not_allowed",
        /// The key was withdrawn.
        KeyRevoked = "rules_key_revoked",
        /// Signed outside the time of its key.
        KeyExpired = "rules_key_expired",
        /// Older than the ones that are held already.
        Older = "rules_older",
        /// Other rules with the number of the ones that are held.
        SameNumber = "rules_same_number",
    }
}

from_cose!(RulesError);
from_numbered!(RulesError);

/// How old data may be, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgeLimits {
    /// Up to this age nothing is said about it.
    pub green: u64,
    /// Up to this age the verdict carries a mark; beyond it there is none. Not below `green`.
    pub amber: u64,
}

impl AgeLimits {
    /// Of the status where no rule says another: a manifest is signed every day and lasts seven.
    pub const STATUS: Self = Self {
        green: 2 * DAY,
        amber: 7 * DAY,
    };
    /// Of the trust list where no rule says another: the roots meet at least every half year.
    pub const TRUST: Self = Self {
        green: 90 * DAY,
        amber: 180 * DAY,
    };

    fn of(self, age: u64) -> Option<Freshness> {
        if age <= self.green {
            Some(Freshness::Green)
        } else if age <= self.amber {
            Some(Freshness::Amber)
        } else {
            None
        }
    }

    fn encode(self, w: &mut Writer) {
        w.array(2).uint(self.green).uint(self.amber);
    }

    fn decode(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        r.array_of(2)?;
        Ok(Self {
            green: r.uint()?,
            amber: r.uint()?,
        })
    }
}

/// How old the data were that a pass was accepted with; what is older than amber accepts nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Freshness {
    /// As new as the service wants.
    Green,
    /// Older than it wants, and not yet too old: the officer sees it.
    Amber,
}

impl Freshness {
    /// `green` or `amber`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Amber => "amber",
        }
    }
}

/// The rule of one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RiskRule {
    /// The service: 1 to [`SERVICE_BYTES_MAX`] characters of `a`-`z`, `0`-`9` and `-`.
    pub service: String,
    /// Its name on the desk's screen.
    pub name: Names,
    /// The kinds of pass that it takes; at least one.
    pub takes: Vec<Vct>,
    /// With [`Mode::Request`] a timed presentation is refused. With [`Mode::Timed`] both are taken, since the answer to
    /// a request proves more.
    pub mode: Mode,
    /// Lowest assurance level of the proofing; 0 asks for none. A credential that does not say its level is counted by
    /// that of its kind in the type register.
    pub assurance_min: u8,
    /// How old the status may be, for passes that have one.
    pub status_age: AgeLimits,
    /// How old the trust list may be.
    pub trust_age: AgeLimits,
    /// What passes of a kind must say, by the numbers of facts (-65601) that are true or false: "older than 18" at a shop
    /// that sells to grown-ups only. Only kinds that are taken; of the others any answer is one.
    pub must: BTreeMap<Vct, BTreeMap<u8, bool>>,
}

impl RiskRule {
    fn is_sound(&self) -> bool {
        let ok = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-';
        let service = self.service.as_bytes();
        !service.is_empty()
            && service.len() <= SERVICE_BYTES_MAX
            && service.iter().all(ok)
            && is_name(&self.name.en)
            && [&self.name.ur, &self.name.ps].into_iter().all(|t| is_plain(t))
            && !self.takes.is_empty()
            && self.status_age.green <= self.status_age.amber
            && self.trust_age.green <= self.trust_age.amber
            && self.must.len() <= TYPES_MAX
            && self.must.iter().all(|(kind, facts)| {
                let truths = facts
                    .keys()
                    .all(|fact| TRUTHS.contains(fact) || FIELDS.contains(fact));
                truths && !facts.is_empty() && self.takes.contains(kind)
            })
    }

    fn encode(&self, w: &mut Writer) {
        w.map(7 + usize::from(!self.must.is_empty()));
        w.int(1).text(&self.service);
        w.int(2).array(3);
        w.text(&self.name.en).text(&self.name.ur).text(&self.name.ps);
        w.int(3).array(self.takes.len());
        for vct in &self.takes {
            w.bytes(vct.as_str().as_bytes());
        }
        w.int(4).uint(match self.mode {
            Mode::Timed => 1,
            Mode::Request => 2,
        });
        w.int(5).uint(u64::from(self.assurance_min));
        w.int(6);
        self.status_age.encode(w);
        w.int(7);
        self.trust_age.encode(w);
        if !self.must.is_empty() {
            w.int(8).map(self.must.len());
            // The order of the encoded keys: shorter names first, then byte by byte.
            let mut kinds: Vec<_> = self.must.iter().collect();
            kinds.sort_by_key(|(kind, _)| (kind.as_str().len(), kind.as_str().to_owned()));
            for (kind, facts) in kinds {
                w.text(kind.as_str()).map(facts.len());
                for (fact, truth) in facts {
                    w.int(i64::from(*fact)).bool(*truth);
                }
            }
        }
    }

    fn decode(r: &mut Reader<'_>) -> Result<Self, RulesError> {
        let (mut service, mut name, mut takes, mut mode) = (None, None, None, None);
        let (mut assurance_min, mut status_age, mut trust_age) = (None, None, None);
        let mut must = BTreeMap::new();
        for _ in 0..r.map()? {
            match r.int()? {
                1 => service = Some(r.text()?.to_owned()),
                2 => {
                    r.array_of(3)?;
                    name = Some(Names::new(r.text()?, r.text()?, r.text()?));
                }
                3 => {
                    let count = r.array()?;
                    let all: Result<Vec<_>, _> = (0..count).map(|_| read_vct(r)).collect();
                    takes = Some(all?);
                }
                4 => {
                    mode = Some(match r.uint()? {
                        1 => Mode::Timed,
                        2 => Mode::Request,
                        _ => return Err(RulesError::Malformed),
                    });
                }
                5 => assurance_min = Some(u8::try_from(r.uint()?).map_err(|_| Malformed)?),
                6 => status_age = Some(AgeLimits::decode(r)?),
                7 => trust_age = Some(AgeLimits::decode(r)?),
                8 => must = read_must(r)?,
                _ => return Err(RulesError::Malformed),
            }
        }
        Ok(Self {
            service: service.ok_or(Malformed)?,
            name: name.ok_or(Malformed)?,
            takes: takes.ok_or(Malformed)?,
            mode: mode.ok_or(Malformed)?,
            assurance_min: assurance_min.ok_or(Malformed)?,
            status_age: status_age.ok_or(Malformed)?,
            trust_age: trust_age.ok_or(Malformed)?,
            must,
        })
    }
}

fn read_must(r: &mut Reader<'_>) -> Result<BTreeMap<Vct, BTreeMap<u8, bool>>, Malformed> {
    let count = r.map()?;
    if count == 0 {
        return Err(Malformed);
    }
    let mut must = BTreeMap::new();
    for _ in 0..count {
        let kind = Vct::parse(r.text()?).map_err(|_| Malformed)?;
        let facts: Result<_, Malformed> = (0..r.map()?)
            .map(|_| Ok((u8::try_from(r.uint()?).map_err(|_| Malformed)?, r.bool()?)))
            .collect();
        must.insert(kind, facts?);
    }
    Ok(must)
}

/// What is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulesContent {
    /// Counts up with each set.
    pub sequence: u64,
    /// When it was signed.
    pub iat: Timestamp,
    /// From when readers say "cannot decide" with it.
    pub exp: Timestamp,
    /// The rules, each of another service.
    pub rules: Vec<RiskRule>,
}

impl RulesContent {
    fn check(&self) -> Result<(), RulesError> {
        let twice = |(place, rule): (usize, &RiskRule)| {
            let rest = self.rules.iter().skip(place + 1);
            rest.into_iter().any(|other| other.service == rule.service)
        };
        if self.rules.len() as u64 > RULES_MAX {
            return Err(RulesError::TooLarge);
        }
        if !self.rules.iter().all(RiskRule::is_sound) || self.rules.iter().enumerate().any(twice) {
            return Err(RulesError::Malformed);
        }
        Ok(())
    }
}

impl Numbered for RulesContent {
    type Error = RulesError;
    const TYP: u64 = typ::RISK_RULES;
    const ALLOWED_AS: Vct = Vct::RISK_RULES;
    const BYTES_MAX: usize = RULES_BYTES_MAX;

    fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.map(4);
        w.int(1).uint(self.sequence);
        w.int(2).uint(self.iat.unix());
        w.int(3).uint(self.exp.unix());
        w.int(4).array(self.rules.len());
        for rule in &self.rules {
            rule.encode(&mut w);
        }
        w.finish()
    }

    fn decode(bytes: &[u8]) -> Result<Self, RulesError> {
        let mut r = Reader::open(bytes)?;
        let (mut sequence, mut iat, mut exp, mut rules) = (None, None, None, None);
        for _ in 0..r.map()? {
            match r.int()? {
                1 => sequence = Some(r.uint()?),
                2 => iat = Some(Timestamp::from_unix(r.uint()?)),
                3 => exp = Some(Timestamp::from_unix(r.uint()?)),
                4 => {
                    let count = r.array()?;
                    if count > RULES_MAX {
                        return Err(RulesError::TooLarge);
                    }
                    let all: Result<Vec<_>, _> = (0..count).map(|_| RiskRule::decode(&mut r)).collect();
                    rules = Some(all?);
                }
                _ => return Err(RulesError::Malformed),
            }
        }
        let content = Self {
            sequence: sequence.ok_or(Malformed)?,
            iat: iat.ok_or(Malformed)?,
            exp: exp.ok_or(Malformed)?,
            rules: rules.ok_or(Malformed)?,
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
    /// Rules that a key of the trust list signed. Only [`RiskRules::verify`] makes them.
    RiskRules of RulesContent, RulesError
}

impl RiskRules {
    /// The rule of a service, if there is one.
    pub fn rule(&self, service: &str) -> Option<ServiceRule<'_>> {
        let rule = self.content.rules.iter().find(|rule| rule.service == service)?;
        Some(ServiceRule {
            rule,
            issued_at: self.content.iat,
            expires: self.content.exp,
        })
    }
}

/// A rule out of a signed set. Only [`RiskRules::rule`] makes one.
#[derive(Debug, Clone, Copy)]
pub struct ServiceRule<'a> {
    rule: &'a RiskRule,
    issued_at: Timestamp,
    expires: Timestamp,
}

impl<'a> ServiceRule<'a> {
    /// What it says.
    pub const fn rule(&self) -> &'a RiskRule {
        self.rule
    }

    /// When it was signed.
    pub(crate) const fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    /// The level of a credential that does not say its own is that of its kind. A reader without a register, or with one
    /// that lacks the kind, does not know it.
    pub(crate) fn check_level(&self, claims: &Claims, kind: Option<&PassType>) -> Result<(), Code> {
        let least = self.rule.assurance_min;
        if least == 0 || claims.facts.assurance.is_some() {
            return Ok(());
        }
        if kind.ok_or(Code::UnknownType)?.assurance < least {
            return Err(Code::AssuranceTooLow);
        }
        Ok(())
    }

    /// What stays wrong however new the data are: the way of showing, the kind of pass, how well it says that its holder
    /// was proofed, and the answer itself.
    pub(crate) fn check(&self, mode: Mode, claims: &Claims) -> Result<(), Code> {
        if self.rule.mode == Mode::Request && mode == Mode::Timed {
            return Err(Code::RequestRequired);
        }
        if !self.rule.takes.contains(&claims.vct) {
            return Err(Code::WrongPass);
        }
        let least = self.rule.assurance_min;
        if claims.facts.assurance.is_some_and(|level| level < least) {
            return Err(Code::AssuranceTooLow);
        }
        let says = |(fact, truth): (&u8, &bool)| claims.facts.truth(*fact) == Some(*truth);
        if !self
            .rule
            .must
            .get(&claims.vct)
            .is_none_or(|facts| facts.iter().all(says))
        {
            return Err(Code::NotMet);
        }
        Ok(())
    }
}

/// How old the reader's data are by the rule, or by the limits that hold without one. `status` is when the manifest
/// was signed, for a pass that has a status.
pub(crate) fn freshness(
    rule: Option<&ServiceRule<'_>>,
    now: Timestamp,
    trust: Timestamp,
    status: Option<Timestamp>,
) -> Result<Freshness, Code> {
    if rule.is_some_and(|rule| now >= rule.expires) {
        return Err(Code::RulesExpired);
    }
    let limits = |of: fn(&RiskRule) -> AgeLimits, without| rule.map_or(without, |r| of(r.rule));
    let ages = [
        Some((limits(|r| r.trust_age, AgeLimits::TRUST), trust)),
        status.map(|at| (limits(|r| r.status_age, AgeLimits::STATUS), at)),
    ];
    let mut worst = Freshness::Green;
    for (limits, signed) in ages.into_iter().flatten() {
        worst = worst.max(limits.of(now.since(signed)).ok_or(Code::DataTooOld)?);
    }
    Ok(worst)
}
