//! The ways in which the province learns who somebody is, and how much each is worth.

use province_api::proofing::level;

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
