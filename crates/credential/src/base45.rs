//! Base45 (RFC 9285): bytes as the 45 characters of a QR code's alphanumeric mode.
//!
//! Written here because the published crate accepts `::`, which the RFC forbids, and is ten times slower
//! than a table. The decoding is injective: two different texts never give the same bytes.

const ALPHABET: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

const INVALID: u8 = 0xff;

const VALUES: [u8; 256] = values();

#[allow(clippy::indexing_slicing, clippy::cast_possible_truncation)] // evaluated by the compiler, all below 45
const fn values() -> [u8; 256] {
    let mut table = [INVALID; 256];
    let mut i = 0;
    while i < ALPHABET.len() {
        table[ALPHABET[i] as usize] = i as u8;
        i += 1;
    }
    table
}

/// Why a text is not Base45.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Base45Error {
    /// A character outside the alphabet (lower case included).
    #[error("a character is not in the Base45 alphabet")]
    Character,
    /// The length leaves one character over.
    #[error("the length is not possible in Base45")]
    Length,
    /// A group stands for more than its bytes can hold.
    #[error("a group of characters stands for too large a number")]
    Overflow,
}

/// Characters needed for `bytes` bytes.
pub const fn encoded_len(bytes: usize) -> usize {
    bytes / 2 * 3 + bytes % 2 * 2
}

/// Writes bytes as Base45.
pub fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(encoded_len(bytes.len()));
    encode_into(bytes, &mut out);
    out
}

/// Writes bytes as Base45 at the end of `out`.
pub(crate) fn encode_into(bytes: &[u8], out: &mut String) {
    let digit = |n: usize| char::from(ALPHABET.get(n % 45).copied().unwrap_or(b'0'));
    let (pairs, rest) = bytes.as_chunks::<2>();
    for pair in pairs {
        let n = usize::from(u16::from_be_bytes(*pair));
        out.push(digit(n));
        out.push(digit(n / 45));
        out.push(digit(n / 2025));
    }
    if let [last] = rest {
        let n = usize::from(*last);
        out.push(digit(n));
        out.push(digit(n / 45));
    }
}

/// Reads Base45.
///
/// # Errors
/// [`Base45Error`] for a character outside the alphabet, an impossible length, or a group above 65535 (255 for
/// the last pair). The caller limits the length first.
pub fn decode(text: &str) -> Result<Vec<u8>, Base45Error> {
    let (triples, rest) = text.as_bytes().as_chunks::<3>();
    if rest.len() == 1 {
        return Err(Base45Error::Length);
    }
    let mut out = Vec::with_capacity(triples.len() * 2 + 1);
    let value = |c: u8| VALUES.get(usize::from(c)).copied().unwrap_or(INVALID);
    for [a, b, c] in triples {
        let (a, b, c) = (value(*a), value(*b), value(*c));
        if a == INVALID || b == INVALID || c == INVALID {
            return Err(Base45Error::Character);
        }
        let n = u32::from(a) + u32::from(b) * 45 + u32::from(c) * 2025;
        let pair = u16::try_from(n).map_err(|_| Base45Error::Overflow)?;
        out.extend_from_slice(&pair.to_be_bytes());
    }
    if let [a, b] = rest {
        let (a, b) = (value(*a), value(*b));
        if a == INVALID || b == INVALID {
            return Err(Base45Error::Character);
        }
        let n = u16::from(a) + u16::from(b) * 45;
        out.push(u8::try_from(n).map_err(|_| Base45Error::Overflow)?);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn examples_of_rfc_9285() {
        for (plain, text) in [
            ("AB", "BB8"),
            ("Hello!!", "%69 VD92EX0"),
            ("base-45", "UJCLQE7W581"),
            ("ietf!", "QED8WEX0"),
            ("", ""),
        ] {
            assert_eq!(encode(plain.as_bytes()), text);
            assert_eq!(decode(text).unwrap(), plain.as_bytes());
        }
    }

    #[test]
    fn texts_that_the_rfc_forbids() {
        assert_eq!(decode("GGW"), Err(Base45Error::Overflow));
        assert_eq!(decode(":::"), Err(Base45Error::Overflow));
        assert_eq!(decode("::"), Err(Base45Error::Overflow));
        assert_eq!(decode("A"), Err(Base45Error::Length));
        assert_eq!(decode("bb8"), Err(Base45Error::Character));
        assert_eq!(decode("BB8\n"), Err(Base45Error::Length));
        assert_eq!(decode("پشا"), Err(Base45Error::Character));
    }
}
