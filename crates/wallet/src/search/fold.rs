//! Spellings of one word become one word: letters of Arabic, Urdu and Pashto keyboards, marks, digits, Latin accents.
//!
//! The rules and where they come from are in docs/search.md. Two letters are one only where no language of ours tells two
//! words apart by them. Pashto's final `ي` (men, سړي) and `ی` (man, سړی), its `ې` and `ۍ` stay apart; in the middle of a
//! word all of Arabic's, Urdu's and Pashto's two-dotted yehs are one letter.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Longest text that is looked at, in characters; names of desks are far below.
pub(crate) const TEXT_CHARS_MAX: usize = 4_096;

/// The words of a text, folded, in their order. Nothing in them but letters and digits.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    // Presentation forms and ligatures become plain letters, a letter and its hamza one letter.
    for letter in text.chars().take(TEXT_CHARS_MAX).nfkc() {
        if is_combining_mark(letter) || is_unseen(letter) || is_apostrophe(letter) {
            continue;
        }
        if letter.is_alphanumeric() {
            word.push(letter);
        } else {
            end(&mut word, &mut words);
        }
    }
    end(&mut word, &mut words);
    words
}

/// Whether a word is in Arabic letters.
pub(crate) fn is_arabic(word: &str) -> bool {
    word.chars()
        .any(|letter| ('\u{620}'..='\u{6ff}').contains(&letter))
}

fn end(word: &mut String, words: &mut Vec<String>) {
    if !word.is_empty() {
        let folded = fold(word);
        if !folded.is_empty() {
            words.push(folded);
        }
        word.clear();
    }
}

fn fold(word: &str) -> String {
    if !is_arabic(word) {
        // The accents go with the marks that a decomposition takes off.
        return word
            .nfkd()
            .filter(|letter| !is_combining_mark(*letter))
            .flat_map(char::to_lowercase)
            .map(digit)
            .collect();
    }
    let letters: Vec<char> = word.chars().filter_map(arabic).collect();
    let pashto = word.chars().any(is_pashto_alone);
    let mut folded = String::with_capacity(word.len());
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let last = at + 1 == letters.len();
        folded.push(match *letter {
            // Final, in a word that only Pashto can write: two endings. Elsewhere one letter of two keyboards.
            'ي' if last && pashto => 'ي',
            'ي' => 'ی',
            // Pashto's ending of the second person; inside a word Urdu writes ئ and ی for one sound.
            'ئ' if !last => 'ی',
            // Two eyes are breath behind a consonant, and else another form of the letter.
            'ھ' if !before.is_some_and(|before| is_breathed(*before)) => 'ہ',
            other => other,
        });
    }
    folded
}

/// One letter in the form that Urdu gives it, where it is the same letter. `None` for what is not written by everybody.
fn arabic(letter: char) -> Option<char> {
    Some(match letter {
        'أ' | 'إ' | 'آ' | 'ٱ' => 'ا',
        'ؤ' => 'و',
        'ء' => return None,
        'ك' | 'ڪ' => 'ک',
        // Pashto's forms of letters that Urdu has too.
        'ګ' => 'گ',
        'ټ' => 'ٹ',
        'ډ' => 'ڈ',
        'ړ' => 'ڑ',
        'ى' => 'ی',
        'ۓ' => 'ے',
        'ه' | 'ە' | 'ۀ' | 'ۂ' | 'ة' | 'ۃ' => 'ہ',
        other => digit(other),
    })
}

/// The digits of three scripts as those of one; anything else stays.
pub(crate) fn digit(letter: char) -> char {
    let value = match letter {
        '٠'..='٩' => u32::from(letter) - 0x660,
        '۰'..='۹' => u32::from(letter) - 0x6f0,
        _ => return letter,
    };
    char::from_digit(value, 10).unwrap_or(letter)
}

/// Letters that neither Urdu nor Arabic has: what is written with one is Pashto.
fn is_pashto_alone(letter: char) -> bool {
    matches!(
        letter,
        'ټ' | 'ځ' | 'څ' | 'ډ' | 'ړ' | 'ږ' | 'ښ' | 'ګ' | 'ڼ' | 'ې' | 'ۍ'
    )
}

/// Consonants that Urdu writes with two eyes behind them for a breath.
fn is_breathed(letter: char) -> bool {
    matches!(
        letter,
        'ب' | 'پ' | 'ت' | 'ٹ' | 'ج' | 'چ' | 'د' | 'ڈ' | 'ر' | 'ڑ' | 'ک' | 'گ' | 'ل' | 'م' | 'ن'
    )
}

/// Joins, breaks, directions and the stretch of a line: seen by no reader, typed by some keyboards.
fn is_unseen(letter: char) -> bool {
    matches!(
        letter,
        '\u{640}' | '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}

fn is_apostrophe(letter: char) -> bool {
    matches!(letter, '\'' | '`' | '’' | '‘' | 'ʼ' | 'ʻ' | 'ʿ' | 'ʾ')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;

    fn one(word: &str) -> String {
        let found = words(word);
        assert_eq!(found.len(), 1, "{word}: {found:?}");
        found[0].clone()
    }

    fn same(spellings: &[&str]) {
        for spelling in spellings {
            assert_eq!(
                one(spelling),
                one(spellings[0]),
                "{spelling} and {}",
                spellings[0]
            );
        }
    }

    fn apart(words: &[&str]) {
        for (at, word) in words.iter().enumerate() {
            for other in &words[..at] {
                assert_ne!(one(word), one(other), "{word} and {other}");
            }
        }
    }

    #[test]
    fn urdu_words_typed_on_other_keyboards_are_the_same_words() {
        same(&["علی", "علي", "على", "عَلِی"]);
        same(&["لڑکی", "لڑكي", "لڑکي"]);
        same(&["پاکستان", "پاكستان", "پاڪستان", "پاکستـــان"]);
        same(&["ہسپتال", "هسپتال"]);
        same(&["فاطمہ", "فاطمه", "فاطمة", "فاطمۃ"]);
        same(&["مسئلہ", "مسیلہ", "مسئله"]);
        same(&["ہے", "ھے"]);
        same(&["آباد", "اباد", "آباد"]);
        same(&["مؤمن", "مومن", "مؤمن"]);
        same(&["علماء", "علما"]);
        same(&["می\u{200c}شود", "میشود"]);
        same(&["ﻻہور", "لاہور", "\u{fefb}\u{fba6}\u{feed}\u{feae}"]);
    }

    #[test]
    fn urdu_tells_two_yehs_and_two_hehs_apart() {
        apart(&["لڑکی", "لڑکے"]);
        apart(&["کہا", "کھا"]);
        apart(&["پہر", "پھر"]);
        apart(&["سن", "سں"]);
    }

    #[test]
    fn pashto_keeps_its_five_yehs() {
        // Man and men; the word for "good" of a woman, a man and women; pen, and "of the city".
        apart(&["سړی", "سړي", "سړۍ", "سړې", "سړئ"]);
        apart(&["ښکلی", "ښکلي", "ښکلې", "ښکلۍ"]);
        apart(&["ګرځي", "ګرځې", "ګرځئ"]);
        apart(&["نړۍ", "نړی", "نړې"]);
        // In the middle of a word it is one letter, whatever key was pressed; ې is another.
        same(&["وايي", "وایی", "وایي"]);
        same(&["دينه", "دینه"]);
        apart(&["پېښور", "پیښور"]);
        // A name that nothing tells from Urdu or Arabic is found from each keyboard.
        same(&["کرزی", "کرزي", "كرزي"]);
    }

    #[test]
    fn pashto_and_urdu_forms_of_one_letter_are_one_letter_and_gaf_is_no_kaf() {
        same(&["ګل", "گل"]);
        same(&["ډېره", "ڈېرہ"]);
        same(&["پټ", "پٹ"]);
        apart(&["ګل", "کل"]);
        apart(&["ښار", "شار"]);
        apart(&["ځان", "جان", "څان"]);
        apart(&["پاڼه", "پانه"]);
    }

    #[test]
    fn digits_of_three_scripts_latin_case_and_accents() {
        same(&["۱۲۳", "١٢٣", "123", "１２３"]);
        same(&["Khyber", "KHYBER", "khyber", "Khybér"]);
        same(&["Qur'an", "Quran", "Qur’an"]);
        assert_eq!(
            words("سول ہسپتال، خار۔ Ward-12"),
            ["سول", "ہسپتال", "خار", "ward", "12"]
        );
    }

    #[test]
    fn what_holds_no_letter_is_no_word() {
        assert!(words(" \u{200f} \" * ( ) : ^ - ء ـــ ").is_empty());
    }
}
