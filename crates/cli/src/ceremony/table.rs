//! What a step has on its table: the person in front of it, and the transcript.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::{BufRead as _, IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};

use age::secrecy::SecretString;
use clap::Args;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::error::CliError;
use crate::{Machine, hex, moment};

/// Shortest passphrase: six words of a list, or as hard to guess.
const PASSPHRASE_CHARS_MIN: usize = 16;
/// Fewest different characters in it. Words never have so few; keys held down do.
const PASSPHRASE_DIFFERENT_MIN: usize = 6;
/// Longest line that is read.
const LINE_BYTES_MAX: u64 = 1024;

/// The record of a ceremony.
#[derive(Args)]
pub(crate) struct Transcript {
    /// The record that this step adds a line to.
    #[arg(long, value_name = "FILE", default_value = "ceremony-transcript.jsonl")]
    transcript: PathBuf,
}

impl Transcript {
    /// Adds what was done: files by name and SHA-256. Whatever went wrong before is not done and not written.
    pub(crate) fn add(
        &self,
        machine: &Machine,
        step: &str,
        files: &[(&Path, &[u8])],
        more: &Value,
    ) -> Result<(), CliError> {
        let named: Vec<Value> = files
            .iter()
            .map(|(path, bytes)| {
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
                json!({ "file": name, "sha256": hex::text(&Sha256::digest(bytes)) })
            })
            .collect();
        let line = json!({ "at": moment::text(machine.now), "step": step, "files": named, "more": more });
        let failed = |_| CliError::Write(self.transcript.display().to_string());
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.transcript)
            .map_err(failed)?;
        writeln!(file, "{line}")
            .and_then(|()| file.sync_all())
            .map_err(failed)
    }
}

/// True if somebody sits at a terminal.
pub(crate) fn is_attended() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Says something to the person; machines do not read it.
pub(crate) fn say(text: &str) {
    if is_attended() {
        // A terminal that is gone cannot be told anything.
        let _ = writeln!(std::io::stderr(), "{text}");
    }
}

/// The path that was given, or the one that is typed.
pub(crate) fn path(given: Option<PathBuf>, option: &str, question: &str) -> Result<PathBuf, CliError> {
    match given {
        Some(path) => Ok(path),
        None => ask(option, question).map(PathBuf::from),
    }
}

/// Asks for one line; without a terminal the option is missing.
pub(crate) fn ask(option: &str, question: &str) -> Result<String, CliError> {
    if !is_attended() {
        return Err(CliError::Usage(format!("--{option} is needed")));
    }
    let mut out = std::io::stderr();
    write!(out, "{question}: ")
        .and_then(|()| out.flush())
        .map_err(|_| CliError::Output)?;
    let answer = line()?;
    if answer.trim().is_empty() {
        return Err(CliError::Usage(format!("--{option} is needed")));
    }
    Ok(answer.trim().to_owned())
}

/// A passphrase that opens something.
pub(crate) fn passphrase(question: &str) -> Result<SecretString, CliError> {
    let text = if is_attended() {
        rpassword::prompt_password(format!("{question}: "))
            .map(Zeroizing::new)
            .map_err(|_| CliError::Input)?
    } else {
        line()?
    };
    Ok(SecretString::from(text.as_str().to_owned()))
}

/// A new passphrase; on a terminal it is typed twice, since nothing opens the file without it.
pub(crate) fn new_passphrase() -> Result<SecretString, CliError> {
    use age::secrecy::ExposeSecret as _;

    let first = passphrase("Passphrase for this root (nothing is shown while you type)")?;
    if first.expose_secret().chars().count() < PASSPHRASE_CHARS_MIN {
        return Err(CliError::PassphraseTooShort(PASSPHRASE_CHARS_MIN));
    }
    if is_too_simple(first.expose_secret()) {
        return Err(CliError::PassphraseTooSimple(PASSPHRASE_DIFFERENT_MIN));
    }
    if is_attended() {
        let again = passphrase("The same passphrase again")?;
        if again.expose_secret() != first.expose_secret() {
            return Err(CliError::PassphrasesDiffer);
        }
    }
    Ok(first)
}

/// Few different characters, or a piece that is repeated to the end, where the last may be cut short. Nothing else is
/// looked for: how hard a phrase is to guess, its keeper has to know.
fn is_too_simple(text: &str) -> bool {
    let letters = || text.chars();
    let different: BTreeSet<char> = letters().collect();
    let repeats = |piece: usize| letters().eq(letters().take(piece).cycle().take(letters().count()));
    different.len() < PASSPHRASE_DIFFERENT_MIN || (1..=letters().count() / 2).any(repeats)
}

fn line() -> Result<Zeroizing<String>, CliError> {
    let mut text = Zeroizing::new(String::new());
    std::io::stdin()
        .lock()
        .take(LINE_BYTES_MAX)
        .read_line(&mut text)
        .map_err(|_| CliError::Input)?;
    let end = text.trim_end_matches(['\r', '\n']).len();
    text.truncate(end);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::is_too_simple;

    #[test]
    fn keys_held_down_and_pieces_over_and_over_are_no_passphrase() {
        for simple in [
            "aaaaaaaaaaaaaaaaaaaa",
            "abababababababababab",
            "12341234123412341234",
            "khyberkhyberkhyber",
            "khyberpass khyberpass khyb",
            "پښتونخواپښتونخوا",
        ] {
            assert!(is_too_simple(simple), "{simple}");
        }
        for good in [
            "test ceremony passphrase number one",
            "correct horse battery staple",
            "abcdefgh abcdefgh ijk",
            "غر سیند ونه لمر ستوری باد",
        ] {
            assert!(!is_too_simple(good), "{good}");
        }
    }
}
