//! Reading with a limit, writing, and key files.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use credential::SecretKey;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::error::CliError;
use crate::hex;

/// Most bytes read from stdin or a file: twice the largest status bundle.
const INPUT_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// All of stdin.
pub(crate) fn stdin() -> Result<Vec<u8>, CliError> {
    read(std::io::stdin().lock())
}

/// All of a file.
pub(crate) fn file(path: &Path) -> Result<Vec<u8>, CliError> {
    read(File::open(path).map_err(|_| CliError::NoInput(path.display().to_string()))?)
}

/// A file that is read line by line and may be of any length.
pub(crate) fn lines(path: &Path) -> Result<impl BufRead, CliError> {
    let file = File::open(path).map_err(|_| CliError::NoInput(path.display().to_string()))?;
    Ok(BufReader::new(file))
}

fn read(from: impl Read) -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    from.take(INPUT_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(|_| CliError::Input)?;
    if bytes.len() as u64 > INPUT_BYTES_MAX {
        return Err(CliError::InputTooLarge(INPUT_BYTES_MAX));
    }
    Ok(bytes)
}

/// The JSON on stdin.
pub(crate) fn stdin_json<T: DeserializeOwned>() -> Result<T, CliError> {
    Ok(serde_json::from_slice(&stdin()?)?)
}

/// The QR text on stdin, without the line's end.
///
/// # Errors
/// [`CliError::NothingRead`]: a scanner that is not connected is no refused presentation.
pub(crate) fn stdin_qr_text() -> Result<String, CliError> {
    let text = qr_text(&stdin()?);
    if text.trim().is_empty() {
        return Err(CliError::NothingRead);
    }
    Ok(text)
}

/// The QR text in these bytes, without the line's end. Spaces stay: base45 has them. Bytes that are no text become a
/// text that no reader takes.
pub(crate) fn qr_text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.trim_end_matches(['\r', '\n']).to_owned()
}

/// Writes a file, over one that is there already.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    std::fs::write(path, bytes).map_err(|_| CliError::Write(path.display().to_string()))
}

/// Writes a new file, never over another.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .and_then(|mut file| file.write_all(bytes))
        .map_err(|_| CliError::Write(path.display().to_string()))
}

/// Writes a new file that only its owner can read, never over another.
pub(crate) fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .and_then(|mut file| file.write_all(bytes))
        .map_err(|_| CliError::Write(path.display().to_string()))
}

/// A key file: the 32-byte seed of RFC 8032 as 64 hex digits.
pub(crate) fn key(path: &Path) -> Result<SecretKey, CliError> {
    let text = Zeroizing::new(file(path)?);
    let digits = text.trim_ascii();
    let seed = Zeroizing::new(hex::fixed::<32>("key file", digits)?);
    Ok(SecretKey::from_seed(*seed))
}

/// Reads standard base64 (RFC 4648 section 4).
pub(crate) fn base64(field: &'static str, text: &str) -> Result<Vec<u8>, CliError> {
    STANDARD.decode(text).map_err(|_| CliError::Field {
        field,
        expected: "base64",
    })
}
