//! Which letters Urdu and Pashto are written with, so that a text with a letter of another keyboard is found.
//!
//! The sets are those of the two languages' own keyboards (Urdu: Unicode's `ur` exemplar set; Pashto: `ps`, with the five yehs
//! of Peshawar). Arabic's yeh and kaf look like Urdu's and are other letters, which no search for the right ones finds.

/// Letters of both languages.
const SHARED: &str = "اآأبپتثجچحخدذرزژسشصضطظعغفقکلمنوؤیئء";
/// Letters that only Urdu has.
const URDU: &str = "ٹڈڑںہھۂےۓگۃ";
/// Letters that only Pashto has.
const PASHTO: &str = "ټځڅډړږښګڼېۍيهۀ";
/// Marks on letters, and punctuation of both languages.
const MARKS: &str = "\u{64b}\u{64e}\u{64f}\u{650}\u{651}\u{654}\u{670}،۔؟؛";
/// What both share with English.
const COMMON: &str = " ()/-.,:'+%\u{200c}0123456789";

/// A language of the screens that is written with Arabic letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    /// Urdu.
    Urdu,
    /// Pashto.
    Pashto,
}

/// The first letter of a text that this language does not have. Abbreviations in capitals (`PSID`, `QR`) are read as they are.
pub fn foreign(text: &str, script: Script) -> Option<char> {
    let own = match script {
        Script::Urdu => URDU,
        Script::Pashto => PASHTO,
    };
    let is_own = |letter: char| {
        [SHARED, own, MARKS, COMMON]
            .iter()
            .any(|set| set.contains(letter))
            || letter.is_ascii_uppercase()
    };
    text.chars().find(|letter| !is_own(*letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_of_another_keyboard_is_found() {
        for (text, script, found) in [
            ("ڈومیسائل سرٹیفکیٹ", Script::Urdu, None),
            ("د ډومیسایل سند", Script::Pashto, None),
            ("PSID نمبر 17", Script::Urdu, None),
            ("شناختي کارڈ", Script::Urdu, Some('ي')),
            ("كارڈ", Script::Urdu, Some('ك')),
            ("د گاډي سند", Script::Pashto, Some('گ')),
            ("ہسپتال", Script::Pashto, Some('ہ')),
            ("token ٹوکن", Script::Urdu, Some('t')),
        ] {
            assert_eq!(foreign(text, script), found, "{text}");
        }
    }
}
