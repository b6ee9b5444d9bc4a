//! zlib (RFC 1950) with a limit on what comes out. Printed claim-169 codes are compressed, as their readers expect, and
//! updates that travel as codes.

use miniz_oxide::inflate::stream::{InflateState, inflate as step};
use miniz_oxide::{DataFormat, MZFlush, MZStatus};

/// Why bytes are not inflated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InflateError {
    /// Not one zlib stream and nothing after it.
    Malformed,
    /// More comes out than allowed.
    TooLarge,
}

/// Inflates exactly one stream to at most `limit` bytes; no more memory than that is taken, whatever the stream says.
pub(crate) fn inflate(bytes: &[u8], limit: usize) -> Result<Vec<u8>, InflateError> {
    let mut out = vec![0; limit + 1];
    let mut state = InflateState::new_boxed(DataFormat::Zlib);
    let result = step(&mut state, bytes, &mut out, MZFlush::Finish);
    if result.bytes_written > limit {
        return Err(InflateError::TooLarge);
    }
    if result.status != Ok(MZStatus::StreamEnd) || result.bytes_consumed != bytes.len() {
        return Err(InflateError::Malformed);
    }
    out.truncate(result.bytes_written);
    Ok(out)
}

const LEVEL: u8 = 9;

/// Deflates as small as it gets.
pub(crate) fn pack(bytes: &[u8]) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec_zlib(bytes, LEVEL)
}

/// Deflates as small as it gets, but never as a stored block: what cannot be made smaller is written in the fixed
/// Huffman code (RFC 1951 section 3.2.6), because `PixelPass` 0.6 fails on stored blocks. That costs one bit for each
/// byte above 143.
pub(crate) fn deflate(bytes: &[u8]) -> Vec<u8> {
    const BLOCK_TYPE: u8 = 0b110;
    let packed = pack(bytes);
    let stored = packed.get(2).is_none_or(|first| first & BLOCK_TYPE == 0);
    if stored { literals(bytes) } else { packed }
}

/// A zlib stream of one last block that has each byte as a literal of the fixed code.
fn literals(bytes: &[u8]) -> Vec<u8> {
    const LAST_BLOCK_FIXED_CODE: u32 = 0b011;
    let mut bits = Bits {
        out: vec![0x78, 0xda],
        held: 0,
        count: 0,
    };
    bits.put(LAST_BLOCK_FIXED_CODE, 3);
    for &byte in bytes {
        let byte = u32::from(byte);
        // Huffman codes go in from their most significant bit on.
        if byte < 144 {
            bits.put((0x30 + byte).reverse_bits() >> 24, 8);
        } else {
            bits.put((0x190 + byte - 144).reverse_bits() >> 23, 9);
        }
    }
    let end_of_block = 0;
    bits.put(end_of_block, 7);
    let mut out = bits.finish();
    out.extend_from_slice(&adler32(bytes).to_be_bytes());
    out
}

/// Bits from the least significant on.
struct Bits {
    out: Vec<u8>,
    held: u32,
    count: u32,
}

impl Bits {
    fn put(&mut self, bits: u32, count: u32) {
        self.held |= bits << self.count;
        self.count += count;
        while self.count >= 8 {
            self.out.push(self.held.to_le_bytes()[0]);
            self.held >>= 8;
            self.count -= 8;
        }
    }

    fn finish(mut self) -> Vec<u8> {
        if self.count > 0 {
            self.out.push(self.held.to_le_bytes()[0]);
        }
        self.out
    }
}

/// The check of RFC 1950.
fn adler32(bytes: &[u8]) -> u32 {
    const PRIME: u32 = 65_521;
    let (low, high) = bytes.iter().fold((1, 0), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % PRIME;
        (low, (high + low) % PRIME)
    });
    high << 16 | low
}

/// True if bytes begin as a zlib stream does: deflate, a window of at most 32 KiB, and the header's own check.
pub(crate) fn looks_like(bytes: &[u8]) -> bool {
    let Some(&[method, flags]) = bytes.first_chunk::<2>() else {
        return false;
    };
    method & 0x0f == 8 && method >> 4 <= 7 && u16::from_be_bytes([method, flags]).is_multiple_of(31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_stream_within_the_limit() {
        let plain = vec![7; 1_000];
        let packed = deflate(&plain);
        assert!(looks_like(&packed));
        assert_eq!(inflate(&packed, 1_000).as_deref(), Ok(&plain[..]));
        assert_eq!(inflate(&packed, 999), Err(InflateError::TooLarge));
        let followed = [&packed[..], &[0]].concat();
        assert_eq!(inflate(&followed, 1_000), Err(InflateError::Malformed));
        let cut = packed.split_last().map_or(&[][..], |(_, rest)| rest);
        assert_eq!(inflate(cut, 1_000), Err(InflateError::Malformed));
    }

    #[test]
    fn what_cannot_be_made_smaller_is_not_stored() {
        let plain: Vec<u8> = (0..=255).collect();
        let packed = deflate(&plain);
        assert_eq!(packed.get(2).map(|first| first & 0b110), Some(0b010));
        assert_eq!(inflate(&packed, 256).as_deref(), Ok(&plain[..]));
        assert_eq!(packed, literals(&plain));
        assert_eq!(inflate(&literals(b""), 0).as_deref(), Ok(&b""[..]));
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bomb = deflate(&vec![0; 10 * 1024 * 1024]);
        assert!(bomb.len() < 16 * 1024);
        assert_eq!(inflate(&bomb, 16 * 1024), Err(InflateError::TooLarge));
    }
}
