//! The name of a kind of pass or document (`vct`).

use std::fmt;

use serde::{Deserialize, Serialize};

/// Longest name, in bytes.
pub const VCT_BYTES_MAX: usize = 32;

/// A kind of pass or document: 1 to 32 characters of `a`-`z`, `0`-`9` and `-`. A kind is data: the province can
/// add one without a new version of this crate.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Vct {
    bytes: [u8; VCT_BYTES_MAX],
    len: u8,
}

/// The text is not the name of a kind of pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a kind of pass: 1 to 32 characters of a-z, 0-9 and -")]
pub struct VctError;

impl Vct {
    /// Over 18, over 60.
    pub const AGE: Self = Self::literal("age");
    /// District, tehsil, merged district.
    pub const RESIDENCE: Self = Self::literal("residence");
    /// Names, CNIC, date of birth, address and the photo's hash.
    pub const IDENTITY: Self = Self::literal("identity");
    /// Names and the photo's hash.
    pub const NAME_PHOTO: Self = Self::literal("name-photo");
    /// In a trust list: the key may sign printed claim-169 cards. Never a pass; a card that was read has it as its kind.
    pub const PAPER_CARD: Self = Self::literal("paper-card");
    /// In a trust list: the key may certify counters. Never a pass.
    pub const COUNTER_CERTIFICATE: Self = Self::literal("counter-certificate");
    /// In a trust list: the key may sign status manifests. Never a pass.
    pub const STATUS_MANIFEST: Self = Self::literal("status-manifest");
    /// In a trust list: the key may sign the type register. Never a pass.
    pub const TYPE_REGISTER: Self = Self::literal("type-register");
    /// In a trust list: the key may sign risk rules. Never a pass.
    pub const RISK_RULES: Self = Self::literal("risk-rules");
    /// In a trust list: the key may sign the catalogue of services. Never a pass.
    pub const CATALOGUE: Self = Self::literal("catalogue");
    /// In a trust list: the key may sign heads of the audit log. Never a pass.
    pub const AUDIT_LOG: Self = Self::literal("audit-log");
    /// In a trust list: the key may sign what the province sends to departments. Never a pass.
    pub const WEBHOOK: Self = Self::literal("webhook");
    /// What a trust list names beside passes: a key that is allowed one of them signs no credential by it.
    pub(crate) const RESERVED: [Self; 8] = [
        Self::PAPER_CARD,
        Self::COUNTER_CERTIFICATE,
        Self::STATUS_MANIFEST,
        Self::TYPE_REGISTER,
        Self::RISK_RULES,
        Self::CATALOGUE,
        Self::AUDIT_LOG,
        Self::WEBHOOK,
    ];

    /// Reads a name.
    ///
    /// # Errors
    /// [`VctError`] if it is empty, too long, or has other characters.
    pub fn parse(text: &str) -> Result<Self, VctError> {
        let ok = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-';
        if text.is_empty() || text.len() > VCT_BYTES_MAX || !text.as_bytes().iter().all(ok) {
            return Err(VctError);
        }
        Ok(Self::literal(text))
    }

    #[allow(clippy::indexing_slicing, clippy::cast_possible_truncation)] // at most 32 bytes: constants, or checked by parse()
    const fn literal(text: &str) -> Self {
        let source = text.as_bytes();
        let mut bytes = [0; VCT_BYTES_MAX];
        let mut i = 0;
        while i < source.len() {
            bytes[i] = source[i];
            i += 1;
        }
        Self {
            bytes,
            len: source.len() as u8,
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        self.bytes
            .get(..usize::from(self.len))
            .and_then(|b| std::str::from_utf8(b).ok())
            .unwrap_or_default()
    }
}

impl TryFrom<String> for Vct {
    type Error = VctError;

    fn try_from(text: String) -> Result<Self, VctError> {
        Self::parse(&text)
    }
}

impl From<Vct> for String {
    fn from(vct: Vct) -> Self {
        vct.as_str().to_owned()
    }
}

impl fmt::Debug for Vct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vct({})", self.as_str())
    }
}

impl fmt::Display for Vct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
