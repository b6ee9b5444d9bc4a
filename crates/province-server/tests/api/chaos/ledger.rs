//! What phones and an operator were told was done.

use province_api::passes::PassesReply;
use province_api::sync::{Event, FeedEvent};
use std::sync::Arc;

use crate::bench::Phone;

/// A write as its asker knows it, by the event that it has to leave in the citizen's feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub what: Event,
    pub certain: bool,
}

impl Entry {
    pub const fn certain(what: Event) -> Self {
        Self { what, certain: true }
    }

    pub const fn perhaps(what: Event) -> Self {
        Self { what, certain: false }
    }
}

/// A write that a server still answers, and the answer.
pub struct Kept {
    pub device: Arc<Phone>,
    pub path: &'static str,
    pub key: String,
    pub body: Vec<u8>,
    pub answer: Vec<u8>,
}

/// Passes that were drawn.
pub struct Batch {
    /// Which device drew it.
    pub device: Arc<Phone>,
    /// The first holder key.
    pub first: u64,
    /// How often the citizen had been bound by then: what was drawn under an earlier one is dead.
    pub binding: u32,
    pub reply: PassesReply,
}

/// What became of one citizen, as their phones know it.
pub struct Life {
    /// Which citizen.
    pub citizen: u32,
    /// The device that serves now.
    pub device: Arc<Phone>,
    /// What was done, in order.
    pub entries: Vec<Entry>,
    /// The feed as it was told piece by piece.
    pub told: Vec<FeedEvent>,
    pub kept: Vec<Kept>,
    pub batches: Vec<Batch>,
    /// How often a device was bound: places in the list of people that were drawn.
    pub bindings: u32,
    /// Applications that were sent.
    pub sent: Vec<Sent>,
}

/// An application that was sent.
pub struct Sent {
    /// Its id, in hex.
    pub id: String,
    /// Whether it was taken back.
    pub is_withdrawn: bool,
}

/// What the department was told, and was told was done.
#[derive(Default)]
pub struct Desk {
    /// Each change as it was read from the feed, from number 1: application and state.
    pub read: Vec<(String, String)>,
    /// Its answers, in order: application and state.
    pub answered: Vec<(String, String)>,
    /// Applications that it answered with a document.
    pub granted: Vec<String>,
}

impl Desk {
    /// The states through which an application went.
    pub fn states(&self, sent: &Sent) -> Vec<String> {
        let mut states = vec!["submitted".to_owned()];
        let of_this = self.answered.iter().filter(|(id, _)| *id == sent.id);
        states.extend(of_this.map(|(_, state)| state.clone()));
        // Nothing comes after it.
        states.extend(sent.is_withdrawn.then(|| "withdrawn".to_owned()));
        states
    }
}

/// What the operator was told was done to one citizen.
#[derive(Clone, Debug, Default)]
pub struct Acts {
    pub entries: Vec<Entry>,
    pub suspended: bool,
    pub revoked: bool,
    pub holds: bool,
}

/// Whether what was found is what was done, in this order and nothing else. What is not certain may be there or not.
pub fn follows(done: &[Entry], found: &[Event]) -> bool {
    // Which numbers of found events are explained by the entries so far.
    let mut reached = vec![false; found.len() + 1];
    reached[0] = true;
    for entry in done {
        let mut next = vec![false; found.len() + 1];
        for at in (0..=found.len()).filter(|at| reached[*at]) {
            if found.get(at) == Some(&entry.what) {
                next[at + 1] = true;
            }
            if !entry.certain {
                next[at] = true;
            }
        }
        reached = next;
    }
    reached[found.len()]
}

/// Whether a phone asks for what this tells of.
pub const fn is_of_phone(event: &Event) -> bool {
    matches!(
        event,
        Event::Enrolled
            | Event::PassesIssued { .. }
            | Event::MobileChanged { .. }
            | Event::DeviceKeyChanged
            | Event::DeviceReplaced
            | Event::WalletDisabled
    )
}

/// Without what only the province knows.
pub fn bare(event: &Event) -> Event {
    match event {
        Event::DocumentGranted { vct, no, .. } => Event::DocumentGranted {
            vct: vct.clone(),
            no: *no,
            grant: 0,
        },
        other => other.clone(),
    }
}

#[test]
fn a_ledger_is_followed_by_what_was_done_once_and_in_order() {
    let (enrolled, key) = (Event::Enrolled, Event::DeviceKeyChanged);
    let done = [
        Entry::certain(enrolled.clone()),
        Entry::perhaps(key.clone()),
        Entry::certain(key.clone()),
    ];
    assert!(follows(&done, &[enrolled.clone(), key.clone()]));
    assert!(follows(&done, &[enrolled.clone(), key.clone(), key.clone()]));
    for wrong in [
        vec![],
        vec![enrolled.clone()],
        vec![key.clone(), enrolled.clone()],
        vec![enrolled.clone(), enrolled.clone(), key.clone()],
        vec![enrolled, key.clone(), key.clone(), key],
    ] {
        assert!(!follows(&done, &wrong), "{wrong:?}");
    }
}
