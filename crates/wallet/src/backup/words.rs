//! The list of words: 1,024 things, each in English, Urdu and Pashto. A word stands for its number in the list in whichever
//! of the three languages it is written.
//!
//! The list is frozen: a backup's phrase is read with it as long as there are backups.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::fold::fold;
use crate::screen::Words;

/// Bits that a word stands for.
pub(crate) const WORD_BITS: u32 = 10;
/// Words in the list.
pub(crate) const WORDS: usize = 1 << WORD_BITS;

const CSV: &str = include_str!("../../../../assets/words/words.csv");

static LIST: LazyLock<List> = LazyLock::new(|| List::parse(CSV));

struct List {
    words: Vec<Words>,
    numbers: HashMap<String, u16>,
}

impl List {
    /// The file is part of the program; a test proves that it is whole.
    fn parse(csv: &str) -> Self {
        let mut list = Self {
            words: Vec::new(),
            numbers: HashMap::new(),
        };
        for (number, line) in (0..).zip(csv.lines()) {
            let mut fields = line.split(',');
            let mut field = || fields.next().unwrap_or_default().to_owned();
            let (en, ur, ps) = (field(), field(), field());
            for word in [&en, &ur, &ps] {
                list.numbers.insert(fold(word), number);
            }
            list.words.push(Words { en, ur, ps });
        }
        list
    }
}

/// The word of a number below [`WORDS`].
pub(crate) fn word(number: u16) -> Words {
    LIST.words.get(usize::from(number)).cloned().unwrap_or_default()
}

/// The number of a word, however it is spelled.
pub(crate) fn number(text: &str) -> Option<u16> {
    LIST.numbers.get(&fold(text.trim())).copied()
}

/// Words that begin with what was typed, in any of the languages, in the list's order.
pub(crate) fn complete(typed: &str, most: usize) -> Vec<Words> {
    let typed = fold(typed.trim());
    if typed.is_empty() {
        return Vec::new();
    }
    let begins = |word: &&Words| {
        [&word.en, &word.ur, &word.ps]
            .iter()
            .any(|text| fold(text).starts_with(&typed))
    };
    LIST.words.iter().filter(begins).take(most).cloned().collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use std::collections::{HashMap, HashSet};

    use sha2::{Digest as _, Sha256};

    use super::*;

    const URDU: &str = "ابپتٹثجچحخدڈذرڑزژسشصضطظعغفقکگلمنںوہھیےآؤئءۂۓ";
    const PASHTO: &str = "ابپتټثجچځحخڅدډذرړزژږسشښصضطظعغفقکګلمنڼوهيیېۍئآ";

    fn lines() -> Vec<[&'static str; 3]> {
        let lines = CSV.lines();
        lines
            .map(|line| <[&str; 3]>::try_from(line.split(',').collect::<Vec<_>>()).unwrap())
            .collect()
    }

    fn near(a: &str, b: &str) -> bool {
        let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
        let same = short
            .bytes()
            .zip(long.bytes())
            .take_while(|(a, b)| a == b)
            .count();
        match long.len() - short.len() {
            0 => a == b || short[same + 1..] == long[same + 1..],
            1 => short[same..] == long[same + 1..],
            _ => false,
        }
    }

    #[test]
    fn the_list_has_each_thing_once_in_letters_of_its_script() {
        let lines = lines();
        assert_eq!(lines.len(), WORDS);
        let mut seen: HashMap<String, usize> = HashMap::new();
        for (at, [en, ur, ps]) in lines.iter().enumerate() {
            assert!(en.bytes().all(|letter| letter.is_ascii_lowercase()), "{en}");
            assert!((3..=8).contains(&en.len()), "{en}");
            assert!(ur.chars().all(|letter| URDU.contains(letter)), "{ur}");
            assert!(ps.chars().all(|letter| PASHTO.contains(letter)), "{ps}");
            for word in [en, ur, ps] {
                assert!(word.chars().count() >= 2, "{en} {word}");
                // The same word in two languages is no harm where it is the same thing.
                let before = seen.insert(fold(word), at);
                assert!(before.is_none_or(|before| before == at), "{word} twice");
                assert_eq!(number(word), Some(u16::try_from(at).unwrap()));
            }
        }
        for (at, [one, ..]) in lines.iter().enumerate() {
            for [other, ..] in &lines[at + 1..] {
                assert!(!near(one, other), "{one} and {other} are taken for each other");
                assert!(
                    !one.starts_with(other) && !other.starts_with(one),
                    "{one} begins {other}"
                );
            }
        }
    }

    #[test]
    fn the_list_never_changes() {
        assert_eq!(
            hex::encode(Sha256::digest(CSV)),
            "67889e950fe073154497d73ae82a611e578c88c67b3e1a578cfeef819ba6ba7f"
        );
    }

    #[test]
    fn a_word_is_found_in_any_language_and_any_spelling() {
        let words: Vec<Words> = (0..1024).map(word).collect();
        assert_eq!(
            words.iter().map(|word| &word.en).collect::<HashSet<_>>().len(),
            WORDS
        );
        for (at, word) in (0_u16..).zip(&words) {
            let loud = word.en.to_uppercase();
            let arabic = word.ur.replace('ی', "ي").replace('ک', "ك");
            let joined = format!(" {}\u{200c} ", word.ps);
            for text in [&loud, &arabic, &joined] {
                assert_eq!(number(text), Some(at), "{text}");
            }
            let first: String = word.ps.chars().take(2).collect();
            assert!(complete(&first, WORDS).contains(word));
        }
        assert_eq!(number("khyberpass"), None);
        assert!(complete(" ", 5).is_empty());
        assert_eq!(complete("a", 3).len(), 3);
    }
}
