//! The three test roots. Their seeds are public on purpose: anybody may make test data that verifies.
//!
//! The public halves are pinned in programs from `assets/trust/test-roots.json`; what they sign carries the mark
//! "test, not issued by the Government".

use credential::{RootKind, RootSet, SecretKey};

/// SHA-256 of `khyber pass test root 1`, `2` and `3`.
pub const ROOT_SEEDS: [[u8; 32]; 3] = [
    [
        0x5f, 0x88, 0x9b, 0x24, 0xc8, 0x58, 0x11, 0x14, 0x4a, 0xc3, 0xed, 0x29, 0x81, 0xe4, 0x4b, 0x89, 0xd8,
        0xb4, 0xe7, 0x05, 0x23, 0x6f, 0xd1, 0xb1, 0x72, 0x88, 0x05, 0x60, 0x55, 0xc6, 0x6a, 0x9c,
    ],
    [
        0x63, 0x33, 0x56, 0x8d, 0x66, 0x35, 0x79, 0x52, 0x30, 0x3d, 0xa6, 0x0e, 0x47, 0x7f, 0xd1, 0x80, 0x66,
        0xb1, 0x47, 0xb1, 0xde, 0xa1, 0x38, 0x22, 0xb9, 0x11, 0x84, 0x0a, 0xb7, 0xff, 0xcb, 0xa2,
    ],
    [
        0x78, 0x50, 0x82, 0xef, 0x92, 0xb0, 0x8e, 0x33, 0x47, 0xcd, 0x14, 0x4f, 0x05, 0xe2, 0xcf, 0xbb, 0x28,
        0x48, 0x79, 0x76, 0xd5, 0x84, 0x52, 0x0f, 0x3b, 0x2b, 0x7e, 0x7d, 0x58, 0xe6, 0x41, 0x70,
    ],
];

/// The public halves, as programs pin them.
pub const TEST_ROOTS_JSON: &str = include_str!("../../../assets/trust/test-roots.json");

/// The three root keys.
pub fn root_keys() -> [SecretKey; 3] {
    ROOT_SEEDS.map(SecretKey::from_seed)
}

/// The set that they are.
///
/// # Errors
/// Never: three different keys are a set.
pub fn test_roots() -> Result<RootSet, impl std::error::Error> {
    RootSet::new(RootKind::Test, root_keys().map(|key| key.public()))
}

/// The seeds in the form of the file that `province-server init --roots` reads: a JSON array of hex texts.
pub fn root_seeds_json() -> String {
    serde_json::to_string(&ROOT_SEEDS.map(hex::encode)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_pinned_roots_are_the_public_halves_of_the_seeds() {
        let pinned: serde_json::Value = serde_json::from_str(TEST_ROOTS_JSON).unwrap();
        let keys = root_keys().map(|key| hex::encode(key.public().as_bytes()));
        assert_eq!(pinned, serde_json::json!({ "kind": "test", "roots": keys }));
    }
}
