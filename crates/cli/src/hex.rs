//! Bytes as hex digits.

use credential::PublicKey;

use crate::error::CliError;

/// Lower-case hex digits.
pub(crate) fn text(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or_default();
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

/// Exactly `N` bytes.
pub(crate) fn fixed<const N: usize>(field: &'static str, digits: &[u8]) -> Result<[u8; N], CliError> {
    let wrong = CliError::Field {
        field,
        expected: match N {
            16 => "32 hex digits",
            32 => "64 hex digits",
            _ => "hex digits",
        },
    };
    let mut bytes = [0; N];
    let mut pairs = digits.chunks_exact(2);
    for (byte, pair) in bytes.iter_mut().zip(&mut pairs) {
        let digit = |at: usize| pair.get(at).and_then(|digit| char::from(*digit).to_digit(16));
        match (digit(0), digit(1)) {
            (Some(high), Some(low)) => *byte = u8::try_from(high * 16 + low).unwrap_or_default(),
            _ => return Err(wrong),
        }
    }
    if digits.len() == 2 * N {
        Ok(bytes)
    } else {
        Err(wrong)
    }
}

/// A public key of 32 bytes.
pub(crate) fn public_key(field: &'static str, digits: &str) -> Result<PublicKey, CliError> {
    PublicKey::parse(&fixed::<32>(field, digits.as_bytes())?).map_err(|_| CliError::Field {
        field,
        expected: "an Ed25519 public key that is not weak",
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_the_right_number_of_digits_is_read() {
        assert_eq!(fixed::<2>("f", b"00fF").unwrap(), [0, 255]);
        for wrong in ["", "00f", "00ff0", "00ff00", "0xff", "00 f", "+0f0"] {
            assert!(fixed::<2>("f", wrong.as_bytes()).is_err(), "{wrong}");
        }
        assert_eq!(text(&[0, 171]), "00ab");
    }
}
