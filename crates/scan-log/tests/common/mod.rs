//! A desk that writes a log as the counter does: entries, hourly heads, days' ends, exports.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use credential::{DAY, LogSeal, PublicKey, SealReason, SecretKey, Timestamp};
use scan_log::{Entry, EntryLine, Event, Line, Run, SealLine, ShownBy, Word, day_of, minute_of};

/// Half past two in the afternoon of a day in November 2026, in Pakistan.
pub const NOON: Timestamp = Timestamp::from_unix(20_779 * DAY + 34_200);

pub fn desk() -> SecretKey {
    SecretKey::from_seed([1; 32])
}

pub fn keys() -> [PublicKey; 1] {
    [desk().public()]
}

/// A word as a member of an entry has it.
#[expect(clippy::unnecessary_wraps, reason = "an entry's members may be missing")]
pub fn word(text: &str) -> Option<Word> {
    Some(Word::parse(text).unwrap())
}

pub fn visit(code: &str) -> Entry {
    Entry {
        number: 0,
        at: NOON,
        event: Event::Visit,
        service: word("kp:test-desk"),
        vct: word("age"),
        mode: Some(ShownBy::Timed),
        code: word(code),
        officer: word("3"),
        profile: word("domicile.9f3b61c0"),
        about: None,
    }
}

pub fn event(event: Event) -> Entry {
    Entry {
        event,
        vct: None,
        mode: None,
        code: None,
        officer: None,
        profile: None,
        ..visit("accepted")
    }
}

/// A log that grows.
#[derive(Clone)]
pub struct Desk {
    key: SecretKey,
    pub lines: Vec<Line>,
    run: Option<Run>,
}

impl Desk {
    pub fn new() -> Self {
        Self {
            key: desk(),
            lines: Vec::new(),
            run: None,
        }
    }

    pub fn write(&mut self, entry: Entry, at: Timestamp) {
        if let Some(run) = self.run
            && run.day() != day_of(at)
            && !run.is_closed()
        {
            self.seal(SealReason::Day, at);
        }
        self.skip_day_end(entry, at);
    }

    /// Writes an entry as a program would that never closes a day.
    pub fn skip_day_end(&mut self, entry: Entry, at: Timestamp) {
        let before = self.run.map_or(Entry::BEFORE_FIRST, |run| run.last_hash);
        let entry = Entry {
            number: self.run.map_or(1, |run| run.last + 1),
            at: minute_of(at),
            ..entry
        };
        let hash = entry.hash(&before);
        self.run = Some(Run::after(&entry, hash, self.run.and_then(|run| run.seal)));
        self.lines.push(Line::Entry(EntryLine { entry, hash }));
    }

    pub fn seal(&mut self, reason: SealReason, now: Timestamp) {
        let count = self
            .lines
            .iter()
            .filter(|line| matches!(line, Line::Entry(_)))
            .count();
        self.seal_counting(count as u64, reason, now);
    }

    /// A seal that says another count than the true one.
    pub fn seal_counting(&mut self, count: u64, reason: SealReason, now: Timestamp) {
        let run = self.run.as_mut().unwrap();
        let content = run.seal(reason, count, now);
        let bytes = LogSeal::sign(&content, &self.key);
        let seal = LogSeal::read_unverified(&bytes).unwrap();
        run.seal = Some((content, *seal.sha256()));
        self.lines.push(Line::Seal(SealLine { bytes }));
    }

    /// Somebody takes the last entries from the desk's file and leaves its seals; the desk goes on behind what is left.
    pub fn forget_entries(&mut self, count: usize) {
        for _ in 0..count {
            let is_entry = |line: &Line| matches!(line, Line::Entry(_));
            let at = self.lines.iter().rposition(is_entry).unwrap();
            self.lines.remove(at);
        }
        let last = self.lines.iter().rev().find_map(|line| match line {
            Line::Entry(line) => Some(line.clone()),
            Line::Seal(_) => None,
        });
        let last = last.unwrap();
        let seal = self.run.unwrap().seal;
        self.run = Some(Run::after(&last.entry, last.hash, seal));
    }

    pub fn export(&mut self, now: Timestamp) -> Vec<u8> {
        self.write(event(Event::Export), now);
        self.seal(SealReason::Export, now);
        file(&self.lines)
    }
}

pub fn file(lines: &[Line]) -> Vec<u8> {
    let mut text = String::new();
    for line in lines {
        text.push_str(&line.to_text().unwrap());
        text.push('\n');
    }
    text.into_bytes()
}

/// Three days with heads and days' ends, handed out once.
pub fn three_days() -> Vec<u8> {
    let mut desk = Desk::new();
    for day in 0..3 {
        let morning = NOON.plus(day * DAY);
        desk.write(event(Event::Start), morning);
        for (at, code) in ["accepted", "replayed", "accepted", "revoked"].iter().enumerate() {
            desk.write(visit(code), morning.plus(60 * at as u64));
        }
        desk.seal(SealReason::Head, morning.plus(3_600));
        desk.write(visit("stale"), morning.plus(3_700));
        desk.write(event(Event::Stop), morning.plus(7_200));
    }
    desk.export(NOON.plus(2 * DAY + 7_300))
}

/// What [`three_days`] has from its first day's end on: the number and the hash of that seal, and the lines.
pub fn from_first_day_end() -> (u64, [u8; 32], Vec<u8>) {
    let file = three_days();
    let text = std::str::from_utf8(&file).unwrap();
    let lines: Vec<Line> = text.lines().map(|line| Line::parse(line).unwrap()).collect();
    let (at, number, sha256) = lines
        .iter()
        .enumerate()
        .find_map(|(at, line)| match line {
            Line::Seal(line) => {
                let seal = LogSeal::read_unverified(&line.bytes).unwrap();
                let closes = seal.content().reason == SealReason::Day;
                closes.then(|| (at, seal.content().number, *seal.sha256()))
            }
            Line::Entry(_) => None,
        })
        .unwrap();
    (number, sha256, self::file(&lines[at..]))
}
