//! Variables of the environment that are called like settings and are none: a slip in a name is not passed over.

use super::Environment;
use super::faults::Wrong;
use super::read::Reader;
use super::table::SETTINGS;

/// How the names of this project's variables begin.
pub(super) const PREFIX: &str = "KHYBER_";

/// What this program reads besides the settings.
const BESIDES: [&str; 2] = ["KHYBER_CONFIG", "KHYBER_TOKEN_PIN"];

/// What other programs of this project read, and tests that start servers, which have their environment. They say nothing here.
const OF_OTHERS: [&str; 20] = [
    "KHYBER_ANSWERS",
    "KHYBER_ARGON2ID_MS",
    "KHYBER_ARTEFACTS",
    "KHYBER_BENCH",
    "KHYBER_BLESS",
    "KHYBER_CALLERS",
    "KHYBER_KILLS",
    "KHYBER_MEMORY_FOLDER",
    "KHYBER_MEMORY_HOLD",
    "KHYBER_MEMORY_PIN_FROM",
    "KHYBER_PEER_PYTHON",
    "KHYBER_SEED",
    "KHYBER_SMALL_DISK",
    "KHYBER_SOAK_SECONDS",
    "KHYBER_SYNC_RATE",
    "KHYBER_TAURI_DRIVER",
    "KHYBER_TEST_CROWD",
    "KHYBER_TEST_POSTGRES",
    "KHYBER_TEST_SECRET_SERVICE",
    "KHYBER_XTASK",
];

/// The names that this program knows.
pub(super) fn known_variables() -> Vec<String> {
    let settings = SETTINGS.iter().map(super::table::Setting::variable);
    settings.chain(BESIDES.map(str::to_owned)).collect()
}

impl Reader {
    /// Names those that there are not. What they hold may be a secret, and is not looked at.
    pub(super) fn look_for_unknown(&mut self, environment: &impl Environment) {
        let known = known_variables();
        let mut names = environment.names();
        names.retain(|name| {
            name.starts_with(PREFIX) && !known.contains(name) && !OF_OTHERS.contains(&name.as_str())
        });
        names.sort_unstable();
        for name in names {
            self.fault(name, Wrong::Unknown);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// All names that begin like ours in the sources below a folder.
    fn named_in(folder: &Path, names: &mut BTreeSet<String>) {
        const READ: [&str; 7] = ["rs", "py", "mjs", "ts", "js", "sh", "json"];
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !matches!(name.as_str(), "node_modules" | "target" | "dist" | "gen") {
                named_in(&path, names);
            }
            let is_source = path
                .extension()
                .is_some_and(|end| READ.iter().any(|one| end == *one));
            let is_of_here = ["config/unknown.rs", "config/tests.rs"]
                .iter()
                .any(|end| path.ends_with(end));
            if path.is_file() && is_source && !is_of_here {
                let text = fs::read_to_string(&path).unwrap();
                let is_letter =
                    |letter: char| letter.is_ascii_uppercase() || matches!(letter, '_' | '0'..='9');
                for (at, _) in text.match_indices(PREFIX) {
                    let name: String = text[at..]
                        .chars()
                        .take_while(|letter| is_letter(*letter))
                        .collect();
                    names.insert(name);
                }
            }
        }
    }

    #[test]
    fn every_variable_of_the_project_is_known_and_none_besides() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut names = BTreeSet::new();
        for part in ["crates", "src-tauri", "xtask", "tests"] {
            named_in(&root.join(part), &mut names);
        }
        names.remove(PREFIX);
        for name in OF_OTHERS {
            assert!(names.contains(name), "{name} is read by nothing");
        }
        let known = known_variables();
        names.retain(|name| !known.contains(name) && !OF_OTHERS.contains(&name.as_str()));
        assert!(
            names.is_empty(),
            "a server that their readers start would refuse {names:?}"
        );
    }
}
