//! Reading an exported log with distrust: what is missing, what was changed, what nobody sealed.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, BufRead, Read as _};

use credential::{LogSeal, LogSealContent, LogSealError, PublicKey, SealReason, Verdict};

use crate::day::{beginning_of, day_of};
use crate::entry::{Entry, Event, Hash, named};
use crate::line::{EntryLine, LINE_BYTES_MAX, Line, LineError, SealLine};
use crate::run::Run;

/// Most findings that are listed; one is enough to refuse a log.
const FINDINGS_MAX: usize = 100;

named! {
    /// What a look at a log found.
    Code {
        /// Everything fits, and the desk's key sealed it.
        Whole = "log_whole",
        /// Everything fits, but no key was given to check the seals with.
        NoKey = "log_no_key",
        /// A line is not one that a desk writes.
        Unreadable = "log_unreadable",
        /// An entry is not the one that was written.
        Changed = "log_changed",
        /// Entries are missing.
        Gap = "log_gap",
        /// Entries are in another order, or there twice.
        Reordered = "log_reordered",
        /// The beginning is missing.
        HeadCut = "log_head_cut",
        /// The end is missing.
        TailCut = "log_tail_cut",
        /// Another key than the desk's made a seal.
        WrongKey = "log_wrong_key",
        /// A seal is missing.
        SealMissing = "log_seal_missing",
        /// A seal does not say what it should at its place.
        SealDiffers = "log_seal_differs",
        /// A day ended without its seal.
        DayUnsealed = "log_day_unsealed",
        /// Times go back though nobody set the clock back.
        TimeBack = "log_time_back",
        /// The log does not hold the seal that it should: it was written anew.
        OtherLog = "log_other",
        /// The desk itself found its log changed when it started.
        Damaged = "log_damaged",
    }
}

impl Code {
    /// Which of the three outcomes it is.
    #[must_use]
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::Whole => Verdict::Accepted,
            Self::NoKey => Verdict::Undecided,
            _ => Verdict::Refused,
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub code: Code,
    /// The line of the file, from 1.
    pub line: usize,
    /// The entry or the seal that it is about, where one is known.
    pub number: Option<u64>,
}

/// What whoever looks knows beforehand.
#[derive(Debug, Clone, Copy, Default)]
pub struct Expected<'a> {
    /// The desk's keys, of its certificates; a desk may have had more than one.
    pub keys: &'a [PublicKey],
    /// The number and the first bytes of the SHA-256 of a seal that was noted elsewhere.
    pub seal: Option<(u64, &'a [u8])>,
}

/// A seal by what people note of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealFacts {
    /// What it says.
    pub content: LogSealContent,
    /// Its SHA-256.
    pub sha256: Hash,
}

/// One day's counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Day {
    /// Entries of the day.
    pub entries: u64,
    /// Visits by verdict code, also those that the desk only counted.
    pub visits: BTreeMap<String, u64>,
    /// Everything else by event, in the same way.
    pub events: BTreeMap<&'static str, u64>,
    /// The day was closed by its seal; the last day need not be.
    pub closed: bool,
}

/// What a look at a log found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// What is wrong, in the order of the file; at most 100.
    pub findings: Vec<Finding>,
    /// How many entries there are.
    pub entries: u64,
    /// How many seals there are.
    pub seals: u64,
    /// The last seal.
    pub last_seal: Option<SealFacts>,
    /// Counts by day (days since 1970-01-01 in Pakistan).
    pub days: BTreeMap<u32, Day>,
    /// Nobody said whose key the seals must be of.
    pub without_key: bool,
}

impl Report {
    /// The first thing that is wrong; or that all is well.
    #[must_use]
    pub fn code(&self) -> Code {
        match self.findings.first() {
            Some(finding) => finding.code,
            None if self.without_key => Code::NoKey,
            None => Code::Whole,
        }
    }

    fn find(&mut self, code: Code, line: usize, number: Option<u64>) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(Finding { code, line, number });
        }
    }
}

/// Looks at an exported log from its first line to its last, line by line: however long it is, no more than one line of it
/// is held, and the numbers of its entries.
///
/// # Errors
/// The file could not be read to its end.
pub fn verify(file: impl BufRead, expected: &Expected<'_>) -> io::Result<Report> {
    Reading::of(expected, None).read(file)
}

/// Looks at what was handed out of a log from a seal on. Its first line has to be that seal, by its number and the first
/// bytes of its SHA-256 as they were noted when it was made; everything behind it is looked at as in a whole log. Without
/// those bytes any seal of that number by the desk's key will do: that is for the desk itself.
///
/// # Errors
/// The file could not be read to its end.
pub fn verify_since(file: impl BufRead, expected: &Expected<'_>, since: (u64, &[u8])) -> io::Result<Report> {
    Reading::of(expected, Some(since)).read(file)
}

/// The next line, if there is one; an error in it is what is no line that a desk writes. Every line ends with a line
/// feed, the last one too; what stands behind it is no line.
fn next_line(file: &mut impl BufRead, text: &mut Vec<u8>) -> io::Result<Option<Result<Line, LineError>>> {
    text.clear();
    let longest = LINE_BYTES_MAX as u64 + 1;
    if file.by_ref().take(longest).read_until(b'\n', text)? == 0 {
        return Ok(None);
    }
    if text.pop() != Some(b'\n') {
        file.skip_until(b'\n')?;
        return Ok(Some(Err(LineError)));
    }
    let text = std::str::from_utf8(text).map_err(|_| LineError);
    Ok(Some(text.and_then(Line::parse)))
}

/// An entry that was missing where it should be.
struct Missed {
    number: u64,
    /// Which finding says so.
    finding: usize,
    /// The entry that stood there.
    instead: u64,
}

struct Reading<'a> {
    report: Report,
    keys: &'a [PublicKey],
    /// The seal at which the file begins, if it is not a whole log.
    since: Option<(u64, &'a [u8])>,
    /// Entries before the file's first.
    before: u64,
    /// All numbers so far and what is missing yet, to tell a gap from another order.
    numbers: HashSet<u64>,
    missed: Vec<Missed>,
    run: Option<Run>,
    /// The last seal and its SHA-256.
    sealed: Option<(LogSealContent, Hash)>,
    expected_seal: Option<(u64, &'a [u8])>,
    seal_seen: bool,
}

impl<'a> Reading<'a> {
    fn of(expected: &Expected<'a>, since: Option<(u64, &'a [u8])>) -> Self {
        Self {
            report: Report {
                without_key: expected.keys.is_empty(),
                ..Report::default()
            },
            keys: expected.keys,
            since,
            before: 0,
            numbers: HashSet::new(),
            missed: Vec::new(),
            run: None,
            sealed: None,
            expected_seal: expected.seal,
            seal_seen: false,
        }
    }

    fn read(mut self, mut file: impl BufRead) -> io::Result<Report> {
        let (mut text, mut at, mut ends_with_seal) = (Vec::new(), 0, false);
        while let Some(line) = next_line(&mut file, &mut text)? {
            at += 1;
            ends_with_seal = matches!(line, Ok(Line::Seal(_)));
            if let Ok(Line::Entry(line)) = &line {
                self.see_number(line.entry.number);
            }
            match line {
                Ok(Line::Seal(line)) if at == 1 => self.begin(&line),
                _ if at == 1 && self.since.is_some() => {
                    let number = self.since.map(|(number, _)| number);
                    self.report.find(Code::HeadCut, 1, number);
                }
                Err(LineError) => self.report.find(Code::Unreadable, at, None),
                Ok(Line::Entry(line)) => self.entry(&line, at),
                Ok(Line::Seal(line)) => self.seal(&line, at),
            }
        }
        self.end(at, ends_with_seal);
        Ok(self.report)
    }

    /// What was missing further up and comes now was not missing: it is in another order.
    fn see_number(&mut self, number: u64) {
        self.numbers.insert(number);
        let findings = &mut self.report.findings;
        self.missed.retain(|missed| {
            if missed.number == number
                && let Some(finding) = findings.get_mut(missed.finding)
            {
                finding.code = Code::Reordered;
                finding.number = Some(missed.instead);
            }
            missed.number != number
        });
    }

    /// A file that begins with a seal: what came before it is missing, unless it was asked for from there on.
    fn begin(&mut self, line: &SealLine) {
        self.report.seals += 1;
        let Some((number, digest)) = self.since else {
            return self.report.find(Code::HeadCut, 1, Some(1));
        };
        let Ok(seal) = self.signed(line, 1) else {
            return self.report.find(Code::SealDiffers, 1, None);
        };
        let content = *seal.content();
        if content.number != number {
            return self.report.find(Code::HeadCut, 1, Some(number));
        }
        if !seal.sha256().starts_with(digest) {
            return self.report.find(Code::OtherLog, 1, Some(number));
        }
        self.before = content.count;
        self.sealed = Some((content, *seal.sha256()));
        self.run = Some(Run {
            last: content.last,
            last_hash: content.last_hash,
            // No line says when exactly; it was not before.
            at: beginning_of(content.day),
            seal: self.sealed,
        });
        self.see_noted(&seal);
    }

    /// The seal, by a key of the desk as far as one is known.
    fn signed(&mut self, line: &SealLine, at: usize) -> Result<LogSeal, LogSealError> {
        match LogSeal::verify(&line.bytes, self.keys) {
            Err(LogSealError::WrongKey) => {
                if !self.keys.is_empty() {
                    self.report.find(Code::WrongKey, at, None);
                }
                LogSeal::read_unverified(&line.bytes)
            }
            other => other,
        }
    }

    fn see_noted(&mut self, seal: &LogSeal) {
        if let Some((number, digest)) = self.expected_seal
            && seal.content().number == number
            && seal.sha256().starts_with(digest)
        {
            self.seal_seen = true;
        }
    }

    fn entry(&mut self, line: &EntryLine, at: usize) {
        let entry = &line.entry;
        let next = self.run.map_or(1, |run| run.last.saturating_add(1));
        let before = self.run.map_or(Entry::BEFORE_FIRST, |run| run.last_hash);
        if entry.number != next {
            let (code, number) = if entry.number < next || self.numbers.contains(&next) {
                (Code::Reordered, entry.number)
            } else {
                if self.report.findings.len() < FINDINGS_MAX {
                    self.missed.push(Missed {
                        number: next,
                        finding: self.report.findings.len(),
                        instead: entry.number,
                    });
                }
                let code = if self.run.is_none() {
                    Code::HeadCut
                } else {
                    Code::Gap
                };
                (code, next)
            };
            self.report.find(code, at, Some(number));
        } else if entry.hash(&before) != line.hash {
            self.report.find(Code::Changed, at, Some(entry.number));
        }
        if let Some(run) = self.run {
            if entry.at < run.at && entry.event != Event::ClockSetBack {
                self.report.find(Code::TimeBack, at, Some(entry.number));
            }
            if day_of(entry.at) != run.day() && !run.is_closed() {
                self.report.find(Code::DayUnsealed, at, Some(run.last));
            }
        }
        if entry.event == Event::LogDamaged {
            self.report.find(Code::Damaged, at, Some(entry.number));
        }
        self.count(entry);
        // The hash as written, so that one change is found where it is and not in all that follows.
        self.run = Some(Run::after(entry, line.hash, self.sealed));
    }

    fn count(&mut self, entry: &Entry) {
        self.report.entries += 1;
        let day = self.report.days.entry(day_of(entry.at)).or_default();
        day.entries += 1;
        day.closed = false;
        match (&entry.event, &entry.code) {
            (Event::Visit, Some(code)) => {
                let visits = day.visits.entry(code.as_str().to_owned()).or_default();
                *visits = visits.saturating_add(entry.times());
            }
            (event, _) => {
                let events = day.events.entry(event.as_str()).or_default();
                *events = events.saturating_add(entry.times());
            }
        }
    }

    fn seal(&mut self, line: &SealLine, at: usize) {
        self.report.seals += 1;
        let (Ok(seal), Some(run)) = (self.signed(line, at), self.run) else {
            return self.report.find(Code::SealDiffers, at, None);
        };
        let content = *seal.content();
        let number = Some(content.number);
        let plan = run.next_seal();
        if content.number != plan.number {
            self.report.find(Code::SealMissing, at, Some(plan.number));
        } else if content.last > run.last {
            self.report.find(Code::Gap, at, Some(run.last.saturating_add(1)));
        } else if content
            != run.seal(
                content.reason,
                self.before.saturating_add(self.report.entries),
                content.at,
            )
        {
            self.report.find(Code::SealDiffers, at, number);
        }
        if content.reason == SealReason::Day
            && let Some(day) = self.report.days.get_mut(&content.day)
        {
            day.closed = true;
        }
        self.see_noted(&seal);
        self.sealed = Some((content, *seal.sha256()));
        self.run = Some(Run {
            seal: self.sealed,
            ..run
        });
        self.report.last_seal = Some(SealFacts {
            content,
            sha256: *seal.sha256(),
        });
    }

    /// A file that a desk handed out ends with a seal that says so, and that is not the one at which it begins.
    fn end(&mut self, lines: usize, ends_with_seal: bool) {
        let last = self.run.map(|run| run.last);
        let handed_out = self.sealed.is_some_and(|(seal, _)| {
            seal.reason == SealReason::Export && self.since.is_none_or(|(since, _)| seal.number > since)
        });
        if !ends_with_seal || !handed_out {
            self.report.find(Code::TailCut, lines, last);
        }
        if let Some((number, _)) = self.expected_seal
            && !self.seal_seen
        {
            let there = self.sealed.map_or(0, |(seal, _)| seal.number);
            let code = if number > there {
                Code::TailCut
            } else {
                Code::OtherLog
            };
            self.report.find(code, lines, Some(number));
        }
    }
}
