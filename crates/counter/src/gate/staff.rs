//! Who works where, as the staff pass says it: a number and an office, no name.

use std::fmt;

/// Longest number and office, in bytes.
const BYTES_MAX: usize = 24;

/// The text is no number of staff and no office.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("1 to 24 of A-Z, a-z, 0-9 and dash, the first no dash")]
pub struct StaffError;

/// A text that a sheet can hold as it is: a spreadsheet takes one that begins with a sign for a formula.
fn plain(text: &str) -> Result<String, StaffError> {
    let ok = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if text.is_empty() || text.len() > BYTES_MAX || text.starts_with('-') || !text.bytes().all(ok) {
        return Err(StaffError);
    }
    Ok(text.to_owned())
}

/// The number that an office gave to one of its staff.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StaffNumber(String);

/// The office, by its short name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Office(String);

impl StaffNumber {
    /// Reads a number.
    ///
    /// # Errors
    /// [`StaffError`].
    pub fn parse(text: &str) -> Result<Self, StaffError> {
        plain(text).map(Self)
    }

    /// The number.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Office {
    /// Reads an office's short name.
    ///
    /// # Errors
    /// [`StaffError`].
    pub fn parse(text: &str) -> Result<Self, StaffError> {
        plain(text).map(Self)
    }

    /// The short name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One of an office's staff.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Staff {
    /// Where they work.
    pub office: Office,
    /// Their number there.
    pub number: StaffNumber,
}

impl fmt::Debug for Staff {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Staff(..)")
    }
}

#[cfg(test)]
impl Staff {
    /// Somebody for the tests.
    pub fn example() -> Self {
        Self {
            office: Office("dc-bajaur".to_owned()),
            number: StaffNumber("1042".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_spreadsheet_would_compute_is_a_number() {
        for good in ["1", "KP-1042", "a"] {
            assert!(StaffNumber::parse(good).is_ok() && Office::parse(good).is_ok());
        }
        let long = "1".repeat(25);
        for bad in [
            "",
            "=1+1",
            "-1",
            "+1",
            "@a",
            "1,2",
            "a b",
            "\t1",
            "گل",
            long.as_str(),
        ] {
            assert!(
                StaffNumber::parse(bad).is_err() && Office::parse(bad).is_err(),
                "{bad}"
            );
        }
    }
}
