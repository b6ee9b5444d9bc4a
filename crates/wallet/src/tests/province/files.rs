//! The public files of the province for tests: where they lie by name, by hash, as deltas, and the pieces of its lists.

use credential::piece_name;
use province_api::problem::{Problem, ProblemCode};
use province_api::sync::file_path;
use province_api::{delta, paths};

use super::{Province, SHARD, ok, problem_response, sha256};
use crate::sync::HttpResponse;

impl Province {
    /// Where the table of the list's hashes is.
    pub(crate) fn table(&self) -> String {
        format!("{}{}", paths::STATUS_PIECES, piece_name(&self.list.root()))
    }

    /// Where the shard of this person is.
    pub(crate) fn shard(&self) -> String {
        let hash = self.list.hashes()[SHARD as usize];
        format!("{}{}", paths::STATUS_PIECES, piece_name(&hash))
    }

    /// A table or the shard of this person.
    fn piece(&self, path: &str) -> Option<Vec<u8>> {
        [Some(&self.list), self.suspended.as_ref()]
            .into_iter()
            .flatten()
            .find_map(|list| {
                let at = |hash: [u8; 32]| format!("{}{}", paths::STATUS_PIECES, piece_name(&hash));
                if path == at(list.root()) {
                    return Some(list.table());
                }
                (path == at(list.hashes()[SHARD as usize])).then(|| list.encoded(SHARD).unwrap())
            })
    }

    /// The newest file of a name.
    fn newest(&self, name: &str) -> Option<&Vec<u8>> {
        match name {
            paths::TRUST_LIST => Some(&self.trust_list),
            paths::TYPES => Some(&self.types),
            paths::STATUS_MANIFEST => Some(&self.manifest),
            paths::CATALOGUE => self.catalogue.as_ref(),
            _ => None,
        }
    }

    /// Where the newest file of this name lies under its hash.
    pub(crate) fn by_hash(&self, name: &str) -> Option<String> {
        self.newest(name).map(|file| file_path(&sha256(file)))
    }

    /// Whether this path gives what is meant: a path, or the newest file of a name under its hash.
    pub(crate) fn is_at(&self, meant: &str, path: &str) -> bool {
        path == meant || self.by_hash(meant).is_some_and(|by_hash| path == by_hash)
    }

    /// Whether the newest file of this name was asked for whole.
    pub(crate) fn asked_for(&self, name: &str) -> bool {
        self.requests.iter().any(|path| self.is_at(name, path))
    }

    /// The answer to a question after a public file; `None` for a path of something else.
    pub(super) fn file(&self, path: &str) -> Option<HttpResponse> {
        if let Some(roots) = path.strip_prefix(paths::TRUST_NEXT) {
            return Some(found(self.root_changes.get(roots)));
        }
        if path.starts_with(paths::DELTAS) {
            return Some(self.delta(path));
        }
        if path.starts_with(paths::FILES) {
            let mut versions = self.versions.iter();
            return Some(found(
                versions.find_map(|(sha256, file)| (path == file_path(sha256)).then_some(file)),
            ));
        }
        if [
            paths::TRUST_LIST,
            paths::TYPES,
            paths::STATUS_MANIFEST,
            paths::CATALOGUE,
        ]
        .contains(&path)
        {
            return Some(found(self.newest(path)));
        }
        self.piece(path).map(ok)
    }

    /// `/v1/deltas/NAME/FROM/TO`.
    fn delta(&self, path: &str) -> HttpResponse {
        let mut hashes = path.rsplit('/').map(|hash| {
            let hash: [u8; 32] = hex::decode(hash).unwrap().try_into().unwrap();
            self.versions.get(&hash).cloned().unwrap()
        });
        let (to, from) = (hashes.next().unwrap(), hashes.next().unwrap());
        ok(delta::make(&from, &to).unwrap())
    }
}

/// A file, or word that there is none.
fn found(file: Option<&Vec<u8>>) -> HttpResponse {
    match file {
        Some(file) => ok(file.clone()),
        None => problem_response(&Problem::new(ProblemCode::NotFound)),
    }
}
