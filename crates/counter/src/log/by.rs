//! What is written down, before it has a place and a time.

use scan_log::{Event, ShownBy, Word};

/// Under whom and for what something happened. Empty for whoever works at the command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct By {
    /// The service that the desk gives.
    pub service: Option<Word>,
    /// The number of the officer who is signed in.
    pub officer: Option<Word>,
    /// The profile in force.
    pub profile: Option<Word>,
}

impl By {
    /// The same desk under another officer.
    pub(crate) fn with_officer(&self, number: &str) -> Self {
        Self {
            officer: Word::parse(number).ok(),
            ..self.clone()
        }
    }
}

/// An entry that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note {
    pub event: Event,
    pub service: Option<Word>,
    pub vct: Option<Word>,
    pub mode: Option<ShownBy>,
    pub code: Option<Word>,
    pub officer: Option<Word>,
    pub profile: Option<Word>,
    pub about: Option<Word>,
}

impl Note {
    /// An event, under whom it was, and how it came out.
    pub fn of(by: &By, event: Event, code: Option<&str>) -> Self {
        Self {
            event,
            service: by.service.clone(),
            vct: None,
            mode: None,
            code: code.and_then(|code| Word::parse(code).ok()),
            officer: by.officer.clone(),
            profile: by.profile.clone(),
            about: None,
        }
    }

    /// The same, with what else it is about.
    #[must_use]
    pub fn about(self, what: &str) -> Self {
        Self {
            about: Word::parse(what).ok(),
            ..self
        }
    }
}
