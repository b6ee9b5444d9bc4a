//! `khyber rules`: what each service takes, with data of which age.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use credential::{DAY, RiskRules, RulesContent, ServiceRule, Timestamp, TrustList};
use province_api::rules::RulesFile;

use crate::error::CliError;
use crate::numbered::{self, Against, Signing};
use crate::{Done, Machine, files, moment};

/// Risk rules.
#[derive(Subcommand)]
pub(crate) enum Rules {
    Sign(Sign),
    Show(Show),
}

/// Sign the risk rules (JSON) on stdin with a key that the trust list allows "risk-rules".
///
/// The JSON is that of assets/rules/rules.json: {"rules": [{"service", "name": {"en", "ur", "ps"}, "takes": [vct], "mode":
/// "timed"|"request", "assurance_min", "status_age": {"green", "amber"}, "trust_age": {"green", "amber"}, "must":
/// {vct: {"over_18": true}}}]}, ages in seconds; "must" says which answer passes of a kind give, by "over_18", "over_60",
/// "merged_district" or the number of a document's field, and may be left out.
#[derive(Args)]
pub(crate) struct Sign {
    #[command(flatten)]
    signing: Signing,
    /// How many days it serves.
    #[arg(long, default_value_t = 180)]
    days: u64,
    /// When it is signed, RFC 3339; the machine's clock if it is not given.
    #[arg(long, value_name = "RFC3339", value_parser = moment::argument)]
    now: Option<Timestamp>,
}

/// Verify risk rules against a trust list and print them.
#[derive(Args)]
pub(crate) struct Show {
    /// The rules (raw bytes).
    #[arg(long, value_name = "FILE")]
    rules: PathBuf,
    #[command(flatten)]
    against: Against,
}

/// The rules and the service of a desk.
#[derive(Args)]
pub(crate) struct Ruled {
    /// Risk rules (raw bytes), as `khyber rules sign` writes them. They must verify, or nothing is decided with them.
    #[arg(long, value_name = "FILE", requires = "service")]
    rules: Option<PathBuf>,
    /// The service whose rule holds; where the rules do not name it, the limits of the format do.
    #[arg(long, requires = "rules")]
    service: Option<String>,
}

impl Rules {
    pub(crate) fn run(self, machine: &Machine) -> Result<Done, CliError> {
        match self {
            Self::Sign(command) => command.run(machine),
            Self::Show(command) => command.run(),
        }
    }
}

impl Sign {
    fn run(&self, machine: &Machine) -> Result<Done, CliError> {
        let iat = self.now.unwrap_or(machine.now);
        let content = RulesContent {
            sequence: self.signing.sequence,
            iat,
            exp: iat.plus(self.days.saturating_mul(DAY)),
            rules: files::stdin_json::<RulesFile>()?.rules()?,
        };
        let bytes = RiskRules::sign(&content, &self.signing.key()?)?;
        self.signing.written(&bytes, "services", content.rules.len())
    }
}

impl Show {
    fn run(&self) -> Result<Done, CliError> {
        let rules = self.against.read(&self.rules, RiskRules::verify)?;
        let said = rules.content();
        let file = RulesFile::of(&said.rules);
        numbered::shown(said.sequence, [said.iat, said.exp], "rules", file.rules)
    }
}

impl Ruled {
    /// The verified rules; without a trust list nobody can say who signed them, and the verdict does not ask for them.
    pub(crate) fn read(&self, trust: Option<&TrustList>) -> Result<Option<RiskRules>, CliError> {
        match (&self.rules, trust) {
            (Some(path), Some(trust)) => Ok(Some(RiskRules::verify(&files::file(path)?, trust, None)?)),
            _ => Ok(None),
        }
    }

    /// The rule of the service.
    pub(crate) fn rule<'a>(&self, rules: Option<&'a RiskRules>) -> Option<ServiceRule<'a>> {
        rules?.rule(self.service.as_deref()?)
    }
}
