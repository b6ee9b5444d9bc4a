//! The audit log's entries: who did what, to whom by random id, and never a CNIC, a name or a number. Which passes and
//! documents somebody has is sealed; the chain is over what is sealed, so that it is verified without opening anything.
//!
//! Entries are chained by SHA-256 in the order of their numbers. What an entry's hash covers stands in docs/audit.md, so
//! that an auditor needs nothing of ours to verify an export.

pub use province_api::audit::{Action, Role};
use sha2::{Digest as _, Sha256};

use crate::sealed::PersonId;

/// SHA-256 of an entry and of all before it.
pub type Hash = [u8; 32];

/// What stands before the first entry.
pub const BEFORE_FIRST: Hash = [0; 32];

/// What makes the hashes of this log unlike any other's.
const DOMAIN: &[u8] = b"khyber-pass audit v1\n";

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// What kind.
    pub role: Role,
    /// Which of them: an officer's or a system's id, a certificate's audience. Empty where the role says it, and for
    /// citizens, whom the entry is about.
    pub id: String,
}

impl Actor {
    /// The citizen whom the entry is about.
    pub const CITIZEN: Self = Self::only(Role::Citizen);
    /// The province by itself.
    pub const PROVINCE: Self = Self::only(Role::Province);
    /// Whoever runs a command and did not say who they are.
    pub const OPERATOR: Self = Self::only(Role::Operator);
    /// Somebody who did not prove who they are.
    pub const NOBODY: Self = Self::only(Role::Nobody);

    const fn only(role: Role) -> Self {
        Self {
            role,
            id: String::new(),
        }
    }

    /// Role, colon, id: two are the same if their texts are.
    pub fn text(&self) -> String {
        format!("{}:{}", self.role.as_str(), self.id)
    }

    /// Reads that; `None` if it is no actor's.
    pub fn read(text: &str) -> Option<Self> {
        let (role, id) = text.split_once(':')?;
        Some(Self {
            role: Role::parse(role)?,
            id: id.to_owned(),
        })
    }
}

/// One thing that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When, unix seconds.
    pub at: u64,
    /// What kind of actor: a [`Role`], or a word of a version that came after this one. The log outlives its versions.
    pub role: String,
    /// Which of them, as [`Actor::id`].
    pub actor: String,
    /// What: an [`Action`], or a word of a version that came after this one.
    pub action: String,
    /// About whom, if about somebody.
    pub about: Option<PersonId>,
    /// The rest, a JSON object: counts, codes, key ids, hashes. Nothing personal.
    pub detail: String,
    /// What the rest would tell of a person's passes and documents: another JSON object, sealed to the person; empty if
    /// there is none.
    pub sealed: Vec<u8>,
}

impl Entry {
    /// SHA-256 over the domain, the hash before, the number and the time (8 bytes each, big-endian), and then role, id,
    /// action, person, detail and what is sealed, each behind its length in 8 bytes.
    pub fn hash(&self, before: &Hash, number: u64) -> Hash {
        let mut hash = Sha256::new_with_prefix(DOMAIN);
        hash.update(before);
        hash.update(number.to_be_bytes());
        hash.update(self.at.to_be_bytes());
        let about = self.about.as_ref().map_or(&[][..], |id| &id.as_bytes()[..]);
        for part in [
            self.role.as_bytes(),
            self.actor.as_bytes(),
            self.action.as_bytes(),
            about,
            self.detail.as_bytes(),
            &self.sealed,
        ] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }
}

/// An entry in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chained {
    /// Its number, from 1, without a gap.
    pub number: u64,
    /// What was done.
    pub entry: Entry,
    /// Its hash.
    pub hash: Hash,
}

/// The end of a chain: the last entry's number and hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// 0 before the first entry.
    pub number: u64,
    /// [`BEFORE_FIRST`] before the first entry.
    pub hash: Hash,
}

impl Head {
    /// Before the first entry.
    pub const NONE: Self = Self {
        number: 0,
        hash: BEFORE_FIRST,
    };

    /// Puts an entry behind this one.
    #[must_use]
    pub fn chain(self, entry: Entry) -> Chained {
        let number = self.number.saturating_add(1);
        Chained {
            number,
            hash: entry.hash(&self.hash, number),
            entry,
        }
    }

    /// Whether an entry stands behind this one as it was put there.
    pub fn leads_to(&self, next: &Chained) -> bool {
        next.number == self.number.saturating_add(1) && next.hash == next.entry.hash(&self.hash, next.number)
    }
}

impl From<&Chained> for Head {
    fn from(last: &Chained) -> Self {
        Self {
            number: last.number,
            hash: last.hash,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn entry(at: u64, id: &str, detail: &str) -> Entry {
        Entry {
            at,
            role: Role::Officer.as_str().to_owned(),
            actor: id.to_owned(),
            action: Action::DocumentGranted.as_str().to_owned(),
            about: Some(PersonId::from_bytes([7; 16])),
            detail: detail.to_owned(),
            sealed: b"sealed".to_vec(),
        }
    }

    #[test]
    fn a_hash_is_as_the_document_says() {
        let words: [&[u8]; 6] = [b"officer", b"o1", b"document_granted", &[7; 16], b"{}", b"sealed"];
        let mut bytes = b"khyber-pass audit v1\n".to_vec();
        bytes.extend([0; 32]);
        bytes.extend(1_u64.to_be_bytes());
        bytes.extend(9_u64.to_be_bytes());
        for word in words {
            bytes.extend((word.len() as u64).to_be_bytes());
            bytes.extend(word);
        }
        let expected: Hash = Sha256::digest(bytes).into();
        assert_eq!(Head::NONE.chain(entry(9, "o1", "{}")).hash, expected);
    }

    proptest! {
        #[test]
        fn whatever_is_changed_in_an_entry_breaks_the_chain(
            at in 0_u64..1 << 40, id in "[a-z]{0,8}", detail in "[a-z]{0,8}", which in 0_usize..7,
        ) {
            let good = Head { number: 4, hash: [3; 32] }.chain(entry(at, &id, &detail));
            let before = Head { number: 4, hash: [3; 32] };
            prop_assert!(before.leads_to(&good));
            let mut bad = good.clone();
            match which {
                0 => bad.entry.at += 1,
                1 => bad.entry.actor.push('x'),
                2 => bad.entry.detail.push('x'),
                3 => bad.entry.about = None,
                4 => bad.number += 1,
                5 => bad.entry.sealed.clear(),
                // The border between two words moves.
                _ => {
                    bad.entry.actor.push('d');
                    bad.entry.action.remove(0);
                }
            }
            prop_assert!(!before.leads_to(&bad));
        }
    }
}
