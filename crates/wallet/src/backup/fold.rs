//! Spellings that mean the same word of a phrase: the folds of the search, and what people leave out beyond them.

use crate::search::fold::words;

/// A word or a piece of one without what does not tell two words of the list apart. The search keeps a few letters apart that
/// no two words of the list differ in: Pashto's yehs at the end, the breath behind a consonant, a nasal end.
pub(crate) fn fold(text: &str) -> String {
    let letters = words(text);
    let letters = letters.iter().flat_map(|word| word.chars());
    letters
        .map(|letter| match letter {
            'ي' | 'ئ' => 'ی',
            'ھ' => 'ہ',
            'ں' => 'ن',
            other => other,
        })
        .collect()
}
