//! Public files that never change, in memory: those that were asked for last, up to a size.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use hashlink::LruCache;

use super::Refusal;

/// Most bytes that are kept. The shards and deltas that all phones ask for after a publication are a few megabytes.
const BYTES_MAX: usize = 32 * 1024 * 1024;

/// Which file: what its path says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Which {
    /// A table or a shard, by its SHA-256.
    Piece([u8; 32]),
    /// A delta of a file between two SHA-256.
    Delta(String, [u8; 32], [u8; 32]),
    /// The bits that turned between two epochs.
    Bits(u64, u64),
}

#[derive(Debug)]
struct Files {
    by_use: LruCache<Which, Bytes>,
    bytes: usize,
}

/// What an entry takes besides its bytes, about: a place in the list and in the map, and the allocations. Deltas of a few
/// dozen bytes are most of what is asked for.
const ENTRY_BYTES: usize = 512;

fn costs(file: &Bytes) -> usize {
    file.len() + ENTRY_BYTES
}

/// The files that were asked for last.
#[derive(Debug)]
pub(super) struct Kept {
    files: Mutex<Files>,
    bytes_max: usize,
}

impl Default for Kept {
    fn default() -> Self {
        Self::up_to(BYTES_MAX)
    }
}

impl Kept {
    fn up_to(bytes_max: usize) -> Self {
        Self {
            files: Mutex::new(Files {
                by_use: LruCache::new_unbounded(),
                bytes: 0,
            }),
            bytes_max,
        }
    }

    fn find(&self, which: &Which) -> Option<Bytes> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.by_use.get(which).cloned()
    }

    fn keep(&self, which: Which, bytes: &Bytes) {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.bytes += costs(bytes);
        if let Some(before) = files.by_use.insert(which, bytes.clone()) {
            files.bytes -= costs(&before);
        }
        while files.bytes > self.bytes_max {
            let Some((_, oldest)) = files.by_use.remove_lru() else {
                break;
            };
            files.bytes -= costs(&oldest);
        }
    }

    /// The file, made if it is not kept. One that is not there is asked for again the next time.
    pub(super) async fn or_make(
        &self,
        which: Which,
        make: impl Future<Output = Result<Vec<u8>, Refusal>>,
    ) -> Result<Bytes, Refusal> {
        if let Some(kept) = self.find(&which) {
            return Ok(kept);
        }
        let bytes: Bytes = make.await?.into();
        self.keep(which, &bytes);
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use province_api::problem::ProblemCode;

    use super::*;

    #[tokio::test]
    async fn what_was_asked_for_last_is_kept_up_to_the_size_and_made_once() {
        let kept = Kept::up_to(10 + 2 * ENTRY_BYTES);
        let which = |n: u8| Which::Piece([n; 32]);
        let four = |n: u8| async move { Ok(vec![n; 4]) };
        let never = async { panic!("it is kept") };
        kept.or_make(which(1), four(1)).await.unwrap();
        kept.or_make(which(2), four(2)).await.unwrap();
        assert_eq!(*kept.or_make(which(1), never).await.unwrap(), [1; 4]);
        // The third takes the place of the one that was asked for longest ago.
        kept.or_make(which(3), four(3)).await.unwrap();
        assert!(kept.find(&which(1)).is_some() && kept.find(&which(2)).is_none());
        // One that is larger than all is given and not kept.
        let large = async { Ok(vec![4; 11 + 2 * ENTRY_BYTES]) };
        kept.or_make(which(4), large).await.unwrap();
        assert!(kept.find(&which(4)).is_none());
        assert_eq!(kept.files.lock().unwrap().bytes, 0);
        // What is not there is not remembered as such.
        let missing = kept
            .or_make(which(5), async { Err(ProblemCode::NotFound.into()) })
            .await;
        assert!(missing.is_err());
        kept.or_make(which(5), four(5)).await.unwrap();
    }
}
