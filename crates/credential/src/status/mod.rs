//! Status: which passes are revoked, suspended or used up, for every holder of a pass in the province.
//!
//! A *list* is an index space of one purpose, cut into *shards* of a power of two of bits. It has one *bitmap* for each
//! [`Standing`] but `Valid`. A signed manifest holds one hash for each bitmap; the table of the shards' hashes, the
//! shards and the deltas between epochs are not signed and are proven by that hash.

mod bitmap;
mod bundle;
mod delta;
mod manifest;
mod rice;
mod set;
mod token;

pub use bitmap::{Bitmap, SHARD_BITS_MAX, SHARDS_MAX, Shape};
pub use bundle::{BUNDLE_BYTES_MAX, StatusBundle, UPDATE_PREFIX};
pub use delta::{DELTA_BYTES_MAX, StatusDelta};
pub use manifest::{LISTS_MAX, ListEntry, MANIFEST_BYTES_MAX, StatusContent, StatusManifest};
pub use set::{Piece, StatusSet, piece_name};
pub use token::{StatusToken, TOKEN_BITS_MAX, TOKEN_BYTES_MAX, TokenContent, read_token_list, token_list};

use crate::cbor::Malformed;
use crate::code::codes;
use crate::cose::from_cose;
use crate::numbered::from_numbered;
use crate::vct::Vct;

/// Most bits of one list: three times the province's people.
pub const LIST_BITS_MAX: u64 = 1 << 27;

/// A list's name is of the form of a kind's: 1 to 32 of `a`-`z`, `0`-`9` and `-`. It goes into addresses.
fn is_list_name(name: &str) -> bool {
    Vct::parse(name).is_ok()
}

codes! {
    /// Why a status manifest or something that belongs to it is not taken.
    StatusError {
        /// Larger than any real one.
        TooLarge = "status_too_large",
        /// Not the strict form.
        Malformed = "status_malformed",
        /// Signed with an algorithm that is not taken.
        Algorithm = "status_algorithm",
        /// A signed header that the format does not have.
        UnknownHeader = "status_unknown_header",
        /// Another kind of signed data.
        OtherKind = "status_other_kind",
        /// The trust list does not know the key that signed it.
        UnknownKey = "status_unknown_key",
        /// The signature is wrong.
        Signature = "status_signature",
        /// The key may not sign manifests.
        KeyNotAllowed = "status_key_not_allowed",
        /// The key was withdrawn.
        KeyRevoked = "status_key_revoked",
        /// Signed outside the time of its key.
        KeyExpired = "status_key_expired",
        /// Older than the one that is held already.
        Older = "status_older",
        /// Another manifest with the number of the one that is held.
        SameNumber = "status_same_number",
        /// The manifest has no list of this name.
        UnknownList = "status_unknown_list",
        /// The list is not the one that the manifest names.
        ListDiffers = "status_list_differs",
        /// The changes begin at another epoch than the one that is held.
        OtherStart = "status_other_start",
    }
}

from_cose!(StatusError);
from_numbered!(StatusError);

/// What one bitmap of a list says of its set bits. The number is the one on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatusPurpose {
    /// Ended for good.
    Revoked,
    /// Ended until it is lifted.
    Suspended,
    /// Used up, as an e-stamp is by one deed.
    Consumed,
}

impl StatusPurpose {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::Revoked, Self::Suspended, Self::Consumed];

    /// The number on the wire: 1 revoked, 2 suspended, 3 consumed.
    pub const fn number(self) -> u64 {
        match self {
            Self::Revoked => 1,
            Self::Suspended => 2,
            Self::Consumed => 3,
        }
    }

    /// `revoked`, `suspended` or `consumed`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Suspended => "suspended",
            Self::Consumed => "consumed",
        }
    }

    /// The purpose of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == text)
    }

    fn of_number(number: i64) -> Result<Self, Malformed> {
        Self::ALL
            .into_iter()
            .find(|purpose| i64::try_from(purpose.number()) == Ok(number))
            .ok_or(Malformed)
    }
}

/// How a pass stands by the lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// No bit is set.
    Valid,
    /// Suspended until the bit is cleared.
    Suspended,
    /// Used up.
    Consumed,
    /// Revoked.
    Revoked,
}
