//! What was typed becomes a question to FTS5. The citizen's own text never reaches its syntax: only folded words do, quoted.

use std::fmt::Write as _;

use super::{fold, sound};

/// Most words of a question; the rest is not asked.
const WORDS_MAX: usize = 8;
/// Most letters of one word of a question.
const WORD_CHARS_MAX: usize = 48;
/// Shortest sound that is completed: one or two consonants begin too many words.
const SOUND_PREFIX_MIN: usize = 3;

/// How one word of a question may be met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// As folded.
    pub(crate) text: String,
    /// In the other script.
    sounds: Vec<String>,
    arabic: bool,
    /// The word may go on: it is the last one and no space follows.
    open: bool,
}

/// A question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query {
    words: Vec<Word>,
}

/// What a text says, for questions that are not asked of the index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    words: Vec<String>,
}

impl Said {
    /// The words of these texts.
    pub(crate) fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            words: texts.into_iter().flat_map(fold::words).collect(),
        }
    }
}

impl Query {
    /// Reads what was typed. Without a letter or digit it asks nothing.
    pub(crate) fn read(typed: &str) -> Self {
        let mut texts = fold::words(typed);
        texts.truncate(WORDS_MAX);
        let open = typed.chars().next_back().is_some_and(char::is_alphanumeric);
        let last = texts.len().saturating_sub(1);
        let words = texts.into_iter().enumerate().map(|(at, text)| {
            let text: String = text.chars().take(WORD_CHARS_MAX).collect();
            Word {
                sounds: sound::of(&text),
                arabic: fold::is_arabic(&text),
                open: open && at == last,
                text,
            }
        });
        Self {
            words: words.collect(),
        }
    }

    /// Whether nothing is asked.
    pub(crate) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The question for FTS5. `kinds` are the tokens of kinds of rows that a word names, in the words of today's register;
    /// `only` are tokens that every row must have.
    pub(crate) fn expression(&self, kinds: impl Fn(&Word) -> Vec<String>, only: &[String]) -> String {
        let mut expression = String::new();
        for word in &self.words {
            if !expression.is_empty() {
                expression.push_str(" AND ");
            }
            let star = if word.open { "*" } else { "" };
            // Writing to a string cannot fail. No quote is in a folded word, a sound or a token.
            let _ = write!(expression, "(words:\"{}\"{star}", word.text);
            let column = if word.arabic { "latin" } else { "arabic" };
            for sound in &word.sounds {
                let star = if sound.chars().count() >= SOUND_PREFIX_MIN {
                    star
                } else {
                    ""
                };
                let _ = write!(expression, " OR {column}:\"{sound}\"{star}");
            }
            for kind in kinds(word) {
                let _ = write!(expression, " OR kind:\"{kind}\"");
            }
            expression.push(')');
        }
        for token in only {
            let and = if expression.is_empty() { "" } else { " AND " };
            let _ = write!(expression, "{and}kind:\"{token}\"");
        }
        expression
    }

    /// Whether every word is met as it was written, by any of these texts. `other` tells of words that something else meets.
    pub(crate) fn is_written(&self, said: &Said, other: impl Fn(&Word) -> bool) -> bool {
        self.words.iter().all(|word| word.is_written(said) || other(word))
    }
}

impl Word {
    /// Whether a text has this word as it was written.
    pub(crate) fn is_written(&self, said: &Said) -> bool {
        let same = |other: &String| {
            if self.open {
                other.starts_with(&self.text)
            } else {
                *other == self.text
            }
        };
        said.words.iter().any(same)
    }

    /// Whether a text has this word as it was written, or by its sound in the other script.
    pub(crate) fn is_met(&self, said: &Said) -> bool {
        let heard = |other: &String| {
            fold::is_arabic(other) != self.arabic
                && sound::of(other).iter().any(|one| {
                    self.sounds.iter().any(|own| {
                        one == own
                            || (self.open && own.chars().count() >= SOUND_PREFIX_MIN && one.starts_with(own))
                    })
                })
        };
        self.is_written(said) || said.words.iter().any(heard)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_never_reaches_the_syntax_of_the_index() {
        let none = |_: &Word| Vec::new();
        for (typed, asked) in [
            (
                "\" OR words:* NOT (",
                r#"(words:"or" OR arabic:"ar" OR arabic:"awr") AND (words:"words" OR arabic:"wrds" OR arabic:"wwrds") AND (words:"not" OR arabic:"nt" OR arabic:"nwt")"#,
            ),
            ("12*", r#"(words:"12")"#),
            ("12", r#"(words:"12"*)"#),
            ("Gul ", r#"(words:"gul" OR arabic:"gl" OR arabic:"gwl")"#),
            ("گل", r#"(words:"گل"* OR latin:"gl")"#),
            ("sh", r#"(words:"sh"* OR arabic:"x")"#),
            ("; DROP", r#"(words:"drop"* OR arabic:"drp"* OR arabic:"drwp"*)"#),
            ("\u{0}'\\--", ""),
            ("", ""),
        ] {
            assert_eq!(Query::read(typed).expression(none, &[]), asked, "{typed}");
        }
        assert_eq!(
            Query::default().expression(none, &["fshown".to_owned()]),
            "kind:\"fshown\""
        );
        assert!(
            Query::read(&"گل ".repeat(100))
                .expression(none, &[])
                .matches("words:")
                .count()
                == WORDS_MAX
        );
    }

    #[test]
    fn a_text_is_met_as_it_is_written_or_by_its_sound_in_the_other_script_only() {
        let said = Said::of(["Civil Hospital Khar", "سول ہسپتال خار", "د پېښور سړي"]);
        let met = |typed: &str| {
            (
                Query::read(typed).words.iter().all(|word| word.is_met(&said)),
                Query::read(typed).is_written(&said, |_| false),
            )
        };
        assert_eq!(met("hosp"), (true, true));
        assert_eq!(met("هسپتال khar"), (true, true));
        assert_eq!(met("Peshawar"), (true, false));
        assert_eq!(met("سیول"), (true, false), "by the Latin name");
        assert_eq!(met("سړی"), (false, false), "a man is not men");
        assert_eq!(met("bank"), (false, false));
    }
}
