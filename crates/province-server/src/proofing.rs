//! The ways in which the province learns who somebody is, and how much each is worth.

/// Levels of assurance as credentials carry them, 1 to 4 (docs/proofing.md).
pub mod level {
    /// Substantial: what the citizen knows, and their face against the record's.
    pub const SUBSTANTIAL: u8 = 2;
    /// High: a finger against the record's, in front of an officer.
    pub const HIGH: u8 = 3;
}

/// How somebody was proofed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// By themselves, with a phone: particulars, face and, where the province asks for it, the code to their SIM.
    Remote,
    /// At a counter: particulars, face and a finger.
    Assisted,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Remote, Self::Assisted];

    /// The stable word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Remote => "remote",
            Self::Assisted => "assisted",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }

    /// What it is worth today. People keep the level that they were proofed at.
    pub const fn level(self) -> u8 {
        match self {
            Self::Remote => level::SUBSTANTIAL,
            Self::Assisted => level::HIGH,
        }
    }
}
