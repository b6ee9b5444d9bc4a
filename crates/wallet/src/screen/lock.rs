//! What the lock screen and the screen of one's own safety may see.

use serde::{Deserialize, Serialize};
use specta::Type;

/// The lock screen: nothing on it tells whose phone this is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct LockView {
    /// The profiles of this phone.
    pub profiles: Vec<ProfileView>,
    /// Signs that no profile has yet.
    pub free_signs: Vec<Sign>,
    /// This build keeps its keys in a plain file, so that a PIN protects nothing against copying. Never true in a release.
    pub unprotected: bool,
}

/// One profile on the lock screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ProfileView {
    /// Random name, for `unlock`.
    pub id: String,
    /// The picture that its owner chose.
    pub sign: Sign,
    /// Seconds until a PIN may be tried; 0 when it may be now.
    pub wait_seconds: u32,
    /// Whether a finger or a face opens it.
    pub biometric: bool,
}

/// What one person chose for the safety of their own profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Safety {
    /// Random name of the profile.
    pub profile: String,
    /// The picture on the lock screen.
    pub sign: Sign,
    /// Signs that no other profile has.
    pub free_signs: Vec<Sign>,
    /// Seconds without use until the wallet locks: 30, 60 or 300. Out of sight it is never more than 60.
    pub auto_lock_seconds: u32,
    /// Whether 20 wrong PINs in a row remove the profile.
    pub wipe: bool,
    /// Opening by finger or face.
    pub biometric: Biometric,
    /// See [`LockView::unprotected`].
    pub unprotected: bool,
}

/// Opening by finger or face.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Biometric {
    /// This phone has no sensor that the wallet can use, or nobody is enrolled at it.
    Absent,
    /// It could.
    Off,
    /// It does.
    On,
}

/// A picture with a word that stands for a profile. Chosen by its owner; says nothing about them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is a picture of what its name says")]
pub enum Sign {
    #[default]
    Star,
    Moon,
    Sun,
    Tree,
    Flower,
    Bird,
    Fish,
    Boat,
    Kite,
    Mountain,
    Lamp,
    Cup,
}

impl Sign {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 12] = [
        Self::Star,
        Self::Moon,
        Self::Sun,
        Self::Tree,
        Self::Flower,
        Self::Bird,
        Self::Fish,
        Self::Boat,
        Self::Kite,
        Self::Mountain,
        Self::Lamp,
        Self::Cup,
    ];

    /// Its word, the same as in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Star => "star",
            Self::Moon => "moon",
            Self::Sun => "sun",
            Self::Tree => "tree",
            Self::Flower => "flower",
            Self::Bird => "bird",
            Self::Fish => "fish",
            Self::Boat => "boat",
            Self::Kite => "kite",
            Self::Mountain => "mountain",
            Self::Lamp => "lamp",
            Self::Cup => "cup",
        }
    }

    /// The sign with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sign| sign.word() == word)
    }
}
