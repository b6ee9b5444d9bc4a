//! The PIN: 6 to 12 digits, in Western, Persian or Arabic figures.

use zeroize::Zeroizing;

/// Fewest digits of a PIN.
pub const PIN_DIGITS_MIN: usize = 6;
/// Most digits of a PIN.
pub const PIN_DIGITS_MAX: usize = 12;

/// A well-formed PIN. Its memory is wiped when it is dropped, and it never prints itself.
pub struct Pin(Zeroizing<Vec<u8>>);

/// The text is not 6 to 12 digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a PIN has 6 to 12 digits")]
pub struct PinError;

impl Pin {
    /// Reads a PIN; ۰-۹ and ٠-٩ count as 0-9, so the keyboard's language does not matter.
    ///
    /// # Errors
    /// [`PinError`] for anything but 6 to 12 digits.
    pub fn parse(text: &str) -> Result<Self, PinError> {
        // Room for all digits at once: a vector that grows leaves copies behind.
        let mut digits = Zeroizing::new(Vec::with_capacity(PIN_DIGITS_MAX));
        for letter in text.chars() {
            let digit = match letter {
                '0'..='9' => u32::from(letter) - u32::from('0'),
                '\u{06F0}'..='\u{06F9}' => u32::from(letter) - 0x06F0,
                '\u{0660}'..='\u{0669}' => u32::from(letter) - 0x0660,
                _ => return Err(PinError),
            };
            if digits.len() == PIN_DIGITS_MAX {
                return Err(PinError);
            }
            digits.push(b'0' + u8::try_from(digit).map_err(|_| PinError)?);
        }
        if digits.len() < PIN_DIGITS_MIN {
            return Err(PinError);
        }
        Ok(Self(digits))
    }

    /// Whether it is one of those that a thief tries first: see `easy.rs`. The only such rule; screens ask it.
    pub fn is_easy(&self) -> bool {
        crate::easy::is_easy(&self.0)
    }

    /// The digits in ASCII.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Pin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pin(..)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn digits_of_three_scripts_are_one_pin() {
        for text in ["123456", "۱۲۳۴۵۶", "١٢٣٤٥٦", "12۳۴٥٦"] {
            assert_eq!(Pin::parse(text).unwrap().as_bytes(), b"123456");
        }
    }

    #[test]
    fn anything_but_six_to_twelve_digits_is_refused() {
        for text in [
            "",
            "12345",
            "1234567890123",
            "12345a",
            "123 456",
            "-123456",
            "½23456",
        ] {
            assert_eq!(Pin::parse(text).err(), Some(PinError), "{text}");
        }
        assert!(Pin::parse("123456789012").is_ok());
    }

    #[test]
    fn an_easy_pin_is_easy_in_every_script() {
        assert!(Pin::parse("۴۵۶۷۸۹").unwrap().is_easy());
        assert!(!Pin::parse("٢٤٦٨١٠").unwrap().is_easy());
    }

    #[test]
    fn a_pin_never_prints_itself() {
        assert_eq!(format!("{:?}", Pin::parse("123456").unwrap()), "Pin(..)");
    }
}
