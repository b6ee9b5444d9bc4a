//! What a citizen says of themselves, parsed: CNIC, names in two scripts, dates, mobile number.
//!
//! The same rules serve the phone, which says at once what is wrong with a field, and the province, which believes no
//! phone. Digits may be typed as 0-9, ۰-۹ or ٠-٩.

use serde::{Deserialize, Serialize};

mod error;
mod text;

pub use error::FieldError;
pub use text::{LATIN_BYTES_MAX, LOCAL_BYTES_MAX, TEXTS_BYTES_MAX};
use text::{is_arabic, is_latin, is_letter_or_digit, tidy};
pub(crate) use text::{is_written, tidy_line};

/// Turns ۰-۹ and ٠-٩ into 0-9 and leaves the rest.
pub fn fold_digits(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{06F0}'..='\u{06F9}' => digit(u32::from(c) - 0x06F0),
            '\u{0660}'..='\u{0669}' => digit(u32::from(c) - 0x0660),
            other => other,
        })
        .collect()
}

fn digit(value: u32) -> char {
    char::from_digit(value, 10).unwrap_or('0')
}

macro_rules! text_serde {
    ($type:ty) => {
        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
        impl $type {
            /// The text, in its one form.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl std::fmt::Debug for $type {
            /// Personal data is not for logs.
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($type), "(..)"))
            }
        }
    };
}

/// A CNIC number: 13 digits. There is no public check digit, so only the form is known.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Cnic(String);
text_serde!(Cnic);

impl Cnic {
    /// Reads `9999912345671` or `99999-1234567-1`, with spaces or dashes anywhere.
    ///
    /// # Errors
    /// [`FieldError::FieldMissing`] for nothing, [`FieldError::CnicMalformed`] for anything but 13 digits.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let folded = fold_digits(text);
        let digits: String = folded
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .collect();
        if digits.is_empty() {
            return Err(FieldError::FieldMissing);
        }
        if digits.len() != 13 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(FieldError::CnicMalformed);
        }
        Ok(Self(digits))
    }

    /// `99999-1234567-1`, for the citizen's own screen.
    pub fn grouped(&self) -> String {
        format!("{}-{}-{}", self.part(0, 5), self.part(5, 12), self.part(12, 13))
    }

    /// `99999-*******-1`, for every other place.
    pub fn masked(&self) -> String {
        format!("{}-*******-{}", self.part(0, 5), self.part(12, 13))
    }

    /// What may be shown of a text that stands where a CNIC belongs: as [`Cnic::masked`], and stars alone if it is none.
    pub fn mask(text: &str) -> String {
        Self::parse(text).map_or_else(|_| "*****-*******-*".to_owned(), |cnic| cnic.masked())
    }

    fn part(&self, from: usize, to: usize) -> &str {
        self.0.get(from..to).unwrap_or_default()
    }
}

/// A name in Latin letters, as on the English side of the card.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LatinName(String);
text_serde!(LatinName);

impl LatinName {
    /// Reads a name of Latin letters, spaces, `.`, `'` and `-`.
    ///
    /// # Errors
    /// [`FieldError::FieldMissing`], [`FieldError::FieldTooLong`] or [`FieldError::NameWrongScript`].
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let name = tidy(text, LATIN_BYTES_MAX)?;
        let fits = name
            .chars()
            .all(|c| matches!(c, 'A'..='Z' | 'a'..='z' | ' ' | '.' | '\'' | '-'));
        if fits && name.chars().any(|c| c.is_ascii_alphabetic()) {
            Ok(Self(name))
        } else {
            Err(FieldError::NameWrongScript)
        }
    }
}

/// A name in Arabic script, as on the Urdu side of the card.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LocalName(String);
text_serde!(LocalName);

impl LocalName {
    /// Reads a name of Arabic-script letters (Urdu and Pashto), vowel signs, spaces, `۔`, `.` and `-`.
    ///
    /// # Errors
    /// [`FieldError::FieldMissing`], [`FieldError::FieldTooLong`] or [`FieldError::NameWrongScript`].
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let name = tidy(text, LOCAL_BYTES_MAX)?;
        let fits = name.chars().all(|c| {
            matches!(c, '\u{0620}'..='\u{065F}' | '\u{0670}'..='\u{06D3}' | '\u{06D5}' | '\u{06EE}'..='\u{06EF}'
                | '\u{06FA}'..='\u{06FF}' | '\u{0750}'..='\u{077F}' | '\u{06D4}' | '\u{200C}' | ' ' | '.' | '-')
        });
        if fits && name.chars().any(is_letter_or_digit) {
            Ok(Self(name))
        } else {
            Err(FieldError::NameWrongScript)
        }
    }
}

/// An address as the citizen writes it, in Latin letters, in Arabic script or in both.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Address(String);
text_serde!(Address);

impl Address {
    /// Reads an address of the letters, digits and punctuation of the two scripts.
    ///
    /// # Errors
    /// [`FieldError::FieldMissing`], also without any letter or digit, [`FieldError::FieldTooLong`] or
    /// [`FieldError::NameWrongScript`].
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let address = tidy(text, TEXTS_BYTES_MAX)?;
        if !address.chars().all(|c| is_latin(c) || is_arabic(c)) {
            Err(FieldError::NameWrongScript)
        } else if !address.chars().any(is_letter_or_digit) {
            Err(FieldError::FieldMissing)
        } else {
            Ok(Self(address))
        }
    }
}

/// A Pakistani mobile number in the form `+923001234567`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Mobile(String);
text_serde!(Mobile);

impl Mobile {
    /// Reads `03001234567`, `3001234567`, `923001234567`, `+92 300 1234567` or `00923001234567`.
    ///
    /// # Errors
    /// [`FieldError::FieldMissing`] or [`FieldError::MobileMalformed`].
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let folded = fold_digits(text);
        let digits: String = folded
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '(' | ')'))
            .collect();
        if digits.is_empty() {
            return Err(FieldError::FieldMissing);
        }
        let bare = digits.strip_prefix('+').unwrap_or(&digits);
        let national = ["0092", "92", "0"]
            .iter()
            .find_map(|p| bare.strip_prefix(p))
            .unwrap_or(bare);
        let fits =
            national.len() == 10 && national.starts_with('3') && national.bytes().all(|b| b.is_ascii_digit());
        if fits {
            Ok(Self(format!("+92{national}")))
        } else {
            Err(FieldError::MobileMalformed)
        }
    }
}

/// A district's id, as in `assets/catalogue/districts.json`: lower-case letters and dashes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DistrictId(String);
text_serde!(DistrictId);

impl DistrictId {
    /// Reads an id. That such a district exists is for whoever holds the list.
    ///
    /// # Errors
    /// [`FieldError::FieldMissing`] or [`FieldError::ChoiceUnknown`].
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        if text.is_empty() {
            Err(FieldError::FieldMissing)
        } else if text.len() <= 32 && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') {
            Ok(Self(text.to_owned()))
        } else {
            Err(FieldError::ChoiceUnknown)
        }
    }
}

/// A day of the calendar, written `YYYY-MM-DD` (RFC 3339 full-date).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(jiff::civil::Date);

impl Day {
    /// Reads `YYYY-MM-DD`.
    ///
    /// # Errors
    /// [`FieldError::FieldMissing`] or [`FieldError::DateMalformed`].
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let folded = fold_digits(text.trim());
        if folded.is_empty() {
            return Err(FieldError::FieldMissing);
        }
        if folded.len() != 10 {
            return Err(FieldError::DateMalformed);
        }
        folded.parse().map(Self).map_err(|_| FieldError::DateMalformed)
    }

    /// The day in Peshawar (UTC+5, no summer time) at these unix seconds.
    ///
    /// A time beyond the calendar gives the calendar's first day.
    pub fn at_unix(seconds: u64) -> Self {
        let peshawar = jiff::tz::TimeZone::fixed(jiff::tz::offset(5));
        let stamp = i64::try_from(seconds)
            .ok()
            .and_then(|s| jiff::Timestamp::from_second(s).ok());
        Self(stamp.map_or(jiff::civil::Date::MIN, |s| s.to_zoned(peshawar).date()))
    }

    /// `YYYYMMDD`, the form of claim 169.
    pub fn compact(self) -> String {
        self.0.strftime("%Y%m%d").to_string()
    }

    /// Whole years from this day to `today`, 0 if this day lies ahead.
    pub fn years_until(self, today: Self) -> u16 {
        let before_birthday = (today.0.month(), today.0.day()) < (self.0.month(), self.0.day());
        let years = i32::from(today.0.year()) - i32::from(self.0.year()) - i32::from(before_birthday);
        u16::try_from(years).unwrap_or(0)
    }

    /// The first day on which so many years have passed since this day: of the 29th of February the 1st of March, where
    /// there is no 29th. `None` beyond the calendar.
    pub fn after_years(self, years: u16) -> Option<Self> {
        let year = self.0.year().checked_add(i16::try_from(years).ok()?)?;
        let same = jiff::civil::Date::new(year, self.0.month(), self.0.day());
        same.or_else(|_| jiff::civil::Date::new(year, 3, 1))
            .ok()
            .map(Self)
    }

    /// Midnight (UTC) with which this day begins, unix seconds; 0 before 1970.
    pub fn starts_at(self) -> u64 {
        let midnight = self.0.to_zoned(jiff::tz::TimeZone::UTC);
        midnight.map_or(0, |at| u64::try_from(at.timestamp().as_second()).unwrap_or(0))
    }

    /// Whether it is a Saturday or a Sunday.
    pub fn is_weekend(self) -> bool {
        matches!(
            self.0.weekday(),
            jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday
        )
    }

    /// How many days `other` lies ahead, below 0 if it is over.
    pub fn days_until(self, other: Self) -> i64 {
        // Both are days of the calendar, which has fewer than four million.
        i64::from((other.0 - self.0).get_days())
    }

    /// The day so many days ahead, or back if below 0; `None` beyond the calendar.
    pub fn plus_days(self, days: i64) -> Option<Self> {
        let span = jiff::Span::new().try_days(days).ok()?;
        self.0.checked_add(span).ok().map(Self)
    }

    /// Refuses a day after today and one more than 120 years ago.
    ///
    /// # Errors
    /// [`FieldError::DateImpossible`].
    pub fn not_after(self, today: Self) -> Result<Self, FieldError> {
        if self > today || self.years_until(today) > 120 {
            Err(FieldError::DateImpossible)
        } else {
            Ok(self)
        }
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.strftime("%Y-%m-%d"))
    }
}

impl std::fmt::Debug for Day {
    /// A date of birth is not for logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Day(..)")
    }
}

impl Serialize for Day {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant),+ }
        impl $name {
            /// Reads the choice's word.
            ///
            /// # Errors
            /// [`FieldError::FieldMissing`] or [`FieldError::ChoiceUnknown`].
            pub fn parse(text: &str) -> Result<Self, FieldError> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    "" => Err(FieldError::FieldMissing),
                    _ => Err(FieldError::ChoiceUnknown),
                }
            }
            /// The choice's word.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}

choice! {
    /// Gender as NADRA writes it.
    Gender {
        /// Male.
        Male = "male",
        /// Female.
        Female = "female",
        /// X.
        X = "x",
    }
}

choice! {
    /// Whose name stands beside the citizen's. A married woman may list either.
    GuardianRelation {
        /// Father.
        Father = "father",
        /// Husband.
        Husband = "husband",
    }
}

#[cfg(test)]
mod tests;
