//! Spellings that mean the same word: what keyboards write differently, and what people leave out.

/// A word or a piece of one without what does not tell words apart: case, vowel marks, joiners, the Arabic, Urdu and Pashto
/// forms of one letter. Yeh barree and the two Pashto yehs at a word's end stay what they are.
pub(crate) fn fold(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .filter_map(|letter| match letter {
            'آ' | 'أ' | 'إ' | 'ٱ' => Some('ا'),
            'ؤ' => Some('و'),
            'ئ' | 'ي' | 'ى' => Some('ی'),
            'ك' => Some('ک'),
            'ګ' => Some('گ'),
            'ہ' | 'ھ' | 'ۂ' | 'ۀ' | 'ة' | 'ۃ' => Some('ه'),
            'ں' => Some('ن'),
            'ۓ' => Some('ے'),
            // Hamza, tatweel, vowel marks and what stands above a letter, joiners, marks of direction.
            'ء'
            | 'ـ'
            | '\u{64b}'..='\u{65f}'
            | '\u{670}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}' => None,
            other => Some(other),
        })
        .collect()
}

/// The figures of three scripts as those of one; anything else stays.
pub(crate) fn digit(letter: char) -> char {
    let value = match letter {
        '\u{06F0}'..='\u{06F9}' => u32::from(letter) - 0x06F0,
        '\u{0660}'..='\u{0669}' => u32::from(letter) - 0x0660,
        _ => return letter,
    };
    char::from_digit(value, 10).unwrap_or(letter)
}
