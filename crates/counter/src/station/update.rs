//! Updates that are carried to a desk without a network: a file, or codes that another screen shows.
//!
//! Everything in one is proven by what is signed, so anybody may bring it, and it never touches a visit.

use credential::frames::Assembly;
use credential::{StatusBundle, StatusError, StatusSet, Timestamp, UPDATE_PREFIX};
use scan_log::Event;
use sha2::{Digest as _, Sha256};

use super::Station;
use crate::StationCode;
use crate::types::{UpdateState, UpdateView};

/// For how long codes that are not seen any more stay here and what became of them is said, in seconds.
const QUIET_SECONDS: u64 = 60;

/// What of an update was new.
#[expect(clippy::struct_excessive_bools, reason = "one for each kind of signed data")]
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// The trust list.
    pub trust: bool,
    /// The type register.
    pub types: bool,
    /// The status data.
    pub status: bool,
    /// The risk rules.
    pub rules: bool,
}

impl Taken {
    /// Whether anything was.
    pub const fn anything(self) -> bool {
        self.trust || self.types || self.status || self.rules
    }

    /// For the scan log.
    const fn word(self) -> &'static str {
        if self.anything() { "changed" } else { "unchanged" }
    }
}

/// Codes of updates, put together.
#[derive(Debug)]
pub(super) struct UpdateReader {
    assembly: Assembly,
    last: Option<Last>,
    seen_at: Timestamp,
}

/// The update that was whole last.
#[derive(Debug)]
struct Last {
    /// Knows its codes.
    own: Assembly,
    /// How many of them it takes.
    needed: usize,
    result: Result<Taken, StationCode>,
}

impl Default for UpdateReader {
    fn default() -> Self {
        Self {
            assembly: Assembly::any(UPDATE_PREFIX),
            last: None,
            seen_at: Timestamp::from_unix(0),
        }
    }
}

impl UpdateReader {
    /// Takes the text of a code; the update, with the last that it takes.
    fn see(&mut self, text: &str, now: Timestamp) -> Option<Vec<u8>> {
        if now.since(self.seen_at) > QUIET_SECONDS {
            *self = Self::default();
        }
        let of_last = self.last.as_ref().is_some_and(|last| last.own.takes(text));
        if !of_last && !self.assembly.takes(text) {
            return None;
        }
        self.seen_at = now;
        if of_last {
            return None;
        }
        self.assembly.add(text);
        self.assembly.finished().map(<[u8]>::to_vec)
    }

    /// Keeps what became of the update that was whole just now.
    fn end(&mut self, update: &[u8], result: Result<Taken, StationCode>) {
        self.last = Some(Last {
            own: Assembly::expecting(UPDATE_PREFIX, Sha256::digest(update).into()),
            needed: self.assembly.progress().needed,
            result,
        });
        self.assembly = Assembly::any(UPDATE_PREFIX);
    }

    /// What the page shows of it.
    pub(super) fn view(&self, now: Timestamp) -> Option<UpdateView> {
        if now.since(self.seen_at) > QUIET_SECONDS {
            return None;
        }
        let count = |frames: usize| u32::try_from(frames).unwrap_or(u32::MAX);
        let progress = self.assembly.progress();
        if progress.needed > 0 {
            return Some(UpdateView {
                have: count(progress.have),
                needed: count(progress.needed),
                state: UpdateState::Reading,
                code: None,
            });
        }
        self.last.as_ref().map(|last| UpdateView {
            have: count(last.needed),
            needed: count(last.needed),
            state: match last.result {
                Ok(taken) if taken.anything() => UpdateState::Taken,
                Ok(_) => UpdateState::Unchanged,
                Err(_) => UpdateState::Refused,
            },
            code: last.result.err().map(|code| code.code().to_owned()),
        })
    }
}

impl Station {
    /// Takes one code of an update, and the update with the last of them.
    ///
    /// # Errors
    /// [`StationCode::DiskFull`], [`StationCode::StoreFailed`]: what became of it could not be written down.
    pub(super) fn see_update(&mut self, text: &str, now: Timestamp) -> Result<(), StationCode> {
        if let Some(update) = self.update.see(text, now) {
            let parts = self.take_parts(StatusBundle::from_codes(&update));
            self.update.end(&update, parts.result());
            self.note_parts(&parts, now)?;
        }
        Ok(())
    }

    /// Takes over an update that was carried here: status data, and what else it has. Says what is new, and writes down what became of it. What was taken stays if something behind it is refused.
    ///
    /// # Errors
    /// [`StationCode::UpdateUnreadable`], [`StationCode::UpdateOtherStart`] if its changes begin at other data than these,
    /// those of [`Self::take_trust_list`], [`Self::take_type_register`] and [`Self::stage_status`].
    pub fn take_carried(&mut self, bytes: &[u8], now: Timestamp) -> Result<Taken, StationCode> {
        let parts = self.take_parts(StatusBundle::decode(bytes));
        self.note_parts(&parts, now)?;
        parts.result()
    }

    /// Writes down what became of an update. One that brought nothing, or older parts, says nothing of how new the desk's
    /// data are; anybody can show any number of those, so they are counted once there are too many.
    fn note_parts(&mut self, parts: &Parts, now: Timestamp) -> Result<(), StationCode> {
        let word = parts.refused.map_or(parts.taken.word(), |code| code.code());
        if !parts.taken.anything() {
            return self.log_anybodys(Event::Update, word, now);
        }
        if parts.refused.is_none() {
            self.note_sync(now)?;
        }
        self.log_event(Event::Update, Some(word), now)
    }

    /// Takes over the update that came with the program, where it is newer than what is here: then nothing is here, or the
    /// program was installed anew. Says what was new; `None` if all of it is older. When it was made says nothing of when
    /// the desk last asked.
    ///
    /// # Errors
    /// As [`Self::take_carried`]; what was here stays.
    pub fn take_snapshot(&mut self, bytes: &[u8], now: Timestamp) -> Result<Option<Taken>, StationCode> {
        let parts = self.take_parts(StatusBundle::decode(bytes));
        let refused = parts.refused.filter(|code| !is_older(*code));
        if refused.is_none() && !parts.taken.anything() {
            return Ok(None);
        }
        let word = refused.map_or(parts.taken.word(), |code| code.code());
        self.log_event(Event::Update, Some(word), now)?;
        refused.map_or(Ok(Some(parts.taken)), Err)
    }

    /// Takes the newest trust list, which comes last, and on the way to it those that changed the roots. The desk may have
    /// passed those, and its program may begin behind them.
    fn take_trust_lists(&mut self, lists: &[Vec<u8>]) -> Result<bool, StationCode> {
        let Some((newest, changes)) = lists.split_last() else {
            return Ok(false);
        };
        let mut taken = false;
        for change in changes {
            match self.take_trust_list(change) {
                Ok(new) => taken |= new,
                Err(StationCode::TrustRefused | StationCode::TrustRolledBack) => {}
                Err(code) => return Err(code),
            }
        }
        Ok(self.take_trust_list(newest)? || taken)
    }

    /// Takes part after part. One that is older than what is here, or whose key fell, stops none of the others,
    /// which it says nothing about; without its trust list nothing of an update is taken.
    fn take_parts(&mut self, bundle: Result<StatusBundle, StatusError>) -> Parts {
        let mut parts = Parts::default();
        let Ok(bundle) = bundle else {
            parts.refused = Some(StationCode::UpdateUnreadable);
            return parts;
        };
        let trust = self.take_trust_lists(&bundle.trust);
        parts.taken.trust = parts.note(trust);
        let goes_on = parts.goes_on();
        if goes_on && let Some(register) = &bundle.types {
            let types = self.take_type_register(register);
            parts.taken.types = parts.note(types);
        }
        if goes_on && let Some(rules) = &bundle.rules {
            let rules = self.take_risk_rules(rules);
            parts.taken.rules = parts.note(rules);
        }
        if goes_on {
            let status = self.take_carried_status(&bundle);
            parts.taken.status = parts.note(status);
        }
        parts
    }

    fn take_carried_status(&mut self, bundle: &StatusBundle) -> Result<bool, StationCode> {
        let list = self.trust.as_ref().ok_or(StationCode::StatusRefused)?;
        let status = bundle
            .open(list, self.status.as_ref())
            .map_err(|error| match error {
                StatusError::Older | StatusError::SameNumber => StationCode::StatusRolledBack,
                StatusError::OtherStart => StationCode::UpdateOtherStart,
                _ => StationCode::StatusRefused,
            })?;
        let held = self.status.as_ref().filter(|held| StatusSet::is_whole(held));
        if held.is_some_and(|held| held.manifest().bytes() == status.manifest().bytes()) {
            return Ok(false);
        }
        self.use_status(status).map(|()| true)
    }
}

/// What became of the parts of an update.
#[derive(Default)]
struct Parts {
    taken: Taken,
    /// The first part that was refused, or only older.
    refused: Option<StationCode>,
}

impl Parts {
    fn note(&mut self, part: Result<bool, StationCode>) -> bool {
        part.unwrap_or_else(|code| {
            self.refused.get_or_insert(code);
            false
        })
    }

    fn result(&self) -> Result<Taken, StationCode> {
        self.refused.map_or(Ok(self.taken), Err)
    }

    fn goes_on(&self) -> bool {
        self.refused.is_none_or(is_older)
    }
}

/// The part is genuine, and older than what is here.
const fn is_older(code: StationCode) -> bool {
    matches!(
        code,
        StationCode::TrustRolledBack
            | StationCode::TypesRolledBack
            | StationCode::StatusRolledBack
            | StationCode::RulesRolledBack
    )
}
