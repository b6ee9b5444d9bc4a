//! Strict CBOR: one way to write each value (RFC 8949 section 4.2.1), nothing that the format does not use.
//!
//! Bytes are checked as a whole before anything is taken from them: definite and shortest lengths, ascending map keys,
//! no duplicates, depth, no trailing bytes, no floats, no `null`, no number that JSON cannot hold. The structures are then read with minicbor.

use minicbor::data::Type;
use minicbor::{Decoder, Encoder};

/// Deepest nesting of arrays, maps and tags in one piece of CBOR.
pub(crate) const DEPTH_MAX: usize = 6;

/// Largest number, 2^53 - 1: what JSON and a language with one kind of number hold exactly (RFC 8259 section 6).
pub(crate) const NUMBER_MAX: u64 = (1 << 53) - 1;

/// The bytes are not the strict CBOR that the format wants. The reader that called says what that means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

impl From<minicbor::decode::Error> for Malformed {
    fn from(_: minicbor::decode::Error) -> Self {
        Self
    }
}

/// Checks that `bytes` are exactly one strictly written item of at most [`DEPTH_MAX`] levels.
pub(crate) fn check(bytes: &[u8]) -> Result<(), Malformed> {
    let mut rest = bytes;
    check_item(&mut rest, DEPTH_MAX)?;
    if rest.is_empty() { Ok(()) } else { Err(Malformed) }
}

/// Takes the head of an item: major type and argument, shortest form only, at most [`NUMBER_MAX`].
fn take_head(rest: &mut &[u8]) -> Result<(u8, u64), Malformed> {
    let (&first, tail) = rest.split_first().ok_or(Malformed)?;
    let (value, tail) = match first & 0x1f {
        small @ 0..=23 => (u64::from(small), tail),
        24 => {
            let ([v], tail) = tail.split_first_chunk::<1>().ok_or(Malformed)?;
            (at_least(u64::from(*v), 24)?, tail)
        }
        25 => {
            let (v, tail) = tail.split_first_chunk::<2>().ok_or(Malformed)?;
            (at_least(u64::from(u16::from_be_bytes(*v)), 0x100)?, tail)
        }
        26 => {
            let (v, tail) = tail.split_first_chunk::<4>().ok_or(Malformed)?;
            (at_least(u64::from(u32::from_be_bytes(*v)), 0x1_0000)?, tail)
        }
        27 => {
            let (v, tail) = tail.split_first_chunk::<8>().ok_or(Malformed)?;
            let value = u64::from_be_bytes(*v);
            if value > NUMBER_MAX {
                return Err(Malformed);
            }
            (at_least(value, 0x1_0000_0000)?, tail)
        }
        // 28 to 30 are reserved, 31 is an indefinite length.
        _ => return Err(Malformed),
    };
    *rest = tail;
    Ok((first >> 5, value))
}

fn at_least(value: u64, least: u64) -> Result<u64, Malformed> {
    if value < least { Err(Malformed) } else { Ok(value) }
}

fn check_item(rest: &mut &[u8], depth: usize) -> Result<(), Malformed> {
    let first = *rest.first().ok_or(Malformed)?;
    if first >> 5 == 7 {
        // Of the simple values only false and true are used.
        let tail = rest.get(1..).ok_or(Malformed)?;
        *rest = tail;
        return if first == 0xf4 || first == 0xf5 {
            Ok(())
        } else {
            Err(Malformed)
        };
    }
    let (major, value) = take_head(rest)?;
    match major {
        0 | 1 => Ok(()),
        2 => take(rest, value).map(|_| ()),
        3 => std::str::from_utf8(take(rest, value)?)
            .map(|_| ())
            .map_err(|_| Malformed),
        4 => {
            let depth = depth.checked_sub(1).ok_or(Malformed)?;
            // Each element takes at least one byte, so a huge count ends at the end of the input.
            for _ in 0..value {
                check_item(rest, depth)?;
            }
            Ok(())
        }
        5 => check_map(rest, value, depth),
        _ => check_item(rest, depth.checked_sub(1).ok_or(Malformed)?),
    }
}

fn check_map(rest: &mut &[u8], pairs: u64, depth: usize) -> Result<(), Malformed> {
    let depth = depth.checked_sub(1).ok_or(Malformed)?;
    let mut previous: &[u8] = &[];
    for _ in 0..pairs {
        let before = *rest;
        // Keys are integers and texts; `check_item` at depth 0 lets no container in.
        check_item(rest, 0)?;
        let key = before.get(..before.len() - rest.len()).ok_or(Malformed)?;
        if key <= previous {
            return Err(Malformed);
        }
        previous = key;
        check_item(rest, depth)?;
    }
    Ok(())
}

fn take<'b>(rest: &mut &'b [u8], length: u64) -> Result<&'b [u8], Malformed> {
    let length = usize::try_from(length).map_err(|_| Malformed)?;
    let (taken, tail) = rest.split_at_checked(length).ok_or(Malformed)?;
    *rest = tail;
    Ok(taken)
}

/// What the next item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    Uint,
    Text,
    Bytes,
    Bool,
    Other,
}

/// A reader over bytes that [`check`] has passed.
pub(crate) struct Reader<'b>(Decoder<'b>);

impl<'b> Reader<'b> {
    /// Checks the bytes, then opens them.
    pub(crate) fn open(bytes: &'b [u8]) -> Result<Self, Malformed> {
        check(bytes)?;
        Ok(Self(Decoder::new(bytes)))
    }

    pub(crate) fn map(&mut self) -> Result<u64, Malformed> {
        self.0.map()?.ok_or(Malformed)
    }

    pub(crate) fn array(&mut self) -> Result<u64, Malformed> {
        self.0.array()?.ok_or(Malformed)
    }

    pub(crate) fn array_of(&mut self, length: u64) -> Result<(), Malformed> {
        if self.array()? == length {
            Ok(())
        } else {
            Err(Malformed)
        }
    }

    pub(crate) fn map_of(&mut self, length: u64) -> Result<(), Malformed> {
        if self.map()? == length {
            Ok(())
        } else {
            Err(Malformed)
        }
    }

    pub(crate) fn tag(&mut self, number: u64) -> Result<(), Malformed> {
        if self.0.tag()?.as_u64() == number {
            Ok(())
        } else {
            Err(Malformed)
        }
    }

    /// True if the next item is an integer.
    pub(crate) fn at_int(&self) -> bool {
        self.0.datatype().is_ok_and(|t| {
            matches!(
                t,
                Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::I8 | Type::I16 | Type::I32 | Type::I64
            )
        })
    }

    /// Which kind of item is next, for readers that take more than one.
    pub(crate) fn next_type(&self) -> Result<Next, Malformed> {
        Ok(match self.0.datatype()? {
            Type::U8 | Type::U16 | Type::U32 | Type::U64 => Next::Uint,
            Type::String => Next::Text,
            Type::Bytes => Next::Bytes,
            Type::Bool => Next::Bool,
            _ => Next::Other,
        })
    }

    pub(crate) fn int(&mut self) -> Result<i64, Malformed> {
        Ok(self.0.i64()?)
    }

    pub(crate) fn uint(&mut self) -> Result<u64, Malformed> {
        Ok(self.0.u64()?)
    }

    pub(crate) fn bool(&mut self) -> Result<bool, Malformed> {
        Ok(self.0.bool()?)
    }

    pub(crate) fn bytes(&mut self) -> Result<&'b [u8], Malformed> {
        Ok(self.0.bytes()?)
    }

    pub(crate) fn bytes_of<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        self.bytes()?.try_into().map_err(|_| Malformed)
    }

    /// A text of which a screen shows all, as it stands: see [`is_plain`].
    pub(crate) fn text(&mut self) -> Result<&'b str, Malformed> {
        let text = self.0.str()?;
        if is_plain(text) { Ok(text) } else { Err(Malformed) }
    }

    /// The next item, whole, as its bytes stand.
    pub(crate) fn raw(&mut self) -> Result<&'b [u8], Malformed> {
        let start = self.0.position();
        self.0.skip()?;
        self.0.input().get(start..self.0.position()).ok_or(Malformed)
    }
}

/// True for a text that a screen shows as it is written: no control characters, no marks that turn the direction of
/// writing, and nothing that nobody sees and that could tell two passes with the same words apart.
pub(crate) fn is_plain(text: &str) -> bool {
    if text.is_ascii() {
        !text.bytes().any(|b| b.is_ascii_control())
    } else {
        !text.chars().any(is_unseen)
    }
}

/// Control characters, line and paragraph separators, the marks of interlinear notes, and what Unicode calls "default
/// ignorable" but for the joiners U+200C and U+200D, which Urdu and Pashto are written with.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        )
        || matches!(c, '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}')
        || matches!(c, '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}')
        || matches!(c, '\u{e0000}'..='\u{e0fff}')
}

/// A writer into memory; writing cannot fail. Callers write map keys in ascending order.
pub(crate) struct Writer(Encoder<Vec<u8>>);

impl Writer {
    pub(crate) fn new() -> Self {
        Self::with_capacity(256)
    }

    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self(Encoder::new(Vec::with_capacity(bytes)))
    }

    pub(crate) fn map(&mut self, pairs: usize) -> &mut Self {
        self.0.map(pairs as u64).ok();
        self
    }

    pub(crate) fn array(&mut self, length: usize) -> &mut Self {
        self.0.array(length as u64).ok();
        self
    }

    pub(crate) fn tag(&mut self, number: u64) -> &mut Self {
        self.0.tag(minicbor::data::Tag::new(number)).ok();
        self
    }

    pub(crate) fn int(&mut self, value: i64) -> &mut Self {
        self.0.i64(value).ok();
        self
    }

    pub(crate) fn uint(&mut self, value: u64) -> &mut Self {
        self.0.u64(value).ok();
        self
    }

    pub(crate) fn bool(&mut self, value: bool) -> &mut Self {
        self.0.bool(value).ok();
        self
    }

    pub(crate) fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.0.bytes(value).ok();
        self
    }

    pub(crate) fn text(&mut self, value: &str) -> &mut Self {
        self.0.str(value).ok();
        self
    }

    /// Puts an item that is already written.
    pub(crate) fn raw(&mut self, item: &[u8]) -> &mut Self {
        self.0.writer_mut().extend_from_slice(item);
        self
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0.into_writer()
    }
}
