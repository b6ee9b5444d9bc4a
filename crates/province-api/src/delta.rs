//! Deltas of public files: zstd (RFC 8878) of the newer file with the older one as prefix.
//!
//! Nothing in a delta is believed: what it gives is looked at by its SHA-256 and then like any file that was fetched whole.
//! Rejected: VCDIFF and bsdiff, which need a library each on both sides and save nothing over this on files of some KiB,
//! and changes in terms of each file's own content, which would be new signed data for every kind of file.

use std::io::{self, Read as _, Write as _};

use sha2::{Digest as _, Sha256};
use zstd::stream::{read, write};

/// Media type of a delta.
pub const ZSTD: &str = "application/zstd";

/// Largest file that has deltas, in bytes.
pub const FILE_BYTES_MAX: usize = 1 << 20;

/// Base-2 logarithm of the window: older and newer file lie in it, and no delta makes its reader keep more.
const WINDOW_LOG: u32 = 21;

/// As small as it gets: a delta is made rarely and fetched by every phone.
const LEVEL: i32 = 19;

/// Why a delta gave no file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeltaError {
    /// A file is larger than files with deltas are.
    #[error("the file is too large for a delta")]
    TooLarge,
    /// It is no delta, or one of another file.
    #[error("the delta does not fit")]
    Malformed(#[source] io::Error),
    /// What it gives is another file than was wanted.
    #[error("the delta gives another file")]
    OtherFile,
}

/// The delta that makes `to` of `from`.
///
/// # Errors
/// [`DeltaError::TooLarge`] if either is larger than [`FILE_BYTES_MAX`].
pub fn make(from: &[u8], to: &[u8]) -> Result<Vec<u8>, DeltaError> {
    if from.len().max(to.len()) > FILE_BYTES_MAX {
        return Err(DeltaError::TooLarge);
    }
    let made = || {
        let mut encoder = write::Encoder::with_ref_prefix(Vec::new(), LEVEL, from)?;
        encoder.window_log(WINDOW_LOG)?;
        encoder.long_distance_matching(true)?;
        encoder.include_checksum(false)?;
        encoder.write_all(to)?;
        encoder.finish()
    };
    made().map_err(DeltaError::Malformed)
}

/// The file with this SHA-256 that a delta makes of `from`. Reads no more than `bytes_max` of what comes out.
///
/// # Errors
/// [`DeltaError`]; then the file has to be fetched whole.
pub fn apply(from: &[u8], delta: &[u8], sha256: &[u8; 32], bytes_max: usize) -> Result<Vec<u8>, DeltaError> {
    if from.len() > FILE_BYTES_MAX {
        return Err(DeltaError::TooLarge);
    }
    let mut file = Vec::new();
    let mut read_all = || {
        let mut decoder = read::Decoder::with_ref_prefix(delta, from)?;
        decoder.window_log_max(WINDOW_LOG)?;
        let most = u64::try_from(bytes_max).unwrap_or(u64::MAX);
        decoder.take(most.saturating_add(1)).read_to_end(&mut file)
    };
    read_all().map_err(DeltaError::Malformed)?;
    if file.len() > bytes_max {
        return Err(DeltaError::TooLarge);
    }
    if Sha256::digest(&file).as_slice() == sha256 {
        Ok(file)
    } else {
        Err(DeltaError::OtherFile)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use proptest::prelude::*;

    use super::*;

    fn sha256(bytes: &[u8]) -> [u8; 32] {
        Sha256::digest(bytes).into()
    }

    /// Bytes that do not compress, with a few turned.
    fn two_versions() -> (Vec<u8>, Vec<u8>) {
        let from: Vec<u8> = (0_u32..600).flat_map(|n| sha256(&n.to_be_bytes())).collect();
        let mut to = from.clone();
        for at in [5, 9_000, 19_000] {
            to[at] ^= 0xFF;
        }
        (from, to)
    }

    #[test]
    fn a_delta_is_as_large_as_the_change() {
        let (from, to) = two_versions();
        let delta = make(&from, &to).unwrap();
        assert!(delta.len() < 100, "{} bytes", delta.len());
        assert_eq!(apply(&from, &delta, &sha256(&to), to.len()).unwrap(), to);
    }

    #[test]
    fn a_delta_serves_no_other_file_and_gives_no_more_than_is_wanted() {
        let (from, to) = two_versions();
        let delta = make(&from, &to).unwrap();
        let wanted = sha256(&to);
        assert!(apply(&from[..from.len() - 1], &delta, &wanted, to.len()).is_err());
        assert!(apply(b"", &delta, &wanted, to.len()).is_err());
        let other = apply(&from, &delta, &sha256(&from), to.len());
        assert!(matches!(other, Err(DeltaError::OtherFile)));
        let less = apply(&from, &delta, &wanted, to.len() - 1);
        assert!(matches!(less, Err(DeltaError::TooLarge)));
        for end in 0..delta.len() {
            assert!(apply(&from, &delta[..end], &wanted, to.len()).is_err());
        }
    }

    #[test]
    fn a_file_that_is_too_large_has_no_delta() {
        let large = vec![0; FILE_BYTES_MAX + 1];
        assert!(matches!(make(&large, b""), Err(DeltaError::TooLarge)));
        assert!(matches!(make(b"", &large), Err(DeltaError::TooLarge)));
        // A small delta of which a great deal comes out.
        let bomb = make(b"", &large[1..]).unwrap();
        assert!(bomb.len() < 200);
        assert!(matches!(
            apply(b"", &bomb, &[0; 32], 64 * 1024),
            Err(DeltaError::TooLarge)
        ));
    }

    proptest! {
        #[test]
        fn any_two_files_have_a_delta(from in prop::collection::vec(any::<u8>(), 0..2_000), to in prop::collection::vec(any::<u8>(), 0..2_000)) {
            let delta = make(&from, &to).unwrap();
            prop_assert_eq!(apply(&from, &delta, &sha256(&to), to.len()).unwrap(), to);
        }

        #[test]
        fn no_bytes_make_it_panic(from in prop::collection::vec(any::<u8>(), 0..200), delta in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(apply(&from, &delta, &[0; 32], 1_000).is_err());
        }
    }
}
