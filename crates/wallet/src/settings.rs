//! What is kept outside the vaults, because the lock screen needs it: the phone's language, and nothing else.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::file;
use crate::screen::Language;

#[derive(Default, Serialize, Deserialize)]
struct Settings {
    language: Language,
}

/// The language of the lock screen. A file that is missing or damaged is the default: a language can be
/// chosen again.
pub(crate) fn language(folder: &Path) -> Language {
    std::fs::read(path(folder))
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Settings>(&bytes).ok())
        .unwrap_or_default()
        .language
}

/// Keeps the language.
pub(crate) fn set_language(folder: &Path, language: Language) -> std::io::Result<()> {
    let bytes = serde_json::to_vec(&Settings { language })?;
    file::write_atomically(&path(folder), &bytes)
}

fn path(folder: &Path) -> PathBuf {
    folder.join("settings.json")
}
