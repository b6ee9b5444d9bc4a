//! What a desk remembers of signed data that it can no longer use: that there were some, and how new they were.
//!
//! A trust list may withdraw the key of the rules or of the register. A desk that simply forgot them would be as free as one
//! that never had any, and whoever brings it the list without the next rules would choose that. So it decides nothing with
//! them until newer ones come, and takes none that are older than those that fell: by their number, or by their date where
//! their key was withdrawn ([`crate::store::Floor`]).

use credential::{Code, Outcome};

/// What a desk says instead of a verdict that needs rules or a register that fell. A refusal stays one.
pub(super) fn decided_without(outcome: Outcome, rules_fell: bool, types_fell: bool) -> Outcome {
    let holds = outcome.verified.is_some() || outcome.printed.is_some();
    match (holds, rules_fell, types_fell) {
        (true, true, _) => Outcome::bare(Code::RulesExpired),
        (true, false, true) => Outcome::bare(Code::TypesExpired),
        _ => outcome,
    }
}
