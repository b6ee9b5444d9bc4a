//! Bytes as hex digits in files and options, with the errors of this program.

use credential::PublicKey;

use crate::error::CliError;

/// Lower-case hex digits.
pub(crate) fn text(bytes: &[u8]) -> String {
    ::hex::encode(bytes)
}

/// Exactly `N` bytes.
pub(crate) fn fixed<const N: usize>(field: &'static str, digits: &[u8]) -> Result<[u8; N], CliError> {
    let mut bytes = [0; N];
    ::hex::decode_to_slice(digits, &mut bytes).map_err(|_| CliError::Field {
        field,
        expected: match N {
            16 => "32 hex digits",
            32 => "64 hex digits",
            _ => "hex digits",
        },
    })?;
    Ok(bytes)
}

/// Any number of bytes.
pub(crate) fn bytes(field: &'static str, digits: &str) -> Result<Vec<u8>, CliError> {
    ::hex::decode(digits).map_err(|_| CliError::Field {
        field,
        expected: "hex digits",
    })
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
