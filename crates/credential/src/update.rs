//! An update for a desk as one file: trust lists, status data, types, rules, each as it was signed.
//!
//! The file itself is not signed; everything in it is proven by what is, when a desk takes it.

use crate::cbor::{Malformed, Reader, Writer};

/// Longest update, in bytes.
pub const UPDATE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Most parts of one update.
pub const UPDATE_PARTS_MAX: u64 = 64;

/// What an update begins with.
const MARK: &str = "khyber-update";

/// What a part is. Programs pass over parts whose name they do not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PartKind {
    /// A trust list; those that changed the roots first, in their order.
    TrustList,
    /// Status data.
    Status,
    /// The register of types.
    Types,
    /// The risk rules.
    Rules,
}

impl PartKind {
    /// All of them, in the order in which a desk needs them.
    pub const ALL: &'static [Self] = &[Self::TrustList, Self::Types, Self::Rules, Self::Status];

    /// The name in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TrustList => "trust-list",
            Self::Status => "status",
            Self::Types => "types",
            Self::Rules => "rules",
        }
    }
}

/// One part, not verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// Its bytes as they were signed.
    pub bytes: Vec<u8>,
}

/// The bytes are no update for a desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an update for a desk")]
pub struct UpdateError;

impl From<Malformed> for UpdateError {
    fn from(_: Malformed) -> Self {
        Self
    }
}

/// Writes an update; its parts are taken in their order.
pub fn write_update(parts: &[Part]) -> Vec<u8> {
    let mut w = Writer::new();
    w.array(1 + parts.len()).text(MARK);
    for part in parts {
        w.array(2).text(part.kind.as_str()).bytes(&part.bytes);
    }
    w.finish()
}

/// Reads an update. Nothing in it is proven yet.
///
/// # Errors
/// [`UpdateError`] if it is not the strict form.
pub fn read_update(bytes: &[u8]) -> Result<Vec<Part>, UpdateError> {
    if bytes.len() > UPDATE_BYTES_MAX {
        return Err(UpdateError);
    }
    let mut r = Reader::open(bytes)?;
    let count = r.array()?;
    if count == 0 || count > 1 + UPDATE_PARTS_MAX || r.text()? != MARK {
        return Err(UpdateError);
    }
    let mut parts = Vec::new();
    for _ in 1..count {
        r.array_of(2)?;
        let name = r.text()?;
        let bytes = r.bytes()?;
        if let Some(kind) = PartKind::ALL.iter().find(|kind| kind.as_str() == name) {
            parts.push(Part {
                kind: *kind,
                bytes: bytes.to_vec(),
            });
        }
    }
    Ok(parts)
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
    fn an_update_comes_back_in_its_order() {
        let parts: Vec<Part> = PartKind::ALL
            .iter()
            .chain(&[PartKind::TrustList])
            .map(|kind| Part {
                kind: *kind,
                bytes: kind.as_str().as_bytes().to_vec(),
            })
            .collect();
        assert_eq!(read_update(&write_update(&parts)), Ok(parts));
        assert_eq!(read_update(&write_update(&[])), Ok(Vec::new()));
    }

    #[test]
    fn a_part_of_a_later_day_is_passed_over_and_other_bytes_are_refused() {
        let mut w = Writer::new();
        w.array(3).text(MARK);
        w.array(2).text("weather").bytes(&[1]);
        w.array(2).text("rules").bytes(&[2]);
        let parts = read_update(&w.finish()).unwrap();
        assert_eq!((parts.len(), parts[0].kind), (1, PartKind::Rules));
        let good = write_update(&[]);
        for bad in [&[][..], b"{}", &[0x80], &good[1..], &[&good[..], &[0]].concat()] {
            assert_eq!(read_update(bad), Err(UpdateError));
        }
    }
}
