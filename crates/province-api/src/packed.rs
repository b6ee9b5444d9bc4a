//! Bodies of requests, packed: zstd (RFC 8878), with a window as for the content coding of that name (RFC 9659).
//!
//! No header says so: it would not be signed, and whoever takes it away on the way would make another body of the same
//! bytes. A body is packed that begins as zstd does, which JSON never does.
//!
//! A picture in base64 and keys in JSON shrink by a quarter. The content digest is of the packed bytes, so a signature is
//! looked at before anything is unpacked; a write is told from another by what comes out.

use std::io::{self, Read as _};

use zstd::stream::read::Decoder;

/// How a frame begins (RFC 8878, section 3.1.1).
const MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];

/// Smallest body that is packed, in bytes: below that, packing saves next to nothing.
const BYTES_MIN: usize = 512;

/// A phone packs a picture with this in some milliseconds.
const LEVEL: i32 = 9;

/// Base-2 logarithm of the largest window (RFC 9659: 8 MiB; nothing here is as large).
const WINDOW_LOG_MAX: u32 = 20;

/// Why a body cannot be unpacked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnpackError {
    /// More would come out than is taken.
    #[error("the body is too large")]
    TooLarge,
    /// It is not packed in this way.
    #[error("the body is not packed as it begins")]
    Malformed(#[source] io::Error),
}

/// The body packed; `None` where that saves nothing.
pub fn pack(body: &[u8]) -> Option<Vec<u8>> {
    if body.len() < BYTES_MIN {
        return None;
    }
    let packed = zstd::stream::encode_all(body, LEVEL).ok()?;
    (packed.len() < body.len()).then_some(packed)
}

/// Whether this body is packed, as its first bytes say.
pub fn is_packed(body: &[u8]) -> bool {
    body.starts_with(&MAGIC)
}

/// What was packed, if it is at most so many bytes. Reads no more than that of what comes out.
///
/// # Errors
/// [`UnpackError`].
pub fn unpack(packed: &[u8], bytes_max: usize) -> Result<Vec<u8>, UnpackError> {
    let mut body = Vec::new();
    let mut read_all = || {
        let mut decoder = Decoder::with_buffer(packed)?;
        decoder.window_log_max(WINDOW_LOG_MAX)?;
        let most = u64::try_from(bytes_max).unwrap_or(u64::MAX);
        decoder.take(most.saturating_add(1)).read_to_end(&mut body)
    };
    read_all().map_err(UnpackError::Malformed)?;
    if body.len() > bytes_max {
        return Err(UnpackError::TooLarge);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Write as _;

    use super::*;

    #[test]
    fn what_is_packed_comes_out_and_never_more_than_is_taken() {
        let body = "0123456789abcdef".repeat(4000);
        let packed = pack(body.as_bytes()).unwrap();
        assert!(packed.len() < body.len() / 10);
        assert!(is_packed(&packed) && !is_packed(body.as_bytes()));
        assert_eq!(unpack(&packed, body.len()).unwrap(), body.as_bytes());
        assert!(matches!(
            unpack(&packed, body.len() - 1),
            Err(UnpackError::TooLarge)
        ));
        let cut = packed.get(..packed.len() / 2).unwrap();
        assert!(matches!(unpack(cut, body.len()), Err(UnpackError::Malformed(_))));
        assert!(matches!(unpack(b"{}", 10), Err(UnpackError::Malformed(_))));
    }

    #[test]
    fn what_would_not_shrink_stays_as_it_is() {
        assert_eq!(pack(b"{}"), None);
        let mut state = 1_u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        })
        .take(2000)
        .collect();
        assert_eq!(pack(&noise), None);
    }

    #[test]
    fn a_frame_that_asks_for_a_large_window_is_refused() {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), LEVEL).unwrap();
        encoder.window_log(24).unwrap();
        encoder.write_all(&[0; 100]).unwrap();
        let packed = encoder.finish().unwrap();
        assert!(matches!(unpack(&packed, 1000), Err(UnpackError::Malformed(_))));
    }
}
