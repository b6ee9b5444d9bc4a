//! Sets of indices as Rice-coded gaps, in exactly one way for each set.
//!
//! On the wire: `[length, count, bits]`. Each index is written as its distance to the one before, less one: the upper
//! part in unary (ones, then a zero), the lower `k` bits as they are, highest first. `k` follows from length and count,
//! so that a set has one encoding and no other is read. R. F. Rice, "Some practical universal noiseless coding
//! techniques", JPL 79-22, 1979; the rule for `k` is that of A. Kiely, "Selecting the Golomb parameter in Rice coding",
//! 2004: the smallest with 2^k at least 0.4812 of the mean distance, where one more bit stops to pay.

use super::StatusError;
use crate::cbor::{Malformed, Reader, Writer};

/// ln of the golden ratio in 65,536ths.
const LN_GOLDEN: u64 = 31_537;

/// The Rice parameter of a set of `count` among `length` indices.
fn parameter(length: u64, count: u64) -> u32 {
    let wanted = u128::from(length) * u128::from(LN_GOLDEN);
    let mut k = 0;
    while k < 32 && (u128::from(count) << (k + 16)) < wanted {
        k += 1;
    }
    k
}

/// The most bytes that a set in `length` indices can take, whatever is in it.
pub(super) fn bytes_max(length: u64) -> usize {
    // At k = 1 a set of the wrong shape takes 1.46 bits for each index; at any other k less.
    usize::try_from(length * 3 / 16)
        .unwrap_or(usize::MAX)
        .saturating_add(64)
}

/// Writes ascending indices below `length`.
pub(super) fn write(w: &mut Writer, length: u64, count: u64, indices: impl Iterator<Item = u32>) {
    let k = parameter(length, count);
    let mut bits = BitWriter::default();
    let mut next = 0_u64;
    for index in indices {
        let gap = u64::from(index).saturating_sub(next);
        bits.ones(gap >> k);
        bits.push(0, 1);
        bits.push(gap & ((1 << k) - 1), k);
        next = u64::from(index) + 1;
    }
    w.array(3).uint(length).uint(count).bytes(&bits.finish());
}

/// A set on the wire, its numbers read and its indices not yet.
pub(super) struct Set<'b> {
    pub(super) length: u64,
    pub(super) count: u64,
    bits: &'b [u8],
}

impl<'b> Set<'b> {
    /// Reads the head of a set and checks that its bits can hold so many indices.
    pub(super) fn read(r: &mut Reader<'b>) -> Result<Self, Malformed> {
        r.array_of(3)?;
        let (length, count, bits) = (r.uint()?, r.uint()?, r.bytes()?);
        let shortest = u128::from(count) * u128::from(parameter(length, count) + 1);
        if length > super::LIST_BITS_MAX || count > length || shortest.div_ceil(8) > bits.len() as u128 {
            return Err(Malformed);
        }
        Ok(Self { length, count, bits })
    }

    /// Gives every index in ascending order; an error if the bits are not the one encoding of what they say.
    pub(super) fn each(&self, mut take: impl FnMut(u32)) -> Result<(), Malformed> {
        let k = parameter(self.length, self.count);
        let mut bits = BitReader::new(self.bits);
        let mut next = 0_u64;
        for _ in 0..self.count {
            let high = bits.ones(self.length >> k)?;
            let gap = high << k | bits.take(k)?;
            let index = next + gap;
            if index >= self.length {
                return Err(Malformed);
            }
            take(u32::try_from(index).map_err(|_| Malformed)?);
            next = index + 1;
        }
        bits.at_end()
    }

    /// All indices. Never more than eight for each byte that was read.
    pub(super) fn indices(&self) -> Result<Vec<u32>, Malformed> {
        let mut indices = Vec::with_capacity(usize::try_from(self.count).map_err(|_| Malformed)?);
        self.each(|index| indices.push(index))?;
        Ok(indices)
    }
}

/// Encodes the set bits of raw bits: bit `i` is bit `i % 8`, least significant first, of byte `i / 8`.
pub(super) fn encode_bits(bits: &[u8]) -> Vec<u8> {
    let count = bits.iter().map(|byte| u64::from(byte.count_ones())).sum();
    let mut w = Writer::new();
    write(&mut w, bits.len() as u64 * 8, count, set_bits(bits));
    w.finish()
}

/// The set bits of raw bits, ascending.
pub(super) fn set_bits(bits: &[u8]) -> impl Iterator<Item = u32> {
    bits.chunks(8).zip(0_u32..).flat_map(|(chunk, number)| {
        let mut eight = [0; 8];
        eight.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
        let mut word = u64::from_le_bytes(eight);
        std::iter::from_fn(move || {
            (word != 0).then(|| {
                let bit = word.trailing_zeros();
                word &= word - 1;
                number * 64 + bit
            })
        })
    })
}

/// Decodes a set into raw bits of exactly `length` bits (a multiple of 8), and allocates nothing larger.
pub(super) fn decode_bits(bytes: &[u8], length: u32) -> Result<Vec<u8>, StatusError> {
    if bytes.len() > bytes_max(u64::from(length)) {
        return Err(StatusError::TooLarge);
    }
    let mut r = Reader::open(bytes)?;
    let set = Set::read(&mut r)?;
    if set.length != u64::from(length) {
        return Err(StatusError::ListDiffers);
    }
    let mut bits = vec![0_u8; length as usize / 8];
    set.each(|index| {
        if let Some(byte) = bits.get_mut(index as usize / 8) {
            *byte |= 1 << (index % 8);
        }
    })?;
    Ok(bits)
}

/// Writes bits, the first into the highest place of the first byte.
#[derive(Default)]
struct BitWriter {
    bytes: Vec<u8>,
    /// The lower `held` bits are not written yet; fewer than 8 between two calls.
    word: u64,
    held: u32,
}

impl BitWriter {
    /// Writes the lower `count` bits of a value that has no others; at most 32.
    fn push(&mut self, value: u64, count: u32) {
        self.word = self.word << count | value;
        self.held += count;
        while self.held >= 8 {
            self.held -= 8;
            self.bytes.push((self.word >> self.held & 0xff) as u8);
        }
    }

    fn ones(&mut self, mut count: u64) {
        while count > 0 {
            let now = count.min(32);
            self.push((1 << now) - 1, now as u32);
            count -= now;
        }
    }

    fn finish(mut self) -> Vec<u8> {
        if self.held > 0 {
            self.push(0, 8 - self.held);
        }
        self.bytes
    }
}

/// Reads bits in the same order.
struct BitReader<'b> {
    rest: &'b [u8],
    /// The upper `held` bits are the next ones; below them are zeros.
    word: u64,
    held: u32,
}

impl<'b> BitReader<'b> {
    const fn new(bytes: &'b [u8]) -> Self {
        Self {
            rest: bytes,
            word: 0,
            held: 0,
        }
    }

    fn fill(&mut self) {
        while self.held <= 56
            && let Some((byte, rest)) = self.rest.split_first()
        {
            self.word |= u64::from(*byte) << (56 - self.held);
            self.held += 8;
            self.rest = rest;
        }
    }

    /// Reads `count` bits, at most 32.
    fn take(&mut self, count: u32) -> Result<u64, Malformed> {
        if count == 0 {
            return Ok(0);
        }
        self.fill();
        if self.held < count {
            return Err(Malformed);
        }
        let value = self.word >> (64 - count);
        self.word <<= count;
        self.held -= count;
        Ok(value)
    }

    /// Reads ones and the zero after them; more than `most` are too many.
    fn ones(&mut self, most: u64) -> Result<u64, Malformed> {
        let mut total = 0_u64;
        loop {
            self.fill();
            let ones = self.word.leading_ones().min(self.held);
            total += u64::from(ones);
            if total > most || self.held == 0 {
                return Err(Malformed);
            }
            if ones < self.held {
                self.word <<= ones;
                self.word <<= 1;
                self.held -= ones + 1;
                return Ok(total);
            }
            self.word = 0;
            self.held = 0;
        }
    }

    /// Fewer than eight bits are left, and they are zeros.
    fn at_end(&self) -> Result<(), Malformed> {
        if self.rest.is_empty() && self.held < 8 && self.word == 0 {
            Ok(())
        } else {
            Err(Malformed)
        }
    }
}
