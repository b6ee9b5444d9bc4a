//! Catalogue files on a disk: one of everything, or a folder with a file for each office's services.

use std::fs;
use std::path::Path;

use province_api::catalogue::CatalogueFile;
use province_api::catalogue::check::{self, Fault};
use province_api::catalogue::folder::FolderError;

use crate::admin::AdminError;

/// Most files of a folder.
const FILES_MAX: usize = 1_024;

/// Reads a catalogue: JSON of everything, or a folder.
///
/// # Errors
/// [`AdminError::CatalogueFile`], [`AdminError::CatalogueFolder`]; [`AdminError::Folder`] if something cannot be read.
pub fn read(path: &Path) -> Result<CatalogueFile, AdminError> {
    if path.is_dir() {
        let mut files = Vec::new();
        gather(path, "", &mut files)?;
        let files = files.iter().map(|(name, text)| (&**name, &**text));
        return Ok(CatalogueFile::gather(files)?);
    }
    parse(&fs::read_to_string(path).map_err(AdminError::Folder)?)
}

/// Reads a catalogue that is one file.
///
/// # Errors
/// [`AdminError::CatalogueFile`].
pub fn parse(json: &str) -> Result<CatalogueFile, AdminError> {
    serde_json::from_str(json).map_err(|error| AdminError::CatalogueFile {
        line: error.line(),
        column: error.column(),
    })
}

/// All that is wrong with one, and how much there is of it.
pub fn look(file: &CatalogueFile) -> (Vec<Fault>, String) {
    let faults = check::faults(file);
    let counts = format!(
        "{} services, {} offices, {} districts, 3 languages, {} faults",
        file.services.len(),
        file.offices.len(),
        file.districts.len(),
        faults.len()
    );
    (faults, counts)
}

/// The JSON files below a folder, by their names from the first one on.
fn gather(folder: &Path, before: &str, into: &mut Vec<(String, String)>) -> Result<(), AdminError> {
    for entry in fs::read_dir(folder).map_err(AdminError::Folder)? {
        let path = entry.map_err(AdminError::Folder)?.path();
        let name = format!(
            "{before}{}",
            path.file_name().unwrap_or_default().to_string_lossy()
        );
        if path.is_dir() && before.is_empty() {
            gather(&path, &format!("{name}/"), into)?;
        } else if path.extension().is_some_and(|end| end == "json") {
            if into.len() >= FILES_MAX {
                return Err(FolderError::Unknown { file: name }.into());
            }
            let text = fs::read_to_string(&path).map_err(AdminError::Folder)?;
            into.push((name, text));
        }
    }
    Ok(())
}
