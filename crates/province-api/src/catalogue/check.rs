//! Every fault of a catalogue at once: what it names and does not have, what it has and nothing names, texts that are missing or
//! written with another language's letters, and numbers without a source.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use credential::Names;
use serde::{Deserialize, Serialize};

use super::letters::{Script, foreign};
use super::{CatalogueFile, Known, LabelEntry, ServiceEntry};

mod forms;

/// Longest of the everyday words of a service, in characters.
const WORD_CHARS_MAX: usize = 40;
/// Longest text of a place, in bytes.
const PLACE_BYTES_MAX: usize = 400;

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where: the list and the id, such as `services/domicile-certificate`.
    pub at: String,
    /// What.
    pub code: FaultCode,
    /// Which value, or which letter; empty where the place says it all.
    pub said: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.code.as_str())?;
        if self.said.is_empty() {
            Ok(())
        } else {
            write!(f, " ({})", self.said)
        }
    }
}

words! {
    /// What is wrong with a catalogue. The words are for those who look after the files.
    #[non_exhaustive]
    FaultCode {
        /// An id is not 1 to 48 of `a`-`z`, `0`-`9` and `-`.
        IdMalformed = "id_malformed",
        /// An id stands twice in its list.
        IdTwice = "id_twice",
        /// What is named is not there.
        Unknown = "unknown",
        /// Nothing names it.
        Unused = "unused",
        /// A text is missing in a language.
        TextMissing = "text_missing",
        /// A text has a letter that its language does not have.
        Letter = "letter",
        /// A text begins or ends with a space, or has two in a row.
        Spaces = "spaces",
        /// A text is too long.
        TooLong = "too_long",
        /// Two of one list have the same name in a language.
        NameTwice = "name_twice",
        /// A value that is said to be sourced has no note that names the source.
        SourceMissing = "source_missing",
        /// A value stands as sourced and as inferred.
        KnownTwice = "known_twice",
        /// A fee that is not nothing was inferred.
        FeeInferred = "fee_inferred",
        /// A service says nothing of who decides, what to bring, what comes of it, or how people call it.
        Incomplete = "incomplete",
        /// A word stands twice with one service, or is its name.
        WordTwice = "word_twice",
        /// An appeal goes to the service itself.
        AppealToItself = "appeal_to_itself",
        /// A question's condition names no earlier choice of its form, or an answer that it does not have.
        ConditionUnknown = "condition_unknown",
        /// A rule that no answer can keep: a least above the most, fewer than two choices, rows of rows.
        RuleImpossible = "rule_impossible",
    }
}

/// All that is wrong with a catalogue, in its order.
pub fn faults(file: &CatalogueFile) -> Vec<Fault> {
    let mut found = Found::default();
    let offices = found.list("offices", file.offices.iter().map(|one| (&*one.id, &one.name)));
    let services = found.list("services", file.services.iter().map(|one| (&*one.id, &one.name)));
    let authorities = found.list(
        "authorities",
        file.authorities.iter().map(|one| (&*one.id, &one.name)),
    );
    let documents = found.list(
        "documents",
        file.documents.iter().map(|one| (&*one.id, &one.name)),
    );
    let divisions = found.list(
        "divisions",
        file.divisions.iter().map(|one| (&*one.id, &one.name)),
    );
    let districts = found.list(
        "districts",
        file.districts.iter().map(|one| (&*one.id, &one.name)),
    );
    found.list("events", file.events.iter().map(|one| (&*one.id, &one.name)));
    for one in &file.authorities {
        let at = format!("authorities/{}", one.id);
        found.names(&at, &one.place, PLACE_BYTES_MAX);
        found.sourced(&at, one.known, &one.source_note);
    }
    for one in &file.divisions {
        found.names_one(&format!("divisions/{}", one.id), &one.seat, &districts);
    }
    for one in &file.districts {
        let at = format!("districts/{}", one.id);
        found.names_one(&at, &one.division, &divisions);
        found.sourced(&at, one.known, &one.source_note);
    }
    for one in &file.events {
        let at = format!("events/{}", one.id);
        if one.services.is_empty() {
            found.say(&at, FaultCode::Incomplete, "services");
        }
        for id in &one.services {
            found.names_one(&at, id, &services);
        }
    }
    let (mut deciding, mut brought, mut at_work) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for one in &file.services {
        let at = format!("services/{}", one.id);
        at_work.insert(&*one.office);
        found.names_one(&at, &one.office, &offices);
        if let Some(id) = &one.authority {
            deciding.insert(&**id);
            found.names_one(&at, id, &authorities);
        }
        for id in one.documents.iter().flat_map(|needed| &needed.list) {
            brought.insert(&**id);
            found.names_one(&at, id, &documents);
        }
        if let Some(id) = &one.appeal {
            found.names_one(&at, id, &services);
            if *id == one.id {
                found.say(&at, FaultCode::AppealToItself, "");
            }
        }
        found.service(&at, one);
    }
    let mut days = BTreeSet::new();
    for one in &file.holidays {
        let at = format!("holidays/{}", one.on);
        found.names(&at, &one.name, credential::CATALOGUE_NAME_BYTES_MAX);
        found.sourced(&at, one.known, &one.source_note);
        if !days.insert(one.on) {
            found.say(&at, FaultCode::IdTwice, "");
        }
    }
    let asked = forms::check(file, &mut found);
    let ids = |labels: &'_ [LabelEntry]| labels.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
    let (fields, topics, steps) = (
        file.fields.iter().map(|one| one.field.id.clone()).collect(),
        ids(&file.topics),
        ids(&file.steps),
    );
    for (list, all, named) in [
        ("fields", &fields, &asked.fields),
        ("topics", &topics, &asked.topics),
        ("steps", &steps, &asked.steps),
    ] {
        for id in all.iter().filter(|id| !named.contains(&***id)) {
            found.say(&format!("{list}/{id}"), FaultCode::Unused, "");
        }
    }
    for (list, all, named) in [
        ("authorities", authorities, deciding),
        ("documents", documents, brought),
    ] {
        for id in all.iter().filter(|id| !named.contains(**id)) {
            found.say(&format!("{list}/{id}"), FaultCode::Unused, "");
        }
    }
    found.0
}

#[derive(Default)]
struct Found(Vec<Fault>);

impl Found {
    fn say(&mut self, at: &str, code: FaultCode, said: &str) {
        self.0.push(Fault {
            at: at.to_owned(),
            code,
            said: said.to_owned(),
        });
    }

    /// Looks at ids and names of a list, and gives the ids.
    fn list<'a>(&mut self, list: &str, all: impl Iterator<Item = (&'a str, &'a Names)>) -> BTreeSet<&'a str> {
        let mut ids = BTreeSet::new();
        let mut names = BTreeMap::new();
        for (id, name) in all {
            let at = format!("{list}/{id}");
            if !credential::is_catalogue_id(id) {
                self.say(&at, FaultCode::IdMalformed, "");
            }
            if !ids.insert(id) {
                self.say(&at, FaultCode::IdTwice, "");
            }
            self.names(&at, name, credential::CATALOGUE_NAME_BYTES_MAX);
            for text in [&name.en, &name.ur, &name.ps] {
                if names.insert(text, id).is_some_and(|other| other != id) {
                    self.say(&at, FaultCode::NameTwice, text);
                }
            }
        }
        ids
    }

    fn names_one(&mut self, at: &str, id: &str, known: &BTreeSet<&str>) {
        if !known.contains(id) {
            self.say(at, FaultCode::Unknown, id);
        }
    }

    fn names(&mut self, at: &str, names: &Names, most: usize) {
        self.text(at, &names.en, None, most);
        self.text(at, &names.ur, Some(Script::Urdu), most);
        self.text(at, &names.ps, Some(Script::Pashto), most);
    }

    fn text(&mut self, at: &str, text: &str, script: Option<Script>, most: usize) {
        if text.is_empty() {
            self.say(at, FaultCode::TextMissing, "");
        }
        if text.len() > most {
            self.say(at, FaultCode::TooLong, text);
        }
        if text.trim() != text || text.contains("  ") {
            self.say(at, FaultCode::Spaces, text);
        }
        let wrong = match script {
            Some(script) => foreign(text, script),
            None => text
                .chars()
                .find(|letter| !letter.is_ascii() || letter.is_ascii_control()),
        };
        if let Some(letter) = wrong {
            self.say(
                at,
                FaultCode::Letter,
                &format!("{letter} U+{:04X} in {text}", u32::from(letter)),
            );
        }
    }

    fn sourced(&mut self, at: &str, known: Known, note: &str) {
        if known == Known::Sourced && note.is_empty() {
            self.say(at, FaultCode::SourceMissing, "");
        }
    }

    fn service(&mut self, at: &str, one: &ServiceEntry) {
        self.sourced(at, one.known, &one.source_note);
        let has_figure = one.fee_rupees.is_some() || one.limit.is_some();
        let sources_documents = one
            .documents
            .as_ref()
            .is_some_and(|needed| needed.known == Known::Sourced);
        if (has_figure || sources_documents) && one.source_note.is_empty() {
            self.say(at, FaultCode::SourceMissing, "");
        }
        if (one.fee_rupees.is_some() && one.fee_inferred.is_some())
            || (one.limit.is_some() && one.limit_inferred.is_some())
        {
            self.say(at, FaultCode::KnownTwice, "");
        }
        if one.fee_inferred.is_some_and(|fee| fee != 0) {
            self.say(at, FaultCode::FeeInferred, "");
        }
        let has_words = [&one.words.en, &one.words.ur, &one.words.ps]
            .iter()
            .all(|words| !words.is_empty());
        for (what, is_there) in [
            ("authority", one.authority.is_some()),
            ("documents", one.documents.is_some()),
            ("output", one.output.is_some()),
            ("words", has_words),
            ("form", one.form.is_some()),
        ] {
            if !is_there {
                self.say(at, FaultCode::Incomplete, what);
            }
        }
        if let Some(output) = &one.output {
            self.names(at, output, credential::CATALOGUE_NAME_BYTES_MAX);
        }
        for (words, name, script) in [
            (&one.words.en, &one.name.en, None),
            (&one.words.ur, &one.name.ur, Some(Script::Urdu)),
            (&one.words.ps, &one.name.ps, Some(Script::Pashto)),
        ] {
            let mut seen = BTreeSet::from([name]);
            for word in words {
                self.text(at, word, script, WORD_CHARS_MAX * 2);
                if !seen.insert(word) {
                    self.say(at, FaultCode::WordTwice, word);
                }
            }
        }
    }
}
