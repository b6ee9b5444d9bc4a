//! One name in the three languages of the screens.

use serde::{Deserialize, Serialize};

/// A name in English, Urdu and Pashto. English is always there; an empty Urdu or Pashto text means "as in English".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// English.
    pub en: String,
    /// Urdu.
    pub ur: String,
    /// Pashto.
    pub ps: String,
}

impl Names {
    /// Puts three texts together.
    pub fn new(en: impl Into<String>, ur: impl Into<String>, ps: impl Into<String>) -> Self {
        Self {
            en: en.into(),
            ur: ur.into(),
            ps: ps.into(),
        }
    }

    /// The text for a language (`en`, `ur`, `ps`), English where there is none.
    pub fn in_language(&self, language: &str) -> &str {
        let text = match language {
            "ur" => &self.ur,
            "ps" => &self.ps,
            _ => &self.en,
        };
        if text.is_empty() { &self.en } else { text }
    }
}
