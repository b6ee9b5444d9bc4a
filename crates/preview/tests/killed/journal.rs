//! The oracle: an append-only file that says what was begun and what was confirmed, on the disk before and after each act.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// What a citizen does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    CreateVault,
    SaveDraft { address: String },
    SetPhoto,
    Enrol,
    Sync,
    ChangeMobile { mobile: String },
    Show { kind: String },
    Answer { kind: String },
}

/// A line of the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// Somebody is about to do this.
    Begin(Act),
    /// The phone confirmed it. Of something that was shown: by what a desk remembers the pass, and whether it was on a
    /// screen before, as the phone said.
    Done(Act, Option<Shown>),
    /// The phone said that it did not do it.
    Refused(Act, String),
}

/// What a desk saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    pub key: String,
    pub last_pass: bool,
}

/// The file.
pub struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    pub fn create(path: &Path) -> Self {
        let file = File::options().create_new(true).append(true).open(path).unwrap();
        Self {
            path: path.to_owned(),
            file,
        }
    }

    fn write(&mut self, line: &Line) {
        let mut text = serde_json::to_string(line).unwrap();
        text.push('\n');
        self.file.write_all(text.as_bytes()).unwrap();
        self.file.sync_data().unwrap();
    }

    pub fn begin(&mut self, act: &Act) {
        self.write(&Line::Begin(act.clone()));
    }

    pub fn done(&mut self, act: &Act, shown: Option<Shown>) {
        self.write(&Line::Done(act.clone(), shown));
    }

    pub fn refused(&mut self, act: &Act, code: &str) {
        self.write(&Line::Refused(act.clone(), code.to_owned()));
    }

    /// What must be, read from the file and from nothing else.
    pub fn read(&self) -> Oracle {
        let text = std::fs::read_to_string(&self.path).unwrap();
        let mut oracle = Oracle::default();
        for line in text.lines() {
            oracle.take(serde_json::from_str(line).unwrap());
        }
        oracle
    }
}

/// What was begun and what was confirmed.
#[derive(Debug, Default)]
pub struct Oracle {
    begun: Vec<Act>,
    done: Vec<Act>,
    /// Everything that a desk saw, by kind, in its order.
    pub shown: BTreeMap<String, Vec<Shown>>,
    /// Addresses that may be in the draft: the one that was confirmed last, and those that were begun since.
    pub addresses: Vec<String>,
    /// Mobile numbers that may be on their way or with the province, in the same way.
    pub mobiles: Vec<String>,
}

impl Oracle {
    fn take(&mut self, line: Line) {
        match line {
            Line::Begin(act) => {
                if let Act::SaveDraft { address } = &act {
                    self.addresses.push(address.clone());
                }
                if let Act::ChangeMobile { mobile } = &act {
                    self.mobiles.push(mobile.clone());
                }
                self.begun.push(act);
            }
            Line::Done(act, shown) => {
                if let Act::SaveDraft { address } = &act {
                    self.addresses.retain(|known| known == address);
                }
                if let Act::ChangeMobile { mobile } = &act {
                    self.mobiles.retain(|known| known == mobile);
                }
                if let (Act::Show { kind } | Act::Answer { kind }, Some(shown)) = (&act, shown) {
                    self.shown.entry(kind.clone()).or_default().push(shown);
                }
                self.done.push(act);
            }
            // A phone that says no may have done it all the same, when it was cut off: it stays begun.
            Line::Refused(..) => {}
        }
    }

    pub fn begun(&self, act: &Act) -> bool {
        self.begun.contains(act)
    }

    pub fn done(&self, act: &Act) -> bool {
        self.done.contains(act)
    }

    /// Whether a draft was ever confirmed.
    pub fn any_draft(&self) -> bool {
        self.done.iter().any(|act| matches!(act, Act::SaveDraft { .. }))
    }

    /// Whether a change of the mobile number was ever queued.
    pub fn any_mobile(&self) -> bool {
        self.done
            .iter()
            .any(|act| matches!(act, Act::ChangeMobile { .. }))
    }

    /// How often a pass of this kind was to be shown, and how often it was.
    pub fn showings(&self, kind: &str) -> std::ops::RangeInclusive<usize> {
        let of_kind =
            |act: &&Act| matches!(act, Act::Show { kind: of } | Act::Answer { kind: of } if of == kind);
        self.done.iter().filter(of_kind).count()..=self.begun.iter().filter(of_kind).count()
    }

    /// Different passes of this kind that desks saw. One that was seen again must have been the last.
    pub fn passes_seen(&self, kind: &str) -> usize {
        let mut seen: Vec<&str> = Vec::new();
        for shown in self.shown.get(kind).into_iter().flatten() {
            if seen.contains(&shown.key.as_str()) {
                assert!(
                    shown.last_pass,
                    "a {kind} pass was shown twice and the phone did not say so"
                );
            } else {
                seen.push(&shown.key);
            }
        }
        seen.len()
    }
}
