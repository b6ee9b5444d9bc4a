//! Risk rules as people write them: a JSON file, read whole before anything is signed.

use credential::{AgeLimits, Mode, Names, RiskRule, Vct};
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
}

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

/// A kind of pass in the file has no name that a kind can have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the rule of {service} takes a kind of pass whose name is none")]
pub struct BadKind {
    /// Whose rule.
    pub service: String,
}

impl RulesFile {
    /// The rules as they are signed, which is where they are checked.
    ///
    /// # Errors
    /// [`BadKind`].
    pub fn rules(&self) -> Result<Vec<RiskRule>, BadKind> {
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
    fn rule(&self) -> Result<RiskRule, BadKind> {
        let takes: Result<Vec<_>, _> = self.takes.iter().map(|vct| Vct::parse(vct)).collect();
        let limits = |age: AgeEntry| AgeLimits {
            green: age.green,
            amber: age.amber,
        };
        Ok(RiskRule {
            service: self.service.clone(),
            name: Names::new(&self.name.en, &self.name.ur, &self.name.ps),
            takes: takes.map_err(|_| BadKind {
                service: self.service.clone(),
            })?,
            mode: match self.mode {
                ModeEntry::Timed => Mode::Timed,
                ModeEntry::Request => Mode::Request,
            },
            assurance_min: self.assurance_min,
            status_age: limits(self.status_age),
            trust_age: limits(self.trust_age),
        })
    }

    fn of(rule: &RiskRule) -> Self {
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
        }
    }
}
