//! The phrase of a backup: 60 random bits that the app draws, never the citizen.
//!
//! One secret in two forms, so that whoever reads no letters has digits: six words of ten bits each, the highest bits
//! first, or the number in 19 digits (2^60 has 19) and a check digit (Damm, which finds every single wrong digit and every
//! two that changed places), in groups of five.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::words::{self, WORD_BITS};
use crate::screen::Words;
use crate::search::fold::digit;

/// Words of a phrase.
pub(crate) const PHRASE_WORDS: usize = 6;
/// Digits of a phrase, the check digit included.
pub(crate) const PHRASE_DIGITS: usize = 20;
const BITS: u32 = 60;
/// Longest text that is looked at, in bytes: six of the longest words take 140.
const TEXT_BYTES_MAX: usize = 512;
const GROUP: usize = 5;

/// Damm's table: a quasigroup of order 10 in which no digit squared is itself moved.
const DAMM: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

/// Why a text is no phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PhraseError {
    #[error("a phrase is six words or 20 digits")]
    Malformed,
    #[error("a word is not in the list")]
    UnknownWord,
    #[error("the check digit does not fit: a digit is wrong")]
    WrongDigit,
}

/// The secret. Its memory is wiped when it is dropped, and it never prints itself.
pub(crate) struct Phrase(Zeroizing<u64>);

impl Phrase {
    /// A new one.
    pub(crate) fn make(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0; 8]);
        rng.fill_bytes(bytes.as_mut());
        Self(Zeroizing::new(u64::from_be_bytes(*bytes) >> (u64::BITS - BITS)))
    }

    /// Reads either form, in any of the three languages, even mixed.
    pub(crate) fn parse(text: &str) -> Result<Self, PhraseError> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(PhraseError::Malformed);
        }
        let is_space = |letter: char| {
            letter.is_whitespace()
                || matches!(
                    letter,
                    '-' | '.' | ',' | '،' | '۔' | '\u{200e}' | '\u{200f}' | '\u{2066}'..='\u{2069}'
                )
        };
        let parts = || text.split(is_space).filter(|part| !part.is_empty());
        let digits: Option<Zeroizing<Vec<u8>>> = parts()
            .flat_map(str::chars)
            .map(|letter| {
                digit(letter)
                    .to_digit(10)
                    .and_then(|digit| u8::try_from(digit).ok())
            })
            .collect::<Option<Vec<u8>>>()
            .map(Zeroizing::new);
        match digits {
            Some(digits) if !digits.is_empty() => Self::of_digits(&digits),
            _ => Self::of_words(parts()),
        }
    }

    fn of_digits(digits: &[u8]) -> Result<Self, PhraseError> {
        if digits.len() != PHRASE_DIGITS {
            return Err(PhraseError::Malformed);
        }
        if damm(digits) != 0 {
            return Err(PhraseError::WrongDigit);
        }
        let (_, number) = digits.split_last().ok_or(PhraseError::Malformed)?;
        let number = number
            .iter()
            .try_fold(0_u64, |sum, digit| {
                sum.checked_mul(10)?.checked_add(u64::from(*digit))
            })
            .filter(|number| number >> BITS == 0);
        // Below 10^19 and above 2^60: a number that was never drawn.
        number
            .map(|number| Self(Zeroizing::new(number)))
            .ok_or(PhraseError::WrongDigit)
    }

    fn of_words<'t>(parts: impl Iterator<Item = &'t str>) -> Result<Self, PhraseError> {
        let mut number = Zeroizing::new(0_u64);
        let mut count = 0;
        let mut unknown = false;
        for part in parts {
            count += 1;
            if count > PHRASE_WORDS {
                return Err(PhraseError::Malformed);
            }
            match words::number(part) {
                Some(word) => *number = *number << WORD_BITS | u64::from(word),
                None => unknown = true,
            }
        }
        match (count, unknown) {
            (PHRASE_WORDS, false) => Ok(Self(number)),
            (PHRASE_WORDS, true) => Err(PhraseError::UnknownWord),
            _ => Err(PhraseError::Malformed),
        }
    }

    /// What is stretched.
    pub(crate) fn bytes(&self) -> Zeroizing<[u8; 8]> {
        Zeroizing::new(self.0.to_be_bytes())
    }

    /// The six words.
    pub(crate) fn words(&self) -> [Words; PHRASE_WORDS] {
        self.numbers().map(words::word)
    }

    /// The word's place in the list, for each of the six.
    pub(crate) fn numbers(&self) -> [u16; PHRASE_WORDS] {
        let mut shift = BITS;
        [(); PHRASE_WORDS].map(|()| {
            shift -= WORD_BITS;
            let mask = (1 << WORD_BITS) - 1;
            u16::try_from(*self.0 >> shift & mask).unwrap_or(0)
        })
    }

    /// The 20 digits in four groups.
    pub(crate) fn digits(&self) -> String {
        let mut text = format!("{:0width$}", *self.0, width = PHRASE_DIGITS - 1);
        let digits: Vec<u8> = text.bytes().map(|digit| digit - b'0').collect();
        text.push(char::from(b'0' + damm(&digits)));
        for group in (1..PHRASE_DIGITS / GROUP).rev() {
            text.insert(group * GROUP, ' ');
        }
        text
    }
}

impl std::fmt::Debug for Phrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Phrase(..)")
    }
}

/// The check digit of digits; 0 for digits that end with theirs.
fn damm(digits: &[u8]) -> u8 {
    digits.iter().fold(0, |interim, digit| {
        let row = DAMM.get(usize::from(interim));
        row.and_then(|row| row.get(usize::from(*digit)))
            .copied()
            .unwrap_or(0)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use proptest::prelude::*;

    use super::*;
    use crate::testing::TestRng;

    #[test]
    fn both_forms_in_each_language_are_the_same_secret() {
        for seed in 0..200 {
            let phrase = Phrase::make(&mut TestRng::new(seed));
            let words = phrase.words();
            let said =
                |of: fn(&Words) -> &String| words.iter().map(|word| of(word).as_str()).collect::<Vec<_>>();
            let mixed = [
                &words[0].en,
                &words[1].ur,
                &words[2].ps,
                &words[3].en,
                &words[4].ur,
                &words[5].ps,
            ];
            let urdu_digits: String = phrase
                .digits()
                .chars()
                .map(|digit| {
                    digit
                        .to_digit(10)
                        .map_or('\u{200f}', |n| char::from_u32(0x6f0 + n).unwrap())
                })
                .collect();
            for text in [
                said(|word| &word.en).join(" "),
                said(|word| &word.ur).join("، "),
                said(|word| &word.ps).join("\n"),
                mixed.map(String::as_str).join(" - "),
                phrase.digits(),
                phrase.digits().replace(' ', "-"),
                urdu_digits,
            ] {
                assert_eq!(Phrase::parse(&text).unwrap().bytes(), phrase.bytes());
            }
        }
    }

    #[test]
    fn a_wrong_digit_and_two_that_changed_places_are_found() {
        let phrase = Phrase::make(&mut TestRng::new(7));
        let digits: Vec<char> = phrase.digits().replace(' ', "").chars().collect();
        assert_eq!(digits.len(), PHRASE_DIGITS);
        let text = |digits: &[char]| digits.iter().collect::<String>();
        for at in 0..PHRASE_DIGITS {
            for wrong in ('0'..='9').filter(|wrong| *wrong != digits[at]) {
                let mut changed = digits.clone();
                changed[at] = wrong;
                assert_eq!(
                    Phrase::parse(&text(&changed)).err(),
                    Some(PhraseError::WrongDigit)
                );
            }
            if at > 0 && digits[at] != digits[at - 1] {
                let mut changed = digits.clone();
                changed.swap(at, at - 1);
                assert_eq!(
                    Phrase::parse(&text(&changed)).err(),
                    Some(PhraseError::WrongDigit)
                );
            }
        }
        assert_eq!(
            Phrase::parse(&text(&digits[1..])).err(),
            Some(PhraseError::Malformed)
        );
    }

    #[test]
    fn what_is_no_phrase_says_why() {
        let words = Phrase::make(&mut TestRng::new(8)).words().map(|word| word.en);
        let error = |text: &str| Phrase::parse(text).err();
        assert_eq!(error(""), Some(PhraseError::Malformed));
        assert_eq!(error(&words[..5].join(" ")), Some(PhraseError::Malformed));
        assert_eq!(
            error(&[&words[..], &words[..1]].concat().join(" ")),
            Some(PhraseError::Malformed)
        );
        let with_stranger = [&words[..5], &["khyberpass".to_owned()]].concat().join(" ");
        assert_eq!(error(&with_stranger), Some(PhraseError::UnknownWord));
        assert_eq!(error(&"a ".repeat(300)), Some(PhraseError::Malformed));
        // 2^60 with its check digit: one above the last that is ever drawn.
        let digits: Vec<u8> = (1_u64 << BITS)
            .to_string()
            .bytes()
            .map(|digit| digit - b'0')
            .collect();
        assert_eq!(
            error(&format!("{}{}", 1_u64 << BITS, damm(&digits))),
            Some(PhraseError::WrongDigit)
        );
        assert_eq!(format!("{:?}", Phrase::make(&mut TestRng::new(1))), "Phrase(..)");
    }

    proptest! {
        #[test]
        fn any_phrase_comes_back_from_both_forms(number in 0_u64..1 << BITS) {
            let phrase = Phrase(Zeroizing::new(number));
            prop_assert_eq!(*Phrase::parse(&phrase.digits()).unwrap().0, number);
            let words = phrase.words().map(|word| word.ps).join(" ");
            prop_assert_eq!(*Phrase::parse(&words).unwrap().0, number);
        }
    }
}
