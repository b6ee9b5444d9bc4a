//! The roots: three offline keys, two of which sign whatever everything else rests on.

use std::fmt::Write as _;

use crate::cose::Sign;
use crate::keys::{PublicKey, first_8, sha256};
use crate::trust::TrustError;

/// Roots that must have signed.
pub const ROOTS_NEEDED: usize = 2;

/// Whose roots: those of tests, whose secret halves are public, or real ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RootKind {
    /// Every screen says that nothing here is issued by the Government.
    Test,
    /// Real.
    Real,
}

/// Three root keys: those that a program is built with, or those that replaced them.
#[derive(Debug, Clone)]
pub struct RootSet {
    kind: RootKind,
    keys: [PublicKey; 3],
}

impl RootSet {
    /// Takes three different keys.
    ///
    /// # Errors
    /// [`TrustError::TooFewSignatures`] if two are the same: one root would count twice.
    pub fn new(kind: RootKind, keys: [PublicKey; 3]) -> Result<Self, TrustError> {
        let [a, b, c] = &keys;
        if a == b || b == c || a == c {
            return Err(TrustError::TooFewSignatures);
        }
        Ok(Self { kind, keys })
    }

    /// Whose roots these are.
    pub const fn kind(&self) -> RootKind {
        self.kind
    }

    /// The three keys.
    pub const fn keys(&self) -> &[PublicKey; 3] {
        &self.keys
    }

    /// The name of these three, in whatever order they were given: 16 hex digits, the first 8 bytes of the SHA-256 of
    /// the keys in ascending order. Under it the province publishes the list that replaced them.
    pub fn fingerprint(&self) -> String {
        let mut keys = self.keys.map(|key| *key.as_bytes());
        keys.sort_unstable();
        let first = first_8(&sha256(keys.as_flattened()));
        first.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// True if at least [`ROOTS_NEEDED`] different roots signed.
    pub(crate) fn have_signed(&self, message: &Sign<'_>) -> bool {
        let signed = |root: &&PublicKey| {
            let id = root.key_id().0;
            message
                .signers
                .iter()
                .any(|s| s.kid == id && message.verifies(s, root))
        };
        self.keys.iter().filter(signed).count() >= ROOTS_NEEDED
    }
}
