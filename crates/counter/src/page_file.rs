//! The file that tells the desk's browser where its page is: the address with the page's token.
//!
//! Whoever can read it can use the desk, so others than the program's user and group cannot. A program that was started
//! again by the service manager keeps the token, so that the page that is open goes on.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// Longest file that is read.
const BYTES_MAX: u64 = 256;
/// Hex digits of a token.
const TOKEN_DIGITS: usize = 64;

/// The address of the page at a host with its token.
#[must_use]
pub fn address(host: &str, token: &str) -> String {
    format!("http://{host}/?token={token}")
}

/// The token that stands in the file for this host; none if there is no such file, or others could have read it.
#[must_use]
pub fn held_token(file: &Path, host: &str) -> Option<String> {
    let metadata = fs::metadata(file).ok()?;
    if metadata.len() > BYTES_MAX || others_can_read(&metadata) {
        return None;
    }
    let text = fs::read_to_string(file).ok()?;
    let token = text.trim_end().strip_prefix(&address(host, ""))?;
    let whole = token.len() == TOKEN_DIGITS && token.bytes().all(|digit| digit.is_ascii_hexdigit());
    whole.then(|| token.to_owned())
}

/// Writes the file, whole or not at all.
///
/// # Errors
/// The file could not be written.
pub fn write(file: &Path, host: &str, token: &str) -> io::Result<()> {
    let beside = file.with_extension("new");
    // What an earlier try left may have other rights.
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
    options
        .open(&beside)?
        .write_all(address(host, token).as_bytes())?;
    fs::rename(&beside, file)
}

#[cfg(unix)]
fn others_can_read(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o007 != 0
}

#[cfg(not(unix))]
fn others_can_read(_: &fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]

    use super::*;

    #[test]
    fn a_program_that_is_started_again_keeps_its_token_at_the_same_address_only() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("page");
        let token = "a1".repeat(32);
        assert_eq!(held_token(&file, "127.0.0.1:7310"), None);
        write(&file, "127.0.0.1:7310", "short").unwrap();
        assert_eq!(held_token(&file, "127.0.0.1:7310"), None);
        write(&file, "127.0.0.1:7310", &token).unwrap();
        assert_eq!(held_token(&file, "127.0.0.1:7310"), Some(token));
        assert_eq!(held_token(&file, "127.0.0.1:7311"), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_token_that_others_could_read_is_not_used_again() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("page");
        write(&file, "h", &"a1".repeat(32)).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o007, 0);
        assert!(held_token(&file, "h").is_some());
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(held_token(&file, "h"), None);
    }
}
