//! What the tests look at in a wallet's folder: every file in it, however deep, and its database.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Every file under a folder, with its bytes.
pub(crate) fn all(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(all(&path));
        } else {
            files.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    files
}

/// The database and what SQLite keeps beside it.
pub(crate) fn database(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = all(folder);
    files.retain(|path, _| path.to_string_lossy().contains(".sqlite"));
    files
}

/// Where the database is.
pub(crate) fn database_path(folder: &Path) -> PathBuf {
    let found = all(folder)
        .into_keys()
        .find(|path| path.ends_with("vault.sqlite"));
    found.expect("there is a database")
}

/// Whether these bytes hold that text, as UTF-8 or as UTF-16 of either order, in any case of Latin letters.
pub(crate) fn hold(bytes: &[u8], text: &str) -> bool {
    let wide = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    let forms = [
        text.as_bytes().to_vec(),
        wide(u16::to_le_bytes),
        wide(u16::to_be_bytes),
    ];
    forms.iter().any(|form| {
        bytes
            .windows(form.len())
            .any(|window| window.eq_ignore_ascii_case(form))
    })
}
