//! Holds the database against the ledgers.

use std::collections::{BTreeMap, BTreeSet};

use province_api::sync::Event;
use sandbox::postgres::Host;
use serde_json::Value;

use super::citizen::LISTED;
use super::ledger::{Desk, Entry, Life, follows, is_of_phone};
use super::office::Done;

/// What the rows of a statement say.
fn rows(host: &Host, database: &str, sql: &str) -> Vec<Vec<String>> {
    let text = host.ask(database, sql).unwrap();
    let lines = text.lines().filter(|line| !line.is_empty());
    lines
        .map(|line| line.split('|').map(str::to_owned).collect())
        .collect()
}

/// What everybody was told was done.
pub struct Ledgers<'a> {
    pub lives: &'a [Life],
    pub done: &'a Done,
    pub desk: &'a Desk,
}

/// What is in the database, in the words of the ledgers.
pub struct Held {
    people: Vec<Person>,
    /// The kinds of each person's events, in the order of their numbers.
    events: BTreeMap<String, Vec<(u64, String)>>,
    /// How often the audit log has each action about each person.
    audit: BTreeMap<(String, String), u64>,
    /// The numbers of status manifests, in the order of the audit log.
    epochs: Vec<u64>,
    audit_numbers: Vec<u64>,
    newest_epoch: u64,
    answers: BTreeSet<String>,
    drawn: u64,
    marks: BTreeSet<(String, u64)>,
    keyed: [u64; 2],
    /// Each change that the office was told of: number, application, state.
    feed: Vec<(u64, String, String)>,
    /// The last number that was given.
    fed: u64,
    /// The state of each application.
    applications: BTreeMap<String, String>,
    /// What was done to many, to how many, and how many of them it was done to; nothing of what is not done.
    bulks: Vec<(String, u64, u64)>,
}

struct Person {
    id: String,
    device: String,
    status: u64,
    events: u64,
    revoked: bool,
    disabled: bool,
}

fn number(text: &str) -> u64 {
    text.parse().unwrap()
}

impl Held {
    /// Reads it.
    pub fn read(host: &Host, database: &str) -> Self {
        let ask = |sql: &str| rows(host, database, sql);
        let count = |sql: &str| number(&ask(sql)[0][0]);
        let people = ask(
            "SELECT encode(id, 'hex'), encode(device_key, 'hex'), status_index, events,
             revoked_at IS NOT NULL, disabled_at IS NOT NULL FROM person",
        );
        let mut events: BTreeMap<String, Vec<(u64, String)>> = BTreeMap::new();
        for row in ask("SELECT encode(person, 'hex'), seq, kind FROM event ORDER BY person, seq") {
            events
                .entry(row[0].clone())
                .or_default()
                .push((number(&row[1]), row[2].clone()));
        }
        let published = ask("SELECT detail FROM audit WHERE action = 'published' ORDER BY seq");
        let published = published
            .iter()
            .map(|row| serde_json::from_str::<Value>(&row[0]).unwrap());
        let manifests = published.filter(|what| what["file"] == "status-manifest");
        let audit = ask("SELECT encode(person, 'hex'), action, COUNT(*) FROM audit
             WHERE person <> decode(repeat('00', 16), 'hex') GROUP BY person, action");
        Self {
            people: people
                .iter()
                .map(|row| Person {
                    id: row[0].clone(),
                    device: row[1].clone(),
                    status: number(&row[2]),
                    events: number(&row[3]),
                    revoked: row[4] == "t",
                    disabled: row[5] == "t",
                })
                .collect(),
            events,
            audit: audit
                .iter()
                .map(|row| ((row[0].clone(), row[1].clone()), number(&row[2])))
                .collect(),
            epochs: manifests.map(|what| what["sequence"].as_u64().unwrap()).collect(),
            audit_numbers: ask("SELECT seq FROM audit ORDER BY seq")
                .iter()
                .map(|row| number(&row[0]))
                .collect(),
            newest_epoch: count("SELECT MAX(sequence) FROM artefact WHERE name = 'status-manifest'"),
            answers: ask("SELECT encode(device_key, 'hex') || encode(idempotency_key, 'hex') FROM answer")
                .into_iter()
                .map(|mut row| row.remove(0))
                .collect(),
            drawn: count("SELECT COUNT(*) FROM status_entry WHERE list = 'id'"),
            marks: ask("SELECT purpose, idx FROM status_mark WHERE list = 'id'")
                .iter()
                .map(|row| (row[0].clone(), number(&row[1])))
                .collect(),
            keyed: ["person_cnic", "person_device"]
                .map(|table| count(&format!("SELECT COUNT(*) FROM {table}"))),
            feed: ask("SELECT seq, encode(id, 'hex'), state FROM application_feed ORDER BY reader, seq")
                .iter()
                .map(|row| (number(&row[0]), row[1].clone(), row[2].clone()))
                .collect(),
            fed: count("SELECT SUM(last) FROM application_reader"),
            applications: ask("SELECT encode(id, 'hex'), state FROM application")
                .iter()
                .map(|row| (row[0].clone(), row[1].clone()))
                .collect(),
            bulks: ask(
                "SELECT act, people, (SELECT COUNT(*) FROM bulk_person p WHERE p.bulk = b.id
                 AND p.done_at IS NOT NULL) FROM bulk b WHERE done_at IS NOT NULL",
            )
            .iter()
            .map(|row| (row[0].clone(), number(&row[1]), number(&row[2])))
            .collect(),
        }
    }

    /// What is not as the ledgers have it; nothing, if all is well.
    pub fn faults(&self, ledgers: &Ledgers<'_>) -> Vec<String> {
        let Ledgers { lives, done, desk } = *ledgers;
        let mut faults = self.faults_of_department(lives, desk);
        let mut must = |holds: bool, what: String| {
            if !holds {
                faults.push(what);
            }
        };
        let people = lives.len() as u64;
        let all = [self.people.len() as u64, self.keyed[0], self.keyed[1]];
        must(
            all == [people; 3],
            format!("{people} people enrolled, there are {all:?}"),
        );
        let distinct = |of: fn(&Person) -> String| self.people.iter().map(of).collect::<BTreeSet<_>>().len();
        for (what, count) in [
            ("device", distinct(|person| person.device.clone())),
            ("status place", distinct(|person| person.status.to_string())),
        ] {
            must(count == self.people.len(), format!("two people have one {what}"));
        }
        let bindings: u64 = lives.iter().map(|life| u64::from(life.bindings)).sum();
        must(
            self.drawn == bindings,
            format!("{bindings} places were taken, {} drawn", self.drawn),
        );
        let gapless = |numbers: &[u64]| numbers.iter().zip(1..).all(|(number, at)| *number == at);
        must(gapless(&self.epochs), format!("epochs {:?}", self.epochs));
        let newest = self.epochs.last().copied().unwrap_or_default();
        must(
            newest == self.newest_epoch,
            format!("epoch {newest} was the last, not {}", self.newest_epoch),
        );
        must(
            gapless(&self.audit_numbers),
            "a number of the audit log is missing or double".to_owned(),
        );
        let mut ended = bindings - people;
        for life in lives {
            let acts = done.get(&life.citizen);
            ended += u64::from(acts.is_some_and(|acts| acts.revoked));
            let device = hex::encode(life.device.key.verifying_key().as_bytes());
            match self.people.iter().find(|person| person.device == device) {
                Some(person) => faults.extend(self.faults_of(person, life, (done, desk))),
                None => faults.push(format!("the device of citizen {} is nobody's", life.citizen)),
            }
            for kept in &life.kept {
                let device = hex::encode(kept.device.key.verifying_key().as_bytes());
                if !self.answers.contains(&format!("{device}{}", kept.key)) {
                    faults.push(format!(
                        "an answer to {} of citizen {} is lost",
                        kept.path, life.citizen
                    ));
                }
            }
        }
        let revoked = self
            .marks
            .iter()
            .filter(|(purpose, _)| purpose == "revoked")
            .count() as u64;
        if revoked != ended {
            faults.push(format!("{ended} places were ended, {revoked} are"));
        }
        faults
    }

    /// What is wrong with applications, with what the department was told of them, and with what officers did to many.
    fn faults_of_department(&self, lives: &[Life], desk: &Desk) -> Vec<String> {
        let mut faults = Vec::new();
        let read = (1..).zip(&desk.read);
        let read: Vec<_> = read
            .map(|(at, (id, state))| (at, id.clone(), state.clone()))
            .collect();
        if self.feed != read || self.fed != read.len() as u64 {
            faults.push(format!("the department read {read:?}, told were {:?}", self.feed));
        }
        let mut count = 0;
        for sent in lives.iter().flat_map(|life| &life.sent) {
            let states = desk.states(sent);
            let told = self.feed.iter().filter(|(_, id, _)| *id == sent.id);
            let told: Vec<&String> = told.map(|(_, _, state)| state).collect();
            if !told.iter().copied().eq(&states) || self.applications.get(&sent.id) != states.last() {
                faults.push(format!(
                    "an application went through {states:?}, told was {told:?}"
                ));
            }
            count += 1;
        }
        if self.applications.len() != count {
            faults.push(format!(
                "{count} applications were sent, there are {}",
                self.applications.len()
            ));
        }
        let people = LISTED.len() as u64;
        if self.bulks != [("revoke".to_owned(), people, people)] {
            faults.push(format!("the officers did {:?}", self.bulks));
        }
        faults
    }

    fn faults_of(&self, person: &Person, life: &Life, (done, desk): (&Done, &Desk)) -> Vec<String> {
        let mut faults = Vec::new();
        let mut must = |holds: bool, what: &str| {
            if !holds {
                faults.push(format!("citizen {}: {what}", life.citizen));
            }
        };
        let nothing = Vec::new();
        let events = self.events.get(&person.id).unwrap_or(&nothing);
        let numbers = events.iter().zip(1..).all(|((seq, _), at)| *seq == at);
        must(
            numbers && person.events == events.len() as u64,
            "an event is missing or double",
        );
        // Kinds alone: what they say is sealed, and asked for over HTTP.
        let (mut phones, mut others) = (Vec::new(), Vec::new());
        let of_application = |kind: &str| kind == "application_changed";
        for (_, kind) in events.iter().filter(|(_, kind)| !of_application(kind)) {
            let event = of_kind(kind);
            if is_of_phone(&event) {
                &mut phones
            } else {
                &mut others
            }
            .push(event);
        }
        must(
            follows(&kinds(&life.entries), &phones),
            "the feed is not what the phones were told",
        );
        let changes = events.iter().filter(|(_, kind)| of_application(kind)).count();
        let states = life.sent.iter().map(|sent| desk.states(sent).len());
        must(
            changes == states.sum::<usize>(),
            "the feed is not what became of the applications",
        );
        let acts = done.get(&life.citizen).cloned().unwrap_or_default();
        must(
            follows(&kinds(&acts.entries), &others),
            "the feed is not what the operator was told",
        );
        for (purpose, expected) in [("suspended", acts.suspended), ("revoked", acts.revoked)] {
            let is = self.marks.contains(&(purpose.to_owned(), person.status));
            must(is == expected, purpose);
        }
        must(person.revoked == acts.revoked, "revoked for good");
        must(!person.disabled, "disabled");
        // Each event is in the audit log, and nothing that is not in the feed but what was signed.
        let mut logged: BTreeMap<&str, u64> = BTreeMap::new();
        for (_, kind) in events {
            *logged.entry(kind).or_default() += 1;
        }
        if let Some(drawn) = logged.get("passes_issued").copied() {
            logged.insert("signed", drawn);
        }
        let audit = self.audit.iter().filter(|((about, _), _)| *about == person.id);
        let mut audit: BTreeMap<&str, u64> = audit
            .map(|((_, action), count)| (action.as_str(), *count))
            .collect();
        // Each time that it was read: nobody knows of tries that were cut, but two systems read it.
        let reads = audit.remove("application_read").unwrap_or_default();
        let readable = life.sent.iter().filter(|sent| !sent.is_withdrawn).count() as u64;
        must(
            reads >= 2 * readable,
            "who read an application is not in the audit log",
        );
        // Each time that the identity authority was asked about who is enrolled, tries that were cut among them.
        let asked = audit.remove("proofed").unwrap_or_default();
        let replaced = logged.get("device_replaced").copied().unwrap_or_default();
        must(asked >= replaced, "who was asked about is not in the audit log");
        // What was denied is no write: a server that dies takes the last second of it along.
        audit.remove("denied");
        must(
            audit == logged,
            &format!("the audit log has {audit:?}, the feed {logged:?}"),
        );
        faults
    }
}

/// An event of which no more is known than its kind.
fn of_kind(kind: &str) -> Event {
    match kind {
        "passes_issued" => Event::PassesIssued {
            passes: BTreeMap::new(),
        },
        "mobile_changed" => Event::MobileChanged { ends: String::new() },
        "document_granted" => Event::DocumentGranted {
            vct: String::new(),
            no: 0,
            grant: 0,
        },
        "document_withdrawn" => Event::DocumentWithdrawn {
            vct: String::new(),
            no: 0,
            reason: None,
        },
        other => serde_json::from_value(serde_json::json!({ "kind": other })).unwrap(),
    }
}

fn kinds(entries: &[Entry]) -> Vec<Entry> {
    let bare = |entry: &Entry| Entry {
        what: of_kind(entry.what.kind()),
        certain: entry.certain,
    };
    entries.iter().map(bare).collect()
}
