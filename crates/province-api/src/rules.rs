//! Risk rules as people write them: a JSON file, read whole before anything is signed.

use std::collections::BTreeMap;

use credential::{AgeLimits, FIELDS, Mode, Names, RiskRule, Vct};
use serde::{Deserialize, Serialize};

/// A file of rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulesFile {
    /// The rules, each of another service.
    pub rules: Vec<RuleEntry>,
}

/// One service's rule; see [`RiskRule`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleEntry {
    /// The service, such as `driving-licence`.
    pub service: String,
    /// Its name on the desk's screen.
    pub name: NamesEntry,
    /// The kinds of pass that it takes.
    pub takes: Vec<String>,
    /// Whether a timed presentation is enough.
    pub mode: ModeEntry,
    /// Lowest assurance level, 0 for none.
    pub assurance_min: u8,
    /// How old the status may be.
    pub status_age: AgeEntry,
    /// How old the trust list may be.
    pub trust_age: AgeEntry,
    /// What passes of a kind must say: `over_18`, `over_60`, `merged_district` or the number of a document's field, and the
    /// answer.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub must: BTreeMap<String, BTreeMap<String, bool>>,
}

/// The format's own facts that are true or false, by their names in files.
const TRUTHS: [(&str, u8); 3] = [("over_18", 1), ("over_60", 2), ("merged_district", 5)];

/// A name in three languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamesEntry {
    /// English.
    pub en: String,
    /// Urdu.
    pub ur: String,
    /// Pashto.
    pub ps: String,
}

/// How a pass is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModeEntry {
    /// Timed, or in answer to a request.
    Timed,
    /// In answer to a request only.
    Request,
}

/// Seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgeEntry {
    /// Green up to here.
    pub green: u64,
    /// Amber up to here, red beyond.
    pub amber: u64,
}

/// A rule in the file that cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRule {
    /// A kind of pass has no name that a kind can have.
    #[error("the rule of {0} takes or asks about a kind of pass whose name is none")]
    Kind(String),
    /// What a pass must say is not one of the facts that are true or false.
    #[error(
        "the rule of {0} wants {1}, which is neither a fact that is true or false nor the number of a field"
    )]
    Fact(String, String),
}

/// The number of a document's field, in the one way to write it: two names of one fact could want two answers.
fn field(name: &str) -> Option<u8> {
    let number = name.parse().ok().filter(|number| FIELDS.contains(number))?;
    (number.to_string() == name).then_some(number)
}

impl RulesFile {
    /// The rules as they are signed, which is where they are checked.
    ///
    /// # Errors
    /// [`BadRule`].
    pub fn rules(&self) -> Result<Vec<RiskRule>, BadRule> {
        self.rules.iter().map(RuleEntry::rule).collect()
    }

    /// The file that says these rules.
    pub fn of(rules: &[RiskRule]) -> Self {
        Self {
            rules: rules.iter().map(RuleEntry::of).collect(),
        }
    }
}

impl RuleEntry {
    fn rule(&self) -> Result<RiskRule, BadRule> {
        let fact = |(name, truth): (&String, &bool)| {
            let known = TRUTHS.iter().find(|(known, _)| known == name);
            let number = known.map_or_else(|| field(name), |(_, number)| Some(*number));
            let bad = || BadRule::Fact(self.service.clone(), name.clone());
            Ok((number.ok_or_else(bad)?, *truth))
        };
        let kind = |(vct, facts): (&String, &BTreeMap<String, bool>)| {
            let vct = Vct::parse(vct).map_err(|_| BadRule::Kind(self.service.clone()))?;
            Ok((vct, facts.iter().map(fact).collect::<Result<_, _>>()?))
        };
        let takes: Result<Vec<_>, _> = self.takes.iter().map(|vct| Vct::parse(vct)).collect();
        let limits = |age: AgeEntry| AgeLimits {
            green: age.green,
            amber: age.amber,
        };
        Ok(RiskRule {
            service: self.service.clone(),
            name: Names::new(&self.name.en, &self.name.ur, &self.name.ps),
            takes: takes.map_err(|_| BadRule::Kind(self.service.clone()))?,
            mode: match self.mode {
                ModeEntry::Timed => Mode::Timed,
                ModeEntry::Request => Mode::Request,
            },
            assurance_min: self.assurance_min,
            status_age: limits(self.status_age),
            trust_age: limits(self.trust_age),
            must: self.must.iter().map(kind).collect::<Result<_, _>>()?,
        })
    }

    fn of(rule: &RiskRule) -> Self {
        let name = |(fact, truth): (&u8, &bool)| {
            let known = TRUTHS.iter().find(|(_, number)| number == fact);
            let name = known.map_or_else(|| fact.to_string(), |(name, _)| (*name).to_owned());
            (name, *truth)
        };
        let kind = |(vct, facts): (&Vct, &BTreeMap<u8, bool>)| {
            (vct.as_str().to_owned(), facts.iter().map(name).collect())
        };
        let entry = |limits: AgeLimits| AgeEntry {
            green: limits.green,
            amber: limits.amber,
        };
        Self {
            service: rule.service.clone(),
            name: NamesEntry {
                en: rule.name.en.clone(),
                ur: rule.name.ur.clone(),
                ps: rule.name.ps.clone(),
            },
            takes: rule.takes.iter().map(|vct| vct.as_str().to_owned()).collect(),
            mode: match rule.mode {
                Mode::Timed => ModeEntry::Timed,
                Mode::Request => ModeEntry::Request,
            },
            assurance_min: rule.assurance_min,
            status_age: entry(rule.status_age),
            trust_age: entry(rule.trust_age),
            must: rule.must.iter().map(kind).collect(),
        }
    }
}
