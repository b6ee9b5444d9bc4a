//! One entry: its fields, the bytes that stand for it, its place in the chain.

use std::fmt;

use credential::Timestamp;
use minicbor::Encoder;
use sha2::{Digest as _, Sha256};

/// SHA-256 of an entry and all before it.
pub type Hash = [u8; 32];

/// Longest word, in bytes.
const WORD_BYTES_MAX: usize = 64;
/// Before the count of what was not written down one by one.
const MORE: &str = "more.";

/// A name of ours: a service, a kind of pass, a code. 1 to 64 of `a`-`z`, `0`-`9`, `:`, `.`, `_`, `-`, so that nothing
/// that somebody typed or showed can get into the log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Word(String);

/// The text is no name of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a word of the log: 1 to 64 characters of a-z, 0-9, colon, dot, underscore, dash")]
pub struct WordError;

impl Word {
    /// Reads a word.
    ///
    /// # Errors
    /// [`WordError`].
    pub fn parse(text: &str) -> Result<Self, WordError> {
        let ok = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b'_' | b'-')
        };
        if text.is_empty() || text.len() > WORD_BYTES_MAX || !text.bytes().all(ok) {
            return Err(WordError);
        }
        Ok(Self(text.to_owned()))
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Word {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Makes an enum whose members have one stable name each, the same in the database, in JSON and in the hash.
macro_rules! named {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The one with this name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == name)
            }
        }
    };
}
pub(crate) use named;

named! {
    /// What happened.
    Event {
        /// The program began to serve.
        Start = "start",
        /// The program was told to stop. A start with no stop before it came after a crash or a power cut.
        Stop = "stop",
        /// A visitor was decided about; the code says how.
        Visit = "visit",
        /// An officer signed in, or gave a wrong PIN; the code says which.
        SignIn = "sign_in",
        /// An officer's shift ended; the code says how.
        SignOut = "sign_out",
        /// Who may work here changed; the code says how, and the entry about whom.
        Officers = "officers",
        /// What the desk is for changed; the profile is the new one.
        Settings = "settings",
        /// The province was asked for newer signed data; the code says what came of it.
        Sync = "sync",
        /// Signed data were brought in a file or as codes; the code says what came of it.
        Update = "update",
        /// A lost phone was told to the province; the code says what came of it, and nothing says whose it is.
        Lost = "lost",
        /// A citizen was to be enrolled at the desk; the code says what came of it, and nothing says who it is.
        Enrol = "enrol",
        /// A gate for staff was opened for the day, or closed; the code says which.
        Gate = "gate",
        /// The log was handed out.
        Export = "export",
        /// The attendance sheet was handed out.
        Sheet = "sheet",
        /// The machine's clock went back; what follows has earlier times.
        ClockSetBack = "clock_set_back",
        /// The machine's clock went on further than time did: it was set forward, or the machine slept.
        ClockSetForward = "clock_set_forward",
        /// The program found at its start that somebody had changed the log.
        LogDamaged = "log_damaged",
    }
}

named! {
    /// How a pass was shown.
    ShownBy {
        /// With a code that holds for a minute.
        Timed = "timed",
        /// In answer to the desk's request.
        Request = "request",
    }
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Counts from 1 without a gap.
    pub number: u64,
    /// When, a whole minute.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
    /// The service that the desk gave then.
    pub service: Option<Word>,
    /// The kind of pass.
    pub vct: Option<Word>,
    /// How it was shown.
    pub mode: Option<ShownBy>,
    /// How it came out: a verdict's code, or one of the program's.
    pub code: Option<Word>,
    /// The number of the officer who was signed in.
    pub officer: Option<Word>,
    /// The profile that was in force: its name, and the beginning of its SHA-256 where it came as a file.
    pub profile: Option<Word>,
    /// What else the entry is about: the officer who was added or stopped, the signed data that are here now, the day of
    /// a sheet, the program's version.
    pub about: Option<Word>,
}

impl Entry {
    /// What stands before the first entry.
    pub const BEFORE_FIRST: Hash = [0; 32];

    /// What [`Entry::about`] says of an entry that stands for so many.
    #[must_use]
    pub fn more(count: u64) -> Option<Word> {
        Word::parse(&format!("{MORE}{count}")).ok()
    }

    /// For how many it stands: itself, or as many as a desk counted where there was too much to write down each.
    #[must_use]
    pub fn times(&self) -> u64 {
        let about = self.about.as_ref().map(Word::as_str);
        let about = about.filter(|_| matches!(self.event, Event::Visit | Event::Update));
        let count = about.and_then(|about| about.strip_prefix(MORE)?.parse().ok());
        count.unwrap_or(1)
    }

    /// The entry as deterministic CBOR (`log-entry` in docs/format.cddl).
    #[must_use]
    pub fn to_cbor(&self) -> Vec<u8> {
        let words = [
            &self.service,
            &self.vct,
            &self.code,
            &self.officer,
            &self.profile,
            &self.about,
        ];
        let there = words.iter().filter(|word| word.is_some()).count() + usize::from(self.mode.is_some());
        let mut e = Encoder::new(Vec::with_capacity(128));
        // Writing into memory cannot fail.
        let _ = e.map(3 + there as u64);
        let _ = e.u8(1).and_then(|e| e.u64(self.number));
        let _ = e.u8(2).and_then(|e| e.u64(self.at.unix()));
        let _ = e.u8(3).and_then(|e| e.str(self.event.as_str()));
        let mut text = |key: u8, text: Option<&str>| {
            if let Some(text) = text {
                let _ = e.u8(key).and_then(|e| e.str(text));
            }
        };
        text(4, self.service.as_ref().map(Word::as_str));
        text(5, self.vct.as_ref().map(Word::as_str));
        text(6, self.mode.map(ShownBy::as_str));
        text(7, self.code.as_ref().map(Word::as_str));
        text(8, self.officer.as_ref().map(Word::as_str));
        text(9, self.profile.as_ref().map(Word::as_str));
        text(10, self.about.as_ref().map(Word::as_str));
        e.into_writer()
    }

    /// The entry's place in the chain: SHA-256 over the hash before it and its own bytes.
    #[must_use]
    pub fn hash(&self, before: &Hash) -> Hash {
        let mut hash = Sha256::new();
        hash.update(before);
        hash.update(self.to_cbor());
        hash.finalize().into()
    }
}
