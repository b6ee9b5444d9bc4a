//! The roots that this program is built with: the public test roots, so every verdict carries the test mark.

use credential::{PublicKey, RootKind, RootSet};
use serde::Deserialize;

const ROOTS: &str = include_str!("../../../assets/trust/test-roots.json");

/// The pinned roots are damaged.
#[derive(Debug, thiserror::Error)]
#[error("the roots that this program was built with are damaged")]
pub struct RootsError;

#[derive(Deserialize)]
struct Pinned {
    kind: Kind,
    roots: [String; 3],
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Test,
    Real,
}

/// The pinned roots.
///
/// # Errors
/// [`RootsError`], which the test below excludes.
pub fn pinned() -> Result<RootSet, RootsError> {
    let pinned: Pinned = serde_json::from_str(ROOTS).map_err(|_| RootsError)?;
    let kind = match pinned.kind {
        Kind::Test => RootKind::Test,
        Kind::Real => RootKind::Real,
    };
    let [first, second, third] = &pinned.roots;
    RootSet::new(kind, [key(first)?, key(second)?, key(third)?]).map_err(|_| RootsError)
}

fn key(digits: &str) -> Result<PublicKey, RootsError> {
    let bytes = hex::decode(digits).map_err(|_| RootsError)?;
    PublicKey::parse(&bytes).map_err(|_| RootsError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pinned_roots_are_three_good_keys() {
        assert!(pinned().is_ok());
    }
}
