//! What a written line may hold: limits in bytes, unseen signs, marks, and the two scripts.
//!
//! Limits are in bytes because a QR code is: a letter of Urdu takes two, and goal 4 of docs/format.md says how large the
//! code of a full identity may be. A test of the province measures the largest.

use super::FieldError;

/// Longest name in Latin letters, in bytes.
pub const LATIN_BYTES_MAX: usize = 60;
/// Longest name in Arabic script, in bytes; a letter takes two.
pub const LOCAL_BYTES_MAX: usize = 80;
/// Most bytes of the two names, the father's or husband's two names and the address together.
pub const TEXTS_BYTES_MAX: usize = 256;

/// Most marks on one letter: a doubled consonant with its vowel and one more.
const MARKS_MAX: usize = 3;

/// Between two letters that shall not join; Urdu needs it.
const NON_JOINER: char = '\u{200C}';

/// Signs that nobody sees: control signs, marks that turn the text around them, and what Unicode calls "default
/// ignorable". Keyboards for Urdu leave them in pasted text, and two texts that look the same would differ.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        )
        || matches!(c, '\u{180B}'..='\u{180F}' | '\u{200B}' | '\u{200D}'..='\u{200F}' | '\u{202A}'..='\u{202E}')
        || matches!(c, '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}')
        || matches!(c, '\u{FFF0}'..='\u{FFF8}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}')
        || matches!(c, '\u{E0000}'..='\u{E0FFF}')
}

/// A sign that stands on the letter before it, of the scripts that are taken.
const fn is_mark(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036F}' | '\u{0610}'..='\u{061A}' | '\u{064B}'..='\u{065F}' | '\u{0670}'
        | '\u{06D6}'..='\u{06DC}' | '\u{06DF}'..='\u{06E4}' | '\u{06E7}' | '\u{06E8}' | '\u{06EA}'..='\u{06ED}')
}

/// A letter or a digit by itself: a vowel sign alone is neither, although Unicode calls it alphabetic.
pub(super) fn is_letter_or_digit(c: char) -> bool {
    c.is_alphanumeric() && !is_mark(c) && c != '\u{0640}'
}

/// Letters, digits and punctuation of addresses in Latin letters.
pub(super) fn is_latin(c: char) -> bool {
    c == ' '
        || c.is_ascii_graphic()
        || matches!(c, '\u{00C0}'..='\u{024F}' if !matches!(c, '×' | '÷'))
        || matches!(c, '\u{2010}'..='\u{2015}' | '‘' | '’' | '“' | '”')
}

/// Letters, marks, digits and punctuation of addresses in Urdu and Pashto.
pub(super) const fn is_arabic(c: char) -> bool {
    matches!(c, '\u{060C}' | '\u{060D}' | '\u{0610}'..='\u{061B}' | '\u{061F}'..='\u{06D5}' | '\u{06EE}'..='\u{06FF}'
        | '\u{0750}'..='\u{077F}' | NON_JOINER)
}

/// A sign of the two scripts, as addresses and other texts may have it.
pub(crate) fn is_written(c: char) -> bool {
    is_latin(c) || is_arabic(c)
}

/// The text with single spaces between its words, without unseen signs and without marks that pile up or stand on
/// nothing.
///
/// # Errors
/// [`FieldError::FieldMissing`] if nothing is left, [`FieldError::FieldTooLong`].
pub(super) fn tidy(text: &str, bytes_max: usize) -> Result<String, FieldError> {
    let tidied = tidy_line(text);
    if tidied.is_empty() {
        Err(FieldError::FieldMissing)
    } else if tidied.len() > bytes_max {
        Err(FieldError::FieldTooLong)
    } else {
        Ok(tidied)
    }
}

/// The same of any length, also of nothing.
pub(crate) fn tidy_line(text: &str) -> String {
    let mut tidied = String::new();
    for word in text.split_whitespace() {
        let word = tidy_word(word);
        if word.is_empty() {
            continue;
        }
        if !tidied.is_empty() {
            tidied.push(' ');
        }
        tidied.push_str(&word);
    }
    tidied
}

fn tidy_word(word: &str) -> String {
    let mut tidied = String::new();
    let mut marks = 0;
    for c in word.chars().filter(|c| !is_unseen(*c)) {
        let stands_on_nothing = tidied.is_empty() || tidied.ends_with(NON_JOINER);
        if is_mark(c) {
            marks += 1;
            if stands_on_nothing || marks > MARKS_MAX {
                continue;
            }
        } else if c == NON_JOINER {
            if stands_on_nothing {
                continue;
            }
        } else {
            marks = 0;
        }
        tidied.push(c);
    }
    tidied.trim_end_matches(NON_JOINER).to_owned()
}
