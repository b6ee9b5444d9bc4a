//! Where the app keeps its data and finds its province, before it has looked at either.

use std::path::PathBuf;

/// Largest configuration file that is read.
const CONFIG_BYTES_MAX: u64 = 64 * 1024;

/// What may be set from outside, on a desktop only.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The data folder; without it Tauri's folder for this app.
    pub data: Option<PathBuf>,
    /// The province's signed configuration, `province.kpc`.
    pub config: Option<PathBuf>,
}

impl Settings {
    /// From `KHYBER_DATA` and `KHYBER_CONFIG` on a desktop; nothing on a phone.
    pub fn from_environment() -> Self {
        #[cfg(desktop)]
        {
            let path = |name| {
                std::env::var_os(name)
                    .filter(|value| !value.is_empty())
                    .map(PathBuf::from)
            };
            Self {
                data: path("KHYBER_DATA"),
                config: path("KHYBER_CONFIG"),
            }
        }
        #[cfg(not(desktop))]
        Self::default()
    }

    /// The bytes of the configuration file, if one is named and can be read.
    ///
    /// A file that is missing or too large is the same as none: the app works for what it holds and
    /// says `not_configured` when it needs the network. Whether the bytes are to be believed is
    /// decided by their signatures.
    pub fn config_bytes(&self) -> Option<Vec<u8>> {
        let path = self.config.as_ref()?;
        let length = std::fs::metadata(path).ok()?.len();
        (length <= CONFIG_BYTES_MAX)
            .then(|| std::fs::read(path).ok())
            .flatten()
    }
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
    fn missing_or_huge_configuration_is_the_same_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| Settings {
            data: None,
            config: Some(folder.path().join(name)),
        };
        std::fs::write(folder.path().join("good"), b"signed").unwrap();
        std::fs::write(folder.path().join("huge"), vec![0; 70_000]).unwrap();
        assert_eq!(Settings::default().config_bytes(), None);
        assert_eq!(at("missing").config_bytes(), None);
        assert_eq!(at("huge").config_bytes(), None);
        assert_eq!(at("good").config_bytes(), Some(b"signed".to_vec()));
    }
}
