//! The lines of an exported file: one JSON object each, an entry or a seal.
//!
//! A line is read only if it is written exactly as this program writes it, so that no byte of a file can change
//! without a word.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::day::{minute_of, moment_of, text_of};
use crate::entry::{Entry, Event, Hash, ShownBy, Word};

/// Longest line, in bytes.
pub const LINE_BYTES_MAX: usize = 1_024;

/// An entry with the hash that is written beside it, which need not be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryLine {
    /// The entry.
    pub entry: Entry,
    /// Its hash, as written.
    pub hash: Hash,
}

/// A seal as its bytes stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealLine {
    /// The COSE message.
    pub bytes: Vec<u8>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// An entry.
    Entry(EntryLine),
    /// A seal over all entries before it.
    Seal(SealLine),
}

/// The text is no line of an exported log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a line of a scan log")]
pub struct LineError;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryJson {
    number: u64,
    time: String,
    event: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vct: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    officer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    profile: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    about: Option<String>,
    hash: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SealJson {
    seal: String,
}

impl Line {
    /// The line as text, without its end.
    ///
    /// # Errors
    /// [`LineError`] if the time is beyond the year 9999.
    pub fn to_text(&self) -> Result<String, LineError> {
        match self {
            Self::Entry(line) => line.to_text(),
            Self::Seal(line) => serde_json::to_string(&SealJson {
                seal: STANDARD.encode(&line.bytes),
            })
            .map_err(|_| LineError),
        }
    }

    /// Reads a line.
    ///
    /// # Errors
    /// [`LineError`], also for a line that says the same in other bytes.
    pub fn parse(text: &str) -> Result<Self, LineError> {
        if text.len() > LINE_BYTES_MAX {
            return Err(LineError);
        }
        let line = if text.starts_with("{\"seal\":") {
            let json: SealJson = serde_json::from_str(text).map_err(|_| LineError)?;
            let bytes = STANDARD.decode(json.seal).map_err(|_| LineError)?;
            Self::Seal(SealLine { bytes })
        } else {
            Self::Entry(EntryLine::parse(text)?)
        };
        if line.to_text()? == text {
            Ok(line)
        } else {
            Err(LineError)
        }
    }
}

impl EntryLine {
    fn to_text(&self) -> Result<String, LineError> {
        let entry = &self.entry;
        let text = |word: &Option<Word>| word.as_ref().map(|word| word.as_str().to_owned());
        serde_json::to_string(&EntryJson {
            number: entry.number,
            time: text_of(entry.at).ok_or(LineError)?,
            event: entry.event.as_str().to_owned(),
            service: text(&entry.service),
            vct: text(&entry.vct),
            mode: entry.mode.map(|mode| mode.as_str().to_owned()),
            code: text(&entry.code),
            officer: text(&entry.officer),
            profile: text(&entry.profile),
            about: text(&entry.about),
            hash: hex::encode(self.hash),
        })
        .map_err(|_| LineError)
    }

    fn parse(text: &str) -> Result<Self, LineError> {
        let json: EntryJson = serde_json::from_str(text).map_err(|_| LineError)?;
        let word = |text: Option<String>| {
            text.map(|text| Word::parse(&text))
                .transpose()
                .map_err(|_| LineError)
        };
        let mode = match json.mode {
            Some(name) => Some(ShownBy::from_name(&name).ok_or(LineError)?),
            None => None,
        };
        let at = moment_of(&json.time)
            .filter(|at| minute_of(*at) == *at)
            .ok_or(LineError)?;
        let mut hash = [0; 32];
        hex::decode_to_slice(&json.hash, &mut hash).map_err(|_| LineError)?;
        Ok(Self {
            entry: Entry {
                number: json.number,
                at,
                event: Event::from_name(&json.event).ok_or(LineError)?,
                service: word(json.service)?,
                vct: word(json.vct)?,
                mode,
                code: word(json.code)?,
                officer: word(json.officer)?,
                profile: word(json.profile)?,
                about: word(json.about)?,
            },
            hash,
        })
    }
}
