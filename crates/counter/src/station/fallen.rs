//! What a desk remembers of signed data that it can no longer use: that there were some, and how new they were.
//!
//! A trust list may withdraw the key of the rules or of the register. A desk that simply forgot them would be as free as one
//! that never had any, and whoever brings it the list without the next rules would choose that. So it decides nothing with
//! them until newer ones come, and takes none that are older than those that fell.

use credential::{Code, Outcome, RegisterContent, RiskRules, StatusManifest};

use crate::store::SignedData;

/// The highest numbers that the desk has held, also of data that fell since.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Floors {
    /// Of type registers.
    pub(super) types: u64,
    /// Of risk rules.
    pub(super) rules: u64,
    /// Of status manifests.
    pub(super) status: u64,
}

impl Floors {
    /// Those of what is stored: the desk verified all of it when it came.
    pub(super) fn of(stored: &SignedData) -> Self {
        let types = stored
            .type_register
            .as_deref()
            .map(RegisterContent::read_unverified);
        let rules = stored.risk_rules.as_deref().map(RiskRules::read_unverified);
        let status = stored
            .status_manifest
            .as_deref()
            .map(StatusManifest::read_unverified);
        Self {
            types: types.and_then(Result::ok).map_or(0, |content| content.sequence),
            rules: rules.and_then(Result::ok).map_or(0, |content| content.sequence),
            status: status.and_then(Result::ok).map_or(0, |content| content.epoch),
        }
    }
}

/// What a desk says instead of a verdict that needs rules or a register that fell. A refusal stays one.
pub(super) fn decided_without(outcome: Outcome, rules_fell: bool, types_fell: bool) -> Outcome {
    let holds = outcome.verified.is_some() || outcome.printed.is_some();
    match (holds, rules_fell, types_fell) {
        (true, true, _) => Outcome::bare(Code::RulesExpired),
        (true, false, true) => Outcome::bare(Code::TypesExpired),
        _ => outcome,
    }
}
