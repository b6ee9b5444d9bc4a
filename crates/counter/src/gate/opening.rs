//! The gate's day: opened by an officer who signs in, open by itself until it is closed or the longest shift is over.

use credential::Timestamp;
use rusqlite::{OptionalExtension as _, params};
use scan_log::Event;

use super::{Gate, Rules};
use crate::StationCode;
use crate::log::{By, Note};
use crate::profile::Profile;
use crate::station::Station;
use crate::store::{Store, StoreError};
use crate::types::{GateView, seconds};

/// Who opened the gate, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Opening {
    /// The officer's number.
    pub officer: String,
    /// When they signed in.
    pub at: Timestamp,
}

impl Gate {
    /// The gate of this profile, as open as it was before the program began again; none at other desks.
    pub(crate) fn resume(profile: &Profile, store: &Store) -> Result<Option<Self>, StoreError> {
        let Some(rules) = profile.gate() else {
            return Ok(None);
        };
        Ok(Some(Self {
            rules,
            opening: store.gate_opening()?,
            drawn: None,
            check: None,
        }))
    }

    /// How attendance is told here.
    pub(crate) const fn rules(&self) -> Rules {
        self.rules
    }

    /// The opening that still counts.
    fn opening(&self, now: Timestamp) -> Option<&Opening> {
        let Rules { shift_max, .. } = self.rules;
        self.opening
            .as_ref()
            .filter(|opening| now.since(opening.at) <= shift_max)
    }

    /// Whether staff may pass while nobody is signed in.
    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        self.opening(now).is_some()
    }
}

impl Station {
    /// Whether this is a gate that works by itself at the moment.
    pub(crate) fn is_gate_open(&self, now: Timestamp) -> bool {
        self.gate.as_ref().is_some_and(|gate| gate.is_open(now))
    }

    /// Whoever signs in at a gate opens it for the longest shift; a temporary PIN opens nothing.
    pub(crate) fn open_gate(&mut self, now: Timestamp) -> Result<(), StationCode> {
        let by = self.by();
        let session = self
            .officers
            .session
            .as_ref()
            .filter(|session| !session.temporary);
        let (Some(gate), Some(session)) = (&mut self.gate, session) else {
            return Ok(());
        };
        let opening = Opening {
            officer: session.number.clone(),
            at: now,
        };
        self.store.put_gate_opening(&opening, &by, now)?;
        gate.opening = Some(opening);
        Ok(())
    }

    /// Closes the gate and ends the session of who closes it.
    ///
    /// # Errors
    /// [`StationCode::DiskFull`], [`StationCode::StoreFailed`].
    pub fn close_gate(&mut self, now: Timestamp) -> Result<(), StationCode> {
        let by = self.by();
        if let Some(gate) = &mut self.gate {
            self.store.close_gate(&by, now)?;
            gate.opening = None;
        }
        self.sign_out(now).map(drop)
    }

    /// What the page is told about the gate; none at other desks.
    pub(crate) fn gate_view(&self, now: Timestamp) -> Option<GateView> {
        let gate = self.gate.as_ref()?;
        let opening = gate.opening(now);
        let name = |number: &str| Some(self.store.officer(number).ok()??.name);
        Some(GateView {
            open: opening.is_some(),
            opened_by: opening.and_then(|opening| name(&opening.officer)),
            opened_at: opening.map(|opening| seconds(opening.at)),
        })
    }
}

impl Store {
    /// Who opened the gate last, if nobody closed it.
    pub(crate) fn gate_opening(&self) -> Result<Option<Opening>, StoreError> {
        Ok(self
            .connection
            .query_row(
                "SELECT officer, opened_at FROM gate_opening WHERE id = 1",
                [],
                |row| {
                    let at: i64 = row.get(1)?;
                    Ok(Opening {
                        officer: row.get(0)?,
                        at: Timestamp::from_unix(u64::try_from(at).unwrap_or_default()),
                    })
                },
            )
            .optional()?)
    }

    fn put_gate_opening(&mut self, opening: &Opening, by: &By, now: Timestamp) -> Result<(), StoreError> {
        let note = Note::of(by, Event::Gate, Some("opened"));
        let at = i64::try_from(opening.at.unix()).unwrap_or(i64::MAX);
        self.in_one_step(|transaction, log| {
            transaction.execute(
                "INSERT INTO gate_opening (id, officer, opened_at) VALUES (1, ?1, ?2)
                 ON CONFLICT (id) DO UPDATE SET officer = excluded.officer, opened_at = excluded.opened_at",
                params![opening.officer, at],
            )?;
            log.append(&note, now)
        })
    }

    fn close_gate(&mut self, by: &By, now: Timestamp) -> Result<(), StoreError> {
        let note = Note::of(by, Event::Gate, Some("closed"));
        self.in_one_step(|transaction, log| {
            transaction.execute("DELETE FROM gate_opening", [])?;
            log.append(&note, now)
        })
    }
}
