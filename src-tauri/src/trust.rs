//! What the app believes from the start: the pinned roots, and a province's address that they signed.

use credential::{ProvinceConfig, PublicKey, RootKind, RootSet, Timestamp};
use serde::Deserialize;

const ROOTS: &str = include_str!("../../assets/trust/test-roots.json");

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

/// The pinned roots are part of the program and cannot be read: the program is damaged.
#[derive(Debug, thiserror::Error)]
#[error("the pinned roots cannot be read")]
pub struct RootsDamaged;

/// The roots this app was built for.
///
/// # Errors
///
/// [`RootsDamaged`]; a test proves that the committed file is read.
pub fn roots() -> Result<RootSet, RootsDamaged> {
    let pinned: Pinned = serde_json::from_str(ROOTS).map_err(|_| RootsDamaged)?;
    let [a, b, c] = &pinned.roots;
    let kind = match pinned.kind {
        Kind::Test => RootKind::Test,
        Kind::Real => RootKind::Real,
    };
    RootSet::new(kind, [key(a)?, key(b)?, key(c)?]).map_err(|_| RootsDamaged)
}

fn key(digits: &str) -> Result<PublicKey, RootsDamaged> {
    let bytes = hex::decode(digits).map_err(|_| RootsDamaged)?;
    PublicKey::parse(&bytes).map_err(|_| RootsDamaged)
}

/// The configuration, if the roots signed it and it holds; else the app works without one and says so.
pub fn config(bytes: Option<Vec<u8>>, roots: &RootSet, now: Timestamp) -> Option<ProvinceConfig> {
    match ProvinceConfig::verify(&bytes?, roots, now) {
        Ok(config) => Some(config),
        Err(error) => {
            eprintln!("Khyber Pass does not use the province's configuration: {error}");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]

    use super::*;

    #[test]
    fn pinned_roots_are_the_public_test_roots() {
        assert_eq!(roots().unwrap().kind(), RootKind::Test);
    }

    #[test]
    fn configuration_that_nobody_signed_is_the_same_as_none() {
        let roots = roots().unwrap();
        let now = Timestamp::from_unix(1_800_000_000);
        assert!(config(None, &roots, now).is_none());
        assert!(config(Some(b"nothing".to_vec()), &roots, now).is_none());
    }
}
