//! Which seal comes next: the same rule for the desk that writes and for whoever verifies.

use credential::{LogSealContent, SealReason, Timestamp};

use crate::day::{day_of, minute_of};
use crate::entry::{Entry, Hash};

/// How far a log has come: its last entry and its last seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Number of the last entry.
    pub last: u64,
    /// Its hash.
    pub last_hash: Hash,
    /// When it was written.
    pub at: Timestamp,
    /// The last seal and its SHA-256.
    pub seal: Option<(LogSealContent, [u8; 32])>,
}

/// What a seal at this place has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealPlan {
    /// Its number.
    pub number: u64,
    /// The day of the last entry.
    pub day: u32,
    /// Number of the first entry that it is about.
    pub first: u64,
    /// SHA-256 of the seal before.
    pub previous: Option<[u8; 32]>,
}

impl Run {
    /// The day of the last entry.
    #[must_use]
    pub fn day(&self) -> u32 {
        day_of(self.at)
    }

    /// True if the last entry's day was closed by a seal.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.seal
            .is_some_and(|(seal, _)| seal.last == self.last && seal.reason == SealReason::Day)
    }

    /// What the next seal has to say. A seal closes a day once; until then each begins where the day began.
    #[must_use]
    pub fn next_seal(&self) -> SealPlan {
        let (number, first, previous) = match &self.seal {
            None => (1, 1, None),
            Some((seal, sha256)) => {
                let first = if seal.reason == SealReason::Day {
                    seal.last.saturating_add(1)
                } else {
                    seal.first
                };
                // After a day's end nothing new may have come: then the seal is about the last entry only.
                (seal.number.saturating_add(1), first.min(self.last), Some(*sha256))
            }
        };
        SealPlan {
            number,
            day: self.day(),
            first,
            previous,
        }
    }

    /// The next seal's content. `count` is how many entries were written in all.
    #[must_use]
    pub fn seal(&self, reason: SealReason, count: u64, now: Timestamp) -> LogSealContent {
        let plan = self.next_seal();
        LogSealContent {
            number: plan.number,
            at: minute_of(now),
            reason,
            day: plan.day,
            first: plan.first,
            last: self.last,
            last_hash: self.last_hash,
            count,
            previous: plan.previous,
        }
    }

    /// The log before its first entry has no run; this is the one after `entry`.
    #[must_use]
    pub fn after(entry: &Entry, hash: Hash, seal: Option<(LogSealContent, [u8; 32])>) -> Self {
        Self {
            last: entry.number,
            last_hash: hash,
            at: entry.at,
            seal,
        }
    }
}
