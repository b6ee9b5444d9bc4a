//! The bits that turned between two epochs. Not signed: what comes out is the manifest's hash, or nothing is taken.

use std::collections::BTreeMap;

use super::{LISTS_MAX, ListEntry, StatusError, StatusPurpose, is_list_name, rice};
use crate::cbor::{Reader, Writer};

/// Longest delta, in bytes. A day's 1,360 changes in 40.8 million are 2.8 KB; where more changed, shards cost less.
pub const DELTA_BYTES_MAX: usize = 256 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Flips {
    length: u64,
    /// Ascending, in the whole list.
    indices: Vec<u32>,
}

/// The bits that turned between two epochs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusDelta {
    from: u64,
    to: u64,
    /// Only bitmaps in which something turned.
    flips: BTreeMap<String, BTreeMap<StatusPurpose, Flips>>,
}

impl StatusDelta {
    /// Nothing turned yet between these epochs.
    pub const fn new(from: u64, to: u64) -> Self {
        Self {
            from,
            to,
            flips: BTreeMap::new(),
        }
    }

    /// The epoch to which it is applied.
    pub const fn from(&self) -> u64 {
        self.from
    }

    /// The epoch that it leads to.
    pub const fn to(&self) -> u64 {
        self.to
    }

    /// Turns bits of a bitmap of `length` bits; one that is turned twice is as it was.
    ///
    /// # Errors
    /// [`StatusError::ListDiffers`] if one of them is outside of the list, or the list was longer before.
    pub fn turn(
        &mut self,
        list: &str,
        purpose: StatusPurpose,
        length: u64,
        indices: impl IntoIterator<Item = u32>,
    ) -> Result<(), StatusError> {
        let purposes = self.flips.entry(list.to_owned()).or_default();
        let flips = purposes.entry(purpose).or_insert(Flips {
            length,
            indices: Vec::new(),
        });
        if flips.length > length {
            return Err(StatusError::ListDiffers);
        }
        flips.length = length;
        flips.indices.extend(indices);
        flips.indices.sort_unstable();
        // Of equal neighbours an even number is none and an odd number is one.
        let once = |same: &[u32]| {
            if same.len() % 2 == 1 {
                same.first().copied()
            } else {
                None
            }
        };
        flips.indices = flips.indices.chunk_by(|a, b| a == b).filter_map(once).collect();
        let is_outside = flips
            .indices
            .last()
            .is_some_and(|last| u64::from(*last) >= length);
        if flips.indices.is_empty() {
            purposes.remove(&purpose);
        }
        if purposes.is_empty() {
            self.flips.remove(list);
        }
        if is_outside {
            Err(StatusError::ListDiffers)
        } else {
            Ok(())
        }
    }

    /// This delta and the one after it, as one.
    ///
    /// # Errors
    /// [`StatusError::OtherStart`] if `next` does not begin where this one ends, [`StatusError::ListDiffers`] if a list
    /// got shorter between.
    pub fn then(mut self, next: &Self) -> Result<Self, StatusError> {
        if next.from != self.to {
            return Err(StatusError::OtherStart);
        }
        self.to = next.to;
        for (list, purposes) in &next.flips {
            for (purpose, flips) in purposes {
                self.turn(list, *purpose, flips.length, flips.indices.iter().copied())?;
            }
        }
        Ok(self)
    }

    /// How many bits turned in all.
    pub fn count(&self) -> usize {
        let bitmaps = self.flips.values().flat_map(BTreeMap::values);
        bitmaps.map(|flips| flips.indices.len()).sum()
    }

    pub(super) fn flips(&self, list: &str, purpose: StatusPurpose) -> &[u32] {
        let flips = self.flips.get(list).and_then(|purposes| purposes.get(&purpose));
        flips.map_or(&[], |flips| &flips.indices)
    }

    /// Whether every bitmap in it is one of these lists'.
    pub(super) fn names_only(&self, lists: &BTreeMap<String, ListEntry>) -> bool {
        self.flips.iter().all(|(list, purposes)| {
            lists.get(list).is_some_and(|entry| {
                purposes.iter().all(|(purpose, flips)| {
                    entry.bitmaps.contains_key(purpose) && flips.length <= entry.shape.length()
                })
            })
        })
    }

    /// As it is published (docs/format.cddl, `status-delta`).
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        self.write(&mut w);
        w.finish()
    }

    pub(super) fn write(&self, w: &mut Writer) {
        w.array(3).uint(self.from).uint(self.to).map(self.flips.len());
        let mut lists: Vec<_> = self.flips.iter().collect();
        lists.sort_by_key(|(name, _)| (name.len(), name.as_bytes()));
        for (list, purposes) in lists {
            w.text(list).map(purposes.len());
            for (purpose, flips) in purposes {
                w.uint(purpose.number());
                let count = flips.indices.len() as u64;
                rice::write(w, flips.length, count, flips.indices.iter().copied());
            }
        }
    }

    /// Reads one.
    ///
    /// # Errors
    /// [`StatusError::TooLarge`], [`StatusError::Malformed`].
    pub fn decode(bytes: &[u8]) -> Result<Self, StatusError> {
        if bytes.len() > DELTA_BYTES_MAX {
            return Err(StatusError::TooLarge);
        }
        let r = &mut Reader::open(bytes)?;
        r.array_of(3)?;
        let mut delta = Self::new(r.uint()?, r.uint()?);
        if delta.from >= delta.to {
            return Err(StatusError::Malformed);
        }
        let lists = r.map()?;
        if lists > LISTS_MAX {
            return Err(StatusError::TooLarge);
        }
        for _ in 0..lists {
            let list = r.text()?.to_owned();
            let mut purposes = BTreeMap::new();
            for _ in 0..r.map()? {
                let purpose = StatusPurpose::of_number(r.int()?)?;
                let set = rice::Set::read(r)?;
                let (length, indices) = (set.length, set.indices()?);
                if indices.is_empty() {
                    return Err(StatusError::Malformed);
                }
                purposes.insert(purpose, Flips { length, indices });
            }
            if purposes.is_empty() || !is_list_name(&list) {
                return Err(StatusError::Malformed);
            }
            delta.flips.insert(list, purposes);
        }
        Ok(delta)
    }
}
