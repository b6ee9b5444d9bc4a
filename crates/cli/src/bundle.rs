//! The status bundle: a manifest and its lists in one JSON file.
//!
//! `{"manifest": base64, "lists": {uri: base64 of the raw bits}}`. The province publishes the two apart; a tool that
//! works with no network wants one file. Nothing is lost: the manifest is signed, and each list is checked against it.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use credential::{StatusManifest, StatusSet, TrustList};
use serde::{Deserialize, Serialize};

use crate::error::CliError;
use crate::files;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bundle {
    manifest: String,
    lists: BTreeMap<String, String>,
}

impl Bundle {
    pub(crate) fn new(manifest: &[u8], lists: &BTreeMap<String, Vec<u8>>) -> Self {
        Self {
            manifest: STANDARD.encode(manifest),
            lists: lists
                .iter()
                .map(|(uri, bits)| (uri.clone(), STANDARD.encode(bits)))
                .collect(),
        }
    }

    pub(crate) fn read(path: &Path) -> Result<Self, CliError> {
        Ok(serde_json::from_slice(&files::file(path)?)?)
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), CliError> {
        let mut json = serde_json::to_vec(self)?;
        json.push(b'\n');
        files::write(path, &json)
    }

    /// The manifest, verified, with the lists that match it.
    pub(crate) fn verify(&self, trust: &TrustList) -> Result<StatusSet, CliError> {
        let manifest = StatusManifest::verify(&base64("manifest", &self.manifest)?, trust, None)?;
        let mut set = StatusSet::new(manifest);
        for (uri, bits) in self.lists()? {
            set.add_list(&uri, bits)?;
        }
        Ok(set)
    }

    /// The raw bits of each list, not checked.
    pub(crate) fn lists(&self) -> Result<BTreeMap<String, Vec<u8>>, CliError> {
        self.lists
            .iter()
            .map(|(uri, bits)| Ok((uri.clone(), base64("lists", bits)?)))
            .collect()
    }
}

/// Reads standard base64 (RFC 4648 section 4).
pub(crate) fn base64(field: &'static str, text: &str) -> Result<Vec<u8>, CliError> {
    STANDARD.decode(text).map_err(|_| CliError::Field {
        field,
        expected: "base64",
    })
}
