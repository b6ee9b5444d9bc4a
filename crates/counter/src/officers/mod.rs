//! Who may decide at this desk: officers with a number and a PIN, one at a time, in shifts.
//!
//! The page's token says that a page is this desk's; an officer's session says who sits before it. Without one the desk
//! decides nothing, but for what an unattended profile allows.

mod desk;
mod session;

use pin::{Cost, Pin, PinHash, SALT_BYTES};

use crate::StationCode;
use crate::types::Role;

pub use desk::{Caller, Entry};
pub(crate) use session::Officers;

/// Most letters of a name.
pub const NAME_LETTERS_MAX: usize = 40;
/// Most digits of a number.
pub const NUMBER_DIGITS_MAX: usize = 6;

/// How long the next try has to wait, by how many were wrong since the last right one. Two slips are free.
pub(crate) const fn wait_after(wrong_tries: u32) -> u64 {
    match wrong_tries {
        0..=2 => 0,
        3 => 30,
        4 => 60,
        5 => 5 * 60,
        6 => 15 * 60,
        _ => 60 * 60,
    }
}

/// A number that is well formed: 1 to 6 digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficerNumber(String);

impl OfficerNumber {
    /// Reads a number; Urdu and Arabic digits count as Western ones.
    ///
    /// # Errors
    /// [`StationCode::OfficerMalformed`].
    pub fn parse(text: &str) -> Result<Self, StationCode> {
        let digits: String = text
            .trim()
            .chars()
            .map(|letter| match letter {
                '\u{06F0}'..='\u{06F9}' => char::from_digit(u32::from(letter) - 0x06F0, 10).unwrap_or(letter),
                '\u{0660}'..='\u{0669}' => char::from_digit(u32::from(letter) - 0x0660, 10).unwrap_or(letter),
                _ => letter,
            })
            .collect();
        let fits = (1..=NUMBER_DIGITS_MAX).contains(&digits.len())
            && digits.bytes().all(|digit| digit.is_ascii_digit());
        if fits {
            Ok(Self(digits))
        } else {
            Err(StationCode::OfficerMalformed)
        }
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An officer who is to be added.
#[derive(Debug)]
pub struct NewOfficer {
    /// The number.
    pub number: OfficerNumber,
    /// The name or initials that the office chose.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Somebody else chose the PIN.
    pub temporary: bool,
    /// The PIN, stretched.
    pub pin: PinHash,
}

impl NewOfficer {
    /// Checks everything that was typed.
    ///
    /// # Errors
    /// [`StationCode::OfficerMalformed`], [`StationCode::PinMalformed`], [`StationCode::PinTooEasy`].
    pub fn check(
        number: &str,
        name: &str,
        role: Role,
        pin: &str,
        temporary: bool,
        salt: [u8; SALT_BYTES],
    ) -> Result<Self, StationCode> {
        let number = OfficerNumber::parse(number)?;
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        let letters = name.chars().count();
        if !(1..=NAME_LETTERS_MAX).contains(&letters) || name.chars().any(char::is_control) {
            return Err(StationCode::OfficerMalformed);
        }
        Ok(Self {
            number,
            name,
            role,
            temporary,
            pin: new_pin(pin, salt)?,
        })
    }
}

/// A PIN that somebody chose, stretched.
///
/// # Errors
/// [`StationCode::PinMalformed`], [`StationCode::PinTooEasy`], [`StationCode::StoreFailed`] without the memory for it.
pub fn new_pin(text: &str, salt: [u8; SALT_BYTES]) -> Result<PinHash, StationCode> {
    let pin = Pin::parse(text).map_err(|_| StationCode::PinMalformed)?;
    if pin.is_easy() {
        return Err(StationCode::PinTooEasy);
    }
    PinHash::make(&pin, salt, Cost::FLOOR).map_err(|_| StationCode::StoreFailed)
}

/// Why somebody could not sign in, and for how long nobody may try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub code: StationCode,
    /// Seconds until the next try.
    pub wait_seconds: Option<u32>,
}

impl From<StationCode> for Refused {
    fn from(code: StationCode) -> Self {
        Self {
            code,
            wait_seconds: None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_number_is_one_to_six_digits_of_any_script() {
        assert_eq!(OfficerNumber::parse(" ۱۲ ").unwrap().as_str(), "12");
        for wrong in ["", "1234567", "1a", "-1", "1 2"] {
            assert_eq!(
                OfficerNumber::parse(wrong),
                Err(StationCode::OfficerMalformed),
                "{wrong}"
            );
        }
    }

    #[test]
    fn an_easy_or_malformed_pin_and_an_empty_or_endless_name_are_refused() {
        let check = |name: &str, pin: &str| {
            NewOfficer::check("1", name, Role::Officer, pin, true, [0; SALT_BYTES]).map(|one| one.name)
        };
        assert_eq!(check("A", "111111"), Err(StationCode::PinTooEasy));
        assert_eq!(check("A", "12345"), Err(StationCode::PinMalformed));
        assert_eq!(check(" ", "730942"), Err(StationCode::OfficerMalformed));
        assert_eq!(
            check(&"A".repeat(41), "730942"),
            Err(StationCode::OfficerMalformed)
        );
        assert_eq!(check(" A.\u{a0} K. ", "730942").unwrap(), "A. K.");
    }

    #[test]
    fn waits_grow_and_end_at_an_hour() {
        let waits: Vec<_> = (0..10).map(wait_after).collect();
        assert_eq!(waits, [0, 0, 0, 30, 60, 300, 900, 3_600, 3_600, 3_600]);
    }
}
