//! What people may draw, by a short tag, for those who asked lately: finding it out opens every document that they hold.

use std::sync::{Mutex, PoisonError};

use credential::Timestamp;
use hashlink::LruCache;

use crate::sealed::PersonId;

/// Most people that are remembered, about 100 bytes each.
const PEOPLE_MAX: usize = 100_000;

/// An hour: documents end at a midnight, and which one depends on where it is.
const HOUR: u64 = 3_600;

/// As of when a tag holds: the number of the last event in the person's feed, in which every change of what they hold is
/// noted, of the last publication, and of the hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AsOf {
    events: u64,
    published: i64,
    hour: u64,
}

impl AsOf {
    pub(super) const fn new(events: u64, published: i64, now: Timestamp) -> Self {
        Self {
            events,
            published,
            hour: now.unix() / HOUR,
        }
    }
}

/// The tags of who asked lately.
pub(super) struct Drawable(Mutex<LruCache<[u8; 16], Tag>>);

/// A tag, and as of when it holds.
type Tag = (AsOf, Vec<u8>);

impl Default for Drawable {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(PEOPLE_MAX)))
    }
}

impl std::fmt::Debug for Drawable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Drawable(..)")
    }
}

impl Drawable {
    /// Whether this tag stands for what the person may draw. `false` also where that is not remembered.
    pub(super) fn is(&self, person: &PersonId, as_of: AsOf, tag: &[u8]) -> bool {
        let mut tags = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = tags.get(person.as_bytes());
        known.is_some_and(|(known_as_of, known)| *known_as_of == as_of && known == tag)
    }

    /// Remembers a person's tag.
    pub(super) fn remember(&self, person: &PersonId, as_of: AsOf, tag: Vec<u8>) {
        let mut tags = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tags.insert(*person.as_bytes(), (as_of, tag));
    }
}
