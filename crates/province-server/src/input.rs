//! What commands read and write: stdin, keys in hex, files.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use credential::Vct;
use province_api::person::{Cnic, Day};
use province_api::reason::Reason;
use province_server::rules::document::{Child, Form, Whose};
use serde_json::json;

use super::say;

/// Most bytes read from stdin: a CNIC in any spelling.
const STDIN_BYTES_MAX: u64 = 1_024;
/// Most bytes read from stdin of a document: its fields with room.
const DOCUMENT_BYTES_MAX: u64 = 64 * 1_024;

/// Most bytes read from stdin of a list: all people of a proposal, each with a line of an office's table.
const LIST_BYTES_MAX: u64 = 4 * 1_024 * 1_024;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct FormJson {
    cnic: String,
    vct: Vct,
    #[serde(default)]
    child: Option<ChildJson>,
    fields: serde_json::Map<String, serde_json::Value>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ChildJson {
    number: String,
    born_on: String,
}

/// A document's fields are personal and are no arguments either; serde's own message could quote them.
pub(super) fn form_from_stdin() -> anyhow::Result<Form> {
    let form: FormJson =
        serde_json::from_reader(std::io::stdin().take(DOCUMENT_BYTES_MAX)).map_err(|error| {
            anyhow::anyhow!("not a document: line {}, column {}", error.line(), error.column())
        })?;
    let child = form.child.map(|child| -> anyhow::Result<Child> {
        Ok(Child {
            number: Cnic::parse(&child.number).context("the child's number is none")?,
            born_on: Day::parse(&child.born_on).context("the child's day of birth is none")?,
        })
    });
    Ok(Form {
        cnic: Cnic::parse(&form.cnic).context("the CNIC is none")?,
        child: child.transpose()?,
        vct: form.vct,
        fields: form.fields,
    })
}

/// The CNIC is not an argument: other users of the machine can read those.
pub(super) fn cnic_from_stdin() -> anyhow::Result<Cnic> {
    Cnic::parse(&stdin_text()?).context("stdin does not hold a CNIC")
}

/// Who holds a document, and in a second line the number of the child whose it is.
pub(super) fn whose_from_stdin() -> anyhow::Result<Whose> {
    let text = stdin_text()?;
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let cnic = Cnic::parse(lines.next().unwrap_or_default()).context("stdin does not hold a CNIC")?;
    let child = lines.next().map(Cnic::parse).transpose();
    let child = child.context("the second line of stdin is no child's number")?;
    anyhow::ensure!(lines.next().is_none(), "stdin holds more than two lines");
    Ok(Whose { cnic, child })
}

/// Why something is ended for good, as an argument says it.
pub(super) fn for_good(word: &str) -> Result<Reason, String> {
    let reason = reason(word)?;
    if reason.may_end() {
        Ok(reason)
    } else {
        Err("nothing is ended for good for this reason".to_owned())
    }
}

/// Why something is suspended, as an argument says it.
pub(super) fn reason(word: &str) -> Result<Reason, String> {
    Reason::parse(word).ok_or_else(|| {
        let words: Vec<_> = Reason::ALL.iter().map(|one| one.as_str()).collect();
        format!("one of {}", words.join(", "))
    })
}

/// Many CNICs: the first column of CSV, of which the first line may be a heading. A line that is none is told by its
/// number, never by what is in it.
pub(super) fn cnics_from_stdin() -> anyhow::Result<Vec<Cnic>> {
    let mut text = String::new();
    std::io::stdin()
        .take(LIST_BYTES_MAX + 1)
        .read_to_string(&mut text)
        .context("could not read stdin")?;
    // Nobody of a list is passed over.
    anyhow::ensure!(
        text.len() as u64 <= LIST_BYTES_MAX,
        "the list is longer than {LIST_BYTES_MAX} bytes: leave out all but the first column, or cut it"
    );
    let mut cnics = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let first = line.split(',').next().unwrap_or_default();
        let first = first.trim().trim_matches(['"', '\u{feff}']).trim();
        if first.is_empty() {
            continue;
        }
        match Cnic::parse(first) {
            Ok(cnic) => cnics.push(cnic),
            Err(_) if at == 0 && !first.contains(|letter: char| letter.is_numeric()) => {}
            Err(_) => anyhow::bail!("line {} of stdin begins with no CNIC", at + 1),
        }
    }
    Ok(cnics)
}

fn stdin_text() -> anyhow::Result<String> {
    let mut text = String::new();
    std::io::stdin()
        .take(STDIN_BYTES_MAX)
        .read_to_string(&mut text)
        .context("could not read stdin")?;
    Ok(text)
}

pub(super) fn write(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    fs::write(file, bytes).context("could not write the file")?;
    say(&json!({ "out": file, "bytes": bytes.len() }))
}

/// Writes a file beside its place and moves it there whole: what was there before is there until then.
pub(super) fn put_in_place(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".unfinished");
    let beside = PathBuf::from(beside);
    let written = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, file));
    if written.is_err() {
        // What is half there is nothing; the error that counts is the first.
        let _ = fs::remove_file(&beside);
    }
    written.context("could not write the file")
}

pub(super) fn key_bytes(digits: &str) -> anyhow::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(digits.trim(), &mut bytes).context("a key is 64 hex digits")?;
    Ok(bytes)
}
